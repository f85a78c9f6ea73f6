"""How results show themselves in a notebook: as HTML, and in plain text where there is no HTML.

All ink is the colour of the text around it; a verdict is said in words and by its sign, never by colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import overload

from billing_tck.contract.values import Description
from billing_tck.jupyter.gherkin_cell import CELL, Trouble
from billing_tck.reference.catalogue import FaultEntry
from billing_tck.reports.render import render_record
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import format_missing
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause, Knob
from billing_tck.steps.suggestions import Phrase
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize
from billing_tck.timeline.model import Trace, unfreeze
from billing_tck.timeline.observation import DONE, FAILED, HELD, UNREACHED, Observation
from billing_tck.timeline.svg import SideBySide, Timeline

Bundle = dict[str, str]
_SIGNS = {"conforms": "✓", "deviates": "✗", "errored": "!", "not applicable": "-", "nothing asked": "·"}
_GROUND = {
    "conforms": "rgba(27,158,119,.22)",
    "deviates": "rgba(213,94,0,.28)",
    "errored": "rgba(230,159,0,.30)",
    "not applicable": "rgba(128,136,144,.22)",
    "nothing asked": "rgba(128,136,144,.22)",
}
_RED = "#d93025"
_FEW = 4
_PLURAL = {"conforms": "conform", "deviates": "deviate"}
_STEP_SIGNS = {DONE: "·", HELD: "✓", FAILED: "✗", UNREACHED: " "}
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;border:none;background:none"
_TABLE = "border-collapse:collapse;border:none;margin:4px 0;font-size:13px"


class Shown:
    """What shows itself in a notebook by its `html` and its `plain` text."""

    def html(self) -> str:
        """As HTML."""
        raise NotImplementedError

    def plain(self) -> str:
        """As plain text."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None) -> Bundle:
        bundle = {"text/html": self.html(), "text/plain": self.plain()}
        wanted = set(include or bundle) - set(exclude or ())
        return {kind: value for kind, value in bundle.items() if kind in wanted}

    def __str__(self) -> str:
        return self.plain()


def publish(shown: object) -> None:
    """Shows an object below the cell that runs."""
    from IPython.display import display  # noqa: PLC0415 - only where there is a notebook

    display(shown)  # type: ignore[no-untyped-call]


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """A table of cells that are HTML already, legible in any theme."""
    lines = [f'<table style="{_TABLE}">']
    if head:
        cells = "".join(f'<th style="{_CELL};font-weight:600">{cell}</th>' for cell in head)
        lines.append(f'<thead><tr style="background:none">{cells}</tr></thead>')
    lines.append("<tbody>")
    for row in rows:
        cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row)
        lines.append(f'<tr style="background:none">{cells}</tr>')
    return "\n".join([*lines, "</tbody></table>"])


def folded(lines: Sequence[str]) -> str:
    """Lines as HTML: the first few, and the rest for whoever wants to see it."""
    shown, rest = (lines, ()) if len(lines) <= _FEW + 1 else (lines[:_FEW], lines[_FEW:])
    said = "<br>".join(escape(line) for line in shown)
    if not rest:
        return said
    more = "<br>".join(escape(line) for line in rest)
    return f"{said}<details><summary>and {len(rest)} more</summary>{more}</details>"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of plain text, the cells under one another."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def place_of(scenario: Scenario) -> str:
    """Where a scenario is written; of a cell its line alone."""
    return f"line {scenario.line}" if scenario.file == CELL else scenario.place


def badge(word: str) -> str:
    """A verdict: its sign and its word."""
    style = f"background:{_GROUND[word]};border:1px solid currentColor;border-radius:4px;padding:1px 8px"
    return f'<span style="{style};white-space:nowrap"><b>{_SIGNS[word]}</b> {word}</span>'


