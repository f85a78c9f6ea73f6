"""What each Then is worth: takes one away from a core scenario, and asks whether the proof would turn red.

Nothing is run that cannot have changed: of all faults only those that the scenario caught, of all scenarios only the
one that changed.
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
from billing_tck.selftest.results import EmptyProof, FaultsProof
from billing_tck.selftest.tasks import Words
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.steps.registry import load

REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class AssertionMutant:
    """A Then taken away: the lines that go, from all rows of the scenario that begins in a line of a file."""

    file: str
    definition: int
    lines: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class MutationOutcome:
    """What became of the proof without a Then.

    `why` says how it turned red: the guards refuse the scenario, a fault survives, a clause is unproved, a claim is
    vain, a scenario is needless, the reference fails, an empty implementation conforms. Empty where nobody noticed;
    `lost` are the catches that went.
    """

    cut: AssertionMutant
    why: tuple[str, ...]
    lost: tuple[tuple[str, int], ...]

    @property
    def red(self) -> bool:
        """Whether the proof turned red."""
        return bool(self.why)


def cuts(scenarios: Sequence[Scenario], *, single: bool) -> tuple[AssertionMutant, ...]:
    """Every Then of the core: each step of the kind by itself, or each Then with the Ands that follow it."""
    found: dict[AssertionMutant, None] = {}
    for scenario in scenarios:
        if scenario.part == "core":
            for steps in _thens(scenario.steps, single=single):
                lines = tuple(step.line for step in steps)
                found.setdefault(AssertionMutant(scenario.file, scenario.definition, lines, str(steps[0])))
    unique: dict[tuple[str, int, tuple[int, ...]], AssertionMutant] = {}
    for cut in found:  # the rows of an outline differ in their words alone
        unique.setdefault((cut.file, cut.definition, cut.lines), cut)
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
    empty: EmptyProof | None,
    executor: Executor,
    *,
    single: bool = False,
    words: Words = load,
) -> tuple[MutationOutcome, ...]:
    """Each cut, and what the proof would say without it; with `empty`, also who else would conform."""
    rows: dict[tuple[str, int], list[int]] = {}
    for number, scenario in enumerate(proof.scenarios):
        rows.setdefault((scenario.file, scenario.definition), []).append(number)
    all_cuts = cuts(proof.scenarios, single=single)
    work: dict[str, list[tuple[int, int]]] = {REFERENCE: []}  # implementation -> (cut, row) to run again
    failed_at = {(fault, f.scenario): f.line for fault, caught in proof.caught.items() for f in caught}
    stopped_at: dict[int, dict[str, int]] = {}
    for hollow_one, outcome in empty.runs if empty is not None else ():
        for failed in outcome.failed:
            stopped_at.setdefault(failed.scenario, {})[hollow_one.spec] = failed.line
    for index, cut in enumerate(all_cuts):
        for row in rows[cut.file, cut.definition]:
            if _shape(without(proof.scenarios[row], cut)):
                continue
            work[REFERENCE].append((index, row))
            for fault in proof.catches[row]:
                if failed_at[fault, row] >= cut.lines[0]:
                    work.setdefault(f"faulty:{fault}", []).append((index, row))
            for hollow in stopped_at.get(row, {}):
                if stopped_at[row][hollow] in cut.lines:
                    work.setdefault(hollow, []).append((index, row))
    futures = {
        spec: executor.submit(
            run_cut, spec, tuple(without(proof.scenarios[row], all_cuts[index]) for index, row in some), words
        )
        for spec, some in work.items()
    }
    deviates = {
        (spec, *what): verdict
        for spec, some in work.items()
        for what, verdict in zip(some, futures[spec].result(), strict=True)
    }
    worths = []
    for index, cut in enumerate(all_cuts):
        worth = _worth(index, cut, proof, rows[cut.file, cut.definition], deviates)
        if empty is not None and _given(index, rows[cut.file, cut.definition], empty, deviates):
            worth = replace(worth, why=(*worth.why, "an empty implementation conforms to a clause"))
        worths.append(worth)
    return tuple(worths)


def without(scenario: Scenario, cut: AssertionMutant) -> Scenario:
    """The scenario without some of its lines."""
    return replace(scenario, steps=tuple(step for step in scenario.steps if step.line not in cut.lines))


def run_cut(spec: str, scenarios: tuple[Scenario, ...], words: Words) -> tuple[str, ...]:
    """How each scenario ends under an implementation: a verdict's word, or `vacuous`."""
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


def _given(index: int, rows: Sequence[int], empty: EmptyProof, ended: Mapping[tuple[str, int, int], str]) -> bool:
    """Whether an empty implementation would be given a clause that it was not given before."""
    for hollow, outcome in empty.runs:
        passed = {row for row in rows if ended.get((hollow.spec, index, row)) == Conforms.word}
        if passed:
            now = replace(outcome, conforming=(*outcome.conforming, *passed))
            clauses = {clause for row in passed for clause in empty.scenarios[row].clauses}
            if any(empty.gift(hollow, now, c) and not empty.gift(hollow, outcome, c) for c in clauses):
                return True
    return False


def _claims(fault: FaultEntry, proof: FaultsProof) -> list[str]:
    """The clauses of a fault under which it was caught before."""
    return [clause for clause in fault.clauses if (fault.name, clause) not in proof.unsupported_claims]


def _vain(clause: str, rows: Sequence[int], proof: FaultsProof) -> bool:
    return not any(clause in proof.scenarios[row].clauses for row in rows)


def _shape(scenario: Scenario) -> bool:
    """Whether the guards would refuse it: nothing looked at, or nothing after the last thing that happens."""
    return not scenario.steps or scenario.steps[-1].kind != "then"


def _worth(
    index: int,
    cut: AssertionMutant,
    proof: FaultsProof,
    rows: Sequence[int],
    ended: Mapping[tuple[str, int, int], str],
) -> MutationOutcome:
    if any(_shape(without(proof.scenarios[row], cut)) for row in rows):
        return MutationOutcome(cut, ("the guards refuse the scenario",), ())
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
    elif any(_vain(clause, left[fault], proof) for fault, _ in lost for clause in _claims(by_name[fault], proof)):
        why.append("a fault is caught under one of its clauses no more")
    if any(proof.catches[row] and all((fault, row) in gone for fault in proof.catches[row]) for row in rows):
        why.append("a scenario is needless")
    return MutationOutcome(cut, tuple(why), lost)
