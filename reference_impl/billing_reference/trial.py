"""The trial: how long it lasts and what follows when nothing pays afterwards (BC-01 to BC-09)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing_reference.facts import ZERO, Service, TrialLapse
from billing_reference.instants import DAY

LENGTH = 30 * DAY  # BC-02
DELETION_DELAY = 14 * DAY  # BC-09, two weeks


def used_up_at_zero(credits: Decimal, used: Decimal) -> bool:  # noqa: A002 - the documents' word
    """The credits are used up when nothing is left (BC-03)."""
    return used >= credits


def used_up_below_zero(credits: Decimal, used: Decimal) -> bool:  # noqa: A002 - the documents' word
    """The credits are used up when usage has gone beyond them (BC-03)."""
    return used > credits


def credits_left(credits: Decimal, used: Decimal) -> Decimal:  # noqa: A002 - the documents' word
    """What is left of the trial's credits, never less than nothing."""
    return max(ZERO, credits - used)


def from_actual_end(lapse: TrialLapse, length: timedelta) -> datetime:
    """The two weeks run from when the trial really ended (BC-09)."""
    return lapse.ended_at


def from_nominal_end(lapse: TrialLapse, length: timedelta) -> datetime:
    """The two weeks run from the trial's last day by time, even if its credits ran out before (BC-09)."""
    return lapse.started_at + length


def lapses_without_method(*, card: bool, subscription: bool, credits: bool) -> bool:  # noqa: A002 - as above
    """A trial's end has consequences when no billing method is configured (BC-08)."""
    return not (card or subscription or credits)


def every_running(services: Sequence[Service]) -> Sequence[Service]:
    """All running services (BC-08, BC-29)."""
    return [service for service in services if service.state == "running"]


def refused(*, lapsed: bool) -> bool:
    """Refused once the trial is over and no billing method is configured (BC-01)."""
    return lapsed


def accepted(*, lapsed: bool) -> bool:
    """Never refused for want of a billing method."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRules:
    """The replaceable pieces of the trial's policy."""

    length: timedelta = LENGTH
    deletion_delay: timedelta = DELETION_DELAY
    starts: Callable[[datetime, datetime], datetime] = lambda created, started: started
    ends_by_time: bool = True
    used_up: Callable[[Decimal, Decimal], bool] = used_up_at_zero
    drawn: Callable[[Decimal], Decimal] = lambda amount: amount
    left: Callable[[Decimal, Decimal], Decimal] = credits_left
    lapses: Callable[..., bool] = lapses_without_method
    stopped_at_end: Callable[[Sequence[Service]], Sequence[Service]] = every_running
    deletion_origin: Callable[[TrialLapse, timedelta], datetime] = from_actual_end
    still_without_method: Callable[..., bool] = lapses_without_method
    deletes: bool = True
    refuses_start: Callable[..., bool] = refused
    refuses_create: Callable[..., bool] = refused
    ended_by_card: bool = False  # no method ends a trial
    bills_usage: bool = False  # what the trial covered is never owed
