"""What happens to an organization, for each billing method and each event, in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from billing_tck.jupyter.display import Displayable, columns, render_display
from billing_tck.jupyter.reading_table import ReadingTable, reading_table
from billing_tck.jupyter.session import session
from billing_tck.situations.outcome_table import EVENTS, METHODS, outcome, table_scenarios

__all__ = ["EVENTS", "METHODS", "Decisions", "decisions"]


@dataclass(frozen=True, slots=True)
class Decisions(Displayable):
    """The table: what was observed for each event and method; `other` is the same for another implementation."""

    wide = True

    cells: Mapping[tuple[str, str], str]
    other: Mapping[tuple[str, str], str]
    names: tuple[str, str]

    @property
    def differing(self) -> list[tuple[str, str]]:
        """The (event, method) pairs for which two implementations differ."""
        return [key for key, said in self.cells.items() if self.other and self.other[key] != said]

    def changes(self) -> ReadingTable:
        """Return what each reading changes for customers: beside this table, which shows one reading only."""
        return reading_table()

    def beside(self, other: str) -> Decisions:
        """Return the table beside another implementation or another reading (`KNOB=VALUE`)."""
        reading = "=" in other and ":" not in other
        spec = session().spec(self.names[0], [other]) if reading else session().spec(other)
        return replace(self, other=_seen(spec), names=(self.names[0], spec))

    def __repr__(self) -> str:
        return f"<{len(self.cells)} decisions>"

    def html(self) -> str:
        """Return the HTML; where two differ it shows both, the second after a ≠."""
        return render_display("decisions.html.j2", shown=self, events=list(EVENTS), methods=list(METHODS))

    def plain(self) -> str:
        """Return a line for each event and method."""
        rows = [[event, method, said] for (event, method), said in self.cells.items()]
        return columns(rows)


def decisions(sut: str | None = None) -> Decisions:
    """Run the table against an implementation."""
    spec = session().spec(sut)
    return Decisions(_seen(spec), {}, (spec, ""))


def _seen(spec: str) -> dict[tuple[str, str], str]:
    scenarios = table_scenarios()
    runs = session().run(scenarios.values(), spec, closely=True)
    return {
        key: "refused" if run.deviation else outcome(run.observation.trace)
        for key, run in zip(scenarios, runs, strict=True)
    }
