"""How contract values travel: what an implementation sends is checked and made into frozen values, field by field.

The annotations of `contract.values` are the only description; decoders and JSON Schemas are both derived from them.
In process values are Python's (an aware datetime, a Decimal); on the wire they are JSON's (two strings).
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from billing_tck.clock import Real
from billing_tck.contract.errors import ErrorKind, Fault, ImplementationError
from billing_tck.contract.methods import VERSION, Method
from billing_tck.contract.values import Description
from billing_tck.text.preview import LIMIT, preview, preview_text

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

SHOWN = 5  # of the faults of one answer, so many are told

_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([Zz]|\+00:00)"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MONEY = r"[0-9]+(\.[0-9]{1,2})?"
_DURATION = r"P(?=.)([0-9]{1,9}D)?(?:T(?=.)([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}S)?)?"


class ContractViolation(ValueError):
    """A value that does not fit the contract; `faults` are all the places where it does not."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        shown = "; ".join(str(fault) for fault in self.faults[:SHOWN])
        more = len(self.faults) - SHOWN
        super().__init__(f"{shown}; and {more} more" if more > 0 else shown)


# What came in --------------------------------------------------------------------------------------------------------


def decode(type_: object, raw: object, *, wire: bool, where: str) -> object:
    """The contract's value of `type_` that `raw` stands for; Misfit, with every fault by its path, where it is none.

    `wire` says whether `raw` came as JSON. Unknown fields are ignored; missing optional ones take their default.
    """
    faults: list[Fault] = []
    value = _reader(type_, wire).read(raw, (None, where), faults)
    if faults:
        raise ContractViolation(faults)
    return value


def decode_result(method: Method, raw: object, *, wire: bool) -> object:
    """What a method returned. Raises ImplementationError(INVALID) that names every field which does not fit."""
    try:
        return decode(method.result, raw, wire=wire, where=method.name)
    except ContractViolation as misfit:
        problem = f"the result does not fit the contract: {misfit}"
        raise ImplementationError(ErrorKind.INVALID, problem, method=method.name) from None


