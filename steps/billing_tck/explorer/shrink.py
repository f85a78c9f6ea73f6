"""Shrink a history that differs: remove commands, join and round waits, simplify numbers.

Each candidate is played. It is kept if something still differs that can be reported as well as the first difference,
and no value of an undeclared knob explains it. The order of candidates is fixed, so that shrinking is reproducible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from billing_tck.explorer.history import Command, History, wait
from billing_tck.explorer.runner import Played

DAY = timedelta(days=1)
MOST_PLAYS = 1500
STARTS = (datetime(2025, 1, 18, 9, tzinfo=UTC), datetime(2025, 1, 7, 9, tzinfo=UTC))

_PLAIN_DAYS = tuple(DAY * days for days in (1, 2, 3, 5, 7, 10, 14, 15, 20, 30, 31, 32, 45, 60, 90))
_PLAIN_AMOUNTS = tuple(Decimal(text) for text in ("120.00", "100.00", "50.00", "10.00", "1.00", "10250.00", "9999.00"))
_PLAIN: dict[tuple[str, str], tuple[object, ...]] = {
    ("add_card", "behaviour"): ("approves", "declines"),
    ("set_card_behaviour", "behaviour"): ("approves", "declines"),
    ("choose_tier", "tier"): ("scale",),
    ("open_marketplace_account", "marketplace"): ("aws",),
    ("subscribe", "offer"): ("payg",),
    ("end_subscription", "cause"): ("cancelled",),
    ("scale_service", "replica_memory_gib"): (124, 120),
}
_OPTIONAL = {("record_usage", "item"), ("subscribe", "purchase_order")}

Replay = Callable[[History], Played]
Good = Callable[[Played], bool]


class Shrinker:
    """Shrinks one history; `replay` plays a candidate, `good` says whether it is still as informative."""

    def __init__(self, replay: Replay, found: Played, good: Good, limit: int = MOST_PLAYS) -> None:
        self._good = good
        self._replay = replay
        self.best = found
        self.plays = 0
        self._limit = limit
        self._seen: set[History] = set()

    def run(self) -> Played:
        """Return the shortest history found."""
        self._try(self.best.history)  # without what was not possible
        before = None
        while before != self.best.history and self.plays < self._limit:
            before = self.best.history
            self._remove()
            self._join_waits()
            self._simplify()
        return self.best

    def _try(self, candidate: History) -> bool:
        if candidate in self._seen or self.plays >= self._limit:
            return False
        self._seen.add(candidate)
        self.plays += 1
        played = self._replay(candidate)
        if _size(played.history) > _size(self.best.history) or not self._good(played):
            return False
        self._seen.add(played.history)
        self.best = played
        return True

    def _remove(self) -> None:
        size = max(1, len(self.best.history.commands) // 2)
        while size:
            place = len(self.best.history.commands) - size
            while place >= 0:
                commands = self.best.history.commands
                self._try(replace(self.best.history, commands=commands[:place] + commands[place + size :]))
                place = min(place - 1, len(self.best.history.commands) - size)
            size //= 2

    def _join_waits(self) -> None:
        """Remove waits and add them to the next one, so that later commands keep their instants."""
        place = 0
        while place < len(self.best.history.commands):
            commands = self.best.history.commands
            span = commands[place].wait
            later = next((i for i in range(place + 1, len(commands)) if commands[i].wait is not None), None)
            if span is not None and later is not None:
                joined = wait(span + (commands[later].wait or timedelta()))
                rest = (*commands[:place], *commands[place + 1 : later], joined, *commands[later + 1 :])
                self._try(replace(self.best.history, commands=rest))
            place += 1

    def _simplify(self) -> None:
        for start in STARTS:
            self._try(replace(self.best.history, start=start))
        place = 0
        while place < len(self.best.history.commands):
            for candidate in list(_simpler(self.best.history.commands[place])):
                commands = self.best.history.commands
                if place < len(commands):
                    changed = (*commands[:place], candidate, *commands[place + 1 :])
                    if self._try(replace(self.best.history, commands=changed)):
                        break
            place += 1


def _simpler(command: Command) -> Iterator[Command]:  # noqa: PLR0912 - one case for each kind of value
    """Return simpler forms of a call, the simplest first."""
    span = command.wait
    if span is not None:
        for plain in _PLAIN_DAYS:
            if plain < span or span % DAY:
                yield wait(plain)
        if span % DAY:
            yield wait(span - span % DAY)
            yield wait(span - span % DAY + DAY)
        return
    for name, value in command.params:
        if (command.method, name) in _OPTIONAL:
            yield Command(command.method, tuple(pair for pair in command.params if pair[0] != name), command.makes)
        for plain_value in _PLAIN.get((command.method, name), ()):
            if value == plain_value:
                break
            yield command.with_param(name, plain_value)
        if isinstance(value, Decimal):
            for amount in _PLAIN_AMOUNTS:
                if amount == value:
                    break
                yield command.with_param(name, amount)
            if value % 1:
                yield command.with_param(name, value.quantize(Decimal(1)).quantize(Decimal("0.01")) or Decimal("1.00"))
        if isinstance(value, timedelta) and value != 400 * DAY:
            yield command.with_param(name, 400 * DAY)
            if value % DAY:
                yield command.with_param(name, value - value % DAY)


def _size(history: History) -> tuple[int, int, int]:
    """Return the size of a history: its commands, then the complexity of its numbers, then its days."""
    complexity = sum(_complexity(command) for command in history.commands) + (history.start not in STARTS)
    days = sum(((command.wait or timedelta()).days for command in history.commands), 0)
    return len(history.commands), complexity, days


def _complexity(command: Command) -> int:
    span = command.wait
    if span is not None:
        return int(bool(span % DAY)) * 3
    complexity = 0
    for name, value in command.params:
        plain = _PLAIN.get((command.method, name))
        if plain is not None:
            complexity += plain.index(value) if value in plain else len(plain)
        if (command.method, name) in _OPTIONAL:
            complexity += 1
        if isinstance(value, Decimal):
            complexity += _PLAIN_AMOUNTS.index(value) if value in _PLAIN_AMOUNTS else 10 + 5 * bool(value % 1)
        if isinstance(value, timedelta):
            complexity += (value != 400 * DAY) + 2 * bool(value % DAY)
    return complexity


def roomier(history: History) -> Iterator[History]:
    """Return the history with a roomier last wait: a clear day before a due time, two clear days after it."""
    commands = history.commands
    place = max((i for i, command in enumerate(commands) if command.wait is not None), default=None)
    if place is None:
        return
    span = commands[place].wait or timedelta()
    whole = span - span % DAY
    for roomy in (whole + 2 * DAY, whole + 3 * DAY, whole - DAY, whole - 2 * DAY, whole + DAY, whole):
        if roomy > timedelta() and roomy != span:
            changed = commands[place].with_param("now", roomy)
            yield replace(history, commands=(*commands[:place], changed, *commands[place + 1 :]))
