"""Settling late: a billing system that sweeps once a day, and still counts everything from its due time.

Between two sweeps commands act on what the last sweep left; what fell due meanwhile shows at the next one, as if it had
happened at its own due time. The contract allows it (`settles_within` of at most 24 hours), so the core must too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial

from billing_reference.instants import DAY, aware
from billing_reference.settling import Facts
from billing_reference.shell import Billing
from billing_tck.contract import METHODS, READS, Refused

SWEEPS = {"before_midnight": time(23, 59, 59), "morning": time(8, 59, 59)}


class LateBilling:
    """The reference behind a daily sweep at a time of day in UTC."""

    def __init__(self, billing: Billing, sweep: time) -> None:
        self._billing = billing
        self._sweep = sweep
        self._clock = billing.clock
        self._reading: datetime | None = None
        billing.clock = lambda: self._reading if self._reading is not None else self._clock()
        self._settled = billing.snapshot()
        self._journal: list[tuple[datetime, str, dict[str, object]]] = []
        self._swept = datetime.min.replace(tzinfo=UTC)

    def describe_implementation(self) -> dict[str, object]:
        """As the reference, which then settles within 24 hours."""
        return {**self._billing.describe_implementation(), "settles_within": "PT24H"}

    def reset(self, *, now: datetime) -> dict[str, object]:
        """Forgets everything."""
        self._billing.reset(now=now)
        self._settled, self._journal = Facts(), []
        self._swept = aware(now)
        return {}

    def advance_to(self, *, now: datetime) -> dict[str, object]:
        """Only what fell due by the last sweep has happened."""
        sweep = datetime.combine(aware(now).date(), self._sweep, UTC)
        sweep = sweep if sweep <= now else sweep - DAY
        if sweep <= self._swept:
            return {}
        self._swept = sweep
        self._billing.ledger.facts = self._settled
        self._billing.settles = True
        for at, method, params in self._journal:
            if at > sweep:  # cannot be: the clock never runs ahead of a sweep that is due
                raise AssertionError(f"{method} at {at} is later than the sweep at {sweep}")
            self._at(at, partial(self._billing.advance_to, now=at))
            self._at(at, partial(self._again, method, params))
        self._journal = []
        self._at(sweep, partial(self._billing.advance_to, now=sweep))
        self._settled = self._billing.snapshot()
        return {}

    def _again(self, method: str, params: dict[str, object]) -> None:
        try:
            getattr(self._billing, method)(**params)
        except Refused:  # what had fallen due by then forbids it after all
            return

    def _at(self, instant: datetime, action: Callable[[], object]) -> None:
        self._reading = instant
        try:
            action()
        finally:
            self._reading = None

    def __getattr__(self, method: str) -> Callable[..., object]:
        if method not in METHODS:
            raise AttributeError(method)
        act = getattr(self._billing, method)

        def command(**params: object) -> object:
            self._billing.settles = False
            answer = act(**params)
            if method not in READS:
                self._journal.append((aware(self._clock()).replace(microsecond=0), method, copy.copy(params)))
            return answer

        return command


def settling_late(billing: Billing, sweep: str) -> LateBilling:
    """The reference behind one of the `SWEEPS`. Raises ValueError for another name."""
    if sweep not in SWEEPS:
        raise ValueError(f"no sweep is called {sweep!r}; known: {', '.join(SWEEPS)}")
    return LateBilling(billing, SWEEPS[sweep])
