"""Scenarios in several processes, each with an implementation of its own.

The scenarios are independent, so that the verdicts are those of one process; only the order in which they come differs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.synchronize import Event

from billing_tck.contract.values import Description
from billing_tck.drivers import open_driver
from billing_tck.engine import Result, run
from billing_tck.features import Scenario
from billing_tck.vocabulary.registry import load

_CHUNKS_FOR_EACH_WORKER = 4
_stop: Event | None = None


def run_parallel(
    scenarios: Sequence[Scenario], sut: str, timeout: float, description: Description, workers: int
) -> Generator[Result, None, None]:
    """The results of the scenarios, in the order in which the processes finish their parts.

    When it is closed early the processes end after the scenario that they are at, and take their implementations along.
    """
    count = min(len(scenarios), workers * _CHUNKS_FOR_EACH_WORKER)
    chunks = [scenarios[number::count] for number in range(count)]
    # Fresh processes: a forked one would inherit a frozen clock, open pipes and locks of threads.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(stop,)) as pool:
        with _ctrl_c_waits():
            futures = [pool.submit(_run_chunk, chunk, sut, timeout, description) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            stop.set()
            for future in futures:
                future.cancel()


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """While processes start, Ctrl-C waits, so that none of them is hit before it knows whose it is to answer."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(stop: Event) -> None:
    """In each process: Ctrl-C is the parent's to answer; it says when to stop."""
    global _stop  # noqa: PLW0603 - the one way in which an initializer hands something to the tasks
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run_chunk(scenarios: Sequence[Scenario], sut: str, timeout: float, description: Description) -> list[Result]:
    results: list[Result] = []
    with open_driver(sut, timeout=timeout) as driver:
        for result in run(scenarios, driver, vocabulary=load(), description=description):
            results.append(result)
            if _stop is not None and _stop.is_set():
                break
    return results
