"""`billing-tck verify`: check a report for completeness and consistency; exit with 0 where it is sound, else with 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.reports.verification import faults_of, folder_faults
from billing_tck.reports.wording import sentence
from billing_tck.results.report_file import ReportError, load_report
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.text.sanitize import sanitize

NOT_TRUSTED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report folder, or its report.ndjson")
    parser.add_argument("--features", type=Path, metavar="PATH", help="the features that it ran, instead of the kit's")


def main(args: argparse.Namespace) -> int:
    """Print what is wrong with the report, one line each, or that nothing is; return the exit status."""
    if not args.report.exists():
        raise UsageError(f"there is no report {args.report}")
    own = args.features is not None and args.features.is_dir() and (args.features / "clauses.toml").is_file()
    register = load_register(args.features if own else features_dir())
    try:
        report = load_report(args.report)
        suite = load_suite(args.features)
    except ReportError as error:
        faults = list(error.faults)
    else:
        folder = args.report if args.report.is_dir() else args.report.parent
        faults = [*faults_of(report, suite, register), *folder_faults(folder, report, register)]
        if not faults:
            what = report.header.implementation
            print(sanitize(f"{what.name} {what.version}: {sentence(report)}"))
            baseline = f"baseline {sanitize(suite.baseline.name)}, " if suite.baseline else ""
            print(
                f"the report is complete: {len(report.every)} scenarios, {baseline}features {suite.digest[:12]}, "
                f"digest {report.digest}"
            )
            return 0
    for fault in faults:
        print(sanitize(fault), file=sys.stderr)
    count = len(faults)
    print(sanitize(f"{args.report} cannot be trusted: {count} fault{'s' * (count != 1)}"), file=sys.stderr)
    return NOT_TRUSTED
