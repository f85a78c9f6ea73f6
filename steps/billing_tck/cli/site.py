"""`billing-tck site`: write the specification, and the verdicts of reports, as a static site.

0 written · 1 a report cannot be trusted · 2 wrong usage, or a folder that is not a site of this kit
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from billing_tck.decisions.overview import Overview, overview_of
from billing_tck.decisions_file import read_decisions
from billing_tck.engine.executors import cores
from billing_tck.errors import UsageError
from billing_tck.reference.oracle import KNOBS
from billing_tck.reports.verification import all_faults
from billing_tck.results.aggregate import Report
from billing_tck.results.report_file import ReportError, load_report
from billing_tck.site.build import Content, build
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.folder import check_target, write_site
from billing_tck.site.lab.lab_folder import read_lab
from billing_tck.site.playground.runtime import read_runtime
from billing_tck.site.sides import parse_sides
from billing_tck.site.specification_diff import diff_of
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

NOT_TRUSTED = 1
_MOST_PROCESSES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to write, new, empty, or an older site")
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=Path,
        metavar="REPORT",
        help="show the verdicts of this report folder, or report.ndjson (repeatable, also of several dates)",
    )
    parser.add_argument(
        "--decisions", type=Path, metavar="FILE", help="show what this file decides of the open questions"
    )
    parser.add_argument(
        "--diff",
        nargs=2,
        metavar=("A", "B"),
        help="show how two specifications differ, each KNOB=VALUE,…, `default`, a decisions file, the name of the "
        "baseline, or a set.toml",
    )
    parser.add_argument(
        "--runtime",
        type=Path,
        metavar="FOLDER",
        help="with the playground, which runs scenarios in the browser: its runtime, which `make runtime` makes",
    )
    parser.add_argument(
        "--lab",
        type=Path,
        metavar="FOLDER",
        help="with the notebooks in JupyterLab, which runs in the browser: its lab, which `make site-lab` makes; "
        "needs --runtime",
    )
    parser.add_argument("--date", type=_day, metavar="YYYY-MM-DD", help="a date for the footer (default: none)")


def main(args: argparse.Namespace) -> int:
    """Write the site; return the exit status."""
    check_target(args.folder)
    register = load_register(features_dir())
    catalogue = Catalogue(checked_suite(None, register, load()), register)
    decisions = _decisions(args.decisions, register) if args.decisions is not None else None
    diff = diff_of(parse_sides(tuple(args.diff), catalogue), catalogue) if args.diff is not None else None
    lab = _lab(args.lab, args.runtime) if args.lab is not None else None
    extra = read_runtime(args.runtime) if args.runtime is not None else None
    reports, faults = _reports(args.report, catalogue)
    for fault in faults:
        print(sanitize(fault), file=sys.stderr)
    if faults:
        return NOT_TRUSTED
    processes = min(cores(), _MOST_PROCESSES)
    count = format_count(len(catalogue.scenarios), "scenario")
    print(f"drawing the timelines of {count} in {format_count(processes, 'process', 'processes')}", file=sys.stderr)
    files = build(Content(catalogue, tuple(reports), decisions, diff, args.date, extra, lab), processes)
    write_site(args.folder, files)
    size, of_lab = sum(map(len, files.values())) / 1_000_000, sum(map(len, (lab or {}).values())) / 1_000_000
    share = f", {of_lab:.1f} MB of them for the notebooks" if lab else ""
    print(sanitize(f"{args.folder}: {format_count(len(files), 'file')}, {size:.1f} MB{share}; begin with index.html"))
    return 0


def _lab(lab: Path, runtime: Path | None) -> dict[str, bytes]:
    if runtime is None:
        raise UsageError("--lab needs --runtime FOLDER: notebooks run with the Python of the playground")
    return read_lab(lab)


def _decisions(path: Path, register: Register) -> Overview:
    return overview_of(register.knobs, path.name, read_decisions(path, KNOBS))


def _reports(places: Sequence[Path], catalogue: Catalogue) -> tuple[list[Report], list[str]]:
    """Return the reports, and everything that is wrong with those that cannot be trusted."""
    reports, faults = [], []
    for place in places:
        try:
            reports.append(_report(place, catalogue))
        except ReportError as error:
            faults += [*error.faults, f"{place} cannot be trusted: {format_count(len(error.faults), 'fault')}"]
    return reports, faults


def _report(place: Path, catalogue: Catalogue) -> Report:
    """Return a report. Raises ReportError with everything that `verify` finds wrong with it, and UsageError."""
    if not place.exists():
        raise UsageError(f"there is no report {place}")
    report = load_report(place)
    if faults := all_faults(place, report, catalogue.suite, catalogue.register):
        raise ReportError(faults)
    return report


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a date as 2026-11-28, got {text!r}") from None
