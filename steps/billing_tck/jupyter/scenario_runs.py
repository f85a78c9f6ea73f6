"""Scenarios that were run, as they display themselves: verdict, steps and timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import overload

from billing_tck.contract.values import Description
from billing_tck.jupyter.blind_sut import parse_blind_sut, takes_readings
from billing_tck.jupyter.display import PLURAL, SIGNS, Displayable, columns, place_of, publish
from billing_tck.reports.render import render_record
from billing_tck.results.verdicts import Conforms, Deviates, NotApplicable
from billing_tck.spec.applicability import format_missing
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.spec.requirements import Clause
from billing_tck.steps.gherkin_cell import CELL
from billing_tck.sut import Reference
from billing_tck.text.sanitize import sanitize
from billing_tck.timeline.governing_rules import explain_rules
from billing_tck.timeline.model import Trace
from billing_tck.timeline.observation import DONE, FAILED, HELD, UNREACHED, Observation
from billing_tck.timeline.svg import Timeline

_STEP_SIGNS = {DONE: "·", HELD: "✓", FAILED: "✗", UNREACHED: " "}


@dataclass(frozen=True, slots=True)
class ScenarioRun(Displayable):
    """One scenario that was run: its verdict, how each step went, and the timeline."""

    template = "scenario_run.html.j2"

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
        return self.observation.word

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
        """The picture of the trace, or None where nothing was run or nothing can be drawn."""
        trace = self.observation.trace
        return Timeline(trace) if trace is not None and not trace.is_empty else None

    @property
    def governing_rules(self) -> list[str]:
        """The clauses that govern what was checked, where an expectation differs from the reference itself."""
        if not isinstance(parse_blind_sut(self.sut), Reference):
            return []
        return explain_rules(self.deviation, self.observation.trace, self.register)

    def __repr__(self) -> str:
        return f"<{self.scenario.name}: {self.word}>"

    def _ipython_display_(self) -> None:
        publish(ScenarioCard(self))
        if self.timeline is not None:
            publish(self.timeline)

    def plain(self) -> str:
        """Return the verdict, the steps and what happened."""
        lines = [f"{SIGNS[self.word]} {self.word}: {self.scenario.name}  [{self.sut}]"]
        lines += [f"  {clause.id}  {clause.sentence}" for clause in self.clauses]
        for step, outcome, sign, _ in self.steps:
            lines.append(f"  {sign} {step}" + (f"  ({outcome})" if outcome != DONE else ""))
        if not isinstance(self.observation.verdict, Conforms):
            details = render_record(self.observation.record, None)[1:]
            labels = ("asked", "expected", "observed", "missing", "its log")
            lines += [f"  {line}" for line in details if line.startswith(labels)]
        lines += [f"  {sanitize(line)}" for line in self.governing_rules]
        lines += [f"  remark     {sanitize(remark)}" for remark in self.observation.record.remarks]
        return "\n".join(lines)

    # What the template shows

    @property
    def is_cell(self) -> bool:
        """Whether the scenario is written in a cell."""
        return self.scenario.file == CELL

    @property
    def is_unnamed(self) -> bool:
        """Whether the scenario has no name."""
        return self.scenario.name == CELL

    @property
    def place(self) -> str:
        """Where the scenario is written; only its line if it is in a cell."""
        return place_of(self.scenario)

    @property
    def reason(self) -> str:
        """The name of the examples that the scenario is a row of."""
        name, colon, _ = (self.scenario.example or "").partition(":")
        return name if colon else ""

    @property
    def clauses(self) -> list[Clause]:
        """The clauses of the scenario that the register has."""
        return [self.register[clause] for clause in self.scenario.clauses if clause in self.register]

    @property
    def steps(self) -> Iterator[tuple[Step, str, str, bool]]:
        """Each step, its outcome, the sign of that, and whether the step was not reached."""
        for step, outcome in zip(self.scenario.steps, self.observation.outcomes, strict=True):
            yield step, outcome, _STEP_SIGNS[outcome], outcome == UNREACHED

    @property
    def missing(self) -> list[str]:
        """What the implementation does not declare, where the scenario does not apply to it."""
        verdict = self.observation.verdict
        return [format_missing(missing) for missing in verdict.missing] if isinstance(verdict, NotApplicable) else []

    @property
    def expected_observed(self) -> str:
        """What was expected and observed, on one line."""
        if self.deviation is None:
            return ""
        return f"expected {self.deviation.expected}; observed {self.deviation.observed}"

    @property
    def reading_options(self) -> str:
        """The options that give the reference the reading that the scenario tests."""
        if not self.scenario.reading or not takes_readings(self.sut):
            return ""
        first = dict(reversed(self.scenario.reading))
        return " ".join(f"--reading {knob}={value}" for knob, value in first.items())


@dataclass(frozen=True, slots=True)
class ScenarioCard(Displayable):
    """The verdict of a run and its steps, without the timeline."""

    run: ScenarioRun

    def html(self) -> str:
        """Return the HTML."""
        return self.run.html()

    def plain(self) -> str:
        """Return the plain text."""
        return self.run.plain()


@dataclass(frozen=True, slots=True)
class ScenarioRuns(Displayable):
    """Several scenarios that were run: a table, with the timeline of the most informative one."""

    template = "scenario_runs.html.j2"

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
        weight = {"deviates": 0, "errored": 1, "conforms": 2, "nothing checked": 3, "not applicable": 4}
        return min(self.runs, key=lambda run: (weight[run.word], not _deadline_passed(run)))

    @property
    def trace(self) -> Trace:
        """The trace of the most informative run."""
        return self.telling.trace

    def count(self, word: str) -> int:
        """Return how many runs have a verdict."""
        return sum(run.word == word for run in self.runs)

    def __repr__(self) -> str:
        return f"<{self.total}>"

    def _totals(self) -> str:
        counted = {word: self.count(word) for word in SIGNS}
        return ", ".join(f"{n} {PLURAL.get(word, word) if n > 1 else word}" for word, n in counted.items() if n)

    @property
    def total(self) -> str:
        """How many there are, and how many have each verdict."""
        return f"{len(self.runs)} scenario{'s' * (len(self.runs) != 1)}: {self._totals() or 'none'}"

    def _ipython_display_(self) -> None:
        if len(self.runs) == 1:
            publish(self.runs[0])
            return
        publish(_Table(self))
        if self.runs:
            publish(self.telling)

    def plain(self) -> str:
        """Return a line for each scenario."""
        rows = [[f"{SIGNS[run.word]} {run.word}", run.scenario.name, run.place] for run in self.runs]
        return "\n".join([self.total, columns(rows)])


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