def decode_params(method: Method, raw: object) -> dict[str, object]:
    """The parameters of a call as they came on the wire, by name; Misfit with every one that is wrong.

    Parameters that were not given stay away: the defaults are those of the implementation.
    """
    if not isinstance(raw, dict):
        raise ContractViolation([Fault("params", preview(raw), "an object")])
    known = {parameter.name: parameter for parameter in method.parameters}
    expected = f"one of {', '.join(known)}" if known else "no parameters"
    faults = [Fault(preview_text(name, LIMIT), "an unknown parameter", expected) for name in raw if name not in known]
    values: dict[str, object] = {}
    for name, parameter in known.items():
        reader = _reader(parameter.type, True)
        if name in raw:
            values[name] = reader.read(raw[name], (None, name), faults)
        elif parameter.required:
            faults.append(Fault(name, "nothing", reader.expected))
    if faults:
        raise ContractViolation(faults)
    return values


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds, as "PT24H". ValueError where it is none."""
    found = re.fullmatch(_DURATION, text)
    if found is None:
        raise ValueError(f'{text!r} is no duration; write it as "PT0S" or "PT24H"')
    days, hours, minutes, seconds = (int(part[:-1]) if part else 0 for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


Where = tuple["Where | None", str]  # a path, put into words only where something is wrong
Read = Callable[[object, Where, list[Fault]], object]


class _Reader(NamedTuple):
    """How one type is read, and what it expects, in words."""

    expected: str
    read: Read


def _path(where: Where) -> str:
    parent, piece = where
    return piece if parent is None else _path(parent) + piece


def _unfrozen(type_: object) -> object:
    """The real type where freezegun has put its own into the annotations of a module."""
    if isinstance(type_, type) and issubclass(type_, Real.date):
        return Real.datetime if issubclass(type_, Real.datetime) else Real.date
    return type_


@cache
def _reader(type_: object, wire: bool) -> _Reader:
    type_ = _unfrozen(type_)
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _optional(_reader(inner, wire), wire)
    if origin is tuple:
        return _list(_reader(arguments[0], wire), wire)
    if origin is dict:
        return _texts(wire)
    if isinstance(type_, type):
        if dataclasses.is_dataclass(type_):
            return _record(type_, wire)
        if issubclass(type_, StrEnum):
            return _enum(type_, wire)
        if type_ in _SCALARS:
            return _SCALARS[type_](wire)
    raise TypeError(f"the contract has no values of type {type_!r}")


def _checked(expected: str, accept: Callable[[object], object], wire: bool) -> _Reader:
    """A reader of values that stand alone; `accept` gives the value, or raises ValueError."""

    def read(raw: object, where: Where, faults: list[Fault]) -> object:
        try:
            return accept(raw)
        except ValueError:
            faults.append(Fault(_path(where), preview(raw, wire=wire) + _about_quotes(raw, accept, wire), expected))
            return None

    return _Reader(expected, read)


def _about_quotes(raw: object, accept: Callable[[object], object], wire: bool) -> str:
    """A hint where nothing is wrong but the quotes: `"32"` for 32, or 12.5 for "12.5"."""
    if not wire or isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return ""
    try:
        accept(json.loads(raw) if isinstance(raw, str) else str(raw))
    except (ValueError, RecursionError):
        return ""
    return " (leave the quotes away)" if isinstance(raw, str) else " (put it in quotes)"


def _optional(inner: _Reader, wire: bool) -> _Reader:
    inner_read = inner.read
    expected = f"{inner.expected}, or {'null' if wire else 'None'}"

    def read(raw: object, where: Where, faults: list[Fault]) -> object:
        if raw is None:
            return None
        before = len(faults)
        value = inner_read(raw, where, faults)
        if len(faults) == before + 1 and faults[-1].expected == inner.expected:
            faults[-1] = dataclasses.replace(faults[-1], expected=expected)
        return value

    return _Reader(expected, read)


def _list(item: _Reader, wire: bool) -> _Reader:
    item_read = item.read
    accepted = list if wire else (list, tuple)

    def read(raw: object, where: Where, faults: list[Fault]) -> object:
        if not isinstance(raw, accepted):
            faults.append(Fault(_path(where), preview(raw, wire=wire), "a list"))
            return None
        return tuple([item_read(entry, (where, f"[{i}]"), faults) for i, entry in enumerate(raw)])

    return _Reader("a list", read)


def _texts(wire: bool) -> _Reader:
    expected = "an object of strings" if wire else "a dict of str"
    text_read = _reader(str, wire).read

    def read(raw: object, where: Where, faults: list[Fault]) -> object:
        if not isinstance(raw, dict if wire else Mapping):
            faults.append(Fault(_path(where), preview(raw, wire=wire), expected))
            return None
        values = {}
        for name, text in raw.items():
            key = text_read(name, (where, " (a name)"), faults)
            values[key] = text_read(text, (where, f"[{preview(name)}]"), faults)
        return values

    return _Reader(expected, read)


def _record(cls: type[typing.Any], wire: bool) -> _Reader:
    hints = typing.get_type_hints(cls)
    fields = [
        (f.name, f".{f.name}", _field_reader(cls, f.name, hints[f.name], wire), f.default)
        for f in dataclasses.fields(cls)
    ]
    names = ", ".join(name for name, *_ in fields)
    if wire:
        expected = f"an object with {names}" if fields else "an empty object {}"
    else:
        expected = f"a dict with {names}" if fields else "an empty dict {}"
    contradicts = hasattr(cls, "contradiction")

    def read(raw: object, where: Where, faults: list[Fault]) -> object:
        if not wire and isinstance(raw, cls):
            raw = {name: getattr(raw, name) for name, *_ in fields}
        if not isinstance(raw, dict if wire else Mapping):
            faults.append(Fault(_path(where), preview(raw, wire=wire), expected))
            return None
        before = len(faults)
        values = []
        for name, piece, reader, default in fields:
            if name in raw:
                values.append(reader.read(raw[name], (where, piece), faults))
            elif default is dataclasses.MISSING:
                faults.append(Fault(_path((where, piece)), "nothing", reader.expected))
            else:
                values.append(default)
        if len(faults) > before:
            return None
        value = cls(*values)
        if contradicts and (problem := value.contradiction()) is not None:
            faults.append(Fault(_path(where), preview(raw, wire=wire), f"that {problem}"))
        return value

    return _Reader(expected, read)


def _enum(cls: type[StrEnum], wire: bool) -> _Reader:
    members: dict[object, StrEnum] = {member.value: member for member in cls}

    def accept(raw: object) -> object:
        member = members.get(raw) if isinstance(raw, str) else None
        if member is None:
            raise ValueError
        return member

    return _checked("one of " + ", ".join(f'"{name}"' for name in cls), accept, wire)


def _text(wire: bool) -> _Reader:
    def accept(raw: object) -> object:
        if not isinstance(raw, str):
            raise ValueError
        if not raw.isascii():
            raw.encode()  # half of a surrogate pair is no text: UnicodeEncodeError is a ValueError
        return raw if type(raw) is str else str.__str__(raw)

    return _checked("a string" if wire else "a str", accept, wire)


def _flag(wire: bool) -> _Reader:
    def accept(raw: object) -> object:
        if raw is True or raw is False:
            return raw
        raise ValueError

    return _checked("true or false" if wire else "True or False", accept, wire)


def _integer(wire: bool) -> _Reader:
    def accept(raw: object) -> object:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return int(raw)
        if wire and isinstance(raw, float) and raw.is_integer():  # 8.0 is an integer to JSON
            return int(raw)
        raise ValueError

    return _checked("an integer" if wire else "an int", accept, wire)


def _money(wire: bool) -> _Reader:
    if wire:
        expected = 'a decimal string of US dollars, not negative, at most two decimals, as "12.50"'
        return _checked(expected, lambda raw: _money_of(raw) if isinstance(raw, str) else _no(), wire)

    def accept(raw: object) -> object:
        if not isinstance(raw, Decimal) or not raw.is_finite() or raw < 0:
            raise ValueError
        _, digits, exponent = raw.as_tuple()
        if isinstance(exponent, int) and exponent < -2:
            if any(digits[exponent + 2 :]):
                raise ValueError
            return Decimal(f"{raw:.2f}")
        return raw if raw else abs(raw)

    expected = 'a Decimal of US dollars, not negative, at most two decimals, as Decimal("12.50")'
    return _checked(expected, accept, wire)


def _instant(wire: bool) -> _Reader:
    if wire:
        expected = 'an instant in whole seconds of UTC, as "2025-01-18T00:00:00Z"'
        return _checked(expected, lambda raw: _instant_of(raw) if isinstance(raw, str) else _no(), wire)
    real = Real.datetime  # what a frozen implementation hands over gets real arithmetic and a plain `repr`
    none = timedelta(0)

    def accept(raw: object) -> object:
        if not isinstance(raw, real) or raw.microsecond or (raw.tzinfo is not UTC and raw.utcoffset() != none):
            raise ValueError
        if type(raw) is real and raw.tzinfo is UTC:
            return raw
        return real(raw.year, raw.month, raw.day, raw.hour, raw.minute, raw.second, tzinfo=UTC)

    return _checked("an aware datetime in whole seconds of UTC", accept, wire)


def _day(wire: bool) -> _Reader:
    if wire:
        return _checked('a day, as "2025-01-18"', lambda raw: _day_of(raw) if isinstance(raw, str) else _no(), wire)
    real, instant = Real.date, Real.datetime

    def accept(raw: object) -> object:
        if not isinstance(raw, real) or isinstance(raw, instant):
            raise ValueError
        return raw if type(raw) is real else real(raw.year, raw.month, raw.day)

    return _checked("a date", accept, wire)


def _no() -> object:
    raise ValueError


@lru_cache(maxsize=4096)
def _instant_of(text: str) -> datetime:
    if re.fullmatch(_INSTANT, text) is None:
        raise ValueError
    return Real.datetime.fromisoformat(text[:19].upper()).replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date:
    if re.fullmatch(_DAY, text) is None:
        raise ValueError
    return Real.date.fromisoformat(text)


@lru_cache(maxsize=4096)
def _money_of(text: str) -> Decimal:
    if re.fullmatch(_MONEY, text) is None:
        raise ValueError
    return Decimal(text)


_SCALARS: Mapping[type, Callable[[bool], _Reader]] = {
    str: _text,
    bool: _flag,
    int: _integer,
    Decimal: _money,
    Real.datetime: _instant,
    Real.date: _day,
}


# Texts of which more is known than that they are texts --------------------------------------------------------------


def _settles(raw: object) -> object:
    if not isinstance(raw, str) or duration(raw) > timedelta(hours=24):
        raise ValueError
    return raw


def _version(raw: object) -> object:
    return raw if raw == VERSION else _no()


class _Refined(NamedTuple):
    expected: str
    accept: Callable[[object], object]
    schema: Mapping[str, Json]


_REFINED: Mapping[tuple[type, str], _Refined] = {
    (Description, "contract"): _Refined(f'"{VERSION}", the version of this contract', _version, {"const": VERSION}),
    (Description, "settles_within"): _Refined(
        'an ISO 8601 duration of at most 24 hours, as "PT0S" or "PT1H"',
        _settles,
        {"type": "string", "pattern": f"^{_DURATION}$"},
    ),
}


def _field_reader(cls: type, name: str, hint: object, wire: bool) -> _Reader:
    refined = _REFINED.get((cls, name))
    return _reader(hint, wire) if refined is None else _checked(refined.expected, refined.accept, wire)


# What goes out -------------------------------------------------------------------------------------------------------


def encode(value: object) -> Json:  # noqa: PLR0911 - one line for each kind of value
    """The JSON value that stands for a contract value on the wire.

    ValueError for an instant that is not in whole seconds of UTC, TypeError for what the contract has no values of.
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
                raise ValueError(f"{value!r} is no instant in whole seconds of UTC")
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


