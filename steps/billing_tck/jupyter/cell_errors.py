"""A cell that was not run, as it displays what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from billing_tck.jupyter.display import Displayable
from billing_tck.jupyter.gherkin_cell import CellProblem
from billing_tck.text.sanitize import sanitize

_RED = "#d93025"


@dataclass(frozen=True, slots=True)
class CellErrors(Displayable):
    """A cell that was not run, or not to its end, and why."""

    problems: tuple[CellProblem, ...]
    heading: str = "This was not run."
    conforms: bool = False

    def __repr__(self) -> str:
        return f"<not run: {len(self.problems)} problems>"

    def html(self) -> str:
        """Return what is wrong, with the nearest steps."""
        said = []
        for problem in self.problems:
            near = "".join(f"<li><code>{escape(phrase)}</code></li>" for phrase in problem.nearest)
            phrases = f" {problem.label}<ul style='margin:2px 0'>{near}</ul>" if near else ""
            said.append(f"<div>{escape(sanitize(problem.said))}.{phrases}</div>")
        box = f"border-left:4px solid {_RED};padding-left:8px"
        return f'<div style="{box}"><b style="color:{_RED}">{escape(self.heading)}</b>{"".join(said)}</div>'

    def plain(self) -> str:
        """Return what is wrong, with the nearest steps."""
        return "\n".join([self.heading, *(f"  {problem}" for problem in self.problems)])