@dataclass(frozen=True, slots=True)
class Run(Shown):
    """One scenario that was run: its verdict, how each step went, and the timeline of what was seen."""

    observation: Observation
    sut: str
    implementation: Description
    register: Mapping[str, Clause]

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.observation.scenario

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        if isinstance(self.observation.verdict, Conforms) and not self.observation.asked:
            return "nothing asked"
        return self.observation.verdict.word.replace("_", " ")

    @property
    def conforms(self) -> bool:
        """Whether it asked something, and every answer was the expected one."""
        return self.observation.conforms

    @property
    def deviation(self) -> Deviates | None:
        """What was expected and what was observed, where it deviates."""
        return self.observation.verdict if isinstance(self.observation.verdict, Deviates) else None

    @property
    def trace(self) -> Trace:
        """What was seen; ValueError where nothing was run."""
        if self.observation.trace is None:
            raise ValueError(f"{self.scenario.name!r} was not run: {self.word}")
        return self.observation.trace

    @property
    def timeline(self) -> Timeline | None:
        """What was seen, as a picture; None where nothing was run."""
        return Timeline(self.observation.trace) if self.observation.trace else None

    def __repr__(self) -> str:
        return f"<{self.scenario.name}: {self.word}>"

    def _ipython_display_(self) -> None:
        publish(Card(self))
        if self.timeline is not None:
            publish(self.timeline)

    def html(self) -> str:
        """The verdict and the steps."""
        parts = [_headline(self)]
        parts += [
            f'<div style="margin:2px 0"><b>{escape(c)}</b> {escape(self._sentence(c))}</div>' for c in self._clauses
        ]
        rows = []
        for step, outcome in zip(self.scenario.steps, self.observation.outcomes, strict=True):
            faint = "opacity:.55" if outcome == UNREACHED else ""
            sign = f'<b title="{outcome}">{_STEP_SIGNS[outcome]}</b>'
            said = f"<b>{escape(step.keyword)}</b> {escape(step.text)}"
            rows.append([sign, f'<span style="{faint}">{said}</span>', f'<span style="{faint}">{outcome}</span>'])
        parts.append(table(rows))
        parts.append(_verdict_html(self))
        parts += [f'<div style="margin:2px 0">remark: {escape(r)}</div>' for r in self.observation.record.remarks]
        return "\n".join(part for part in parts if part)

    def plain(self) -> str:
        """The verdict, the steps and what happened, in plain text."""
        lines = [f"{_SIGNS[self.word]} {self.word}: {self.scenario.name}  [{self.sut}]"]
        lines += [f"  {clause}  {self._sentence(clause)}" for clause in self._clauses]
        for step, outcome in zip(self.scenario.steps, self.observation.outcomes, strict=True):
            lines.append(f"  {_STEP_SIGNS[outcome]} {step}" + (f"  ({outcome})" if outcome != DONE else ""))
        if not isinstance(self.observation.verdict, Conforms):
            told = render_record(self.observation.record, None)[1:]
            labels = ("asked", "expected", "observed", "missing", "its log")
            lines += [f"  {line}" for line in told if line.startswith(labels)]
        lines += [f"  {sanitize(line)}" for line in explain_rules(self)]
        lines += [f"  remark     {sanitize(remark)}" for remark in self.observation.record.remarks]
        return "\n".join(lines)

    @property
    def _clauses(self) -> tuple[str, ...]:
        return tuple(clause for clause in self.scenario.clauses if clause in self.register)

    def _sentence(self, clause: str) -> str:
        return self.register[clause].sentence


@dataclass(frozen=True, slots=True)
class Card(Shown):
    """The verdict of a run and its steps, without the timeline."""

    run: Run

    def html(self) -> str:
        """As HTML."""
        return self.run.html()

    def plain(self) -> str:
        """As plain text."""
        return self.run.plain()


def _headline(run: Run) -> str:
    scenario = run.scenario
    name = "" if scenario.name == CELL else f"<b>{escape(scenario.name)}</b>"
    place = "" if scenario.file == CELL else f' <span style="opacity:.7">{escape(scenario.place)}</span>'
    reason = (scenario.example or "").partition(":")[0] if ":" in (scenario.example or "") else ""
    example = f'<div style="opacity:.8">{escape(reason)}</div>' if reason else ""
    against = f'<span style="opacity:.7">against {escape(sanitize(run.sut))}</span>'
    return f'<div style="margin:4px 0">{badge(run.word)} {name}{place} {against}</div>{example}'


