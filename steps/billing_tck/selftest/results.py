"""Evaluate the results of the self-test: caught faults, verified clauses, redundant scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from billing_tck.reference.catalogue import FaultEntry
from billing_tck.reference.null_implementations import NullImplementation
from billing_tck.selftest.tasks import ReadingSet, ScenarioFailure, TaskResult
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause

DEVIATES, ERRORED, NOT_APPLICABLE = "deviates", "errored", "not_applicable"


@dataclass(frozen=True)
class FaultsProof:
    """Faults against scenarios: the kit is complete if each fault is caught and each clause is verified.

    A scenario catches a fault if it deviates and has one of the fault's clauses; deviations elsewhere and errors do
    not count. A clause is verified by a fault that names it first and is caught by a scenario of the clause. With
    `everything` each fault ran all scenarios; otherwise only the faults that survived those of their clauses did.
    """

    scenarios: tuple[Scenario, ...]
    clauses: tuple[Clause, ...]
    faults: tuple[FaultEntry, ...]
    outcomes: Mapping[str, TaskResult]
    everything: bool = False

    @cached_property
    def caught(self) -> Mapping[str, tuple[ScenarioFailure, ...]]:
        """Fault -> the scenarios of its clauses that caught it, in the order of the suite; empty for a survivor."""
        return {
            fault.name: tuple(f for f in self._deviating(fault.name) if self._shares(f.scenario, fault.clauses))
            for fault in self.faults
        }

    @cached_property
    def elsewhere(self) -> Mapping[str, tuple[ScenarioFailure, ...]]:
        """Fault -> the scenarios of other clauses that deviated, among those that ran."""
        return {
            fault.name: tuple(f for f in self._deviating(fault.name) if not self._shares(f.scenario, fault.clauses))
            for fault in self.faults
        }

    @cached_property
    def survivors(self) -> tuple[FaultEntry, ...]:
        """The faults that no scenario of their clauses caught."""
        return tuple(fault for fault in self.faults if not self.caught[fault.name])

    @cached_property
    def unsupported_claims(self) -> tuple[tuple[str, str], ...]:
        """(fault, clause) pairs where the fault names the clause but no scenario of the clause caught it."""
        return tuple((f.name, clause) for f in self.faults for clause in f.clauses if not self._by(f, clause))

    @cached_property
    def crashing(self) -> tuple[tuple[str, ScenarioFailure], ...]:
        """Faults with a call that gave no valid answer: broken implementations, not wrong ones."""
        return tuple((f.name, e) for f in self.faults for e in self.outcomes[f.name].failed if e.word == ERRORED)

    @cached_property
    def testable(self) -> tuple[Clause, ...]:
        """The clauses that scenarios must cover."""
        return tuple(clause for clause in self.clauses if clause.testable)

    @cached_property
    def proving(self) -> Mapping[str, tuple[str, ...]]:
        """Clause -> the faults that verify it."""
        return {
            clause.id: tuple(f.name for f in self.faults if f.clauses[:1] == (clause.id,) and self._by(f, clause.id))
            for clause in self.testable
        }

    @cached_property
    def secondary_kills(self) -> Mapping[str, tuple[str, ...]]:
        """Clause -> the other faults that break it and are caught by a scenario of it."""
        return {
            clause.id: tuple(f.name for f in self.faults if clause.id in f.clauses[1:] and self._by(f, clause.id))
            for clause in self.testable
        }

    @cached_property
    def unverified(self) -> tuple[Clause, ...]:
        """The testable clauses that no fault verifies."""
        return tuple(clause for clause in self.testable if not self.proving[clause.id])

    @cached_property
    def catches(self) -> Mapping[int, tuple[str, ...]]:
        """Scenario -> the faults of its clauses that it catches."""
        table: dict[int, list[str]] = {number: [] for number in range(len(self.scenarios))}
        for fault, by in self.caught.items():
            for failed in by:
                table[failed.scenario].append(fault)
        return {number: tuple(faults) for number, faults in table.items()}

    @cached_property
    def sole_killers(self) -> Mapping[int, tuple[str, ...]]:
        """Scenario -> the faults that only it catches; scenarios without any are absent."""
        table: dict[int, list[str]] = {}
        for fault, by in self.caught.items():
            if len(by) == 1:
                table.setdefault(by[0].scenario, []).append(fault)
        return {number: tuple(faults) for number, faults in sorted(table.items())}

    @cached_property
    def redundant(self) -> tuple[int, ...]:
        """The scenarios that catch no fault of their clauses; the catalogue may lack a fault."""
        return tuple(number for number, faults in self.catches.items() if not faults)

    @property
    def green(self) -> bool:
        """Whether the kit is complete with respect to the catalogue of faults."""
        return bool(self.faults) and not (
            self.survivors or self.unsupported_claims or self.unverified or self.redundant
        )

    def _deviating(self, fault: str) -> Iterable[ScenarioFailure]:
        return (failed for failed in self.outcomes[fault].failed if failed.word == DEVIATES)

    def _shares(self, scenario: int, clauses: Sequence[str]) -> bool:
        return any(clause in clauses for clause in self.scenarios[scenario].clauses)

    def _by(self, fault: FaultEntry, clause: str) -> bool:
        return any(clause in self.scenarios[f.scenario].clauses for f in self.caught[fault.name])


@dataclass(frozen=True)
class ReadingsProof:
    """The reference under every reading: the kit is sound if no applicable scenario fails."""

    scenarios: tuple[Scenario, ...]
    runs: tuple[tuple[ReadingSet, TaskResult], ...]

    @cached_property
    def failures(self) -> tuple[tuple[ReadingSet, ScenarioFailure], ...]:
        """Scenarios that fail a correct implementation, and core scenarios that did not run."""
        core = [number for number, scenario in enumerate(self.scenarios) if scenario.part == "core"]
        found = [(reading, failed) for reading, outcome in self.runs for failed in outcome.failed]
        for reading, outcome in self.runs:
            seen = {*outcome.conforming, *(failed.scenario for failed in outcome.failed)}
            found += [
                (reading, ScenarioFailure(number, NOT_APPLICABLE, 0, "it did not run"))
                for number in core
                if number not in seen and not self.scenarios[number].exact
            ]
        return tuple(found)

    @cached_property
    def passed(self) -> int:
        """The number of runs without a failure."""
        return len(self.runs) - len({reading.spec for reading, _ in self.failures})

    @cached_property
    def never_ran(self) -> tuple[int, ...]:
        """The scenarios that conformed in no run, so that they may be unsatisfiable."""
        seen = {number for _, outcome in self.runs for number in outcome.conforming}
        return tuple(number for number in range(len(self.scenarios)) if number not in seen)

    @property
    def green(self) -> bool:
        """Whether the kit is sound with respect to the readings."""
        return bool(self.runs) and not (self.failures or self.never_ran)


@dataclass(frozen=True, slots=True)
class FalseConformance:
    """A clause to which a null implementation conforms: by these scenarios, with these capabilities."""

    empty: str
    clause: str
    scenarios: tuple[int, ...]
    declares: tuple[str, ...]


@dataclass(frozen=True)
class VacuityProof:
    """Null implementations against all scenarios: none may conform to any clause.

    A clause conforms if all of its applicable core scenarios do (or edge scenarios, if it has no core), and the
    declared capabilities decide which are applicable. So this looks for capabilities under which a clause conforms.
    """

    scenarios: tuple[Scenario, ...]
    clauses: tuple[Clause, ...]
    runs: tuple[tuple[NullImplementation, TaskResult], ...]

    @cached_property
    def false_conformances(self) -> tuple[FalseConformance, ...]:
        """Each clause to which a null implementation conforms, with the fewest capabilities for it."""
        return tuple(
            found
            for empty, outcome in self.runs
            for clause in self.clauses
            if clause.testable and (found := self.conformance(empty, outcome, clause.id)) is not None
        )

    @property
    def green(self) -> bool:
        """Whether no clause conforms."""
        return bool(self.runs) and not self.false_conformances

    def conforming(self, outcome: TaskResult) -> int:
        """Return how many scenarios a null implementation passes."""
        return len(outcome.conforming)

    def partly_conforming(self, outcome: TaskResult) -> Mapping[str, tuple[int, int]]:
        """Return clause -> (scenarios passed, scenarios in all), for clauses that conform in part."""
        passed = set(outcome.conforming)
        table = {}
        for clause in self.clauses:
            numbers = self._judging(clause.id)
            good = len(passed.intersection(numbers))
            if good:
                table[clause.id] = (good, len(numbers))
        return table

    def _judging(self, clause: str) -> list[int]:
        of_it = [number for number, scenario in enumerate(self.scenarios) if clause in scenario.clauses]
        core = [number for number in of_it if self.scenarios[number].part == "core"]
        return core or of_it

    def conformance(self, empty: NullImplementation, outcome: TaskResult, clause: str) -> FalseConformance | None:
        """Return the fewest capabilities under which the clause conforms: always those of one conforming scenario."""
        passed = set(outcome.conforming)
        judging = self._judging(clause)
        for number in judging:
            if number not in passed:
                continue
            declared = self.scenarios[number].needs
            applicable = [other for other in judging if self.scenarios[other].needs <= declared]
            if passed.issuperset(applicable):
                return FalseConformance(empty.name, clause, tuple(applicable), tuple(sorted(declared)))
        return None
