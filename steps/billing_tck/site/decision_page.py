"""The page of what is decided of the open questions."""

from __future__ import annotations

from billing_tck.decisions.overview import Overview
from billing_tck.decisions.text import said_by
from billing_tck.impact.wording import history_lines, sentence
from billing_tck.site.frame import Page
from billing_tck.site.links import DECISIONS, INDEX


def decision_page(overview: Overview) -> Page:
    """Return the page."""
    return Page(
        DECISIONS,
        "decisions.html.j2",
        "Decisions",
        section=INDEX,
        kind="decisions",
        description=overview.summary,
        context={
            "overview": overview,
            "said_by": said_by,
            "sentence": sentence,
            "history_lines": history_lines,
        },
    )
