"""Write every file of a report folder but `report.ndjson`, which is written during the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from billing_tck.clock import real_monotonic
from billing_tck.contract.values import Description
from billing_tck.reports.badge import write_badge
from billing_tck.reports.cucumber_messages import MESSAGES, write_messages
from billing_tck.reports.failures import Failures
from billing_tck.reports.html import HTML, write_html
from billing_tck.reports.html_view import Picture
from billing_tck.reports.junit import JUNIT, write_junit
from billing_tck.reports.markdown import MARKDOWN, write_markdown
from billing_tck.reports.summary import SUMMARY, write_summary
from billing_tck.results.aggregate import Report
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import Deviates
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import Caller
from billing_tck.timeline.observation import observe
from billing_tck.timeline.svg import responsive

MOST_PICTURES = 50
SECONDS = 20.0


def write_report(
    folder: Path,
    report: Report,
    suite: Suite,
    register: Register,
    *,
    vocabulary: Vocabulary,
    pictures: Mapping[str, Picture],
    failures: Failures,
) -> None:
    """Write every file but `report.ndjson`. A file that fails is left as it is, and the others are written."""
    with failures.of(SUMMARY):
        write_summary(folder, report)
    with failures.of(JUNIT):
        write_junit(folder, report)
    with failures.of(MARKDOWN):
        write_markdown(folder, report, register)
    with failures.of("the badge"):
        write_badge(folder, report)
    with failures.of(MESSAGES):
        write_messages(folder, report, suite, vocabulary)
    with failures.of(HTML):
        write_html(folder, report, suite, register, pictures)


def draw(
    records: Sequence[ScenarioRecord],
    suite: Suite,
    driver: Caller,
    description: Description,
    vocabulary: Vocabulary,
    *,
    failures: Failures,
) -> dict[str, Picture]:
    """Return timelines of what deviates, by place: each scenario is run again and recorded, while there is time.

    The first deviation of each clause goes first, so that as many clauses as possible have a picture.
    """
    scenarios = {scenario.place: scenario for scenario in suite.scenarios}
    end = real_monotonic() + SECONDS
    pictures: dict[str, Picture] = {}
    for record in _first_of_each_clause_first(records)[:MOST_PICTURES]:
        if real_monotonic() > end:
            break
        with failures.of(f"the timeline of {record.place}", "timeline"):
            seen = observe(scenarios[record.place], driver, description, vocabulary)
            if seen.trace is not None and not seen.trace.is_empty:
                other = "" if seen.verdict.word == record.verdict.word else format_verdict(seen.verdict.word)
                pictures[record.place] = Picture(responsive(seen.trace), other)
    return pictures


def _first_of_each_clause_first(records: Sequence[ScenarioRecord]) -> list[ScenarioRecord]:
    deviating = [record for record in records if isinstance(record.verdict, Deviates)]
    first: dict[tuple[str, ...], ScenarioRecord] = {}
    for record in deviating:
        first.setdefault(record.clauses, record)
    ahead = {record.place for record in first.values()}
    return sorted(deviating, key=lambda record: record.place not in ahead)
