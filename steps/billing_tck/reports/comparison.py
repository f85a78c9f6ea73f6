"""Reports held against each other: implementations by clauses, and what changed between runs of one implementation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

from billing_tck.reports.html_base import element, mark, page
from billing_tck.reports.markdown import code, escape, table
from billing_tck.reports.wording import MARKS, VERDICT_MARKS, implementation_title, sentence
from billing_tck.results.aggregate import Report, clause_order, known_clauses
from billing_tck.results.header import format_timestamp
from billing_tck.results.record import ScenarioRecord
from billing_tck.spec.requirements import Register
from billing_tck.text.markup import Markup
from billing_tck.text.sanitize import sanitize

WORSE, BETTER, OTHER = "worse", "better", "other"
_BAD = frozenset({"deviates", "errored", "known deviation"})


@dataclass(frozen=True, slots=True)
class Column:
    """One report of a comparison: a letter for tables, where it lies, and a name that tells it from the others."""

    letter: str
    report: Report
    place: str
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One clause, and its verdict in each report: those of scenarios, `known`, or `none` where none was run."""

    clause: str
    family: str
    sentence: str
    verdicts: tuple[str, ...]

    @property
    def alike(self) -> bool:
        """Whether all reports that say anything say the same."""
        return len(set(self.verdicts) - {"none"}) <= 1


@dataclass(frozen=True, slots=True)
class Change:
    """One scenario that came to another verdict; `before` or `after` is `not there` where a report does not have it."""

    name: str
    clauses: tuple[str, ...]
    before: str
    after: str

    @property
    def kind(self) -> str:
        """Whether it is for the worse, for the better, or neither."""
        if self.after in _BAD and self.before not in _BAD:
            return WORSE
        return BETTER if self.after == "conforms" else OTHER


@dataclass(frozen=True, slots=True)
class Step:
    """What changed from one run of an implementation to the next."""

    before: Column
    after: Column
    changes: tuple[Change, ...]

    @property
    def again(self) -> bool:
        """Whether the same thing was run again, and not another variant of it beside."""
        return self.before.report.header.sut == self.after.report.header.sut

    @property
    def title(self) -> str:
        """What the changes are."""
        if self.again:
            return f"what changed from {self.before.letter} to {self.after.letter}"
        return f"how {self.after.letter} differs from {self.before.letter}"

    def say(self, kind: str) -> str:
        """A kind of change, in words."""
        if self.again:
            return {WORSE: "deviates or errored since", BETTER: "conforms since", OTHER: "changed otherwise"}[kind]
        there, not_there = f"in {self.after.letter}", f"and not in {self.before.letter}"
        said = {WORSE: f"deviates or errored {there}, {not_there}", BETTER: f"conforms {there}, {not_there}"}
        return said.get(kind, "otherwise")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that there is to say."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def compare(reports: Sequence[tuple[str, Report]], register: Register) -> Comparison:
    """The comparison of reports, each with where it lies; repeated runs are put in order of time."""
    said = Counter(implementation_title(report) for _, report in reports)
    columns = tuple(
        Column(
            _letters(number),
            report,
            place,
            f"{implementation_title(report)} ({report.header.sut})"
            if said[implementation_title(report)] > 1
            else implementation_title(report),
        )
        for number, (place, report) in enumerate(reports)
    )
    steps = []
    names = dict.fromkeys(column.report.header.implementation.name for column in columns)
    for name in names:
        runs = [column for column in columns if column.report.header.implementation.name == name]
        if len({column.report.header.sut for column in runs}) == 1:  # of variants none comes before the other
            runs.sort(key=lambda column: column.report.header.started)
        steps += [Step(before, after, tuple(_changes(before.report, after.report))) for before, after in pairwise(runs)]
    return Comparison(columns, tuple(_rows(columns, register)), tuple(steps), tuple(_notes(columns)))


def _letters(number: int) -> str:
    return (
        ascii_uppercase[number]
        if number < len(ascii_uppercase)
        else f"{_letters(number // 26 - 1)}{_letters(number % 26)}"
    )


def _notes(columns: Sequence[Column]) -> Iterator[str]:
    """What makes reports hard to compare."""
    first = columns[0]
    digests = Counter(column.report.digest for column in columns)
    for digest, count in digests.items():
        if count > 1:
            yield f"{' and '.join(c.letter for c in columns if c.report.digest == digest)} are one and the same report"
    for column in columns[1:]:
        ours, theirs = column.report.header, first.report.header
        same_set = ours.baseline is not None and ours.baseline == theirs.baseline
        if ours.digest != theirs.digest and same_set:
            continue  # what counts was asked of both
        if ours.digest != theirs.digest:
            yield (
                f"{column.letter} was made with other features than {first.letter} "
                f"({ours.digest[:12]}, not {theirs.digest[:12]}), of another frozen set: "
                "what differs may be the scenarios' doing"
            )
    for column in columns:
        if not column.report.everything:
            yield f"{column.letter} is the report of a part: {column.report.header.selection}"


