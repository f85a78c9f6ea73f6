"""A cell's Gherkin as scenarios: steps alone, one Scenario or several, an Outline with Examples, or a whole Feature.

Read by the parser of the features and checked against their vocabulary; lines are those of the cell.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from billing_tck.features import FeaturesError, Scenario, Step, read_file
from billing_tck.jupyter.completion import nearest
from billing_tck.vocabulary.registry import UndefinedStepError, Vocabulary, VocabularyError

CELL = "this cell"
_COLUMN = re.compile(r"<([^<>\s][^<>]*)>")
_BEGINS_SCENARIO = re.compile(r"\s*(Scenario|Scenario Outline|Scenario Template|Example|Rule|Background)\s*:")
_BEGINS_FEATURE = re.compile(r"\s*(Feature|# *language)\s*:")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that keeps a cell from being run: its line in the cell, what is wrong, what would mend it."""

    line: int
    what: str
    mend: str = ""
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        near = "".join(f"\n    {phrase}" for phrase in self.nearest)
        said = f"line {self.line}: {self.what}"
        if self.mend:
            said += f". {self.mend}"
        return f"{said}. The nearest phrases are:{near}" if near else said


class CellError(Exception):
    """A cell that cannot be run; tells all of what is wrong with it."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(troubles)
        self.troubles = tuple(troubles)

    def __str__(self) -> str:
        return "\n".join(str(trouble) for trouble in self.troubles)


def read_cell(text: str, vocabulary: Vocabulary) -> tuple[Scenario, ...]:
    """The scenarios of a cell; CellError where it is no Gherkin, or speaks phrases that there are not."""
    if not text.strip():
        raise CellError([Trouble(1, "the cell is empty", "Write steps: Given …, When …, Then …")])
    wrapped = _Wrapped.of(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core" / "cell.feature"
        path.parent.mkdir()
        path.write_text(wrapped.text, encoding="utf-8")
        try:
            read = read_file(path, Path(folder)).scenarios
        except FeaturesError as error:
            troubles = [Trouble(wrapped.line(p.line), _plain(p.what, wrapped)) for p in error.problems]
            raise CellError(troubles) from None
    scenarios = tuple(_placed(scenario, wrapped) for scenario in read)
    troubles = list(dict.fromkeys(trouble for s in scenarios for trouble in _troubles(s, vocabulary)))
    if not scenarios:
        troubles.append(Trouble(1, "there is no scenario in this cell", "Write steps: Given …, When …, Then …"))
    if troubles:
        raise CellError(troubles)
    return scenarios


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A cell's text as a feature, and the way back to the lines of the cell."""

    text: str
    above: int  # lines put before the whole
    at: int | None = None  # the line of the cell before which another one was put

    @classmethod
    def of(cls, text: str) -> _Wrapped:
        lines = text.splitlines()
        first = next((n for n, line in enumerate(lines) if line.strip() and line.strip()[0] not in "@#"), len(lines))
        begins = lines[first] if first < len(lines) else ""
        if _BEGINS_FEATURE.match(begins) or any(_BEGINS_FEATURE.match(line) for line in lines[:first]):
            return cls(text, 0)
        if _BEGINS_SCENARIO.match(begins):
            return cls("\n".join(["Feature: a cell", *lines]), 1)
        lines[first:first] = [f"Scenario: {CELL}"]
        return cls("\n".join(["Feature: a cell", *lines]), 1, first + 1)

    def line(self, number: int) -> int:
        """A line of the feature as a line of the cell."""
        line = number - self.above
        if self.at is not None and line > self.at:
            line -= 1
        return max(1, line)


def _plain(what: str, wrapped: _Wrapped) -> str:
    """What gherkin-official says, without the lines that it counts by itself."""
    said = re.sub(r"\(\d+:\d+\): ", "", what)
    return re.sub(r"expected: .*, got", "this was not expected here:", said) if wrapped.above else said


def _placed(scenario: Scenario, wrapped: _Wrapped) -> Scenario:
    steps = tuple(replace(step, line=wrapped.line(step.line)) for step in scenario.steps)
    return replace(
        scenario,
        file=CELL,
        family="",
        line=wrapped.line(scenario.line),
        definition=wrapped.line(scenario.definition),
        steps=steps,
    )


def _troubles(scenario: Scenario, vocabulary: Vocabulary) -> Iterator[Trouble]:
    if not scenario.steps:
        yield Trouble(scenario.line, f"{scenario.name!r} has no steps", "Write its steps: Given …, When …, Then …")
    for step in scenario.steps:
        yield from _step_troubles(step, vocabulary)


def _step_troubles(step: Step, vocabulary: Vocabulary) -> Iterator[Trouble]:
    columns = _COLUMN.findall(step.text)
    if columns:
        yield Trouble(step.line, f"<{columns[0]}> is no column of its Examples", "Add the column, or mend its name")
    elif step.kind is None:
        yield Trouble(step.line, f"'{step}' follows no Given, When or Then", "Begin with one of these words")
    else:
        try:
            vocabulary.find(step.kind, step.text)
        except UndefinedStepError:
            near = nearest(step.kind, step.text, vocabulary)
            yield Trouble(step.line, f"there is no phrase '{step}'", nearest=near)
        except VocabularyError as error:
            yield Trouble(step.line, str(error))
