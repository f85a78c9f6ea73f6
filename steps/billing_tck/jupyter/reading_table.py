"""What each reading changes for customers, as a table: every knob, the most severe consequences first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from billing_tck.impact.consequences import Consequence
from billing_tck.impact.stored import stored_impact
from billing_tck.impact.wording import history_lines, outcomes
from billing_tck.jupyter.display import Displayable, render_display
from billing_tck.jupyter.session import session
from billing_tck.spec.requirements import Knob


@dataclass(frozen=True, slots=True)
class ReadingChange:
    """One consequence of a reading: when it arises, what a customer sees under the default, and under the reading."""

    knob: str
    value: str
    default: str
    consequence: Consequence

    @property
    def severity(self) -> int:
        """Return the severity: 0 is the most severe."""
        return self.consequence.severity

    @property
    def was(self) -> str:
        """Return what a customer sees under the default, with dates."""
        return outcomes(self.consequence.change)[0]

    @property
    def becomes(self) -> str:
        """Return what a customer sees under the reading, with dates."""
        return outcomes(self.consequence.change)[1]

    @property
    def when(self) -> list[str]:
        """Return the history, a line for each day."""
        return [f"{day}: {words}" for day, words in history_lines(self.consequence.history)]


@dataclass(frozen=True, slots=True)
class ReadingTable(Displayable):
    """The consequences of all readings, the most severe first; `silent` are the knobs that have none in it."""

    wide = True

    changes: tuple[ReadingChange, ...]
    silent: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{len(self.changes)} changes>"

    @property
    def not_exercised(self) -> str:
        """Return which knobs have no row, as a sentence; an empty text where all have one."""
        return f"This table does not exercise {', '.join(self.silent)}." if self.silent else ""

    @property
    def grouped(self) -> Mapping[str, list[ReadingChange]]:
        """Return the changes of each kind."""
        grouped: dict[str, list[ReadingChange]] = {}
        for change in self.changes:
            grouped.setdefault(change.consequence.kind.value, []).append(change)
        return grouped

    def html(self) -> str:
        """Return the HTML."""
        return render_display("reading_table.html.j2", shown=self)

    def plain(self) -> str:
        """Return three lines for each change."""
        lines = []
        for kind, changes in self.grouped.items():
            lines.append(kind)
            for one in changes:
                lines += [f"    {one.knob}={one.value}: {one.becomes}", f"        {one.default}: {one.was}"]
        return "\n".join([*lines, *([self.not_exercised] if self.silent else [])])


def reading_table(knobs: tuple[Knob, ...] | None = None) -> ReadingTable:
    """Return the consequences of every value that is no default, of all knobs or some."""
    asked = session().register.knobs if knobs is None else knobs
    found = [
        ReadingChange(knob.name, value.name, knob.default, one)
        for knob in asked
        for value in knob.values
        for one in _worst_of_each_kind(knob.name, value.name)
    ]
    shown = {one.knob for one in found}
    silent = tuple(knob.name for knob in asked if knob.name not in shown)
    return ReadingTable(tuple(sorted(found, key=lambda one: one.severity)), silent)


def _worst_of_each_kind(knob: str, value: str) -> list[Consequence]:
    kinds: dict[str, Consequence] = {}
    for one in stored_impact(knob, value).consequences:
        kinds.setdefault(one.kind, one)
    return list(kinds.values())
