"""What the checks share: faults, and the texts of a parsed feature file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from billing_tck.errors import Diagnostic, Place
from billing_tck.spec.gherkin import FeatureFile, Scenario, Step

_COLUMN = re.compile(r"<([^<>\s][^<>]*)>")


def fault(file: FeatureFile, line: int, message: str, fix: str = "", suggestions: tuple[str, ...] = ()) -> Diagnostic:
    """Return a diagnostic at a line of a feature file."""
    return Diagnostic(Place(file.file, line), message, fix, suggestions)


def columns_in(text: str) -> list[str]:
    """Return every `<column>` that is left in a text."""
    return _COLUMN.findall(text) if "<" in text else []


def title_of(scenario: Scenario) -> str:
    """Return the name that is written: that of the outline where there is one."""
    return scenario.outline or scenario.name


def texts_of(step: Step) -> str:
    """Return all text of a step: its text, its doc string and its table."""
    if step.docstring is None and step.table is None:
        return step.text
    return "\n".join([step.text, step.docstring or "", *(cell for row in step.table or () for cell in row)])


def strings(tree: object) -> Iterator[str]:
    """Return every string in a tree of JSON values."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value)
