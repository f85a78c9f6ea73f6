"""The decisions as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from billing_tck.decisions.overview import Choice, Overview, Question
from billing_tck.decisions_file import Decision
from billing_tck.impact.wording import sentence
from billing_tck.text.format import format_day

_WIDE = 116


def render_text(overview: Overview) -> str:
    """Return every question: what is decided, what differs, and the worst that each choice does to customers."""
    lines: list[str] = []
    for status, questions in overview.sections:
        lines += [status.value, *(line for one in questions for line in _question(one)), ""]
    return "\n".join([*lines, overview.summary])


def said_by(decision: Decision) -> str:
    """Return who decided, when and why."""
    return f"{decision.owner}, {format_day(decision.date)}: {decision.why}"


def _question(one: Question) -> Iterator[str]:
    yield f"  {one.knob} = {one.value}" if one.value else f"  {one.knob}"
    yield from _wrapped(one.text)
    if one.decision is not None:
        yield from _wrapped(said_by(one.decision))
    for difference in one.differences:
        yield f"      DIFFERS: {difference}"
    if one.untold:
        yield from _wrapped(f"what the implementation does cannot be told because {one.untold}")
    for choice in one.choices[1:]:
        yield from _choice(choice, one.default)


def _choice(choice: Choice, default: str) -> Iterator[str]:
    mark = "*" if choice.chosen else "-"
    for one in choice.consequences[:1]:
        yield from _wrapped(f"{mark} {one.kind}: {sentence(one.change, default, choice.value)}")
    if not choice.consequences:
        yield f"      {mark} {choice.value}: the search found no difference"
    if more := list(dict.fromkeys(one.kind.value for one in choice.consequences[1:])):
        yield f"        further: {', '.join(more)}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDE, initial_indent=" " * 6, subsequent_indent=" " * 8)


def render_json(overview: Overview) -> str:
    """Return everything for machines."""
    return json.dumps(
        {
            "file": overview.file,
            "sut": overview.sut or None,
            "questions": [_json_question(one) for one in overview.questions],
        },
        indent=2,
        ensure_ascii=False,
    )


def _json_question(one: Question) -> dict[str, object]:
    decision, finding = one.decision, one.finding
    return {
        "knob": one.knob,
        "question": one.text,
        "status": one.status.value,
        "value": one.value or None,
        "default": one.default,
        "why": None if decision is None else decision.why,
        "owner": None if decision is None else decision.owner,
        "date": None if decision is None else decision.date.isoformat(),
        "declared": None if finding is None else finding.declared,
        "done": None if finding is None else finding.value,
        "differences": list(one.differences),
        "choices": [
            {
                "value": choice.value,
                "consequences": [
                    {"kind": each.kind.value, "sentence": sentence(each.change, one.default, choice.value)}
                    for each in choice.consequences
                ],
            }
            for choice in one.choices
        ],
    }
