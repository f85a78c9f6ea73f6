"""Read the Gherkin of a cell: steps alone, one or several Scenarios, an Outline with Examples, or a whole Feature.

The parser of the features reads it, and every step must be defined; lines are those of the cell.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gherkin.dialect import Dialect

from billing_tck.errors import Diagnostic, Place
from billing_tck.spec.gherkin import InvalidFeatures, Kind, Scenario, Step
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.steps.registry import KINDS, UndefinedStepError, Vocabulary, VocabularyError
from billing_tck.steps.suggestions import (
    HEADINGS,
    KEYWORDS,
    Suggester,
    Suggestion,
    nearest_heading,
    nearest_keyword,
)

CELL = "this cell"
ENGLISH = "English"
_COLUMN = re.compile(r"<([^<>\s][^<>]*)>")
_LANGUAGE = re.compile(r"\s*# *language *: *(\S+)\s*")


class CellError(Exception):
    """A cell cannot be run; carries every problem."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(map(format_problem, self.problems))


def format_problem(problem: Diagnostic) -> str:
    """Return a problem of a cell, with each of the nearest steps on a line of its own."""
    nearest = ["Nearest:", *(f"    {step}" for step in problem.suggestions)] if problem.suggestions else []
    text = str(replace(problem, suggestions=()))
    return "\n".join([f"{text} {nearest[0]}", *nearest[1:]]) if nearest else text


def _problem(line: int, message: str, fix: str = "") -> Diagnostic:
    return Diagnostic(Place(line=line), message, fix)


def read_cell(text: str, vocabulary: Vocabulary) -> tuple[Scenario, ...]:
    """Return the scenarios of a cell. Raises CellError if its Gherkin is invalid or a step is not defined.

    Gherkin takes any other line for a description; in a cell it is more likely a mistake, and is refused.
    """
    if not text.strip():
        raise CellError([_problem(1, "the cell is empty", "Write steps: Given …, When …, Then …")])
    suggester = Suggester(vocabulary)
    language = _language(text)
    text, loose = _without_prose(text, suggester)
    wrapped = _Wrapped.of(text, language)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core" / "cell.feature"
        path.parent.mkdir()
        path.write_text(wrapped.text, encoding="utf-8")
        try:
            read = read_file(path, Path(folder)).scenarios
        except InvalidFeatures as error:
            broken = [_problem(wrapped.line(d.place.line or 1), _plain(d.message)) for d in error.diagnostics]
            raise CellError(loose or _in_words(language, broken)) from None
    scenarios = tuple(_placed(scenario, wrapped) for scenario in read)
    problems = list(dict.fromkeys(t for s in scenarios for t in _problems(s, suggester, missing=bool(loose))))
    if not scenarios and not loose:
        problems.append(_problem(1, "the cell has no scenario", "Write steps: Given …, When …, Then …"))
    if not any(scenario.steps for scenario in scenarios):
        problems = list(_in_words(language, problems))
    if loose or problems:
        raise CellError(sorted([*loose, *problems], key=lambda problem: problem.place.line or 0))
    return scenarios


# Lines that are not Gherkin

_STEP = re.compile(rf"(?:{'|'.join(KEYWORDS)}) .+|\* .+")
_HEADING = re.compile(rf"(?:{'|'.join(HEADINGS)}|Scenarios) *:.*")


def _without_prose(text: str, suggester: Suggester) -> tuple[str, list[Diagnostic]]:
    """Return the cell with such lines corrected or left out, and what is wrong with each."""
    lines = text.splitlines()
    problems: list[Diagnostic] = []
    if _LANGUAGE.match(text) and _name(_language(text)) != ENGLISH:
        return text, problems
    quoted = ""
    for at, line in enumerate(lines):
        bare = line.strip()
        if quoted or bare[:3] in ('"""', "```"):
            quoted = ("" if bare.startswith(quoted) else quoted) if quoted else bare[:3]
        elif bare and bare[0] not in "#@|" and not _STEP.fullmatch(bare) and not _HEADING.fullmatch(bare):
            problem, lines[at] = _prose(at + 1, bare, suggester)
            problems.append(problem)
    return "\n".join(lines), problems


def _prose(line: int, said: str, suggester: Suggester) -> tuple[Diagnostic, str]:
    """Return what is wrong with such a line, and the line as it was meant, or a comment if that is unclear."""
    message = f"not a step: '{said}'"
    if heading := nearest_heading(said):
        meant = f"{heading}:{said.partition(':')[2]}"
        return _problem(line, message, f"Write '{meant}'"), meant
    fitting = [kind for kind in KINDS if _known(kind, said, suggester.vocabulary)]
    if fitting:
        words = " or ".join(kind.capitalize() for kind in fitting)
        return _problem(line, message, f"Begin it with {words}"), f"{fitting[0].capitalize()} {said}"
    word, _, rest = said.partition(" ")
    word = word.rstrip(":,")
    begins = {d.pattern.split(" ", 1)[0].lower() for d in suggester.vocabulary}
    near = nearest_keyword(word) if word.lower() not in begins else None
    if near and rest.strip():
        meant = f"{near} {rest.strip()}"
        why = "Keywords begin with a capital: write" if word.lower() == near.lower() else "Write"
        return _problem(line, message, f"{why} '{meant}'"), meant
    if near:
        return _problem(line, message, f"Write a phrase after {near}; %phrases lists them"), "#"
    found = suggester.suggest(None, said)
    return _with(_problem(line, message, "A line begins with Given, When, Then, And or But"), found), "#"


