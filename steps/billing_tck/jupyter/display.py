"""Display in notebooks: HTML, with plain text for where there is no HTML.

All ink has the colour of the surrounding text. A verdict is shown by its word and its sign, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import ClassVar

from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.gherkin_cell import CELL
from billing_tck.timeline.svg import NOT_MATHEMATICS

Bundle = dict[str, str]
SIGNS = {"conforms": "✓", "deviates": "✗", "errored": "!", "not applicable": "-", "nothing checked": "·"}
PLURAL = {"conforms": "conform", "deviates": "deviate"}


class Displayable:
    """An object that a notebook displays: by its template as HTML, and by its `plain` text."""

    template: ClassVar[str]
    wide: ClassVar[bool] = False  # it may be wider than a narrow window, and is scrolled then

    def html(self) -> str:
        """Return the HTML."""
        return render_display(self.template, shown=self)

    def plain(self) -> str:
        """Return the plain text."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> Bundle:
        html = scrollable(self.html()) if self.wide else self.html()
        bundle = {"text/html": untypeset(html), "text/plain": self.plain()}
        wanted = set(include or bundle) - set(exclude or ())
        return {kind: value for kind, value in bundle.items() if kind in wanted}

    def __str__(self) -> str:
        return self.plain()


def scrollable(html: str, name: str = "Table") -> str:
    """Return HTML in a region that scrolls sideways, with the keyboard, too."""
    return f'<div tabindex="0" role="region" aria-label="{escape(name)}" style="overflow-x:auto">{html}</div>'


def untypeset(html: str) -> str:
    """Return HTML in which two dollar signs are money: JupyterLab and exported pages typeset what is between them."""
    return f'<div class="{NOT_MATHEMATICS}">{html}</div>'


def render_display(template: str, **context: object) -> str:
    """Return the HTML that a template makes."""
    from billing_tck.reports.templating import render  # noqa: PLC0415 - Jinja2 only where there is a notebook

    return render("billing_tck.jupyter", template, SIGNS=SIGNS, **context)


def publish(shown: object) -> None:
    """Display an object below the running cell."""
    from IPython.display import display  # noqa: PLC0415 - only where there is a notebook

    display(shown)  # type: ignore[no-untyped-call]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of plain text with aligned cells."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def place_of(scenario: Scenario) -> str:
    """Return where a scenario is written; only its line if it is in a cell."""
    return f"line {scenario.line}" if scenario.file == CELL else scenario.place


def badge(word: str) -> str:
    """Return a verdict as its sign and its word, in HTML."""
    return render_display("badge.html.j2", word=word)
