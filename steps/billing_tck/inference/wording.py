"""What was inferred, as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from billing_tck.inference.findings import Evidence, Finding, Inferred, Misfit
from billing_tck.text.format import format_count, format_instant

_WIDE = 118
_INDENT = " " * 4
_CANNOT = "cannot be told because"


def render_text(inferred: Inferred, seconds: float) -> str:
    """Return the table, the histories, the warnings and the readings to paste."""
    numbers = _numbers(inferred)
    lines: list[str] = []
    for finding in inferred.findings:
        lines += _finding(finding, numbers)
    lines += ["", "histories"]
    for number, words in enumerate(numbers, start=1):
        lines += _wrapped("; ".join(words), f"{number:>4}. ", " " * 6)
    for number, misfit in enumerate(inferred.misfits, start=1):
        lines += ["", *_misfit(number, misfit)]
    for failure in inferred.failures:
        lines += ["", f"no answer to compare in {failure.history}: {failure.message}"]
        lines += [f"{_INDENT}its log: {line}" for line in failure.log]
    lines += ["", _readings(inferred), "", _summary(inferred, seconds)]
    return "\n".join(lines)


def render_json(inferred: Inferred) -> str:
    """Return everything for machines."""
    content = {
        "readings": inferred.readings,
        "knobs": {finding.knob: _json_finding(finding) for finding in inferred.findings},
        "misfits": [
            {
                "history": list(misfit.words),
                "at": misfit.at.isoformat(),
                "expected": misfit.expected,
                "observed": misfit.observed,
                "clauses": list(misfit.clauses),
                "contract": misfit.contract,
                "knobs": list(misfit.knobs),
            }
            for misfit in inferred.misfits
        ],
        "failures": [{"history": list(failure.words), "message": failure.message} for failure in inferred.failures],
        "histories": len(inferred.histories),
        "calls": inferred.calls,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _json_finding(finding: Finding) -> dict[str, object]:
    return {
        "value": finding.value,
        "declared": finding.declared,
        "differs": finding.differs,
        "possible": list(finding.possible),
        "reason": finding.reason,
        "evidence": [
            {
                "history": list(one.words),
                "at": one.at.isoformat(),
                "observed": one.observed,
                "otherwise": dict(one.otherwise),
            }
            for one in finding.evidence
        ],
    }


def _numbers(inferred: Inferred) -> Mapping[tuple[str, ...], int]:
    """Return a number for each history that showed something, in the order of the findings."""
    words = dict.fromkeys(one.words for finding in inferred.findings for one in finding.evidence)
    return {history: number for number, history in enumerate(words, start=1)}


def _finding(finding: Finding, numbers: Mapping[tuple[str, ...], int]) -> Iterator[str]:
    declared = "" if finding.declared is None or finding.differs else "  (as declared)"
    if finding.differs:
        declared = f"  DIFFERS: {finding.declared} is declared"
    yield f"{finding.knob:<28}{finding.value or '?'}{declared}"
    if finding.reason:
        yield from _wrapped(f"{_CANNOT} {finding.reason}", _INDENT, _INDENT)
    for one in finding.evidence:
        yield from _wrapped(_evidence(one, numbers[one.words]), _INDENT, _INDENT * 2)


def _evidence(one: Evidence, number: int) -> str:
    groups: dict[str, list[str]] = {}
    for value, shown in one.otherwise:
        groups.setdefault(shown, []).append(value)
    otherwise = "; ".join(f"under {' or '.join(values)}: {shown}" for shown, values in groups.items())
    return f"history {number}, {format_instant(one.at)}: {one.observed}; {otherwise}"


def _misfit(number: int, misfit: Misfit) -> Iterator[str]:
    about = misfit.contract or ", ".join(misfit.clauses[:3])
    yield f"fits no value {number}: {about}" if about else f"fits no value {number}"
    yield from _wrapped("; ".join(misfit.words), _INDENT, _INDENT * 2)
    yield f"{_INDENT}{format_instant(misfit.at)}  expected  {misfit.expected}"
    yield f"{_INDENT}{' ' * len(format_instant(misfit.at))}  observed  {misfit.observed}"


def _readings(inferred: Inferred) -> str:
    return f'"readings": {json.dumps(inferred.readings, indent=2)}'


def _summary(inferred: Inferred, seconds: float) -> str:
    known = len(inferred.readings)
    parts = [f"{known} of {format_count(len(inferred.findings), 'knob')} inferred"]
    if inferred.differing:
        parts.append(f"{len(inferred.differing)} declared otherwise")
    if inferred.misfits:
        histories = format_count(len(inferred.misfits), "history", "histories")
        parts.append(f"{histories} that no value explains")
    played = format_count(len(inferred.histories), "history", "histories")
    return f"{', '.join(parts)}; {played}, {inferred.calls:,} calls ({seconds:.1f} s)"


def _wrapped(text: str, first: str, later: str) -> Sequence[str]:
    return textwrap.wrap(text, _WIDE, initial_indent=first, subsequent_indent=later, break_long_words=False)
