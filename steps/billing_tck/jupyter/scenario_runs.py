"""Scenarios that were run, as they display themselves: verdict, steps and timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import overload

from billing_tck.contract.values import Description
from billing_tck.jupyter.display import PLURAL, SIGNS, Displayable, badge, columns, place_of, publish, table
from billing_tck.jupyter.gherkin_cell import CELL
from billing_tck.jupyter.governing_rules import explain_rules
from billing_tck.reports.render import render_record
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import format_missing
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause
from billing_tck.text.format import format_instant
from billing_tck.text.sanitize import sanitize
from billing_tck.timeline.model import Trace
from billing_tck.timeline.observation import DONE, FAILED, HELD, UNREACHED, Observation
from billing_tck.timeline.svg import Timeline

_STEP_SIGNS = {DONE: "·", HELD: "✓", FAILED: "✗", UNREACHED: " "}


@dataclass(frozen=True, slots=True)
class ScenarioRun(Displayable):
    """One scenario that was run: its verdict, how each step went, and the timeline."""

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
        """The verdict as text."""
        if isinstance(self.observation.verdict, Conforms) and not self.observation.asked:
            return "nothing asked"
        return self.observation.verdict.word.replace("_", " ")

    @property
    def conforms(self) -> bool:
        """Whether it checked something and every check held."""
        return self.observation.conforms

    @property
    def deviation(self) -> Deviates | None:
        """What was expected and observed, or None if it does not deviate."""
        return self.observation.verdict if isinstance(self.observation.verdict, Deviates) else None

    @property
    def trace(self) -> Trace:
        """The trace. Raises ValueError where nothing was run."""
        if self.observation.trace is None:
            raise ValueError(f"{self.scenario.name!r} was not run: {self.word}")
        return self.observation.trace

    @property
    def timeline(self) -> Timeline | None:
        """The picture of the trace, or None where nothing was run."""
        return Timeline(self.observation.trace) if self.observation.trace else None

    @property
    def governing_rules(self) -> list[str]:
        """The clauses that govern what was checked, where an expectation differs from the reference itself."""
        return explain_rules(self.sut, self.deviation, self.observation.trace, self.register)

    def __repr__(self) -> str:
        return f"<{self.scenario.name}: {self.word}>"

    def _ipython_display_(self) -> None:
        publish(Card(self))
        if self.timeline is not None:
            publish(self.timeline)

    def html(self) -> str:
        """Return the verdict and the steps."""
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
        """Return the verdict, the steps and what happened."""
        lines = [f"{SIGNS[self.word]} {self.word}: {self.scenario.name}  [{self.sut}]"]
        lines += [f"  {clause}  {self._sentence(clause)}" for clause in self._clauses]
        for step, outcome in zip(self.scenario.steps, self.observation.outcomes, strict=True):
            lines.append(f"  {_STEP_SIGNS[outcome]} {step}" + (f"  ({outcome})" if outcome != DONE else ""))
        if not isinstance(self.observation.verdict, Conforms):
            told = render_record(self.observation.record, None)[1:]
            labels = ("asked", "expected", "observed", "missing", "its log")
            lines += [f"  {line}" for line in told if line.startswith(labels)]
        lines += [f"  {sanitize(line)}" for line in self.governing_rules]
        lines += [f"  remark     {sanitize(remark)}" for remark in self.observation.record.remarks]
        return "\n".join(lines)

    @property
    def _clauses(self) -> tuple[str, ...]:
        return tuple(clause for clause in self.scenario.clauses if clause in self.register)

    def _sentence(self, clause: str) -> str:
        return self.register[clause].sentence


@dataclass(frozen=True, slots=True)
class Card(Displayable):
    """The verdict of a run and its steps, without the timeline."""

    run: ScenarioRun

    def html(self) -> str:
        """Return the HTML."""
        return self.run.html()

    def plain(self) -> str:
        """Return the plain text."""
        return self.run.plain()


def _headline(run: ScenarioRun) -> str:
    scenario = run.scenario
    name = "" if scenario.name == CELL else f"<b>{escape(scenario.name)}</b>"
    place = "" if scenario.file == CELL else f' <span style="opacity:.7">{escape(scenario.place)}</span>'
    reason = (scenario.example or "").partition(":")[0] if ":" in (scenario.example or "") else ""
    example = f'<div style="opacity:.8">{escape(reason)}</div>' if reason else ""
    against = f'<span style="opacity:.7">against {escape(sanitize(run.sut))}</span>'
    return f'<div style="margin:4px 0">{badge(run.word)} {name}{place} {against}</div>{example}'


def _verdict_html(run: ScenarioRun) -> str:
    match run.observation.verdict:
        case Deviates() as d:
            rows = [
                ["asked", escape(f"{format_instant(d.at)}, “{d.step}”")],
                ["expected", f"<b>{escape(sanitize(d.expected))}</b>"],
                ["observed", f"<b>{escape(sanitize(d.observed))}</b>"],
            ]
            box = "border-left:4px solid rgba(213,94,0,.8);padding-left:8px"
            said = "".join(f"<div>{escape(sanitize(line))}</div>" for line in run.governing_rules)
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


def _hint(run: ScenarioRun) -> str:
    """Return how to run the reference under the reading that a scenario tests."""
    if not run.scenario.reading or run.sut.partition(":")[0] not in ("reference", "faulty"):
        return ""
    first = dict(reversed(run.scenario.reading))
    options = " ".join(f"--reading {knob}={value}" for knob, value in first.items())
    return f'<div style="opacity:.8">Under the reading that it is about: <code>{escape(options)}</code></div>'


@dataclass(frozen=True, slots=True)
class ScenarioRuns(Displayable):
    """Several scenarios that were run: a table, with the timeline of the most informative one."""

    runs: tuple[ScenarioRun, ...]

    def __iter__(self) -> Iterator[ScenarioRun]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    @overload
    def __getitem__(self, index: int) -> ScenarioRun: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[ScenarioRun, ...]: ...

    def __getitem__(self, index: int | slice) -> ScenarioRun | tuple[ScenarioRun, ...]:
        return self.runs[index]

    @property
    def conforms(self) -> bool:
        """Whether every scenario that applies conforms, and at least one does."""
        applied = [run for run in self.runs if run.word != "not applicable"]
        return bool(applied) and all(run.conforms for run in applied)

    @property
    def deviating(self) -> tuple[ScenarioRun, ...]:
        """The runs that deviate."""
        return tuple(run for run in self.runs if run.deviation)

    @property
    def telling(self) -> ScenarioRun:
        """The most informative run: the first that deviates or errored, or else whose deadline takes effect."""
        weight = {"deviates": 0, "errored": 1, "conforms": 2, "nothing asked": 3, "not applicable": 4}
        return min(self.runs, key=lambda run: (weight[run.word], not _deadline_passed(run)))

    @property
    def trace(self) -> Trace:
        """The trace of the most informative run."""
        return self.telling.trace

    def count(self, word: str) -> int:
        """Return how many runs have a verdict."""
        return sum(run.word == word for run in self.runs)

    def __repr__(self) -> str:
        return f"<{self._total}>"

    def _totals(self) -> str:
        counted = {word: self.count(word) for word in SIGNS}
        return ", ".join(f"{n} {PLURAL.get(word, word) if n > 1 else word}" for word, n in counted.items() if n)

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
        """Return a line for each scenario."""
        rows = [[badge(run.word), escape(run.scenario.name), escape(place_of(run.scenario))] for run in self.runs]
        return f"<div>{self._total}</div>" + table(rows)

    def plain(self) -> str:
        """Return a line for each scenario."""
        rows = [[f"{SIGNS[run.word]} {run.word}", run.scenario.name, place_of(run.scenario)] for run in self.runs]
        return "\n".join([self._total, columns(rows)])


def _deadline_passed(run: ScenarioRun) -> bool:
    """Return whether a deadline of the scenario's clauses took effect in a run."""
    trace = run.observation.trace
    own = run.scenario.clauses
    return trace is not None and any(d.clause in own and d.at <= trace.ends and not d.standing for d in trace.deadlines)


@dataclass(frozen=True, slots=True)
class _Table(Displayable):
    runs: ScenarioRuns

    def html(self) -> str:
        return self.runs.html()

    def plain(self) -> str:
        return self.runs.plain()
