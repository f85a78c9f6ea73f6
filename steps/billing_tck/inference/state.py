"""An inference under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing_tck.explorer.inference import Explanation, judged
from billing_tck.explorer.profiles import marketplaces
from billing_tck.explorer.runner import Subject
from billing_tck.inference.candidates import Candidates
from billing_tck.inference.player import Played
from billing_tck.inference.tables import MARKETPLACE, Table

MOST_ERRORS = 3
"""After this number of histories without an answer to compare, no more are played."""


@dataclass(slots=True)
class State:
    """An inference under way: what is possible, what was played, and the tables of what else could be."""

    subject: Subject
    tables: Mapping[str, Table]
    candidates: Candidates = field(default_factory=Candidates)
    played: dict[str, Played] = field(default_factory=dict)

    @property
    def late(self) -> bool:
        """Whether effects may show late."""
        return bool(self.subject.settles)

    @property
    def failed(self) -> list[str]:
        """Return the histories that ended without an answer to compare."""
        return [name for name, played in self.played.items() if played.error is not None]

    def usable(self, table: Table) -> bool:
        """Whether the implementation declares all that a history needs."""
        return not self.missing(table)

    def missing(self, table: Table) -> frozenset[str]:
        """Return the capabilities that a history needs and the implementation does not declare."""
        declared = frozenset(self.subject.description.capabilities)
        own = {MARKETPLACE} if marketplaces(declared) else set()
        return table.needs - declared - own

    def judge(self, name: str, readings: Mapping[str, str]) -> Explanation:
        """Judge the answers of a history under readings."""
        return judged(self.played[name].answers, readings, self.subject.settles)
