"""A page for each scenario: its text, where it comes from, its timeline, and the verdicts of the given reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from billing_tck.site.catalogue import Catalogue, outlines
from billing_tck.site.frame import Page
from billing_tck.site.implementations import Implementation
from billing_tck.site.links import QUESTIONS, scenario_path
from billing_tck.site.pictures import Chunks
from billing_tck.spec.gherkin import Scenario


def scenario_pages(catalogue: Catalogue, chunks: Chunks, implementations: Sequence[Implementation]) -> Iterator[Page]:
    """Yield the pages of all scenarios."""
    for outline in outlines(catalogue.scenarios):
        for scenario in outline.rows:
            yield Page(
                scenario_path(scenario),
                "scenario.html.j2",
                scenario.name.replace("`", ""),
                section=QUESTIONS if scenario.part == "edge" else "",
                kind="scenario",
                description=scenario.rule,
                words=_words(scenario),
                context={
                    "scenario": scenario,
                    "outline": outline,
                    "chunk": chunks.of[scenario.fingerprint],
                    "verdicts": _verdicts(scenario, implementations),
                },
            )


def _verdicts(scenario: Scenario, implementations: Sequence[Implementation]) -> dict[str, list[Implementation]]:
    """Return the implementations by their verdict on a scenario; `none` where it was not run."""
    found: dict[str, list[Implementation]] = {}
    for one in implementations:
        record = one.record_of(scenario)
        found.setdefault("none" if record is None else record.standing, []).append(one)
    return found


def _words(scenario: Scenario) -> str:
    """Return what else a scenario is found by: its clauses, and its steps."""
    return " ".join([*scenario.clauses, *scenario.reading_tags, *(step.text for step in scenario.steps)])
