"""A deviation or an error told in the words of the domain: what happened, what was asked, expected and observed."""

from __future__ import annotations

import shlex

from billing_tck.results.calls import render
from billing_tck.results.record import Line, line_of
from billing_tck.results.report_file import Header
from billing_tck.results.result import Result
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize

MOST_LOG, LONGEST_LOG = 10, 200
"""Of an error stream so many lines are told, and so many characters of each; the report has them all."""


def repeat(place: str, header: Header) -> str:
    """The command that runs just the scenario at `place` again."""
    return shlex.join(["billing-tck", "run", "--sut", header.sut, *header.options, "--scenario", place])


def _beside(name: str, example: str) -> str:
    """What an example says that the scenario's name does not: the values of a row are left out where it has them."""
    title, colon, row = example.rpartition(": ")
    values = [part.split(" ") for part in row.split(", ")]
    told = all(any(" ".join(words[start:]) in name for start in range(1, len(words))) for words in values)
    return (title if colon else "") if told else example


def render_result(result: Result, header: Header | None) -> list[str]:
    """The lines that tell one scenario, the scenario itself in the first one; without a header not how to repeat it."""
    return tell_line(line_of(result, header.excuse(result) if header else None), header)


def tell_line(line: Line, header: Header | None) -> list[str]:
    """The same of a line of a report."""
    lines = [f"{line.place}  {line.name}"]
    if example := _beside(line.name, line.example or ""):
        lines.append(f"  ({example})")
    lines += [f"  {told}" for told in render(line.timeline)]
    match line.verdict:
        case "deviates":
            asked = f"{format_instant(line.asked)}, " if line.asked else ""
            lines.append(f"asked      {asked}'{line.step}' (line {line.step_line})")
            lines += [f"expected   {line.expected}", f"observed   {line.observed}"]
            lines += [f"declared   {', '.join(line.under)}: what this scenario tests"] if line.under else []
            lines += [f"known      {line.known}"] if line.known is not None else []
        case "errored":
            lines += ["expected   an answer", f"observed   {line.kind}: {line.error}"]
            if len(line.log) > MOST_LOG:
                lines.append(f"its log    ({len(line.log) - MOST_LOG} lines before)")
            lines += [
                f"its log    {said if len(said) <= LONGEST_LOG else said[:LONGEST_LOG] + '…'}"
                for said in line.log[-MOST_LOG:]
            ]
        case "not_applicable":
            lines += [f"missing    {what}" for what in line.missing]
        case _:
            pass
    lines += [f"remark     {remark}" for remark in line.remarks]
    if header is not None:
        lines.append(f"again      {repeat(line.place, header)}")
    return [sanitize(told) for told in lines]
