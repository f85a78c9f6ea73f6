"""`report.html`: a report for people, in one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.reports.html_base import element, mark, page
from billing_tck.reports.render import repeat_command
from billing_tck.reports.wording import MARKS, VERDICT_MARKS, count_verdict, implementation_title, sentence
from billing_tck.results.aggregate import (
    Report,
    clause_order,
    clause_verdicts,
    family_verdict,
    grouped,
    known_clauses,
    totals,
)  # fmt: skip
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import WORDS, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import MissingCapability, MissingReading, MissingRequirement, format_missing
from billing_tck.spec.gherkin import Scenario, Suite
from billing_tck.spec.requirements import Clause, Family, Register
from billing_tck.text.format import format_instant
from billing_tck.text.markup import Markup
from billing_tck.text.sanitize import sanitize

HTML = "report.html"
FEW = 10
_ELSEWHERE = "checked by scenarios of other families alone"


@dataclass(frozen=True, slots=True)
class Picture:
    """A timeline as SVG, drawn from a second run; `other` is that run's verdict, where it was another one."""

    svg: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; `short` is its name where there is little room. Without parts there is nothing to tell."""

    anchor: str
    title: str
    parts: Sequence[Markup]
    short: str = ""


def write_html(folder: Path, report: Report, suite: Suite, register: Register, pictures: Mapping[str, Picture]) -> None:
    """Writes `report.html`."""
    (folder / HTML).write_text(render_html(report, suite, register, pictures), encoding="utf-8")


def render_html(report: Report, suite: Suite, register: Register, pictures: Mapping[str, Picture]) -> str:
    """The page."""
    maker = ReportPage(report, suite, register, pictures)
    sections = [section for section in maker.sections() if section.parts]
    body = [
        maker.header(),
        element(
            "nav",
            element("ul", [element("li", element("a", of.short or of.title, href=f"#{of.anchor}")) for of in sections]),
            aria_label="Parts of the report",
        ),
        _controls(),
        element("main", [element("section", element("h2", of.title), *of.parts, id=of.anchor) for of in sections]),
        element(
            "footer",
            "Written by billing-tck ",
            report.header.version,
            ". The same for machines: report.ndjson; whether it is whole: billing-tck verify.",
        ),
    ]
    return page(f"{implementation_title(report)}: {sentence(report)}", *body, digest=report.digest)


def _controls() -> Markup:
    """Search and filters; the script shows them, because without it they would do nothing."""
    boxes = [
        element("label", _input(type="checkbox", checked="", value=word), " ", mark(word, said))
        for word, said in (
            ("deviates", "deviates"), ("known", "known"), ("errored", "errored"), ("not_applicable", "not applicable"),
            ("conforms", "conforms"), ("none", "no scenario"),
        )
    ]  # fmt: skip
    search = _input(type="search", id="search", placeholder="BC-29, restricted, trial …", autocomplete="off")
    return element(
        "form",
        element("label", element("span", "Search"), search, class_="search"),
        element("fieldset", element("legend", "Show", class_="unseen"), *boxes),
        element("button", "open all", type="button", id="all"),
        element("output", id="shown", for_="search"),
        id="controls",
        hidden="",
        role="search",
    )


class ReportPage:
    """One page in the making."""

    def __init__(self, report: Report, suite: Suite, register: Register, pictures: Mapping[str, Picture]) -> None:
        self._report = report
        self._register = register
        self._pictures = pictures
        self._clauses = {clause.id: clause for clause in register.clauses}
        self._knobs = {knob.name: knob for knob in register.knobs}
        self._scenarios = {scenario.place: scenario for scenario in suite.scenarios}
        self._by_clause: dict[str, list[ScenarioRecord]] = {}
        for line in report.every:
            for clause in line.clauses:
                self._by_clause.setdefault(clause, []).append(line)
        self._verdicts = clause_verdicts(report.records)
        self._known = known_clauses(report.records)
        self._anchors = {line.place: f"s{number}" for number, line in enumerate(report.every, 1)}

    def sections(self) -> Iterator[Section]:
        """Each part of the page."""
        new, known = self._report.new_deviations, self._report.known
        errored = [line for line in self._report.records if line.verdict.word == "errored"]
        newer = len(self._report.outside_baseline)
        yield Section("matrix", "Families and clauses", self._matrix())
        yield Section("out-of-date", "Known deviations that are out of date", self._out_of_date(), "Out of date")
        yield Section("deviations", f"Deviations ({len(new)})", self._deviations(new))
        yield Section("errors", f"Errors ({len(errored)})", self._errors(errored))
        yield Section("known", f"Known deviations ({len(known)})", self._deviations(known))
        title = f"Newer than the frozen set, and not counted ({newer})"
        yield Section("newer", title, self._newer(), f"Newer ({newer})")
        yield Section("not-applicable", "Not applicable", self._not_applicable())
        yield Section("remarks", "Remarks, which change no verdict", self._remarks(), "Remarks")
        yield Section("clauses", "Clauses", list(self._all_clauses()))

    # The top

    def header(self) -> Markup:
        """What was run, and how it went."""
        header, report = self._report.header, self._report
        what = header.implementation
        verdict = report.verdict
        count = report.totals
        new = len(report.new_deviations)
        figures = [
            _figure("conforms", count["conforms"], "conforms" if count["conforms"] == 1 else "conform"),
            _figure("deviates", new, "deviates" if new == 1 else "deviate"),
            _figure("errored", count["errored"], "errored"),
            _figure("not_applicable", count["not_applicable"], "not applicable"),
        ]
        if report.known:
            figures.insert(2, _figure("known", len(report.known), "known to deviate"))
        if report.outside_baseline:
            figures.append(_figure("newer", len(report.outside_baseline), "newer, not counted"))
        part = None
        if not report.everything:
            part = element("p", "Only a part was run: ", header.selection, ".", class_="part")
        readings = [element("code", f"{knob}={value}") for knob, value in sorted(what.readings.items())]
        facts = [
            ("implementation", f"{what.name} {what.version}"),
            ("run with", element("code", f"--sut {header.sut}")),
            ("when", f"{format_instant(header.started)} UTC"),
            ("scenarios", f"{len(report.records)}, selected by: {header.selection}"),
            ("capabilities", ", ".join(sorted(what.capabilities)) or "none declared"),
            ("readings", _spaced(readings) if readings else "none declared"),
            ("effects show within", what.settles_within),
            ("contract", f"version {what.contract}"),
            ("kit", f"billing-tck {header.version}"),
            (
                "set",
                f"{header.baseline.name}, {header.baseline.digest}" if header.baseline else "none: everything counts",
            ),
            ("features", element("code", header.digest)),
            ("report", element("code", report.digest)),
        ]
        return element(
            "header",
            element("p", "Conformance to the billing rules", class_="soft kicker"),
            element("h1", implementation_title(report)),
            element(
                "p",
                element("span", MARKS[VERDICT_MARKS[verdict]], class_="shape", aria_hidden="true"),
                " ",
                sentence(report),
                class_=f"verdict {VERDICT_MARKS[verdict]}",
            ),
            part,
            element("ul", *figures, class_="figures"),
            element("details", element("summary", "What was run, and against what"), _facts(facts), class_="facts"),
        )

    # The matrix

    def _matrix(self) -> list[Markup]:
        rows, left_out = [], []
        elsewhere = False
        lines = {family: list(of) for family, of in groupby(
            sorted(self._report.records, key=lambda line: line.family), key=lambda line: line.family)}  # fmt: skip
        for family in _families(self._register, lines):
            if family not in lines and any(
                clause.testable for clause in self._register.clauses if clause.family == family
            ):
                left_out.append(family)
                continue
            own = [clause.id for clause in self._register.clauses if clause.family == family]
            own += [c for c in _strange(lines.get(family, []), self._clauses) if c not in own]
            count = totals(lines.get(family, []))
            cells = [
                element(
                    "td",
                    str(count[word]),
                    class_="number" if count[word] else "number zero",
                    data_label=count_verdict(word, count[word]).partition(" ")[2],
                )
                for word in WORDS
            ]
            others = {clause for clause in own if self._only_elsewhere(clause, family)}
            elsewhere = elsewhere or bool(others)
            chips = [self._chip(clause, elsewhere=clause in others) for clause in own]
            rows.append(
                element(
                    "tr",
                    element("th", family.replace("_", " "), scope="row"),
                    element("td", mark(*family_verdict(lines.get(family, [])))),
                    *cells,
                    element("td", element("ul", *(element("li", chip) for chip in chips), class_="chips")),
                )
            )
        heads = ["family", "verdict", *(word.replace("_", " ") for word in WORDS), "clauses"]
        head = element("tr", [element("th", name, scope="col") for name in heads])
        legend = [
            ("conforms", "conforms"), ("deviates", "deviates"), ("known", "known to deviate"), ("errored", "no answer"),
            ("not_applicable", "not applicable"), ("none", "no scenario can test it, or none was run"),
        ]  # fmt: skip
        aside = f"Not run: {', '.join(family.replace('_', ' ') for family in left_out)}." if left_out else None
        return [
            element("table", element("thead", head), element("tbody", *rows), class_="matrix"),
            *([element("p", aside)] if aside else []),
            element(
                "ul",
                [element("li", mark(verdict, said)) for verdict, said in legend],
                element("li", element("span", "✓", class_="chip conforms elsewhere"), " ", _ELSEWHERE)
                if elsewhere
                else None,
                class_="legend",
            ),
        ]

    def _only_elsewhere(self, clause: str, family: str) -> bool:
        """Whether a clause conforms by nothing but scenarios of other families."""
        fine = [
            line
            for line in self._by_clause.get(clause, [])
            if line.verdict.word == "conforms" and not line.outside_baseline
        ]
        return self._verdict(clause) == "conforms" and all(line.family != family for line in fine)

    def _chip(self, clause: str, *, elsewhere: bool) -> Markup:
        verdict = self._verdict(clause)
        known = self._clauses.get(clause)
        said = "known deviation" if verdict == "known" else "no scenario" if verdict == "none" else verdict
        said += f", {_ELSEWHERE}" if elsewhere else ""
        title = f"{clause}, {said.replace('_', ' ')}" + (f": {known.sentence}" if known else "")
        shape = element("span", MARKS[verdict], class_="shape", aria_hidden="true")
        spoken = element("span", f" {said.replace('_', ' ')}", class_="unseen")
        look = f"chip {verdict}{' elsewhere' * elsewhere}"
        return element("a", shape, clause, spoken, href=f"#{clause}", class_=look, title=title)

    def _verdict(self, clause: str) -> str:
        verdict = self._verdicts.get(clause, "none")
        return "known" if verdict == "deviates" and clause in self._known else verdict

    # What went wrong

    def _out_of_date(self) -> list[Markup]:
        wrong = self._report.troubles
        return [element("ul", [element("li", str(said)) for said in wrong], class_="wrong")] if wrong else []

    def _deviations(self, lines: Sequence[ScenarioRecord]) -> list[Markup]:
        parts: list[Markup] = []
        entries = {entry.reason: entry for entry in self._report.header.known}
        missing = sum(line.place not in self._pictures for line in lines)
        if missing and len(lines) > missing:
            parts.append(
                element(
                    "p",
                    f"{missing} of them without a picture, so that this page stays light: run one "
                    "with the command that repeats it and --report.",
                    class_="soft",
                )
            )
        for number, (clauses, members) in enumerate(grouped(lines, lambda line: line.clauses).items()):
            parts.append(element("h3", *self._heading(clauses)))
            for line in members:
                entry = entries.get(line.known) if line.known is not None else None
                about = f"Known {entry.dates}: {entry.reason}" if entry else None
                parts.append(
                    self._deviation(line, about, opened=len(lines) <= FEW or (number == 0 and line is members[0]))
                )
        return parts

    def _heading(self, clauses: Sequence[str]) -> Iterator[Markup]:
        for clause in clauses:
            known = self._clauses.get(clause)
            name = element("a", clause, href=f"#{clause}", class_="id")
            yield element("span", name, " ", known.sentence if known else "", class_="heading")

    def _deviation(self, line: ScenarioRecord, about: str | None, *, opened: bool) -> Markup:
        picture = self._pictures.get(line.place)
        verdict = line.verdict
        assert isinstance(verdict, Deviates)
        told: list[tuple[str, object]] = [
            (
                "asked",
                element(
                    "span", f"{format_instant(verdict.at)}, ", element("q", verdict.step), f" (line {verdict.line})"
                ),
            ),
            ("expected", element("strong", verdict.expected)),
            ("observed", element("strong", verdict.observed)),
            ("again", self._command(line)),
        ]
        if line.reading_tags:
            told.insert(3, ("declared", element("code", ", ".join(line.reading_tags))))
        if about is not None:
            told.insert(0, ("known", about))
        return self._article(line, line.standing, opened, _facts(told), _figure_of(picture))

    def _errors(self, lines: Sequence[ScenarioRecord]) -> list[Markup]:
        alike: dict[tuple[str, str], list[ScenarioRecord]] = {}
        for line in lines:
            if isinstance(line.verdict, Errored):
                alike.setdefault((line.verdict.kind, line.verdict.error), []).append(line)
        parts = []
        for members in alike.values():
            line = members[0]
            told: list[tuple[str, object]] = [
                ("observed", element("strong", line.message)),
                ("expected", "an answer"),
            ]
            if isinstance(line.verdict, Errored) and line.verdict.log:
                told.append(("its log", element("pre", "\n".join(line.verdict.log))))
            told.append(("again", self._command(line)))
            if len(members) > 1:
                rest = [element("li", self._link(other)) for other in members[1:]]
                many = f"{len(rest)} scenario{'s' * (len(rest) > 1)} more"
                told.append(("the same in", element("details", element("summary", many), element("ul", *rest))))
            parts.append(element("h3", *self._heading(line.clauses)))
            parts.append(self._article(line, "errored", len(alike) <= FEW, _facts(told)))
        return parts

    def _article(
        self, line: ScenarioRecord, verdict: str, opened: bool, facts: Markup, picture: Markup | None = None
    ) -> Markup:
        name = element("span", line.name, class_="name")
        place = element("code", line.place, class_="soft")
        return element(
            "details",
            element(
                "summary", mark(verdict), " ", name, " ", place, *((" ", _NOT_COUNTED) if line.outside_baseline else ())
            ),
            element("div", facts, picture, self._story(line), class_="body"),
            class_=f"told {verdict}{' newer' * line.outside_baseline}",
            id=self._anchors[line.place],
            data_verdict=verdict,
            open="" if opened else None,
        )

    def _story(self, line: ScenarioRecord) -> Markup:
        """What happened with its dates, and the scenario with the step that ended it."""
        rows = []
        last = None
        for at, what in line.timeline:
            said = format_instant(at)
            rows.append(element("tr", element("th", said if said != last else "", scope="row"), element("td", what)))
            last = said
        scenario = self._scenarios.get(line.place)
        columns = [element("div", element("h4", "What happened"), element("table", *rows, class_="timeline"))]
        if scenario is not None:
            columns.append(element("div", element("h4", "The scenario"), *_steps(scenario, line)))
        if line.remarks:
            columns.append(
                element("div", element("h4", "Remarks"), element("ul", [element("li", r) for r in line.remarks]))
            )
        return element("div", *columns, class_="story")

    def _command(self, line: ScenarioRecord) -> Markup:
        return element("code", repeat_command(line.place, self._report.header), class_="command")

    def _link(self, line: ScenarioRecord) -> Markup:
        return element("span", line.name, " ", element("code", line.place, class_="soft"))

    def _newer(self) -> list[Markup]:
        """The scenarios that came after the set was frozen."""
        lines = self._report.outside_baseline
        if not lines:
            return []
        frozen = self._report.header.baseline
        named = f"the set {frozen.name}" if frozen else "the set"
        count = totals(lines)
        how = ", ".join(count_verdict(word, count[word]) for word in WORDS if count[word])
        said = (
            f"These came to the features, or were changed, after {named} was frozen. They were run: {how}. That "
            "changes no verdict and no other number here; they count from the next set on."
        )
        told = self._deviations([line for line in lines if line.verdict.word == "deviates"])
        told += self._errors([line for line in lines if line.verdict.word == "errored"])
        rest = [line for line in lines if line.verdict.word not in {"deviates", "errored"}]
        if rest and told:
            summary = element("summary", f"{len(rest)} more, without a deviation or an error")
            told.append(element("details", summary, *self._listed(rest), open="" if len(rest) <= FEW else None))
        else:
            told += self._listed(rest)
        return [element("p", said), *told]

    # What was not run

    def _not_applicable(self) -> list[Markup]:
        by_reason: dict[tuple[MissingRequirement, ...], list[ScenarioRecord]] = {}
        for line in self._report.records:
            if isinstance(line.verdict, NotApplicable):
                by_reason.setdefault(line.verdict.missing, []).append(line)
        if not by_reason:
            return []
        rows = []
        for missing, lines in sorted(
            by_reason.items(), key=lambda pair: (-len(pair[1]), *map(format_missing, pair[0]))
        ):
            items = [element("li", self._link(line)) for line in lines]
            listed = element(
                "details", element("summary", f"{len(lines)} scenario{'s' * (len(lines) != 1)}"), element("ul", *items)
            )
            why = [element("p", element("strong", format_missing(what)), self._meaning(what)) for what in missing]
            rows.append(element("tr", element("td", *why), element("td", listed)))
        head = element(
            "tr",
            element("th", "what is missing (and what is declared instead)", scope="col"),
            element("th", "and so is left out", scope="col"),
        )
        intro = (
            "The implementation does not declare what these scenarios are about. That is no failure, and no success."
        )
        return [
            element("p", intro),
            element("table", element("thead", head), element("tbody", *rows), class_="plain"),
        ]

    def _meaning(self, missing: MissingRequirement) -> Markup | None:
        """What a capability lets a kit do, or what a reading's value means."""
        match missing:
            case MissingCapability(name) if name in CAPABILITIES:
                return element("span", ": ", CAPABILITIES[name], class_="soft")
            case MissingReading(name, wanted, _) if name in self._knobs:
                knob = self._knobs[name]
                meanings = " Or: ".join(value.meaning for value in knob.values if value.name in wanted)
                return element("span", ": ", knob.question, " ", meanings, class_="soft")
            case _:
                return None

    def _remarks(self) -> list[Markup]:
        said: dict[str, list[ScenarioRecord]] = {}
        for line in self._report.records:
            for remark in line.remarks:
                said.setdefault(remark, []).append(line)
        items = [
            element(
                "li",
                remark,
                element(
                    "details",
                    element("summary", f"in {len(lines)} scenario{'s' * (len(lines) != 1)}"),
                    element("ul", [element("li", self._link(line)) for line in lines]),
                ),
            )
            for remark, lines in said.items()
        ]
        return [element("ul", *items)] if items else []

    # Every clause

    def _all_clauses(self) -> Iterator[Markup]:
        known = [clause.id for clause in self._register.clauses]
        strange = [clause for clause in self._by_clause if clause not in self._clauses]
        for clause in [*known, *sorted(strange, key=clause_order)]:
            yield self._clause(clause)

    def _clause(self, name: str) -> Markup:
        clause, lines, verdict = self._clauses.get(name), self._by_clause.get(name, []), self._verdict(name)
        count = totals(line for line in lines if not line.outside_baseline)
        said = ", ".join(count_verdict(word, count[word]) for word in WORDS if count[word])
        if clause is not None and clause.excluded is not None:
            said = "no scenario can test it"
        return element(
            "details",
            element(
                "summary",
                mark(verdict),
                " ",
                element("span", name, class_="id"),
                " ",
                element("span", clause.sentence if clause else "", class_="name"),
                " ",
                element("span", said or "no scenario was run", class_="soft count"),
            ),
            element("div", *self._about(clause), *self._listed(lines), class_="body"),
            id=name,
            class_=f"clause {verdict}",
            data_verdict=verdict,
        )

    def _about(self, clause: Clause | None) -> Iterator[Markup]:
        if clause is None:
            return
        facts: list[tuple[str, object]] = [
            ("kind", f"{clause.kind}, family {clause.family}"),
            ("source", element("code", f"{clause.source}:{clause.line}")),
        ]
        if clause.excluded is not None:
            facts.append(("excluded", clause.excluded))
        for knob in self._register.bearing_on(clause):
            declared = self._report.header.implementation.readings.get(knob.name)
            reading = f" The implementation declares {declared}." if declared else " The implementation declares none."
            facts.append(("reading", element("span", element("code", knob.name), ": ", knob.question, reading)))
        if clause.note:
            facts.append(("note", clause.note))
        yield _facts(facts)

    def _listed(self, lines: Sequence[ScenarioRecord]) -> Iterator[Markup]:
        if not lines:
            return
        rows = []
        for line in lines:
            verdict = line.standing
            told = verdict in {"deviates", "known"} or (verdict == "errored" and self._told_errors(line))
            name: object = element("a", line.name, href=f"#{self._anchors[line.place]}") if told else line.name
            why = (
                "; ".join(map(format_missing, line.verdict.missing)) if isinstance(line.verdict, NotApplicable) else ""
            )
            rows.append(
                element(
                    "tr",
                    element("td", mark(verdict, line.verdict_text)),
                    element("td", name, element("span", f" {why}", class_="soft") if why else None),
                    element("td", element("code", line.place, class_="soft")),
                    data_verdict=verdict,
                )
            )
        yield element("table", element("tbody", *rows), class_="plain scenarios")

    def _told_errors(self, line: ScenarioRecord) -> bool:
        """Whether an error is told at this scenario, and not only counted at another with the same one."""
        own = self._report.outside_baseline if line.outside_baseline else self._report.records
        same = (o for o in own if isinstance(o.verdict, Errored) and o.message == line.message)
        return next(same) is line


