"""Run the tasks of the self-test in an executor, and collect their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from typing import Literal

from billing_tck.clock import real_perf_counter
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.reference.null_implementations import NullImplementation, empties
from billing_tck.selftest.known_results import KnownResults
from billing_tck.selftest.results import FaultsProof, ReadingsProof, VacuityProof
from billing_tck.selftest.tasks import (
    Task,
    TaskResult,
    Words,
    empty_task,
    fault_task,
    packed,
    reading_task,
    readings_to_run,
    run_task,
)
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import load

Part = Literal["faults", "readings", "empty"]
PARTS: tuple[Part, ...] = ("faults", "readings", "empty")
Progress = Callable[[int, int, TaskResult], None]


@dataclass(frozen=True)
class Proof:
    """The result of the self-test; parts that were not selected are None. `seconds` is real time."""

    suite: Suite
    register: Register
    faults: FaultsProof | None
    readings: ReadingsProof | None
    empty: VacuityProof | None
    seconds: float

    @property
    def green(self) -> bool:
        """Whether every selected part succeeded."""
        parts = [part for part in (self.faults, self.readings, self.empty) if part is not None]
        return bool(parts) and all(part.green for part in parts)


def prove(
    suite: Suite,
    register: Register,
    faults: Sequence[FaultEntry],
    executor: Executor,
    progress: Progress | None = None,
    *,
    parts: Iterable[Part] = PARTS,
    everything: bool = False,
    words: Words = load,
    known: KnownResults | None = None,
) -> Proof:
    """Run every fault, every set of readings and every null implementation against the suite, in any order.

    A fault runs the scenarios of its clauses. Survivors run all others too, for information (with `everything`, all
    faults do).

    `executor` runs the tasks, `words` returns the vocabulary there, and `progress` is called after each task. What is
    `known` is not played again, and what is played is added to it.
    Raises KitError if the kit is broken.
    """
    begun = real_perf_counter()
    wanted = set(parts)
    readings = readings_to_run(register) if "readings" in wanted else ()
    nulls: Sequence[NullImplementation] = empties() if "empty" in wanted else ()
    tested = list(faults) if "faults" in wanted else []
    tasks = [fault_task(fault, suite.scenarios, register, everything=everything) for fault in tested]
    tasks += [reading_task(reading) for reading in readings]
    tasks += [empty_task(empty) for empty in nulls]
    outcomes = _outcomes(tasks, suite, executor, progress, words, known=known)

    def of_faults() -> FaultsProof:
        named = {fault.name: outcomes["fault", fault.name] for fault in tested}
        return FaultsProof(suite.scenarios, register.clauses, tuple(tested), named, everything)

    if not everything and tested and (survivors := of_faults().survivors):
        again = [fault_task(fault, suite.scenarios, register, everything=True) for fault in survivors]
        outcomes |= _outcomes(again, suite, executor, progress, words, known=known)
    return Proof(
        suite,
        register,
        of_faults() if "faults" in wanted else None,
        ReadingsProof(suite.scenarios, tuple((r, outcomes["reading", r.spec]) for r in readings)) if readings else None,
        VacuityProof(suite.scenarios, register.clauses, tuple((e, outcomes["empty", e.name]) for e in nulls))
        if nulls
        else None,
        real_perf_counter() - begun,
    )


def _outcomes(
    tasks: Sequence[Task],
    suite: Suite,
    executor: Executor,
    progress: Progress | None,
    words: Words,
    *,
    known: KnownResults | None,
) -> dict[tuple[str, str], TaskResult]:
    scenarios = packed(suite.scenarios)
    outcomes: dict[tuple[str, str], TaskResult] = {}

    def ended(outcome: TaskResult) -> None:
        outcomes[outcome.kind, outcome.name] = outcome
        if progress is not None:
            progress(len(outcomes), len(tasks), outcome)

    played: dict[Future[TaskResult], tuple[Task, TaskResult | None]] = {}
    for task in tasks:
        rest, before = (task, None) if known is None else known.rest_of(task)
        if rest.runs or before is None:
            played[executor.submit(run_task, rest, scenarios, words)] = (rest, before)
        else:
            ended(before.ordered())
    try:
        for future in as_completed(played):
            outcome, (rest, before) = future.result(), played[future]
            if known is not None:
                known.add(rest, outcome)
            ended(outcome if before is None else outcome.joined(before))
    finally:
        for future in played:
            future.cancel()
    return outcomes