def _verdict_html(run: Run) -> str:
    match run.observation.verdict:
        case Deviates() as d:
            rows = [
                ["asked", escape(f"{format_instant(d.at)}, “{d.step}”")],
                ["expected", f"<b>{escape(sanitize(d.expected))}</b>"],
                ["observed", f"<b>{escape(sanitize(d.observed))}</b>"],
            ]
            box = "border-left:4px solid rgba(213,94,0,.8);padding-left:8px"
            said = "".join(f"<div>{escape(sanitize(line))}</div>" for line in explain_rules(run))
            return f'<div style="{box}">{table(rows)}{said}</div>'
        case Errored() as e:
            rows = [["expected", "an answer"], ["observed", escape(sanitize(f"{e.kind}: {e.error}"))]]
            rows += [["its log", escape(sanitize(line))] for line in e.log]
            return table(rows)
        case NotApplicable(missing):
            rows = [["it does not declare", escape(sanitize(format_missing(what)))] for what in missing]
            return table(rows) + _hint(run)
        case Conforms():
            hint = "Nothing was asked: end with a Then to get a verdict."
            return "" if run.observation.asked else f'<div style="opacity:.8">{hint}</div>'


_SUBJECTS: Mapping[str, Sequence[str]] = {
    "data": ("data",),
    "service": ("services", "the trial is over"),
    "restricted": ("restricted",),
    "trial": ("the trial",),
    "subscription": ("free trial on AWS",),
    "credits": ("credits expire",),
}
_MOST_GOVERNING = 2


def explain_rules(run: Run) -> list[str]:
    """Under a deviation of the reference itself: that it keeps the rules, and which clauses govern what was asked."""
    deviation = run.deviation
    if deviation is None or run.sut.partition(":")[0] != "reference":
        return []
    lines = ["The reference keeps the rules: it is the expectation that differs from them."]
    asked = next((words for word, words in _SUBJECTS.items() if re.search(rf"\b{word}", deviation.step)), ())
    named = [name for name in run.trace.organizations if re.search(rf"\b{name}\b", deviation.step)]
    about = [
        deadline
        for deadline in run.trace.deadlines
        if any(word in deadline.text for word in asked) and (not named or deadline.organization in named)
    ]
    instant = unfreeze(deviation.at)
    passed = [deadline for deadline in about if deadline.at <= instant and not deadline.standing]
    chosen = passed[-1:] or sorted(about, key=lambda deadline: abs(deadline.at - instant))[:_MOST_GOVERNING]
    for deadline in chosen:
        clause = run.register.get(deadline.clause)
        if clause is not None:
            standing = f" ({deadline.standing})" if deadline.standing else ""
            lines.append(
                f"{clause.id}  {clause.sentence} Here: {deadline.text}, {format_instant(deadline.at)}{standing}"
            )
    return lines


def _hint(run: Run) -> str:
    """How the reference is made to take the reading that a scenario is about."""
    if not run.scenario.reading or run.sut.partition(":")[0] not in ("reference", "faulty"):
        return ""
    first = dict(reversed(run.scenario.reading))
    options = " ".join(f"--reading {knob}={value}" for knob, value in first.items())
    return f'<div style="opacity:.8">Under the reading that it is about: <code>{escape(options)}</code></div>'


