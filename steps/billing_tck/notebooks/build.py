"""From a source to a notebook: Markdown between code, with rules, numbers and scenarios out of the features.

A source is a Markdown file. A fence that begins with ```` ```python NAME ```` is a code cell of that name; what stands
between is Markdown, a cell from each heading on. `{{word …}}` in it stands for something of the register or the
features (see `WORDS`), so that no rule and no number is ever copied.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from billing_tck.cli.clauses import scenarios_by_clause
from billing_tck.reference.catalogue import catalogue
from billing_tck.spec.gherkin import Scenario, Suite, features_dir, load_suite
from billing_tck.spec.requirements import Register, load_register
from billing_tck.timeline.deadlines import documented

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOURCES = Path(__file__).parent / "sources"
_FENCE = re.compile(r"^```python (?P<name>[a-z0-9-]+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(?=#{1,3} )", re.MULTILINE)
_WORD = re.compile(r"\{\{(\w+)(?: ([^{}]*))?\}\}")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_FORBIDDEN = ("allow_errors", "skip-execution", "raises-exception")


class SourceError(ValueError):
    """A source that cannot be built: says which, where, and what would mend it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a source; `name` is its id in the notebook."""

    name: str
    kind: str
    text: str


def names() -> tuple[str, ...]:
    """The notebooks, in the order in which they are to be read."""
    order = [path.stem for path in SOURCES.glob("*.md")]
    last = ("reviewing-the-specification", "writing-an-adapter", "break-it-yourself")
    families = ("trial", "card_billing", "unpaid_invoices", "marketplace", "aws_onboarding", "commitments")
    known = {name: number for number, name in enumerate(("00-start-here", *families, *last))}
    return tuple(sorted(order, key=lambda name: (known.get(name, len(known)), name)))


def cells(name: str) -> list[Cell]:
    """The cells of a source, its words filled in; SourceError where it cannot be built."""
    path = SOURCES / f"{name}.md"
    found: list[Cell] = []
    text = path.read_text(encoding="utf-8")
    at = 0
    for fence in _FENCE.finditer(text):
        found += _markdown(text[at : fence.start()], len(found))
        found.append(Cell(fence["name"], "code", _filled(fence["code"].rstrip("\n"))))
        at = fence.end()
    found += _markdown(text[at:], len(found))
    twice = {cell.name for cell in found if [c.name for c in found].count(cell.name) > 1}
    if twice:
        raise SourceError(f"{path.name}: two cells are called {', '.join(sorted(twice))}; give each its own name")
    forbidden = [word for word in _FORBIDDEN if word in text]
    if forbidden:
        raise SourceError(f"{path.name}: {forbidden[0]} hides what fails; let the cell succeed")
    return found


def _markdown(text: str, number: int) -> Iterator[Cell]:
    for part in _HEADING.split(text):
        if part.strip():
            heading = re.match(r"#+ (.*)", part.strip())
            name = f"about-{_slug(heading[1])}" if heading else f"text-{number}"
            yield Cell(name, "markdown", _filled(part.strip()))
            number += 1


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _WORD.sub("", heading).lower()).strip("-")[:60]


def _filled(text: str) -> str:
    def fill(found: re.Match[str]) -> str:
        word, rest = found[1], (found[2] or "").strip()
        if word not in WORDS:
            raise SourceError(f"{{{{{word}}}}}: there is no such word; there are {', '.join(WORDS)}")
        return WORDS[word](rest)

    return _WORD.sub(fill, text)


# What a source may ask for


@cache
def _register() -> Register:
    return load_register(features_dir())


@cache
def _suite() -> Suite:
    return load_suite()


@cache
def _covered() -> Mapping[str, list[Scenario]]:
    return scenarios_by_clause(_suite().scenarios)


def _clause(clause: str) -> str:
    return f"> **{clause}** {_register().clause(clause).sentence}"


def _sentence(clause: str) -> str:
    return _register().clause(clause).sentence


def _days(clause: str) -> str:
    return str(documented()[clause])


def _knob(name: str) -> str:
    knob = _register().knob(name)
    values = "\n".join(f"> * `{value.name}`: {value.meaning}" for value in knob.values)
    return f"> **{name}** ({', '.join(knob.clauses)}): {knob.question}\n>\n{values}"


def _rules(family: str) -> str:
    """The clauses of a family as a table, with how many scenarios speak of each."""
    rows = [
        f"| {clause.id} | {clause.sentence} | {len(_covered().get(clause.id, [])) or 'none can'} |"
        for clause in _register().clauses
        if clause.family == family
    ]
    return "\n".join(["| clause | what it says | scenarios |", "| --- | --- | --- |", *rows])


def _count(what: str) -> str:
    counted = {
        "scenarios": len(_suite().scenarios),
        "core": sum(scenario.part == "core" for scenario in _suite().scenarios),
        "clauses": len(_register().clauses),
        "testable": sum(clause.testable for clause in _register().clauses),
        "knobs": len(_register().knobs),
        "faults": len(catalogue()),
    }
    return str(counted[what])


WORDS: Mapping[str, Callable[[str], str]] = {
    "clause": _clause,
    "sentence": _sentence,
    "days": _days,
    "knob": _knob,
    "rules": _rules,
    "count": _count,
}


# The notebook


def build(name: str) -> NotebookNode:
    """The notebook of a source, not executed: stable cell ids, and no metadata but what it needs."""
    import nbformat  # noqa: PLC0415 - up to two seconds where JupyterLab is installed
    from nbformat import v4  # noqa: PLC0415

    made = []
    for cell in cells(name):
        make = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
        made.append(make(cell.text, id=cell.name))  # type: ignore[no-untyped-call]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook: NotebookNode = v4.new_notebook(cells=made, metadata=metadata)  # type: ignore[no-untyped-call]
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The same notebook as a clean kernel in `folder` leaves it, with its outputs as they are stored."""
    from nbclient import NotebookClient  # noqa: PLC0415

    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # what is printed comes in pieces, as it happens
        extra_arguments=["--IPKernelApp.log_level=40"],  # no warning that a local kernel is local
    )
    client.execute(env=kernel_environment(folder))
    return stored(notebook)


def kernel_environment(folder: Path) -> dict[str, str]:
    """The environment of a kernel that knows nothing of its user's settings, and meets no network by accident."""
    own = {name: str(folder / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return {**os.environ, **own, **nowhere, "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0"}


def stored(notebook: NotebookNode) -> NotebookNode:
    """A notebook as it is stored: where an output has a picture, the picture stands for it.

    Code hosts clean HTML and drop what is drawn in it, and show pictures; sliders need a kernel anyway.
    """
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.clear()
        outputs = cell.get("outputs", [])
        outputs[:] = [output for output in outputs if _WIDGET not in output.get("data", {})]
        for output in outputs:
            data = output.get("data", {})
            if "image/svg+xml" in data:
                data.pop("text/html", None)
            output.pop("transient", None)
            if "metadata" in output:
                output["metadata"] = {}
    return notebook


def written(notebook: NotebookNode) -> str:
    """The text of a notebook's file."""
    import nbformat  # noqa: PLC0415

    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return f"{text.rstrip()}\n"
