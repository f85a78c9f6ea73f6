"""`report.ndjson`: a header, a row for each scenario, and a footer with the totals and a digest over all of it.

The file is written during a run, and read by `verify` and `compare`. The digest detects a file that was cut, mixed or
edited by mistake. It is not a signature: a report can be forged.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import IO

from billing_tck.errors import UsageError
from billing_tck.file_lock import lock
from billing_tck.results.aggregate import Report, report_of
from billing_tck.results.corpus_result import CORPUS, CorpusResult
from billing_tck.results.header import Header
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.report_rows import FORMAT, Row, RowConverter, RowError, corpus_row, footer_row
from billing_tck.text.files import check_regular, open_output, read_text
from billing_tck.text.json_text import read_json

NDJSON = "report.ndjson"


class ReportError(Exception):
    """A report that cannot be trusted; `faults` are all the reasons, in the order in which they were found."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(faults)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


class Digest:
    """A running digest over the rows of a report."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, row: str) -> None:
        """Add one row, without its line end."""
        self._hash.update(row.encode() + b"\n")

    def closed_by(self, footer: Row) -> str:
        """Return the digest over all rows and a footer that does not have one yet."""
        whole = self._hash.copy()
        whole.update(dump_row(footer).encode() + b"\n")
        return whole.hexdigest()


def dump_row(row: Row) -> str:
    """Return one line of the file, without its end."""
    return json.dumps(row, ensure_ascii=True)  # ASCII, so that nothing in a row can end its line


# Writing


def refuse_special(path: Path) -> None:
    """Raise UsageError where a file of a report is a link, a FIFO or a folder: writing to it would change another."""
    try:
        check_regular(path, path.lstat())
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{path} cannot be replaced: {error.strerror}; remove it, or name another folder") from None


class ReportWriter:
    """A context manager that writes `report.ndjson`: each row as soon as it is known.

    A file without a footer is of a run that was interrupted. The folder is made where it does not exist.
    """

    def __init__(self, folder: Path, header: Header) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.resolve()  # also where the implementation changes the current directory
        self._header = header
        self._records: list[ScenarioRecord] = []
        self._converter = RowConverter()
        self._digest = Digest()
        self._broken = False  # a row is missing, so that no other may follow
        refuse_special(folder / NDJSON)
        self._file: IO[str] = TextIOWrapper(open_output(folder / NDJSON, append=True), "ascii", newline="\n")
        self._claim()
        self._write(self._converter.header_row(header))

    @property
    def folder(self) -> Path:
        """The folder, as an absolute path."""
        return self._folder

    @property
    def records(self) -> tuple[ScenarioRecord, ...]:
        """The records so far, each with its sentences."""
        return tuple(self._records)

    def _claim(self) -> None:
        """Take the file for this run alone, and empty it. Raises UsageError where another run writes to it."""
        if not lock(self._file.fileno()):
            self._file.close()
            raise UsageError(
                f"another run is writing to {self._folder}; wait until it ends, or name another folder with --report"
            )
        self._file.truncate(0)

    def add(self, record: ScenarioRecord) -> None:
        """Write the row of one scenario.

        The record is kept also where that fails; where what happened cannot be worded, its row is without it.
        """
        try:
            kept = record.with_sentences()
        except Exception:
            self._keep(replace(record, sentences=(), calls=(), names=None))
            raise
        self._keep(kept)

    def _keep(self, record: ScenarioRecord) -> None:
        self._records.append(record)
        self._write(self._converter.record_row(record))

    def finish(self, seconds: float = 0.0, corpus: CorpusResult | None = None) -> Report:
        """Write what the corpus came to, where it was played, and the footer; return the whole report."""
        if self._broken:
            raise OSError(errno.EIO, "a row could not be written before")
        if corpus is not None:
            self._write(corpus_row(corpus))
        footer = footer_row(self._records)
        digest = self._digest.closed_by(footer)
        self._write({**footer, "digest": digest})
        return report_of(self._header, self._records, digest=digest, seconds=seconds, corpus=corpus)

    def __enter__(self) -> ReportWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # what is still in its buffer could not be written before
            self._file.close()

    def _write(self, row: Row) -> None:
        if self._broken:
            return
        self._broken = True
        line = dump_row(row)
        self._digest.add(line)
        self._file.write(line + "\n")
        self._file.flush()
        self._broken = False


# Reading


def load_report(place: Path) -> Report:
    """Return the report of a folder, or of a `report.ndjson`.

    Raises ReportError with everything wrong with its form, and UsageError for a file that cannot be read.
    """
    path = place / NDJSON if place.is_dir() else place
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise ReportError([f"{path}: there is no report"]) from None
    except UnicodeDecodeError:
        raise ReportError([f"{path}: not a report: it is not UTF-8"]) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    return read_report(text, str(path))


def read_report(text: str, where: str = NDJSON) -> Report:
    """Return the report that a text holds; ReportError with everything wrong with its form, totals and digest."""
    lines = text.split("\n")
    if lines.pop() != "":
        raise ReportError([f"{where}: it is cut short: its last line does not end"])
    if not lines:
        raise ReportError([f"{where}: it is empty"])
    rows = [_parsed(line, number, where) for number, line in enumerate(lines, 1)]
    if faults := _order_faults(rows, where):
        raise ReportError(faults)
    corpus = _corpus(rows, where)
    rows = [row for row in rows if row.get("type") != CORPUS]
    header, records = _structured(rows, where)
    if faults := _total_faults(records, rows[-1], lines, where):
        raise ReportError(faults)
    return report_of(header, records, digest=str(rows[-1]["digest"]), corpus=corpus)


def _corpus(rows: Sequence[Row], where: str) -> CorpusResult | None:
    """Return what the corpus came to, where it was played. Raises ReportError."""
    places = [place for place, row in enumerate(rows) if row.get("type") == CORPUS]
    if not places:
        return None
    if places != [len(rows) - 2]:
        raise ReportError([f"{where}:{places[0] + 1}: the row of the corpus is not the last one before the footer"])
    try:
        return RowConverter().corpus(rows[places[0]])
    except RowError as error:
        raise ReportError([f"{where}:{places[0] + 1}: not a row of a report: {error}"]) from None


def _parsed(line: str, number: int, where: str) -> Row:
    try:
        row = read_json(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise ReportError([f"{where}:{number}: not a row of a report: expected a JSON object"])
    return row


def _structured(rows: Sequence[Row], where: str) -> tuple[Header, list[ScenarioRecord]]:
    converter, number = RowConverter(), 1
    records = []
    try:
        header = converter.header(rows[0])
        for number, row in enumerate(rows[1:-1], 2):  # noqa: B007 - the message names it
            records.append(converter.record(row))
    except RowError as error:
        raise ReportError([f"{where}:{number}: not a row of a report: {error}"]) from None
    return header, records


def _order_faults(rows: Sequence[Row], where: str) -> list[str]:
    kinds = [row.get("type") for row in rows]
    faults = []
    if kinds[0] != "header":
        faults.append(f"{where}:1: it does not begin with a header")
    elif rows[0].get("format") != FORMAT:
        faults.append(f"{where}:1: it has format {rows[0].get('format')!r}; this kit reads {FORMAT}")
    faults += [
        f"{where}:{number}: a second header: two reports are mixed"
        for number, kind in enumerate(kinds[1:], 2)
        if kind == "header"
    ]
    if "footer" not in kinds:
        faults.append(f"{where}: it is cut short: there is no footer, so the run did not end")
    elif kinds.index("footer") != len(kinds) - 1:
        faults.append(f"{where}:{kinds.index('footer') + 2}: rows after the footer")
    strange = [(n, kind) for n, kind in enumerate(kinds, 1) if kind not in ("header", "scenario", CORPUS, "footer")]
    return faults + [f"{where}:{number}: a row of type {kind!r:.40}" for number, kind in strange]


def _total_faults(records: Sequence[ScenarioRecord], footer: Row, lines: Sequence[str], where: str) -> list[str]:
    """Return where the footer contradicts the rows."""
    faults = []
    given = {key: value for key, value in footer.items() if key != "digest"}
    counted = footer_row(records)
    for key in dict.fromkeys([*counted, *given]):
        if given.get(key) != counted.get(key):
            faults.append(
                f"{where}: the footer has {key} {_short(given.get(key))}, the rows {_short(counted.get(key))}"
            )
    places = Counter(record.place for record in records)
    faults += [f"{where}: {place} occurs {count} times" for place, count in places.items() if count > 1]
    digest = Digest()
    for line in lines[:-1]:
        digest.add(line)
    if digest.closed_by(given) != footer.get("digest"):
        faults.append(f"{where}: it was edited, or mixed with another: its digest is not that of its rows")
    return faults


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
