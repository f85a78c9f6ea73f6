"""How cattrs converts the parts of a row of `report.ndjson`; it checks every type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import get_args

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from billing_tck.contract import ErrorKind
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
from billing_tck.spec.selection import Selection

_JSON_TYPES: Mapping[type, tuple[type, ...]] = {str: (str,), int: (int,), bool: (bool,), float: (float, int)}
_VERDICTS = {verdict.word: verdict for verdict in (Conforms, Deviates, NotApplicable, Errored)}


def strict_converter() -> Converter:
    """Return a converter of headers and records."""
    converter = Converter(omit_if_default=False)
    _register_scalars(converter)
    _register_verdicts(converter)
    _register_records(converter)
    return converter


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
        **({"log": list(verdict.log)} if verdict.log else {}),
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
    later = override(omit_if_default=True)  # criteria that earlier reports do not have
    converter.register_unstructure_hook(
        Selection, make_dict_unstructure_fn(Selection, converter, names=later, tags=later, until_failure=later)
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
