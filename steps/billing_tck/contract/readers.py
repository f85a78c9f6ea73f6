"""Read single values of the contract: texts, flags, integers, money, instants and days.

In process values are Python's (an aware datetime, a Decimal); on the wire they are JSON's (two strings).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from billing_tck.clock import Real
from billing_tck.contract.violations import Violation, ViolationKind
from billing_tck.contract.wire import DAY, INSTANT, MANY_DIGITS, MONEY
from billing_tck.text.preview import preview

# Within these bounds the kit's own arithmetic, in a decimal context of 28 digits and years of four, cannot fail.
FIRST_YEAR, LAST_YEAR = 1000, 9998
MONEY_DIGITS = 18  # before the point
INTEGER_DIGITS = 9
_CENT = Decimal("0.01")

Dated = TypeVar("Dated", date, datetime)
Where = tuple["Where | None", str]  # a path, made into text only where something is wrong
Accept = Callable[[object], object]
Read = Callable[[object, Where, list[Violation]], object]


class Reader(NamedTuple):
    """How one type is read, and what it expects, as text.

    `accept` returns the value, or raises ValueError where anything may be wrong; then `read` finds all that is wrong.
    """

    expected: str
    accept: Accept
    read: Read
    kind: ViolationKind = ViolationKind.OTHER


def path_of(where: Where) -> str:
    """Return a path as text."""
    parent, piece = where
    return piece if parent is None else path_of(parent) + piece


class _OutOfBounds(ValueError):
    """A value of the right form that arithmetic and drawing could not handle."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def _bounded_year(value: Dated) -> Dated:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise _OutOfBounds(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _bounded_money(value: Decimal) -> Decimal:
    if value.adjusted() >= MONEY_DIGITS:
        raise _OutOfBounds(f"an amount of at most {MONEY_DIGITS} digits before the point")
    return value


def checked(expected: str, accept: Accept, wire: bool, kind: ViolationKind = ViolationKind.OTHER) -> Reader:
    """Return a reader of single values; `accept` returns the value, or raises ValueError."""

    def read(raw: object, where: Where, violations: list[Violation]) -> object:
        try:
            return accept(raw)
        except _OutOfBounds as bounds:
            violations.append(Violation(path_of(where), preview(raw, wire=wire), bounds.expected, kind))
        except ValueError:
            violations.append(
                Violation(path_of(where), preview(raw, wire=wire) + _quotes_hint(raw, accept, wire), expected, kind)
            )
        return None

    return Reader(expected, accept, read, kind)


def _quotes_hint(raw: object, accept: Accept, wire: bool) -> str:
    """Return a hint where only the quotes are wrong: `"32"` for 32, or 12.5 for "12.5"."""
    if not wire or isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return ""
    try:
        accept(json.loads(raw) if isinstance(raw, str) else str(raw))
    except (ValueError, RecursionError):
        return ""
    return " (remove the quotes)" if isinstance(raw, str) else " (put it in quotes)"


def enum(cls: type[StrEnum], wire: bool) -> Reader:
    """Return a reader of the members of an enumeration."""
    members: dict[object, StrEnum] = {member.value: member for member in cls}

    def accept(raw: object) -> object:
        member = members.get(raw) if isinstance(raw, str) else None
        if member is None:
            raise ValueError
        return member

    return checked("one of " + ", ".join(f'"{name}"' for name in cls), accept, wire)


def _text(wire: bool) -> Reader:
    def accept(raw: object) -> object:
        if not isinstance(raw, str):
            raise ValueError
        if not raw.isascii():
            raw.encode()  # half of a surrogate pair cannot be encoded: UnicodeEncodeError is a ValueError
        return raw if type(raw) is str else str.__str__(raw)

    return checked("a string" if wire else "a str", accept, wire)


def _flag(wire: bool) -> Reader:
    def accept(raw: object) -> object:
        if raw is True or raw is False:
            return raw
        raise ValueError

    return checked("true or false" if wire else "True or False", accept, wire)