def _rows(columns: Sequence[Column], register: Register) -> Iterator[Row]:
    verdicts = [_verdicts(column.report) for column in columns]
    known = {clause.id: clause for clause in register.clauses}
    strange = sorted({clause for said in verdicts for clause in said} - set(known), key=clause_order)
    for clause in [*known, *strange]:
        found = tuple(said.get(clause, "none") for said in verdicts)
        if set(found) != {"none"}:
            entry = known.get(clause)
            yield Row(clause, str(entry.family) if entry else "", entry.sentence if entry else "", found)


def _verdicts(report: Report) -> Mapping[str, str]:
    excused = known_clauses(report.records)
    return {c: "known" if word == "deviates" and c in excused else word for c, word in report.clauses.items()}


def _changes(before: Report, after: Report) -> Iterator[Change]:
    earlier, later = _by_name(before), _by_name(after)
    for key in dict.fromkeys([*later, *earlier]):
        old, new = earlier.get(key), later.get(key)
        record = new or old
        words = tuple(found.verdict_text if found else "not there" for found in (old, new))
        if record is not None and words[0] != words[1]:
            yield Change(f"{record.file}: {record.name}", record.clauses, words[0], words[1])


def _by_name(report: Report) -> dict[tuple[str, str, str | None], ScenarioRecord]:
    """Lines by what they keep when lines of a feature move."""
    return {(record.file, record.name, record.example): record for record in report.every}


# In the terminal


def render_text(comparison: Comparison, *, everything: bool = True) -> str:
    """The comparison for a terminal; without `everything`, clauses that stand alike everywhere are only counted."""
    blocks = ["\n".join(_column_lines(comparison.columns))]
    if comparison.notes:
        blocks.append("\n".join(f"note: {sanitize(note)}" for note in comparison.notes))
    wide = max((len(row.clause) for row in comparison.rows), default=6)
    cells = max([3, *(len(column.letter) for column in comparison.columns)])
    head = " " * wide + "".join(f"  {column.letter:^{cells}}" for column in comparison.columns)
    lines = [head.rstrip()]
    shown = _shown(comparison.rows, everything)
    for row in shown:
        marks = "".join(f"  {MARKS[verdict]:^{cells}}" for verdict in row.verdicts)
        differs = "   differs" if everything and not row.alike else ""
        lines.append(f"{row.clause:<{wide}}{marks}{differs}".rstrip())
    if shown:
        blocks.append("\n".join(lines))
    blocks += _rest(comparison.rows, shown)
    blocks.append("  ".join(f"{MARKS[verdict]} {said}" for verdict, said in _LEGEND))
    blocks += ["\n".join(_step_lines(step)) for step in comparison.steps]
    return "\n\n".join(blocks) + "\n"


_LEGEND = (
    ("conforms", "conforms"),
    ("deviates", "deviates"),
    ("known", "known to deviate"),
    ("errored", "errored"),
    ("not_applicable", "not applicable"),
    ("none", "not run"),
)


def _shown(rows: Sequence[Row], everything: bool) -> list[Row]:
    return [row for row in rows if everything or not row.alike]


def _rest(rows: Sequence[Row], shown: Sequence[Row]) -> list[str]:
    """What is said of the rows that are not shown."""
    count = len(rows) - len(shown)
    if not count:
        return []
    more = "more " if shown else ""
    return [f"{count} {more}clause{'s' * (count != 1)} stand{'s' * (count == 1)} alike (--all shows them)"]


def _column_lines(columns: Sequence[Column]) -> Iterator[str]:
    wide = max(len(column.name) for column in columns)
    for column in columns:
        started = format_timestamp(column.report.header.started)
        yield sanitize(
            f"{column.letter}  {column.name:<{wide}}  {started}  {sentence(column.report)}  ({column.place})"
        )


def _step_lines(step: Step) -> Iterator[str]:
    head = f"{step.title} ({implementation_title(step.after.report)})"
    if not step.changes:
        yield sanitize(f"{head}: nothing")
        return
    yield sanitize(head)
    for kind, changes in _by_kind(step.changes):
        yield f"  {step.say(kind)} ({len(changes)})"
        for change in changes:
            yield sanitize(f"    {', '.join(change.clauses)}  {change.name}: {_from_to(step, change)}")


