"""The options of a connection: shared by the commands that drive an implementation, and by `billing-tck.toml`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from billing_tck.cli.configured_commands import announce_commands
from billing_tck.config import (
    FILE,
    Config,
    ConnectionOptions,
    InvalidConfig,
    find_config,
    implementation_above,
    load_config,
)
from billing_tck.connection import (
    CALL_TIMEOUT,
    LONGEST,
    MEMORY,
    START_TIMEOUT,
    Connection,
    InvalidConnection,
    parse_header,
    parse_variable,
    reveal,
)
from billing_tck.errors import UsageError
from billing_tck.results.header import utc_now
from billing_tck.sut import PORT, default_sut, is_url
from billing_tck.text.sanitize import sanitize

_SINGLE = tuple(field.name for field in fields(ConnectionOptions) if field.name not in ("headers", "env"))


def add_connection_arguments(parser: argparse.ArgumentParser, *, wire: bool = True) -> None:
    """Declare the options."""
    group = parser.add_argument_group(
        "connection", "${NAME} in a value is read from the environment, ${file:PATH} from a file; neither is printed"
    )
    seconds = positive(float, LONGEST)
    group.add_argument("--timeout", type=seconds, metavar="S", help=f"limit of a call (default: {CALL_TIMEOUT:g} s)")
    group.add_argument("--reset-timeout", type=seconds, metavar="S", help="limit of reset (default: --timeout)")
    group.add_argument("--advance-timeout", type=seconds, metavar="S", help="limit of advance_to (default: --timeout)")
    group.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="an HTTP header, as 'Authorization: Bearer ${TOKEN}' (repeatable)",
    )
    group.add_argument("--user", metavar="NAME:PASSWORD", help="HTTP basic authentication, as 'kit:${PASSWORD}'")
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="the authority of an https server's certificate")
    group.add_argument("--client-cert", type=Path, metavar="FILE", help="a client certificate for https")
    group.add_argument("--client-key", type=Path, metavar="FILE", help="its key, where it is in a file of its own")
    group.add_argument(
        "--start",
        metavar="COMMAND",
        help="start this server first, as 'uvicorn app:app --port {port}'; end it at the end",
    )
    group.add_argument(
        "--health", metavar="PATH", help="it is ready when a GET of this path succeeds (default: it listens)"
    )
    group.add_argument(
        "--start-timeout", type=seconds, metavar="S", help=f"limit of its start (default: {START_TIMEOUT:g} s)"
    )
    group.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="a variable for what is started (repeatable)"
    )
    group.add_argument(
        "--in-process",
        action="store_true",
        default=None,
        help="run a python: implementation in this process, for a debugger (default: in one of its own)",
    )
    group.add_argument(
        "--memory", type=seconds, metavar="GIB", help=f"limit of its own process (default: {MEMORY:g} GiB)"
    )
    group.add_argument("--cwd", type=Path, metavar="DIR", help="the folder in which it is started")
    if wire:
        group.add_argument("--wire", type=Path, metavar="FILE", help="record every call and answer there (JSON lines)")


def connection_of(args: argparse.Namespace, given: ConnectionOptions | None = None) -> Connection:
    """Return the connection that the command line describes, and the file where the command line has nothing.

    Raises InvalidConnection.
    """
    given = given or ConnectionOptions()
    headers = tuple(parse_header(text) for text in args.header)
    own = {name.lower() for name, _ in headers}
    env = tuple(parse_variable(text) for text in args.env)
    set_here = {name for name, _ in env}
    options = {name: value for name in _SINGLE if (value := getattr(args, name, None)) is not None}
    merged = replace(
        given,
        headers=(*(pair for pair in given.headers if pair[0].lower() not in own), *headers),
        env=(*(pair for pair in given.env if pair[0] not in set_here), *env),
        **options,
    )
    connection = merged.connection
    if (folder := connection.processes.cwd) is not None and not folder.is_dir():
        raise InvalidConnection(f"--cwd {str(folder)!r}: the folder does not exist; correct the path, or create it")
    return replace(connection, processes=replace(connection.processes, isolated=not merged.in_process))


def add_target_arguments(parser: argparse.ArgumentParser, *, wire: bool = True) -> None:
    """Declare `--sut`, `--config` and the connection, for a command that drives one implementation."""
    parser.add_argument("--sut", metavar="SPEC", help="the implementation, as for billing-tck run (default: reference)")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"--sut and the connection (default: {FILE} in the current directory, where there is one)",
    )
    add_connection_arguments(parser, wire=wire)


def read_config(args: argparse.Namespace, today: date) -> Config:
    """Return the content of the file that applies.

    Raises UsageError, also where the reference would run although a file in a folder above names an implementation.
    """
    path = find_config(args.config)
    try:
        if path is None and not args.sut and args.start is None and (above := implementation_above(Path(), today)):
            file, named = above
            raise UsageError(
                f"{file} names the implementation {named!r}, but is not read from {Path.cwd()}. Add --config {file}, "
                "or name another implementation with --sut (--sut reference runs against the kit's own)"
            )
        return load_config(path, today)
    except InvalidConfig as error:
        raise UsageError(str(error)) from None


def target_of(args: argparse.Namespace) -> tuple[str, Connection]:
    """Return the implementation and the connection, from the command line and the file. Raises UsageError."""
    config = read_config(args, utc_now().date())
    given = config.options
    connection = connection_of(args, given.connection)
    sut = args.sut or next(iter(given.sut), default_sut(started=connection.processes.start is not None))
    announce_commands(config, args, [sut])
    return sut, connection


def announce(connection: Connection, suts: Sequence[str]) -> None:
    """Print which variables go to which host, before the first request. Raises InvalidConnection if one is missing."""
    reveal(connection)
    hosts = dict.fromkeys(urlsplit(sut).netloc for sut in suts if is_url(sut))
    if connection.variables and hosts:
        names = ", ".join(connection.variables)
        where = ", ".join(sanitize(host.replace(f":{PORT}", " (the server of --start)")) for host in hosts)
        print(sanitize(f"sending {names} to {where}, and nowhere else"), file=sys.stderr)


def positive(number: type[int] | type[float], largest: float) -> Callable[[str], float]:
    """Return the type of an option that takes a positive number up to a largest one."""

    def positive_number(text: str) -> float:
        value = number(text)
        if not 0 < value <= largest:
            raise ValueError(text)
        return value

    positive_number.__name__ = "positive number"  # argparse names it in its message
    return positive_number
