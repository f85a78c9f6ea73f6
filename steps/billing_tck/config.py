"""Read `billing-tck.toml`: options of `run`, and the known deviations of an implementation, in its own repository.

[run]
sut = "http://127.0.0.1:8080/"
core = true

[run.http]
headers = { Authorization = "Bearer ${TOKEN}" }

[[known_deviation]]
clause = "BC-29"                    # or: scenario = "its name, or file:line"
reason = "services stop a day late: issue 123"
since = 2026-01-05
until = 2026-06-30                  # optional; the last day on which it is excused

What an entry names is not looked up here: `results.known_deviations` resolves it against the scenarios.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from billing_tck.connection import (
    CALL_TIMEOUT,
    LONGEST,
    MEMORY,
    MOST_MEMORY,
    MOST_WORKERS,
    START_TIMEOUT,
    Connection,
    Http,
    InvalidConnection,
    Processes,
    Timeouts,
    parse_header,
)
from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.text.format import format_day
from billing_tck.text.toml_table import Table, read_toml

FILE = "billing-tck.toml"
_IN_RUN = {
    **dict.fromkeys(("headers", "user", "ca_file", "client_cert", "client_key"), "write it under [run.http]"),
    "header": 'write headers under [run.http], as headers = { Authorization = "Bearer ${TOKEN}" }',
    **dict.fromkeys(("reset", "advance_to"), "write it under [run.timeouts]"),
    "reset_timeout": "write reset under [run.timeouts]",
    "advance_timeout": "write advance_to under [run.timeouts]",
    "start_timeout": "write start under [run.timeouts]",
    **dict.fromkeys(("verbose", "list", "last_failed", "fail_fast"), "it is an option of the command line alone"),
}
_IN_FILE = {
    **{name: f"write it under [run.{name}]" for name in ("http", "timeouts", "env")},
    **dict.fromkeys(("sut", "start", "health", "workers", "timeout", "family", "clause"), "write it under [run]"),
}


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """The options of a connection that the file gives; None or empty where it does not."""

    timeout: float | None = None
    reset_timeout: float | None = None
    advance_timeout: float | None = None
    start_timeout: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    env: tuple[tuple[str, str], ...] = ()
    cwd: Path | None = None
    start: str | None = None
    health: str | None = None
    in_process: bool | None = None
    memory: float | None = None
    wire: Path | None = None

    @property
    def connection(self) -> Connection:
        """The connection, with the defaults where nothing is given."""
        return Connection(
            Timeouts(
                self.timeout or CALL_TIMEOUT,
                self.reset_timeout,
                self.advance_timeout,
                self.start_timeout or START_TIMEOUT,
            ),
            Http(self.headers, self.user, self.ca_file, self.client_cert, self.client_key),
            Processes(self.env, self.cwd, self.start, self.health, memory=self.memory or MEMORY),
            self.wire,
        )


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `run` that the file gives; None or empty where it does not."""

    sut: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    clause: tuple[str, ...] = ()
    scenario: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    tag: str | None = None
    part: Literal["core", "edge"] | None = None
    workers: int | None = None
    connection: ConnectionOptions = field(default_factory=ConnectionOptions)
    report: Path | None = None
    features: Path | None = None


@dataclass(frozen=True, slots=True)
class KnownDeviationEntry:
    """A clause or a scenario that is known to deviate: why, since when, and the last day on which it is excused."""

    what: Literal["clause", "scenario"]
    name: str
    reason: str
    since: date
    until: date | None = None
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class Config:
    """The content of a file; `path` is None where there is none."""

    path: Path | None = None
    options: Options = field(default_factory=Options)
    known: tuple[KnownDeviationEntry, ...] = ()


class InvalidConfig(InvalidInput):
    """The file cannot be used."""

    subject = FILE
    always_given = True


def find_config(given: Path | None, folders: Sequence[Path] = (Path(),)) -> Path | None:
    """Return the file that was asked for, else the first in these folders (by default the current directory)."""
    if given is not None:
        return given
    return next((folder / FILE for folder in folders if os.path.lexists(folder / FILE)), None)


def implementation_above(folder: Path, today: date) -> tuple[Path, str] | None:
    """Return the first file in the folders above that names an implementation, and what it names.

    Raises InvalidConfig for a file that cannot be read.
    """
    for file in (parent / FILE for parent in folder.resolve().parents if (parent / FILE).is_file()):
        given = load_config(file, today).options
        if named := given.sut[0] if given.sut else given.connection.start:
            return file, named
    return None


def load_config(path: Path | None, today: date) -> Config:
    """Return the content of a file, empty where `path` is None. Raises InvalidConfig with every fault."""
    if path is None:
        return Config()
    diagnostics: list[Diagnostic] = []
    table = read_toml(path, diagnostics)
    config = (
        Config(path) if table is None else Config(path, _options(table.table("run"), path.parent), _known(table, today))
    )
    if table is not None:
        table.close(_IN_FILE)
    if diagnostics:
        raise InvalidConfig(diagnostics)
    return config


