"""A report: what a run leaves behind in `report.ndjson`, and what every other file of a report is made from.

A header, a line for each scenario, and a footer with the totals and a digest over all of it. Written while a run goes
on, and read back by `verify` and `compare`. The digest tells a report that was cut, mixed or edited by mistake; it is
no signature, and whoever wants to forge a report can.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import TypeVar, cast

from billing_tck.contract.values import Description
from billing_tck.results.known_deviations import KnownDeviation, What, troubles
from billing_tck.results.report_file import Header, SetName, as_json, clause_order, stamp, worst_verdict
from billing_tck.results.result import Result
from billing_tck.results.verdicts import WORDS, Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.gherkin import Part
from billing_tck.spec.requirements import Family
from billing_tck.spec.selection import Selection
from billing_tck.text.format import format_instant

FORMAT = 1
NDJSON = "report.ndjson"
_T = TypeVar("_T")


class ReportError(Exception):
    """A report that cannot be trusted; `faults` say what is wrong with it, in the order in which it was found."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(faults)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


@dataclass(frozen=True, slots=True)
class Line:
    """One scenario of a report, with all that is known of it.

    `known` is the reason why a deviation is excused, `newer` whether the scenario is not in the frozen set, `under` the
    readings that it tests, as `knob=value`.
    """

    file: str
    line: int
    name: str
    example: str | None
    family: str
    part: str
    rule: str
    clauses: tuple[str, ...]
    verdict: str
    step: str = ""
    step_line: int = 0
    asked: datetime | None = None
    expected: str = ""
    observed: str = ""
    missing: tuple[str, ...] = ()
    error: str = ""
    kind: str = ""
    log: tuple[str, ...] = ()
    timeline: tuple[tuple[datetime, str], ...] = ()
    remarks: tuple[str, ...] = ()
    checks: int = 0
    seconds: float = 0.0
    known: str | None = None
    newer: bool = False
    under: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the scenario is written, as `file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def label(self) -> str:
        """The scenario as reports name it: `core/trial.feature:12: its name`."""
        return f"{self.place}: {self.name}"

    @property
    def word(self) -> str:
        """The verdict as people read it; an excused deviation is one that is known, a newer scenario says so."""
        said = "known deviation" if self.known is not None else self.verdict.replace("_", " ")
        return f"{said} (newer)" if self.newer else said

    @property
    def message(self) -> str:
        """A deviation or an error in one line; empty for other verdicts."""
        match self.verdict:
            case "deviates":
                asked = f"asked {format_instant(self.asked)}, " if self.asked else ""
                said = f"{self.step!r} (line {self.step_line}): expected {self.expected}; observed {self.observed}"
                return asked + said
            case "errored":
                return f"{self.kind}: {self.error}"
            case _:
                return ""


def line_of(result: Result, known: KnownDeviation | None = None) -> Line:
    """The line of one result; `known` is the entry that excuses it where it deviates."""
    scenario = result.scenario
    line = Line(
        file=scenario.file,
        line=scenario.line,
        name=scenario.name,
        example=scenario.example,
        family=scenario.family,
        part=scenario.part,
        rule=scenario.rule,
        clauses=scenario.clauses,
        verdict=result.verdict.word,
        timeline=result.told,
        remarks=result.remarks,
        checks=result.checks,
        seconds=round(result.seconds, 6),
        newer=scenario.newer,
        under=scenario.under,
    )
    match result.verdict:
        case Conforms():
            return line
        case Deviates() as d:
            reason = known.reason if known is not None else None
            return replace(line, step=d.step, step_line=d.line, asked=d.at, expected=d.expected, observed=d.observed,
                         known=reason)  # fmt: skip
        case NotApplicable(missing):
            return replace(line, missing=missing)
        case Errored() as e:
            return replace(line, error=e.error, kind=str(e.kind), log=e.log, step=e.step, step_line=e.line)


def line_as_json(line: Line) -> dict[str, object]:
    """One scenario as `report.ndjson` has it."""
    said: dict[str, object] = {
        "type": "scenario",
        "file": line.file,
        "line": line.line,
        "name": line.name,
        "example": line.example,
        "family": line.family,
        "part": line.part,
        "rule": line.rule,
        "clauses": list(line.clauses),
        "verdict": line.verdict,
        **({"newer": True} if line.newer else {}),
        **({"under": list(line.under)} if line.under else {}),
    }
    match line.verdict:
        case "deviates":
            said |= {"step": line.step, "step_line": line.step_line}
            said |= {"asked": stamp(line.asked) if line.asked else None}
            said |= {"expected": line.expected, "observed": line.observed}
            said |= {"known": line.known} if line.known is not None else {}
        case "not_applicable":
            said["missing"] = list(line.missing)
        case "errored":
            said |= {"step": line.step, "step_line": line.step_line}
            said |= {"error": line.error, "kind": line.kind, "log": list(line.log)}
        case _:
            pass
    said["timeline"] = [{"at": stamp(at), "what": what} for at, what in line.timeline]
    said["remarks"] = list(line.remarks)
    said["checks"] = line.checks
    said["seconds"] = line.seconds
    return said


def header_as_json(header: Header) -> dict[str, object]:
    """The first line of `report.ndjson`."""
    asked = header.asked
    return {
        "type": "header",
        "format": FORMAT,
        "kit": header.version,
        "features": header.digest,
        "set": set_as_json(header),
        "implementation": as_json(header),
        "selection": header.selection,
        "asked": {
            "families": list(asked.families),
            "clauses": list(asked.clauses),
            "part": asked.part,
            "scenarios": list(asked.scenarios),
        },
        "options": list(header.options),
        "known_deviations": [_entry_as_json(entry) for entry in header.known],
        "started": stamp(header.started),
    }


def set_as_json(header: Header) -> dict[str, str] | None:
    """The frozen set that the verdicts are of; null where the features have none, and everything counts."""
    return None if header.frozen is None else {"name": header.frozen.name, "digest": header.frozen.digest}


def _entry_as_json(entry: KnownDeviation) -> dict[str, object]:
    return {
        entry.what: entry.name,
        "reason": entry.reason,
        "since": entry.since.isoformat(),
        "until": entry.until.isoformat() if entry.until else None,
        "place": entry.place,
        "covers": list(entry.covers),
        "nothing": entry.nothing,
    }


# What follows from the lines


def totals_of(lines: Iterable[Line]) -> dict[str, int]:
    """How many scenarios came to each of the four verdicts."""
    counted = Counter(line.verdict for line in lines)
    return {word: counted[word] for word in WORDS}


def clauses_of(lines: Iterable[Line]) -> dict[str, str]:
    """The verdict on each clause that a scenario speaks of; see `reports.run.clause_verdicts`."""
    words: dict[str, set[str]] = {}
    for line in lines:
        for clause in line.clauses:
            words.setdefault(clause, set()).add(line.verdict)
    return {clause: worst_verdict(words[clause]) for clause in sorted(words, key=clause_order)}


def known_clauses(lines: Iterable[Line]) -> frozenset[str]:
    """The clauses that deviate only as it is known."""
    new: set[str] = set()
    known: set[str] = set()
    for line in lines:
        if line.verdict == "deviates":
            (new if line.known is None else known).update(line.clauses)
    return frozenset(known - new)


def footer_of(lines: Sequence[Line]) -> dict[str, object]:
    """The last line of `report.ndjson`, without its digest. What is newer than the set is counted by itself."""
    counted = [line for line in lines if not line.newer]
    return {
        "type": "footer",
        "scenarios": len(counted),
        **totals_of(counted),
        "known": sum(line.known is not None for line in counted),
        "clauses": clauses_of(counted),
        "newer": totals_of(line for line in lines if line.newer),
    }


def dump(content: Mapping[str, object]) -> str:
    """One line of `report.ndjson`, in ASCII, so that nothing in it can end the line."""
    return json.dumps(content, ensure_ascii=True)


class Digest:
    """A running digest over the lines of a report."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, line: str) -> None:
        """One more line, without its end."""
        self._hash.update(line.encode() + b"\n")

    def closed_by(self, footer: Mapping[str, object]) -> str:
        """The digest over all lines and a footer that has none yet."""
        whole = self._hash.copy()
        whole.update(dump(footer).encode() + b"\n")
        return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report, its lines in the suite's order; those of scenarios newer than the set are by themselves."""

    header: Header
    lines: tuple[Line, ...]
    digest: str
    footer: Mapping[str, object] = field(default_factory=dict)
    newer: tuple[Line, ...] = ()

    @property
    def every(self) -> tuple[Line, ...]:
        """The lines that count and those that do not, in the suite's order."""
        return tuple(sorted([*self.lines, *self.newer], key=order_of)) if self.newer else self.lines

    @property
    def totals(self) -> dict[str, int]:
        """How many scenarios came to each of the four verdicts."""
        return totals_of(self.lines)

    @property
    def clauses(self) -> dict[str, str]:
        """The verdict on each clause."""
        return clauses_of(self.lines)

    @property
    def known(self) -> int:
        """How many of the deviations are known."""
        return sum(line.known is not None for line in self.lines)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the known deviations, one line each."""
        verdicts = {line.place: line.verdict for line in self.every}
        found, _ = troubles(self.header.known, verdicts, self.header.started.date())
        return tuple(str(trouble) for trouble in found)

    @property
    def everything(self) -> bool:
        """Whether nothing was left out."""
        return self.header.asked == Selection()

    @property
    def verdict(self) -> str:
        """The verdict in one word: `conforms`, `deviates`, `errored`, `known`, `out_of_date` or `nothing`.

        `known` is a run in which only known deviations deviate, `out_of_date` one in which an entry of them is wrong.
        """
        count = self.totals
        if count["deviates"] > self.known:
            return "deviates"
        if count["errored"]:
            return "errored"
        if not count["conforms"] and not count["deviates"]:
            return "nothing"
        if self.troubles:
            return "out_of_date"
        return "known" if self.known else "conforms"


def order_of(line: Line) -> tuple[str, int, str, int]:
    """The suite's order: core before edge, families as in the documents, then by line."""
    path = PurePosixPath(line.file)
    families = list(Family)
    place = families.index(Family(path.stem)) if path.stem in set(Family) else len(families)
    return str(path.parent), place, path.stem, line.line


def report_of(header: Header, lines: Iterable[Line], digest: str = "") -> Report:
    """A report of these lines."""
    ordered = sorted(lines, key=order_of)
    return _split(header, ordered, digest, footer_of(ordered))


def _split(header: Header, ordered: Sequence[Line], digest: str, footer: Mapping[str, object]) -> Report:
    counted = tuple(line for line in ordered if not line.newer)
    return Report(header, counted, digest, footer, tuple(line for line in ordered if line.newer))


# Reading


def read_report(text: str, where: str = NDJSON) -> Report:
    """A report that was written; ReportError with all that is wrong with its form, its totals and its digest."""
    rows = text.split("\n")
    if rows and rows[-1] == "":
        rows.pop()
    else:
        raise ReportError([f"{where}: it is cut short: its last line does not end"])
    if not rows:
        raise ReportError([f"{where}: it is empty"])
    parsed = [_parsed(row, number, where) for number, row in enumerate(rows, 1)]
    faults = _order_faults(parsed, where)
    if faults:
        raise ReportError(faults)
    number = 1
    try:
        header = _header(parsed[0])
        lines = []
        for number, row in enumerate(parsed[1:-1], 2):  # noqa: B007 - the number is told where a line is wrong
            lines.append(_line(row))
    except (KeyError, TypeError, ValueError) as error:
        said = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ReportError([f"{where}:{number}: this is no line of a report: {said}"]) from None
    footer = dict(parsed[-1])
    faults = _total_faults(lines, footer, rows, where)
    if faults:
        raise ReportError(faults)
    return _split(header, sorted(lines, key=order_of), str(footer["digest"]), footer)


def _parsed(row: str, number: int, where: str) -> Mapping[str, object]:
    try:
        content = json.loads(row)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ReportError([f"{where}:{number}: this is no line of a report: it is no JSON object"])
    return content


def _order_faults(rows: Sequence[Mapping[str, object]], where: str) -> list[str]:
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
        faults.append(f"{where}:{kinds.index('footer') + 2}: lines after the footer")
    strange = [(n, kind) for n, kind in enumerate(kinds, 1) if kind not in {"header", "scenario", "footer"}]
    return faults + [f"{where}:{number}: a line of type {kind!r:.40}" for number, kind in strange]


def _total_faults(lines: Sequence[Line], footer: Mapping[str, object], rows: Sequence[str], where: str) -> list[str]:
    """What the footer says otherwise than the lines."""
    faults = []
    said = {key: value for key, value in footer.items() if key != "digest"}
    told = footer_of(lines)
    for key in dict.fromkeys([*told, *said]):
        if said.get(key) != told.get(key):
            faults.append(f"{where}: the footer says {key} {_short(said.get(key))}, the lines {_short(told.get(key))}")
    places = Counter(line.place for line in lines)
    faults += [f"{where}: {place} stands there {count} times" for place, count in places.items() if count > 1]
    digest = Digest()
    for row in rows[:-1]:
        digest.add(row)
    if digest.closed_by(said) != footer.get("digest"):
        faults.append(f"{where}: it was edited, or mixed with another: its digest is not that of its lines")
    return faults


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _header(row: Mapping[str, object]) -> Header:
    said = _get(row, "implementation", dict)
    asked = _get(row, "asked", dict)
    part = asked["part"]
    if part not in {None, "core", "edge"}:
        raise ValueError(f"part {part!r:.40} is neither core nor edge")
    readings = _get(said, "readings", dict)
    return Header(
        sut=_get(said, "sut", str),
        implementation=Description(
            _get(said, "name", str),
            _get(said, "version", str),
            _get(said, "contract", str),
            _texts(said, "capabilities"),
            {str(knob): str(value) for knob, value in readings.items()},
            _get(said, "settles_within", str),
        ),
        digest=_get(row, "features", str),
        selection=_get(row, "selection", str),
        started=_instant(row["started"]),
        version=_get(row, "kit", str),
        options=_texts(row, "options"),
        asked=Selection(
            _texts(asked, "families"), _texts(asked, "clauses"), cast("Part | None", part), _texts(asked, "scenarios")
        ),
        known=tuple(_entry(entry) for entry in _get(row, "known_deviations", list)),
        frozen=None if row["set"] is None else _set(_get(row, "set", dict)),
    )


def _set(row: Mapping[str, object]) -> SetName:
    return SetName(_get(row, "name", str), _get(row, "digest", str))


def _entry(row: Mapping[str, object]) -> KnownDeviation:
    what: What = "clause" if "clause" in row else "scenario"
    return KnownDeviation(
        what=what,
        name=_get(row, what, str),
        reason=_get(row, "reason", str),
        since=date.fromisoformat(_get(row, "since", str)),
        until=None if row["until"] is None else date.fromisoformat(_get(row, "until", str)),
        place=_get(row, "place", str),
        covers=_texts(row, "covers"),
        nothing=_get(row, "nothing", str),
    )


def _line(row: Mapping[str, object]) -> Line:
    verdict = _get(row, "verdict", str)
    if verdict not in WORDS:
        raise ValueError(f"{verdict!r:.40} is no verdict")
    deviates, errored = verdict == "deviates", verdict == "errored"
    seconds = row["seconds"]
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError("'seconds' is no number")
    return Line(
        file=_get(row, "file", str),
        line=_get(row, "line", int),
        name=_get(row, "name", str),
        example=None if row["example"] is None else _get(row, "example", str),
        family=_get(row, "family", str),
        part=_get(row, "part", str),
        rule=_get(row, "rule", str),
        clauses=_texts(row, "clauses"),
        verdict=verdict,
        step=_get(row, "step", str) if deviates or errored else "",
        step_line=_get(row, "step_line", int) if deviates or errored else 0,
        asked=_instant(row["asked"]) if deviates and row["asked"] is not None else None,
        expected=_get(row, "expected", str) if deviates else "",
        observed=_get(row, "observed", str) if deviates else "",
        missing=_texts(row, "missing") if verdict == "not_applicable" else (),
        error=_get(row, "error", str) if errored else "",
        kind=_get(row, "kind", str) if errored else "",
        log=_texts(row, "log") if errored else (),
        timeline=tuple((_instant(at["at"]), _get(at, "what", str)) for at in _get(row, "timeline", list)),
        remarks=_texts(row, "remarks"),
        checks=_get(row, "checks", int),
        seconds=float(seconds),
        known=_get(row, "known", str) if deviates and "known" in row else None,
        newer=_get(row, "newer", bool) if "newer" in row else False,
        under=_texts(row, "under") if "under" in row else (),
    )


def _get(row: Mapping[str, object], key: str, kind: type[_T]) -> _T:
    value = row[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{key!r} is {type(value).__name__}, not {kind.__name__}")
    return value


def _texts(row: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = _get(row, key, list)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{key!r} is no list of texts")
    return tuple(values)


def _instant(value: object) -> datetime:
    return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
