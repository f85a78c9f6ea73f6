"""`report.html`: a report for people, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from billing_tck.reports.html_view import Picture, ReportView
from billing_tck.reports.page import render_page
from billing_tck.reports.wording import implementation_title, page_title, sentence
from billing_tck.results.aggregate import Report
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Register
from billing_tck.text.files import replace_text

HTML = "report.html"


def write_html(folder: Path, report: Report, suite: Suite, register: Register, pictures: Mapping[str, Picture]) -> None:
    """Write `report.html`."""
    replace_text(folder / HTML, render_html(report, suite, register, pictures))


def render_html(report: Report, suite: Suite, register: Register, pictures: Mapping[str, Picture]) -> str:
    """Return the page; `pictures` are timelines by the scenarios' places."""
    view = ReportView(report, suite, register, pictures)
    return render_page(
        "report.html.j2",
        digest=report.digest,
        title=implementation_title(report),
        page_title=page_title(report, view.unusual_readings),
        sentence=sentence(report),
        report=report,
        header=report.header,
        view=view,
    )
