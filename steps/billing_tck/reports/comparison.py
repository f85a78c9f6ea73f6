"""Compare reports: implementations by clauses, and what changed between runs of one implementation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

from billing_tck.reports.wording import implementation_title
from billing_tck.results.aggregate import Report, clause_order
from billing_tck.results.record import ScenarioRecord
from billing_tck.spec.requirements import Register

WORSE, BETTER, OTHER = "worse", "better", "other"
LEGEND = (
    ("conforms", "conforms"),
    ("deviates", "deviates"),
    ("known", "known to deviate"),
    ("errored", "errored"),
    ("not_applicable", "not applicable"),
    ("none", "not run"),
)
_BAD = frozenset({"deviates", "errored", "known deviation"})


@dataclass(frozen=True, slots=True)
class ComparedReport:
    """One report of a comparison: a letter for tables, its path, and a name that is unique in the comparison."""

    letter: str
    report: Report
    place: str
    name: str


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause, and its verdict in each report: a scenario's verdict, `known`, or `none` if none was run."""

    clause: str
    family: str
    sentence: str
    verdicts: tuple[str, ...]

    @property
    def alike(self) -> bool:
        """Whether all reports that ran it agree."""
        return len(set(self.verdicts) - {"none"}) <= 1


@dataclass(frozen=True, slots=True)
class VerdictChange:
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
class RunDiff:
    """What changed from one run of an implementation to the next, or differs between two variants of it."""

    before: ComparedReport
    after: ComparedReport
    changes: tuple[VerdictChange, ...]

    @property
    def again(self) -> bool:
        """Whether both are runs of the same `--sut`, not of two variants."""
        return self.before.report.header.sut == self.after.report.header.sut

    @property
    def title(self) -> str:
        """The heading of the changes."""
        if self.again:
            return f"what changed from {self.before.letter} to {self.after.letter}"
        return f"how {self.after.letter} differs from {self.before.letter}"

    def heading(self, kind: str) -> str:
        """Return the heading of a kind of change."""
        if self.again:
            return {WORSE: "deviates or errored since", BETTER: "conforms since", OTHER: "changed otherwise"}[kind]
        there, not_there = f"in {self.after.letter}", f"and not in {self.before.letter}"
        headings = {WORSE: f"deviates or errored {there}, {not_there}", BETTER: f"conforms {there}, {not_there}"}
        return headings.get(kind, "otherwise")

    def describe(self, change: VerdictChange) -> str:
        """Return the two verdicts of a scenario as text."""
        if self.again:
            return f"{change.before}, now {change.after}"
        return f"{change.after} in {self.after.letter}, {change.before} in {self.before.letter}"

    @property
    def by_kind(self) -> Iterator[tuple[str, list[VerdictChange]]]:
        """The heading of each kind of change, with its changes; the worst kind first."""
        for kind in (WORSE, BETTER, OTHER):
            found = [change for change in self.changes if change.kind == kind]
            if found:
                yield f"{self.heading(kind)} ({len(found)})", found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reports side by side, by clause, and what changed between them; `notes` are the obstacles to comparing them."""

    columns: tuple[ComparedReport, ...]
    rows: tuple[ClauseRow, ...]
    diffs: tuple[RunDiff, ...]
    notes: tuple[str, ...]


def compare(reports: Sequence[tuple[str, Report]], register: Register, *, in_given_order: bool = False) -> Comparison:
    """Return the comparison of reports, each with its path; repeated runs are put in order of time by default."""
    titles = Counter(implementation_title(report) for _, report in reports)
    columns = tuple(
        ComparedReport(
            _letters(number),
            report,
            place,
            f"{implementation_title(report)} ({report.header.sut})"
            if titles[implementation_title(report)] > 1
            else implementation_title(report),
        )
        for number, (place, report) in enumerate(reports)
    )
    diffs = []
    names = dict.fromkeys(column.report.header.implementation.name for column in columns)
    for name in names:
        runs = [column for column in columns if column.report.header.implementation.name == name]
        if not in_given_order and len({column.report.header.sut for column in runs}) == 1:  # variants have no order
            runs.sort(key=lambda column: column.report.header.started)
        diffs += [
            RunDiff(before, after, tuple(_changes(before.report, after.report))) for before, after in pairwise(runs)
        ]
    return Comparison(columns, tuple(_rows(columns, register)), tuple(diffs), tuple(_notes(columns)))


def _letters(number: int) -> str:
    return (
        ascii_uppercase[number]
        if number < len(ascii_uppercase)
        else f"{_letters(number // 26 - 1)}{_letters(number % 26)}"
    )


def _notes(columns: Sequence[ComparedReport]) -> Iterator[str]:
    """Yield the obstacles to comparing these reports."""
    first = columns[0]
    digests = Counter(column.report.digest for column in columns)
    for digest, count in digests.items():
        if count > 1:
            yield f"{' and '.join(c.letter for c in columns if c.report.digest == digest)} are the same report"
    for column in columns[1:]:
        ours, theirs = column.report.header, first.report.header
        same_baseline = ours.baseline is not None and ours.baseline == theirs.baseline
        if ours.digest != theirs.digest and same_baseline:
            continue  # the same scenarios count in both
        if ours.digest != theirs.digest:
            yield (
                f"{column.letter} ran other features than {first.letter} "
                f"({ours.digest[:12]}, not {theirs.digest[:12]}), with another baseline: "
                "differences may come from the scenarios"
            )
    for column in columns:
        if not column.report.everything:
            yield f"{column.letter} reports a selection: {column.report.header.selection}"


def _rows(columns: Sequence[ComparedReport], register: Register) -> Iterator[ClauseRow]:
    verdicts = [column.report.clause_standings for column in columns]
    known = {clause.id: clause for clause in register.clauses}
    unknown = sorted({clause for words in verdicts for clause in words} - set(known), key=clause_order)
    for clause in [*known, *unknown]:
        found = tuple(words.get(clause, "none") for words in verdicts)
        if set(found) != {"none"}:
            entry = known.get(clause)
            yield ClauseRow(clause, str(entry.family) if entry else "", entry.sentence if entry else "", found)


def _changes(before: Report, after: Report) -> Iterator[VerdictChange]:
    earlier, later = _by_name(before), _by_name(after)
    for key in dict.fromkeys([*later, *earlier]):
        old, new = earlier.get(key), later.get(key)
        record = new or old
        words = tuple(found.verdict_text if found else "not there" for found in (old, new))
        if record is not None and words[0] != words[1]:
            yield VerdictChange(f"{record.file}: {record.name}", record.clauses, words[0], words[1])


def _by_name(report: Report) -> dict[tuple[str, str, str | None], ScenarioRecord]:
    """Return records by what does not change when lines are added to a feature."""
    return {(record.file, record.name, record.example): record for record in report.every}


def shown_rows(rows: Sequence[ClauseRow], everything: bool) -> list[ClauseRow]:
    """Return the rows to show: all, or those in which reports differ."""
    return [row for row in rows if everything or not row.alike]


def count_of_rest(rows: Sequence[ClauseRow], shown: Sequence[ClauseRow]) -> list[str]:
    """Return the line about the rows that are not shown, if there are any."""
    count = len(rows) - len(shown)
    if not count:
        return []
    more = "more " if shown else ""
    clauses, have = ("clause", "has") if count == 1 else ("clauses", "have")
    return [f"{count} {more}{clauses} {have} the same verdict everywhere (--all shows them)"]
