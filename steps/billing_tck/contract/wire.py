"""The form of values on the wire: JSON types, patterns of strings, and fields that are more than a string."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from billing_tck.clock import Real
from billing_tck.contract.methods import VERSION
from billing_tck.contract.values import Description

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([Zz]|\+00:00)"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MONEY = r"[0-9]+(\.[0-9]{1,2})?"
FAR_YEAR = "0|9999"  # how a year outside 1000 to 9998 begins
MANY_DIGITS = "[0-9]{19}"
DURATION = r"P(?=.)([0-9]{1,9}D)?(?:T(?=.)([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}S)?)?"
LATEST = timedelta(hours=24)  # the maximum of `settles_within`


def duration(text: str) -> timedelta:
    """Return an ISO 8601 duration of days, hours, minutes and seconds, as "PT24H". Raises ValueError."""
    found = re.fullmatch(DURATION, text)
    if found is None:
        raise ValueError(f'invalid duration {text!r}; write it as "PT0S" or "PT24H"')
    days, hours, minutes, seconds = (int(part[:-1]) if part else 0 for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def unfrozen(type_: object) -> object:
    """Return the real type where freezegun has replaced it in the annotations of a module."""
    if isinstance(type_, type) and issubclass(type_, Real.date):
        return Real.datetime if issubclass(type_, Real.datetime) else Real.date
    return type_


def _settles(raw: object) -> object:
    if not isinstance(raw, str) or duration(raw) > LATEST:
        raise ValueError
    return raw


def _version(raw: object) -> object:
    if raw != VERSION:
        raise ValueError
    return raw


class Refined(NamedTuple):
    """A field of which more is known than its type: what it expects, how it is checked, and its JSON Schema."""

    expected: str
    accept: Callable[[object], object]
    schema: Mapping[str, Json]


REFINED: Mapping[tuple[type, str], Refined] = {
    (Description, "contract"): Refined(f'"{VERSION}", the version of this contract', _version, {"const": VERSION}),
    (Description, "settles_within"): Refined(
        'an ISO 8601 duration of at most 24 hours, as "PT0S" or "PT1H"',
        _settles,
        {"type": "string", "pattern": f"^{DURATION}$"},
    ),
}
