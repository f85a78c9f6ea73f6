"""The decisions as a page that opens anywhere."""

from __future__ import annotations

from billing_tck.decisions.overview import Overview
from billing_tck.decisions.text import said_by
from billing_tck.impact.wording import history_lines, sentence
from billing_tck.reports.page import render_page


def render_html(overview: Overview) -> str:
    """Return the page."""
    return render_page(
        "decisions_page.html.j2",
        package="billing_tck.decisions",
        script=False,
        overview=overview,
        said_by=said_by,
        sentence=sentence,
        history_lines=history_lines,
    )