@dataclass(frozen=True, slots=True)
class Runs(Shown):
    """Several scenarios that were run; shown as a table, with the timeline of the one that says most."""

    runs: tuple[Run, ...]

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Run, ...]: ...

    def __getitem__(self, index: int | slice) -> Run | tuple[Run, ...]:
        return self.runs[index]

    @property
    def conforms(self) -> bool:
        """Whether every scenario that applies conforms, and at least one does."""
        applied = [run for run in self.runs if run.word != "not applicable"]
        return bool(applied) and all(run.conforms for run in applied)

    @property
    def deviating(self) -> tuple[Run, ...]:
        """Those that deviate."""
        return tuple(run for run in self.runs if run.deviation)

    @property
    def telling(self) -> Run:
        """The one that says most: the first that deviates or errored, else the first in which its deadline bites."""
        weight = {"deviates": 0, "errored": 1, "conforms": 2, "nothing asked": 3, "not applicable": 4}
        return min(self.runs, key=lambda run: (weight[run.word], not _bites(run)))

    @property
    def trace(self) -> Trace:
        """What was seen in the one that says most."""
        return self.telling.trace

    def count(self, word: str) -> int:
        """How many came to a verdict."""
        return sum(run.word == word for run in self.runs)

    def __repr__(self) -> str:
        return f"<{self._total}>"

    def _totals(self) -> str:
        counted = {word: self.count(word) for word in _SIGNS}
        return ", ".join(f"{n} {_PLURAL.get(word, word) if n > 1 else word}" for word, n in counted.items() if n)

    @property
    def _total(self) -> str:
        return f"{len(self.runs)} scenario{'s' * (len(self.runs) != 1)}: {self._totals() or 'none'}"

    def _ipython_display_(self) -> None:
        if len(self.runs) == 1:
            publish(self.runs[0])
            return
        publish(_Table(self))
        if self.runs:
            publish(self.telling)

    def html(self) -> str:
        """A line for each scenario."""
        rows = [[badge(run.word), escape(run.scenario.name), escape(place_of(run.scenario))] for run in self.runs]
        return f"<div>{self._total}</div>" + table(rows)

    def plain(self) -> str:
        """A line for each scenario."""
        rows = [[f"{_SIGNS[run.word]} {run.word}", run.scenario.name, place_of(run.scenario)] for run in self.runs]
        return "\n".join([self._total, columns(rows)])


def _bites(run: Run) -> bool:
    """Whether a deadline of its own clauses passed in a run, with nothing in its way."""
    trace = run.observation.trace
    own = run.scenario.clauses
    return trace is not None and any(d.clause in own and d.at <= trace.ends and not d.standing for d in trace.deadlines)


@dataclass(frozen=True, slots=True)
class _Table(Shown):
    runs: Runs

    def html(self) -> str:
        return self.runs.html()

    def plain(self) -> str:
        return self.runs.plain()


@dataclass(frozen=True, slots=True)
class Beside(Shown):
    """One scenario against two implementations: both verdicts, and both timelines over one axis."""

    a: Run
    b: Run

    @property
    def differences(self) -> list[str]:
        """What differs between the two, in words."""
        return self._side_by_side.differences

    @property
    def _side_by_side(self) -> SideBySide:
        return SideBySide(self.a.trace, self.b.trace, (self.a.sut, self.b.sut))

    def __repr__(self) -> str:
        return f"<{self.a.scenario.name}: {self.a.sut} {self.a.word}, {self.b.sut} {self.b.word}>"

    def _ipython_display_(self) -> None:
        publish(_Both(self))
        if self.a.timeline and self.b.timeline:
            publish(self._side_by_side)

    def html(self) -> str:
        """Both verdicts, and what differs in words."""
        rows = [
            [f"<b>{letter}</b>", badge(run.word), escape(sanitize(run.sut)), _observed(run)]
            for letter, run in (("A", self.a), ("B", self.b))
        ]
        steps = "<br>".join(f"<b>{escape(s.keyword)}</b> {escape(s.text)}" for s in self.a.scenario.steps)
        name = "" if self.a.scenario.name == CELL else f"<div><b>{escape(self.a.scenario.name)}</b></div>"
        details = f"<details><summary>the steps</summary>{steps}</details>"
        return f"{name}{table(rows)}{details}"

    def plain(self) -> str:
        """Both verdicts, and what differs in words."""
        lines = [self.a.scenario.name]
        for letter, run in (("A", self.a), ("B", self.b)):
            said = f", observed {run.deviation.observed}" if run.deviation else ""
            lines.append(f"  {letter} {_SIGNS[run.word]} {run.word}  {run.sut}{said}")
        if self.a.timeline and self.b.timeline:
            lines += [f"  {line}" for line in self.differences or ["nothing differs"]]
        return "\n".join(lines)


