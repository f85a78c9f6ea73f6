"""`summary.json`: the exit status of the run, the totals and the deviations of a report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from billing_tck.results.aggregate import Report, exit_status, totals
from billing_tck.results.corpus_result import CORPUS
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.report_rows import corpus_row, implementation_row
from billing_tck.results.verdicts import Deviates
from billing_tck.text.files import replace_text

SUMMARY = "summary.json"


def write_summary(folder: Path, report: Report) -> None:
    """Write `summary.json`."""
    replace_text(folder / SUMMARY, json.dumps(summary(report), indent=2) + "\n")


def summary(report: Report) -> dict[str, object]:
    """Return the content of `summary.json`; `set`, `known_deviations` and `newer` only where there are any."""
    header = report.header
    content: dict[str, object] = {"implementation": implementation_row(header)}
    if header.baseline is not None:
        content["set"] = {"name": header.baseline.name, "digest": header.baseline.digest}
    content["exit_status"] = exit_status(report.verdict)
    content |= {**report.totals, "clauses": report.clauses, "deviations": _deviations(report.records)}
    if report.outside_baseline:
        content["newer"] = {**totals(report.outside_baseline), "deviations": _deviations(report.outside_baseline)}
    if report.corpus is not None:
        content[CORPUS] = {name: value for name, value in corpus_row(report.corpus).items() if name != "type"}
    if header.known:
        content["known_deviations"] = {
            "entries": len(header.known),
            "scenarios": len(report.known),
            "out_of_date": list(map(str, report.troubles)),
        }
    return content


def _deviations(records: Iterable[ScenarioRecord]) -> list[dict[str, object]]:
    return [_deviation(record) for record in records if isinstance(record.verdict, Deviates)]


def _deviation(record: ScenarioRecord) -> dict[str, object]:
    content: dict[str, object] = {
        "scenario": record.label,
        "clauses": list(record.clauses),
        "message": record.message,
    }
    return content if record.known is None else content | {"known": record.known}
