"""A grade in words, with hints in three degrees: how many faults escaped, what they concern, where they show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Knob
from billing_tck.teaching.grading import FULL, Escaped, Failed, Grade
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

MOST_HINTS = 3
_FEW = 3
_CONCERNS: Mapping[str, str] = {
    r"\bdata\b": "what happens to the data",
    r"\bservices?\b": "when services run, stop, start or go",
    r"restricted|scale": "what a restricted organization may do",
    r"charged|invoiced|invoices|owes|charge": "what is charged or invoiced, and when",
    r"reported": "what is reported to the marketplace",
    r"credits": "credits",
    r"trial": "the trial",
    r"cycle": "the billing cycle",
    r"subscri|linked": "the subscription",
    r"sign in|admin|account": "who gets access to what",
}


def feedback(
    grade: Grade, knobs: Mapping[str, Knob], hints: int = 1, written: Sequence[Scenario] = ()
) -> Iterator[str]:
    """Yield the lines of a grade; `hints` is how much they say about the faults that were not caught."""
    yield f"{grade.clause.id}: {grade.score} of {FULL} points"
    for name in grade.idle:
        yield f"- {sanitize(name)} checks nothing: end it with a Then"
    for failed in grade.reference[:_FEW]:
        yield f"- the reference keeps the rules, and is refused: {_said(failed)}"
    if grade.reference or grade.idle:
        return
    if not grade.faults:
        yield "- no fault of the kit breaks this clause before any other: choose another clause"
        return
    faults = format_count(grade.faults, "fault")
    yield f"- the reference conforms; {len(grade.caught)} of {faults} of the clause are caught"
    yield from _of_readings(grade, knobs)
    if grade.escaped:
        yield from _hints(grade.escaped, hints, written)


def _said(failed: Failed) -> str:
    said = f"{failed.step}: expected {failed.expected}, observed {failed.observed}"
    return sanitize(said if failed.step else f"expected {failed.expected}, observed {failed.observed}")


def _of_readings(grade: Grade, knobs: Mapping[str, Knob]) -> Iterator[str]:
    if not grade.unfair:
        yield f"- every lawful reading conforms ({grade.readings} were run)"
        return
    refused = list(dict.fromkeys(failed.sut for failed in grade.unfair))
    yield f"- {len(refused)} of {format_count(grade.readings, 'lawful reading')} are refused, which costs points:"
    for failed in grade.unfair[:_FEW]:
        knob, _, value = failed.sut.removeprefix("reference:").partition("=")
        meaning = next((one.meaning for one in knobs[knob].values if one.name == value), value)
        yield f"    {knob}={value} ({meaning.rstrip('.')}): {_said(failed)}"


def _hints(escaped: Sequence[Escaped], hints: int, written: Sequence[Scenario]) -> Iterator[str]:
    yield f"- hint: {format_count(len(escaped), 'fault')} got away"
    if hints > 1:
        counted = Counter(concern(one.step) for one in escaped)
        said = ", ".join(f"{what} ({count})" for what, count in counted.most_common())
        yield f"- hint: they concern {said}"
    if hints > 2:
        own = {step.text for scenario in written for step in scenario.steps}
        for place in dict.fromkeys(_situation(one.by, own) for one in escaped):
            yield f"- hint: look at what follows where {place}"


def concern(step: str) -> str:
    """Return what a check is about."""
    return next((said for pattern, said in _CONCERNS.items() if re.search(pattern, step)), "something else")


def _situation(scenario: Scenario, known: set[str]) -> str:
    """Return the preconditions and events of a scenario that were not written by the learner."""
    steps = [step.text for step in scenario.steps if step.kind in ("given", "when")]
    unknown = [text for text in steps if text not in known and not text.startswith("it is ")]
    return "; ".join(unknown[-2:] or steps[-1:])
