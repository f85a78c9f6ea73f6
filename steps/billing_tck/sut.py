"""Parse `--sut`: which implementation to run against, and how to connect to it.

`parse_sut` accepts what can mean something; whether a fault, knob, module or command exists shows when a driver is
opened.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import assert_never
from urllib.parse import SplitResult, urlsplit

from billing_tck.errors import Diagnostic, InvalidInput, Place
from billing_tck.text.did_you_mean import nearest

PORT = "{port}"  # in the URL of a server that the kit starts: a free port
LOCAL_URL = f"http://127.0.0.1:{PORT}/"  # of such a server, where no `--sut` says otherwise
BEFORE_MIDNIGHT = "before_midnight"  # the meaning of `late` without a value

EXAMPLES = """\
  reference                         the kit's own implementation; reference:KNOB=VALUE,… under other readings,
                                    reference:decisions=FILE under those that a decisions.toml decides
  faulty:NAME                       the same with one deliberate mistake
  python:package.module:factory     in process: factory() returns an object with the contract's methods
  stdio:COMMAND ARGS…               a process that speaks JSON-RPC 2.0, one object per line
  http://127.0.0.1:8080/            a server that speaks JSON-RPC 2.0"""
_REFERENCE = "Write reference, or reference:KNOB=VALUE,KNOB=VALUE and, for late effects, late (or late=morning)."
_DECISIONS = "Write reference:decisions=FILE; `billing-tck guide decisions` shows the file."
_FAULTY = "Write faulty:NAME, followed by readings where needed: faulty:NAME,KNOB=VALUE."
_PYTHON = "Write python:package.module:factory, where factory() returns an object with the contract's methods."
_STDIO = "Write stdio:COMMAND ARGS…, as stdio:python3 my_adapter.py"
_USER = "Write http://HOST:PORT/PATH, and send them with --user 'NAME:${PASSWORD}'."
_HEADER = "Send it in a header, as --header 'Authorization: Bearer ${TOKEN}'."
_HTTP = "Write http://HOST:PORT/PATH, as http://127.0.0.1:8080/"


class InvalidSutSpec(InvalidInput, ValueError):
    """A `--sut` that cannot be used: nothing was started. `spec` is the text that was given."""

    subject = "--sut"
    always_given = True

    def __init__(self, spec: str, problem: str, fix: str = "") -> None:
        fix = fix or f"Expected one of:\n{EXAMPLES}"
        shown = re.sub(r"//[^/?#]*@", "//…@", spec)  # without a password
        super().__init__([Diagnostic(Place(f"--sut {shown!r}"), problem, fix)])
        self.args = (spec, problem, fix)
        self.spec = spec


@dataclass(frozen=True, slots=True)
class Reference:
    """The kit's own implementation. `readings` are pairs of knob and value, `late` how it settles in batches."""

    readings: tuple[tuple[str, str], ...] = ()
    late: str | None = None

    def __str__(self) -> str:
        return _joined("reference", (), self.readings, self.late)


@dataclass(frozen=True, slots=True)
class Faulty:
    """The kit's own implementation with one deliberate mistake."""

    name: str
    readings: tuple[tuple[str, str], ...] = ()
    late: str | None = None

    def __str__(self) -> str:
        return _joined("faulty", (self.name,), self.readings, self.late)


@dataclass(frozen=True, slots=True)
class Null:
    """An implementation that does nothing (`empty:NAME`), to show that the scenarios notice."""

    name: str

    def __str__(self) -> str:
        return f"empty:{self.name}"


@dataclass(frozen=True, slots=True)
class Python:
    """An object in this process, made by a factory."""

    module: str
    factory: str

    def __str__(self) -> str:
        return f"python:{self.module}:{self.factory}"


@dataclass(frozen=True, slots=True)
class Stdio:
    """A process that answers on standard streams."""

    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"stdio:{shlex.join(self.command)}"


@dataclass(frozen=True, slots=True)
class Http:
    """A server."""

    url: str

    def __str__(self) -> str:
        return self.url


SutSpec = Reference | Faulty | Null | Python | Stdio | Http


