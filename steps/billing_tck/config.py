"""`billing-tck.toml`: options of `run`, and the known deviations of an implementation, in its own repository.

[run]
sut = "stdio:node server.mjs"
core = true

[[known_deviation]]
clause = "BC-29"                    # or: scenario = "its name, or file:line"
reason = "services stop a day late: issue 123"
since = 2026-01-05
until = 2026-06-30                  # optional; the last day on which it is excused
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, cast

from billing_tck.results.known_deviations import KnownDeviation
from billing_tck.text.format import format_day

FILE = "billing-tck.toml"

LISTS = frozenset({"family", "clause", "scenario"})
FLAGS = frozenset({"core", "edge"})
WORDS = frozenset({"sut", "report", "features"})
OPTIONS = ("sut", "family", "clause", "core", "edge", "scenario", "workers", "timeout", "report", "features")
_KEYS = ("clause", "scenario", "reason", "since", "until")
_TABLE = re.compile(r"^\s*\[\[\s*(?:known_deviation|\"known_deviation\"|'known_deviation')\s*\]\]")
_RUN = re.compile(r"^\s*\[\s*run\s*\]")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `run` that the file gives; None or empty where it does not."""

    sut: str | None = None
    family: tuple[str, ...] = ()
    clause: tuple[str, ...] = ()
    scenario: tuple[str, ...] = ()
    part: Literal["core", "edge"] | None = None
    workers: int | None = None
    timeout: float | None = None
    report: Path | None = None
    features: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says; `path` is None where there is none."""

    path: Path | None = None
    options: Options = field(default_factory=Options)
    known: tuple[KnownDeviation, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One thing wrong with the file: where, what, and what mends it."""

    place: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.mend}."


class ConfigError(Exception):
    """The file cannot be used; tells every fault that was found."""

    def __init__(self, faults: Sequence[ConfigFault]) -> None:
        super().__init__(faults)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def find_config(asked: Path | None) -> Path | None:
    """The file that was asked for, else the one in the current directory, where there is one."""
    if asked is not None:
        return asked
    here = Path(FILE)
    return here if here.is_file() else None


def load_config(path: Path | None, today: date) -> Config:
    """What the file says; ConfigError with all that is wrong in it. None is no file: nothing said."""
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError([ConfigFault(str(path), f"it cannot be read: {error.strerror}", "Mend the path")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([ConfigFault(str(path), f"this is no UTF-8 ({error.reason})", "Save it as UTF-8")]) from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+), column \d+\)", str(error))
        place = f"{path}:{line[1]}" if line else str(path)
        raise ConfigError([ConfigFault(place, f"this is no TOML: {error}", "Mend the line")]) from None
    return _Reader(path, text.splitlines(), today).read(content)