# What it looks like --------------------------------------------------------------------------------------------------

REFS = "#/components/schemas/"

_NAMED: Mapping[type, tuple[str, dict[str, Json]]] = {
    Decimal: (
        "Money",
        {
            "type": "string",
            "pattern": f"^{_MONEY}$",
            "description": "US dollars, not negative, at most two decimals, compared as a number.",
            "examples": ["12.50"],
        },
    ),
    Real.datetime: (
        "Instant",
        {
            "type": "string",
            "pattern": f"^{_INSTANT}$",
            "description": "An instant in whole seconds of UTC, as RFC 3339.",
            "examples": ["2025-01-18T00:00:00Z"],
        },
    ),
    Real.date: (
        "Day",
        {"type": "string", "pattern": f"^{_DAY}$", "description": "A day of UTC.", "examples": ["2025-01-18"]},
    ),
}


def schema(type_: object) -> dict[str, Json]:
    """The JSON Schema of a type on the wire; types with a name are referred to as `#/components/schemas/NAME`."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    type_ = _unfrozen(type_)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        plain = schema(inner)
        if isinstance(plain.get("type"), str):
            return {**plain, "type": [plain["type"], "null"]}
        return {"anyOf": [plain, {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema(arguments[1])}
    if type_ in (str, bool, int):
        return {"type": {str: "string", bool: "boolean", int: "integer"}[typing.cast("type", type_)]}
    if isinstance(type_, type):
        return {"$ref": REFS + component_name(type_)}
    raise TypeError(f"the contract has no values of type {type_!r}")


def component_name(type_: type) -> str:
    """The name under which a type stands among the schemas."""
    return _NAMED[type_][0] if type_ in _NAMED else type_.__name__


def component(type_: type) -> dict[str, Json]:
    """The JSON Schema of a type with a name, written out."""
    if type_ in _NAMED:
        return dict(_NAMED[type_][1])
    described: dict[str, Json] = {"description": " ".join((type_.__doc__ or "").split())}
    if issubclass(type_, StrEnum):
        return {"type": "string", "enum": [member.value for member in type_], **described}
    if not dataclasses.is_dataclass(type_):
        raise TypeError(f"the contract has no values of type {type_!r}")
    hints = typing.get_type_hints(type_)
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for field in dataclasses.fields(type_):
        refined = _REFINED.get((type_, field.name))
        properties[field.name] = schema(hints[field.name]) if refined is None else dict(refined.schema)
        if field.default is dataclasses.MISSING:
            required.append(field.name)
    result: dict[str, Json] = {"type": "object", **described, "properties": properties}
    return {**result, "required": required} if required else result


def components(types_: Sequence[object]) -> dict[str, dict[str, Json]]:
    """The schemas of every type with a name that can be reached from `types_`, by name in alphabetical order."""
    found: dict[str, dict[str, Json]] = {}

    def visit(type_: object) -> None:
        type_ = _unfrozen(type_)
        for argument in typing.get_args(type_):
            visit(argument)
        if typing.get_origin(type_) is not None or type_ in (str, bool, int, type(None), Ellipsis):
            return
        if isinstance(type_, type) and component_name(type_) not in found:
            found[component_name(type_)] = component(type_)
            if dataclasses.is_dataclass(type_):
                for hint in typing.get_type_hints(type_).values():
                    visit(hint)

    for type_ in types_:
        visit(type_)
    return dict(sorted(found.items()))
