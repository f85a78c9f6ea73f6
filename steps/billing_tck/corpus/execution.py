"""Play the corpus with any driver: here, in the process of a Python implementation, or in several processes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import datetime

from billing_tck.connect import open_unfrozen
from billing_tck.connection import Connection
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.contract.values import Description
from billing_tck.corpus.corpus_file import Numbered
from billing_tck.corpus.play import Failure, HistoryPlayed, chunks_of, play_chunk
from billing_tck.drivers import Driver, StreamingDriver
from billing_tck.engine.executors import is_cancelled, worker_number, workers
from billing_tck.engine.parallel import worker_driver
from billing_tck.explorer.history import History
from billing_tck.explorer.inference import known_readings
from billing_tck.explorer.runner import Played, Subject
from billing_tck.spec.applicability import settles_within
from billing_tck.sut import Faulty, Reference, parse_sut

_LOST = "a worker process of the kit ended unexpectedly (killed, out of memory, or ended by the implementation)"


def on_virtual_clock(sut: str) -> bool:
    """Return whether an implementation is the kit's own, which needs no frozen clock."""
    return isinstance(parse_sut(sut), Reference | Faulty)


def subject_for(driver: Driver, description: Description) -> Subject:
    """Return the subject of a driver whose description is known."""
    known = replace(description, readings=known_readings(description))
    return Subject(driver, known, settles_within(description))


def play_here(histories: Sequence[Numbered], driver: Driver, description: Description) -> Iterator[HistoryPlayed]:
    """Play histories with one driver; yield what each came to."""
    for chunk in chunks_of(histories):
        if isinstance(driver, StreamingDriver):
            yield from _isolated(chunk, driver, description)
        else:
            yield from play_chunk(chunk, subject_for(driver, description))


def _isolated(chunk: Sequence[Numbered], driver: StreamingDriver, description: Description) -> Iterator[HistoryPlayed]:
    """Play a chunk next to the implementation, and the rest of it in a new process where that one ends."""
    done = 0
    while done < len(chunk):
        try:
            for found, _ in driver.stream(_task, chunk[done:], description):
                assert isinstance(found, HistoryPlayed)
                done += 1
                yield found
        except ImplementationError as error:
            yield _lost(chunk[done], error)
            done += 1


def _task(driver: Driver, chunk: Iterable[Numbered], description: Description) -> Iterator[HistoryPlayed]:
    return play_chunk(chunk, subject_for(driver, description))


def play_parallel(
    histories: Sequence[Numbered],
    suts: Sequence[str],
    connection: Connection,
    description: Description,
    *,
    count: int,
    cluster: str | None = None,
) -> Generator[HistoryPlayed, None, None]:
    """Play histories in `count` processes or on a cluster; yield what each came to. Raises as `run_parallel` does."""
    connection = replace(connection, answered=True)
    with workers(count, cluster) as crew:
        futures = {
            crew.executor.submit(_play_chunk, chunk, suts, connection, description): chunk
            for chunk in chunks_of(histories)
        }
        for future in as_completed(futures):
            try:
                yield from future.result()
            except BrokenProcessPool:
                error = ImplementationError(ErrorKind.CRASHED, _LOST)
                yield from (_lost(numbered, error) for numbered in futures[future])


def _play_chunk(
    chunk: Sequence[Numbered], suts: Sequence[str], connection: Connection, description: Description
) -> list[HistoryPlayed]:
    played: list[HistoryPlayed] = []
    sut = suts[(worker_number() - 1) % len(suts)]
    opened = open_unfrozen(sut, connection=connection) if on_virtual_clock(sut) else worker_driver(sut, connection)
    with opened as driver:
        for one in play_here(chunk, driver, description):
            played.append(one)
            if is_cancelled():
                break
    return played


def _lost(numbered: Numbered, error: ImplementationError) -> HistoryPlayed:
    """Return what a history came to whose process ended."""
    start: datetime = numbered.history.start
    played = Played(History(start, numbered.history.commands), error=error)
    return HistoryPlayed(numbered.number, 0, Failure(numbered.number, played))
