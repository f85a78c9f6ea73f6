"""A cell that was not run, as it displays what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from billing_tck.jupyter.display import Displayable
from billing_tck.jupyter.gherkin_cell import CellProblem


@dataclass(frozen=True, slots=True)
class CellErrors(Displayable):
    """A cell that was not run, or not to its end, and why."""

    template = "cell_errors.html.j2"

    problems: tuple[CellProblem, ...]
    heading: str = "This was not run."
    conforms: bool = False

    def __repr__(self) -> str:
        return f"<not run: {len(self.problems)} problems>"

    def plain(self) -> str:
        """Return what is wrong, with the nearest steps."""
        return "\n".join([self.heading, *(f"  {problem}" for problem in self.problems)])
