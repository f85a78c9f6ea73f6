"""Group the lines of a log by customer, in order of time: on disk, so that memory does not grow with the log."""

from __future__ import annotations

import pickle
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from billing_tck.audit.conversion import Converter, Misfit
from billing_tck.audit.log import InvalidLog, Row
from billing_tck.audit.mapping import Mapped
from billing_tck.errors import Diagnostic, Place

MOST = 20  # problems that are collected before the rest of the log is not read
_KINDS = 50  # of lines that fit no event

_TABLES = """
create table customer (number integer primary key, name text unique);
create table line (customer integer, at integer, number integer, event integer, refused integer, content blob);
"""
_ORDERED = """
select customer.name, line.at, line.number, line.event, line.refused, line.content
from line join customer on customer.number = line.customer
order by line.customer, line.at, line.number
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log: when it happened, its number, its kind in the mapping, and its values.

    `values` are the parameters of its call or the fields of its view; `collected` is the outcome of a collection.
    """

    at: datetime
    number: int
    event: int
    refused: bool
    values: Mapping[str, object]
    collected: bool | None


@dataclass(slots=True)
class Read:
    """How many lines were read; those that an event ignores, and those that no event fits, by their columns."""

    lines: int = 0
    ignored: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)


Customers = Callable[[], Iterator[tuple[str, list[Line]]]]
"""Returns each customer with its lines in order of time; the customers in the order of their first line."""


@contextmanager
def by_customer(rows: Iterable[Row], mapped: Mapped, read: Read) -> Iterator[Customers]:
    """Read all lines; yield what returns them by customer, as often as it is called. Raises InvalidLog."""
    with closing(sqlite3.connect("", isolation_level=None)) as disk:  # a private file, which is removed when it closes
        disk.executescript(_TABLES)
        disk.execute("begin")
        disk.executemany("insert into line values (?, ?, ?, ?, ?, ?)", _stored(rows, mapped, read, disk))
        yield lambda: _customers(disk)


def _customers(disk: sqlite3.Connection) -> Iterator[tuple[str, list[Line]]]:
    for name, group in groupby(disk.execute(_ORDERED), key=itemgetter(0)):
        yield name, [_line(*stored[1:]) for stored in group]


def _stored(
    rows: Iterable[Row], mapped: Mapped, read: Read, disk: sqlite3.Connection
) -> Iterator[tuple[int, int, int, int, bool, bytes]]:
    converter = Converter(mapped.log)
    numbers: dict[str, int] = {}
    diagnostics: list[Diagnostic] = []
    for row in rows:
        read.lines += 1
        event = next((number for number, event in enumerate(mapped.events) if event.takes(row.cells)), None)
        if event is None:
            _count(read.unmapped, mapped, row)
            continue
        kind = mapped.events[event]
        if kind.call is None and not kind.view:
            read.ignored += 1
            continue
        try:
            name = _customer(mapped, row)
            at = int(converter.time_of(row.cells).timestamp())
            values = converter.params_of(kind, row.cells) if kind.call else converter.view_of(kind, row.cells)
            content = pickle.dumps((values, converter.collected(kind, row.cells)), pickle.HIGHEST_PROTOCOL)
        except Misfit as misfit:
            diagnostics.append(Diagnostic(Place(line=row.number), str(misfit), "Correct the line or the mapping"))
            if len(diagnostics) >= MOST:
                break
            continue
        if name not in numbers:
            numbers[name] = len(numbers)
            disk.execute("insert into customer values (?, ?)", (numbers[name], name))
        yield numbers[name], at, row.number, event, kind.is_refused(row.cells), content
    if not diagnostics and not numbers:
        diagnostics.append(Diagnostic(Place(), _nothing(read), "Check `when` of each event"))
    if diagnostics:
        raise InvalidLog(diagnostics)


def _customer(mapped: Mapped, row: Row) -> str:
    name = row.cells.get(mapped.log.organization, "").strip()
    if not name:
        raise Misfit(mapped.log.organization, name, "the identifier of a customer")
    return name


def _count(unmapped: Counter[str], mapped: Mapped, row: Row) -> None:
    """Count a line that no event fits, by the columns that tell events apart."""
    columns = dict.fromkeys(column for event in mapped.events for column in event.when)
    kind = ", ".join(f"{column}={row.cells.get(column, '')}" for column in columns)
    unmapped[kind if kind in unmapped or len(unmapped) < _KINDS else "others"] += 1


def _nothing(read: Read) -> str:
    if not read.lines:
        return "the log has no line"
    kinds = "; ".join(kind for kind, _ in read.unmapped.most_common(3))
    return f"no event of the mapping fits any of its {read.lines:,} lines" + (f" (as {kinds})" if kinds else "")


def _line(at: int, number: int, event: int, refused: int, content: bytes) -> Line:
    values, collected = pickle.loads(content)
    return Line(datetime.fromtimestamp(at, UTC), number, event, bool(refused), values, collected)
