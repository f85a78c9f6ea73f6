"""The page of two specifications side by side."""

from __future__ import annotations

from billing_tck.impact.wording import history_lines, outcomes
from billing_tck.site.beside import Beside, draw_beside
from billing_tck.site.catalogue import Catalogue, by_rule
from billing_tck.site.frame import Page
from billing_tck.site.links import DIFFERENCES, INDEX
from billing_tck.site.pictures import pack
from billing_tck.site.specification_diff import BaselineDiff, ReadingsDiff
from billing_tck.steps.registry import Vocabulary
from billing_tck.text.preview import shorten

CHUNK = "difference"
_LONGEST = 36


def difference_picture(diff: ReadingsDiff | BaselineDiff, vocabulary: Vocabulary) -> tuple[str, Beside] | None:
    """Return the file with the timeline of a scenario under both sides, and what it shows; None where none differs."""
    if not isinstance(diff, ReadingsDiff):
        return None
    testing = [scenario for scenario in diff.only[1] if scenario.reading]
    answers = {one.knob.name: one.a for one in diff.knobs}, {one.knob.name: one.b for one in diff.knobs}
    found = draw_beside(CHUNK, testing, answers, (_short(diff.names[0]), _short(diff.names[1])), vocabulary)
    return None if found is None else (pack(CHUNK, [found[0]]), found[1])


def _short(name: str) -> str:
    """Return a name whose words are short enough for the narrowest picture: readings apart, of a path the file."""
    return ", ".join(shorten(word.rpartition("/")[2], _LONGEST) for word in name.split(","))


def difference_page(diff: ReadingsDiff | BaselineDiff, catalogue: Catalogue, beside: Beside | None = None) -> Page:
    """Return the page; `beside` is the timeline that it shows."""
    context: dict[str, object] = {
        "diff": diff,
        "scenarios": {scenario.fingerprint: scenario for scenario in catalogue.scenarios},
        "history_lines": history_lines,
        "outcomes": outcomes,
        "beside": beside,
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
