"""Complete values that are begun: an amount, a span of time, a day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from billing_tck.steps.parameter_types import MONTHS, UNITS

_YEAR = 2025


def begun(type_: str, typed: str) -> tuple[str, ...]:
    """Return the values of a type that begin with a text; none where the type has no known form."""
    complete = _FORMS.get(type_)
    return tuple(value for value in complete(typed) if value.startswith(typed)) if complete else ()


def _money(typed: str) -> Iterator[str]:
    if found := re.fullmatch(r"(\$\d[\d,]*)(\.\d{0,1})?", typed):
        cents = (found[2] or ".")[1:]
        yield f"{found[1]}.{cents:0<2}"


def _span(typed: str) -> Iterator[str]:
    if found := re.fullmatch(r"(\d[\d,]*)( [a-z]*)?", typed):
        ends = "" if found[1] == "1" else "s"
        yield from (
            f"{found[1]} {unit}{ends}" for unit in ("day", *UNITS) if f" {unit}{ends}".startswith(found[2] or "")
        )


def _day(typed: str) -> Iterator[str]:
    if found := re.fullmatch(r"(\d{1,2})( [A-Za-z]*)?( \d{0,3})?", typed):
        months = (month for month in MONTHS if f" {month}".startswith(found[2] or ""))
        yield from (f"{found[1]} {month} {_YEAR}" for month in months)


def _gib(typed: str) -> Iterator[str]:
    if found := re.fullmatch(r"(\d+)( G?i?)?", typed):
        yield f"{found[1]} GiB"


_FORMS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "Money": _money,
    "Span": _span,
    "Instant": _day,
    "Day": _day,
    "Gib": _gib,
}
