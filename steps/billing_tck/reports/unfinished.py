"""What a report folder holds while a run lasts: files that say that it did not finish.

They replace the files of an earlier run before the first scenario, and the finished run replaces them, so that a run
that is killed leaves nothing behind that looks like a result.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

from billing_tck.reports.badge import JSON, LABEL, SVG, draw_badge
from billing_tck.reports.cucumber_messages import MESSAGES
from billing_tck.reports.html import HTML
from billing_tck.reports.junit import JUNIT
from billing_tck.reports.markdown import MARKDOWN
from billing_tck.reports.summary import SUMMARY
from billing_tck.results.header import format_timestamp
from billing_tck.results.report_file import refuse_special
from billing_tck.text.files import replace_text

MESSAGE = "did not finish"
_GREY = "#6e7681"
_FILES = (SUMMARY, JUNIT, MARKDOWN, JSON, SVG, MESSAGES, HTML)


def write_unfinished(folder: Path, started: datetime) -> None:
    """Replace the files of an earlier run. Raises UsageError where one of them is not a file, OSError on others."""
    for name in _FILES:
        refuse_special(folder / name)
    text = f"The run that began at {format_timestamp(started)} {MESSAGE}."
    badge = {"schemaVersion": 1, "label": LABEL, "message": MESSAGE, "color": "lightgrey", "isError": True}
    written = {
        SUMMARY: json.dumps({"finished": False, "message": text}) + "\n",
        JUNIT: _junit(text),
        MARKDOWN: f"# {LABEL}\n\n{text}\n",
        JSON: json.dumps(badge) + "\n",
        SVG: draw_badge(MESSAGE, _GREY),
        HTML: f"<!doctype html><meta charset=utf-8><title>{LABEL}: {MESSAGE}</title><p>{text}\n",
    }
    for name, content in written.items():
        replace_text(folder / name, content)
    (folder / MESSAGES).unlink(missing_ok=True)


def _junit(text: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<testsuites tests="1" errors="1"><testsuite name={quoteattr(LABEL)} tests="1" errors="1">'
        f'<testcase name="the run" classname={quoteattr(LABEL)}><error message={quoteattr(text)}/></testcase>'
        "</testsuite></testsuites>\n"
    )
