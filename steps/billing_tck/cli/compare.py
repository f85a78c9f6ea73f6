"""`billing-tck compare`: compare reports.

0 done · 1 a report cannot be trusted, or, with --fail-on-regression, a scenario is worse than before · 2 wrong usage
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.reports.comparison import WORSE, compare
from billing_tck.reports.comparison_text import render_markdown, render_text
from billing_tck.results.aggregate import Report
from billing_tck.results.report_file import ReportError, load_report
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.text.files import write_text
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

NOT_TRUSTED = WORSE_THAN_BEFORE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "reports", nargs="+", type=Path, metavar="REPORT", help="two or more report folders, or their report.ndjson"
    )
    parser.add_argument("--all", action="store_true", help="also the clauses on which all reports agree")
    parser.add_argument("--markdown", action="store_true", help="as Markdown")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page there")
    parser.add_argument(
        "--fail-on-regression",
        action="store_true",
        help="end with 1 where a scenario deviates or errors that did not in the report before",
    )
    parser.add_argument("--features", type=Path, metavar="DIR", help="take the clauses from this folder")


def main(args: argparse.Namespace) -> int:
    """Print the comparison; return the exit status."""
    if len(args.reports) < 2:
        raise UsageError("expected two reports or more, got one")
    reports: list[tuple[str, Report]] = []
    faults: list[str] = []
    for place in args.reports:
        if not place.exists():
            raise UsageError(f"there is no report {place}")
        try:
            reports.append((str(place), load_report(place)))
        except ReportError as error:
            faults += error.faults
    for fault in faults:
        print(sanitize(fault), file=sys.stderr)
    if faults:
        return NOT_TRUSTED
    register = load_register(args.features or features_dir())
    comparison = compare(reports, register, in_given_order=args.fail_on_regression)
    if args.html is not None:
        from billing_tck.reports.comparison_html import render_html  # noqa: PLC0415 - only for a page

        try:
            args.html.parent.mkdir(parents=True, exist_ok=True)
            write_text(args.html, render_html(comparison))
        except OSError as error:
            raise UsageError(f"no page can be written to {args.html}: {error.strerror}") from None
    render = render_markdown if args.markdown else render_text
    sys.stdout.write(render(comparison, everything=args.all))
    worse = sum(change.kind == WORSE for diff in comparison.diffs for change in diff.changes)
    if args.fail_on_regression and worse:
        verbs = "deviates or errors" if worse == 1 else "deviate or error"
        print(f"{format_count(worse, 'scenario')} {verbs} that did not before", file=sys.stderr)
        return WORSE_THAN_BEFORE
    return 0
