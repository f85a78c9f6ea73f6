"""Lists of what the kit has, as they display themselves: clauses, steps, knobs, faults, an implementation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from billing_tck.contract.values import Description
from billing_tck.jupyter.display import Displayable, columns, folded, table
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause, Knob
from billing_tck.steps.suggestions import Phrase
from billing_tck.text.sanitize import sanitize


@dataclass(frozen=True, slots=True)
class ClauseCard(Displayable):
    """A clause with its scenarios, readings and faults."""

    clause: Clause
    scenarios: tuple[Scenario, ...]
    knobs: tuple[Knob, ...]
    faults: tuple[FaultEntry, ...]

    def __repr__(self) -> str:
        return f"<{self.clause.id}: {self.clause.sentence}>"

    def html(self) -> str:
        """Return the HTML."""
        rows = [[escape(label), folded(lines)] for label, lines in self._lines() if lines]
        heading = f'<div style="font-size:15px"><b>{self.clause.id}</b> {escape(self.clause.sentence)}</div>'
        return heading + table(rows)

    def plain(self) -> str:
        """Return the plain text."""
        lines = [f"{self.clause.id}  {self.clause.sentence}"]
        for label, said in self._lines():
            lines += [f"  {label if not n else '':<10}  {line}" for n, line in enumerate(said)]
        return "\n".join(lines)

    def _lines(self) -> list[tuple[str, list[str]]]:
        clause = self.clause
        rows: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            rows.setdefault(f"{scenario.file}:{scenario.definition}", []).append(scenario)
        scenarios = [f"{alike[0].name}  ({place})" + _more_rows(len(alike) - 1) for place, alike in rows.items()]
        return [
            ("kind", [f"{clause.kind}, family {clause.family}"]),
            ("source", [f"{clause.source}:{clause.line}"]),
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
class Ledger(Displayable):
    """Clauses, and how many scenarios cover each."""

    clauses: tuple[Clause, ...]
    scenarios: Mapping[str, int]

    def __repr__(self) -> str:
        return f"<{len(self.clauses)} clauses>"

    def html(self) -> str:
        """Return the HTML."""
        rows = [
            [f'<b style="white-space:nowrap">{c.id}</b>', escape(c.sentence), escape(self._standing(c))]
            for c in self.clauses
        ]
        return table(rows, ("clause", "what it says", "scenarios"))

    def plain(self) -> str:
        """Return the plain text."""
        return "\n".join(f"{c.id:<7} {c.sentence} ({self._standing(c)})" for c in self.clauses)

    def _standing(self, clause: Clause) -> str:
        return "excluded" if clause.excluded else str(self.scenarios[clause.id] or "open")


@dataclass(frozen=True, slots=True)
class PhraseTable(Displayable):
    """Step definitions with examples."""

    phrases: tuple[Phrase, ...]

    def __repr__(self) -> str:
        return f"<{len(self.phrases)} phrase{'s' * (len(self.phrases) != 1)}>"

    def html(self) -> str:
        """Return the HTML."""
        rows = [
            [f'<b style="white-space:nowrap">{p.kind}</b>', escape(p.example), escape(", ".join(p.others))]
            for p in self.phrases
        ]
        return table(rows, ("keyword", "an example", "other words in it"))

    def plain(self) -> str:
        """Return the plain text."""
        return columns([[p.kind, p.example, ", ".join(p.others)] for p in self.phrases])


@dataclass(frozen=True, slots=True)
class KnobTable(Displayable):
    """Knobs, with their values and what each means."""

    knobs: tuple[Knob, ...]

    def __repr__(self) -> str:
        return f"<{len(self.knobs)} knobs>"

    def html(self) -> str:
        """Return the HTML."""
        rows = []
        for knob in self.knobs:
            values = "<br>".join(f"<b>{escape(v.name)}</b> {escape(v.meaning)}" for v in knob.values)
            rows.append([f"<b>{escape(knob.name)}</b><br>{', '.join(knob.clauses)}", escape(knob.question), values])
        return table(rows, ("knob", "what is open", "its values, the default first"))

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

    faults: tuple[FaultEntry, ...]

    def __repr__(self) -> str:
        return f"<{len(self.faults)} faults>"

    def html(self) -> str:
        """Return the HTML."""
        rows = [
            [f"<code>faulty:{escape(f.name)}</code>", escape(f.sentence), ", ".join(f.clauses)] for f in self.faults
        ]
        return table(rows, ("fault", "what it does", "breaks"))

    def plain(self) -> str:
        """Return the plain text."""
        return columns([[f"faulty:{f.name}", f.sentence, ", ".join(f.clauses)] for f in self.faults])


@dataclass(frozen=True, slots=True)
class Implementation(Displayable):
    """An implementation as it describes itself."""

    sut: str
    described: Description

    def __repr__(self) -> str:
        return f"<{self.sut}: {self.described.name} {self.described.version}>"

    def _parts(self) -> list[tuple[str, list[str]]]:
        return [
            ("capabilities", sorted(self.described.capabilities) or ["none beyond what all have"]),
            ("readings", [f"{k}={v}" for k, v in sorted(self.described.readings.items())] or ["none declared"]),
            ("settles within", [self.described.settles_within]),
        ]

    def _who(self) -> str:
        return sanitize(f"{self.sut}: {self.described.name} {self.described.version}")

    def html(self) -> str:
        """Return the HTML."""
        rows = [[label, escape(sanitize(", ".join(said)))] for label, said in self._parts()]
        details = f"<details><summary>what it declares</summary>{table(rows)}</details>"
        return f"<div><b>{escape(self._who())}</b> is checked from here on</div>{details}"

    def plain(self) -> str:
        """Return the plain text."""
        return "\n".join([self._who(), columns([[label, sanitize(", ".join(said))] for label, said in self._parts()])])
