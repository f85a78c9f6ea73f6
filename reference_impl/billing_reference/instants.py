"""Instants, days and deadlines: the arithmetic of time that all families share.

An instant is an aware datetime in UTC; a day is a date of UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

Deadline = Callable[[datetime, timedelta], datetime]

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


def aware(instant: datetime) -> datetime:
    """The same instant in UTC; a naive one is refused with ValueError."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!s} has no time zone; every instant here is aware, in UTC")
    return instant.astimezone(UTC)


def start_of(day: date) -> datetime:
    """Midnight at which a day begins."""
    return datetime.combine(day, time(), UTC)


def at_the_instant(start: datetime, length: timedelta) -> datetime:
    """A deadline falls at the instant itself."""
    return start + length


def just_after(start: datetime, length: timedelta) -> datetime:
    """A deadline falls one second after its instant."""
    return start + length + SECOND


def end_of_its_day(start: datetime, length: timedelta) -> datetime:
    """A deadline falls when the day of its instant is over."""
    return start_of((start + length).date()) + DAY


def hour_of(instant: datetime) -> datetime:
    """The full hour in which an instant lies."""
    return instant.replace(minute=0, second=0, microsecond=0)
