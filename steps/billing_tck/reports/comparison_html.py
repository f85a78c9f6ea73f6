"""Render a comparison as a page."""

from __future__ import annotations

from billing_tck.reports.comparison import LEGEND, ComparedReport, Comparison
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
        readings=[_readings(column, comparison) for column in comparison.columns],
        legend=LEGEND,
    )


def _title(comparison: Comparison) -> str:
    """Return a title that tells comparisons apart: what each report is about, and when it was run."""
    reports = (f"{column.name} of {format_instant(column.report.header.started)}" for column in comparison.columns)
    return f"Compared: {', '.join(reports)}"


def _readings(column: ComparedReport, comparison: Comparison) -> str:
    """Return the readings that a report declares: those that the others do not, and how many all have alike."""
    every = [set(one.report.header.implementation.readings.items()) for one in comparison.columns]
    alike = set.intersection(*every)
    own = sorted(set(column.report.header.implementation.readings.items()) - alike)
    said = [*(f"{knob}={value}" for knob, value in own), *([f"{len(alike)}, the same in all"] if alike else [])]
    return ", ".join(said) or "none declared"
