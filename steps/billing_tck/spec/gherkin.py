"""Scenarios and their steps, as compiled from feature files.

`gherkin_parser` makes them from one file, `suite` from a features folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, NamedTuple

from billing_tck.errors import InvalidInput
from billing_tck.spec.baseline import Baseline, fingerprint

Part = Literal["core", "edge"]
Kind = Literal["given", "when", "then"]
Rows = tuple[tuple[str, ...], ...]


class InvalidFeatures(InvalidInput):
    """The features cannot be run."""

    subject = "the features"


class Step(NamedTuple):
    """One step. `kind` is what `And` inherits, None where nothing gave it one; `keyword` is what is written."""

    kind: Kind | None
    keyword: str
    text: str
    line: int
    table: Rows | None = None
    docstring: str | None = None

    def __str__(self) -> str:
        return f"{self.keyword} {self.text}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, or one row of an outline.

    `file` is relative to the features folder; `line` is the line of the scenario or of the row, `definition` that of
    the Scenario or Outline itself. `needs` are capabilities, `reading` pairs of knob and value; `exact` scenarios test
    an effect at its due time. `example` is the name of the row's Examples with its values. A scenario that is
    `outside_baseline` does not count.
    """

    name: str
    family: str
    part: Part
    rule: str
    file: str
    line: int
    definition: int
    tags: tuple[str, ...]
    clauses: tuple[str, ...]
    needs: frozenset[str]
    reading: tuple[tuple[str, str], ...]
    exact: bool
    steps: tuple[Step, ...]
    example: str | None = None
    outline: str | None = None
    outside_baseline: bool = False

    @property
    def place(self) -> str:
        """Where it is written, as `file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def values_by_knob(self) -> Mapping[str, tuple[str, ...]]:
        """The values of each knob that it tests: it applies where an implementation has one of each."""
        found: dict[str, tuple[str, ...]] = {}
        for knob, value in self.reading:
            found[knob] = (*found.get(knob, ()), value)
        return found

    @property
    def reading_tags(self) -> tuple[str, ...]:
        """The readings that it tests, as `knob=value`."""
        return tuple(f"{knob}={value}" for knob, value in self.reading)

    @property
    def fingerprint(self) -> str:
        """A short digest of its content, without its place and its Rule."""
        steps = [[step.keyword, step.text, step.table, step.docstring] for step in self.steps]
        return fingerprint([self.name, self.example, sorted(self.tags), steps])

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle steps as plain tuples: each run passes its scenarios on to the process of the implementation."""
        return _restored, (tuple(map(tuple, self.steps)), *_BEFORE_STEPS(self), *_AFTER_STEPS(self))


_NAMES = Scenario.__slots__
_BEFORE_STEPS = attrgetter(*_NAMES[: _NAMES.index("steps")])
_AFTER_STEPS = attrgetter(*_NAMES[_NAMES.index("steps") + 1 :])


def _restored(steps: Iterable[Iterable[Any]], *values: Any) -> Scenario:
    before = _NAMES.index("steps")
    return Scenario(*(*values[:before], tuple(map(Step._make, steps)), *values[before:]))


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """One parsed feature file: its tree as gherkin-official gives it, and the scenarios compiled from it."""

    path: Path
    file: str
    tree: Mapping[str, object]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """All scenarios of a features folder, in order of file and line, a digest of its files, and its baseline."""

    folder: Path
    scenarios: tuple[Scenario, ...]
    digest: str
    baseline: Baseline | None = None


def scenarios_by_clause(scenarios: Sequence[Scenario]) -> dict[str, list[Scenario]]:
    """Return the scenarios of each clause."""
    covered: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        for clause in scenario.clauses:
            covered.setdefault(clause, []).append(scenario)
    return covered
