"""The units of work of a proof: one fault, one set of readings, or one empty implementation, each run by itself.

A unit and its outcome are small, and `run_unit` is found by its name, so that any `concurrent.futures.Executor` can
carry them: processes of this machine, or of others.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.reference.catalogue import SWEEPS, FaultEntry
from billing_tck.reference.null_implementations import NullImplementation
from billing_tck.results.verdicts import Deviates, Errored, NotApplicable
from billing_tck.selftest.covering_array import Row, covering_rows
from billing_tck.spec.applicability import format_missing, missing_requirements
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import Vocabulary, load

UnitKind = Literal["fault", "reading", "empty"]
Words = Callable[[], Vocabulary]
ON_TIME = "on time"


@dataclass(frozen=True, slots=True)
class Run:
    """One implementation (a spec of `--sut`), and the scenarios for it, by their numbers in the suite; None for all."""

    spec: str
    scenarios: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """What one process does at a time: the runs of one fault, of one set of readings, of one empty implementation."""

    kind: UnitKind
    name: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A scenario that did not conform: its number, the verdict's word, the line of the step that ended it, and why."""

    scenario: int
    word: str
    line: int
    said: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a unit came to: the scenarios that conformed, by their numbers, and those that did not.

    What is not applicable is in neither.
    """

    kind: UnitKind
    name: str
    conforming: tuple[int, ...]
    failed: tuple[Failed, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A set of readings under which the reference runs: what differs from the defaults, and when effects show."""

    values: tuple[tuple[str, str], ...]
    effects: str
    why: Literal["value", "pairs"]

    @property
    def spec(self) -> str:
        """What `--sut` calls it."""
        late = () if self.effects == ON_TIME else (("late", self.effects),)
        said = ",".join(f"{knob}={value}" for knob, value in (*self.values, *late))
        return f"reference:{said}" if said else "reference"


def readings_to_run(register: Register) -> tuple[Reading, ...]:
    """Every single value of every knob with the defaults beside it, then rows that cover every pair of values.

    Each of them with effects on time, and with each of the daily sweeps that show them late.
    """
    values = {knob.name: [value.name for value in knob.values] for knob in register.knobs}
    defaults = {knob.name: knob.default for knob in register.knobs}
    single: list[Row] = [defaults]
    single += [{**defaults, knob: value} for knob, names in values.items() for value in names]
    rows: dict[tuple[tuple[str, str], ...], Literal["value", "pairs"]] = {}
    for why, some in (("value", single), ("pairs", covering_rows(values))):
        for row in some:
            other = tuple((knob, value) for knob, value in row.items() if value != defaults[knob])
            rows.setdefault(other, "value" if why == "value" else "pairs")
    return tuple(Reading(row, effects, why) for row, why in rows.items() for effects in (ON_TIME, *SWEEPS))


def fault_unit(
    fault: FaultEntry, scenarios: Sequence[Scenario], register: Register, *, everything: bool = False
) -> Unit:
    """A fault with the scenarios of its clauses, or with everything.

    It declares what each edge needs, save where that is the very reading about which it is wrong.
    """
    numbers = [n for n, s in enumerate(scenarios) if everything or not set(fault.clauses).isdisjoint(s.clauses)]
    runs = _fault_runs(f"faulty:{fault.name}", dict(fault.declares), numbers, scenarios, register)
    return Unit("fault", fault.name, tuple(runs))


def _fault_runs(
    spec: str, declares: Mapping[str, str], numbers: Sequence[int], scenarios: Sequence[Scenario], register: Register
) -> Iterator[Run]:
    declared = {**{knob.name: knob.default for knob in register.knobs}, **declares}
    others: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for number in numbers:
        scenario = scenarios[number]
        needed = tuple(sorted(_reading_for(scenario, declared).items()))
        if not any(knob in declares for knob, _ in needed):
            others.setdefault(needed, []).append(number)
    for needed, some in others.items():
        said = ",".join((spec, *(f"{knob}={value}" for knob, value in needed)))
        yield Run(said, tuple(some))


def _reading_for(scenario: Scenario, declared: Mapping[str, str]) -> dict[str, str]:
    """What must be declared besides, for the scenario to be applicable."""
    wanted: dict[str, list[str]] = {}
    for knob, value in scenario.reading:
        wanted.setdefault(knob, []).append(value)
    return {knob: values[0] for knob, values in wanted.items() if declared.get(knob) not in values}


def reading_unit(reading: Reading) -> Unit:
    """The reference under a set of readings, with all that applies to it."""
    return Unit("reading", reading.spec, (Run(reading.spec),))


def empty_unit(empty: NullImplementation) -> Unit:
    """An empty implementation."""
    return Unit("empty", empty.name, (Run(empty.spec),))


def packed(scenarios: Sequence[Scenario]) -> bytes:
    """The scenarios as each unit takes them along."""
    return zlib.compress(pickle.dumps(tuple(scenarios)), 1)


@lru_cache(maxsize=4)
def _unpacked(scenarios: bytes) -> tuple[Scenario, ...]:
    unpacked: tuple[Scenario, ...] = pickle.loads(zlib.decompress(scenarios))
    return unpacked


def run_unit(unit: Unit, scenarios: bytes, words: Words = load) -> Outcome:
    """Runs one unit; `words` gives the vocabulary. Raises KitFault where the kit is broken."""
    suite, vocabulary = _unpacked(scenarios), words()
    conforming: list[int] = []
    failed: list[Failed] = []
    for run in unit.runs:
        for number, ended in _ran(run, suite, vocabulary):
            if ended is None:
                conforming.append(number)
            else:
                failed.append(ended)
    return Outcome(unit.kind, unit.name, tuple(sorted(conforming)), tuple(sorted(failed, key=lambda f: f.scenario)))


def _ran(run: Run, suite: Sequence[Scenario], vocabulary: Vocabulary) -> Iterator[tuple[int, Failed | None]]:
    numbers = range(len(suite)) if run.scenarios is None else run.scenarios
    with open_unfrozen(run.spec) as driver:
        description = describe(driver)
        for number in numbers:
            if missing_requirements(suite[number], description):
                continue
            match run_scenario(suite[number], driver, description, vocabulary).verdict:
                case Deviates() as verdict:
                    said = f"expected {verdict.expected}; observed {verdict.observed}"
                    yield number, Failed(number, verdict.word, verdict.line, said)
                case Errored() as verdict:
                    yield number, Failed(number, verdict.word, 0, f"{verdict.kind}: {verdict.error}")
                case NotApplicable() as verdict:
                    yield number, Failed(number, verdict.word, 0, "; ".join(map(format_missing, verdict.missing)))
                case _:
                    yield number, None
