"""What a mapping says: how a log is written, and what each kind of line means in terms of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

LATEST = "PT24H"  # how late effects may show where a mapping does not say


class Form(StrEnum):
    """How a log is written."""

    CSV = "csv"
    JSONL = "jsonl"


class Unit(StrEnum):
    """The unit of an amount or of a size."""

    DOLLARS = "dollars"
    CENTS = "cents"
    GIB = "gib"
    MIB = "mib"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Log:
    """How the log is written, and which columns say whose line it is and when it happened."""

    organization: str
    time: str
    form: Form | None = None
    delimiter: str = ","
    time_format: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    decimal_comma: bool = False
    settles_within: str = LATEST


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value comes from: a column, or `constant`; `values` translates texts."""

    column: str | None = None
    constant: object = None
    unit: Unit | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of line: how it is recognized, and what it means: a call, a view, or nothing where it is ignored."""

    when: Mapping[str, frozenset[str]]
    call: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    refused: Mapping[str, frozenset[str]] | None = None
    collected: Value | None = None
    view: Mapping[str, Value] = field(default_factory=dict)

    def takes(self, row: Mapping[str, str]) -> bool:
        """Return whether a line is of this kind."""
        return _agrees(self.when, row)

    def is_refused(self, row: Mapping[str, str]) -> bool:
        """Return whether the call of a line was refused."""
        return self.refused is not None and _agrees(self.refused, row)


def _agrees(wanted: Mapping[str, frozenset[str]], row: Mapping[str, str]) -> bool:
    return all(row.get(column, "") in texts for column, texts in wanted.items())


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping: the log, the declared readings, and the kinds of lines, of which the first that fits counts."""

    log: Log
    readings: Mapping[str, str]
    events: tuple[Event, ...]

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it names."""
        found = {self.log.organization, self.log.time}
        for event in self.events:
            found |= set(event.when) | set(event.refused or ())
            values = [*event.params.values(), *event.view.values(), *([event.collected] if event.collected else [])]
            found |= {value.column for value in values if value.column is not None}
        return frozenset(found)
