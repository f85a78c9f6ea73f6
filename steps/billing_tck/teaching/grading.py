"""Grade scenarios of one clause: by the faults that they catch, and the reference and the readings that they spare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.errors import NothingChecked
from billing_tck.reference.catalogue import FaultEntry, catalogue
from billing_tck.results.verdicts import Conforms, Deviates, Errored, Verdict
from billing_tck.spec.applicability import missing_requirements
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Clause, Register
from billing_tck.steps.registry import Vocabulary

FULL, OF_FAULTS = 100, 70
"""The full score, and how much of it is for faults; the rest is for readings."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A scenario that did not conform where it should: what was run, its name, the step, expected and observed."""

    sut: str
    scenario: str
    step: str
    expected: str
    observed: str


@dataclass(frozen=True, slots=True)
class Escaped:
    """A fault that was not caught, and the simplest scenario of the kit that catches it, with the step that does."""

    fault: FaultEntry
    by: Scenario
    step: str


@dataclass(frozen=True, slots=True)
class Grade:
    """What a learner's scenarios come to. `idle` are the names of scenarios that check nothing."""

    clause: Clause
    caught: tuple[FaultEntry, ...]
    escaped: tuple[Escaped, ...]
    reference: tuple[Failed, ...]
    readings: int
    unfair: tuple[Failed, ...]
    idle: tuple[str, ...] = ()

    @property
    def faults(self) -> int:
        """How many faults can be caught."""
        return len(self.caught) + len(self.escaped)

    @property
    def score(self) -> int:
        """The score, up to 100; 0 where the reference itself is refused or nothing is caught."""
        if self.reference or self.idle or not self.caught:
            return 0
        fair = len({failed.sut for failed in self.unfair})
        of_readings = (FULL - OF_FAULTS) * (1 - fair / self.readings) if self.readings else FULL - OF_FAULTS
        return int(OF_FAULTS * len(self.caught) / self.faults + of_readings + 1e-9)


class Grader:
    """Grades scenarios against the faults and the readings of the reference."""

    def __init__(self, suite: Suite, register: Register, vocabulary: Vocabulary) -> None:
        self._suite, self._register, self._vocabulary = suite, register, vocabulary

    @cached_property
    def _faults(self) -> tuple[FaultEntry, ...]:
        return catalogue()

    def grade(self, scenarios: Sequence[Scenario], clause: Clause) -> Grade:
        """Return the grade of scenarios as those of a clause."""
        idle = tuple(one.name for one in scenarios if not any(step.kind == "then" for step in one.steps))
        checking = [one for one in scenarios if one.name not in idle]
        reference = tuple(self._failures("reference", checking))
        if reference or idle:
            return Grade(clause, (), (), reference, 0, (), idle)
        caught, escaped = [], []
        for fault in self.faults_of(clause):
            if next(self._failures(f"faulty:{fault.name}", checking), None):
                caught.append(fault)
            elif found := self._escaped(fault, clause):
                escaped.append(found)
        readings = list(self._readings())
        unfair = tuple(failed for sut in readings for failed in self._failures(sut, checking))
        return Grade(clause, tuple(caught), tuple(escaped), (), len(readings), unfair)

    def faults_of(self, clause: Clause) -> list[FaultEntry]:
        """Return the faults that break a clause before any other."""
        return [fault for fault in self._faults if fault.clauses[0] == clause.id and not fault.declares]

    def own_scenarios(self, clause: Clause) -> list[Scenario]:
        """Return the kit's scenarios of a clause that hold under every reading, the simplest first."""
        own = [one for one in self._suite.scenarios if clause.id in one.clauses and one.part == "core"]
        return sorted(own, key=lambda one: len(one.steps))

    def catches(self, fault: FaultEntry, scenarios: Sequence[Scenario]) -> list[Scenario]:
        """Return the scenarios that catch a fault."""
        return [one for one in scenarios if next(self._failures(f"faulty:{fault.name}", [one]), None)]

    def _escaped(self, fault: FaultEntry, clause: Clause) -> Escaped | None:
        """Return a fault with the simplest scenario that catches it; None where it takes a reading to catch it."""
        for scenario in self.own_scenarios(clause):
            if failed := next(self._failures(f"faulty:{fault.name}", [scenario]), None):
                return Escaped(fault, scenario, failed.step)
        return None

    def _readings(self) -> Iterator[str]:
        for knob in self._register.knobs:
            yield from (f"reference:{knob.name}={one.name}" for one in knob.values if one.name != knob.default)

    def _failures(self, sut: str, scenarios: Sequence[Scenario]) -> Iterator[Failed]:
        with open_unfrozen(sut) as driver:
            described = describe(driver)
            for scenario in scenarios:
                if missing_requirements(scenario, described):
                    continue
                try:
                    verdict = run_scenario(scenario, driver, described, self._vocabulary).verdict
                except NothingChecked:
                    continue
                if failed := _failed(sut, scenario, verdict):
                    yield failed


def _failed(sut: str, scenario: Scenario, verdict: Verdict) -> Failed | None:
    match verdict:
        case Conforms():
            return None
        case Deviates():
            return Failed(sut, scenario.name, verdict.step, verdict.expected, verdict.observed)
        case Errored():
            return Failed(sut, scenario.name, "", "an answer", verdict.error)
        case _:
            return None
