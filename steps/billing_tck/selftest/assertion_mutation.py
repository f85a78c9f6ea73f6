"""Assertion mutation: remove a Then from a core scenario, and check whether the self-test would fail.

Only what can change runs again: the changed scenario, with the faults that it caught.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.errors import KitError
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.results.verdicts import Conforms, Deviates
from billing_tck.selftest.results import FaultsProof, VacuityProof
from billing_tck.selftest.tasks import Words
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.steps.registry import load

REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class AssertionMutant:
    """A removed Then: its lines, in all rows of the scenario at a line of a file."""

    file: str
    definition: int
    lines: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class MutationOutcome:
    """The result of the self-test without a Then.

    `why` lists the reasons for which it fails, and is empty if it still succeeds; `lost` are the catches that are gone.
    """

    mutant: AssertionMutant
    why: tuple[str, ...]
    lost: tuple[tuple[str, int], ...]

    @property
    def red(self) -> bool:
        """Whether the self-test fails without the Then."""
        return bool(self.why)


def assertion_mutants(scenarios: Sequence[Scenario], *, single: bool) -> tuple[AssertionMutant, ...]:
    """Return every Then of the core: single steps, or each Then with the Ands that follow it."""
    found: dict[AssertionMutant, None] = {}
    for scenario in scenarios:
        if scenario.part == "core":
            for steps in _thens(scenario.steps, single=single):
                lines = tuple(step.line for step in steps)
                found.setdefault(AssertionMutant(scenario.file, scenario.definition, lines, str(steps[0])))
    unique: dict[tuple[str, int, tuple[int, ...]], AssertionMutant] = {}
    for mutant in found:  # the rows of an outline differ only in their text
        unique.setdefault((mutant.file, mutant.definition, mutant.lines), mutant)
    return tuple(unique.values())


def _thens(steps: Sequence[Step], *, single: bool) -> Iterator[list[Step]]:
    block: list[Step] = []
    for step in steps:
        if step.kind == "then" and (single or step.keyword not in {"And", "But", "*"}) and block:
            yield block
            block = []
        if step.kind == "then":
            block.append(step)
        elif block:
            yield block
            block = []
    if block:
        yield block


def measure(
    proof: FaultsProof,
    empty: VacuityProof | None,
    executor: Executor,
    *,
    single: bool = False,
    words: Words = load,
) -> tuple[MutationOutcome, ...]:
    """Return the outcome of each mutant; with `empty`, include null implementations that would conform."""
    rows: dict[tuple[str, int], list[int]] = {}
    for number, scenario in enumerate(proof.scenarios):
        rows.setdefault((scenario.file, scenario.definition), []).append(number)
    mutants = assertion_mutants(proof.scenarios, single=single)
    work: dict[str, list[tuple[int, int]]] = {REFERENCE: []}  # implementation -> (mutant, row) to run again
    failed_at = {(fault, f.scenario): f.line for fault, caught in proof.caught.items() for f in caught}
    stopped_at: dict[int, dict[str, int]] = {}
    for null, outcome in empty.runs if empty is not None else ():
        for failed in outcome.failed:
            stopped_at.setdefault(failed.scenario, {})[null.spec] = failed.line
    for index, mutant in enumerate(mutants):
        for row in rows[mutant.file, mutant.definition]:
            if _rejected_by_lint(without(proof.scenarios[row], mutant)):
                continue
            work[REFERENCE].append((index, row))
            for fault in proof.catches[row]:
                if failed_at[fault, row] >= mutant.lines[0]:
                    work.setdefault(f"faulty:{fault}", []).append((index, row))
            for spec, line in stopped_at.get(row, {}).items():
                if line in mutant.lines:
                    work.setdefault(spec, []).append((index, row))
    futures = {
        spec: executor.submit(
            run_mutants, spec, tuple(without(proof.scenarios[row], mutants[index]) for index, row in some), words
        )
        for spec, some in work.items()
    }
    deviates = {
        (spec, *what): verdict
        for spec, some in work.items()
        for what, verdict in zip(some, futures[spec].result(), strict=True)
    }
    outcomes = []
    for index, mutant in enumerate(mutants):
        result = _outcome(index, mutant, proof, rows[mutant.file, mutant.definition], deviates)
        if empty is not None and _falsely_conforms(index, rows[mutant.file, mutant.definition], empty, deviates):
            result = replace(result, why=(*result.why, "a null implementation conforms to a clause"))
        outcomes.append(result)
    return tuple(outcomes)


def without(scenario: Scenario, mutant: AssertionMutant) -> Scenario:
    """Return the scenario without the lines of a mutant."""
    return replace(scenario, steps=tuple(step for step in scenario.steps if step.line not in mutant.lines))


def run_mutants(spec: str, scenarios: tuple[Scenario, ...], words: Words) -> tuple[str, ...]:
    """Return the verdict of each scenario under an implementation, or `vacuous`."""
    vocabulary = words()
    ended: list[str] = []
    with open_unfrozen(spec) as driver:
        description = describe(driver)
        for scenario in scenarios:
            try:
                ended.append(run_scenario(scenario, driver, description, vocabulary).verdict.word)
            except KitError:
                ended.append("vacuous")
    return tuple(ended)


def _falsely_conforms(
    index: int, rows: Sequence[int], empty: VacuityProof, ended: Mapping[tuple[str, int, int], str]
) -> bool:
    """Return whether a null implementation would conform to another clause."""
    for null, outcome in empty.runs:
        passed = {row for row in rows if ended.get((null.spec, index, row)) == Conforms.word}
        if passed:
            now = replace(outcome, conforming=(*outcome.conforming, *passed))
            clauses = {clause for row in passed for clause in empty.scenarios[row].clauses}
            if any(empty.conformance(null, now, c) and not empty.conformance(null, outcome, c) for c in clauses):
                return True
    return False


def _claims(fault: FaultEntry, proof: FaultsProof) -> list[str]:
    """Return the clauses of a fault under which it was caught before."""
    return [clause for clause in fault.clauses if (fault.name, clause) not in proof.unsupported_claims]


def _no_longer(clause: str, rows: Sequence[int], proof: FaultsProof) -> bool:
    return not any(clause in proof.scenarios[row].clauses for row in rows)


def _rejected_by_lint(scenario: Scenario) -> bool:
    """Return whether lint would reject the scenario: it does not end with a check."""
    return not scenario.steps or scenario.steps[-1].kind != "then"


def _outcome(
    index: int,
    mutant: AssertionMutant,
    proof: FaultsProof,
    rows: Sequence[int],
    ended: Mapping[tuple[str, int, int], str],
) -> MutationOutcome:
    if any(_rejected_by_lint(without(proof.scenarios[row], mutant)) for row in rows):
        return MutationOutcome(mutant, ("lint rejects the scenario",), ())
    why: list[str] = []
    references = [ended[REFERENCE, index, row] for row in rows if (REFERENCE, index, row) in ended]
    if any(word != "conforms" for word in references):
        why.append("the reference fails")
    lost = tuple(
        (fault, row)
        for row in rows
        for fault in proof.catches[row]
        if ended.get((f"faulty:{fault}", index, row), Deviates.word) != Deviates.word
    )
    gone = set(lost)
    by_name = {fault.name: fault for fault in proof.faults}
    left = {fault: [f.scenario for f in proof.caught[fault] if (fault, f.scenario) not in gone] for fault, _ in lost}
    if any(not some for some in left.values()):
        why.append("a fault survives")
    elif any(_no_longer(clause, left[fault], proof) for fault, _ in lost for clause in _claims(by_name[fault], proof)):
        why.append("a fault is no longer caught under one of its clauses")
    if any(proof.catches[row] and all((fault, row) in gone for fault in proof.catches[row]) for row in rows):
        why.append("a scenario becomes redundant")
    return MutationOutcome(mutant, tuple(why), lost)
