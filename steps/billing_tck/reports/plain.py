"""Render a run without anything that can fail: where the summary for the terminal cannot be made."""

from __future__ import annotations

from collections.abc import Iterable

from billing_tck.results.aggregate import totals
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.text.sanitize import sanitize


def render_plain(records: Iterable[ScenarioRecord]) -> str:
    """Return a line for each scenario that deviates or errored, and the totals."""
    kept = list(records)
    counted = ", ".join(f"{number} {format_verdict(word)}" for word, number in totals(kept).items() if number)
    return "\n".join([*failed_lines(kept), counted or "no verdict"]) + "\n"


def failed_lines(records: Iterable[ScenarioRecord]) -> list[str]:
    """Return a line for each scenario that deviates, other than as known, or errored."""
    return [
        sanitize(f"{format_verdict(record.verdict.word)}  {record.place}  {record.name}")
        for record in records
        if record.failed
    ]
