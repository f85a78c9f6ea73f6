"""Read a learner's scenarios from a file: a feature, or steps alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from billing_tck.errors import InvalidInput, UsageError
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.gherkin_cell import CellError, read_cell
from billing_tck.steps.registry import Vocabulary
from billing_tck.text.files import read_text


class InvalidExercise(InvalidInput):
    """A file of a learner that is not Gherkin of the kit."""

    subject: ClassVar[str] = "the exercise"
    always_given: ClassVar[bool] = True


def read_scenarios(path: Path, vocabulary: Vocabulary) -> tuple[Scenario, ...]:
    """Return the scenarios of a file. Raises InvalidExercise with every problem, or UsageError."""
    text = "\n".join(line for line in _read(path).splitlines() if not line.lstrip().startswith("%%"))
    try:
        return read_cell(text, vocabulary)
    except CellError as error:
        placed = (replace(problem, place=replace(problem.place, file=str(path))) for problem in error.problems)
        raise InvalidExercise(list(placed)) from None


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {path}: it is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; name a file with Gherkin") from None
