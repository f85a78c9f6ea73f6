"""The lines of a log, one after the other: CSV with a header, or JSON lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from billing_tck.audit.mapping import Form, Mapped
from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.json_text import read_json

LONGEST = 1 << 20  # characters of a line


class InvalidLog(InvalidInput):
    """A log that cannot be read with its mapping."""

    subject = "the log"
    always_given = True


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number, and its columns as text."""

    number: int
    cells: Mapping[str, str]


def form_of(mapped: Mapped, path: Path) -> Form:
    """Return how a log is written: as the mapping says, else by the name of the file."""
    if mapped.log.form is not None:
        return mapped.log.form
    return Form.JSONL if path.suffix.lower() in {".jsonl", ".ndjson", ".json"} else Form.CSV


def rows_of(file: TextIO, form: Form, mapped: Mapped) -> Iterator[Row]:
    """Yield the lines of a log. Raises InvalidLog for a line that is not of this form, and a column that is missing."""
    yield from _csv(file, mapped) if form is Form.CSV else _json(file)


def _csv(file: TextIO, mapped: Mapped) -> Iterator[Row]:
    reader = csv.reader(_bounded(file), delimiter=mapped.log.delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if missing := sorted(mapped.columns - set(header)):
            raise InvalidLog([_missing(name, header, mapped.log.delimiter) for name in missing])
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                found = f"it has {len(cells)} cells, and the header has {len(header)}"
                raise InvalidLog(
                    [Diagnostic(Place(line=reader.line_num), found, "Quote cells that hold the delimiter")]
                )
            yield Row(reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InvalidLog([Diagnostic(Place(line=reader.line_num), f"not CSV: {error}", "Fix this line")]) from None


def _missing(name: str, header: list[str], delimiter: str) -> Diagnostic:
    whole = "" if len(header) > 1 else f"; the header is one column: is {delimiter!r} the delimiter?"
    return Diagnostic(Place(line=1), f"there is no column {name!r}; {did_you_mean(name, header)}{whole}")


def _json(file: TextIO) -> Iterator[Row]:
    for number, line in enumerate(_bounded(file), 1):
        if not line.strip():
            continue
        try:
            entry = read_json(line)
        except ValueError as error:
            raise InvalidLog(
                [Diagnostic(Place(line=number), f"not JSON: {error}", "Write one object a line")]
            ) from None
        if not isinstance(entry, dict):
            raise InvalidLog([Diagnostic(Place(line=number), "not a JSON object", "Write one object a line")])
        yield Row(number, dict(_flat(entry)))


def _flat(entry: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values as text; those of an object within it as `outer.inner`."""
    for name, value in entry.items():
        match value:
            case dict():
                yield from _flat(value, f"{before}{name}.")
            case None:
                yield before + name, ""
            case bool():
                yield before + name, str(value).lower()
            case _:
                yield before + name, str(value)


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file, none of which takes all memory."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            fix = "Leave out the columns that the mapping does not name"
            raise InvalidLog([Diagnostic(Place(line=number), f"it is longer than {LONGEST:,} characters", fix)])
        yield line.removeprefix("\ufeff") if number == 1 else line
