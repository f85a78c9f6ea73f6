"""`billing-tck verify`: check a report, or a site, for completeness and consistency.

0 sound · 1 not to be trusted · 2 wrong usage
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.reports.verification import all_faults
from billing_tck.reports.wording import sentence
from billing_tck.results.report_file import ReportError, load_report
from billing_tck.site.manifest import FILE as SITE
from billing_tck.site.manifest import InvalidManifest, describe, read_manifest, site_faults
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

NOT_TRUSTED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report folder, its report.ndjson, or a site")
    parser.add_argument("--features", type=Path, metavar="PATH", help="the features that it ran, instead of the kit's")


def main(args: argparse.Namespace) -> int:
    """Print what is wrong with the report, one line each, or that nothing is; return the exit status."""
    if not args.report.exists():
        raise UsageError(f"there is no report {args.report}")
    if (args.report / SITE).exists():
        return _site(args.report)
    own = args.features is not None and args.features.is_dir() and (args.features / "clauses.toml").is_file()
    register = load_register(args.features if own else features_dir())
    try:
        report = load_report(args.report)
        suite = load_suite(args.features)
    except ReportError as error:
        faults = list(error.faults)
    else:
        faults = all_faults(args.report, report, suite, register)
        if not faults:
            what = report.header.implementation
            print(sanitize(f"{what.name} {what.version}: {sentence(report)}"))
            baseline = f"baseline {sanitize(suite.baseline.name)}, " if suite.baseline else ""
            print(
                f"the report is complete: {len(report.every)} scenarios, {baseline}features {suite.digest[:12]}, "
                f"digest {report.digest}"
            )
            return 0
    return _not_trusted(args.report, faults)


def _site(folder: Path) -> int:
    """Compare every file of a site with its manifest."""
    try:
        manifest = read_manifest(folder)
        faults = list(site_faults(folder, manifest))
    except InvalidManifest as error:
        faults = [str(error)]
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    else:
        if not faults:
            print(sanitize(f"the site is complete: {len(manifest.files)} files, {describe(manifest)}"))
            return 0
    return _not_trusted(folder, faults)


def _not_trusted(place: Path, faults: Sequence[str]) -> int:
    for fault in faults:
        print(sanitize(fault), file=sys.stderr)
    print(sanitize(f"{place} cannot be trusted: {format_count(len(faults), 'fault')}"), file=sys.stderr)
    return NOT_TRUSTED
