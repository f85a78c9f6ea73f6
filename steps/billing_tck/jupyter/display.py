"""Display in notebooks: HTML, with plain text for where there is no HTML.

All ink has the colour of the surrounding text. A verdict is shown by its word and its sign, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from billing_tck.jupyter.gherkin_cell import CELL
from billing_tck.spec.gherkin import Scenario

Bundle = dict[str, str]
SIGNS = {"conforms": "✓", "deviates": "✗", "errored": "!", "not applicable": "-", "nothing asked": "·"}
_GROUND = {
    "conforms": "rgba(27,158,119,.22)",
    "deviates": "rgba(213,94,0,.28)",
    "errored": "rgba(230,159,0,.30)",
    "not applicable": "rgba(128,136,144,.22)",
    "nothing asked": "rgba(128,136,144,.22)",
}
_FEW = 4
PLURAL = {"conforms": "conform", "deviates": "deviate"}
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;border:none;background:none"
_TABLE = "border-collapse:collapse;border:none;margin:4px 0;font-size:13px"


class Displayable:
    """An object that a notebook displays by its `html` and `plain` text."""

    def html(self) -> str:
        """Return the HTML."""
        raise NotImplementedError

    def plain(self) -> str:
        """Return the plain text."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> Bundle:
        bundle = {"text/html": self.html(), "text/plain": self.plain()}
        wanted = set(include or bundle) - set(exclude or ())
        return {kind: value for kind, value in bundle.items() if kind in wanted}

    def __str__(self) -> str:
        return self.plain()


def publish(shown: object) -> None:
    """Display an object below the running cell."""
    from IPython.display import display  # noqa: PLC0415 - only where there is a notebook

    display(shown)  # type: ignore[no-untyped-call]


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Return a table of cells that are already HTML, legible in any theme."""
    lines = [f'<table style="{_TABLE}">']
    if head:
        cells = "".join(f'<th style="{_CELL};font-weight:600">{cell}</th>' for cell in head)
        lines.append(f'<thead><tr style="background:none">{cells}</tr></thead>')
    lines.append("<tbody>")
    for row in rows:
        cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row)
        lines.append(f'<tr style="background:none">{cells}</tr>')
    return "\n".join([*lines, "</tbody></table>"])


def folded(lines: Sequence[str]) -> str:
    """Return lines as HTML: the first few, and the others folded."""
    shown, rest = (lines, ()) if len(lines) <= _FEW + 1 else (lines[:_FEW], lines[_FEW:])
    said = "<br>".join(escape(line) for line in shown)
    if not rest:
        return said
    more = "<br>".join(escape(line) for line in rest)
    return f"{said}<details><summary>and {len(rest)} more</summary>{more}</details>"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of plain text with aligned cells."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def place_of(scenario: Scenario) -> str:
    """Return where a scenario is written; only its line if it is in a cell."""
    return f"line {scenario.line}" if scenario.file == CELL else scenario.place


def badge(word: str) -> str:
    """Return a verdict as its sign and its word."""
    style = f"background:{_GROUND[word]};border:1px solid currentColor;border-radius:4px;padding:1px 8px"
    return f'<span style="{style};white-space:nowrap"><b>{SIGNS[word]}</b> {word}</span>'
