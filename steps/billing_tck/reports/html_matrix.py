"""The matrix of `report.html`: a row for each rule family, with the verdicts on its clauses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from billing_tck.results.aggregate import Report, clause_order, family_verdict, totals
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import Conforms
from billing_tck.spec.requirements import Clause, Family, Register

LEGEND = (
    ("conforms", "conforms"),
    ("deviates", "deviates"),
    ("known", "known to deviate"),
    ("errored", "no answer"),
    ("not_applicable", "not applicable"),
    ("none", "no scenario can test it, or none was run"),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A clause in the matrix; `elsewhere` means that only scenarios of other families check it."""

    clause: str
    verdict: str
    words: str
    title: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A rule family: its verdict as mark and text, its totals and its clauses."""

    name: str
    verdict: tuple[str, str]
    totals: Mapping[str, int]
    chips: Sequence[Chip]

    @property
    def has_elsewhere(self) -> bool:
        """Whether a clause of it is checked by scenarios of other families alone."""
        return any(chip.elsewhere for chip in self.chips)


class ClauseVerdicts:
    """The verdict on each clause: that of its scenarios, `known`, or `none` where none was run."""

    elsewhere = "checked by scenarios of other families alone"

    def __init__(self, report: Report, register: Register) -> None:
        self.known_clauses: Mapping[str, Clause] = {clause.id: clause for clause in register.clauses}
        self.by_clause: dict[str, list[ScenarioRecord]] = {}
        for record in report.every:
            for clause in record.clauses:
                self.by_clause.setdefault(clause, []).append(record)
        self._standings = report.clause_standings

    def __getitem__(self, clause: str) -> str:
        return self._standings.get(clause, "none")

    def only_elsewhere(self, clause: str, family: str) -> bool:
        """Return whether only scenarios of other families show that a clause conforms."""
        return self[clause] == "conforms" and all(
            record.family != family
            for record in self.by_clause.get(clause, [])
            if isinstance(record.verdict, Conforms) and not record.outside_baseline
        )

    def chip(self, clause: str, family: str) -> Chip:
        """Return a clause as the row of a family shows it."""
        verdict, elsewhere = self[clause], self.only_elsewhere(clause, family)
        words = {"known": "known deviation", "none": "no scenario"}.get(verdict, format_verdict(verdict))
        words += f", {self.elsewhere}" if elsewhere else ""
        known = self.known_clauses.get(clause)
        title = f"{clause}, {words}: {known.sentence}" if known else f"{clause}, {words}"
        return Chip(clause, verdict, words, title, elsewhere)


def family_rows(report: Report, register: Register, verdicts: ClauseVerdicts) -> Iterator[FamilyRow]:
    """Yield a row for each family of which something was run, or nothing can be."""
    records = _by_family(report)
    left_out = families_left_out(report, register)
    for family in _families(register, records):
        if family in left_out:
            continue
        members = records.get(family, [])
        own = [clause.id for clause in register.clauses if clause.family == family]
        strange = {clause for record in members for clause in record.clauses} - set(verdicts.known_clauses)
        chips = [verdicts.chip(clause, family) for clause in [*own, *sorted(strange, key=clause_order)]]
        yield FamilyRow(family, family_verdict(members), totals(members), chips)


def families_left_out(report: Report, register: Register) -> list[str]:
    """Return the families of which something could have been run, and nothing was."""
    run = {record.family for record in report.records}
    testable = {str(clause.family) for clause in register.clauses if clause.testable}
    return [family for family in _families(register, ()) if family in testable and family not in run]


def _by_family(report: Report) -> dict[str, list[ScenarioRecord]]:
    records: dict[str, list[ScenarioRecord]] = {}
    for record in report.records:
        records.setdefault(record.family, []).append(record)
    return records


def _families(register: Register, run: Mapping[str, object] | Sequence[str]) -> list[str]:
    known = {clause.family for clause in register.clauses}
    ordered = [str(family) for family in Family if family in known]
    return ordered + sorted(family for family in run if family not in ordered)