class _Reader:
    """One file being read; faults are collected."""

    def __init__(self, path: Path, lines: Sequence[str], today: date) -> None:
        self._path = path
        self._lines = lines
        self._today = today
        self._faults: list[ConfigFault] = []

    def read(self, content: Mapping[str, object]) -> Config:
        for key in content:
            if key not in {"run", "known_deviation"}:
                self._unknown(key, ("run", "known_deviation"), "the file", 0, bool(re.match(r"\w+$", key)))
        options = self._options(content.get("run", {}))
        known = tuple(self._known(content.get("known_deviation", [])))
        self._repeated(known)
        if self._faults:
            raise ConfigError(self._faults)
        return Config(self._path, options, known)

    # [run]

    def _options(self, table: object) -> Options:
        start = next((n for n, line in enumerate(self._lines) if _RUN.match(line)), 0)
        if not isinstance(table, dict):
            self._fault(start, "run", f"run is a table, and not {_said(table)}", "Write [run], and options under it")
            return Options()
        run: dict[str, object] = dict(table)
        for key in list(run):
            if key not in OPTIONS:
                self._unknown(key, OPTIONS, "[run]", start, True)
                del run[key]
        for key in sorted(LISTS & set(run)):
            value = run[key]
            values = [value] if isinstance(value, str) else value
            if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
                self._fault(start, key, f"[run] {key} is a word or a list of words, and not {_said(value)}",
                            f'Write {key} = ["..."]')  # fmt: skip
                values = []
            run[key] = tuple(values)
        for key in sorted(FLAGS & set(run)):
            if not isinstance(run[key], bool):
                self._fault(start, key, f"[run] {key} is true or false, and not {_said(run[key])}", f"{key} = true")
        for key in sorted(WORDS & set(run)):
            if not isinstance(run[key], str) or not run[key]:
                self._fault(start, key, f"[run] {key} is text, and not {_said(run[key])}", f'Write {key} = "..."')
                del run[key]
        for key, whole in (("workers", True), ("timeout", False)):
            if key in run and not _positive(run[key], whole=whole):
                self._fault(start, key, f"[run] {key} is a positive number, and not {_said(run[key])}",
                            f"Write {key} = {4 if whole else 10}")  # fmt: skip
        if run.get("core") is True and run.get("edge") is True:
            self._fault(start, "edge", "[run] has both core and edge", "Leave both out to run everything")
        part: Literal["core", "edge"] | None = "core" if run.get("core") else "edge" if run.get("edge") else None
        return Options(
            sut=cast("str | None", run.get("sut")),
            family=cast("tuple[str, ...]", run.get("family", ())),
            clause=tuple(name.upper() for name in cast("tuple[str, ...]", run.get("clause", ()))),
            scenario=cast("tuple[str, ...]", run.get("scenario", ())),
            part=part,
            workers=cast("int | None", run.get("workers")),
            timeout=cast("float | None", run.get("timeout")),
            report=Path(str(run["report"])) if "report" in run else None,
            features=Path(str(run["features"])) if "features" in run else None,
        )

    # [[known_deviation]]

    def _known(self, tables: object) -> Iterator[KnownDeviation]:
        starts = [number for number, line in enumerate(self._lines) if _TABLE.match(line)]
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            where = next((n for n, line in enumerate(self._lines) if "known_deviation" in line), 0)
            self._fault(where, "", "known_deviation is a list of tables", "Write [[known_deviation]], in two brackets")
            return
        for number, table in enumerate(tables):
            start = starts[number] if len(starts) == len(tables) else None
            entry = self._entry(cast("dict[str, object]", table), start, number + 1)
            if entry is not None:
                yield entry

    def _entry(self, table: Mapping[str, object], start: int | None, number: int) -> KnownDeviation | None:
        before = len(self._faults)
        which = f"known_deviation {number}"
        at = 0 if start is None else start
        for key in table:
            if key not in _KEYS:
                self._unknown(key, _KEYS, which, at, True)
        named = [key for key in ("clause", "scenario") if key in table]
        if len(named) != 1:
            has = "both clause and scenario" if named else "neither clause nor scenario"
            self._fault(at, "", f"{which} has {has}", 'Write one of them, as clause = "BC-29"')
        for key in (*named, "reason"):
            if not isinstance(table.get(key), str) or not str(table[key]).strip():
                said = f"is text, and not {_said(table[key])}" if key in table else "is missing"
                self._fault(at, key, f"{which}: {key} {said}", f'Write {key} = "..."')
        for key in ("since", "until"):
            value = table.get(key)
            plain = isinstance(value, date) and not isinstance(value, datetime)
            if not plain and (key in table or key == "since"):
                said = f"is a date, and not {_said(value)}" if key in table else "is missing"
                self._fault(at, key, f"{which}: {key} {said}", f"Write {key} = {self._today}, without quotes")
        if len(self._faults) > before:
            return None
        since, until = cast("date", table["since"]), cast("date | None", table.get("until"))
        # A day's grace: where the file is written, tomorrow may have begun already.
        if since > self._today + timedelta(days=1):
            what = f"{which}: since {format_day(since)} lies ahead, today is {format_day(self._today)}"
            self._fault(at, "since", what, "Write the day on which the deviation became known")
        if until is not None and until < since:
            what = f"{which}: until {format_day(until)} is before since {format_day(since)}"
            self._fault(at, "until", what, "Mend one of the dates")
        if len(self._faults) > before:
            return None
        name = str(table[named[0]]).strip()
        return KnownDeviation(
            what="clause" if named[0] == "clause" else "scenario",
            name=name.upper() if named[0] == "clause" else name,
            reason=str(table["reason"]).strip(),
            since=since,
            until=until,
            place=f"{self._path}:{start + 1}" if start is not None else f"{self._path}, {which}",
        )

    def _repeated(self, entries: Sequence[KnownDeviation]) -> None:
        seen: dict[tuple[str, str], KnownDeviation] = {}
        for entry in entries:
            first = seen.setdefault((entry.what, entry.name), entry)
            if first is not entry:
                what = f"{entry.what} {entry.name} is known already ({first.place})"
                self._faults.append(ConfigFault(entry.place, what, "Take one of the two out"))

    # Telling

    def _unknown(self, key: str, known: Sequence[str], where: str, start: int, find: bool) -> None:
        near = difflib.get_close_matches(key, known, 1)
        mend = f"Write {near[0]}" if near else f"Known are {', '.join(known)}"
        self._fault(start, key if find else "", f"{where} has no key {key!r}", mend)

    def _fault(self, start: int, key: str, what: str, mend: str) -> None:
        """A fault, at the line of the key below line `start`, where it can be seen there."""
        line = start
        if key:
            found = re.compile(rf"^\s*(?:\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*[=\].]")
            line = next((n for n in range(start, len(self._lines)) if found.match(self._lines[n])), start)
        self._faults.append(ConfigFault(f"{self._path}:{line + 1}", what, mend))


def _said(value: object) -> str:
    text = repr(value) if not isinstance(value, (date, bool)) else str(value).lower()
    return text if len(text) <= 60 else text[:57] + "..."


def _positive(value: object, *, whole: bool) -> bool:
    fits = isinstance(value, int) if whole else isinstance(value, (int, float))
    return fits and not isinstance(value, bool) and 0 < cast("float", value) < float("inf")
