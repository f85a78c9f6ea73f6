"""What a run adds for the CI system that it runs in: GitHub annotations and the summary of a step.

Found by the variables that the CI system sets: `GITHUB_ACTIONS`, `GITHUB_STEP_SUMMARY`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from billing_tck.reports.markdown import render_markdown
from billing_tck.results.aggregate import Report
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Errored
from billing_tck.spec.requirements import Register
from billing_tck.text.files import open_output
from billing_tck.text.preview import preview_text
from billing_tck.text.sanitize import sanitize

MOST_ANNOTATIONS = 10  # GitHub shows no more of a step
_LONGEST = 500  # characters of a message


def github_annotations(report: Report, environ: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Yield the lines that GitHub shows as annotations: what deviates, other than as known, and what errored.

    `folder` is that of the features.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    failed = [record for record in report.records if record.failed]
    for record in failed[:MOST_ANNOTATIONS]:
        yield _annotation(record, folder)
    if len(failed) > MOST_ANNOTATIONS:
        rest = len(failed) - MOST_ANNOTATIONS
        yield f"::notice title=billing-tck::{rest} more scenarios deviate or errored; see the report"


def write_step_summary(report: Report, register: Register, environ: Mapping[str, str]) -> str:
    """Append the report to the summary of a GitHub step, where there is one; return what went wrong, if anything."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return ""
    try:
        with open_output(Path(path), append=True) as file:
            file.write((render_markdown(report, register) + "\n").encode("utf-8", "backslashreplace"))
    except OSError as error:
        return f"cannot write the summary of the step to {path}: {error.strerror}"
    return ""


def _annotation(record: ScenarioRecord, folder: Path) -> str:
    word = "errored" if isinstance(record.verdict, Errored) else "deviates"
    title = " ".join((*record.clauses, word))
    place = {"file": sanitize(_relative(folder / record.file)), "line": str(record.line), "title": title}
    properties = ",".join(f"{name}={_escaped(value, also=':,')}" for name, value in place.items())
    message = preview_text(sanitize(f"{record.name}: {record.message}"), _LONGEST)
    return f"::error {properties}::{_escaped(message)}"


def _escaped(text: str, also: Iterable[str] = ()) -> str:
    """Escape as GitHub's commands want it, so that no text can begin a command or another property."""
    for character in ("%", "\r", "\n", *also):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _relative(path: Path) -> str:
    """Return a path from the current folder where it lies inside, as GitHub names files of the repository."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