def _from_to(step: Step, change: Change) -> str:
    if step.again:
        return f"{change.before}, now {change.after}"
    return f"{change.after} in {step.after.letter}, {change.before} in {step.before.letter}"


def _by_kind(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    for kind in (WORSE, BETTER, OTHER):
        found = [change for change in changes if change.kind == kind]
        if found:
            yield kind, found


# In Markdown


def render_markdown(comparison: Comparison, *, everything: bool = True) -> str:
    """The comparison as Markdown; without `everything`, clauses that stand alike everywhere are only counted."""
    columns = comparison.columns
    rows = [
        [column.letter, escape(column.name), format_timestamp(column.report.header.started),
         f"{MARKS[VERDICT_MARKS[column.report.verdict]]} {sentence(column.report)}", code(column.place)]
        for column in columns
    ]  # fmt: skip
    blocks = ["\n".join(table(["", "implementation", "run", "verdict", "report"], rows))]
    blocks += ["\n".join(f"- {escape(note)}" for note in comparison.notes)] if comparison.notes else []
    shown = _shown(comparison.rows, everything)
    matrix = [
        [f"**{row.clause}**" if not row.alike else row.clause, escape(row.sentence), *(MARKS[v] for v in row.verdicts)]
        for row in shown
    ]
    blocks += ["\n".join(table(["clause", "", *(column.letter for column in columns)], matrix))] if matrix else []
    blocks += [escape(said) for said in _rest(comparison.rows, shown)]
    blocks.append(", ".join(f"{MARKS[verdict]} {said}" for verdict, said in _LEGEND))
    for step in comparison.steps:
        blocks.append(f"### {step.title[0].upper()}{step.title[1:]}")
        lines = ["Nothing."] if not step.changes else []
        for kind, changes in _by_kind(step.changes):
            lines.append(f"- {step.say(kind)} ({len(changes)})")
            lines += [
                f"  - {', '.join(map(escape, c.clauses))}: {escape(c.name)}: {_from_to(step, c)}" for c in changes
            ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


# As a page


def render_html(comparison: Comparison) -> str:
    """The comparison as a page that opens anywhere."""
    columns = comparison.columns
    about = [
        element(
            "tr",
            element("th", column.letter, scope="row"),
            element("td", column.name),
            element("td", format_timestamp(column.report.header.started), class_="date"),
            element("td", mark(VERDICT_MARKS[column.report.verdict], sentence(column.report))),
            element("td", element("code", column.place, class_="soft")),
        )
        for column in columns
    ]
    heads = [element("th", "clause", scope="col"), element("th", "", scope="col")]
    heads += [element("th", column.letter, scope="col", title=column.name) for column in columns]
    rows = [
        element(
            "tr",
            element("th", row.clause, scope="row", class_="id"),
            element("td", row.sentence),
            *(element("td", mark(verdict), class_=f"cell {verdict}") for verdict in row.verdicts),
            class_=None if row.alike else "differs",
        )
        for row in comparison.rows
    ]
    differing = [made for made, row in zip(rows, comparison.rows, strict=True) if not row.alike]
    legend = element("ul", [element("li", mark(verdict, said)) for verdict, said in _LEGEND], class_="legend")
    parts = [
        element("table", element("tbody", *about), class_="compared"),
        element("ul", [element("li", note) for note in comparison.notes]) if comparison.notes else None,
        element("h2", "Clauses that differ" if differing else "No clause differs"),
        legend if differing else None,
        _matrix(heads, differing, "Clauses that differ") if differing else None,
        *(part for step in comparison.steps for part in _step_parts(step)),
        element("h2", "All clauses"),
        legend,
        _matrix(heads, rows, "All clauses"),
    ]
    names = ", ".join(dict.fromkeys(column.name for column in columns))
    foot = element("footer", "Written by billing-tck compare.")
    head = element("header", element("h1", "Implementations and clauses"))
    body = element("main", *(part for part in parts if part is not None))
    return page(f"Compared: {names}", head, body, foot, script=False)


def _matrix(heads: Sequence[Markup], rows: Sequence[Markup], label: str) -> Markup:
    table_of = element("table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="comparison")
    return element("div", table_of, class_="scroll", tabindex="0", role="region", aria_label=label)


def _step_parts(step: Step) -> Iterator[Markup]:
    yield element("h2", f"{step.title[0].upper()}{step.title[1:]}")
    if not step.changes:
        yield element("p", "Nothing.")
    for kind, changes in _by_kind(step.changes):
        yield element("h3", f"{step.say(kind)} ({len(changes)})")
        items = [
            element("li", element("span", ", ".join(c.clauses), class_="id"), f" {c.name}: {_from_to(step, c)}")
            for c in changes
        ]
        yield element("ul", *items)
