"""`proof.html`: the result of the self-test as one page that needs no network and no script, and can be printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import groupby

from markupsafe import Markup

from billing_tck.reference.catalogue import FaultEntry
from billing_tck.reports.templating import render
from billing_tck.selftest.assertion_mutation import MutationOutcome
from billing_tck.selftest.results import FalseConformance, FaultsProof, ReadingsProof
from billing_tck.selftest.runner import Proof
from billing_tck.selftest.situations import SituationsView
from billing_tck.selftest.tasks import ReadingSet
from billing_tck.selftest.terminal import closing_line
from billing_tck.situations.coverage import Coverage
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause, Family

_MISSED, _FIRST = "✗", "★"
_WAYS = {"before_midnight": "late, swept before midnight", "morning": "late, swept in the morning"}


def render_page(
    proof: Proof,
    *,
    workers: int,
    version: str,
    made: datetime,
    thens: Sequence[MutationOutcome] | None = None,
    coverage: Coverage | None = None,
) -> str:
    """Return the page of a self-test that was made then."""
    style = (files("billing_tck.selftest") / "style.css").read_text(encoding="utf-8")
    page = render(
        "billing_tck.selftest",
        "proof.html.j2",
        title="Self-test of billing-tck",
        version=version,
        made=made,
        style=Markup(style),
        proof=proof,
        closing_line=closing_line(proof, workers),
        view=ProofView(proof, thens, coverage),
    )
    return f"{page}\n"


@dataclass(frozen=True, slots=True)
class FaultFamily:
    """The faults of a rule family, each with its cells by clause: CSS class and text."""

    name: str
    clauses: Sequence[str]
    rows: Sequence[tuple[FaultEntry, Sequence[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A set of readings, with conforming scenarios and failures for each timing of effects."""

    declared: str
    covers: str
    cells: Sequence[tuple[str, int, Sequence[str]]]


