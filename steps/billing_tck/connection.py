"""How to connect to an implementation: time-outs, headers, credentials, certificates, environment, a start command.

`Connection` is what the options and `billing-tck.toml` say, as they are written: `${NAME}` stands for a variable of the
environment and `${file:PATH}` for the content of a file. `reveal` replaces them, in the process that connects.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.text.files import read_text

CALL_TIMEOUT, START_TIMEOUT = 10.0, 30.0  # seconds
LONGEST, MOST_WORKERS = 1_000_000, 1_000  # seconds of a limit, and processes
MEMORY, MOST_MEMORY = 4.0, 1_000_000.0  # GiB
WORKER = "BILLING_TCK_WORKER"  # in the environment of every process that the kit starts: "1", "2" …

_REFERENCE = re.compile(r"\$\{(?:file:(?P<file>[^}]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*))\}")
_SHELL_REFERENCE = re.compile(r"(?:^|\s)\$(?P<name>\w+)$")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = ("content-type", "content-length", "transfer-encoding", "connection", "accept", "accept-encoding")
_SENSITIVE = re.compile("auth|token|key|secret|cookie|password|session", re.IGNORECASE)
_LARGEST_SECRET = 1 << 16  # bytes
_SHORTEST_SECRET = 4  # characters; a shorter value would be found everywhere


class InvalidConnection(UsageError):
    """The options of a connection cannot be used: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for the answer to a call, and for a server that the kit starts to listen."""

    call: float = CALL_TIMEOUT
    reset: float | None = None
    advance_to: float | None = None
    start: float = START_TIMEOUT

    def of(self, method: str) -> float:
        """Return the seconds that a method may take."""
        own = self.reset if method == "reset" else self.advance_to if method == "advance_to" else None
        return self.call if own is None else own

    def option(self, method: str) -> str:
        """Return the option that raises the limit of a method."""
        if method == "reset" and self.reset is not None:
            return "--reset-timeout"
        if method == "advance_to" and self.advance_to is not None:
            return "--advance-timeout"
        return "--timeout"

    def silence(self, method: str) -> str:
        """Return the message for a method that did not answer in time."""
        return f"no answer within {self.of(method):g} s (raise the limit with {self.option(method)})"


@dataclass(frozen=True, slots=True)
class Http:
    """What a request carries, and which certificates a connection uses. `user` is NAME:PASSWORD."""

    headers: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Processes:
    """How processes are started. `start` is the command of a server, `health` a path that it answers when ready.

    A `python:` implementation has a process of its own where `isolated` says so; it may use `memory` GiB there.
    """

    env: tuple[tuple[str, str], ...] = ()
    cwd: Path | None = None
    start: str | None = None
    health: str | None = None
    isolated: bool = False
    memory: float = MEMORY


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything about a connection beside `--sut`. `wire` is a file that records every call.

    `locked` says that the caller holds the lock of the server already (see `drivers.server_lock`), `answered` that the
    server has answered before, so that a driver waits for it where it is away.
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    http: Http = field(default_factory=Http)
    processes: Processes = field(default_factory=Processes)
    wire: Path | None = None
    locked: bool = False
    answered: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables and files that requests use, in order."""
        texts = [*(value for _, value in self.http.headers), self.http.user or ""]
        return tuple(dict.fromkeys(_shown(match) for text in texts for match in _REFERENCE.finditer(text)))


@dataclass(frozen=True, slots=True)
class Secrets:
    """Values that must not be shown: from a value to what stands for it."""

    shown: Mapping[str, str] = field(default_factory=dict)

    def mask(self, text: str) -> str:
        """Return a text without secrets."""
        for value, name in self.shown.items():
            text = text.replace(value, name)
        return text

    def mask_bytes(self, data: bytes) -> bytes:
        """Return bytes without secrets."""
        for value, name in self.shown.items():
            data = data.replace(value.encode(), name.encode())
        return data

    def unmask_bytes(self, data: bytes) -> bytes:
        """Return JSON in which identifiers that contain a secret are as the implementation gave them."""
        if b"${" in data:
            for value, name in self.shown.items():
                data = data.replace(json.dumps(name)[1:-1].encode(), value.encode())
        return data


@dataclass(frozen=True, slots=True)
class Revealed:
    """A connection with the values of its variables: the headers of a request, the environment of a process."""

    headers: tuple[tuple[str, str], ...]
    environment: Mapping[str, str]
    secrets: Secrets


def parse_header(text: str) -> tuple[str, str]:
    """Return the name and the value of `Name: value`. Raises InvalidConnection."""
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _HEADER_NAME.fullmatch(name):
        raise InvalidConnection(
            "--header: expected 'Name: value', as --header 'Authorization: Bearer ${TOKEN}'; got a text that begins "
            f"with {name[:20]!r}"
        )
    if name.lower() in _OWN_HEADERS:
        raise InvalidConnection(f"--header: the kit sets {name} itself; remove it")
    if not value.isprintable():
        raise InvalidConnection(f"--header {name}: the value has a line break or a control character; remove it")
    return name, value


