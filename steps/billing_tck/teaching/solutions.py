"""Exercises of a family: clauses with few scenarios to write and many faults to catch, and a solution of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from billing_tck.reference.catalogue import FaultEntry
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause, Family, Register
from billing_tck.teaching.grading import FULL, Grader

EXERCISES = 3
_FEWEST_FAULTS = 2


@dataclass(frozen=True, slots=True)
class Exercise:
    """A clause, scenarios that catch all of its faults, and how many these are."""

    clause: Clause
    solution: tuple[Scenario, ...]
    faults: int

    @property
    def begun(self) -> str:
        """The preconditions of the solution, and blank lines for the rest."""
        given = [f"{step.keyword} {step.text}" for step in self.solution[0].steps if step.kind == "given"]
        return "\n".join([*given, "# When …", "# Then …"])

    @property
    def solved(self) -> str:
        """The solution as Gherkin."""
        if len(self.solution) == 1:
            return _steps(self.solution[0])
        return "\n\n".join(f"Scenario: {number}\n{_steps(one)}" for number, one in enumerate(self.solution, 1))


def _steps(scenario: Scenario) -> str:
    return "\n".join(f"{step.keyword} {step.text}" for step in scenario.steps)


def exercises(family: Family, grader: Grader, register: Register, count: int = EXERCISES) -> list[Exercise]:
    """Return the exercises of a family, those with the most faults for the fewest scenarios: the easiest first."""
    found = [each for clause in register.clauses if clause.family == family for each in _exercise(clause, grader)]
    best = sorted(found, key=lambda each: (len(each.solution), -each.faults, each.clause.id))[:count]
    return sorted(best, key=lambda each: (len(each.solution), each.faults, each.clause.id))


def _exercise(clause: Clause, grader: Grader) -> Iterator[Exercise]:
    if not clause.testable:
        return
    candidates = [one for one in grader.own_scenarios(clause) if _is_plain(one)]
    by_fault = {fault.name: grader.catches(fault, candidates) for fault in grader.faults_of(clause)}
    caught = {name: by for name, by in by_fault.items() if by}
    solution = _cover(caught)
    if len(caught) >= _FEWEST_FAULTS and grader.grade(solution, clause).score == FULL:
        yield Exercise(clause, tuple(solution), len(caught))


def _is_plain(scenario: Scenario) -> bool:
    return not any(step.table or step.docstring for step in scenario.steps)


def _cover(caught: dict[str, list[Scenario]]) -> list[Scenario]:
    """Return few scenarios that together catch every fault."""
    chosen: list[Scenario] = []
    left = dict(caught)
    while left:
        every = [one for by in left.values() for one in by]
        best = max(every, key=lambda one: (sum(one in by for by in left.values()), -len(one.steps), one.place))
        chosen.append(best)
        left = {name: by for name, by in left.items() if best not in by}
    return chosen


def faults_of(exercise: Exercise, grader: Grader) -> Sequence[FaultEntry]:
    """Return the faults that count in an exercise, for the teacher."""
    return [fault for fault in grader.faults_of(exercise.clause) if grader.catches(fault, exercise.solution)]
