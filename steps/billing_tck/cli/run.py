"""`billing-tck run`: the scenarios against an implementation, a verdict for each, and the exit status of them all.

0 nothing deviates or errored, and something was checked · 1 something deviates, or an entry of known deviations is out
of date · 2 wrong usage · 3 something errored, the implementation could not be reached, or nothing was checked · 4 the
kit is broken · 130 interrupted
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import gc
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from billing_tck.cli.main import INTERRUPTED
from billing_tck.clock import real_perf_counter
from billing_tck.config import FILE, InvalidConfig, KnownDeviationEntry, find_config, load_config
from billing_tck.connect import open_driver
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import Description
from billing_tck.drivers import InvalidSutSpec
from billing_tck.engine.runner import describe
from billing_tck.engine.runner import run as run_scenarios
from billing_tck.errors import UsageError
from billing_tck.reports.terminal import Progress, Styler, format_word, render_run
from billing_tck.results.known_deviations import resolve
from billing_tck.results.report_file import Header, Run, SetName, exit_status, kit_version, totals, utc_now
from billing_tck.results.result import Result
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.gherkin import Scenario, Suite, features_dir
from billing_tck.spec.requirements import Family, Register, load_register
from billing_tck.spec.selection import Selection, UnknownSelectionError, select
from billing_tck.steps.lint import checked_suite
from billing_tck.steps.registry import load
from billing_tck.text.sanitize import sanitize

UNREACHABLE = NOTHING_CHECKED = 3
TIMEOUT = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of DESIGN's command line."""
    parser.add_argument(
        "--sut",
        metavar="SPEC",
        help="the implementation: python:package.module:factory, stdio:COMMAND ARGS, http://host:port/path, "
        "reference[:KNOB=VALUE,...] or faulty:NAME (default: reference)",
    )
    parser.add_argument("--family", action="append", default=[], metavar="F", help="only this rule family (repeatable)")
    parser.add_argument("--clause", action="append", default=[], metavar="ID", help="only this clause (repeatable)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--core", dest="part", action="store_const", const="core", help="only what holds in any reading")
    part.add_argument("--edge", dest="part", action="store_const", const="edge", help="only what tests a reading")
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="WHICH",
        help="only this one: its name, or file:line (repeatable)",
    )
    parser.add_argument("--workers", type=_positive(int), metavar="N", help="run in N processes (default: 1)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="run at the workers of a Dask cluster, as tcp://host:8786")
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


def _positive(number: type[int] | type[float]) -> Callable[[str], float]:
    def positive(text: str) -> float:
        value = number(text)
        if not 0 < value < float("inf"):
            raise ValueError(text)
        return value

    positive.__name__ = "positive number"
    return positive


def main(args: argparse.Namespace) -> int:
    """Runs what was asked for and tells it; the exit status."""
    asked = _asked(args, utc_now())
    register = load_register(_register_folder(asked.features))
    try:
        suite = checked_suite(asked.features, register, load())
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None
    scenarios = _selected(suite, asked.selection, register)
    if not scenarios:
        print(f"nothing was checked: {_why_nothing(asked.selection, register)}", file=sys.stderr)
        return NOTHING_CHECKED
    if asked.elsewhere and asked.sut.startswith(("http://", "https://")):
        option = "--cluster" if asked.cluster else "--workers"
        raise UsageError(f"{option} is for implementations that the kit starts itself; one over http has one clock")
    try:
        return _run(asked, suite, scenarios, register)
    except InvalidSutSpec as error:
        raise UsageError(str(error)) from None
    except UnreachableError as error:
        print(f"no implementation to run against ({sanitize(asked.sut)}): {sanitize(str(error))}", file=sys.stderr)
        for line in error.log:
            print(f"  its log: {sanitize(line)}", file=sys.stderr)
        return UNREACHABLE


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to be done: the command line, and the file where the command line says nothing."""

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
        """Whether the scenarios run in other processes, each with an implementation of its own."""
        return self.workers > 1 or self.cluster is not None


def _asked(args: argparse.Namespace, now: datetime) -> RunRequest:
    """The command line wins; where it selects anything, the file's selection is set aside as a whole."""
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
    """What was given, also where several stand in one word with commas between them."""
    return tuple(one.strip() for word in given for one in word.split(",") if one.strip())


def _run(asked: RunRequest, suite: Suite, scenarios: Sequence[Scenario], register: Register) -> int:
    begun = real_perf_counter()
    with open_driver(asked.sut, timeout=asked.timeout) as driver, contextlib.ExitStack() as stack:
        description = describe(driver)
        header = Header(
            asked.sut,
            description,
            suite.digest,
            str(asked.selection),
            asked.started,
            kit_version(),
            tuple(_options(asked)),
            asked.selection,
            resolve(asked.known, suite.scenarios, {clause.id: clause.excluded for clause in register.clauses}),
            SetName.of(suite.frozen),
        )
        run = Run(header)
        if unknown := tuple(strangers(description, register)):
            raise UnreachableError(f"describe_implementation: {sanitize('; '.join(unknown))}")
        ndjson = None
        if asked.report is not None:
            from billing_tck.reports.files import NdjsonReport  # noqa: PLC0415 - only who wants files loads it

            with _writing(asked.report):
                ndjson = stack.enter_context(NdjsonReport(asked.report, header))
        progress = Progress(sys.stderr, len(scenarios))
        gc.freeze()  # what was read stays until the end: no collection of garbage need look through it again
        stack.callback(gc.unfreeze)
        if asked.elsewhere:
            driver.close()
            results = _elsewhere(asked, scenarios, description)
        else:
            results = run_scenarios(scenarios, driver, vocabulary=load(), description=description)
        try:
            with contextlib.closing(results) as source:
                for result in source:
                    run.add(result.brief)
                    progress.add(result)
                    if ndjson is not None:
                        ndjson.add(result)
        except KeyboardInterrupt:
            progress.clear()
            print(_interrupted(run, len(scenarios)), file=sys.stderr)
            return INTERRUPTED
        progress.clear()
        run.complete, run.seconds = True, real_perf_counter() - begun
        order = {scenario.place: number for number, scenario in enumerate(scenarios)}
        for results_of in (run.results, run.newer):
            results_of.sort(key=lambda result: order[result.scenario.place])
        if ndjson is not None and asked.report is not None:
            from billing_tck.reports.writer import draw, write_report  # noqa: PLC0415 - only who wants files loads it

            with _writing(asked.report):
                report = ndjson.finish()
                progress.say("drawing what deviated")
                # Several workers had drivers of their own, and this one is closed.
                again = open_driver(asked.sut, timeout=asked.timeout) if asked.elsewhere else None
                pictures = draw(run.every, stack.enter_context(again) if again else driver, description, load())
                write_report(asked.report, report, suite, register, vocabulary=load(), pictures=pictures)
                progress.clear()
    sentences = {clause.id: clause.sentence for clause in register.clauses}
    folder = None if asked.report is None else str(asked.report)
    sys.stdout.write(render_run(run, sentences, Styler(sys.stdout), folder))
    return exit_status(run)


def _elsewhere(
    asked: RunRequest, scenarios: Sequence[Scenario], description: Description
) -> Generator[Result, None, None]:
    """The results from other processes, here or at a cluster."""
    from billing_tck.engine.executors import ClusterError  # noqa: PLC0415 - who runs in this process does not wait for it
    from billing_tck.engine.parallel import run_parallel  # noqa: PLC0415

    try:
        yield from run_parallel(
            scenarios, asked.sut, asked.timeout, description, count=asked.workers, cluster=asked.cluster
        )
    except ClusterError as error:
        raise UsageError(str(error)) from None


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"no report can be written to {folder}: {error.strerror}") from None


