"""Read a mapping: what the columns and the lines of a log mean in terms of the contract (`docs/log-mapping.md`).

[log]
organization = "customer"           # the column with the customer's identifier
time = "booked_at"
time_format = "%d.%m.%Y %H:%M"      # without it: ISO 8601
time_zone = "Europe/Berlin"         # of times that name none

[[event]]
when = { kind = "usage" }
call = "record_usage"
params = { amount = { column = "cents", unit = "cents" } }

[[event]]
when = { kind = "state" }
view = { restricted = { column = "status", values = { SUSPENDED = true, OK = false } } }
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing_tck.audit.mapping import LATEST, Event, Form, Log, Mapped, Unit, Value
from billing_tck.contract import METHODS
from billing_tck.contract.wire import duration, unfrozen
from billing_tck.errors import Diagnostic, InvalidInput
from billing_tck.explorer.partial_view import FIELDS
from billing_tck.reference.oracle import KNOBS
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.toml_table import Table, read_toml

_MADE_HERE = frozenset({"create_organization", "register_user", "add_member", "open_marketplace_account", "subscribe"})
_OTHERS = frozenset({"describe_implementation", "reset", "advance_to", "get_organization", "get_subscription"})
_PEOPLE = frozenset({"verify_email", "sign_in", "provide_business_info"})
CALLS = ("create_organization", *(name for name in METHODS if name not in _MADE_HERE | _OTHERS | _PEOPLE))
"""The calls that a line can stand for."""

_IDENTIFIERS = ("organization", "user", "account", "subscription", "invoice")
_EXTRA: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {"link_subscription": {"marketplace": False, "offer": True}, "create_service": {"service": False}}
)
"""Parameters beyond the contract's: of the subscription that is bought first, and what the log calls a service."""


class InvalidMapping(InvalidInput):
    """A mapping that cannot be used."""

    subject = "the mapping"
    always_given = True


def read_mapping(path: Path) -> Mapped:
    """Return the mapping in a file. Raises InvalidMapping with everything that is wrong with it."""
    diagnostics: list[Diagnostic] = []
    table = read_toml(path, diagnostics)
    mapped = None
    if table is not None:
        mapped = Mapped(_log(table), _readings(table.table("readings")), tuple(map(_event, table.tables("event"))))
        table.close()
    if diagnostics or mapped is None:
        raise InvalidMapping(diagnostics)
    return mapped


def _log(table: Table) -> Log:
    if "log" not in table:
        table.report("[log] is missing", 'Add [log] with organization = "…" and time = "…", the names of two columns')
        return Log("", "")
    log = table.table("log")
    read = Log(
        organization=log.text("organization", "customer"),
        time=log.text("time", "booked_at"),
        form=log.word("format", Form) if "format" in log else None,
        delimiter=_delimiter(log),
        time_format=log.text_or_none("time_format"),
        zone=_zone(log),
        decimal_comma=log.flag("decimal_comma"),
        settles_within=_settles(log),
    )
    log.close()
    return read


def _delimiter(log: Table) -> str:
    given = log.text_or_none("delimiter") if "delimiter" in log else ","
    if given is None or len(given) != 1:
        log.report("`delimiter` is not one character", 'Write delimiter = ";"', "delimiter")
        return ","
    return given


