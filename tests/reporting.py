"""Reports of the toy implementation, for tests of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.engine.runner import run as run_scenarios
from billing_tck.reports.failures import Failures
from billing_tck.reports.writer import draw, write_report
from billing_tck.results.aggregate import Report
from billing_tck.results.header import Header, kit_version
from billing_tck.results.known_deviations import KnownDeviation, resolve
from billing_tck.results.report_file import ReportWriter
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.selection import Selection, select
from billing_tck.spec.suite import load_suite

from .toy import EDGE, FEATURE, Toy, register, vocabulary, write_features

STARTED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def mixed_toy() -> Toy:
    """Of the toy's scenarios, one of each verdict and one conforming one more."""
    fell = ImplementationError(ErrorKind.CRASHED, "it fell over", method="start_service", log=("boom",))
    return Toy(stop_after=21, faults={"start_service": fell}, spec="stdio:./toy")


class Made:
    """A report folder of a run of the toy."""

    def __init__(  # noqa: PLR0917
        self,
        folder: Path,
        toy: Toy | None = None,
        known: Sequence[KnownDeviation] = (),
        asked: Selection | None = None,
        core: str = FEATURE,
        started: datetime = STARTED,
    ) -> None:
        self.toy = toy or Toy()
        self.suite: Suite = load_suite(write_features(folder / "features", core, EDGE))
        self.folder = folder / "report"
        asked = asked or Selection()
        clauses = {clause.id: clause.excluded for clause in register().clauses}
        self.header = Header(
            self.toy.spec, self.toy.description, self.suite.digest, str(asked), started, kit_version(),
            asked=asked, known=resolve(known, self.suite.scenarios, clauses),
        )  # fmt: skip
        scenarios = select(self.suite, asked)
        with ReportWriter(self.folder, self.header) as writer:
            for record in run_scenarios(scenarios, self.toy, vocabulary=vocabulary()):
                writer.add(self.header.mark_known(record))
            self.report: Report = writer.finish()
        failures = Failures()
        toy = self.toy
        pictures = draw(self.report.every, self.suite, toy, toy.description, vocabulary(), failures=failures)
        words = vocabulary()
        write_report(
            self.folder, self.report, self.suite, register(), vocabulary=words, pictures=pictures, failures=failures
        )
        assert not list(failures)

    def text(self, name: str) -> str:
        """One of its files."""
        return (self.folder / name).read_text(encoding="utf-8")


def named(toy: Toy, name: str, version: str = "1.0") -> Toy:
    """The toy under another name."""
    toy.description = replace(toy.description, name=name, version=version)
    return toy