def _register_folder(features: Path | None) -> Path:
    """Features of one's own may bring a register of their own; else the kit's speaks."""
    if features is not None and features.is_dir() and (features / "clauses.toml").is_file():
        return features
    return features_dir()


def _selected(suite: Suite, selection: Selection, register: Register) -> tuple[Scenario, ...]:
    try:
        return select(
            suite,
            selection,
            families=[family for family in Family if family is not Family.GENERAL],
            clauses=[clause.id for clause in register.clauses],
        )
    except UnknownSelectionError as error:
        raise UsageError(str(error)) from None


def _why_nothing(selection: Selection, register: Register) -> str:
    excluded = [c for c in register.clauses if c.id in selection.clauses and c.excluded is not None]
    if excluded:
        return "; ".join(f"{clause.id} has no scenario: {clause.excluded}" for clause in excluded)
    return f"no scenario is selected by {selection}" if str(selection) != "everything" else "there is no scenario"


def _options(asked: RunRequest) -> Iterator[str]:
    """What a repetition of one scenario needs beside the implementation."""
    if asked.config is not None:
        yield from ("--config", str(asked.config))
    if asked.features is not None:
        yield from ("--features", str(asked.features))
    if asked.timeout != TIMEOUT:
        yield from ("--timeout", f"{asked.timeout:g}")


def strangers(description: Description, register: Register) -> Iterator[str]:
    """What an implementation declares and the kit does not know: scenarios about it would silently be left out."""
    for name in description.capabilities:
        if name not in CAPABILITIES:
            near = difflib.get_close_matches(name, CAPABILITIES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(CAPABILITIES)}"
            yield f"it declares the capability {name!r}, which the contract does not know; {hint}"
    knobs = {knob.name: {value.name for value in knob.values} for knob in register.knobs}
    for name, value in description.readings.items():
        if name not in knobs:
            yield f"it declares the reading {name!r}, which is no knob"
        elif value not in knobs[name]:
            yield f"it declares {name}={value}; the knob has {', '.join(sorted(knobs[name]))}"


def _interrupted(run: Run, selected: int) -> str:
    counted = ", ".join(f"{count} {format_word(word)}" for word, count in totals(run.every).items() if count)
    return f"interrupted after {len(run.every)} of {selected} scenarios" + (f": {counted}" if counted else "")
