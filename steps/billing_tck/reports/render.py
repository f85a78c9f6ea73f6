"""Render a record as text: what happened, what was checked, what was expected and what was observed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import assert_never

from billing_tck.results.calls import render
from billing_tck.results.header import Header
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import format_missing
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize

MOST_LOG, LONGEST_LOG = 10, 200
"""How many lines of an error stream are shown, and how many characters of each; `report.ndjson` has them all."""


def repeat_command(place: str, header: Header) -> str:
    """Return the command that runs only the scenario at `place`."""
    return shlex.join(["billing-tck", "run", "--sut", header.sut, *header.options, "--scenario", place])


def _values_beside_name(name: str, example: str) -> str:
    """Return what an example adds to the scenario's name: its row's values are left out where the name has them all."""
    title, colon, row = example.rpartition(": ")
    values = [part.split(" ") for part in row.split(", ")]
    in_title = all(any(" ".join(words[start:]) in name for start in range(1, len(words))) for words in values)
    return (title if colon else "") if in_title else example


def render_record(record: ScenarioRecord, header: Header | None) -> list[str]:
    """Return the lines that describe a scenario, its name first; without a header not how to repeat it."""
    lines = [f"{record.place}  {record.name}"]
    if example := _values_beside_name(record.name, record.example or ""):
        lines.append(f"  ({example})")
    lines += [f"  {line}" for line in render(record.timeline)]
    lines += _verdict_lines(record)
    lines += [f"remark     {remark}" for remark in record.remarks]
    if header is not None:
        lines.append(f"again      {repeat_command(record.place, header)}")
    return [sanitize(line) for line in lines]


def _verdict_lines(record: ScenarioRecord) -> list[str]:
    match record.verdict:
        case Deviates() as deviates:
            lines = [f"asked      {format_instant(deviates.at)}, '{deviates.step}' (line {deviates.line})"]
            lines += [f"expected   {deviates.expected}", f"observed   {deviates.observed}"]
            tags = ", ".join(record.reading_tags)
            lines += [f"declared   {tags}: what this scenario tests"] if tags else []
            lines += [f"known      {record.known}"] if record.known is not None else []
            return lines + [f"its log    {line}" for line in log_tail(deviates.log)]
        case Errored() as errored:
            lines = ["expected   an answer", f"observed   {errored.kind}: {errored.error}"]
            return lines + [f"its log    {line}" for line in log_tail(errored.log)]
        case NotApplicable(missing):
            return [f"missing    {format_missing(requirement)}" for requirement in missing]
        case Conforms():
            return []
        case _:
            assert_never(record.verdict)


def log_tail(log: Sequence[str]) -> Iterator[str]:
    """Yield the last lines of a log, and how many there are before them."""
    if len(log) > MOST_LOG:
        yield f"({len(log) - MOST_LOG} lines before)"
    for line in log[-MOST_LOG:]:
        yield line if len(line) <= LONGEST_LOG else line[:LONGEST_LOG] + "…"
