"""`summary.md`: a report on one page of Markdown, fit for the page of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path

from billing_tck.reports.corpus import corpus_sentence
from billing_tck.reports.render import repeat_command
from billing_tck.reports.wording import MARKS, VERDICT_MARKS, implementation_title, sentence
from billing_tck.results.aggregate import Report, family_verdict, grouped, totals
from billing_tck.results.corpus_result import CorpusResult
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import WORDS, Deviates, Errored
from billing_tck.spec.requirements import Register
from billing_tck.text.files import replace_text
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

MARKDOWN = "summary.md"
MOST = 20
_SPECIAL = re.compile(r"([\\`*_\[\]|~@]|:(?=//)|(?<=www)\.)")  # what means something within a line


def write_markdown(folder: Path, report: Report, register: Register) -> None:
    """Write `summary.md`."""
    replace_text(folder / MARKDOWN, render_markdown(report, register))


def render_markdown(report: Report, register: Register) -> str:
    """Return the page."""
    sentences = {clause.id: clause.sentence for clause in register.clauses}
    mark = MARKS[VERDICT_MARKS[report.verdict]]
    blocks = [f"## {mark} {escape(implementation_title(report))}: {sentence(report)}"]
    if not report.everything:
        blocks.append(f"Only a part was run: {escape(report.header.selection)}.")
    blocks.append("\n".join(_families(report.records)))
    blocks += _part(
        "Known deviations that are out of date", [f"- {escape(str(trouble))}" for trouble in report.troubles]
    )
    blocks += _part(f"Deviations ({len(report.new_deviations)})", list(_deviations(report, sentences)))
    blocks += _part("Errors", list(_errors(report)))
    if report.corpus is not None:
        blocks += _part("Corpus", list(_corpus(report.corpus)))
    blocks += _part(f"Known deviations ({len(report.known)})", list(_known(report.known)))
    newer = report.outside_baseline
    blocks += _part(f"Newer than the baseline ({len(newer)}), not counted", list(_outside_baseline(newer)))
    blocks.append(
        f"`--sut` {code(report.header.sut)}, billing-tck {escape(report.header.version)}, "
        f"{_set_of(report)}features `{report.header.digest[:12]}`, {len(report.records)} scenarios"
    )
    return "\n\n".join(blocks) + "\n"


def _corpus(corpus: CorpusResult) -> Iterator[str]:
    yield f"{corpus_sentence(corpus)} ({escape(corpus.baseline)}, {corpus.commands:,} calls)."
    for finding in corpus.findings:
        clauses = ", ".join(finding.clauses) or "no clause named"
        yield ""
        yield f"- **{clauses}**, {code(finding.place)}: {escape(finding.message)}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: int = 0) -> Iterator[str]:
    """Yield the lines of a Markdown table; the last `right` columns hold numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --: ' if n >= len(head) - right else ' --- ' for n in range(len(head)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def escape(text: str) -> str:
    """Return text in which no character means anything in Markdown."""
    return _SPECIAL.sub(r"\\\1", html.escape(sanitize(text), quote=False))


def code(text: str) -> str:
    """Return text in a code span, in as many backticks as it needs."""
    said = sanitize(text).replace("|", "¦") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", said)), default=0) + 1)
    return f"{fence} {said} {fence}" if "`" in said else f"{fence}{said}{fence}"


def _families(records: Sequence[ScenarioRecord]) -> Iterator[str]:
    rows = []
    for family in dict.fromkeys(record.family for record in records):
        members = [record for record in records if record.family == family]
        verdict, words = family_verdict(members)
        count = totals(members)
        numbers = [str(count[word] or "·") for word in WORDS]
        rows.append([escape(family.replace("_", " ")), f"{MARKS[verdict]} {words}", *numbers])
    return table(["family", "verdict", *map(format_verdict, WORDS)], rows, right=4)


def _part(title: str, lines: Sequence[str]) -> list[str]:
    return [f"### {title}", "\n".join(lines)] if lines else []


def _deviations(report: Report, sentences: dict[str, str]) -> Iterator[str]:
    records = report.new_deviations
    for clauses, group in grouped(records[:MOST], lambda record: record.clauses).items():
        for clause in clauses:
            yield f"- **{escape(clause)}** {escape(sentences.get(clause, ''))}"
        for record in group:
            yield f"  - {escape(record.name)}"
            if isinstance(record.verdict, Deviates):
                yield f"    - expected {escape(record.verdict.expected)}; observed {escape(record.verdict.observed)}"
            yield f"    - {code(repeat_command(record.place, report.header))}"
    yield from _more(records)


def _errors(report: Report) -> Iterator[str]:
    alike: dict[str, list[ScenarioRecord]] = {}
    for record in report.records:
        if isinstance(record.verdict, Errored):
            alike.setdefault(record.message, []).append(record)
    for message, records in list(alike.items())[:MOST]:
        more = f" (and in {len(records) - 1} more)" if len(records) > 1 else ""
        yield f"- {escape(message)}: {escape(records[0].label)}{more}"
    yield from _more(alike)


def _more(things: Sized) -> Iterator[str]:
    if len(things) > MOST:
        yield f"- and {len(things) - MOST} more, shown in report.html"


def _set_of(report: Report) -> str:
    baseline = report.header.baseline
    return f"set {escape(baseline.name)}, " if baseline is not None else ""


def _outside_baseline(records: Sequence[ScenarioRecord]) -> Iterator[str]:
    for record in records[:MOST]:
        clauses = ", ".join(record.clauses)
        yield f"- {escape(clauses)}: {escape(record.name)}: {format_verdict(record.verdict.word)}"
    yield from _more(records)


def _known(records: Sequence[ScenarioRecord]) -> Iterator[str]:
    by_reason: dict[str, list[ScenarioRecord]] = {}
    for record in records:
        by_reason.setdefault(record.known or "", []).append(record)
    for reason, members in by_reason.items():
        clauses = ", ".join(dict.fromkeys(clause for record in members for clause in record.clauses))
        yield f"- {escape(clauses)}: {escape(reason)} ({format_count(len(members), 'scenario')})"
