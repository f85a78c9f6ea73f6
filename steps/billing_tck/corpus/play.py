"""Play the corpus against an implementation, and judge each history with the explorer's comparator.

A call whose outcome is open as things stand, or that needs a capability which is not declared, is not made. Values of
undeclared knobs are inferred for all histories of a chunk together: those that explain a history must explain the ones
that decided before, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from billing_tck.contract.capabilities import needed_for
from billing_tck.corpus.corpus_file import Numbered
from billing_tck.explorer.history import Answer, Command, History
from billing_tck.explorer.inference import Assignment
from billing_tck.explorer.runner import Play, Played, Subject, Tells, play

CHUNK = 200
"""Histories that are judged together: always the same ones, however many processes there are."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A history of the corpus that differs, or that ended without an answer to compare.

    `beside` are the answers of earlier histories, which the same values of undeclared knobs have to explain.
    """

    number: int
    played: Played
    beside: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryPlayed:
    """A history that was played, with the number of commands that were made."""

    number: int
    command_count: int
    failure: Failure | None = None

    @property
    def errored(self) -> bool:
        """Whether it ended without an answer to compare."""
        return self.failure is not None and self.failure.played.error is not None


def chunks_of(histories: Sequence[Numbered]) -> Iterator[Sequence[Numbered]]:
    """Return the histories in chunks."""
    for first in range(0, len(histories), CHUNK):
        yield histories[first : first + CHUNK]


def play_chunk(histories: Iterable[Numbered], subject: Subject) -> Iterator[HistoryPlayed]:
    """Play histories one after the other; yield what each came to."""
    assignment: Assignment = {}
    beside: tuple[Answer, ...] = ()
    before: Sequence[Command] = ()
    for numbered in histories:
        history = numbered.history
        played = play_history(subject, history, assignment, beside, unread=_alike(before, history.commands))
        before = history.commands
        failure = None
        if played.error is not None or (played.differences and not played.differences[0].optional):
            failure, before = Failure(numbered.number, played, beside), ()
        elif played.assignment != assignment:
            assignment, beside = played.assignment, (*beside, *played.answers)
        yield HistoryPlayed(numbered.number, played.command_count, failure)


def play_history(
    subject: Subject,
    history: History,
    assignment: Assignment | None = None,
    beside: Sequence[Answer] = (),
    *,
    unread: int = 0,
    tells: Tells | None = None,
) -> Played:
    """Play one history; for the options see `Play`."""
    commands = iter(history.commands)
    supports = _Supported(frozenset(subject.description.capabilities))

    def choose(now: Play) -> Command | None:
        return next((one for one in commands if now.possible(one) and supports.command(one)), None)

    return play(subject, history.start, choose, assignment, tells, beside=beside, unread=unread)


class _Supported:
    """Says of each command of a history whether the implementation declares what it needs."""

    def __init__(self, capabilities: frozenset[str]) -> None:
        self._capabilities = capabilities
        self._marketplaces: dict[str, str] = {}

    def command(self, command: Command) -> bool:
        """Return whether a command is supported."""
        named = command.named
        of = self._marketplaces.get(str(named.get("subscription") or named.get("account")))
        if command.method == "open_marketplace_account":
            of = str(named["marketplace"])
        if of is not None:
            self._marketplaces |= dict.fromkeys(command.makes, of)
        return needed_for(command.method, named, of) <= self._capabilities


def _alike(before: Sequence[Command], after: Sequence[Command]) -> int:
    """Return how many commands two histories begin with that are the same."""
    pairs = zip(before, after, strict=False)
    return next((place for place, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(before), len(after)))
