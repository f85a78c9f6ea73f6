"""The rows of `report.ndjson`, to and from the header and the records of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TypeVar

from cattrs import BaseValidationError, transform_error

from billing_tck.results.aggregate import clause_verdicts, totals
from billing_tck.results.corpus_result import CORPUS, CorpusResult
from billing_tck.results.header import Header, format_timestamp
from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.report_hooks import strict_converter

FORMAT = 1
Row = Mapping[str, object]
T = TypeVar("T")
_KEYS = {"sentences": "timeline", "outside_baseline": "newer", "reading_tags": "under", "baseline": "set"}
_INVALID = (KeyError, TypeError, ValueError, AttributeError)
_BEFORE = ("file", "line", "name", "example", "family", "part", "rule", "clauses")
_BASELINE = ("newer", "under")
_AFTER = ("known", "timeline", "remarks", "checks", "seconds")


class RowError(Exception):
    """A row that does not have the format of its type."""


class RowConverter:
    """Converts between rows and the types of results; every type and key of a row is checked."""

    def __init__(self) -> None:
        self._converter = strict_converter()

    def header_row(self, header: Header) -> dict[str, object]:
        """Return the first row."""
        return {
            "type": "header",
            "format": FORMAT,
            "kit": header.version,
            "features": header.digest,
            "set": self._converter.unstructure(header.baseline),
            "implementation": implementation_row(header),
            "selection": header.selection,
            "asked": self._converter.unstructure(header.asked),
            "options": list(header.options),
            "known_deviations": [_entry_row(entry) for entry in header.known],
            "started": format_timestamp(header.started),
        }

    def record_row(self, record: ScenarioRecord) -> dict[str, object]:
        """Return the row of one scenario."""
        row = self._converter.unstructure(record)
        return {
            "type": "scenario",
            **_some(row, _BEFORE),
            "verdict": record.verdict.word,
            **_some(row, _BASELINE),
            **row["verdict"],
            **_some(row, _AFTER),
        }

    def header(self, row: Row) -> Header:
        """Return the header that a row holds; RowError where it does not hold one."""
        _require(row, ("implementation", "set", "asked", "options", "known_deviations"))
        implementation = row.get("implementation")
        sut = implementation.get("sut") if isinstance(implementation, dict) else None
        return self._structured({**row, "sut": sut}, Header)

    def record(self, row: Row) -> ScenarioRecord:
        """Return the record that a row holds; RowError where it does not hold one."""
        _require(row, _AFTER[1:])
        return self._structured({**row, "verdict": row}, ScenarioRecord)

    def corpus(self, row: Row) -> CorpusResult:
        """Return what a row says of the corpus; RowError where it does not hold that, or its counts are wrong."""
        _require(row, ("seconds", "findings", "conforms", "deviates", "errored"))
        corpus = self._structured(row, CorpusResult)
        for word in ("conforms", "deviates", "errored"):
            if row[word] != corpus.count(word):
                raise RowError(f"{word} is {row[word]!r:.20}, and the findings have {corpus.count(word)}")
        return corpus

    def _structured(self, row: Row, kind: type[T]) -> T:
        try:
            return self._converter.structure(row, kind)
        except (BaseValidationError, *_INVALID) as error:
            raise RowError("; ".join(_messages(error))) from None


def corpus_row(corpus: CorpusResult) -> dict[str, object]:
    """Return the row of the corpus: its counts, and what it found."""
    return {
        "type": CORPUS,
        "baseline": corpus.baseline,
        "digest": corpus.digest,
        "of": corpus.of,
        "histories": corpus.histories,
        "commands": corpus.commands,
        "conforms": corpus.count("conforms"),
        "deviates": corpus.count("deviates"),
        "errored": corpus.count("errored"),
        "seconds": round(corpus.seconds, 3),
        "findings": [asdict(finding) for finding in corpus.findings],
    }


def implementation_row(header: Header) -> dict[str, object]:
    """Return the description of the implementation in the files."""
    described = header.implementation
    return {
        "sut": header.sut,
        "name": described.name,
        "version": described.version,
        "contract": described.contract,
        "capabilities": sorted(described.capabilities),
        "readings": dict(sorted(described.readings.items())),
        "settles_within": described.settles_within,
    }


def footer_row(records: Iterable[ScenarioRecord]) -> dict[str, object]:
    """Return the last row, without its digest; scenarios outside the baseline are counted apart."""
    every = list(records)
    counted = [record for record in every if not record.outside_baseline]
    return {
        "type": "footer",
        "scenarios": len(counted),
        **totals(counted),
        "known": sum(record.known is not None for record in counted),
        "clauses": clause_verdicts(counted),
        "newer": totals(record for record in every if record.outside_baseline),
    }


def _some(row: Mapping[str, object], keys: Iterable[str]) -> dict[str, object]:
    return {key: row[key] for key in keys if key in row}


def _require(row: Row, keys: Iterable[str]) -> None:
    """Raise RowError where a key is missing that has a default outside the file."""
    for key in keys:
        if key not in row:
            raise RowError(f"{key!r} is missing")


def _messages(error: BaseException) -> list[str]:
    return [_message(text) for text in transform_error(error, format_exception=_format_exception)]


def _format_exception(error: BaseException, _: type | None) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _message(text: str) -> str:
    """Return a message of cattrs with the key of the row, in place of the path to the field."""
    message, _, path = text.partition(" @ $")
    field = path.removeprefix(".").removeprefix("verdict.")
    return message if not field or message.endswith(" is missing") else f"{_KEYS.get(field, field)}: {message}"


def _entry_row(entry: KnownDeviation) -> dict[str, object]:
    return {
        entry.what: entry.name,
        "reason": entry.reason,
        "since": entry.since.isoformat(),
        "until": entry.until.isoformat() if entry.until else None,
        "place": entry.place,
        "covers": list(entry.covers),
        "nothing": entry.nothing,
    }
