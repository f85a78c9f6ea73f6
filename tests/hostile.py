"""Hypothesis strategies for input of the kit that is hostile, or only unlucky."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from billing_tck.contract import METHODS

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "", " ", "\x1b]0;title\x07", "\x1b[31mred", "::error file=x::y", "##vso[task.complete]", "</script><b>",
            "]]>", "a|b\n# c", "=cmd()", "\u202eright", "\ud800", "\u2028", "\x85", "\0", "${HOME}", "{{ 1 }}",
            "x" * 5_000,
            "2025-02-30T00:00:00Z", "2025-01-07T09:00:00Z", "9999-12-31", "1e999", "PT0S", "P99999999999D", "-0", "NaN",
        ]
    ),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([10**30, -(10**30), 2**63, 0, -0.0, 1e308, True]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)


class Strange:
    """An object whose every special method fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __repr__(self) -> str:
        raise self._error

    __str__ = __repr__
    __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __getitem__ = __float__ = __int__ = __repr__  # type: ignore[assignment]

    def __getattr__(self, name: str) -> object:
        raise self._error


class Text(str):
    """A string that is not only a string."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


OBJECTS = st.one_of(
    st.builds(Strange, st.sampled_from([ValueError("x"), RecursionError(), OverflowError(), KeyError(1)])),
    st.builds(Text, TEXTS),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.decimals(),
    st.complex_numbers(),
    st.binary(max_size=5),
    st.timedeltas(),
    st.sampled_from(
        [
            datetime.max.replace(tzinfo=UTC),
            date.min,
            Decimal("1E+999999"),
            Decimal("sNaN"),
            timedelta.max,
            int,
            object(),
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, OBJECTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner),
        st.dictionaries(st.one_of(TEXTS, st.integers()), inner, max_size=4),
        st.builds(lambda value: (item for item in [value]), inner),
    ),
    max_leaves=8,
)
METHOD_NAMES = st.sampled_from(sorted(METHODS))


@st.composite
def mutated(draw: st.DrawFn, value: object) -> object:
    """A JSON value of which one part is another value, is missing, or is there twice."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 4)):
            return {name: item for name, item in value.items() if name != key}
        if not draw(st.integers(0, 6)):
            return {**value, draw(TEXTS): value[key]}
        return {**value, key: draw(mutated(value[key]))}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(mutated(value[at])), *value[at + draw(st.integers(0, 2)) :]]
    return draw(JSON)


def as_json(value: object) -> str:
    """A value as JSON, with everything that JSON of Python allows."""
    return json.dumps(value)
