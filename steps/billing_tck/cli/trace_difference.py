"""The first answer of a recorded history or a log that the rules do not allow, as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from billing_tck.explorer.difference import Difference
from billing_tck.explorer.history_check import HistoryCheck
from billing_tck.explorer.recorded_history import RecordedHistory
from billing_tck.explorer.wording import words_of
from billing_tck.results.calls import Entry, describe_calls
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize

LAST = 12  # calls shown before a difference


def format_readings(readings: Mapping[str, str]) -> str:
    """Return readings as they are written after `reference:`."""
    return ", ".join(f"{knob}={value}" for knob, value in readings.items())


def render_difference(
    name: str, trace: RecordedHistory, checked: HistoryCheck, difference: Difference, declaring: str = "the trace"
) -> list[str]:
    """Return the lines about the first answer that the rules do not allow; `declaring` is what declares readings."""
    texts = {clause.id: clause.sentence for clause in load_register(features_dir()).clauses}
    expected, observed = words_of(difference)
    lines = [f"{name}:{difference.line}: the rules do not allow this answer", ""]
    lines += [f"  {format_instant(at):<18} {sanitize(text)}" for at, text in _before(trace, difference.line)]
    call = f"{difference.method.replace('_', ' ')}, {format_instant(difference.at)}"
    lines += [
        "",
        f"  asked     {call}",
        f"  expected  {sanitize(expected)}",
        f"  observed  {sanitize(observed)}",
        "",
    ]
    if checked.contract is not None:
        lines.append(f"  contract: {checked.contract}")
    else:
        lines += [f"  {clause}: {texts[clause]}" for clause in checked.clauses[:3] if clause in texts]
    if checked.fits is not None:
        knob, value = checked.fits
        declared = trace.declared.get(knob)
        other = f"{declaring} declares {declared}" if declared else f"{declaring} declares no value"
        lines.append(f"  {knob}={value} would allow it; {other}")
    return lines


def _before(trace: RecordedHistory, line: int) -> tuple[tuple[datetime, str], ...]:
    entries = [
        Entry(
            answer.at,
            answer.method,
            {**answer.params, "now": answer.at} if answer.method in {"reset", "advance_to"} else answer.params,
            answer.outcome,
        )
        for answer in trace.answers
        if answer.line <= line and not answer.method.startswith("get_")
    ]
    return describe_calls(entries, {})[-LAST:]
