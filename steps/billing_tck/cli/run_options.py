"""The options of `billing-tck run`, from the command line and from `billing-tck.toml`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from billing_tck.config import FILE, InvalidConfig, KnownDeviationEntry, find_config, load_config
from billing_tck.errors import UsageError
from billing_tck.spec.selection import Selection

TIMEOUT = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--sut",
        metavar="SPEC",
        help="the implementation: python:package.module:factory, stdio:COMMAND ARGS, http://host:port/path, "
        "reference[:KNOB=VALUE,...] or faulty:NAME (default: reference)",
    )
    _add_selection(parser)
    parser.add_argument("--workers", type=_positive(int), metavar="N", help="run in N processes (default: 1)")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="run on the workers of a Dask cluster, such as tcp://host:8786"
    )
    parser.add_argument(
        "--timeout", type=_positive(float), metavar="S", help=f"seconds to wait for an answer (default: {TIMEOUT:g})"
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


def _positive(number: type[int] | type[float]) -> Callable[[str], float]:
    def positive(text: str) -> float:
        value = number(text)
        if not 0 < value < float("inf"):
            raise ValueError(text)
        return value

    positive.__name__ = "positive number"  # argparse names it in its message
    return positive


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run: the options of the command line, and those of the file where the command line has none."""

    sut: str
    selection: Selection
    workers: int
    cluster: str | None
    timeout: float
    report: Path | None
    features: Path | None
    config: Path | None
    known: tuple[KnownDeviationEntry, ...]
    started: datetime

    @property
    def elsewhere(self) -> bool:
        """Whether the scenarios run in other processes, each with its own implementation."""
        return self.workers > 1 or self.cluster is not None

    @property
    def repeated_options(self) -> tuple[str, ...]:
        """The arguments that a repetition of one scenario needs beside `--sut` and `--scenario`."""
        return tuple(self._repeated_options())

    def _repeated_options(self) -> Iterator[str]:
        if self.config is not None:
            yield from ("--config", str(self.config))
        if self.features is not None:
            yield from ("--features", str(self.features))
        if self.timeout != TIMEOUT:
            yield from ("--timeout", f"{self.timeout:g}")


def run_request(args: argparse.Namespace, now: datetime) -> RunRequest:
    """Return what to run.

    The command line wins; where it selects anything, the selection of the file is ignored as a whole.
    """
    try:
        config = load_config(find_config(args.config), now.date())
    except InvalidConfig as error:
        raise UsageError(str(error)) from None
    given = config.options
    families, clauses = _listed(args.family), tuple(clause.upper() for clause in _listed(args.clause))
    selection = Selection(families, clauses, args.part, tuple(args.scenario))
    if selection == Selection():
        selection = Selection(given.family, given.clause, given.part, given.scenario)
    return RunRequest(
        sut=args.sut or given.sut or "reference",
        selection=selection,
        workers=args.workers or given.workers or 1,
        cluster=args.cluster,
        timeout=args.timeout or given.timeout or TIMEOUT,
        report=args.report or given.report,
        features=args.features or given.features,
        config=args.config,
        known=config.known,
        started=now,
    )


def _listed(given: Sequence[str]) -> tuple[str, ...]:
    """Return the values of an option, also where one word holds several with commas between them."""
    return tuple(one.strip() for word in given for one in word.split(",") if one.strip())
