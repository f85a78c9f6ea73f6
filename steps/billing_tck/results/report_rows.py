"""The rows of `report.ndjson`, to and from the header and the records of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TypeVar, get_args

from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from billing_tck.contract import ErrorKind
from billing_tck.results.aggregate import clause_verdicts, totals
from billing_tck.results.header import Header, format_timestamp
from billing_tck.results.known_deviations import KnownDeviation, What
from billing_tck.results.record import ScenarioRecord, Timeline
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict
from billing_tck.spec.applicability import (
    LateEffects,
    MissingCapability,
    MissingReading,
    MissingRequirement,
    format_missing,
)

FORMAT = 1
Row = Mapping[str, object]
T = TypeVar("T")
_JSON_TYPES: Mapping[type, tuple[type, ...]] = {str: (str,), int: (int,), bool: (bool,), float: (float, int)}
_KEYS = {"sentences": "timeline", "outside_baseline": "newer", "reading_tags": "under", "baseline": "set"}
_INVALID = (KeyError, TypeError, ValueError, AttributeError)
_VERDICTS = {verdict.word: verdict for verdict in (Conforms, Deviates, NotApplicable, Errored)}
_BEFORE = ("file", "line", "name", "example", "family", "part", "rule", "clauses")
_BASELINE = ("newer", "under")
_AFTER = ("known", "timeline", "remarks", "checks", "seconds")


class RowError(Exception):
    """A row that does not have the format of its type."""


class RowConverter:
    """Converts between rows and the types of results; every type and key of a row is checked."""

    def __init__(self) -> None:
        self._converter = Converter(omit_if_default=False)
        _register_scalars(self._converter)
        _register_verdicts(self._converter)
        _register_records(self._converter)

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

    def _structured(self, row: Row, kind: type[T]) -> T:
        try:
            return self._converter.structure(row, kind)
        except (BaseValidationError, *_INVALID) as error:
            raise RowError("; ".join(_messages(error))) from None


def implementation_row(header: Header) -> dict[str, object]:
    """Return what the files say of the implementation."""
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


# Scalars: strict, as JSON has them


def _register_scalars(converter: Converter) -> None:
    for kind in _JSON_TYPES:
        converter.register_structure_hook(kind, _scalar)
    converter.register_structure_hook(ErrorKind, lambda value, _: ErrorKind(value))
    converter.register_structure_hook(datetime, _instant)
    converter.register_unstructure_hook(datetime, format_timestamp)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook_func(
        lambda kind: getattr(kind, "__origin__", None) is tuple, lambda value, kind: _listed(converter, value, kind)
    )


def _scalar(value: object, kind: type) -> object:
    if type(value) not in _JSON_TYPES[kind]:
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return float(value) if kind is float and isinstance(value, int) else value


def _instant(value: object, _: object) -> datetime:
    return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _listed(converter: Converter, value: object, kind: type) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return tuple(converter.structure(item, get_args(kind)[0]) for item in value)


# Verdicts: their fields stand beside those of the record


def _register_verdicts(converter: Converter) -> None:
    converter.register_structure_hook(
        Deviates,
        make_dict_structure_fn(Deviates, converter, line=override(rename="step_line"), at=override(rename="asked")),
    )
    converter.register_structure_hook(
        Errored, make_dict_structure_fn(Errored, converter, line=override(rename="step_line"))
    )
    converter.register_structure_hook_func(
        lambda kind: kind == Verdict, lambda row, _: converter.structure(row, _verdict_class(row["verdict"]))
    )
    converter.register_unstructure_hook(Deviates, _deviates_row)
    converter.register_unstructure_hook(Errored, _errored_row)
    converter.register_structure_hook_func(lambda kind: kind == MissingRequirement, lambda text, _: parse_missing(text))
    converter.register_unstructure_hook(NotApplicable, lambda v: {"missing": [format_missing(m) for m in v.missing]})


def _verdict_class(word: object) -> type[Verdict]:
    if not isinstance(word, str) or word not in _VERDICTS:
        raise ValueError(f"{word!r:.40} is not a verdict")
    return _VERDICTS[word]


def _deviates_row(verdict: Deviates) -> dict[str, object]:
    return {
        "step": verdict.step,
        "step_line": verdict.line,
        "asked": format_timestamp(verdict.at),
        "expected": verdict.expected,
        "observed": verdict.observed,
    }


def _errored_row(verdict: Errored) -> dict[str, object]:
    return {
        "step": verdict.step,
        "step_line": verdict.line,
        "error": verdict.error,
        "kind": str(verdict.kind),
        "log": list(verdict.log),
    }


_CAPABILITY = re.compile(r"capability (.+)", re.DOTALL)
_READING = re.compile(r"reading ([^ =]+)=([^ ]*) \((.*)\)", re.DOTALL)
_EFFECTS = re.compile(r"effects at their due time \(settles_within (.*)\)", re.DOTALL)


def parse_missing(text: object) -> MissingRequirement:
    """Return the missing requirement that `format_missing` wrote; ValueError where it did not write the text."""
    if not isinstance(text, str):
        raise TypeError(f"expected str, got {type(text).__name__}")
    if match := _CAPABILITY.fullmatch(text):
        return MissingCapability(match[1])
    if match := _READING.fullmatch(text):
        return MissingReading(match[1], tuple(match[2].split("|")), None if match[3] == "undeclared" else match[3])
    if match := _EFFECTS.fullmatch(text):
        return LateEffects(match[1])
    raise ValueError(f"{text!r:.60} is not a missing requirement")


# Records, headers and known deviations


def _register_records(converter: Converter) -> None:
    omitted = override(omit=True)
    converter.register_structure_hook(
        ScenarioRecord,
        make_dict_structure_fn(
            ScenarioRecord,
            converter,
            outside_baseline=override(rename="newer"),
            reading_tags=override(rename="under"),
            sentences=override(rename="timeline", struct_hook=lambda rows, _: _timeline(converter, rows)),
            calls=omitted,
            names=omitted,
        ),
    )
    converter.register_unstructure_hook(
        ScenarioRecord,
        make_dict_unstructure_fn(
            ScenarioRecord,
            converter,
            outside_baseline=override(rename="newer", omit_if_default=True),
            reading_tags=override(rename="under", omit_if_default=True),
            known=override(omit_if_default=True),
            sentences=override(rename="timeline", unstruct_hook=_timeline_rows),
            calls=omitted,
            names=omitted,
        ),
    )
    converter.register_structure_hook(KnownDeviation, lambda row, _: _entry(converter, row))
    converter.register_structure_hook(
        Header,
        make_dict_structure_fn(
            Header,
            converter,
            version=override(rename="kit"),
            digest=override(rename="features"),
            baseline=override(rename="set"),
            known=override(rename="known_deviations"),
        ),
    )


def _timeline(converter: Converter, rows: object) -> Timeline:
    if not isinstance(rows, list):
        raise TypeError(f"expected a list, got {type(rows).__name__}")
    return tuple((_instant(row["at"], datetime), converter.structure(row["what"], str)) for row in rows)


def _timeline_rows(timeline: Timeline | None) -> list[dict[str, str]]:
    return [{"at": format_timestamp(at), "what": sentence} for at, sentence in timeline or ()]


def _entry(converter: Converter, row: Mapping[str, object]) -> KnownDeviation:
    what: What = "clause" if "clause" in row else "scenario"
    return KnownDeviation(
        what=what,
        name=converter.structure(row[what], str),
        reason=converter.structure(row["reason"], str),
        since=converter.structure(row["since"], date),
        until=None if row["until"] is None else converter.structure(row["until"], date),
        place=converter.structure(row["place"], str),
        covers=converter.structure(row["covers"], tuple[str, ...]),
        nothing=converter.structure(row["nothing"], str),
    )


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
