"""Encode values of the contract as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from billing_tck.contract.wire import Json
from billing_tck.text.preview import preview


def encode(value: object) -> Json:  # noqa: PLR0911 - one line for each kind of value
    """Return the JSON of a contract value.

    Raises ValueError for an instant that is not in whole seconds of UTC, TypeError for a type that the contract lacks.
    """
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return str(value.value)
        case str():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            if value.utcoffset() != timedelta(0) or value.microsecond:
                raise ValueError(f"{value!r} is not an instant in whole seconds of UTC")
            return value.isoformat()[:19] + "Z"
        case date():
            return value.isoformat()
        case list() | tuple():
            return [encode(item) for item in value]
        case Mapping():
            return {str(name): encode(item) for name, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"the contract has no values of type {type(value).__name__}: {preview(value, wire=False)}")
