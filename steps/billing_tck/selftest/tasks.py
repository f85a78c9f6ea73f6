"""Independent tasks of the self-test: one fault, one set of readings, or one null implementation.

Tasks and results are small and picklable, and `run_task` is a module function, so that any
`concurrent.futures.Executor` can run them: in processes of this machine, or of a cluster.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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

TaskKind = Literal["fault", "reading", "empty"]
Words = Callable[[], Vocabulary]
ON_TIME = "on time"


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One implementation (a `--sut` spec), and the numbers of its scenarios in the suite; None for all."""

    spec: str
    scenarios: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """The runs of one fault, one set of readings or one null implementation."""

    kind: TaskKind
    name: str
    runs: tuple[TaskRun, ...]


@dataclass(frozen=True, slots=True)
class ScenarioFailure:
    """A scenario that did not conform: its number, the verdict, the line of the step that ended it, and the reason."""

    scenario: int
    word: str
    line: int
    said: str


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The result of a task: the numbers of the scenarios that conformed, and those that did not.

    Scenarios that are not applicable are in neither.
    """

    kind: TaskKind
    name: str
    conforming: tuple[int, ...]
    failed: tuple[ScenarioFailure, ...]

    def ordered(self) -> TaskResult:
        """Return the result with its scenarios in order."""
        failed = sorted(self.failed, key=lambda failure: failure.scenario)
        return replace(self, conforming=tuple(sorted(self.conforming)), failed=tuple(failed))

    def joined(self, other: TaskResult) -> TaskResult:
        """Return the result of both parts of a task."""
        both = (*self.conforming, *other.conforming), (*self.failed, *other.failed)
        return TaskResult(self.kind, self.name, *both).ordered()


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """A set of readings for the reference: the values that differ from the defaults, and when effects show."""

    values: tuple[tuple[str, str], ...]
    effects: str
    why: Literal["value", "pairs"]

    @property
    def spec(self) -> str:
        """The `--sut` spec of the reference under this set."""
        late = () if self.effects == ON_TIME else (("late", self.effects),)
        said = ",".join(f"{knob}={value}" for knob, value in (*self.values, *late))
        return f"reference:{said}" if said else "reference"


def readings_to_run(register: Register) -> tuple[ReadingSet, ...]:
    """Return each value of each knob with defaults for the rest, then rows that cover every pair of values.

    Each set runs with effects on time, and with each of the daily sweeps that show effects late.
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
    return tuple(ReadingSet(row, effects, why) for row, why in rows.items() for effects in (ON_TIME, *SWEEPS))


def fault_task(
    fault: FaultEntry, scenarios: Sequence[Scenario], register: Register, *, everything: bool = False
) -> Task:
    """Return the task of a fault: the scenarios of its clauses, or all.

    It declares the reading of each edge scenario, except readings that the fault violates.
    """
    numbers = [n for n, s in enumerate(scenarios) if everything or not set(fault.clauses).isdisjoint(s.clauses)]
    runs = _fault_runs(f"faulty:{fault.name}", dict(fault.declares), numbers, scenarios, register)
    return Task("fault", fault.name, tuple(runs))


def _fault_runs(
    spec: str, declares: Mapping[str, str], numbers: Sequence[int], scenarios: Sequence[Scenario], register: Register
) -> Iterator[TaskRun]:
    declared = {**{knob.name: knob.default for knob in register.knobs}, **declares}
    others: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for number in numbers:
        scenario = scenarios[number]
        needed = tuple(sorted(_reading_for(scenario, declared).items()))
        if not any(knob in declares for knob, _ in needed):
            others.setdefault(needed, []).append(number)
    for needed, some in others.items():
        said = ",".join((spec, *(f"{knob}={value}" for knob, value in needed)))
        yield TaskRun(said, tuple(some))


def _reading_for(scenario: Scenario, declared: Mapping[str, str]) -> dict[str, str]:
    """Return the readings that make a scenario applicable, besides those declared."""
    return {knob: values[0] for knob, values in scenario.values_by_knob.items() if declared.get(knob) not in values}


def reading_task(reading: ReadingSet) -> Task:
    """Return the task of the reference under a set of readings, with all applicable scenarios."""
    return Task("reading", reading.spec, (TaskRun(reading.spec),))


def empty_task(empty: NullImplementation) -> Task:
    """Return the task of a null implementation."""
    return Task("empty", empty.name, (TaskRun(empty.spec),))


def packed(scenarios: Sequence[Scenario]) -> bytes:
    """Return the scenarios in the form that tasks carry."""
    return zlib.compress(pickle.dumps(tuple(scenarios)), 1)


@lru_cache(maxsize=4)
def _unpacked(scenarios: bytes) -> tuple[Scenario, ...]:
    unpacked: tuple[Scenario, ...] = pickle.loads(zlib.decompress(scenarios))
    return unpacked


def run_task(task: Task, scenarios: bytes, words: Words = load) -> TaskResult:
    """Run a task; `words` returns the vocabulary. Raises KitError if the kit is broken."""
    suite, vocabulary = _unpacked(scenarios), words()
    conforming: list[int] = []
    failed: list[ScenarioFailure] = []
    for run in task.runs:
        for number, ended in _ran(run, suite, vocabulary):
            if ended is None:
                conforming.append(number)
            else:
                failed.append(ended)
    return TaskResult(task.kind, task.name, tuple(conforming), tuple(failed)).ordered()


def _ran(
    run: TaskRun, suite: Sequence[Scenario], vocabulary: Vocabulary
) -> Iterator[tuple[int, ScenarioFailure | None]]:
    numbers = range(len(suite)) if run.scenarios is None else run.scenarios
    with open_unfrozen(run.spec) as driver:
        description = describe(driver)
        for number in numbers:
            if missing_requirements(suite[number], description):
                continue
            match run_scenario(suite[number], driver, description, vocabulary, brief=True).verdict:
                case Deviates() as verdict:
                    said = f"expected {verdict.expected}; observed {verdict.observed}"
                    yield number, ScenarioFailure(number, verdict.word, verdict.line, said)
                case Errored() as verdict:
                    yield number, ScenarioFailure(number, verdict.word, 0, f"{verdict.kind}: {verdict.error}")
                case NotApplicable() as verdict:
                    yield (
                        number,
                        ScenarioFailure(number, verdict.word, 0, "; ".join(map(format_missing, verdict.missing))),
                    )
                case _:
                    yield number, None
