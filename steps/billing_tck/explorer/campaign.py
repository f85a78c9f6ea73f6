"""Play many histories against an implementation, and shrink the first one that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace

from billing_tck.clock import real_monotonic
from billing_tck.connect import open_unfrozen
from billing_tck.connection import Connection
from billing_tck.explorer.chunks import (
    CHUNK,
    MOST_ERRORS,
    Candidate,
    Chunk,
    Failed,
    Grade,
    Openings,
    Outcome,
    grade_of,
    play_chunk,
    run_chunk,
)
from billing_tck.explorer.history import History
from billing_tck.explorer.runner import Played, Subject, replay, subject_of
from billing_tck.explorer.scenario_checks import is_expressible
from billing_tck.explorer.shrink import Shrinker

SHRINKING = 5.0
MOST_REPLAYS = 200
"""Limits in seconds and in replays for shrinking a history that ended without an answer to compare."""


@dataclass(slots=True)
class Explored:
    """The outcome of an exploration.

    `finding` is the history with a difference, shrunk from `before` commands; `steady` is False where it shows nothing
    when it is played from a fresh start: some state survives `reset`. `failing` is the first history that ended without
    an answer to compare, shrunk, where nothing differs.
    """

    outcome: Outcome
    seconds: float
    finding: Played | None = None
    number: int = -1
    before: int = 0
    steady: bool = True
    failing: Played | None = None


def explore(
    sut: str,
    *,
    seed: str = "0",
    seconds: float | None = None,
    examples: int | None = None,
    connection: Connection | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    on_progress: Callable[[Outcome], None] | None = None,
    openings: Openings | None = None,
) -> Explored:
    """Play histories until one differs, `seconds` are over or `examples` were played.

    With an `executor`, chunks run there, `workers` at a time; otherwise here, one after the other. Raises BadSut, and
    UnreachableError where the implementation does not describe itself.
    """
    begun = real_monotonic()
    total = Outcome()
    with ExitStack() as stack:
        driver = stack.enter_context(open_unfrozen(sut, connection=connection))
        subject = subject_of(driver)

        def left() -> float | None:
            return None if seconds is None else max(0.0, seconds - (real_monotonic() - begun))

        chunks = _chunks(Chunk(sut, connection, seed, 0, CHUNK, subject.description, openings=openings), examples)
        if executor is None:
            for chunk in chunks:
                remaining = left()
                if remaining == 0 or _enough(total):
                    break
                total.add(play_chunk(replace(chunk, seconds=remaining), subject))
                if on_progress is not None:
                    on_progress(total)
        else:
            driver.close()
            _in_executor(executor, workers, chunks, left, total, on_progress)
        explored = Explored(total, real_monotonic() - begun)
        if total.candidate is not None:
            driver.close()  # start afresh, without state of other histories
            _shrink(subject, total.candidate, explored)
        explored.seconds = real_monotonic() - begun
        if total.candidate is None and total.failed:
            driver.close()
            _shrink_failed(subject, total.failed[0], explored)
        return explored


def _chunks(first: Chunk, examples: int | None) -> Iterator[Chunk]:
    begin = 0
    while examples is None or begin < examples:
        count = CHUNK if examples is None else min(CHUNK, examples - begin)
        yield replace(first, first=begin, count=count)
        begin += count


def _enough(total: Outcome) -> bool:
    return total.found or len(total.failed) >= MOST_ERRORS


def _in_executor(  # noqa: PLR0917 - what the loop of `explore` works on
    executor: Executor,
    workers: int,
    chunks: Iterator[Chunk],
    left: Callable[[], float | None],
    total: Outcome,
    on_progress: Callable[[Outcome], None] | None,
) -> None:
    """Run chunks in order of their places; after a finding, wait for those before it."""
    running: set[Future[Outcome]] = set()
    try:
        while True:
            remaining = left()
            while not _enough(total) and remaining != 0 and len(running) < workers:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                running.add(executor.submit(run_chunk, replace(chunk, seconds=remaining)))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                total.add(future.result())
            if on_progress is not None:
                on_progress(total)
    finally:
        for future in running:
            future.cancel()


def _shrink(subject: Subject, candidate: Candidate, explored: Explored) -> None:
    def again(history: History) -> Played:
        return replay(subject, history, candidate.assignment, is_expressible)

    found = again(candidate.history)
    explored.number, explored.before = candidate.number, len(candidate.history.commands)
    explored.steady = candidate.grade is not Grade.NOT_REPRODUCIBLE and bool(found.differences)
    if not explored.steady:
        explored.finding = Played(
            candidate.history, found.answers, (), candidate.assignment, found.command_count, found.error
        )
        return
    explored.finding = Shrinker(
        again, found, lambda played: bool(played.differences) and grade_of(played) <= candidate.grade
    ).run()


def _shrink_failed(subject: Subject, failed: Failed, explored: Explored) -> None:
    """Shrink a history that ended without an answer to compare, as far as a short time allows."""
    begun = real_monotonic()

    def again(history: History) -> Played:
        if real_monotonic() - begun > SHRINKING:
            return Played(history)
        return replay(subject, history, tells=is_expressible)

    found = again(failed.history)
    if found.error is None:
        explored.failing = Played(failed.history, found.answers, error=None)
        return
    kind, method = found.error.kind, _last(found)
    explored.failing = Shrinker(
        again,
        found,
        lambda played: played.error is not None and played.error.kind is kind and _last(played) == method,
        MOST_REPLAYS,
    ).run()


def _last(played: Played) -> str:
    return played.history.commands[-1].method if played.history.commands else "reset"
