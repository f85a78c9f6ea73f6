"""A cell that was not run, as it displays what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from billing_tck.errors import Diagnostic
from billing_tck.jupyter.display import Displayable
from billing_tck.steps.gherkin_cell import format_problem


@dataclass(frozen=True, slots=True)
class CellErrors(Displayable):
    """A cell that was not run, or not to its end, and why."""

    template = "cell_errors.html.j2"

    problems: tuple[Diagnostic, ...]
    heading: str = "This was not run."
    conforms: bool = False

    def __repr__(self) -> str:
        return f"<not run: {len(self.problems)} problems>"

    def text_of(self, problem: Diagnostic) -> str:
        """Return a problem without the nearest steps."""
        return str(replace(problem, suggestions=()))

    def plain(self) -> str:
        """Return the problems, with the nearest steps."""
        return "\n".join([self.heading, *(f"  {format_problem(problem)}" for problem in self.problems)])
