"""`billing-tck run`: run the scenarios against an implementation; give a verdict on each, and an exit status.

0 something was checked, nothing deviates or errored · 1 something deviates, or an entry for known deviations is out of
date · 2 wrong usage · 3 something errored, nothing was checked, or the implementation is not reachable · 4 the kit
failed · 130 interrupted
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from billing_tck.cli.connection_options import announce
from billing_tck.cli.main import INTERRUPTED
from billing_tck.cli.run_options import RunRequest, add_arguments, run_request
from billing_tck.cli.run_servers import check_same_implementation, check_workers, locked
from billing_tck.cli.run_start import announce_commands, opened, started_ahead
from billing_tck.cli.unreachable import print_unreachable
from billing_tck.clock import real_perf_counter
from billing_tck.connection import Connection
from billing_tck.contract.values import Description
from billing_tck.drivers import Driver
from billing_tck.engine.declarations import undecided, unknown_declarations, unknown_values
from billing_tck.engine.isolated_run import run_on
from billing_tck.engine.runner import describe
from billing_tck.errors import UsageError
from billing_tck.gc_pause import gc_paused
from billing_tck.reports.failures import Failures
from billing_tck.reports.progress import Progress
from billing_tck.results.header import BaselineName, Header, kit_version, utc_now
from billing_tck.results.known_deviations import resolve
from billing_tck.results.last_run import last_failed, remember_failed
from billing_tck.results.record import ScenarioRecord, record_of
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Family, Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.selection import Selection, UnknownSelectionError, select
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load
from billing_tck.sut import InvalidSutSpec
from billing_tck.text.files import open_output
from billing_tck.text.format import format_count, format_first
from billing_tck.text.sanitize import sanitize

if TYPE_CHECKING:
    from billing_tck.cli.run_corpus import CorpusPlayer
    from billing_tck.cli.run_files import ReportFiles
    from billing_tck.drivers.isolated import IsolatedDriver

__all__ = ["add_arguments", "main"]

UNREACHABLE = NOTHING_CHECKED = 3


def main(args: argparse.Namespace) -> int:
    """Run the selected scenarios, and print the result; return the exit status."""
    request = run_request(args, utc_now())
    args.features = request.features  # whose features they are decides how an error in them ends
    try:
        with started_ahead(request, wanted=not args.list) as ahead:
            return _run_selected(request, args, ahead)
    except InvalidSutSpec as error:
        raise UsageError(str(error)) from None
    except UnreachableError as error:
        print_unreachable(request.sut, error, "run against")
        return UNREACHABLE


def _run_selected(request: RunRequest, args: argparse.Namespace, ahead: IsolatedDriver | None) -> int:
    """Read the features while the process of the implementation starts `ahead`, where it does, and run them."""
    with gc_paused():
        register = load_register(_register_folder(request.features))
        suite = checked_suite(request.features, register, load(), cached=not args.no_cache)
    request = _with_last_failed(request, suite, again=args.last_failed)
    scenarios = _selected(suite, request.selection, register)
    if args.list:
        sys.stdout.writelines(sanitize(f"{scenario.place}  {scenario.name}") + "\n" for scenario in scenarios)
        print(sanitize(f"{format_count(len(scenarios), 'scenario')} selected by {request.selection}; nothing was run"))
        return 0
    if not scenarios:
        print(sanitize(f"nothing was checked: {_why_nothing(request.selection, register)}"), file=sys.stderr)
        return NOTHING_CHECKED
    request = replace(request, workers=min(request.workers, len(scenarios)))
    check_workers(request)
    corpus = _corpus(request, register)
    if ahead is None:
        announce_commands(request)
    with locked(request) as connection:
        return _run(replace(request, connection=connection), suite, scenarios, register, corpus, ahead=ahead)


def _with_last_failed(request: RunRequest, suite: Suite, *, again: bool) -> RunRequest:
    """Return the request, restricted to what failed in the last run where that is asked for and something did."""
    if not again:
        return request
    known = {scenario.place for scenario in suite.scenarios}
    places = tuple(place for place in last_failed() if place in known)
    if not places:
        print("no failed scenario is recorded for this folder: running everything that is selected", file=sys.stderr)
        return request
    return replace(request, selection=replace(request.selection, scenarios=(*request.selection.scenarios, *places)))


def _register_folder(features: Path | None) -> Path:
    """Return the folder whose clauses apply: that of the user's features where it has some, else the kit's."""
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
    return f"no scenario is selected by {selection}" if selection != Selection() else "there is no scenario"


# One run


def _run(
    request: RunRequest,
    suite: Suite,
    scenarios: Sequence[Scenario],
    register: Register,
    corpus: CorpusPlayer | None,
    *,
    ahead: IsolatedDriver | None,
) -> int:
    begun = real_perf_counter()
    _begin_wire(request.connection)
    with opened(request, ahead) as driver, contextlib.ExitStack() as stack:
        announce(request.connection, request.suts)
        description = describe(driver)
        check_same_implementation(request, description)
        header = _header(request, description, suite, register)
        if unknown := format_first(unknown_declarations(description, register)):
            raise UnreachableError(f"describe_implementation: {sanitize(unknown)}")
        for verdict in unknown_values(description, register).values():
            print(f"{sanitize(verdict.error)}; the scenarios of this knob are errored", file=sys.stderr)
        failures = Failures()
        files = None if request.report is None else _files(request.report, request, header, stack, failures)
        progress = Progress(sys.stderr, len(scenarios), verbose=request.verbose)
        gc.freeze()  # what was read stays until the end, so no collection of garbage need walk it
        stack.callback(gc.unfreeze)
        records: list[ScenarioRecord] = []
        try:
            with contextlib.closing(_source(request, scenarios, driver, description, register)) as source:
                for found in source:
                    record = header.mark_known(found)
                    records.append(record.brief())
                    progress.add(record)
                    if files is not None:
                        files.add(record)
                    if request.selection.until_failure and record.failed:
                        break
            histories = None if corpus is None else corpus.play(driver, description, progress.show)
        except KeyboardInterrupt:
            progress.clear()
            _say_how_it_ended("interrupted", records, len(scenarios), failed=False)
            return INTERRUPTED
        except Exception:
            progress.clear()
            if records:
                _say_how_it_ended("stopped", records, len(scenarios), failed=True)
            raise
        progress.clear()
        from billing_tck.cli.run_result import exit_status, report_of, show  # noqa: PLC0415 - not before the verdicts

        report = report_of(header, records, seconds=real_perf_counter() - begun, corpus=histories)
        interrupted = False
        if files is not None:
            progress.show("drawing the timelines of deviations")
            try:
                files.finish(report, driver, suite, register, load())
            except KeyboardInterrupt:
                interrupted = True
            progress.clear()
    remember_failed(report.every, everything=report.everything and not request.selection.until_failure)
    show(report, request, suite, register, failures)
    if interrupted:
        print("interrupted while the report was written; the verdicts are above", file=sys.stderr)
        return INTERRUPTED
    return failures.status or exit_status(report.verdict)


def _say_how_it_ended(how: str, records: Sequence[ScenarioRecord], selected: int, *, failed: bool) -> None:
    """Print what is known of a run that ended early, with what has `failed` where that is asked for."""
    from billing_tck.cli.run_result import ended_early, failed_lines  # noqa: PLC0415 - only for a run that ends early

    lines = [*(failed_lines(records) if failed else ()), ended_early(how, records, selected)]
    print("\n".join(lines), file=sys.stderr)


def _corpus(request: RunRequest, register: Register) -> CorpusPlayer | None:
    """Return what plays the corpus, if it is to be played. Raises UsageError where it has no such histories."""
    if request.corpus is None:
        return None
    from billing_tck.cli.run_corpus import CorpusPlayer  # noqa: PLC0415 - only for a run with --corpus

    return CorpusPlayer(request, register)


def _files(
    folder: Path, request: RunRequest, header: Header, stack: contextlib.ExitStack, failures: Failures
) -> ReportFiles:
    from billing_tck.cli.run_files import ReportFiles  # noqa: PLC0415 - only for a run with --report

    return ReportFiles(folder, request, header, stack, failures)


def _begin_wire(connection: Connection) -> None:
    """Empty the file of `--wire`, which the drivers append to."""
    if connection.wire is not None:
        try:
            open_output(connection.wire).close()
        except OSError as error:
            raise UsageError(f"--wire: cannot write {str(connection.wire)!r}: {error.strerror}") from None


def _header(request: RunRequest, description: Description, suite: Suite, register: Register) -> Header:
    return Header(
        sut=request.sut,
        implementation=description,
        digest=suite.digest,
        selection=str(request.selection),
        started=request.started,
        version=kit_version(),
        options=request.repeated_options,
        asked=request.selection,
        known=resolve(request.known, suite.scenarios, {clause.id: clause.excluded for clause in register.clauses}),
        baseline=BaselineName.of(suite.baseline),
    )


def _source(
    request: RunRequest, scenarios: Sequence[Scenario], driver: Driver, description: Description, register: Register
) -> Generator[ScenarioRecord, None, None]:
    """Yield the records: first of what cannot be run, then of what runs in this process or in others."""
    unknown = unknown_values(description, register)
    verdicts = {scenario.place: undecided(scenario, description, unknown) for scenario in scenarios} if unknown else {}
    for scenario in scenarios:
        if (verdict := verdicts.get(scenario.place)) is not None:
            yield record_of(scenario, verdict)
    scenarios = [scenario for scenario in scenarios if verdicts.get(scenario.place) is None]
    if request.elsewhere:
        driver.close()
        yield from _from_elsewhere(request, scenarios, description)
    else:
        yield from run_on(scenarios, driver, load(), description, brief=request.report is None)


def _from_elsewhere(
    request: RunRequest, scenarios: Sequence[Scenario], description: Description
) -> Generator[ScenarioRecord, None, None]:
    from billing_tck.engine.executors import ClusterError  # noqa: PLC0415 - a run in this process does not need it
    from billing_tck.engine.parallel import run_parallel  # noqa: PLC0415

    try:
        yield from run_parallel(
            scenarios,
            request.suts,
            request.connection,
            description,
            count=request.workers,
            cluster=request.cluster,
            brief=request.report is None,
        )
    except ClusterError as error:
        raise UsageError(str(error)) from None