# Small pieces


_NOT_COUNTED = element("span", "newer, not counted", class_="aside")


def _input(**attributes: str) -> Markup:
    return Markup(element("input", **attributes).removesuffix("</input>"))


def _figure(verdict: str, number: int, label: str) -> Markup:
    return element("li", mark(verdict), element("b", str(number)), label, class_=verdict if number else "zero")


def _figure_of(picture: Picture | None) -> Markup | None:
    if picture is None:
        return None
    said = "From a second run of this scenario, looked at after every midnight and at every deadline."
    if picture.other:
        said += f" That run came to another verdict: {picture.other}. The implementation does not repeat itself."
    drawing = element(
        "div", Markup(sanitize(picture.svg)), class_="scroll", tabindex="0", role="region", aria_label="Timeline"
    )
    return element("figure", drawing, element("figcaption", said))


def _facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    return element("dl", [[element("dt", name), element("dd", said)] for name, said in pairs], class_="facts")


def _spaced(parts: Sequence[Markup]) -> Markup:
    return element("span", [[part, " "] for part in parts])


def _steps(scenario: Scenario, line: ScenarioRecord) -> Iterator[Markup]:
    items = []
    for step in scenario.steps:
        ended = step.line == line.failed_line
        said = element("span", element("b", step.keyword), " ", step.text)
        items.append(
            element(
                "li", said, " ", mark(line.verdict.word, "here") if ended else None, class_="ended" if ended else None
            )
        )
    if line.example:
        yield element("p", line.example, class_="soft")
    yield element("ol", *items, class_="steps")


def _families(register: Register, lines: Mapping[str, Sequence[ScenarioRecord]]) -> list[str]:
    known = {clause.family for clause in register.clauses}
    ordered = [str(family) for family in Family if family in known]
    return ordered + [family for family in lines if family not in ordered]


def _strange(lines: Iterable[ScenarioRecord], known: Mapping[str, Clause]) -> list[str]:
    return sorted({c for line in lines for c in line.clauses if c not in known}, key=clause_order)
