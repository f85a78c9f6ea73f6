"""Decode and validate what an implementation sends, field by field.

The annotations of `contract.values` are the only description: decoders and JSON Schemas are both derived from them.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from billing_tck.contract.errors import ErrorKind, ImplementationError
from billing_tck.contract.methods import Method
from billing_tck.contract.readers import SCALARS, Reader, Where, checked, enum, path_of
from billing_tck.contract.values import OrganizationView, SubscriptionView
from billing_tck.contract.violations import ContractViolation, Violation, ViolationKind
from billing_tck.contract.wire import REFINED, unfrozen
from billing_tck.text.preview import LIMIT, preview, preview_text

View = OrganizationView | SubscriptionView


def decode(type_: object, raw: object, *, wire: bool, where: str) -> object:
    """Return the contract's value of a type. Raises ContractViolation with every violation, by its path.

    `wire` is whether `raw` was JSON. Unknown fields are ignored; missing optional ones take their default.
    """
    reader = reader_of(type_, wire)
    try:
        return reader.accept(raw)
    except ValueError:
        violations: list[Violation] = []
        value = reader.read(raw, (None, where), violations)
    if violations:
        raise ContractViolation(violations)
    return value


def decode_result(method: Method, raw: object, *, wire: bool) -> object:
    """Return the result of a method. Raises ImplementationError(INVALID) that names every field which does not fit."""
    try:
        return decode(method.result, raw, wire=wire, where=method.name)
    except ContractViolation as violation:
        problem = f"the result does not fit the contract: {violation}"
        raise ImplementationError(
            ErrorKind.INVALID, problem, method=method.name, violations=violation.violations
        ) from None


def decode_changes(view: View, changes: Mapping[str, object]) -> View:
    """Return a view with other fields, which were not JSON.

    Raises ValueError where one may be wrong, and KeyError where it is unknown: `decode` finds which, in the whole.
    """
    readers = _view_readers(type(view).__name__)
    fields: dict[str, typing.Any] = {name: readers[name].accept(raw) for name, raw in changes.items()}
    return dataclasses.replace(view, **fields)


@cache
def _view_readers(name: str) -> dict[str, Reader]:
    return next(_field_readers(view, False) for view in (OrganizationView, SubscriptionView) if view.__name__ == name)


def decode_params(method: Method, raw: object) -> dict[str, object]:
    """Return the parameters of a call on the wire, by name. Raises ContractViolation with every one that is wrong.

    Parameters that are not given are left out: their defaults are those of the implementation.
    """
    if not isinstance(raw, dict):
        raise ContractViolation([Violation("params", preview(raw), "an object")])
    known = {parameter.name: parameter for parameter in method.parameters}
    expected = f"one of {', '.join(known)}" if known else "no parameters"
    violations = [
        Violation(preview_text(name, LIMIT), "an unknown parameter", expected) for name in raw if name not in known
    ]
    values: dict[str, object] = {}
    for name, parameter in known.items():
        reader = reader_of(parameter.type, True)
        if name in raw:
            values[name] = reader.read(raw[name], (None, name), violations)
        elif parameter.required:
            violations.append(Violation(name, "nothing", reader.expected, ViolationKind.MISSING))
    if violations:
        raise ContractViolation(violations)
    return values


@cache
def reader_of(type_: object, wire: bool) -> Reader:
    """Return the reader of a type; each is made once."""
    type_ = unfrozen(type_)
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _optional(reader_of(inner, wire), wire)
    if origin is tuple:
        return _list(reader_of(arguments[0], wire), wire)
    if origin is dict:
        return _texts(wire)
    if isinstance(type_, type):
        if dataclasses.is_dataclass(type_):
            return _record(type_, wire)
        if issubclass(type_, StrEnum):
            return enum(type_, wire)
        if type_ in SCALARS:
            return SCALARS[type_](wire)
    raise TypeError(f"the contract has no values of type {type_!r}")


def _optional(inner: Reader, wire: bool) -> Reader:
    inner_accept, inner_read = inner.accept, inner.read
    expected = f"{inner.expected}, or {'null' if wire else 'None'}"

    def accept(raw: object) -> object:
        return None if raw is None else inner_accept(raw)

    def read(raw: object, where: Where, violations: list[Violation]) -> object:
        if raw is None:
            return None
        before = len(violations)
        value = inner_read(raw, where, violations)
        if len(violations) == before + 1 and violations[-1].expected == inner.expected:
            violations[-1] = dataclasses.replace(violations[-1], expected=expected)
        return value

    return Reader(expected, accept, read, inner.kind)


def _list(item: Reader, wire: bool) -> Reader:
    item_accept, item_read = item.accept, item.read
    accepted = list if wire else (list, tuple)

    def accept(raw: object) -> object:
        if not isinstance(raw, accepted):
            raise ValueError
        return tuple([item_accept(entry) for entry in raw])

    def read(raw: object, where: Where, violations: list[Violation]) -> object:
        if not isinstance(raw, accepted):
            violations.append(Violation(path_of(where), preview(raw, wire=wire), "a list"))
            return None
        return tuple([item_read(entry, (where, f"[{i}]"), violations) for i, entry in enumerate(raw)])

    return Reader("a list", accept, read)


def _texts(wire: bool) -> Reader:
    expected = "an object of strings" if wire else "a dict of str"
    text_accept, text_read = reader_of(str, wire).accept, reader_of(str, wire).read

    def accept(raw: object) -> object:
        if not isinstance(raw, dict if wire else Mapping):
            raise ValueError
        return {text_accept(name): text_accept(text) for name, text in raw.items()}

    def read(raw: object, where: Where, violations: list[Violation]) -> object:
        if not isinstance(raw, dict if wire else Mapping):
            violations.append(Violation(path_of(where), preview(raw, wire=wire), expected))
            return None
        values = {}
        for name, text in raw.items():
            key = text_read(name, (where, " (a name)"), violations)
            values[key] = text_read(text, (where, f"[{preview(name)}]"), violations)
        return values

    return Reader(expected, accept, read)


def _record(cls: type[typing.Any], wire: bool) -> Reader:
    readers = _field_readers(cls, wire)
    fields = [(f.name, f".{f.name}", readers[f.name], f.default) for f in dataclasses.fields(cls)]
    names = ", ".join(name for name, *_ in fields)
    if wire:
        expected = f"an object with {names}" if fields else "an empty object {}"
    else:
        expected = f"a dict with {names}" if fields else "an empty dict {}"
    contradicts = hasattr(cls, "contradiction")
    parts = [(name, piece, reader.read) for name, piece, reader, _ in fields]
    accepting = [(name, reader.accept) for name, _, reader, _ in fields]
    required = [(name, reader.accept) for name, _, reader, default in fields if default is dataclasses.MISSING]
    optional = [
        (name, reader.accept, default) for name, _, reader, default in fields if default is not dataclasses.MISSING
    ]

    def accept(raw: object) -> object:
        if type(raw) is dict:
            try:
                values = [accept_field(raw[name]) for name, accept_field in required]
            except KeyError:
                raise ValueError from None
            for name, accept_field, default in optional:
                values.append(accept_field(raw[name]) if name in raw else default)
        elif not wire and isinstance(raw, cls):
            values = [accept_field(getattr(raw, name)) for name, accept_field in accepting]
        else:
            raise ValueError
        value = cls(*values)
        if contradicts and value.contradiction() is not None:
            raise ValueError
        return value

    def named(raw: Mapping[str, object], where: Where, violations: list[Violation]) -> list[object]:
        values = []
        for name, piece, reader, default in fields:
            if name in raw:
                values.append(reader.read(raw[name], (where, piece), violations))
            elif default is dataclasses.MISSING:
                violations.append(Violation(path_of((where, piece)), "nothing", reader.expected, ViolationKind.MISSING))
            else:
                values.append(default)
        return values

    def read(raw: object, where: Where, violations: list[Violation]) -> object:
        before = len(violations)
        if type(raw) is dict:
            values = named(raw, where, violations)
        elif not wire and isinstance(raw, cls):
            values = [read_part(getattr(raw, name), (where, piece), violations) for name, piece, read_part in parts]
        elif isinstance(raw, dict if wire else Mapping):
            values = named(raw, where, violations)
        else:
            violations.append(Violation(path_of(where), preview(raw, wire=wire), expected))
            return None
        if len(violations) > before:
            return None
        value = cls(*values)
        if contradicts and (problem := value.contradiction()) is not None:
            received, consistent = preview(raw, wire=wire), f"that {problem}"
            violations.append(Violation(path_of(where), received, consistent, ViolationKind.CONTRADICTION))
        return value

    return Reader(expected, accept, read)


def _field_readers(cls: type[typing.Any], wire: bool) -> dict[str, Reader]:
    hints = typing.get_type_hints(cls)
    return {field.name: _field_reader(cls, field.name, hints[field.name], wire) for field in dataclasses.fields(cls)}


def _field_reader(cls: type, name: str, hint: object, wire: bool) -> Reader:
    refined = REFINED.get((cls, name))
    return reader_of(hint, wire) if refined is None else checked(refined.expected, refined.accept, wire)