class ProofView:
    """The data of the templates."""

    def __init__(self, proof: Proof, thens: Sequence[MutationOutcome] | None, coverage: Coverage | None = None) -> None:
        self._proof = proof
        self._thens = thens
        self.map = None if coverage is None else SituationsView(coverage)

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The anchor and the name of each part."""
        proof = self._proof
        sections = [("faults", "Faults"), ("clauses", "Clauses"), ("scenarios", "Scenarios")] if proof.faults else []
        sections += [("readings", "Readings")] if proof.readings else []
        sections += [("empty", "Null implementations")] if proof.empty else []
        return sections + ([("situations", "Situations")] if self.map else [])

    @property
    def figures(self) -> Iterator[tuple[str, str, bool | None]]:
        """The figures at the top: a number, its label, and whether it is sufficient."""
        if (faults := self._proof.faults) is not None:
            yield from _fault_figures(faults)
        if (thens := self._thens) is not None:
            red = sum(outcome.red for outcome in thens)
            yield f"{100 * red // max(1, len(thens))} %", "of removed Thens make the self-test fail", None
        if (readings := self._proof.readings) is not None:
            passed = f"{readings.passed} of {len(readings.runs)}"
            yield passed, "runs without a failure", readings.green
        if (empty := self._proof.empty) is not None:
            given = len({found.clause for found in empty.false_conformances})
            yield str(given or "none"), f"clauses conform in {len(empty.runs)} null implementations", not given

    # Faults, clauses and scenarios

    @property
    def fault_families(self) -> Iterator[FaultFamily]:
        """The faults of each family."""
        proof = self._faults
        order = [clause.id for clause in proof.clauses]
        for family in Family:
            members = [fault for fault in proof.faults if fault.family == family]
            if members:
                shown = {clause for fault in members for clause in _clauses_met(proof, fault)}
                columns = [clause for clause in order if clause in shown]
                rows = [(fault, [_cell(proof, fault, clause) for clause in columns]) for fault in members]
                yield FaultFamily(family, columns, rows)

    @property
    def proved_share(self) -> str:
        """The percentage of testable clauses that are verified."""
        testable, unverified = len(self._faults.testable), len(self._faults.unverified)
        return f"{100 * (testable - unverified) / max(1, testable):.0f}"

    @property
    def excluded_clauses(self) -> list[Clause]:
        """The clauses that no scenario can cover."""
        return [clause for clause in self._faults.clauses if not clause.testable]

    @property
    def scenarios_by_file(self) -> list[tuple[str, list[tuple[int, Scenario]]]]:
        """The scenarios of each file, with their numbers."""
        numbered = enumerate(self._faults.scenarios)
        return [(file, list(group)) for file, group in groupby(numbered, key=lambda pair: pair[1].file)]

    def catching_alone(self, members: Sequence[tuple[int, Scenario]]) -> int:
        """Return how many of these scenarios catch a fault that no other does."""
        return sum(number in self._faults.sole_killers for number, _ in members)

    @property
    def _faults(self) -> FaultsProof:
        assert self._proof.faults is not None
        return self._proof.faults

    # Readings and empty implementations

    @property
    def ways(self) -> list[str]:
        """The timings of effects, as text."""
        return [_WAYS.get(way, way) for way in dict.fromkeys(reading.effects for reading, _ in self._readings.runs)]

    @property
    def reading_rows(self) -> Iterator[ReadingRow]:
        """The rows, one for each set of readings."""
        failures: dict[ReadingSet, list[str]] = {}
        for reading, failed in self._readings.failures:
            text = f"{self._readings.scenarios[failed.scenario].place}: {failed.said}"
            failures.setdefault(reading, []).append(text)
        for values, group in groupby(self._readings.runs, key=lambda run: run[0].values):
            runs = list(group)
            declared = ", ".join(f"{knob}={value}" for knob, value in values) or "the defaults"
            covers = "one value" if runs[0][0].why == "value" else "pairs"
            cells = [
                (_WAYS.get(reading.effects, reading.effects), len(outcome.conforming), failures.get(reading, []))
                for reading, outcome in runs
            ]
            yield ReadingRow(declared, covers, cells)

    @property
    def _readings(self) -> ReadingsProof:
        assert self._proof.readings is not None
        return self._proof.readings

    @property
    def false_conformances(self) -> list[tuple[FalseConformance, list[str]]]:
        """Each clause to which null implementations conform, with their names."""
        alike: dict[tuple[object, ...], tuple[FalseConformance, list[str]]] = {}
        for found in self._proof.empty.false_conformances if self._proof.empty is not None else ():
            alike.setdefault((found.clause, found.declares, found.scenarios), (found, []))[1].append(found.empty)
        return list(alike.values())

    def places(self, numbers: Sequence[int]) -> str:
        """Return the places of scenarios."""
        return ", ".join(self._proof.suite.scenarios[number].place for number in numbers)


def _fault_figures(faults: FaultsProof) -> Iterator[tuple[str, str, bool | None]]:
    total, testable, count = len(faults.faults), len(faults.testable), len(faults.scenarios)
    yield f"{total - len(faults.survivors)} of {total}", "faults caught", not faults.survivors
    yield f"{testable - len(faults.unverified)} of {testable}", "testable clauses verified", not faults.unverified
    yield f"{count - len(faults.redundant)} of {count}", "scenarios needed", not faults.redundant
    yield str(len(faults.sole_killers)), "scenarios that are the only ones to catch some fault", None


def _clauses_met(proof: FaultsProof, fault: FaultEntry) -> set[str]:
    met = {clause for failed in proof.caught[fault.name] for clause in proof.scenarios[failed.scenario].clauses}
    return met | set(fault.clauses)


def _cell(proof: FaultsProof, fault: FaultEntry, clause: str) -> tuple[str, str]:
    """Return the class and the text of the cell of a fault under a clause."""
    caught = proof.caught[fault.name]
    count = sum(clause in proof.scenarios[failed.scenario].clauses for failed in caught)
    if clause not in fault.clauses:
        return "other", str(count or "")
    is_first = bool(caught) and clause in proof.scenarios[caught[0].scenario].clauses
    return ("named" if count else "missed"), f"{_FIRST if is_first else ''}{count or _MISSED}"
