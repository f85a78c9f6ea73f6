"""A chunk of histories: played against one implementation, anywhere, with an outcome that adds up.

A chunk depends on the seed and its place only, so that a seed always gives the same finding, however many chunks run at
a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from random import Random
from typing import Protocol

from billing_tck.clock import real_monotonic
from billing_tck.connect import open_unfrozen
from billing_tck.connection import Connection
from billing_tck.contract.values import Description
from billing_tck.engine.executors import is_cancelled
from billing_tck.explorer.generator import Generator
from billing_tck.explorer.history import History
from billing_tck.explorer.inference import Assignment
from billing_tck.explorer.runner import Played, Subject, play, replay, subject_of
from billing_tck.explorer.scenario_checks import is_expressible
from billing_tck.explorer.visits import transitions_of
from billing_tck.situations.search import Transition
from billing_tck.spec.applicability import settles_within

CHUNK = 20  # histories in one chunk; each chunk infers undeclared readings afresh
MOST_ERRORS = 3  # histories without an answer to compare after which exploration stops


class Openings(Protocol):
    """Histories to begin with, by the seed and the number of the history; they may be sent to other processes."""

    def history(self, seed: str, number: int) -> History | None:
        """Return the history to begin with; None for one that is random from the start."""
        ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some histories of a seed, by their numbers; `seconds` is how long they may take.

    `openings` are histories to begin with. Where they are given, the transitions of the map are counted.
    """

    sut: str
    connection: Connection | None
    seed: str
    first: int
    count: int
    description: Description
    seconds: float | None = None
    openings: Openings | None = None


class Grade(IntEnum):
    """How well a difference can be reported, the best first.

    As a scenario; as text only; only for an optional field; not at all, because it does not occur again when the same
    history is played from a fresh start: some state survives `reset`.
    """

    SCENARIO = 0
    WORDS = 1
    OPTIONAL = 2
    NOT_REPRODUCIBLE = 3


def grade_of(played: Played) -> Grade:
    """Return how well the differences can be reported."""
    if all(difference.optional for difference in played.differences):
        return Grade.OPTIONAL
    return Grade.SCENARIO if is_expressible(played) else Grade.WORDS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A history with a difference, by its number."""

    number: int
    history: History
    assignment: Assignment
    grade: Grade


@dataclass(frozen=True, slots=True)
class Failed:
    """A history that ended without an answer to compare."""

    number: int
    history: History
    message: str
    log: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """The outcome of histories; `candidate` is the first of those with the best grade."""

    histories: int = 0
    command_count: int = 0
    candidate: Candidate | None = None
    failed: list[Failed] = field(default_factory=list)
    transitions: set[Transition] = field(default_factory=set)

    def add(self, other: Outcome) -> None:
        """Add another outcome; of two candidates of one grade the earlier one stays."""
        self.histories += other.histories
        self.command_count += other.command_count
        self.candidate = min((seen for seen in (self.candidate, other.candidate) if seen), key=_order, default=None)
        self.failed += other.failed
        self.transitions |= other.transitions

    @property
    def found(self) -> bool:
        """Whether there is a difference that a scenario expresses."""
        return self.candidate is not None and self.candidate.grade is Grade.SCENARIO


def _order(candidate: Candidate) -> tuple[Grade, int]:
    return candidate.grade, candidate.number


def run_chunk(chunk: Chunk) -> Outcome:
    """Play the histories of a chunk against one implementation."""
    with open_unfrozen(chunk.sut, connection=chunk.connection) as driver:
        return play_chunk(chunk, subject_of(driver))


def play_chunk(chunk: Chunk, subject: Subject) -> Outcome:
    """Play the histories of a chunk against a subject."""
    outcome = Outcome()
    assignment: Assignment = {}
    since = real_monotonic()
    for number in range(chunk.first, chunk.first + chunk.count):
        if is_cancelled() or (chunk.seconds is not None and real_monotonic() - since > chunk.seconds):
            break
        random = Random(f"{chunk.seed}:{number}")
        begun = None if chunk.openings is None else chunk.openings.history(chunk.seed, number)
        capabilities = frozenset(subject.description.capabilities)
        generator = Generator(random, capabilities, late=bool(subject.settles), begun=begun)
        played = play(subject, generator.start(), generator, assignment, is_expressible)
        assignment = played.assignment
        outcome.histories += 1
        outcome.command_count += played.command_count
        if chunk.openings is not None:
            outcome.transitions |= transitions_of(played.answers)
        if played.error is not None:
            outcome.failed.append(Failed(number, played.history, str(played.error), tuple(played.error.log)))
            if len(outcome.failed) >= MOST_ERRORS:
                break
        elif played.differences:
            again = _from_fresh(chunk, played)
            grade = grade_of(again) if again.differences else Grade.NOT_REPRODUCIBLE
            candidate = Candidate(number, played.history, played.assignment, grade)
            outcome.candidate = min((c for c in (outcome.candidate, candidate) if c), key=_order)
            if outcome.found:
                break
    return outcome


def _from_fresh(chunk: Chunk, played: Played) -> Played:
    """Play the same history against an implementation that has played no other."""
    with open_unfrozen(chunk.sut, connection=chunk.connection) as driver:
        subject = Subject(driver, chunk.description, settles_within(chunk.description))
        return replay(subject, played.history, played.assignment, is_expressible)
