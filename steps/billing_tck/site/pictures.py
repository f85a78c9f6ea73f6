"""Timelines of scenarios: played on the reference, drawn, and packed into files that pages load when they show one.

The scenarios of a rule are drawn into one file: their pictures have much in common, so that together they are small.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from html import unescape
from itertools import groupby, takewhile
from typing import Protocol

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe
from billing_tck.impact.consequences import Impact
from billing_tck.impact.stored import stored_impact
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.spec.requirements import Knob
from billing_tck.steps.registry import Vocabulary
from billing_tck.timeline.model import Trace
from billing_tck.timeline.observation import trace_of
from billing_tck.timeline.svg import differences, side_by_side, svg, text
from billing_tck.timeline.svg.canvas import NARROW, WIDE, Layout, Marks

MOST = 12
"""Scenarios whose timelines are in one file."""

WIDTHS = (WIDE, NARROW)
"""The widths of each picture, of which the page shows one."""

_LABEL = re.compile(r'(<g class="billing-mark"[^>]* aria-label=)"([^"]*)"')
_MOST_TRIED = 6


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture by its name: in each width, and as text."""

    name: str
    widths: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Scenarios whose timelines are in one file."""

    name: str
    scenarios: tuple[Scenario, ...]


class Chunks:
    """The files of timelines of a site."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self.chunks = tuple(_chunks(scenarios))

    @cached_property
    def of(self) -> Mapping[str, str]:
        """The name of the file that has the timeline of a scenario, by fingerprint."""
        return {scenario.fingerprint: chunk.name for chunk in self.chunks for scenario in chunk.scenarios}


def _chunks(scenarios: Sequence[Scenario]) -> Iterator[Chunk]:
    for _, group in groupby(scenarios, lambda one: (one.file, one.rule)):
        members = tuple(group)
        for start in range(0, len(members), MOST):
            some = members[start : start + MOST]
            yield Chunk(some[0].fingerprint, some)


def draw_chunk(chunk: Chunk, vocabulary: Vocabulary) -> str:
    """Play the scenarios of a chunk, each under the readings that it tests; return the file of their timelines."""
    drawn = []
    for scenario in chunk.scenarios:
        trace = played(scenario, dict(reversed(scenario.reading)), vocabulary)
        if trace is not None and not trace.is_empty:
            drawn.append(Drawn(scenario.fingerprint, tuple(_in_widths(trace)), text(trace)))
    return pack(chunk.name, drawn)


def _in_widths(trace: Trace) -> Iterator[str]:
    for layout in WIDTHS:
        yield svg(trace, layout=layout, marks=Marks.LABELS)


def played(scenario: Scenario, readings: Mapping[str, str], vocabulary: Vocabulary) -> Trace | None:
    """Return what the reference shows under some readings; None where the scenario does not apply."""
    spec = ",".join(f"{knob}={value}" for knob, value in readings.items())
    with closing(open_unfrozen(f"reference:{spec}" if spec else "reference")) as driver:
        return trace_of(scenario, driver, describe(driver), vocabulary)


def pack(name: str, drawn: Sequence[Drawn]) -> str:
    """Return the file of some pictures: a call of the page's script, with everything compressed.

    The same widths stand together, since they are alike. The text of a mark stands once for all pictures: in these is
    its number.
    """
    labels: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        return f'{found[1]}"{labels.setdefault(unescape(found[2]), len(labels))}"'

    widths = [[_LABEL.sub(numbered, one.widths[number]) for one in drawn] for number in range(len(WIDTHS))]
    content = {
        "names": [one.name for one in drawn],
        "labels": list(labels),
        "widths": widths,
        "texts": [one.words for one in drawn],
    }
    packed = zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return f'billingTimelines("{name}","{b64encode(packed).decode()}");\n'


# Two readings side by side


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


class Timelines(Protocol):
    """The timelines of a site, which are drawn or being drawn."""

    def chunks(self) -> Mapping[str, str]:
        """Return the file of each chunk."""
        ...

    def knobs(self) -> Mapping[str, KnobPictures]:
        """Return the pictures of each knob."""
        ...

    def outcomes(self) -> Mapping[tuple[str, str], str]:
        """Return what happens for each event and billing method."""
        ...


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
            if pair is None or not (told := differences(*pair)):
                continue
            widths = tuple(_pair_in(layout, pair, names) for layout in WIDTHS)
            return Drawn(name, widths, "\n".join(told)), Beside(name, scenario.fingerprint, tuple(told))
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
