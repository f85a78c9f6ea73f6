"""What the outcomes of a proof say: which faults were caught, which clauses are proved, which scenarios are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from billing_tck.reference.catalogue import FaultEntry
from billing_tck.reference.null_implementations import NullImplementation
from billing_tck.selftest.tasks import Failed, Outcome, Reading
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause

DEVIATES, ERRORED, NOT_APPLICABLE = "deviates", "errored", "not_applicable"


@dataclass(frozen=True)
class FaultsProof:
    """Every fault against every scenario: the kit is complete when each is caught, and each clause proved.

    A fault counts as caught by a scenario that deviates and carries one of the fault's clauses; what deviates
    elsewhere does not count, nor what errs. A clause is proved by a fault that names it first and that a scenario of
    the clause caught. With `everything` each fault met every scenario, else those of its clauses, and all of them only
    where it survived those.
    """

    scenarios: tuple[Scenario, ...]
    clauses: tuple[Clause, ...]
    faults: tuple[FaultEntry, ...]
    outcomes: Mapping[str, Outcome]
    everything: bool = False

    @cached_property
    def caught(self) -> Mapping[str, tuple[Failed, ...]]:
        """Fault -> the scenarios of its clauses that caught it, in the suite's order; empty where it survived."""
        return {
            fault.name: tuple(f for f in self._deviating(fault.name) if self._shares(f.scenario, fault.clauses))
            for fault in self.faults
        }

    @cached_property
    def elsewhere(self) -> Mapping[str, tuple[Failed, ...]]:
        """Fault -> the scenarios of other clauses that it made deviate as well, as far as it met them."""
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
        """(fault, clause) where the fault names the clause, and no scenario of the clause caught it."""
        return tuple((f.name, clause) for f in self.faults for clause in f.clauses if not self._by(f, clause))

    @cached_property
    def crashing(self) -> tuple[tuple[str, Failed], ...]:
        """Faults that gave no answer to judge somewhere: they are broken, rather than wrong."""
        return tuple((f.name, e) for f in self.faults for e in self.outcomes[f.name].failed if e.word == ERRORED)

    @cached_property
    def testable(self) -> tuple[Clause, ...]:
        """The clauses that scenarios are to cover."""
        return tuple(clause for clause in self.clauses if clause.testable)

    @cached_property
    def proving(self) -> Mapping[str, tuple[str, ...]]:
        """Clause -> the faults that prove it."""
        return {
            clause.id: tuple(f.name for f in self.faults if f.clauses[:1] == (clause.id,) and self._by(f, clause.id))
            for clause in self.testable
        }

    @cached_property
    def secondary_kills(self) -> Mapping[str, tuple[str, ...]]:
        """Clause -> the other faults that break it too, and that a scenario of it caught."""
        return {
            clause.id: tuple(f.name for f in self.faults if clause.id in f.clauses[1:] and self._by(f, clause.id))
            for clause in self.testable
        }

    @cached_property
    def unverified(self) -> tuple[Clause, ...]:
        """The testable clauses that no fault proves."""
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
    def alone(self) -> Mapping[int, tuple[str, ...]]:
        """Scenario -> the faults that it alone catches, where there are any."""
        table: dict[int, list[str]] = {}
        for fault, by in self.caught.items():
            if len(by) == 1:
                table.setdefault(by[0].scenario, []).append(fault)
        return {number: tuple(faults) for number, faults in sorted(table.items())}

    @cached_property
    def redundant(self) -> tuple[int, ...]:
        """The scenarios that catch no fault of their clauses: redundant, or the catalogue lacks a fault."""
        return tuple(number for number, faults in self.catches.items() if not faults)

    @property
    def green(self) -> bool:
        """Whether the kit is complete, as far as the catalogue goes."""
        return bool(self.faults) and not (
            self.survivors or self.unsupported_claims or self.unverified or self.redundant
        )

    def _deviating(self, fault: str) -> Iterable[Failed]:
        return (failed for failed in self.outcomes[fault].failed if failed.word == DEVIATES)

    def _shares(self, scenario: int, clauses: Sequence[str]) -> bool:
        return any(clause in clauses for clause in self.scenarios[scenario].clauses)

    def _by(self, fault: FaultEntry, clause: str) -> bool:
        return any(clause in self.scenarios[f.scenario].clauses for f in self.caught[fault.name])


@dataclass(frozen=True)
class ReadingsProof:
    """The reference under every reading against all that applies: the kit is sound when nothing fails."""

    scenarios: tuple[Scenario, ...]
    runs: tuple[tuple[Reading, Outcome], ...]

    @cached_property
    def failures(self) -> tuple[tuple[Reading, Failed], ...]:
        """What failed an innocent implementation, and the core scenarios that did not run at all."""
        core = [number for number, scenario in enumerate(self.scenarios) if scenario.part == "core"]
        found = [(reading, failed) for reading, outcome in self.runs for failed in outcome.failed]
        for reading, outcome in self.runs:
            seen = {*outcome.conforming, *(failed.scenario for failed in outcome.failed)}
            found += [
                (reading, Failed(number, NOT_APPLICABLE, 0, "it did not run"))
                for number in core
                if number not in seen and not self.scenarios[number].exact
            ]
        return tuple(found)

    @cached_property
    def passed(self) -> int:
        """How many runs ended without a failure."""
        return len(self.runs) - len({reading.spec for reading, _ in self.failures})

    @cached_property
    def never_ran(self) -> tuple[int, ...]:
        """The scenarios that conformed in no run at all: nothing shows that they can be satisfied."""
        seen = {number for _, outcome in self.runs for number in outcome.conforming}
        return tuple(number for number in range(len(self.scenarios)) if number not in seen)

    @property
    def green(self) -> bool:
        """Whether the kit is sound, as far as the readings go."""
        return bool(self.runs) and not (self.failures or self.never_ran)


@dataclass(frozen=True, slots=True)
class FalseConformance:
    """A clause to which an empty implementation conforms: by all of these scenarios, where it declares these things."""

    empty: str
    clause: str
    scenarios: tuple[int, ...]
    declares: tuple[str, ...]


@dataclass(frozen=True)
class EmptyProof:
    """Empty implementations against all scenarios: none may conform to any clause.

    A clause conforms when all of its applicable core scenarios do (all of its edges, where it has no core), and what
    is applicable depends on the capabilities that an implementation declares. So the worst is looked for: the
    capabilities under which a clause would conform.
    """

    scenarios: tuple[Scenario, ...]
    clauses: tuple[Clause, ...]
    runs: tuple[tuple[NullImplementation, Outcome], ...]

    @cached_property
    def gifts(self) -> tuple[FalseConformance, ...]:
        """Each clause that an empty implementation would be given, with the least that it must declare."""
        return tuple(
            gift
            for empty, outcome in self.runs
            for clause in self.clauses
            if clause.testable and (gift := self.gift(empty, outcome, clause.id)) is not None
        )

    @property
    def green(self) -> bool:
        """Whether none is given anything."""
        return bool(self.runs) and not self.gifts

    def conforming(self, outcome: Outcome) -> int:
        """How many single scenarios an empty implementation passes by their nature."""
        return len(outcome.conforming)

    def spoiled(self, outcome: Outcome) -> Mapping[str, tuple[int, int]]:
        """Clause -> of how many scenarios it passes how many: those that say why the rest does not count."""
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

    def gift(self, empty: NullImplementation, outcome: Outcome, clause: str) -> FalseConformance | None:
        """The least declaration under which the clause conforms: any such has that of one conforming scenario in it."""
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