def _known(kind: Kind, text: str, vocabulary: Vocabulary) -> bool:
    try:
        vocabulary.find(kind, text)
    except VocabularyError:
        return False
    return True


def _with(problem: Diagnostic, found: Suggestion) -> Diagnostic:
    hints = [hint[0].upper() + hint[1:] for hint in found.hints]
    if not (problem.fix or hints or found.sentences):
        hints = ["%phrases lists all step definitions"]
    fix = ". ".join([*([problem.fix] if problem.fix else []), *hints])
    return replace(problem, fix=fix, suggestions=found.sentences)


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A cell's text as a feature, with the mapping back to the lines of the cell."""

    text: str
    above: int  # number of lines inserted before the text
    at: int | None = None  # line of the cell before which another one was inserted

    @classmethod
    def of(cls, text: str, language: Dialect) -> _Wrapped:
        lines = text.splitlines()
        first = next((n for n, line in enumerate(lines) if line.strip() and line.strip()[0] not in "@#"), len(lines))
        begins = lines[first] if first < len(lines) else ""
        if _begins(begins, language.feature_keywords):
            return cls(text, 0)
        top = next((n + 1 for n, line in enumerate(lines[:first]) if _LANGUAGE.match(line)), 0)
        scenario = (*language.scenario_keywords, *language.scenario_outline_keywords)
        whole = _begins(begins, (*scenario, *language.rule_keywords, *language.background_keywords))
        if not whole:
            lines[first:first] = [f"{language.scenario_keywords[0]}: {CELL}"]
        lines[top:top] = [f"{language.feature_keywords[0]}: a cell"]
        return cls("\n".join(lines), 1, None if whole else first + 1)

    def line(self, number: int) -> int:
        """Return the line of the cell for a line of the feature."""
        line = number - self.above
        if self.at is not None and line > self.at:
            line -= 1
        return max(1, line)


def _begins(line: str, keywords: Sequence[str]) -> bool:
    return any(re.match(rf"\s*{re.escape(keyword)}\s*:", line) for keyword in keywords)


def _english() -> Dialect:
    dialect = Dialect.for_name("en")
    assert dialect is not None
    return dialect


def _language(text: str) -> Dialect:
    """Return the language of a cell's keywords. Raises CellError if Gherkin does not have it."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.strip().startswith("#"):
            break
        if found := _LANGUAGE.match(line):
            dialect = Dialect.for_name(found[1])
            if dialect is None:
                fix = "Remove the line, or name a language of Gherkin, such as en or de"
                raise CellError([_problem(number, f"Gherkin has no language '{found[1]}'", fix)])
            return dialect
    return _english()


def _in_words(language: Dialect, broken: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    """Return the parser's problems; where its language is the likely reason, one problem that says so."""
    if _name(language) == ENGLISH or not broken:
        return broken
    words = [f"'{keywords[-1].strip()}'" for keywords in _step_keywords(language)]
    fix = f"Begin the lines with {', '.join(words)} and so on, or remove `# language`; the phrases are English"
    return [replace(broken[0], message=f"not a line of Gherkin in {_name(language)}", fix=fix)]


def _name(language: Dialect) -> str:
    return str(dict(language.spec)["name"])


def _step_keywords(language: Dialect) -> tuple[Sequence[str], ...]:
    return language.given_keywords, language.when_keywords, language.then_keywords


def _plain(what: str) -> str:
    """Return the parser's message without its own line numbers and the names of its states."""
    said = re.sub(r"\(\d+:\d+\): ", "", what)
    said = re.sub(r"unexpected end of file, expected: .*", "the cell ends too early", said)
    return re.sub(r"expected: .*, got", "this was not expected here:", said)


def _placed(scenario: Scenario, wrapped: _Wrapped) -> Scenario:
    steps = tuple(step._replace(line=wrapped.line(step.line)) for step in scenario.steps)
    return replace(
        scenario,
        file=CELL,
        family="",
        line=wrapped.line(scenario.line),
        definition=wrapped.line(scenario.definition),
        steps=steps,
    )


def _problems(scenario: Scenario, suggester: Suggester, *, missing: bool) -> Iterator[Diagnostic]:
    """Return what is wrong with a scenario, except for consequences of a missing line."""
    if not scenario.steps and not missing:
        name = "the cell" if scenario.name == CELL else repr(scenario.name)
        yield _problem(scenario.line, f"{name} has no steps", "Write its steps: Given …, When …, Then …")
    for step in scenario.steps:
        if step.kind is not None or not missing:
            yield from _step_problems(step, suggester)


def _step_problems(step: Step, suggester: Suggester) -> Iterator[Diagnostic]:
    columns = _COLUMN.findall(step.text)
    if columns:
        yield _problem(
            step.line, f"<{columns[0]}> is not a column of its Examples", "Add the column, or correct the name"
        )
    elif step.kind is None:
        yield _problem(step.line, f"'{step}' follows no Given, When or Then", "Begin with one of these words")
    else:
        try:
            suggester.vocabulary.find(step.kind, step.text)
        except UndefinedStepError:
            found = suggester.suggest(step.kind, step.text)
            yield _with(_problem(step.line, f"no step definition matches '{step}'"), found)
        except VocabularyError as error:
            yield _problem(step.line, str(error))
