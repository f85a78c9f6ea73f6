"""What the pages are about: clauses, scenarios, open questions and faults, and how they belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from billing_tck.reference.catalogue import FaultEntry, catalogue
from billing_tck.spec.gherkin import Scenario, Suite, scenarios_by_clause
from billing_tck.spec.requirements import Clause, Document, Family, Knob, Register


@dataclass(frozen=True, slots=True)
class Outline:
    """A scenario of a feature file with its rows: one row where it has no examples."""

    title: str
    rule: str
    rows: tuple[Scenario, ...]

    @property
    def first(self) -> Scenario:
        """Return its first row."""
        return self.rows[0]

    @property
    def size(self) -> int:
        """Return how many rows it has."""
        return len(self.rows)


def family_name(family: str) -> str:
    """Return the name of a family as it is written in a sentence."""
    return family.replace("_", " ").replace("aws", "AWS")


class Catalogue:
    """The register, the scenarios of a suite and the faults of the reference, each found by the others."""

    def __init__(self, suite: Suite, register: Register, faults: Sequence[FaultEntry] | None = None) -> None:
        self.suite = suite
        self.register = register
        self.faults = tuple(catalogue() if faults is None else faults)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Return all scenarios."""
        return self.suite.scenarios

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """The clauses by id, in the documents' order."""
        return {clause.id: clause for clause in self.register.clauses}

    @cached_property
    def knobs(self) -> Mapping[str, Knob]:
        """The open questions by name."""
        return {knob.name: knob for knob in self.register.knobs}

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The source documents by file name."""
        return {document.file: document for document in self.register.documents}

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """The families that have clauses."""
        return tuple(family for family in Family if any(one.family is family for one in self.register.clauses))

    @cached_property
    def _by_clause(self) -> Mapping[str, list[Scenario]]:
        return scenarios_by_clause(self.scenarios)

    def scenarios_of(self, clause: str) -> Sequence[Scenario]:
        """Return the scenarios that cover a clause."""
        return self._by_clause.get(clause, ())

    def clauses_of(self, family: Family) -> Sequence[Clause]:
        """Return the clauses of a family."""
        return [clause for clause in self.register.clauses if clause.family is family]

    def scenarios_in(self, family: Family) -> Sequence[Scenario]:
        """Return the scenarios of a family's features."""
        return [scenario for scenario in self.scenarios if scenario.family == family]

    def knobs_of(self, clause: Clause) -> Sequence[Knob]:
        """Return the open questions that affect a clause."""
        return self.register.bearing_on(clause)

    def knobs_in(self, family: Family) -> Sequence[Knob]:
        """Return the open questions of a family."""
        return [knob for knob in self.register.knobs if knob.family is family]

    def faults_of(self, clause: str) -> Sequence[FaultEntry]:
        """Return the faults that break a clause."""
        return [fault for fault in self.faults if clause in fault.clauses]

    def testing(self, knob: str, value: str) -> Sequence[Scenario]:
        """Return the scenarios that test a reading."""
        return [scenario for scenario in self.scenarios if (knob, value) in scenario.reading]

    def meaning(self, knob: str, value: str) -> str:
        """Return what a reading means; an empty text for one that does not exist."""
        known = self.knobs.get(knob)
        return next((one.meaning for one in known.values if one.name == value), "") if known else ""

    def status(self, clause: Clause) -> str:
        """Return what covers a clause, or why nothing can."""
        if clause.excluded is not None:
            return "no scenario can test it"
        core = sum(scenario.part == "core" for scenario in self.scenarios_of(clause.id))
        edge = len(self.scenarios_of(clause.id)) - core
        parts = [f"{core} under every reading"] if core else []
        parts += [f"{edge} that test a reading"] if edge else []
        return " and ".join(parts) or "no scenario yet"


def outlines(scenarios: Sequence[Scenario]) -> list[Outline]:
    """Return the scenarios with the rows of each outline together, in their order."""
    found = []
    for _, group in groupby(scenarios, lambda one: (one.file, one.definition)):
        rows = tuple(group)
        found.append(Outline(rows[0].outline or rows[0].name, rows[0].rule, rows))
    return found


def by_rule(scenarios: Sequence[Scenario]) -> list[tuple[str, list[Outline]]]:
    """Return the outlines under the rules that they stand below."""
    return [(rule, list(group)) for rule, group in groupby(outlines(scenarios), lambda one: one.rule)]
