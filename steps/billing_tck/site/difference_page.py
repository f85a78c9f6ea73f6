"""The page of two specifications side by side."""

from __future__ import annotations

from billing_tck.impact.wording import history_lines, outcomes
from billing_tck.site.catalogue import Catalogue, by_rule
from billing_tck.site.frame import Page
from billing_tck.site.links import DIFFERENCES, INDEX
from billing_tck.site.specification_diff import BaselineDiff, ReadingsDiff


def difference_page(diff: ReadingsDiff | BaselineDiff, catalogue: Catalogue) -> Page:
    """Return the page."""
    context: dict[str, object] = {
        "diff": diff,
        "scenarios": {scenario.fingerprint: scenario for scenario in catalogue.scenarios},
        "history_lines": history_lines,
        "outcomes": outcomes,
    }
    of_readings = isinstance(diff, ReadingsDiff)
    if isinstance(diff, ReadingsDiff):
        context["only"] = [by_rule(some) for some in diff.only]
    return Page(
        DIFFERENCES,
        "reading_differences.html.j2" if of_readings else "baseline_differences.html.j2",
        "Two specifications",
        section=INDEX,
        kind="differences",
        description=" and ".join(diff.names),
        context=context,
    )
