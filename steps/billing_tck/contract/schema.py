"""JSON Schemas of the contract's types, derived from the same annotations as the decoders."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from billing_tck.clock import Real
from billing_tck.contract.readers import INTEGER_DIGITS
from billing_tck.contract.wire import DAY, FAR_YEAR, INSTANT, MANY_DIGITS, MONEY, REFINED, Json, unfrozen

REFS = "#/components/schemas/"

_NAMED: Mapping[type, tuple[str, dict[str, Json]]] = {
    Decimal: (
        "Money",
        {
            "type": "string",
            "pattern": f"^(?!{MANY_DIGITS}){MONEY}$",
            "description": "US dollars, not negative, at most two decimals, compared as a number.",
            "examples": ["12.50"],
        },
    ),
    Real.datetime: (
        "Instant",
        {
            "type": "string",
            "pattern": f"^(?!{FAR_YEAR}){INSTANT}$",
            "description": "An instant in whole seconds of UTC, as RFC 3339.",
            "examples": ["2025-01-18T00:00:00Z"],
        },
    ),
    Real.date: (
        "Day",
        {
            "type": "string",
            "pattern": f"^(?!{FAR_YEAR}){DAY}$",
            "description": "A day of UTC.",
            "examples": ["2025-01-18"],
        },
    ),
}


_LARGEST = 10**INTEGER_DIGITS - 1
_PLAIN: Mapping[type, dict[str, Json]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
}


def schema(type_: object) -> dict[str, Json]:
    """Return the JSON Schema of a type; named types are references to `#/components/schemas/NAME`."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    type_ = unfrozen(type_)
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
        return dict(_PLAIN[typing.cast("type", type_)])
    if isinstance(type_, type):
        return {"$ref": REFS + component_name(type_)}
    raise TypeError(f"the contract has no values of type {type_!r}")


def component_name(type_: type) -> str:
    """Return the name of a type among the schemas."""
    return _NAMED[type_][0] if type_ in _NAMED else type_.__name__


def component(type_: type) -> dict[str, Json]:
    """Return the JSON Schema of a named type in full."""
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
        refined = REFINED.get((type_, field.name))
        properties[field.name] = schema(hints[field.name]) if refined is None else dict(refined.schema)
        if field.default is dataclasses.MISSING:
            required.append(field.name)
    result: dict[str, Json] = {"type": "object", **described, "properties": properties}
    return {**result, "required": required} if required else result


def components(types_: Sequence[object]) -> dict[str, dict[str, Json]]:
    """Return the schemas of every named type that is reachable from `types_`, in alphabetical order."""
    found: dict[str, dict[str, Json]] = {}

    def visit(type_: object) -> None:
        type_ = unfrozen(type_)
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
