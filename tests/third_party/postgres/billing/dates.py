"""Arithmetic of deadlines and billing cycles. Days are UTC."""

import calendar
from datetime import UTC, date, datetime, time, timedelta

from billing.readings import Readings

TRIAL = timedelta(days=30)  # BC-02, AWS-12
AFTER_TRIAL = timedelta(days=14)  # BC-09
STOP = timedelta(days=14)  # BC-29
DELETION = timedelta(days=30)  # BC-28, BC-30


def midnight(day: date) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(day, time.min, UTC)


def takes_effect(deadline: datetime, readings: Readings) -> datetime:
    """Return the instant at which a deadline takes effect."""
    match readings.deadline_instant:
        case "at":
            return deadline
        case "after":
            return deadline + timedelta(seconds=1)
        case "end_of_day":
            return midnight(deadline.date() + timedelta(days=1))


def months_later(day: date, months: int, *, rollover: bool = False) -> date:
    """Return the same day of a later month; where it lacks one, its last day or as many days into the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    missing = max(0, day.day - length)
    return date(year, month + 1, min(day.day, length)) + timedelta(days=missing if rollover else 0)


def next_cycle(anchor: date, first_day: date, number: int, readings: Readings) -> date:
    """Return the first day of the cycle after the one with this number (from 0) and first day."""
    if readings.month_end == "sticky":
        return months_later(first_day, 1)
    return months_later(anchor, number + 1, rollover=readings.month_end == "rollover")
