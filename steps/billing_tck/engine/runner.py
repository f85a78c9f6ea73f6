"""The engine: runs scenarios against an implementation, with nothing of pytest in between.

For each scenario: is it applicable, a world of its own, its steps in order, one verdict. No state goes from one to the
next, so that any order, and any part of them, gives the same verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing_tck.clock import real_perf_counter
from billing_tck.contract import VERSION, ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import Description
from billing_tck.results.calls import Entry, tell
from billing_tck.results.verdicts import (
    Conforms,
    Deviates,
    Errored,
    KitFault,
    NotApplicable,
    ScenarioFault,
    Verdict,
    verdict_of,
)
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.steps.registry import Vocabulary, VocabularyError
from billing_tck.steps.world import Caller, World

PATIENCE = 5
NOT_ASKED = f"not asked: the implementation gave no answer in time in {PATIENCE} scenarios in a row"
_DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class UnreachableError(Exception):
    """The implementation did not say what it is: there is nothing to run against. `log` ends its error stream."""

    def __init__(self, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log


@dataclass(frozen=True, slots=True)
class Result:
    """What one scenario came to, what happened in it, and what was remarked; `seconds` are real ones."""

    scenario: Scenario
    verdict: Verdict
    timeline: tuple[Entry, ...] = ()
    names: Mapping[tuple[str, str], str] | None = None
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    checks: int = 0

    @property
    def told(self) -> tuple[tuple[datetime, str], ...]:
        """What happened, as lines of (instant, sentence), without what was only read."""
        return tell(self.timeline, self.names or {})

    @property
    def brief(self) -> Result:
        """The same without what happened in it, where nobody needs that: it conforms. For keeping many."""
        if not isinstance(self.verdict, Conforms):
            return self
        return Result(self.scenario, self.verdict, remarks=self.remarks, seconds=self.seconds, checks=self.checks)


def describe(driver: Caller) -> Description:
    """What the implementation says of itself; UnreachableError where it says nothing that can be used."""
    try:
        description = driver.call("describe_implementation", {})
    except ImplementationError as error:
        raise UnreachableError(str(error), error.log) from error
    except (Refused, Unsupported) as error:
        raise UnreachableError(f"describe_implementation: {type(error).__name__.lower()}: {error}") from error
    if not isinstance(description, Description):
        raise UnreachableError(f"describe_implementation: expected a description, got {description!r:.80}")
    if description.contract != VERSION:
        raise UnreachableError(f"it speaks version {description.contract!r:.20} of the contract, the kit {VERSION!r}")
    settles_within(description)
    return description


def settles_within(description: Description) -> timedelta:
    """How late an effect may show; UnreachableError where it is no duration of at most 24 hours."""
    match = _DURATION.fullmatch(description.settles_within)
    if match is None:
        raise UnreachableError(f"settles_within: expected a duration as PT0S, got {description.settles_within!r:.40}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if span > timedelta(hours=24):
        raise UnreachableError(f"settles_within: expected at most PT24H, got {description.settles_within}")
    return span


def lacking(scenario: Scenario, description: Description) -> tuple[str, ...]:
    """What the implementation does not declare and the scenario is about, in words; empty where it is applicable."""
    missing = [f"capability {name}" for name in sorted(scenario.needs.difference(description.capabilities))]
    wanted: dict[str, list[str]] = {}
    for knob, value in scenario.reading:
        wanted.setdefault(knob, []).append(value)
    for knob, values in wanted.items():
        declared = description.readings.get(knob)
        if declared not in values:
            missing.append(f"reading {knob}={'|'.join(values)} ({declared or 'undeclared'})")
    if scenario.exact and settles_within(description):
        missing.append(f"effects at their due time (settles_within {description.settles_within})")
    return tuple(missing)


def run_scenario(scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary) -> Result:
    """One scenario. Raises KitFault where the fault is the kit's own, and never for what an implementation does."""
    if missing := lacking(scenario, description):
        return Result(scenario, NotApplicable(missing))
    begun = real_perf_counter()
    world = World(driver, description)
    verdict: Verdict = Conforms()
    for step in scenario.steps:
        ended = run_step(step, scenario, world, vocabulary)
        if ended is not None:
            verdict = ended
            break
    else:
        if not world.checks:
            raise KitFault(
                f"{scenario.place}: {scenario.name!r} looked at nothing: no check in it asked the implementation"
            )
    return result_of(scenario, verdict, world, real_perf_counter() - begun)


def result_of(scenario: Scenario, verdict: Verdict, world: World, seconds: float) -> Result:
    """The result of a scenario whose world is done with."""
    return Result(
        scenario,
        verdict,
        tuple(world.timeline),
        world.names.spoken(),
        tuple(world.remarks),
        seconds,
        world.checks,
    )


def run_step(step: Step, scenario: Scenario, world: World, vocabulary: Vocabulary) -> Verdict | None:
    """One step: None where the scenario goes on, the verdict where it ends here."""
    if step.kind is None:
        raise KitFault(f"{scenario.file}:{step.line}: '{step}' is neither Given, When nor Then")
    try:
        match = vocabulary.find(step.kind, step.text)
    except VocabularyError as error:
        raise KitFault(f"{scenario.file}:{step.line}: {error}") from error
    definition = match.definition
    try:
        if step.table is None and step.docstring is None:
            definition.function(world, **match.arguments)
        else:
            definition.function(world, **match.arguments, **given_beside(step, definition.parameters))
    except ScenarioFault as fault:
        raise placed(fault, scenario, step) from None
    except Exception as outcome:
        verdict = verdict_of(outcome, step=str(step), line=step.line, at=world.now)
        if verdict is None:
            said = f"{type(outcome).__name__}: {outcome}"
            raise KitFault(f"{scenario.file}:{step.line}: '{step}' broke ({definition.place}): {said}") from outcome
        return verdict
    return None


def placed(fault: ScenarioFault, scenario: Scenario, step: Step) -> ScenarioFault:
    """A fault of a scenario, with the place and the step at which it came to light."""
    return ScenarioFault(f"{scenario.file}:{step.line}: '{step}': {fault}")


def given_beside(step: Step, parameters: frozenset[str]) -> dict[str, object]:
    """The table and the doc string of a step, for a definition that asks for them."""
    beside: dict[str, object] = {}
    if "datatable" in parameters and step.table is not None:
        beside["datatable"] = [list(row) for row in step.table]
    if "docstring" in parameters and step.docstring is not None:
        beside["docstring"] = step.docstring
    return beside


def run(
    scenarios: Iterable[Scenario],
    driver: Caller,
    *,
    vocabulary: Vocabulary,
    description: Description | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Generator[Result, None, None]:
    """The results of the scenarios, each as soon as it is known.

    Raises UnreachableError before the first where the implementation does not describe itself, KitFault where the kit
    is broken. An implementation that let `PATIENCE` scenarios in a row go without an answer is asked no more: what is
    left has errored too, and says so.
    """
    description = description or describe(driver)
    silent = 0
    for scenario in scenarios:
        if silent >= PATIENCE and not lacking(scenario, description):
            result = Result(scenario, Errored(NOT_ASKED, ErrorKind.TIMEOUT))
        else:
            result = run_scenario(scenario, driver, description, vocabulary)
        match result.verdict:
            case Errored(kind=ErrorKind.TIMEOUT):
                silent += 1
            case Conforms() | Deviates() | Errored():
                silent = 0
            case NotApplicable():
                pass
        if on_result is not None:
            on_result(result)
        yield result
