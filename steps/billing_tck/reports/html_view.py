"""What the templates of `report.html` show: the sections of the page, and what each of them holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.reports.corpus import corpus_sentence
from billing_tck.reports.html_matrix import LEGEND, ClauseVerdicts, FamilyRow, families_left_out, family_rows
from billing_tck.reports.render import repeat_command
from billing_tck.reports.wording import VERDICT_MARKS, count_verdict
from billing_tck.results.aggregate import Report, alike_errors, clause_order, grouped, totals
from billing_tck.results.record import ScenarioRecord, format_verdict
from billing_tck.results.verdicts import WORDS, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import MissingCapability, MissingReading, MissingRequirement, format_missing
from billing_tck.spec.gherkin import Suite
from billing_tck.spec.requirements import Clause, Knob, Register
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import escape_control

FEW = 10
Records = Sequence[ScenarioRecord]


@dataclass(frozen=True, slots=True)
class Picture:
    """A timeline as SVG, drawn from a second run; `other` is that run's verdict, where it was another one."""

    svg: str
    other: str = ""

    @property
    def markup(self) -> Markup:
        """The SVG, which is markup of the kit in which texts are escaped already."""
        return Markup(escape_control(self.svg))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; `macro` renders it, `short` is its name where there is little room."""

    anchor: str
    title: str
    macro: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class ClauseEntry:
    """A clause with its verdict and its scenarios; `clause` is None for one that the register does not have."""

    name: str
    verdict: str
    sentence: str
    counts: str
    records: Records
    clause: Clause | None


class ReportView:
    """What the page shows of one report."""

    filters = (
        ("deviates", "deviates"),
        ("known", "known"),
        ("errored", "errored"),
        ("not_applicable", "not applicable"),
        ("conforms", "conforms"),
        ("none", "no scenario"),
    )
    legend = LEGEND
    matrix_heads = ("family", "verdict", *map(format_verdict, WORDS), "clauses")

    def __init__(self, report: Report, suite: Suite, register: Register, pictures: Mapping[str, Picture]) -> None:
        self.report = report
        self.register = register
        self.pictures = pictures
        self.scenarios = {scenario.place: scenario for scenario in suite.scenarios}
        self.anchors = {record.place: f"s{number}" for number, record in enumerate(report.every, 1)}
        self._knobs = {knob.name: knob for knob in register.knobs}
        self._verdicts = ClauseVerdicts(report, register)

    @property
    def sections(self) -> Iterator[Section]:
        """The parts of the page that have something to show."""
        report = self.report
        new, known, errored = len(report.new_deviations), len(report.known), report.totals["errored"]
        outside = len(report.outside_baseline)
        yield Section("matrix", "Families and clauses", "matrix")
        if report.troubles:
            yield Section("out-of-date", "Known deviations that are out of date", "out_of_date", "Out of date")
        if new:
            yield Section("deviations", f"Deviations ({new})", "new_deviations")
        if errored:
            yield Section("errors", f"Errors ({errored})", "errored")
        if report.corpus is not None:
            yield Section("corpus", f"Corpus: {corpus_sentence(report.corpus)}", "corpus", "Corpus")
        if known:
            yield Section("known", f"Known deviations ({known})", "known_deviations")
        if outside:
            title = f"Newer than the baseline, and not counted ({outside})"
            yield Section("newer", title, "outside_baseline", f"Newer ({outside})")
        if report.totals["not_applicable"]:
            yield Section("not-applicable", "Not applicable", "not_applicable")
        if self.remarks:
            yield Section("remarks", "Remarks, which change no verdict", "remarks", "Remarks")
        yield Section("clauses", "Clauses", "clauses")

    @property
    def verdict(self) -> str:
        """The mark of the run."""
        return VERDICT_MARKS[self.report.verdict]

    @property
    def unusual_readings(self) -> list[str]:
        """The declared readings that are not the default of their knob."""
        declared = sorted(self.report.header.implementation.readings.items())
        return [f"{knob}={value}" for knob, value in declared if value != self._default(knob)]

    @property
    def readings_in_short(self) -> str:
        """The declared readings: those that are not the default, and how many there are."""
        declared, unusual = self.report.header.implementation.readings, self.unusual_readings
        rest = len(declared) - len(unusual)
        said = [*unusual, *([f"{rest} as the default"] if rest else [])]
        return ", ".join(said) or "none declared"

    def _default(self, knob: str) -> str | None:
        return self._knobs[knob].default if knob in self._knobs else None

    @property
    def figures(self) -> list[tuple[str, int, str]]:
        """The totals at the top, each with its mark and its label."""
        report, count = self.report, self.report.totals
        conform, new = count["conforms"], len(report.new_deviations)
        figures = [
            ("conforms", conform, "conforms" if conform == 1 else "conform"),
            ("deviates", new, "deviates" if new == 1 else "deviate"),
        ]
        figures += [("known", len(report.known), "known to deviate")] if report.known else []
        figures += [("errored", count["errored"], "errored")]
        figures += [("not_applicable", count["not_applicable"], "not applicable")]
        outside = len(report.outside_baseline)
        return figures + ([("newer", outside, "newer, not counted")] if outside else [])

    # The matrix

    elsewhere = ClauseVerdicts.elsewhere

    @cached_property
    def families(self) -> list[FamilyRow]:
        """A row for each rule family."""
        return list(family_rows(self.report, self.register, self._verdicts))

    @property
    def families_left_out(self) -> list[str]:
        """The rule families of which nothing was run."""
        return families_left_out(self.report, self.register)

    # Deviations and errors

    def by_clauses(self, records: Records) -> list[tuple[tuple[str, ...], list[ScenarioRecord]]]:
        """Records under their clauses."""
        return list(grouped(records, lambda record: record.clauses).items())

    def alike_errors(self, records: Records) -> list[tuple[ScenarioRecord, Records]]:
        """Return the first record of each error, with the other records of that error."""
        return [(members[0], members[1:]) for members in alike_errors(records)]

    def without_picture(self, records: Records) -> int:
        """Return how many of the records have no picture."""
        return sum(record.place not in self.pictures for record in records)

    def open_if(self, count: int, first: bool = False) -> Markup:
        """Return the attribute that opens an element if it is one of few, or the first."""
        return Markup(' open=""' if first or count <= FEW else "")

    def sentence_of(self, clause: str) -> str:
        """Return the sentence of a clause."""
        known = self._verdicts.known_clauses.get(clause)
        return known.sentence if known else ""

    def timeline_of(self, record: ScenarioRecord) -> Iterator[tuple[str, str]]:
        """Yield the instants and sentences of the timeline, each instant once."""
        last = ""
        for at, sentence in record.timeline:
            instant = format_instant(at)
            yield (instant if instant != last else ""), sentence
            last = instant

    def command_of(self, record: ScenarioRecord) -> str:
        """Return the command that runs a scenario again."""
        return repeat_command(record.place, self.report.header)

    # Scenarios outside the baseline

    @property
    def baseline_name(self) -> str:
        """The baseline, with its name if it has one."""
        baseline = self.report.header.baseline
        return f"the baseline {baseline.name}" if baseline else "the baseline"

    @property
    def outside_baseline_counts(self) -> str:
        """How many of the scenarios outside the baseline have each verdict."""
        return _counts(self.report.outside_baseline)

    @property
    def deviating_outside_baseline(self) -> Records:
        """Those that deviate."""
        return [record for record in self.report.outside_baseline if isinstance(record.verdict, Deviates)]

    @property
    def quiet_outside_baseline(self) -> Records:
        """Those that neither deviate nor errored."""
        return [record for record in self.report.outside_baseline if not isinstance(record.verdict, Deviates | Errored)]

    # What does not apply, and remarks

    @property
    def not_applicable(self) -> list[tuple[list[tuple[str, str]], Records]]:
        """The missing requirements, each with its meaning, and the records that need them; the most frequent first."""
        by_reason: dict[tuple[MissingRequirement, ...], list[ScenarioRecord]] = {}
        for record in self.report.records:
            if isinstance(record.verdict, NotApplicable):
                by_reason.setdefault(record.verdict.missing, []).append(record)
        rows = [
            ([(format_missing(one), self._meaning(one)) for one in missing], records)
            for missing, records in by_reason.items()
        ]
        return sorted(rows, key=lambda row: (-len(row[1]), [text for text, _ in row[0]]))

    def _meaning(self, missing: MissingRequirement) -> str:
        """Return the meaning of a capability or of the values of a reading."""
        match missing:
            case MissingCapability(name):
                return CAPABILITIES.get(name, "")
            case MissingReading(name, wanted, _) if name in self._knobs:
                knob = self._knobs[name]
                meanings = " Or: ".join(value.meaning for value in knob.values if value.name in wanted)
                return f"{knob.question} {meanings}"
            case _:
                return ""

    @cached_property
    def remarks(self) -> Mapping[str, Records]:
        """Each remark with the records that have it."""
        by_remark: dict[str, list[ScenarioRecord]] = {}
        for record in self.report.records:
            for remark in record.remarks:
                by_remark.setdefault(remark, []).append(record)
        return by_remark

    # Every clause

    @property
    def clauses(self) -> Iterator[ClauseEntry]:
        """Every clause of the register, and those that only scenarios name."""
        known, by_clause = self._verdicts.known_clauses, self._verdicts.by_clause
        for name in [*known, *sorted(set(by_clause) - set(known), key=clause_order)]:
            clause, records = known.get(name), by_clause.get(name, [])
            counts = _counts(record for record in records if not record.outside_baseline) or "no scenario was run"
            if clause is not None and clause.excluded is not None:
                counts = "no scenario can test it"
            yield ClauseEntry(name, self._verdicts[name], self.sentence_of(name), counts, records, clause)

    def knobs_of(self, clause: Clause) -> Sequence[Knob]:
        """Return the knobs that affect a clause."""
        return self.register.bearing_on(clause)

    def shown_at(self, record: ScenarioRecord) -> str | None:
        """Return the anchor of the article about a record, or None if it has no article."""
        shown = isinstance(record.verdict, Deviates) or record.place in self._first_errors
        return self.anchors[record.place] if shown else None

    @cached_property
    def _first_errors(self) -> frozenset[str]:
        every = (self.report.records, self.report.outside_baseline)
        return frozenset(first.place for records in every for first, _ in self.alike_errors(records))

    def missing_of(self, record: ScenarioRecord) -> str:
        """Return what is missing, for a record that is not applicable."""
        missing = record.verdict.missing if isinstance(record.verdict, NotApplicable) else ()
        return "; ".join(map(format_missing, missing))


def _counts(records: Iterator[ScenarioRecord] | Records) -> str:
    counted = totals(records)
    return ", ".join(count_verdict(word, counted[word]) for word in WORDS if counted[word])