def _options(run: Table, folder: Path) -> Options:
    core, edge = run.flag("core"), run.flag("edge")
    if core and edge:
        run.report("both `core` and `edge` are true", "Leave both out to run everything", "edge")
    options = Options(
        sut=run.texts_or_none("sut", "http://127.0.0.1:8080/", one=True),
        family=run.texts_or_none("family", "trial", one=True),
        clause=tuple(name.upper() for name in run.texts_or_none("clause", "BC-29", one=True)),
        scenario=run.texts_or_none("scenario", "core/trial.feature:12", one=True),
        name=run.texts_or_none("name", "*restart*", one=True),
        tag=run.text_or_none("tag"),
        part="core" if core else "edge" if edge else None,
        workers=_whole(run.positive("workers", 4, MOST_WORKERS)),
        connection=_connection(run, folder),
        report=_output(run, "report", folder),
        features=run.path("features"),
    )
    run.close(_IN_RUN)
    return options


def _connection(run: Table, folder: Path) -> ConnectionOptions:
    http, timeouts = run.table("http"), run.table("timeouts")
    options = ConnectionOptions(
        timeout=run.positive("timeout", CALL_TIMEOUT, LONGEST),
        reset_timeout=timeouts.positive("reset", CALL_TIMEOUT, LONGEST),
        advance_timeout=timeouts.positive("advance_to", CALL_TIMEOUT, LONGEST),
        start_timeout=timeouts.positive("start", START_TIMEOUT, LONGEST),
        headers=_headers(http),
        user=http.text_or_none("user"),
        ca_file=http.path("ca_file"),
        client_cert=http.path("client_cert"),
        client_key=http.path("client_key"),
        env=tuple(run.table("env").all_texts().items()),
        cwd=run.path("cwd"),
        start=run.text_or_none("start"),
        health=run.text_or_none("health"),
        in_process=run.flag("in_process"),
        memory=run.positive("memory", MEMORY, MOST_MEMORY),
        wire=_output(run, "wire", folder),
    )
    http.close()
    timeouts.close()
    return options


def _output(run: Table, key: str, folder: Path) -> Path | None:
    """Return a path to write to, which must lie in the folder of the file: a file of others may not write elsewhere."""
    path = run.path(key)
    if path is not None and not _lies_within(path, folder):
        message = f"`{key}`: {str(path)!r} is outside the folder of the file, or leads through `..` or a link"
        run.report(message, f"Write a path in {str(folder)!r}, or give --{key} on the command line", key)
        return None
    return path


def _lies_within(path: Path, folder: Path) -> bool:
    if ".." in path.parts or "\0" in str(path):
        return False
    whole = os.path.realpath(path)
    linked = not path.is_absolute() and os.path.normpath(os.path.realpath(".") / path) != whole
    return not linked and Path(whole).is_relative_to(os.path.realpath(folder))


def _headers(http: Table) -> tuple[tuple[str, str], ...]:
    """Return headers: a table of names and values, or a list of lines as they are given to `--header`."""
    pairs = list(http.pairs("headers")) if http.is_table("headers") else []
    lines = [] if pairs else http.texts_or_none("headers", "Authorization: Bearer ${TOKEN}", one=True)
    valid: list[tuple[str, str]] = []
    for line in (*(f"{name}: {value}" for name, value in pairs), *lines):
        try:
            valid.append(parse_header(line))
        except InvalidConnection as error:
            http.report(str(error), "", "headers")
    return tuple(valid)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _known(file: Table, today: date) -> tuple[KnownDeviationEntry, ...]:
    entries = [e for t in file.tables("known_deviation", optional=True) for e in _entry(t, today)]
    _report_repeated(file, entries)
    return tuple(entries)


def _entry(table: Table, today: date) -> Iterator[KnownDeviationEntry]:
    before = table.faults
    clause, scenario = table.text_or_none("clause"), table.text_or_none("scenario")
    if ("clause" in table) == ("scenario" in table):
        has = "both `clause` and `scenario`" if "clause" in table else "neither `clause` nor `scenario`"
        table.report(f"the entry has {has}", 'Write one of them, as clause = "BC-29"')
    reason = table.text("reason")
    since = table.day("since", today)
    until = table.day("until", today) if "until" in table else None
    # Tomorrow is allowed: it may have begun already where the file is written.
    if since is not None and since > today + timedelta(days=1):
        message = f"`since` is {format_day(since)}, which lies ahead: today is {format_day(today)}"
        table.report(message, "Write the day on which the deviation became known", "since")
    if since is not None and until is not None and until < since:
        message = f"`until` is {format_day(until)}, before `since`, {format_day(since)}"
        table.report(message, "Correct one of the dates", "until")
    table.close()
    if table.faults == before and since is not None:
        what: Literal["clause", "scenario"] = "clause" if clause is not None else "scenario"
        name = clause.upper() if clause is not None else scenario or ""
        yield KnownDeviationEntry(what, name.strip(), reason.strip(), since, until, replace(table.place, part=""))


def _report_repeated(file: Table, entries: Sequence[KnownDeviationEntry]) -> None:
    seen: dict[tuple[str, str], KnownDeviationEntry] = {}
    for entry in entries:
        first = seen.setdefault((entry.what, entry.name), entry)
        if first is not entry:
            message = f"{entry.what} {entry.name} has an entry already, at {first.place}"
            file.add(Diagnostic(entry.place, message, "Remove one of the two"))
