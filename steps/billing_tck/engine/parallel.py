"""Run scenarios in several processes, here or on a cluster, each with its own implementation.

The scenarios are independent, so that the verdicts are those of one process; only the order in which they come differs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import replace

from billing_tck.connect import open_driver
from billing_tck.connection import Connection
from billing_tck.contract import ErrorKind
from billing_tck.contract.values import Description
from billing_tck.drivers import Driver, StreamingDriver
from billing_tck.engine.executors import close_at_exit, ends_with_run, is_cancelled, worker_number, workers
from billing_tck.engine.isolated_run import run_on
from billing_tck.engine.runner import record_not_run
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Errored
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.compiled import Matched
from billing_tck.spec.gherkin import Kind, Scenario
from billing_tck.steps.registry import load
from billing_tck.sut import InvalidSutSpec

_CHUNKS_FOR_EACH_WORKER = 4
_kept: dict[str, Driver] = {}  # in a worker process: tasks can share nothing but what their process holds
_LOST = Errored(
    "no verdict: a worker process of the kit ended unexpectedly "
    "(killed, out of memory, or ended by the implementation)",
    ErrorKind.CRASHED,
)


def run_parallel(
    scenarios: Sequence[Scenario],
    suts: Sequence[str],
    connection: Connection,
    description: Description,
    *,
    count: int,
    cluster: str | None = None,
    brief: bool = False,
) -> Generator[ScenarioRecord, None, None]:
    """Yield the records of the scenarios, in the order in which `count` processes, or a cluster, finish their parts.

    Of several `suts` each process uses one. For `brief` see `run_on`. When it is closed early the processes end after
    the scenario that they are at, and end their implementations. When a process dies, the scenarios without a verdict
    are errored. Raises ClusterError where there is no cluster at the address, UnreachableError where a worker cannot
    run a SUT.
    """
    connection = replace(connection, answered=True)
    with workers(count, cluster) as crew:
        parts = min(len(scenarios), crew.size * _CHUNKS_FOR_EACH_WORKER)
        chunks = [scenarios[number::parts] for number in range(parts)]
        futures: dict[Future[list[ScenarioRecord]], Sequence[Scenario]] = {}
        for number, chunk in enumerate(chunks):
            try:
                known = load().expected(chunk)
                futures[crew.executor.submit(_run_chunk, chunk, known, suts, connection, description, brief)] = chunk
            except BrokenProcessPool:
                yield from (
                    record_not_run(scenario, description, _LOST) for rest in chunks[number:] for scenario in rest
                )
                break
        for future in as_completed(futures):
            try:
                yield from future.result()
            except BrokenProcessPool:
                yield from (record_not_run(scenario, description, _LOST) for scenario in futures[future])


def _run_chunk(  # noqa: PLR0917 - a task gets all that it needs as its arguments
    scenarios: Sequence[Scenario],
    known: Mapping[tuple[Kind, str], Matched],
    suts: Sequence[str],
    connection: Connection,
    description: Description,
    brief: bool,
) -> list[ScenarioRecord]:
    vocabulary = load()
    vocabulary.expect(known)
    records: list[ScenarioRecord] = []
    with (
        worker_driver(suts[(worker_number() - 1) % len(suts)], connection) as driver,
        closing(run_on(scenarios, driver, vocabulary, description, brief=brief)) as found,
    ):
        for record in found:
            records.append(record)
            if is_cancelled():
                break
    return records


@contextmanager
def worker_driver(sut: str, connection: Connection) -> Iterator[Driver]:
    """Open the driver of a task, or give it the one that the worker process keeps. Raises UnreachableError.

    A process that ends with the run keeps the driver of what runs outside it: servers may take long to start.
    """
    driver = _kept.get(sut)
    if driver is None:
        try:
            driver = open_driver(sut, connection=connection)
        except InvalidSutSpec as error:
            raise UnreachableError(f"a worker cannot run it: {error}") from None
        if (driver.in_process and not isinstance(driver, StreamingDriver)) or not ends_with_run():
            with driver:
                yield driver
            return
        _kept[sut] = driver
        close_at_exit(driver.close)
    yield driver
