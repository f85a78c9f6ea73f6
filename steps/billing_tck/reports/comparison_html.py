"""Render a comparison as a page."""

from __future__ import annotations

from billing_tck.reports.comparison import LEGEND, Comparison
from billing_tck.reports.page import render_page
from billing_tck.reports.wording import VERDICT_MARKS, sentence
from billing_tck.text.format import format_instant


def render_html(comparison: Comparison) -> str:
    """Return the comparison as a page that opens anywhere."""
    return render_page(
        "comparison.html.j2",
        script=False,
        comparison=comparison,
        page_title=_title(comparison),
        verdicts=[(VERDICT_MARKS[column.report.verdict], sentence(column.report)) for column in comparison.columns],
        legend=LEGEND,
    )


def _title(comparison: Comparison) -> str:
    """Return a title that tells comparisons apart: what each report is about, and when it was run."""
    reports = (f"{column.name} of {format_instant(column.report.header.started)}" for column in comparison.columns)
    return f"Compared: {', '.join(reports)}"
