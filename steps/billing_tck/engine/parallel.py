"""Run scenarios in several processes, here or on a cluster, each with its own implementation.

The scenarios are independent, so that the verdicts are those of one process; only the order in which they come differs.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import as_completed

from billing_tck.connect import open_driver
from billing_tck.contract.values import Description
from billing_tck.engine.executors import is_cancelled, workers
from billing_tck.engine.runner import run
from billing_tck.results.record import ScenarioRecord
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.registry import load
from billing_tck.sut import InvalidSutSpec

_CHUNKS_FOR_EACH_WORKER = 4


def run_parallel(
    scenarios: Sequence[Scenario],
    sut: str,
    timeout: float,
    description: Description,
    *,
    count: int,
    cluster: str | None = None,
) -> Generator[ScenarioRecord, None, None]:
    """Yield the records of the scenarios, in the order in which `count` processes, or a cluster, finish their parts.

    When it is closed early the processes end after the scenario that they are at, and take their implementations along.
    Raises ClusterError where there is no cluster at the address, UnreachableError where a worker cannot run `sut`.
    """
    with workers(count, cluster) as crew:
        parts = min(len(scenarios), crew.size * _CHUNKS_FOR_EACH_WORKER)
        chunks = [scenarios[number::parts] for number in range(parts)]
        futures = [crew.executor.submit(_run_chunk, chunk, sut, timeout, description) for chunk in chunks]
        for future in as_completed(futures):
            yield from future.result()


def _run_chunk(
    scenarios: Sequence[Scenario], sut: str, timeout: float, description: Description
) -> list[ScenarioRecord]:
    records: list[ScenarioRecord] = []
    try:
        driver = open_driver(sut, timeout=timeout)
    except InvalidSutSpec as error:
        raise UnreachableError(f"a worker cannot run it: {error}") from None
    with driver:
        for record in run(scenarios, driver, vocabulary=load(), description=description):
            records.append(record)
            if is_cancelled():
                break
    return records
