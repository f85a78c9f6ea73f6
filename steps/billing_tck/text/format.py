"""Format values of the contract as people write them: money, instants, days, durations and counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import islice


def format_money(amount: Decimal) -> str:
    """Return `$1,234.50`."""
    return f"${amount:,.2f}"


def format_day(day: date) -> str:
    """Return `18 Jan 2025`."""
    return f"{day.day} {day:%b %Y}"


def format_instant(instant: datetime) -> str:
    """Return `18 Jan 2025 09:00` in UTC, with the seconds where there are any."""
    utc = instant.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y %H:%M}" + (f":{utc:%S}" if utc.second else "")


def format_duration(duration: timedelta) -> str:
    """Return `31 days`, `1 day 2 hours` or `1 second`; `no time` where it is zero."""
    seconds = int(duration.total_seconds())
    parts = []
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(format_count(number, unit))
    return " ".join(parts) or "no time"


def format_count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 scenario`, `2 scenarios`; `plural` where that is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def format_first(texts: Iterable[str], most: int = 20) -> str:
    """Return the first texts with semicolons between them, and whether there are more; those are not made."""
    all_texts = iter(texts)
    first = list(islice(all_texts, most))
    return "; ".join([*first, *("and more" for _ in islice(all_texts, 1))])


def format_value(value: object) -> str:
    """Return a parameter or a result of the contract as text."""
    match value:
        case datetime():
            return format_instant(value)
        case date():
            return format_day(value)
        case Decimal():
            return format_money(value)
        case bool():
            return "yes" if value else "no"
        case str() if not isinstance(value, StrEnum):
            return value
        case _:
            return str(value).replace("_", " ")
