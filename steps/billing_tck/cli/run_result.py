"""What a run prints after its last verdict: the verdicts, annotations for CI systems, and how it was ended early."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from billing_tck.cli.run_options import RunRequest
from billing_tck.reports.failures import Failures
from billing_tck.reports.plain import failed_lines, render_plain
from billing_tck.reports.progress import Styler
from billing_tck.reports.terminal import render_run
from billing_tck.results.aggregate import Report, exit_status, report_of, totals
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.text.sanitize import sanitize

__all__ = ["ended_early", "exit_status", "failed_lines", "report_of", "show"]


def show(report: Report, request: RunRequest, suite: Suite, register: Register, failures: Failures) -> None:
    """Print the verdicts, and what of the report could not be made."""
    text = ""
    with failures.of("the summary"):
        sentences = {clause.id: clause.sentence for clause in register.clauses}
        folder = None if request.report is None else str(request.report)
        text = render_run(report, sentences, Styler(sys.stdout), folder)
    sys.stdout.write(text or render_plain(report.every))
    with failures.of("the annotations"):
        _report_to_ci(report, register, suite)
    for failure in failures:
        print(f"{failure.traceback}{failure}" if request.debug else str(failure), file=sys.stderr)


def _report_to_ci(report: Report, register: Register, suite: Suite) -> None:
    """Print annotations and write the summary of the step, where the run is one of a CI system that shows them."""
    if "GITHUB_ACTIONS" not in os.environ and "GITHUB_STEP_SUMMARY" not in os.environ:
        return
    from billing_tck.reports.ci import github_annotations, write_step_summary  # noqa: PLC0415 - only in CI

    folder = suite.folder if suite.folder.is_dir() else suite.folder.parent
    sys.stdout.writelines(f"{line}\n" for line in github_annotations(report, os.environ, folder))
    if problem := write_step_summary(report, register, os.environ):
        print(sanitize(problem), file=sys.stderr)


def ended_early(how: str, records: Sequence[ScenarioRecord], selected: int) -> str:
    """Return how many scenarios were run, and their verdicts."""
    count = totals(records)
    counted = ", ".join(f"{number} {format_verdict(word)}" for word, number in count.items() if number)
    return f"{how} after {sum(count.values())} of {selected} scenarios" + (f": {counted}" if counted else "")
