"""Run scenarios in the process of a `python:` implementation, and go on in a new one where that process ends."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from billing_tck.contract import ImplementationError
from billing_tck.contract.values import Description
from billing_tck.drivers import Driver, StreamingDriver
from billing_tck.engine.runner import record_not_run, run
from billing_tck.engine.silence import Silence
from billing_tck.freezegun_loading import load_freezegun
from billing_tck.results.record import ScenarioRecord, record_of
from billing_tck.results.verdicts import Deviates, Errored
from billing_tck.spec.compiled import Matched
from billing_tck.spec.gherkin import Kind, Scenario
from billing_tck.steps.registry import Vocabulary, load


def run_on(
    scenarios: Iterable[Scenario],
    driver: Driver,
    vocabulary: Vocabulary,
    description: Description,
    *,
    brief: bool = False,
) -> Generator[ScenarioRecord, None, None]:
    """Yield the records of the scenarios, each as soon as it is known, with any driver. Raises as `run` does.

    In the process of an implementation the step definitions are the kit's. Where records may be `brief`, those that
    conform come without what happened: passing it on from there takes a fifth of the time of the run.
    """
    if isinstance(driver, StreamingDriver):
        return _run_isolated(tuple(scenarios), driver, vocabulary, description, brief=brief)
    return run(
        scenarios,
        driver,
        vocabulary=vocabulary,
        description=description,
        on_begin=driver.begin_scenario,
        log=driver.log_tail,
        brief=brief,
    )


def _run_isolated(
    scenarios: Sequence[Scenario],
    driver: StreamingDriver,
    vocabulary: Vocabulary,
    description: Description,
    *,
    brief: bool,
) -> Generator[ScenarioRecord, None, None]:
    silence = Silence()
    done = 0
    while done < len(scenarios) and silence.skipped is None:
        try:
            rest = scenarios[done:]
            for found, printed in driver.stream(_records, rest, vocabulary.expected(rest), description, brief):
                record = _with_log(found, printed)
                silence.count(record.verdict)
                done += 1
                yield record
        except ImplementationError as error:
            record = record_of(scenarios[done], Errored(str(error), error.kind, error.log))
            silence.count(record.verdict)
            done += 1
            yield record
    if silence.skipped is not None:
        for scenario in scenarios[done:]:
            yield record_not_run(scenario, description, silence.skipped)


def _records(
    driver: Driver,
    scenarios: Sequence[Scenario],
    expected: Mapping[tuple[Kind, str], Matched],
    description: Description,
    brief: bool,
) -> Iterator[ScenarioRecord]:
    vocabulary = load()
    vocabulary.expect(expected)
    return run(scenarios, driver, vocabulary=vocabulary, description=description, brief=brief)


def prepare() -> None:
    """Load what `run_on` needs in the process of an implementation."""
    load()
    load_freezegun()


def _with_log(record: object, printed: tuple[str, ...]) -> ScenarioRecord:
    """Return a record with what the implementation printed, where it did not conform."""
    assert isinstance(record, ScenarioRecord)
    verdict = record.verdict
    if printed and isinstance(verdict, (Deviates, Errored)) and not verdict.log:
        return replace(record, verdict=replace(verdict, log=printed))
    return record