def _observed(run: Run) -> str:
    if run.deviation is None:
        return ""
    return escape(sanitize(f"expected {run.deviation.expected}; observed {run.deviation.observed}"))


@dataclass(frozen=True, slots=True)
class _Both(Shown):
    beside: Beside

    def html(self) -> str:
        return self.beside.html()

    def plain(self) -> str:
        return self.beside.plain()


@dataclass(frozen=True, slots=True)
class Broken(Shown):
    """A cell that was not run, or not to its end, and why."""

    troubles: tuple[Trouble, ...]
    heading: str = "This was not run."
    conforms: bool = False

    def __repr__(self) -> str:
        return f"<not run: {len(self.troubles)} to mend>"

    def html(self) -> str:
        """What is wrong, with the nearest phrases."""
        said = []
        for trouble in self.troubles:
            near = "".join(f"<li><code>{escape(phrase)}</code></li>" for phrase in trouble.nearest)
            phrases = f" {trouble.label}<ul style='margin:2px 0'>{near}</ul>" if near else ""
            said.append(f"<div>{escape(sanitize(trouble.said))}.{phrases}</div>")
        box = f"border-left:4px solid {_RED};padding-left:8px"
        return f'<div style="{box}"><b style="color:{_RED}">{escape(self.heading)}</b>{"".join(said)}</div>'

    def plain(self) -> str:
        """What is wrong, with the nearest phrases."""
        return "\n".join([self.heading, *(f"  {trouble}" for trouble in self.troubles)])


@dataclass(frozen=True, slots=True)
class ClauseCard(Shown):
    """A clause: what it says, and what the kit has for it."""

    clause: Clause
    scenarios: tuple[Scenario, ...]
    knobs: tuple[Knob, ...]
    faults: tuple[FaultEntry, ...]

    def __repr__(self) -> str:
        return f"<{self.clause.id}: {self.clause.sentence}>"

    def html(self) -> str:
        """As HTML."""
        rows = [[escape(label), folded(lines)] for label, lines in self._lines() if lines]
        heading = f'<div style="font-size:15px"><b>{self.clause.id}</b> {escape(self.clause.sentence)}</div>'
        return heading + table(rows)

    def plain(self) -> str:
        """As plain text."""
        lines = [f"{self.clause.id}  {self.clause.sentence}"]
        for label, said in self._lines():
            lines += [f"  {label if not n else '':<10}  {line}" for n, line in enumerate(said)]
        return "\n".join(lines)

    def _lines(self) -> list[tuple[str, list[str]]]:
        clause = self.clause
        rows: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            rows.setdefault(f"{scenario.file}:{scenario.definition}", []).append(scenario)
        scenarios = [f"{alike[0].name}  ({place})" + _more_rows(len(alike) - 1) for place, alike in rows.items()]
        return [
            ("kind", [f"{clause.kind}, family {clause.family}"]),
            ("source", [f"{clause.source}:{clause.line}"]),
            ("number", [clause.numbers] if clause.numbers else []),
            ("excluded", [clause.excluded] if clause.excluded else []),
            ("note", [clause.note] if clause.note else []),
            ("scenarios", scenarios),
            ("readings", [f"{k.name} ({', '.join(v.name for v in k.values)}): {k.question}" for k in self.knobs]),
            ("faults", [f"{fault.name}: {fault.sentence}" for fault in self.faults]),
        ]


def _more_rows(count: int) -> str:
    return f", and {count} more row{'s' * (count != 1)}" if count else ""


