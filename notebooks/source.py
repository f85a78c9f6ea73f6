"""Read a notebook source: MyST Markdown whose text is a Jinja2 template.

jupytext reads the file. Each cell is then rendered with the functions of `template_functions`, so that rules and
numbers come from the register and the features and are never copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import jupytext  # type: ignore[import-untyped] # it ships no types
from jinja2 import Environment, StrictUndefined, TemplateError

from billing_tck.reference.catalogue import catalogue
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Family
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.timeline.deadlines import documented

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOURCES = Path(__file__).parent / "sources"
FIRST, LAST = ("00-start-here",), ("reviewing-the-specification", "writing-an-adapter", "break-it-yourself")
HIDES_FAILURES = ("allow_errors", "skip-execution", "raises-exception")

_HEADING = re.compile(r"#+ (.*)")
_EXPRESSION = re.compile(r"\{\{.*?\}\}")


class SourceError(ValueError):
    """A source that cannot be built."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a source; `name` becomes its id in the notebook."""

    name: str
    kind: str
    text: str


def names() -> tuple[str, ...]:
    """Return the names of the notebooks, in reading order."""
    order = (*FIRST, *(str(family) for family in Family if family is not Family.GENERAL), *LAST)
    position = {name: number for number, name in enumerate(order)}
    found = [path.stem for path in SOURCES.glob("*.md")]
    return tuple(sorted(found, key=lambda name: (position.get(name, len(position)), name)))


def cells(name: str) -> list[Cell]:
    """Return the cells of a source with their templates rendered. Raises SourceError."""
    path = SOURCES / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    hidden = [word for word in HIDES_FAILURES if word in text]
    if hidden:
        raise SourceError(f"{path.name}: remove {hidden[0]!r}, which hides failing cells")
    notebook: NotebookNode = jupytext.reads(text, fmt="md:myst")
    found = [_cell(path, number, cell) for number, cell in enumerate(notebook.cells)]
    repeated = sorted({cell.name for cell in found if [other.name for other in found].count(cell.name) > 1})
    if repeated:
        raise SourceError(f"{path.name}: several cells are named {', '.join(repeated)}; give each its own name")
    return found


def _cell(path: Path, number: int, cell: NotebookNode) -> Cell:
    name = cell.metadata.get("name") or _markdown_name(cell.source, number)
    if cell.cell_type == "code" and "name" not in cell.metadata:
        raise SourceError(f"{path.name}: cell {number} has no name; add a line `:name: NAME` below its fence")
    return Cell(name, cell.cell_type, _rendered(cell.source, f"{path.name}, cell {name}"))


def _markdown_name(text: str, number: int) -> str:
    heading = _HEADING.match(text)
    if heading is None:
        return f"text-{number}"
    slug = re.sub(r"[^a-z0-9]+", "-", _EXPRESSION.sub("", heading[1]).lower()).strip("-")
    return f"about-{slug[:60]}"


def _rendered(text: str, place: str) -> str:
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    environment.globals.update(template_functions())
    try:
        return environment.from_string(text).render()
    except (TemplateError, LookupError) as error:
        raise SourceError(f"{place}: {error}; a source may call {', '.join(template_functions())}") from None


# What a source may call


@cache
def template_functions() -> Mapping[str, Callable[[str], str]]:
    """Return the functions of the templates: texts of the register, and counts."""
    register, suite = load_register(features_dir()), load_suite()
    count = {
        "scenarios": len(suite.scenarios),
        "core": sum(scenario.part == "core" for scenario in suite.scenarios),
        "clauses": len(register.clauses),
        "testable": sum(clause.testable for clause in register.clauses),
        "knobs": len(register.knobs),
        "faults": len(catalogue()),
    }

    def knob(name: str) -> str:
        found = register.knob(name)
        values = "\n".join(f"> * `{value.name}`: {value.meaning}" for value in found.values)
        return f"> **{name}** ({', '.join(found.clauses)}): {found.question}\n>\n{values}"

    def rules(family: str) -> str:
        rows = [
            f"| {clause.id} | {clause.sentence} | {_covering(clause.id, suite.scenarios) or 'none can'} |"
            for clause in register.clauses
            if clause.family == family
        ]
        return "\n".join(["| clause | what it says | scenarios |", "| --- | --- | --- |", *rows])

    return {
        "clause": lambda clause: f"> **{clause}** {register.clause(clause).sentence}",
        "sentence": lambda clause: register.clause(clause).sentence,
        "days": lambda clause: str(documented()[clause]),
        "knob": knob,
        "rules": rules,
        "count": lambda what: str(count[what]),
    }


def _covering(clause: str, scenarios: Iterable[Scenario]) -> int:
    return sum(clause in scenario.clauses for scenario in scenarios)
