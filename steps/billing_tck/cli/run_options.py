"""The options of `billing-tck run`, from the command line and from `billing-tck.toml`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from billing_tck.cli.configured_commands import commands_of
from billing_tck.cli.connection_options import add_connection_arguments, connection_of, positive, read_config
from billing_tck.config import FILE, KnownDeviationEntry
from billing_tck.connection import MOST_WORKERS, Connection, options_of
from billing_tck.errors import UsageError
from billing_tck.spec.selection import Selection
from billing_tck.sut import PORT, default_sut, is_url
from billing_tck.text.sanitize import sanitize


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--sut",
        action="append",
        default=[],
        metavar="SPEC",
        help="the implementation: python:package.module:factory, stdio:COMMAND ARGS, http://host:port/path, "
        "reference[:KNOB=VALUE,...] or faulty:NAME (default: reference); several URLs, one for each worker",
    )
    _add_selection(parser)
    parser.add_argument(
        "--workers", type=positive(int, MOST_WORKERS), metavar="N", help="run in N processes (default: 1)"
    )
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="run on the workers of a Dask cluster, such as tcp://host:8786"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write report.html, report.ndjson, messages.ndjson, junit.xml, summary.json, summary.md and a badge there",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"known deviations and options of run (default: {FILE} in the current directory, where there is one)",
    )
    parser.add_argument(
        "--features", type=Path, metavar="PATH", help="a folder or file of features, instead of the kit's"
    )
    parser.add_argument(
        "--corpus",
        nargs="?",
        const="",
        metavar="N",
        help="also play the corpus of histories, or only those numbered N, as 17,40-60 (see `guide corpus`)",
    )
    parser.add_argument("--verbose", action="store_true", help="print each scenario and its verdict")
    parser.add_argument("--no-cache", action="store_true", help="parse and check features that are unchanged, too")
    add_connection_arguments(parser)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--family", action="append", default=[], metavar="F", help="only this rule family (repeatable)")
    parser.add_argument("--clause", action="append", default=[], metavar="ID", help="only this clause (repeatable)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--core", dest="part", action="store_const", const="core", help="only scenarios that hold under all readings"
    )
    part.add_argument(
        "--edge", dest="part", action="store_const", const="edge", help="only scenarios that test one reading"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="WHICH",
        help="only this scenario, by name or file:line (repeatable)",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only names that contain or match it (repeatable)",
    )
    parser.add_argument("--tag", metavar="EXPRESSION", help="only these tags, as '@BC-29 and not @exact'")
    parser.add_argument(
        "--last-failed", action="store_true", help="only what deviated or errored when it last ran here"
    )
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first that deviates or errors")
    parser.add_argument("--list", action="store_true", help="print the selected scenarios, and run nothing")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run: the options of the command line, and those of the file where the command line has none."""

    suts: tuple[str, ...]
    selection: Selection
    workers: int
    cluster: str | None
    connection: Connection
    report: Path | None
    features: Path | None
    known: tuple[KnownDeviationEntry, ...]
    started: datetime
    verbose: bool
    debug: bool
    commands: tuple[str, ...]  # what the file starts, as it is announced
    repeated_options: tuple[str, ...]  # what a repetition of one scenario needs beside --sut and --scenario
    corpus: str | None = None  # the numbers of histories that are played, too; all where it is empty, none where None

    @property
    def sut(self) -> str:
        """The implementation; of several URLs the first."""
        return self.suts[0]

    @property
    def elsewhere(self) -> bool:
        """Whether the scenarios run in other processes, each with its own implementation."""
        return self.workers > 1 or self.cluster is not None


def run_request(args: argparse.Namespace, now: datetime) -> RunRequest:
    """Return what to run.

    The command line wins; where it selects anything, the selection of the file is ignored as a whole.
    """
    config = read_config(args, now.date())
    given = config.options
    families, clauses = _listed(args.family), tuple(clause.upper() for clause in _listed(args.clause))
    selection = Selection(families, clauses, args.part, tuple(args.scenario), tuple(args.name), args.tag)
    if selection == Selection():
        selection = Selection(given.family, given.clause, given.part, given.scenario, given.name, given.tag)
    connection = connection_of(args, given.connection)
    suts = tuple(args.sut) or given.sut or (default_sut(started=connection.processes.start is not None),)
    _fit_together(suts, connection)
    return RunRequest(
        suts=suts,
        selection=replace(selection, until_failure=args.fail_fast),
        workers=args.workers or given.workers or len(suts),
        cluster=args.cluster,
        connection=connection,
        report=args.report or given.report,
        features=args.features or given.features,
        known=config.known,
        started=now,
        verbose=args.verbose,
        debug=getattr(args, "debug", False),
        commands=tuple(map(sanitize, commands_of(config, args, suts))),
        repeated_options=tuple(_repeated_options(args)),
        corpus=args.corpus,
    )


def _repeated_options(args: argparse.Namespace) -> Iterator[str]:
    """Yield what the command line gives; a repetition reads the rest from the file again."""
    for option, path in (("--config", args.config), ("--features", args.features)):
        if path is not None:
            yield from (option, str(path))
    yield from options_of(connection_of(args))


def _fit_together(suts: Sequence[str], connection: Connection) -> None:
    """Refuse what would be ignored silently. Raises UsageError."""
    urls = [sut for sut in suts if is_url(sut)]
    if len(suts) > 1 and len(urls) < len(suts):
        raise UsageError("several --sut are for URLs, one for each worker; the kit starts other implementations itself")
    if len(set(suts)) < len(suts):
        raise UsageError("a --sut is given twice; each worker needs a server of its own")
    if not urls:
        http = connection.http
        for option, given in (
            ("--header", http.headers),
            ("--user", http.user),
            ("--ca-file", http.ca_file),
            ("--client-cert", http.client_cert),
            ("--start", connection.processes.start),
        ):
            if given:
                raise UsageError(f"{option} is for implementations over HTTP, and --sut is {suts[0]!r}")
    if connection.processes.start is None and any(PORT in url for url in urls):
        raise UsageError(f"--sut has {PORT}, which is the port of a server that the kit starts; add --start COMMAND")
    if connection.processes.start is not None and len(urls) > 1:
        raise UsageError(f"--start starts one server for each worker: give one --sut with {PORT}, and --workers")


def _listed(given: Sequence[str]) -> tuple[str, ...]:
    """Return the values of an option, also where one word holds several with commas between them."""
    return tuple(one.strip() for word in given for one in word.split(",") if one.strip())