def parse_variable(text: str) -> tuple[str, str]:
    """Return the name and the value of `NAME=VALUE`. Raises InvalidConnection."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise InvalidConnection(f"--env: expected NAME=VALUE, got {text[:40]!r}")
    return name, value


def reveal(connection: Connection, environ: Mapping[str, str] | None = None) -> Revealed:
    """Replace the references to variables and files. Raises InvalidConnection for one that does not exist."""
    environ = os.environ if environ is None else environ
    shown: dict[str, str] = {}
    headers = [
        (name, _revealed(value, f"the header {name}", environ, shown)) for name, value in connection.http.headers
    ]
    for (name, value), (_, written) in zip(headers, connection.http.headers, strict=True):
        _check_references(name, written, environ)
        if not value.isprintable() or not value.isascii():
            raise InvalidConnection(f"the header {name}: its value has characters that a header cannot carry")
        if _SENSITIVE.search(name) and not _REFERENCE.search(written):
            _hide(value, f"${{header {name}}}", shown)
            _hide(value.rpartition(" ")[2], f"${{token of header {name}}}", shown)  # of `Bearer TOKEN`
    if connection.http.user is not None:
        user = _revealed(connection.http.user, "--user", environ, shown)
        name, colon, password = user.partition(":")
        if not colon:
            raise InvalidConnection("--user: expected NAME:PASSWORD, as --user 'kit:${PASSWORD}'")
        encoded = base64.b64encode(user.encode()).decode()
        _hide(password, "${password}", shown)
        _hide(encoded, "${user}", shown)
        headers.append(("Authorization", f"Basic {encoded}"))
    own = {name: _revealed(value, f"--env {name}", environ, shown) for name, value in connection.processes.env}
    longest_first = dict(sorted(_as_json(shown), key=lambda pair: -len(pair[0])))
    return Revealed(tuple(headers), {**environ, WORKER: environ.get(WORKER, "1"), **own}, Secrets(longest_first))


def _check_references(header: str, value: str, environ: Mapping[str, str]) -> None:
    """Refuse what was meant as a reference and would be sent as it stands. Raises InvalidConnection."""
    if "${" in _REFERENCE.sub("", value):
        raise InvalidConnection(f"the header {header} has a '${{' that begins no ${{NAME}} and no ${{file:PATH}}")
    shell = _SHELL_REFERENCE.search(value)
    if shell is not None and shell["name"] in environ:
        name = shell["name"]
        raise InvalidConnection(f"the header {header} has ${name}, which is sent as it stands; write ${{{name}}}")


def _revealed(text: str, where: str, environ: Mapping[str, str], shown: dict[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match["file"] is not None:
            try:
                value = read_text(Path(match["file"]), _LARGEST_SECRET).strip()
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or "it is not UTF-8"
                raise InvalidConnection(
                    f"{where} uses the file {match['file']!r}, which cannot be read: {why}"
                ) from None
        elif match["name"] in environ:
            value = environ[match["name"]]
        else:
            name = match["name"]
            raise InvalidConnection(
                f"{where} uses ${{{name}}}, but {name} is not set in the environment; set it, as in export {name}=…"
            )
        if not value:
            raise InvalidConnection(f"{where} uses {_shown(match)}, which is empty")
        _hide(value, match[0], shown)
        return value

    return _REFERENCE.sub(value_of, text)


def _hide(value: str, name: str, shown: dict[str, str]) -> None:
    if len(value) >= _SHORTEST_SECRET:
        shown.setdefault(value, name)


def _as_json(shown: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each value as it is, and as it stands in JSON where that differs."""
    for value, name in shown.items():
        yield value, name
        for form in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
            if form != value:
                yield form, name


def _shown(match: re.Match[str]) -> str:
    return match["name"] or f"file {match['file']}"


def options_of(connection: Connection) -> Sequence[str]:
    """Return the command-line arguments that make this connection; literal values of headers are left out."""
    words: list[str] = []
    timeouts, http, processes = connection.timeouts, connection.http, connection.processes
    for option, number, default in (
        ("--timeout", timeouts.call, CALL_TIMEOUT),
        ("--reset-timeout", timeouts.reset, None),
        ("--advance-timeout", timeouts.advance_to, None),
        ("--start-timeout", timeouts.start, START_TIMEOUT),
        ("--memory", processes.memory, MEMORY),
    ):
        if number is not None and number != default:
            words += [option, f"{number:g}"]
    for name, value in http.headers:
        words += ["--header", f"{name}: {_reference_only(value)}"]
    if http.user is not None:
        words += ["--user", f"{http.user.partition(':')[0]}:{_reference_only(http.user.partition(':')[2])}"]
    for name, value in processes.env:
        words += ["--env", f"{name}={_reference_only(value)}"]
    for option, given in (
        ("--ca-file", http.ca_file),
        ("--client-cert", http.client_cert),
        ("--client-key", http.client_key),
        ("--cwd", processes.cwd),
        ("--start", processes.start),
        ("--health", processes.health),
    ):
        if given is not None:
            words += [option, str(given)]
    return words


def _reference_only(value: str) -> str:
    """Return a value as it is where it takes what is secret from elsewhere, else three dots."""
    return value if _REFERENCE.search(value) else "…"
