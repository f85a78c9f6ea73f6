"""`prove`: hands the units to an executor, and makes of their outcomes a proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from typing import Literal

from billing_tck.clock import real_perf_counter
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.reference.null_implementations import NullImplementation, empties
from billing_tck.selftest.results import EmptyProof, FaultsProof, ReadingsProof
from billing_tck.selftest.tasks import (
    Outcome,
    Unit,
    Words,
    empty_unit,
    fault_unit,
    packed,
    reading_unit,
    readings_to_run,
    run_unit,
)
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import load

Part = Literal["faults", "readings", "empty"]
PARTS: tuple[Part, ...] = ("faults", "readings", "empty")
Progress = Callable[[int, int, Outcome], None]


@dataclass(frozen=True)
class Proof:
    """What was shown: a part is None where it was not asked for. `seconds` are real ones."""

    suite: Suite
    register: Register
    faults: FaultsProof | None
    readings: ReadingsProof | None
    empty: EmptyProof | None
    seconds: float

    @property
    def green(self) -> bool:
        """Whether every part that was asked for is."""
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
) -> Proof:
    """Runs every fault, every reading and every empty implementation against the suite; nothing depends on the order.

    A fault meets the scenarios of its clauses, and all others where they let it pass (or with `everything`): what
    counts is decided by the first, what is worth knowing about a survivor by the second.

    `executor` carries the units, `words` gives the vocabulary where they run, `progress` hears of each that is done.
    Raises KitFault where the kit itself is broken.
    """
    begun = real_perf_counter()
    wanted = set(parts)
    readings = readings_to_run(register) if "readings" in wanted else ()
    hollow: Sequence[NullImplementation] = empties() if "empty" in wanted else ()
    guilty = list(faults) if "faults" in wanted else []
    units = [fault_unit(fault, suite.scenarios, register, everything=everything) for fault in guilty]
    units += [reading_unit(reading) for reading in readings]
    units += [empty_unit(empty) for empty in hollow]
    outcomes = _outcomes(units, suite, executor, progress, words)

    def of_faults() -> FaultsProof:
        named = {fault.name: outcomes["fault", fault.name] for fault in guilty}
        return FaultsProof(suite.scenarios, register.clauses, tuple(guilty), named, everything)

    if not everything and guilty and (survivors := of_faults().survivors):
        again = [fault_unit(fault, suite.scenarios, register, everything=True) for fault in survivors]
        outcomes |= _outcomes(again, suite, executor, progress, words)
    return Proof(
        suite,
        register,
        of_faults() if "faults" in wanted else None,
        ReadingsProof(suite.scenarios, tuple((r, outcomes["reading", r.spec]) for r in readings)) if readings else None,
        EmptyProof(suite.scenarios, register.clauses, tuple((e, outcomes["empty", e.name]) for e in hollow))
        if hollow
        else None,
        real_perf_counter() - begun,
    )


def _outcomes(
    units: Sequence[Unit], suite: Suite, executor: Executor, progress: Progress | None, words: Words
) -> dict[tuple[str, str], Outcome]:
    scenarios = packed(suite.scenarios)
    futures = [executor.submit(run_unit, unit, scenarios, words) for unit in units]
    outcomes: dict[tuple[str, str], Outcome] = {}
    try:
        for future in as_completed(futures):
            outcome = future.result()
            outcomes[outcome.kind, outcome.name] = outcome
            if progress is not None:
                progress(len(outcomes), len(units), outcome)
    finally:
        for future in futures:
            future.cancel()
    return outcomes
