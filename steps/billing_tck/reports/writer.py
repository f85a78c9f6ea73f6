"""All that a run leaves in its report folder beside `report.ndjson`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from billing_tck.clock import real_monotonic
from billing_tck.contract.values import Description
from billing_tck.reports.badge import write_badge
from billing_tck.reports.cucumber_messages import write_messages
from billing_tck.reports.files import write_junit, write_summary
from billing_tck.reports.html import Picture, write_html
from billing_tck.reports.markdown import write_markdown
from billing_tck.results.record import Report
from billing_tck.results.result import Result
from billing_tck.results.verdicts import Deviates
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import Caller
from billing_tck.timeline.recorder import observe
from billing_tck.timeline.svg import svg

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
) -> None:
    """Writes every file but `report.ndjson`, which was written while the run went on."""
    write_summary(folder, report)
    write_junit(folder, report)
    write_markdown(folder, report, register)
    write_badge(folder, report)
    write_messages(folder, report, suite, vocabulary)
    write_html(folder, report, suite, register, pictures)


def draw(
    results: Sequence[Result], driver: Caller, description: Description, vocabulary: Vocabulary
) -> dict[str, Picture]:
    """Timelines of what deviated, by the scenarios' places: each run again and watched, as far as time allows.

    The first deviation of each clause goes first, so that a picture stands beside as many clauses as can be.
    """
    deviating = [result for result in results if isinstance(result.verdict, Deviates)]
    first: dict[tuple[str, ...], Result] = {}
    for result in deviating:
        first.setdefault(result.scenario.clauses, result)
    ahead = {result.scenario.place for result in first.values()}
    chosen = sorted(deviating, key=lambda result: result.scenario.place not in ahead)[:MOST_PICTURES]
    end = real_monotonic() + SECONDS
    pictures: dict[str, Picture] = {}
    for result in chosen:
        if real_monotonic() > end:
            break
        seen = observe(result.scenario, driver, description, vocabulary)
        if seen.trace is None:
            continue
        other = "" if seen.verdict.word == result.verdict.word else seen.verdict.word.replace("_", " ")
        pictures[result.scenario.place] = Picture(svg(seen.trace), other)
    return pictures
