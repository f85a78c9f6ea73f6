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
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from itertools import groupby

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.registry import Vocabulary
from billing_tck.timeline.model import Trace
from billing_tck.timeline.observation import trace_of
from billing_tck.timeline.svg import svg, text
from billing_tck.timeline.svg.canvas import NARROW, WIDE, Marks

MOST = 12
"""Scenarios whose timelines are in one file."""

WIDTHS = (WIDE, NARROW)
"""The widths of each picture, of which the page shows one."""

_LABEL = re.compile(r'(<g class="billing-mark"[^>]* aria-label=)"([^"]*)"')


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