def _bounded_integer(value: int) -> int:
    if abs(value) >= 10**INTEGER_DIGITS:
        raise _OutOfBounds(f"an integer of at most {INTEGER_DIGITS} digits")
    return value


def _integer(wire: bool) -> Reader:
    def accept(raw: object) -> object:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return _bounded_integer(int(raw))
        if wire and isinstance(raw, float) and raw.is_integer():  # 8.0 is an integer to JSON
            return _bounded_integer(int(raw))
        raise ValueError

    return checked("an integer" if wire else "an int", accept, wire)


def _money(wire: bool) -> Reader:
    if wire:
        expected = 'a decimal string of US dollars, not negative, at most two decimals, as "12.50"'
        return checked(
            expected, lambda raw: _money_of(raw) if isinstance(raw, str) else _no(), wire, ViolationKind.MONEY
        )

    def accept(raw: object) -> object:
        if not isinstance(raw, Decimal) or not raw.is_finite() or raw < 0:
            raise ValueError
        _bounded_money(raw)
        if raw and raw.same_quantum(_CENT):
            return raw
        _, digits, exponent = raw.as_tuple()
        if isinstance(exponent, int) and exponent < -2:
            if any(digits[exponent + 2 :]):
                raise ValueError
            return Decimal(f"{raw:.2f}")
        return raw if raw else abs(raw)

    expected = 'a Decimal of US dollars, not negative, at most two decimals, as Decimal("12.50")'
    return checked(expected, accept, wire, ViolationKind.MONEY)


def _instant(wire: bool) -> Reader:
    if wire:
        expected = 'an instant in whole seconds of UTC, as "2025-01-18T00:00:00Z"'
        return checked(
            expected, lambda raw: _instant_of(raw) if isinstance(raw, str) else _no(), wire, ViolationKind.INSTANT
        )
    real = Real.datetime  # values of a frozen implementation get real arithmetic and a plain `repr`
    none = timedelta(0)

    def accept(raw: object) -> object:
        if not isinstance(raw, real) or raw.microsecond or (raw.tzinfo is not UTC and raw.utcoffset() != none):
            raise ValueError
        _bounded_year(raw)
        if type(raw) is real and raw.tzinfo is UTC:
            return raw
        return real(raw.year, raw.month, raw.day, raw.hour, raw.minute, raw.second, tzinfo=UTC)

    return checked("an aware datetime in whole seconds of UTC", accept, wire, ViolationKind.INSTANT)


def _day(wire: bool) -> Reader:
    if wire:
        expected = 'a day, as "2025-01-18"'
        return checked(expected, lambda raw: _day_of(raw) if isinstance(raw, str) else _no(), wire, ViolationKind.DAY)
    real, instant = Real.date, Real.datetime

    def accept(raw: object) -> object:
        if not isinstance(raw, real) or isinstance(raw, instant):
            raise ValueError
        _bounded_year(raw)
        return raw if type(raw) is real else real(raw.year, raw.month, raw.day)

    return checked("a date", accept, wire, ViolationKind.DAY)


def _no() -> object:
    raise ValueError


@lru_cache(maxsize=4096)
def _instant_of(text: str) -> datetime:
    if re.fullmatch(INSTANT, text) is None:
        raise ValueError
    return _bounded_year(Real.datetime.fromisoformat(text[:19].upper()).replace(tzinfo=UTC))


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date:
    if re.fullmatch(DAY, text) is None:
        raise ValueError
    return _bounded_year(Real.date.fromisoformat(text))


@lru_cache(maxsize=4096)
def _money_of(text: str) -> Decimal:
    if re.fullmatch(MONEY, text) is None:
        raise ValueError
    if re.match(MANY_DIGITS, text) is not None:
        raise _OutOfBounds(f"an amount of at most {MONEY_DIGITS} digits before the point")
    return _bounded_money(Decimal(text))


SCALARS: Mapping[type, Callable[[bool], Reader]] = {
    str: _text,
    bool: _flag,
    int: _integer,
    Decimal: _money,
    Real.datetime: _instant,
    Real.date: _day,
}
