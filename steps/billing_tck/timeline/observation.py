"""Run a scenario twice: as the command line does, for its verdict, and recorded, for its trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from billing_tck.contract.values import Description
from billing_tck.engine.runner import record_of_world, run_scenario, run_step
from billing_tck.errors import NothingChecked
from billing_tck.results.calls import Entry, describe_calls
from billing_tck.results.record import ScenarioRecord, format_verdict, record_of
from billing_tck.results.verdicts import Conforms, Deviates, NotApplicable, Verdict
from billing_tck.spec.applicability import missing_requirements
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import Caller, World
from billing_tck.timeline.model import Action, Check, Trace, unfreeze
from billing_tck.timeline.projection import project
from billing_tck.timeline.recorder import RecordingDriver

DONE, HELD, FAILED, UNREACHED = "done", "holds", "fails", "not reached"
_CLOCK = frozenset({"reset", "advance_to"})


@dataclass(frozen=True, slots=True)
class Observation:
    """A recorded run of a scenario: its record, how each step went, and the trace.

    `asked` is whether it checked anything at all.
    """

    scenario: Scenario
    record: ScenarioRecord
    outcomes: tuple[str, ...]
    trace: Trace | None
    asked: bool = True

    @property
    def verdict(self) -> Verdict:
        """The verdict of the scenario."""
        return self.record.verdict

    @property
    def word(self) -> str:
        """The verdict as text."""
        if isinstance(self.verdict, Conforms) and not self.asked:
            return "nothing checked"
        return self.verdict.word.replace("_", " ")

    @property
    def conforms(self) -> bool:
        """Whether it checked something and every check held."""
        return self.asked and isinstance(self.record.verdict, Conforms)


def observe(
    scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary, *, closely: bool = True
) -> Observation:
    """Run one scenario for its verdict, then recorded for its trace.

    Without `closely` the trace takes much less time, and contains only what the steps observed. A scenario without a
    Then is run, too. Raises KitError where the kit itself is broken, as by an undefined step.
    """
    missing = missing_requirements(scenario, description)
    if missing:
        skipped = tuple(UNREACHED for _ in scenario.steps)
        return Observation(scenario, record_of(scenario, NotApplicable(missing)), skipped, None)
    checks = any(step.kind == "then" for step in scenario.steps)
    plain = _plain_run(scenario, driver, description, vocabulary) if checks else None
    world, log, verdict, trace = _recorded_run(scenario, driver, description, vocabulary, closely=closely)
    record = plain or record_of_world(scenario, verdict, world, 0.0)
    if plain and plain.verdict.word != verdict.word:
        remark = f"with more frequent reads the verdict is another: {format_verdict(verdict.word)}"
        record = replace(plain, remarks=(*plain.remarks, remark))
    outcomes = _outcomes(scenario.steps, record.verdict, log)
    return Observation(scenario, record, outcomes, trace, asked=bool(world.checks) or checks)


def trace_of(scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary) -> Trace | None:
    """Run one scenario for its trace alone; return None where it does not apply."""
    if missing_requirements(scenario, description):
        return None
    return _recorded_run(scenario, driver, description, vocabulary, closely=True)[-1]


def _recorded_run(
    scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary, *, closely: bool
) -> tuple[World, StepLog, Verdict, Trace | None]:
    recorder = RecordingDriver(driver, closely=closely, readings=description.readings)
    world, log = World(recorder, description), StepLog()
    verdict = log.run(scenario, world, vocabulary)
    recorder.take_snapshot()
    names = dict(record_of_world(scenario, verdict, world, 0.0).names or {})
    return world, log, verdict, project(recorder, names, log.actions(names), log.checks, world)


def _plain_run(
    scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary
) -> ScenarioRecord | None:
    """Return the record as the engine gives it, or None where the scenario checked nothing."""
    try:
        return replace(run_scenario(scenario, driver, description, vocabulary), seconds=0.0)
    except NothingChecked:
        return None


def _outcomes(steps: Sequence[Step], verdict: Verdict, log: StepLog) -> tuple[str, ...]:
    ended = len(log.steps) - 1 if not isinstance(verdict, Conforms) else len(steps)
    if isinstance(verdict, Deviates):
        ended = next((n for n, step in enumerate(steps) if step.line == verdict.line), ended)
    said = []
    for number, step in enumerate(steps):
        if number < ended:
            said.append(HELD if step.kind == "then" else DONE)
        else:
            said.append(FAILED if number == ended else UNREACHED)
    return tuple(said)


@dataclass(slots=True)
class StepLog:
    """The steps of a scenario as far as they were run, with their calls and checks."""

    entries: list[Entry] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def run(self, scenario: Scenario, world: World, vocabulary: Vocabulary) -> Verdict:
        """Run the steps of a scenario up to the first one that fails; return the verdict."""
        for step in scenario.steps:
            begun = len(world.timeline)
            ended = run_step(step, scenario, world, vocabulary)
            self.steps.append(step)
            if step.kind == "then":
                self.checks.append(Check(unfreeze(world.now), step.text, ended is None))
            self.entries += world.timeline[begun:]
            if ended is not None:
                return ended
        return Conforms()

    def actions(self, names: dict[tuple[str, str], str]) -> list[Action]:
        """Return the commands as text, without those that move the clock."""
        commands = (entry for entry in self.entries if entry.method not in _CLOCK)
        return [Action(unfreeze(at), text) for entry in commands for at, text in describe_calls([entry], names)]
