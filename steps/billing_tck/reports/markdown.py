"""`summary.md`: a report on one page of Markdown, fit for the page of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from billing_tck.reports.html_base import MARKS
from billing_tck.reports.render import repeat
from billing_tck.results.aggregate import VERDICT_MARKS, implementation, sentence, verdict_of_family
from billing_tck.results.record import Line, Report, totals_of
from billing_tck.results.report_file import grouped
from billing_tck.results.verdicts import WORDS
from billing_tck.spec.requirements import Register
from billing_tck.text.sanitize import sanitize

MARKDOWN = "summary.md"
MOST = 20
_SPECIAL = re.compile(r"([\\`*_\[\]|~@]|:(?=//)|(?<=www)\.)")  # what means something within a line


def write_markdown(folder: Path, report: Report, register: Register) -> None:
    """Writes `summary.md`."""
    (folder / MARKDOWN).write_text(render_markdown(report, register), encoding="utf-8")


def render_markdown(report: Report, register: Register) -> str:
    """The page."""
    sentences = {clause.id: clause.sentence for clause in register.clauses}
    mark = MARKS[VERDICT_MARKS[report.verdict]]
    blocks = [f"## {mark} {escape(implementation(report))}: {sentence(report)}"]
    if not report.everything:
        blocks.append(f"Only a part was run: {escape(report.header.selection)}.")
    blocks.append("\n".join(_families(report.lines)))
    blocks += _part("Known deviations that are out of date", [f"- {escape(said)}" for said in report.troubles])
    new = [line for line in report.lines if line.verdict == "deviates" and line.known is None]
    blocks += _part(f"Deviations ({len(new)})", list(_deviations(new, report, sentences)))
    blocks += _part("Errors", list(_errors(report)))
    known = [line for line in report.lines if line.known is not None]
    blocks += _part(f"Known deviations ({len(known)})", list(_known(known)))
    blocks += _part(f"Newer than the frozen set ({len(report.newer)}), not counted", list(_newer(report.newer)))
    blocks.append(
        f"`--sut` {code(report.header.sut)}, billing-tck {escape(report.header.version)}, "
        f"{_set_of(report)}features `{report.header.digest[:12]}`, {len(report.lines)} scenarios"
    )
    return "\n\n".join(blocks) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: int = 0) -> Iterator[str]:
    """The lines of a Markdown table; the last `right` columns hold numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --: ' if n >= len(head) - right else ' --- ' for n in range(len(head)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def escape(text: str) -> str:
    """Text that is nothing but text in Markdown, whoever said it."""
    return _SPECIAL.sub(r"\\\1", html.escape(sanitize(text), quote=False))


def code(text: str) -> str:
    """Text in a code span, in as many backticks as it needs."""
    said = sanitize(text).replace("|", "¦") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", said)), default=0) + 1)
    return f"{fence} {said} {fence}" if "`" in said else f"{fence}{said}{fence}"


def _families(lines: Sequence[Line]) -> Iterator[str]:
    rows = []
    for family in dict.fromkeys(line.family for line in lines):
        members = [line for line in lines if line.family == family]
        verdict, words = verdict_of_family(members)
        count = totals_of(members)
        numbers = [str(count[word] or "·") for word in WORDS]
        rows.append([escape(family.replace("_", " ")), f"{MARKS[verdict]} {words}", *numbers])
    return table(["family", "verdict", *(word.replace("_", " ") for word in WORDS)], rows, right=4)


def _part(title: str, lines: Sequence[str]) -> list[str]:
    return [f"### {title}", "\n".join(lines)] if lines else []


def _deviations(lines: Sequence[Line], report: Report, sentences: dict[str, str]) -> Iterator[str]:
    for clauses, group in grouped(lines[:MOST], lambda line: line.clauses).items():
        for clause in clauses:
            yield f"- **{escape(clause)}** {escape(sentences.get(clause, ''))}"
        for line in group:
            yield f"  - {escape(line.name)}"
            yield f"    - expected {escape(line.expected)}; observed {escape(line.observed)}"
            yield f"    - {code(repeat(line.place, report.header))}"
    if len(lines) > MOST:
        yield f"- and {len(lines) - MOST} more, told in report.html"


def _errors(report: Report) -> Iterator[str]:
    alike: dict[str, list[Line]] = {}
    for line in report.lines:
        if line.verdict == "errored":
            alike.setdefault(line.message, []).append(line)
    for message, lines in list(alike.items())[:MOST]:
        more = f" (and in {len(lines) - 1} more)" if len(lines) > 1 else ""
        yield f"- {escape(message)}: {escape(lines[0].label)}{more}"
    if len(alike) > MOST:
        yield f"- and {len(alike) - MOST} more, told in report.html"


def _set_of(report: Report) -> str:
    frozen = report.header.frozen
    return f"set {escape(frozen.name)}, " if frozen is not None else ""


def _newer(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines[:MOST]:
        clauses = ", ".join(line.clauses)
        yield f"- {escape(clauses)}: {escape(line.name)}: {line.verdict.replace('_', ' ')}"
    if len(lines) > MOST:
        yield f"- and {len(lines) - MOST} more, told in report.html"


def _known(lines: Sequence[Line]) -> Iterator[str]:
    by_reason: dict[str, list[Line]] = {}
    for line in lines:
        by_reason.setdefault(line.known or "", []).append(line)
    for reason, members in by_reason.items():
        clauses = ", ".join(dict.fromkeys(clause for line in members for clause in line.clauses))
        count = f"{len(members)} scenario{'s' * (len(members) != 1)}"
        yield f"- {escape(clauses)}: {escape(reason)} ({count})"
