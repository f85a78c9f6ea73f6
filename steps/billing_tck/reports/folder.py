"""All that a run leaves in its report folder beside `report.ndjson`."""

from __future__ import annotations

from pathlib import Path

from billing_tck.drivers import Driver
from billing_tck.features import Suite
from billing_tck.register import Register
from billing_tck.reports.files import write_junit, write_summary
from billing_tck.reports.record import Report
from billing_tck.reports.run import Run
from billing_tck.vocabulary.registry import Vocabulary


def write_report(
    folder: Path, run: Run, report: Report, suite: Suite, register: Register, driver: Driver, vocabulary: Vocabulary
) -> None:
    """Writes every file; the driver is asked again for the pictures of what deviated."""
    write_summary(folder, report)
    write_junit(folder, report)