def _zone(log: Table) -> ZoneInfo:
    name = log.text_or_none("time_zone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fix = "Write a name of the time zone database, as Europe/Berlin; on Windows, install tzdata"
        log.report(f"`time_zone`: unknown time zone {name!r}", fix, "time_zone")
        return ZoneInfo("UTC")


def _settles(log: Table) -> str:
    text = log.text_or_none("settles_within") or LATEST
    try:
        settles = duration(text)
    except ValueError:
        log.report(
            f"`settles_within`: not a duration: {text!r}", f'Write settles_within = "{LATEST}"', "settles_within"
        )
        return LATEST
    if not timedelta(0) <= settles <= timedelta(days=1):
        log.report("`settles_within` is more than a day", f'Write at most "{LATEST}"', "settles_within")
    return text


def _readings(table: Table) -> dict[str, str]:
    readings = table.all_texts()
    for knob, value in readings.items():
        if knob not in KNOBS:
            table.report(f"unknown knob {knob!r}; {did_you_mean(knob, KNOBS)}", "", knob)
        elif value and value not in KNOBS[knob]:
            table.report(f"{knob} has no value {value!r}; {did_you_mean(value, KNOBS[knob])}", "", knob)
    return readings


def _event(table: Table) -> Event:
    when = _texts_by_column(table, "when")
    if not when:
        table.report("`when` is missing", 'Add when = { kind = "usage" }: a column and its text')
    meanings = [key for key in ("call", "view", "ignore") if key in table]
    if len(meanings) != 1:
        said = " and ".join(f"`{key}`" for key in meanings) or "none"
        table.report(f"expected one of `call`, `view` and `ignore`, got {said}", "Say what one line of this kind means")
    event = Event(when)
    if meanings == ["call"]:
        event = _call(table, when)
    elif meanings == ["view"]:
        event = Event(when, view=_view(table.table("view")))
    elif meanings == ["ignore"]:
        table.flag("ignore")
    table.close()
    return event


def _call(table: Table, when: Mapping[str, frozenset[str]]) -> Event:
    call = table.text("call", "record_usage")
    if call and call not in CALLS:
        table.report(f"`call`: a line cannot stand for {call!r}; {did_you_mean(call, CALLS)}", "", "call")
        call = ""
    params = _params(table, call) if call else {}
    if not call:
        table.table("params").all_texts()
    refused = _texts_by_column(table, "refused") if "refused" in table else None
    collected = None
    if "collected" in table:
        collected = _value(table, "collected", bool)
        if call != "attempt_collection":
            table.report("only attempt_collection has `collected`", "Remove it", "collected")
    return Event(when, call or None, params, refused, collected)


def _params(table: Table, call: str) -> dict[str, Value]:
    given = table.table("params")
    known: dict[str, object] = {p.name: p.type for p in METHODS[call].parameters if p.name not in _IDENTIFIERS}
    required = {p.name for p in METHODS[call].parameters if p.required and p.name in known}
    for name, needed in _EXTRA.get(call, {}).items():
        known[name] = (
            str
            if name == "service"
            else next(
                p.type
                for m in ("open_marketplace_account", "subscribe")
                for p in METHODS[m].parameters
                if p.name == name
            )
        )
        required |= {name} if needed else set()
    if call == "create_organization":
        required, known = set(), {"name": str}
    if call == "sign_commitment":
        known["subscription"] = str
    values = {name: _value(given, name, type_) for name, type_ in known.items() if name in given}
    for name in sorted(required - set(values)):
        given.report(f"{call} needs `{name}`", f'Add {name} = "…", the name of a column, to params')
    given.close()
    return values


def _view(table: Table) -> dict[str, Value]:
    values = {name: _value(table, name, described.type) for name, described in FIELDS.items() if name in table}
    if not values:
        table.report("the view has no field", f"Add one of {', '.join(FIELDS)}")
    table.close()
    return values


def _value(table: Table, key: str, type_: object) -> Value:
    """Return where a value comes from: the text is a column's name, a table has more."""
    if not table.is_table(key):
        return Value(column=table.text(key, "the name of a column"))
    given = table.table(key)
    if "value" in given:
        value = Value(constant=given.scalar("value"))
    else:
        values = given.table("values").all_scalars() if "values" in given else {}
        unit = given.word("unit", Unit) if "unit" in given else None
        value = Value(given.text("column"), None, unit, values)
        if unit is not None and unit not in _units_of(type_):
            allowed = ", ".join(_units_of(type_)) or "no unit"
            given.report(f"`unit`: `{key}` is not in {unit}", f"Write {allowed}", "unit")
    given.close()
    return value


def _units_of(type_: object) -> tuple[Unit, ...]:
    inner = unfrozen(type_)
    options = typing.get_args(inner) or (inner,)
    if Decimal in options:
        return (Unit.DOLLARS, Unit.CENTS)
    return (Unit.GIB, Unit.MIB, Unit.BYTES) if int in options else ()


def _texts_by_column(table: Table, key: str) -> dict[str, frozenset[str]]:
    given = table.table(key)
    return {column: frozenset(given.texts(column, "usage", one=True)) for column in given.keys()}  # noqa: SIM118 - a method of Table
