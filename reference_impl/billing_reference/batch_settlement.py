"""Batch settlement: a billing system that sweeps once a day, and still counts everything from its due time.

Between two sweeps commands act on the state that the last sweep left; what falls due meanwhile shows at the next sweep,
as of its own due time. The contract allows it (`settles_within` of at most 24 hours), so the core must too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial

from billing_reference.service import BillingService
from billing_reference.time import DAY, aware
from billing_tck.contract import METHODS, READS, Refused

SWEEPS = {"before_midnight": time(23, 59, 59), "morning": time(8, 59, 59)}


class BatchSettlement:
    """The reference behind a daily sweep at a time of day in UTC."""

    def __init__(self, billing: BillingService, sweep: time) -> None:
        self._billing = billing
        self._sweep = sweep
        self._clock = billing.clock
        self._reading: datetime | None = None
        billing.clock = lambda: self._reading if self._reading is not None else self._clock()
        self._settled = billing.save()
        self._journal: list[tuple[datetime, str, dict[str, object]]] = []
        self._swept = datetime.min.replace(tzinfo=UTC)

    def describe_implementation(self) -> dict[str, object]:
        """Return the description of the reference, which here settles within 24 hours."""
        return {**self._billing.describe_implementation(), "settles_within": "PT24H"}

    def reset(self, *, now: datetime) -> dict[str, object]:
        """Forget everything."""
        self._billing.reset(now=now)
        self._settled, self._journal = self._billing.save(), []
        self._swept = aware(now)
        return {}

    def advance_to(self, *, now: datetime) -> dict[str, object]:
        """Apply what fell due by the latest sweep, and nothing later."""
        sweep = datetime.combine(aware(now).date(), self._sweep, UTC)
        sweep = sweep if sweep <= now else sweep - DAY
        if sweep <= self._swept:
            return {}
        self._swept = sweep
        self._billing.restore(self._settled)
        self._billing.settles = True
        for at, method, params in self._journal:
            if at > sweep:  # pragma: no cover - a sweep is never skipped
                raise AssertionError(f"{method} at {at} is later than the sweep at {sweep}")
            self._at(at, partial(self._billing.advance_to, now=at))
            self._at(at, partial(self._again, method, params))
        self._journal = []
        self._at(sweep, partial(self._billing.advance_to, now=sweep))
        self._settled = self._billing.save()
        return {}

    def _again(self, method: str, params: dict[str, object]) -> None:
        try:
            getattr(self._billing, method)(**params)
        except Refused:  # what fell due before makes the rules refuse it now
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


def settling_in_batches(billing: BillingService, sweep: str) -> BatchSettlement:
    """Put the reference behind one of the `SWEEPS`. Raises ValueError for another name."""
    if sweep not in SWEEPS:
        raise ValueError(f"sweep {sweep!r} does not exist; known: {', '.join(SWEEPS)}")
    return BatchSettlement(billing, SWEEPS[sweep])
