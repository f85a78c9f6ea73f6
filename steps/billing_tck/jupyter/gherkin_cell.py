"""Read the Gherkin of a cell: steps alone, one or several Scenarios, an Outline with Examples, or a whole Feature.

The parser of the features reads it, and every step must be defined; lines are those of the cell.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from billing_tck.contract.values import Marketplace, Offer
from billing_tck.errors import KitError, ScenarioError
from billing_tck.spec.gherkin import InvalidFeatures, Kind, Scenario, Step
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.steps.aws_onboarding import account_on, developer, registers
from billing_tck.steps.card_billing import pays_by_card
from billing_tck.steps.common import creates_service
from billing_tck.steps.marketplace import subscribes_and_links
from billing_tck.steps.parameter_types import (
    ACCOUNTS,
    ADMINS,
    DEVELOPER,
    NEW_USER,
    ORGANIZATIONS,
    SERVICES,
    SUBSCRIPTIONS,
)
from billing_tck.steps.registry import KINDS, StepCall, UndefinedStepError, Vocabulary, VocabularyError, call
from billing_tck.steps.suggestions import HEADINGS, KEYWORDS, Suggestion, nearest_heading, nearest_keyword, suggest

CELL = "this cell"
_COLUMN = re.compile(r"<([^<>\s][^<>]*)>")
_BEGINS_SCENARIO = re.compile(r"\s*(Scenario|Scenario Outline|Scenario Template|Example|Rule|Background)\s*:")
_BEGINS_FEATURE = re.compile(r"\s*(Feature|# *language)\s*:")


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One thing wrong with a cell: its line, what is wrong, how to fix it, and the nearest steps."""

    line: int
    what: str
    mend: str = ""
    nearest: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The line, what is wrong and how to fix it, without the nearest steps."""
        at = f"line {self.line}" + (" " if self.what.startswith("is ") else ": ")
        return f"{at}{self.what}. {self.mend}" if self.mend else f"{at}{self.what}"

    @property
    def label(self) -> str:
        """The text before the nearest steps."""
        return "The nearest phrase is" if len(self.nearest) == 1 else "The nearest phrases are"

    def __str__(self) -> str:
        near = "".join(f"\n    {phrase}" for phrase in self.nearest)
        return f"{self.said}. {self.label}:{near}" if near else self.said


class CellError(Exception):
    """A cell cannot be run; carries everything that is wrong with it."""

    def __init__(self, problems: Sequence[CellProblem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def read_cell(text: str, vocabulary: Vocabulary) -> tuple[Scenario, ...]:
    """Return the scenarios of a cell. Raises CellError if its Gherkin is invalid or a step is not defined.

    Gherkin takes any other line for a description; in a cell it is more likely a mistake, and is refused.
    """
    if not text.strip():
        raise CellError([CellProblem(1, "the cell is empty", "Write steps: Given …, When …, Then …")])
    text, loose = _without_prose(text, vocabulary)
    wrapped = _Wrapped.of(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core" / "cell.feature"
        path.parent.mkdir()
        path.write_text(wrapped.text, encoding="utf-8")
        try:
            read = read_file(path, Path(folder)).scenarios
        except InvalidFeatures as error:
            broken = [
                CellProblem(wrapped.line(d.place.line or 1), _plain(d.message, wrapped)) for d in error.diagnostics
            ]
            raise CellError(loose or broken) from None
    scenarios = tuple(_placed(scenario, wrapped) for scenario in read)
    problems = list(dict.fromkeys(t for s in scenarios for t in _problems(s, vocabulary, missing=bool(loose))))
    if not scenarios and not loose:
        problems.append(CellProblem(1, "there is no scenario in this cell", "Write steps: Given …, When …, Then …"))
    if loose or problems:
        raise CellError(sorted([*loose, *problems], key=lambda problem: problem.line))
    return scenarios


# Lines that are neither a step nor anything else

_STEP = re.compile(rf"(?:{'|'.join(KEYWORDS)}) .+|\* .+")
_HEADING = re.compile(rf"(?:{'|'.join(HEADINGS)}|Scenarios) *:.*")


def _without_prose(text: str, vocabulary: Vocabulary) -> tuple[str, list[CellProblem]]:
    """Return the cell with such lines corrected or left out, and what is wrong with each."""
    lines = text.splitlines()
    problems: list[CellProblem] = []
    if any(re.match(r"\s*# *language *:", line) for line in lines):
        return text, problems
    quoted = ""
    for at, line in enumerate(lines):
        bare = line.strip()
        if quoted or bare[:3] in ('"""', "```"):
            quoted = ("" if bare.startswith(quoted) else quoted) if quoted else bare[:3]
        elif bare and bare[0] not in "#@|" and not _STEP.fullmatch(bare) and not _HEADING.fullmatch(bare):
            problem, lines[at] = _prose(at + 1, bare, vocabulary)
            problems.append(problem)
    return "\n".join(lines), problems