@dataclass(frozen=True, slots=True)
class Ledger(Shown):
    """Clauses, and how many scenarios speak of each."""

    clauses: tuple[Clause, ...]
    scenarios: Mapping[str, int]

    def __repr__(self) -> str:
        return f"<{len(self.clauses)} clauses>"

    def html(self) -> str:
        """As HTML."""
        rows = [
            [f'<b style="white-space:nowrap">{c.id}</b>', escape(c.sentence), escape(self._standing(c))]
            for c in self.clauses
        ]
        return table(rows, ("clause", "what it says", "scenarios"))

    def plain(self) -> str:
        """As plain text."""
        return "\n".join(f"{c.id:<7} {c.sentence} ({self._standing(c)})" for c in self.clauses)

    def _standing(self, clause: Clause) -> str:
        return "excluded" if clause.excluded else str(self.scenarios[clause.id] or "open")


@dataclass(frozen=True, slots=True)
class PhraseTable(Shown):
    """Phrases that a step may use."""

    phrases: tuple[Phrase, ...]

    def __repr__(self) -> str:
        return f"<{len(self.phrases)} phrase{'s' * (len(self.phrases) != 1)}>"

    def html(self) -> str:
        """As HTML."""
        rows = [
            [f'<b style="white-space:nowrap">{p.kind}</b>', escape(p.example), escape(", ".join(p.others))]
            for p in self.phrases
        ]
        return table(rows, ("keyword", "an example", "other words in it"))

    def plain(self) -> str:
        """As plain text."""
        return columns([[p.kind, p.example, ", ".join(p.others)] for p in self.phrases])


@dataclass(frozen=True, slots=True)
class KnobTable(Shown):
    """Knobs, with their values and what each means."""

    knobs: tuple[Knob, ...]

    def __repr__(self) -> str:
        return f"<{len(self.knobs)} knobs>"

    def html(self) -> str:
        """As HTML."""
        rows = []
        for knob in self.knobs:
            values = "<br>".join(f"<b>{escape(v.name)}</b> {escape(v.meaning)}" for v in knob.values)
            rows.append([f"<b>{escape(knob.name)}</b><br>{', '.join(knob.clauses)}", escape(knob.question), values])
        return table(rows, ("knob", "what is open", "its values, the default first"))

    def plain(self) -> str:
        """As plain text."""
        lines = []
        for knob in self.knobs:
            lines += [f"{knob.name}: {knob.question} ({', '.join(knob.clauses)})"]
            lines += [f"    {value.name}: {value.meaning}" for value in knob.values]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class FaultTable(Shown):
    """Faults, with the clauses that each breaks."""

    faults: tuple[FaultEntry, ...]

    def __repr__(self) -> str:
        return f"<{len(self.faults)} faults>"

    def html(self) -> str:
        """As HTML."""
        rows = [
            [f"<code>faulty:{escape(f.name)}</code>", escape(f.sentence), ", ".join(f.clauses)] for f in self.faults
        ]
        return table(rows, ("fault", "what it does", "breaks"))

    def plain(self) -> str:
        """As plain text."""
        return columns([[f"faulty:{f.name}", f.sentence, ", ".join(f.clauses)] for f in self.faults])


@dataclass(frozen=True, slots=True)
class Implementation(Shown):
    """What an implementation says of itself."""

    sut: str
    described: Description

    def __repr__(self) -> str:
        return f"<{self.sut}: {self.described.name} {self.described.version}>"

    def _parts(self) -> list[tuple[str, list[str]]]:
        return [
            ("capabilities", sorted(self.described.capabilities) or ["none beyond what all have"]),
            ("readings", [f"{k}={v}" for k, v in sorted(self.described.readings.items())] or ["none declared"]),
            ("settles within", [self.described.settles_within]),
        ]

    def _who(self) -> str:
        return sanitize(f"{self.sut}: {self.described.name} {self.described.version}")

    def html(self) -> str:
        """As HTML."""
        rows = [[label, escape(sanitize(", ".join(said)))] for label, said in self._parts()]
        details = f"<details><summary>what it declares</summary>{table(rows)}</details>"
        return f"<div><b>{escape(self._who())}</b> is checked from here on</div>{details}"

    def plain(self) -> str:
        """As plain text."""
        return "\n".join([self._who(), columns([[label, sanitize(", ".join(said))] for label, said in self._parts()])])
