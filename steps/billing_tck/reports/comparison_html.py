"""Render a comparison as a page."""

from __future__ import annotations

from billing_tck.reports.comparison import LEGEND, Comparison
from billing_tck.reports.page import render_page
from billing_tck.reports.wording import VERDICT_MARKS, sentence


def render_html(comparison: Comparison) -> str:
    """Return the comparison as a page that opens anywhere."""
    return render_page(
        "comparison.html.j2",
        script=False,
        comparison=comparison,
        names=", ".join(dict.fromkeys(column.name for column in comparison.columns)),
        verdicts=[(VERDICT_MARKS[column.report.verdict], sentence(column.report)) for column in comparison.columns],
        legend=LEGEND,
    )
