"""Render a comparison as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from billing_tck.reports.comparison import LEGEND, ComparedReport, Comparison, RunDiff, count_of_rest, shown_rows
from billing_tck.reports.markdown import code, escape, table
from billing_tck.reports.wording import MARKS, VERDICT_MARKS, implementation_title, sentence
from billing_tck.results.header import format_timestamp
from billing_tck.text.sanitize import sanitize


def render_text(comparison: Comparison, *, everything: bool = True) -> str:
    """Return the comparison for a terminal; without `everything`, clauses on which all agree are only counted."""
    blocks = ["\n".join(_column_lines(comparison.columns))]
    if comparison.notes:
        blocks.append("\n".join(f"note: {sanitize(note)}" for note in comparison.notes))
    wide = max((len(row.clause) for row in comparison.rows), default=6)
    cells = max([3, *(len(column.letter) for column in comparison.columns)])
    head = " " * wide + "".join(f"  {column.letter:^{cells}}" for column in comparison.columns)
    lines = [head.rstrip()]
    shown = shown_rows(comparison.rows, everything)
    for row in shown:
        marks = "".join(f"  {MARKS[verdict]:^{cells}}" for verdict in row.verdicts)
        differs = "   differs" if everything and not row.alike else ""
        lines.append(f"{row.clause:<{wide}}{marks}{differs}".rstrip())
    if shown:
        blocks.append("\n".join(lines))
    blocks += count_of_rest(comparison.rows, shown)
    blocks.append("  ".join(f"{MARKS[verdict]} {said}" for verdict, said in LEGEND))
    blocks += ["\n".join(_diff_lines(diff)) for diff in comparison.diffs]
    return "\n\n".join(blocks) + "\n"


def _column_lines(columns: Sequence[ComparedReport]) -> Iterator[str]:
    wide = max(len(column.name) for column in columns)
    for column in columns:
        started = format_timestamp(column.report.header.started)
        yield sanitize(
            f"{column.letter}  {column.name:<{wide}}  {started}  {sentence(column.report)}  ({column.place})"
        )


def _diff_lines(diff: RunDiff) -> Iterator[str]:
    head = f"{diff.title} ({implementation_title(diff.after.report)})"
    if not diff.changes:
        yield sanitize(f"{head}: nothing")
        return
    yield sanitize(head)
    for heading, changes in diff.by_kind:
        yield f"  {heading}"
        for change in changes:
            yield sanitize(f"    {', '.join(change.clauses)}  {change.name}: {diff.describe(change)}")


def render_markdown(comparison: Comparison, *, everything: bool = True) -> str:
    """Return the comparison as Markdown; without `everything`, clauses on which all agree are only counted."""
    columns = comparison.columns
    rows = [
        [column.letter, escape(column.name), format_timestamp(column.report.header.started),
         f"{MARKS[VERDICT_MARKS[column.report.verdict]]} {sentence(column.report)}", code(column.place)]
        for column in columns
    ]  # fmt: skip
    blocks = ["\n".join(table(["", "implementation", "run", "verdict", "report"], rows))]
    blocks += ["\n".join(f"- {escape(note)}" for note in comparison.notes)] if comparison.notes else []
    shown = shown_rows(comparison.rows, everything)
    matrix = [
        [f"**{row.clause}**" if not row.alike else row.clause, escape(row.sentence), *(MARKS[v] for v in row.verdicts)]
        for row in shown
    ]
    blocks += ["\n".join(table(["clause", "", *(column.letter for column in columns)], matrix))] if matrix else []
    blocks += [escape(said) for said in count_of_rest(comparison.rows, shown)]
    blocks.append(", ".join(f"{MARKS[verdict]} {said}" for verdict, said in LEGEND))
    for diff in comparison.diffs:
        blocks.append(f"### {diff.title[0].upper()}{diff.title[1:]}")
        lines = ["Nothing."] if not diff.changes else []
        for heading, changes in diff.by_kind:
            lines.append(f"- {heading}")
            lines += [f"  - {', '.join(map(escape, c.clauses))}: {escape(c.name)}: {diff.describe(c)}" for c in changes]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"
