"""The engine: runs scenarios against an implementation, with nothing of pytest in between.

For each scenario: is it applicable, a world of its own, its steps in order, one verdict. No state goes from one to the
next, so that any order, and any part of them, gives the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace

from billing_tck.clock import real_perf_counter
from billing_tck.contract import VERSION, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import Description
from billing_tck.engine.silence import Silence
from billing_tck.errors import KitError, NothingChecked, Place, ScenarioError
from billing_tck.results.record import ScenarioRecord, record_of
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict, verdict_of
from billing_tck.spec.applicability import UnreachableError, missing_requirements, settles_within
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.steps.registry import Vocabulary, VocabularyError
from billing_tck.steps.world import Caller, World


def describe(driver: Caller) -> Description:
    """Return the description of the implementation. Raises UnreachableError if it cannot be used."""
    try:
        description = driver.call("describe_implementation", {})
    except ImplementationError as error:
        raise UnreachableError(str(error), error.log, error.status) from error
    except (Refused, Unsupported) as error:
        raise UnreachableError(f"describe_implementation: {type(error).__name__.lower()}: {error}") from error
    if not isinstance(description, Description):
        raise UnreachableError(f"describe_implementation: expected a description, got {description!r:.80}")
    if description.contract != VERSION:
        raise UnreachableError(
            f"it implements contract version {description.contract!r:.20}; the kit needs {VERSION!r}"
        )
    settles_within(description)
    return description


def run_scenario(
    scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary, *, brief: bool = False
) -> ScenarioRecord:
    """Run a scenario. Raises KitError for an error of the kit, and never for what an implementation does.

    A `brief` record is without its timeline if it conforms.
    """
    if missing := missing_requirements(scenario, description):
        return record_of(scenario, NotApplicable(missing))
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
            raise nothing_checked(scenario)
    seconds = real_perf_counter() - begun
    if brief and isinstance(verdict, Conforms):
        return record_of(scenario, verdict, remarks=world.remarks, checks=world.checks, seconds=seconds)
    return record_of_world(scenario, verdict, world, seconds)


def record_of_world(scenario: Scenario, verdict: Verdict, world: World, seconds: float) -> ScenarioRecord:
    """Return the record of a scenario whose steps have run in a world."""
    return record_of(
        scenario,
        verdict,
        calls=world.timeline,
        names=world.names.spoken(),
        remarks=world.remarks,
        checks=world.checks,
        seconds=seconds,
    )


def run_step(step: Step, scenario: Scenario, world: World, vocabulary: Vocabulary) -> Verdict | None:
    """Run a step. Return None if the scenario continues, or its verdict if it ends here."""
    if step.kind is None:
        raise KitError("the step is none of Given, When and Then", place_of(scenario, step))
    try:
        match = vocabulary.find(step.kind, step.text)
    except VocabularyError as error:
        raise KitError(str(error), Place(scenario.file, step.line)) from error
    definition = match.definition
    try:
        if step.table is None and step.docstring is None:
            definition.function(world, **match.arguments)
        else:
            definition.function(world, **match.arguments, **step_arguments(step, definition.parameters))
    except ScenarioError as error:
        raise error.with_location(place_of(scenario, step)) from None
    except Exception as outcome:
        verdict = verdict_of(outcome, step=str(step), line=step.line, at=world.now)
        if verdict is None:
            message = f"the step definition at {definition.place} raised {type(outcome).__name__}: {outcome}"
            raise KitError(message, place_of(scenario, step)) from outcome
        return verdict
    return None


def record_not_run(scenario: Scenario, description: Description, otherwise: Errored) -> ScenarioRecord:
    """Return the record of a scenario that is not run: not applicable where that is known, else errored."""
    missing = missing_requirements(scenario, description)
    return record_of(scenario, NotApplicable(missing) if missing else otherwise)


def place_of(scenario: Scenario, step: Step) -> Place:
    """Return where a step is written, with its text."""
    return Place(scenario.file, step.line, f"'{step}'")


def nothing_checked(scenario: Scenario) -> NothingChecked:
    """Return the error of a scenario that ended without a check."""
    message = f"{scenario.name!r} checked nothing: none of its steps compared anything that the implementation shows"
    return NothingChecked(message, Place(scenario.file, scenario.line))


def step_arguments(step: Step, parameters: frozenset[str]) -> dict[str, object]:
    """Return the table and the doc string of a step, for a definition that has these parameters."""
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
    on_begin: Callable[[str], None] | None = None,
    log: Callable[[], tuple[str, ...]] | None = None,
    on_record: Callable[[ScenarioRecord], None] | None = None,
    brief: bool = False,
) -> Generator[ScenarioRecord, None, None]:
    """Yield the records of the scenarios, each as soon as it is known.

    Raises UnreachableError before the first if the implementation does not describe itself, and KitError for an error
    of the kit. After `MAX_CONSECUTIVE_TIMEOUTS` scenarios in a row without an answer, or without a connection, the
    remaining scenarios are not run: they are errored, and say why. `on_begin` gets the place of each that is run,
    `log` returns the implementation's log of that scenario. `brief` records are without their timeline if they conform.
    """
    description = description or describe(driver)
    silence = Silence()
    for scenario in scenarios:
        if (skipped := silence.skipped) is not None and not missing_requirements(scenario, description):
            record = record_of(scenario, skipped)
        else:
            if on_begin is not None:
                on_begin(scenario.place)
            record = run_scenario(scenario, driver, description, vocabulary, brief=brief)
            if log is not None and isinstance(record.verdict, Deviates) and (lines := log()):
                record = replace(record, verdict=replace(record.verdict, log=lines))
        silence.count(record.verdict)
        if on_record is not None:
            on_record(record)
        yield record
