"""A scenario under two sets of readings, drawn over one axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from billing_tck.impact.consequences import Impact
from billing_tck.impact.stored import stored_impact
from billing_tck.site.pictures import WIDTHS, Drawn, pack, played
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.spec.requirements import Knob
from billing_tck.steps.registry import Vocabulary
from billing_tck.timeline.model import Trace
from billing_tck.timeline.svg import differences, side_by_side
from billing_tck.timeline.svg.canvas import Layout, Marks

_MOST_TRIED = 6  # scenarios, of those that test a reading


@dataclass(frozen=True, slots=True)
class Beside:
    """A scenario under the default and under another value of a knob: what differs, as text."""

    value: str
    fingerprint: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnobPictures:
    """The file of the pictures of a knob, what each shows, and what each value changes for customers."""

    file: str
    shown: tuple[Beside, ...]
    impacts: Mapping[str, Impact]


def draw_knob(knob: Knob, scenarios: Sequence[Scenario], vocabulary: Vocabulary) -> KnobPictures:
    """Draw one scenario under the default and under each other value, of those that test it the one that differs."""
    drawn, shown = [], []
    for value in knob.values[1:]:
        testing = [one for one in scenarios if (knob.name, value.name) in one.reading]
        names = (f"{knob.name}={knob.default}", f"{knob.name}={value.name}")
        answers = {knob.name: knob.default}, {knob.name: value.name}
        found = draw_beside(value.name, testing, answers, names, vocabulary)
        if found is not None:
            drawn.append(found[0])
            shown.append(found[1])
    impacts = {value.name: stored_impact(knob.name, value.name) for value in knob.values}
    return KnobPictures(pack(knob.name, drawn), tuple(shown), impacts)


def draw_beside(
    name: str,
    scenarios: Sequence[Scenario],
    answers: tuple[Mapping[str, str], Mapping[str, str]],
    names: tuple[str, str],
    vocabulary: Vocabulary,
) -> tuple[Drawn, Beside] | None:
    """Draw the first of a few scenarios that goes differently under two sets of readings; None where all go alike."""
    for scenario in scenarios[:_MOST_TRIED]:
        for steps in _without_checks(scenario.steps):
            pair = _pair(replace(scenario, steps=steps), answers, vocabulary)
            if pair is None or not (found := differences(*pair)):
                continue
            widths = tuple(_pair_in(layout, pair, names) for layout in WIDTHS)
            return Drawn(name, widths, "\n".join(found)), Beside(name, scenario.fingerprint, tuple(found))
    return None


def _without_checks(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Yield all steps but the checks, and those before the first check: what comes later may hide the difference."""
    yield tuple(step for step in steps if step.kind != "then")
    yield tuple(takewhile(lambda step: step.kind != "then", steps))


def _pair(
    scenario: Scenario, answers: tuple[Mapping[str, str], Mapping[str, str]], vocabulary: Vocabulary
) -> tuple[Trace, Trace] | None:
    """Return what happens under both; None where one of them cannot be drawn."""
    elsewhere = {knob: value for knob, value in reversed(scenario.reading) if knob not in answers[0]}
    free = replace(scenario, reading=())
    first, second = (played(free, {**elsewhere, **answer}, vocabulary) for answer in answers)
    if first is None or second is None or first.is_empty or second.is_empty:
        return None
    return first, second


def _pair_in(layout: Layout, pair: tuple[Trace, Trace], names: tuple[str, str]) -> str:
    return side_by_side(*pair, names=names, layout=layout, marks=Marks.LABELS)
