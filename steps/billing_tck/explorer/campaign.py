"""Many histories: played in chunks, which an executor may run; the first difference is shrunk, explained and written.

A chunk depends on the seed and its place alone, so that the same seed comes to the same finding, however many run at a
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from random import Random

from billing_tck.clock import real_monotonic
from billing_tck.connect import open_unfrozen
from billing_tck.contract import ImplementationError
from billing_tck.contract.values import Description
from billing_tck.engine.executors import stopping
from billing_tck.engine.runner import describe
from billing_tck.explorer.generator import Generator
from billing_tck.explorer.history import History
from billing_tck.explorer.inference import Assignment
from billing_tck.explorer.runner import Play, Played, Subject, play, replay
from billing_tck.explorer.scenario_writer import is_expressible
from billing_tck.explorer.shrink import Shrinker
from billing_tck.reference.oracle import KNOBS
from billing_tck.spec.applicability import settles_within

CHUNK = 20
"""Histories in one chunk; what is supposed of undeclared knobs is learned anew in each."""

MOST_ERRORS = 3
"""So many histories without an answer to judge, and the exploring ends."""

SHRINKING = 5.0
MOST_REPLAYS = 200
"""For so many seconds, and so often, a history without an answer to judge is played again to shrink it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some histories of a seed, by their numbers; `seconds` is how long they may take."""

    sut: str
    timeout: float
    seed: str
    first: int
    count: int
    description: Description
    seconds: float | None = None


class Grade(IntEnum):
    """How well a difference can be told.

    As a scenario; in words alone; of an optional field alone; not at all, because it does not come again when the same
    history is played from a fresh start: something outlives `reset`.
    """

    SCENARIO = 0
    WORDS = 1
    OPTIONAL = 2
    NOT_REPRODUCIBLE = 3


def grade_of(played: Played) -> Grade:
    """How well what differs can be told."""
    if all(difference.soft for difference in played.differences):
        return Grade.OPTIONAL
    return Grade.SCENARIO if is_expressible(played) else Grade.WORDS


@dataclass(frozen=True, slots=True)
class Seen:
    """A history that differs, by its number."""

    number: int
    history: History
    assignment: Assignment
    grade: Grade


@dataclass(frozen=True, slots=True)
class Failed:
    """A history in which there was no answer to judge."""

    number: int
    history: History
    message: str
    log: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What came of histories; `seen` is the first of those differences that can be told best."""

    histories: int = 0
    commands: int = 0
    seen: Seen | None = None
    failed: list[Failed] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Both together; of two findings the one of the earlier history."""
        self.histories += other.histories
        self.commands += other.commands
        self.seen = min((seen for seen in (self.seen, other.seen) if seen), key=_order, default=None)
        self.failed += other.failed

    @property
    def found(self) -> bool:
        """Whether there is a difference that a scenario tells."""
        return self.seen is not None and self.seen.grade is Grade.SCENARIO


def _order(seen: Seen) -> tuple[Grade, int]:
    return seen.grade, seen.number


@dataclass(slots=True)
class Explored:
    """What exploring came to: the finding shrunk, if there is one.

    `steady` is False where the same history, played from a fresh start, shows nothing: something outlives `reset`.
    `failing` is the first history without an answer to judge, shrunk, where nothing differs.
    """

    outcome: Outcome
    seconds: float
    finding: Played | None = None
    number: int = -1
    before: int = 0  # acts before shrinking
    steady: bool = True
    failing: Played | None = None


def known_readings(description: Description) -> dict[str, str]:
    """What is declared of the knobs that the kit knows, with values that it knows."""
    return {knob: value for knob, value in description.readings.items() if value in KNOBS.get(knob, ())}


def described(description: Description) -> Description:
    """The same description with the known readings alone."""
    return Description(
        description.name,
        description.version,
        description.contract,
        description.capabilities,
        known_readings(description),
        description.settles_within,
    )


def run_chunk(chunk: Chunk) -> Outcome:
    """The histories of a chunk, against an implementation of its own."""
    with open_unfrozen(chunk.sut, timeout=chunk.timeout) as driver:
        description = describe(driver)
        subject = Subject(driver, described(description), settles_within(description))
        return _play_chunk(chunk, subject, Outcome())


def _play_chunk(chunk: Chunk, subject: Subject, outcome: Outcome) -> Outcome:
    assignment: Assignment = {}
    begun = real_monotonic()
    for number in range(chunk.first, chunk.first + chunk.count):
        if stopping() or (chunk.seconds is not None and real_monotonic() - begun > chunk.seconds):
            break
        random = Random(f"{chunk.seed}:{number}")
        generator = Generator(random, frozenset(subject.description.capabilities), late=bool(subject.settles))
        played = play(subject, generator.start(), generator, assignment, is_expressible)
        assignment = played.assignment
        outcome.histories += 1
        outcome.commands += played.commands
        if played.error is not None:
            outcome.failed.append(Failed(number, played.history, str(played.error), tuple(played.error.log)))
            if len(outcome.failed) >= MOST_ERRORS:
                break
        elif played.differences:
            again = _from_fresh(chunk, played)
            grade = grade_of(again) if again.differences else Grade.NOT_REPRODUCIBLE
            seen = Seen(number, played.history, played.assignment, grade)
            outcome.seen = seen if outcome.seen is None else min(outcome.seen, seen, key=_order)
            if outcome.found:
                break
    return outcome


def _from_fresh(chunk: Chunk, played: Played) -> Played:
    """The same history once more, against an implementation that has played no other."""
    with open_unfrozen(chunk.sut, timeout=chunk.timeout) as driver:
        subject = Subject(driver, chunk.description, settles_within(chunk.description))
        return replay(subject, played.history, played.assignment, is_expressible)


def explore(
    sut: str,
    *,
    seed: str = "0",
    seconds: float | None = None,
    examples: int | None = None,
    timeout: float = 10.0,
    executor: Executor | None = None,
    workers: int = 1,
    on_progress: Callable[[Outcome], None] | None = None,
) -> Explored:
    """Plays histories until one differs, or until `seconds` are over or `examples` were played.

    With an `executor`, chunks run there, `workers` at a time; else here, one after the other. Raises BadSut, and
    UnreachableError where the implementation does not describe itself.
    """
    begun = real_monotonic()
    total = Outcome()
    with ExitStack() as stack:
        driver = stack.enter_context(open_unfrozen(sut, timeout=timeout))
        description = describe(driver)
        subject = Subject(driver, described(description), settles_within(description))

        def left() -> float | None:
            return None if seconds is None else max(0.0, seconds - (real_monotonic() - begun))

        chunks = _chunks(Chunk(sut, timeout, seed, 0, CHUNK, subject.description), examples)
        if executor is None:
            for chunk in chunks:
                remaining = left()
                if remaining == 0 or _enough(total):
                    break
                total.add(_play_chunk(_within(chunk, remaining), subject, Outcome()))
                if on_progress is not None:
                    on_progress(total)
        else:
            driver.close()
            _in_executor(executor, workers, chunks, left, total, on_progress)
        seen = total.seen
        explored = Explored(total, real_monotonic() - begun)
        if seen is not None:
            driver.close()  # what other histories left behind is gone
            _shrink(subject, seen, explored)
        explored.seconds = real_monotonic() - begun
        if seen is None and total.failed:
            driver.close()
            _shrink_failed(subject, total.failed[0], explored)
        return explored


def _chunks(first: Chunk, examples: int | None) -> Iterator[Chunk]:
    begin = 0
    while examples is None or begin < examples:
        count = CHUNK if examples is None else min(CHUNK, examples - begin)
        yield Chunk(first.sut, first.timeout, first.seed, begin, count, first.description)
        begin += count


def _within(chunk: Chunk, seconds: float | None) -> Chunk:
    return Chunk(chunk.sut, chunk.timeout, chunk.seed, chunk.first, chunk.count, chunk.description, seconds)


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
    """Chunks in order of their places; when one finds something, those before it are waited for."""
    running: set[Future[Outcome]] = set()
    try:
        while True:
            remaining = left()
            while not _enough(total) and remaining != 0 and len(running) < workers:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                running.add(executor.submit(run_chunk, _within(chunk, remaining)))
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


def _shrink(subject: Subject, seen: Seen, explored: Explored) -> None:
    def again(history: History) -> Played:
        return replay(subject, history, seen.assignment, is_expressible)

    found = again(seen.history)
    explored.number, explored.before = seen.number, len(seen.history.acts)
    explored.steady = seen.grade is not Grade.NOT_REPRODUCIBLE and bool(found.differences)
    if not explored.steady:
        explored.finding = Played(seen.history, found.answers, (), seen.assignment, found.commands, found.error)
        return
    explored.finding = Shrinker(
        again, found, lambda played: bool(played.differences) and grade_of(played) <= seen.grade
    ).run()


def _shrink_failed(subject: Subject, failed: Failed, explored: Explored) -> None:
    """What was done where there was no answer to judge, in fewer calls where that takes little time."""
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
    return played.history.acts[-1].method if played.history.acts else "reset"


def variants(finding: Played) -> Iterator[History]:
    """The history with its last wait made roomier: a clear day before a due time, two clear days after it."""
    acts = finding.history.acts
    place = max((i for i, act in enumerate(acts) if act.wait is not None), default=None)
    if place is None:
        return
    day = timedelta(days=1)
    span = acts[place].wait or timedelta()
    whole = span - span % day
    for roomy in (whole + 2 * day, whole + 3 * day, whole - day, whole - 2 * day, whole + day, whole):
        if roomy > timedelta() and roomy != span:
            changed = acts[place].with_param("now", roomy)
            yield History(finding.history.start, (*acts[:place], changed, *acts[place + 1 :]))


__all__ = [
    "Chunk",
    "Explored",
    "Failed",
    "Grade",
    "ImplementationError",
    "Outcome",
    "Play",
    "Seen",
    "explore",
    "run_chunk",
    "variants",
]
