"""The report folder of a run. A file that cannot be written, or a picture that cannot be drawn, loses no verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from billing_tck.cli.run_options import RunRequest
from billing_tck.connect import open_driver
from billing_tck.drivers import Driver
from billing_tck.errors import UsageError
from billing_tck.reports.failures import Failures
from billing_tck.reports.html_view import Picture
from billing_tck.reports.unfinished import write_unfinished
from billing_tck.reports.writer import draw, write_report
from billing_tck.results.aggregate import Report
from billing_tck.results.header import Header
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.report_file import NDJSON, ReportWriter
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import Vocabulary
from billing_tck.text.files import DISK_ERRORS


class ReportFiles:
    """The files of a report folder: `report.ndjson` during the run, the others after it.

    Raises UsageError where the folder cannot be used, and OSError where the disk is full, before the first scenario.
    What goes wrong later is collected as `failures`.
    """

    def __init__(
        self, folder: Path, request: RunRequest, header: Header, stack: contextlib.ExitStack, failures: Failures
    ) -> None:
        self._request, self._stack, self._failures = request, stack, failures
        with _opening(folder):
            self._writer = stack.enter_context(ReportWriter(folder, header))
            self._folder = self._writer.folder
            write_unfinished(self._folder, header.started)

    def add(self, record: ScenarioRecord) -> None:
        """Write the row of one scenario."""
        with self._failures.of(NDJSON):
            self._writer.add(record)

    def finish(self, report: Report, driver: Driver, suite: Suite, register: Register, vocabulary: Vocabulary) -> None:
        """Write the footer and every other file, with drawings of what deviated."""
        whole = replace(report, records=self._writer.records)
        with self._failures.of(NDJSON):
            whole = self._writer.finish(report.seconds, report.corpus)
        pictures = self._drawn(whole, driver, suite, vocabulary)
        write_report(
            self._folder, whole, suite, register, vocabulary=vocabulary, pictures=pictures, failures=self._failures
        )

    def _drawn(self, report: Report, driver: Driver, suite: Suite, vocabulary: Vocabulary) -> Mapping[str, Picture]:
        drawn: dict[str, Picture] = {}
        with self._failures.of("the timelines of deviations"):
            if self._request.elsewhere:  # then the driver of this process is closed
                driver = self._stack.enter_context(open_driver(self._request.sut, connection=self._request.connection))
            description = report.header.implementation
            drawn |= draw(report.every, suite, driver, description, vocabulary, failures=self._failures)
        return drawn


@contextlib.contextmanager
def _opening(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in DISK_ERRORS:
            raise
        raise UsageError(f"cannot write the report to {folder}: {error.strerror}") from None