def _prose(line: int, said: str, vocabulary: Vocabulary) -> tuple[CellProblem, str]:
    """Return what is wrong with such a line, and the line as it was meant, or a comment if that is unclear."""
    what = f"is no step: '{said}'"
    if heading := nearest_heading(said):
        meant = f"{heading}:{said.partition(':')[2]}"
        return CellProblem(line, what, f"Write '{meant}'"), meant
    word, _, rest = said.partition(" ")
    word = word.rstrip(":,")
    begins = {d.pattern.split(" ", 1)[0].lower() for d in vocabulary}
    near = nearest_keyword(word) if word.lower() not in begins else None
    if near and rest.strip():
        meant = f"{near} {rest.strip()}"
        why = "Keywords begin with a capital: write" if word.lower() == near.lower() else "Write"
        return CellProblem(line, what, f"{why} '{meant}'"), meant
    if near:
        return CellProblem(line, what, f"Write a phrase after {near}; %phrases lists them"), "#"
    fitting = [kind for kind in KINDS if _known(kind, said, vocabulary)]
    if fitting:
        words = " or ".join(kind.capitalize() for kind in fitting)
        return CellProblem(line, what, f"Begin it with {words}"), f"{fitting[0].capitalize()} {said}"
    found = suggest(None, said, vocabulary)
    return _with(CellProblem(line, what, "A line begins with Given, When, Then, And or But"), found), "#"


def _known(kind: Kind, text: str, vocabulary: Vocabulary) -> bool:
    try:
        vocabulary.find(kind, text)
    except VocabularyError:
        return False
    return True


def _with(problem: CellProblem, found: Suggestion) -> CellProblem:
    hints = [hint[0].upper() + hint[1:] for hint in found.hints]
    if not (problem.mend or hints or found.sentences):
        hints = ["%phrases lists those that there are"]
    said = ". ".join([*([problem.mend] if problem.mend else []), *hints])
    return replace(problem, mend=said, nearest=found.sentences)


# What shows only when a scenario runs

_CREATES_SERVICE = call(creates_service, organization=ORGANIZATIONS[0])
_SUBSCRIBES = call(subscribes_and_links, organization=ORGANIZATIONS[0], offer=Offer.PAYG, marketplace=Marketplace.AWS)
INTRODUCED: Mapping[str, StepCall] = {
    ORGANIZATIONS[0]: call(pays_by_card, organization=ORGANIZATIONS[0]),
    ORGANIZATIONS[1]: call(pays_by_card, organization=ORGANIZATIONS[1]),
    SERVICES[0]: call(pays_by_card, organization=ORGANIZATIONS[0]),
    SERVICES[1]: _CREATES_SERVICE,
    SERVICES[2]: _CREATES_SERVICE,
    ADMINS[0]: call(pays_by_card, organization=ORGANIZATIONS[0]),
    ADMINS[1]: call(pays_by_card, organization=ORGANIZATIONS[1]),
    DEVELOPER: call(developer),
    NEW_USER: call(registers),
    ACCOUNTS[0]: call(account_on, account=ACCOUNTS[0], marketplace=Marketplace.AWS),
    ACCOUNTS[1]: call(account_on, account=ACCOUNTS[1], marketplace=Marketplace.AWS),
    SUBSCRIPTIONS[0]: _SUBSCRIBES,
    SUBSCRIPTIONS[1]: _SUBSCRIBES,
}
"""For each name that steps use, a step that introduces it."""


def problem_of(fault: KitError) -> CellProblem:
    """Return what is wrong with a scenario that cannot be carried out; its line is 1 where none is known."""
    line = fault.place.line if fault.place is not None and fault.place.line is not None else 1
    if not isinstance(fault, ScenarioError):
        return CellProblem(line, fault.message, "This is a fault of the kit itself")
    step = f"{fault.place.part}: " if fault.place is not None else ""
    begin = INTRODUCED.get(fault.name) if fault.name is not None else None
    return CellProblem(line, f"{step}{fault.message}", f"Such as: Given {begin.text}" if begin else fault.fix)


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A cell's text as a feature, with the mapping back to the lines of the cell."""

    text: str
    above: int  # number of lines inserted before the text
    at: int | None = None  # line of the cell before which another one was inserted

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
        """Return the line of the cell for a line of the feature."""
        line = number - self.above
        if self.at is not None and line > self.at:
            line -= 1
        return max(1, line)


def _plain(what: str, wrapped: _Wrapped) -> str:
    """Return the parser's message without its own line numbers."""
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


def _problems(scenario: Scenario, vocabulary: Vocabulary, *, missing: bool) -> Iterator[CellProblem]:
    """Return what is wrong with a scenario, except for consequences of a missing line."""
    if not scenario.steps and not missing:
        name = "the cell" if scenario.name == CELL else repr(scenario.name)
        yield CellProblem(scenario.line, f"{name} has no steps", "Write its steps: Given …, When …, Then …")
    for step in scenario.steps:
        if step.kind is not None or not missing:
            yield from _step_problems(step, vocabulary)


def _step_problems(step: Step, vocabulary: Vocabulary) -> Iterator[CellProblem]:
    columns = _COLUMN.findall(step.text)
    if columns:
        yield CellProblem(
            step.line, f"<{columns[0]}> is not a column of its Examples", "Add the column, or correct the name"
        )
    elif step.kind is None:
        yield CellProblem(step.line, f"'{step}' follows no Given, When or Then", "Begin with one of these words")
    else:
        try:
            vocabulary.find(step.kind, step.text)
        except UndefinedStepError:
            found = suggest(step.kind, step.text, vocabulary)
            yield _with(CellProblem(step.line, f"there is no phrase '{step}'"), found)
        except VocabularyError as error:
            yield CellProblem(step.line, str(error))