def parse_sut(text: str) -> SutSpec:
    """Return what a `--sut` names. Raises InvalidSutSpec."""
    scheme, colon, rest = text.partition(":")
    kind = scheme.lower()  # the schemes of URLs are the same in any case, and so are ours
    match kind:
        case "reference":
            readings, late = _readings(text, _words(rest), _REFERENCE)
            return Reference(readings, late)
        case "faulty":
            name, *words = _words(rest) or [""]
            if not name or "=" in name:
                raise InvalidSutSpec(text, "the name of the fault is missing", _FAULTY)
            readings, late = _readings(text, words, _FAULTY)
            return Faulty(name, readings, late)
        case "empty" if colon:
            return Null(rest)
        case "python" if colon:
            return _python(text, rest)
        case "stdio" if colon:
            return _stdio(text, rest)
        case "http" | "https" if colon:
            split_url(text.replace(PORT, "1"))
            return Http(text)
    near = nearest(kind, ("reference", "faulty", "empty", "python", "stdio", "http", "https"), count=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near and near[0] != kind else ""
    if colon and re.match(r"\d+(/|$)", rest):  # HOST:PORT
        hint = f"; did you mean http://{text.rstrip('/')}/?"
    raise InvalidSutSpec(text, f"unknown kind of implementation {scheme!r}{hint}")


def default_sut(*, started: bool) -> str:
    """Return what runs where no `--sut` is given: the server that the kit starts, or the reference."""
    return LOCAL_URL if started else "reference"


def is_url(text: str) -> bool:
    """Whether a `--sut` names a server."""
    return text.lower().startswith(("http:", "https:"))


def split_url(text: str) -> SplitResult:
    """Return the parts of the URL of a server, with a host and a valid port. Raises InvalidSutSpec."""
    if "${" in text:
        raise InvalidSutSpec(text, "variables are not read in a URL, because reports show it", _HEADER)
    if not text.isprintable() or " " in text:
        raise InvalidSutSpec(text, "a URL has no spaces or control characters", _HTTP)
    try:
        url = urlsplit(text)
        port = url.port
        host = url.hostname
        if host:
            host.encode("idna")
    except ValueError as error:
        raise InvalidSutSpec(text, f"invalid URL: {error}", _HTTP) from None
    if not host:
        raise InvalidSutSpec(text, "the host is missing", _HTTP)
    if url.username is not None or url.password is not None:
        raise InvalidSutSpec(text, "a user and password in the URL are not sent", _USER)
    if not url.query.isascii():
        raise InvalidSutSpec(text, "the query has characters that must be escaped with %", _HTTP)
    del port  # only its validity matters here
    return url


def _words(rest: str) -> list[str]:
    return [word.strip() for word in rest.split(",")] if rest else []


def _readings(text: str, words: list[str], fix: str) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Return pairs of knob and value, and the value of `late`."""
    readings: dict[str, str] = {}
    for word in words:
        knob, _, value = word.partition("=")
        if word == "late":
            value = BEFORE_MIDNIGHT
        if not (knob and value):
            raise InvalidSutSpec(text, f"expected KNOB=VALUE, got {word!r}", fix)
        if knob in readings:
            raise InvalidSutSpec(text, f"{knob!r} is given twice", fix)
        readings[knob] = value
    late, decisions = readings.pop("late", None), readings.pop("decisions", None)
    if decisions is not None:
        readings = _decided(text, decisions) | readings
    return tuple(readings.items()), late


def _decided(text: str, file: str) -> dict[str, str]:
    """Return the readings that a file decides."""
    from billing_tck.decisions_file import InvalidDecisions, followed, read_decisions  # noqa: PLC0415 - rarely used

    try:
        return followed(read_decisions(Path(file)))
    except InvalidDecisions as error:
        raise InvalidSutSpec(text, str(error.diagnostics[0]), _DECISIONS) from None


def _joined(kind: str, names: tuple[str, ...], readings: tuple[tuple[str, str], ...], late: str | None) -> str:
    words = [*names, *(f"{knob}={value}" for knob, value in readings)]
    words += ["late" if late == BEFORE_MIDNIGHT else f"late={late}"] if late is not None else []
    return f"{kind}:{','.join(words)}" if words else kind


def _python(text: str, rest: str) -> Python:
    module, _, factory = rest.partition(":")
    for part, what in ((module, "module"), (factory, "factory")):
        if not part or not all(piece.isidentifier() for piece in part.split(".")):
            raise InvalidSutSpec(text, f"{part!r} is not the name of a {what}", _PYTHON)
    return Python(module, factory)


def _stdio(text: str, rest: str) -> Stdio:
    try:
        return Stdio(tuple(split_command(rest)))
    except InvalidCommand as error:
        raise InvalidSutSpec(text, error.problem, _fix_for_command(error, rest)) from None


def _fix_for_command(error: InvalidCommand, command: str) -> str:
    match error.kind:
        case CommandProblem.EMPTY:
            return _STDIO
        case CommandProblem.QUOTES:
            return "Close every quote."
        case CommandProblem.SHELL:
            shell = f"sh -c {shlex.quote(command)}"
            return f"Write stdio:{shell}; for variables there is --env NAME=VALUE, for a folder --cwd DIR."
        case never:
            assert_never(never)


class CommandProblem(Enum):
    """Why a command cannot be started."""

    EMPTY, QUOTES, SHELL = range(3)


class InvalidCommand(ValueError):
    """A command that cannot be started: nothing was."""

    def __init__(self, kind: CommandProblem, problem: str) -> None:
        super().__init__(problem)
        self.kind = kind
        self.problem = problem


def split_command(command: str) -> list[str]:
    """Return the words of a command, which is started without a shell. Raises InvalidCommand."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        problem = f"cannot split the command into words: {error}"
        raise InvalidCommand(CommandProblem.QUOTES, problem) from None
    if not words:
        raise InvalidCommand(CommandProblem.EMPTY, "the command is missing")
    if (piece := shell_syntax(command)) is not None:
        problem = f"{piece!r} is shell syntax, and the kit starts the command without a shell"
        raise InvalidCommand(CommandProblem.SHELL, problem)
    return words


def shell_syntax(command: str) -> str | None:
    """Return the first piece of a command that only a shell would understand, None where there is none."""
    unquoted = re.sub(r"'[^']*'|\\.|\"(?:[^\"\\]|\\.)*\"", " ", command)
    found = re.search(r"&&|\|\|?|;|[<>]|\$[\w({]|`|&(?=\s|$)|^\s*\w+=\S*(?=\s)", unquoted)
    return found[0].strip() if found else None
