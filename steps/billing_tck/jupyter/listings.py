"""Lists of what the kit has, as they display themselves: clauses, steps, knobs, faults, an implementation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from billing_tck.contract.values import Description
from billing_tck.jupyter.display import Displayable, columns
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause, Knob
from billing_tck.steps.examples import Phrase
from billing_tck.text.sanitize import sanitize


@dataclass(frozen=True, slots=True)
class ClauseCard(Displayable):
    """A clause with its scenarios, readings and faults."""

    template = "clause_card.html.j2"
    wide = True

    clause: Clause
    place: str
    scenarios: tuple[Scenario, ...]
    knobs: tuple[Knob, ...]
    faults: tuple[FaultEntry, ...]

    def __repr__(self) -> str:
        return f"<{self.clause.id}: {self.clause.sentence}>"

    def plain(self) -> str:
        """Return the plain text."""
        lines = [f"{self.clause.id}  {self.clause.sentence}"]
        for label, said in self.facts:
            lines += [f"  {label if not n else '':<10}  {line}" for n, line in enumerate(said)]
        return "\n".join(lines)

    @property
    def facts(self) -> list[tuple[str, list[str]]]:
        """What is known of the clause, each fact as its lines."""
        clause = self.clause
        rows: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            rows.setdefault(f"{scenario.file}:{scenario.definition}", []).append(scenario)
        scenarios = [f"{alike[0].name}  ({place})" + _more_rows(len(alike) - 1) for place, alike in rows.items()]
        return [
            ("kind", [f"{clause.kind}, family {clause.family}"]),
            ("source", [self.place]),
            ("number", [clause.numbers] if clause.numbers else []),
            ("excluded", [clause.excluded] if clause.excluded else []),
            ("note", [clause.note] if clause.note else []),
            ("scenarios", scenarios),
            ("readings", [f"{k.name} ({', '.join(v.name for v in k.values)}): {k.question}" for k in self.knobs]),
            ("faults", [f"{fault.name}: {fault.sentence}" for fault in self.faults]),
        ]


def _more_rows(count: int) -> str:
    return f", and {count} more row{'s' * (count != 1)}" if count else ""


@dataclass(frozen=True, slots=True)
class ClauseList(Displayable):
    """Clauses, and how many scenarios cover each."""

    template = "ledger.html.j2"
    wide = True

    clauses: tuple[Clause, ...]
    scenarios: Mapping[str, int]

    def __repr__(self) -> str:
        return f"<{len(self.clauses)} clauses>"

    def plain(self) -> str:
        """Return the plain text."""
        return "\n".join(f"{c.id:<7} {c.sentence} ({self.coverage(c)})" for c in self.clauses)

    def coverage(self, clause: Clause) -> str:
        """Return how many scenarios cover a clause."""
        return "excluded" if clause.excluded else str(self.scenarios[clause.id] or "open")


@dataclass(frozen=True, slots=True)
class PhraseTable(Displayable):
    """Step definitions with examples."""

    template = "phrase_table.html.j2"
    wide = True

    phrases: tuple[Phrase, ...]

    def __repr__(self) -> str:
        return f"<{len(self.phrases)} phrase{'s' * (len(self.phrases) != 1)}>"

    def plain(self) -> str:
        """Return the plain text."""
        return columns([[p.kind, p.example, ", ".join(p.others)] for p in self.phrases])


@dataclass(frozen=True, slots=True)
class KnobTable(Displayable):
    """Knobs, with their values and what each means."""

    template = "knob_table.html.j2"
    wide = True

    knobs: tuple[Knob, ...]

    def __repr__(self) -> str:
        return f"<{len(self.knobs)} knobs>"

    def plain(self) -> str:
        """Return the plain text."""
        lines = []
        for knob in self.knobs:
            lines += [f"{knob.name}: {knob.question} ({', '.join(knob.clauses)})"]
            lines += [f"    {value.name}: {value.meaning}" for value in knob.values]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class FaultTable(Displayable):
    """Faults, with the clauses that each breaks."""

    template = "fault_table.html.j2"
    wide = True

    faults: tuple[FaultEntry, ...]

    def __repr__(self) -> str:
        return f"<{len(self.faults)} faults>"

    def plain(self) -> str:
        """Return the plain text."""
        return columns([[f"faulty:{f.name}", f.sentence, ", ".join(f.clauses)] for f in self.faults])


@dataclass(frozen=True, slots=True)
class Implementation(Displayable):
    """An implementation as it describes itself."""

    template = "implementation.html.j2"

    sut: str
    described: Description

    def __repr__(self) -> str:
        return f"<{self.sut}: {self.described.name} {self.described.version}>"

    @property
    def declarations(self) -> list[tuple[str, list[str]]]:
        """What the implementation declares."""
        return [
            ("capabilities", sorted(self.described.capabilities) or ["none beyond what all have"]),
            ("readings", [f"{k}={v}" for k, v in sorted(self.described.readings.items())] or ["none declared"]),
            ("settles within", [self.described.settles_within]),
        ]

    @property
    def title(self) -> str:
        """The spec, the name and the version."""
        return sanitize(f"{self.sut}: {self.described.name} {self.described.version}")

    def plain(self) -> str:
        """Return the plain text."""
        return "\n".join(
            [self.title, columns([[label, sanitize(", ".join(said))] for label, said in self.declarations])]
        )
