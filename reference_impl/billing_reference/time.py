"""Instants, days and deadlines: the arithmetic of time that all rule families share.

An instant is an aware datetime in UTC; a day is a date of UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

NO_TIME = timedelta()
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
FOREVER = datetime.max.replace(microsecond=0, tzinfo=UTC)


def aware(instant: datetime) -> datetime:
    """Return the same instant in UTC. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!s} has no time zone; expected an aware instant, for example in UTC")
    return instant.astimezone(UTC)


def start_of(day: date) -> datetime:
    """Return the midnight at which a day begins."""
    return datetime.combine(day, time(), UTC)


def hour_of(instant: datetime) -> datetime:
    """Return the full hour in which an instant lies."""
    return instant.replace(minute=0, second=0, microsecond=0)


class Deadlines:
    """The instant at which a deadline of so many days takes effect.

    For an instant that is given as such (an expiry, the end of an extension) the length is zero.
    """

    def deadline(self, start: datetime, length: timedelta = NO_TIME) -> datetime:
        """A deadline takes effect exactly n times 24 hours after its start."""
        return start + length


class AfterTheInstant(Deadlines):
    """`deadline_instant=after`."""

    def deadline(self, start: datetime, length: timedelta = NO_TIME) -> datetime:
        """A deadline takes effect one second later."""
        return start + length + SECOND


class EndOfDay(Deadlines):
    """`deadline_instant=end_of_day`."""

    def deadline(self, start: datetime, length: timedelta = NO_TIME) -> datetime:
        """A deadline takes effect when the UTC day in which it falls is over."""
        return start_of((start + length).date()) + DAY
