"""One scenario as pytest runs it: its World, its steps through pytest-bdd, its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest

from billing_tck.engine.runner import nothing_checked, place_of, record_of_world
from billing_tck.errors import KitError, ScenarioError
from billing_tck.pytest_plugin.debugging import step_traceback
from billing_tck.pytest_plugin.session import session_of
from billing_tck.pytest_plugin.verdicts import KNOWN, NEWER, SCENARIO, VERDICT
from billing_tck.reports.render import render_record
from billing_tck.reports.wording import NEWER as NEWER_THAN_BASELINE
from billing_tck.results.header import Header
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict, verdict_of
from billing_tck.spec.applicability import MissingRequirement, UnreachableError, format_missing, missing_requirements
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.registry import Match, Vocabulary
from billing_tck.steps.world import World
from billing_tck.text.sanitize import sanitize


class ScenarioDeviates(AssertionError):
    """The implementation answered, and the answer breaks a rule."""


class ScenarioErrored(Exception):
    """The implementation gave no answer that can be judged."""


class ScenarioItem(pytest.Function):
    """One scenario as pytest runs it; made of the function that pytest-bdd made."""

    scenario: Scenario
    options: tuple[str, ...]
    sentences: Mapping[str, str]
    vocabulary: Vocabulary
    world: World | None
    _at: int

    @classmethod
    def of(
        cls, item: pytest.Function, scenario: Scenario, sentences: Mapping[str, str], options: tuple[str, ...]
    ) -> ScenarioItem:
        """Return the same item with its scenario.

        `sentences` are those of the clauses by id, `options` what runs the scenario's features from the command line.
        """
        item.__class__ = cls
        made = cast("ScenarioItem", item)
        made.scenario, made.world, made._at = scenario, None, -1
        made.sentences, made.options = sentences, options
        made.vocabulary = session_of(item.config).vocabulary
        made.add_marker(scenario.part)
        made.user_properties += [("clauses", " ".join(scenario.clauses)), (SCENARIO, scenario.place)]
        if scenario.outside_baseline:
            made.user_properties.append((NEWER, "true"))
        return made

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the scenario is written."""
        return self.path, self.scenario.line - 1, self.scenario.name

    def step_begins(self) -> None:
        """Count the steps that pytest-bdd has begun."""
        self._at += 1

    def setup(self) -> None:
        """Skip a scenario that is not applicable, with the reason. A test that runs again starts from nothing."""
        self.user_properties = [pair for pair in self.user_properties if pair[0] not in (VERDICT, KNOWN)]
        session = session_of(self.config)
        try:
            header = session.header(self.session)
        except UnreachableError as error:
            self.user_properties.append((VERDICT, Errored.word))
            raise ScenarioErrored(f"no implementation to run against: {sanitize(str(error))}") from None
        undecided = session.undecided(self.scenario, header.implementation)
        if undecided is None and (missing := missing_requirements(self.scenario, header.implementation)):
            self._not_applicable(missing)
        self.world, self._at = World(session.driver, header.implementation), -1
        super().setup()

    def teardown(self) -> None:
        """Leave real time to what runs next."""
        super().teardown()
        session_of(self.config).driver.unfreeze()

    def runtest(self) -> None:
        """Run the steps through pytest-bdd; what ends them becomes the verdict."""
        session, world = session_of(self.config), self.current_world()
        cannot_run = session.undecided(self.scenario, world.description) or session.silence.skipped
        if cannot_run is not None:
            self._conclude(cannot_run, world)
        session.driver.begin_scenario(self.scenario.place)
        verdict: Verdict = Conforms()
        ended_by: Exception | None = None
        try:
            super().runtest()
        except Exception as outcome:
            verdict, ended_by = self._verdict_of(outcome, world), outcome
        else:
            if not world.checks:
                raise nothing_checked(self.scenario)
        finally:
            session.driver.unfreeze()
        session.silence.count(verdict)
        self._conclude(verdict, world, ended_by)

    def _verdict_of(self, outcome: Exception, world: World) -> Verdict:
        """Return what an exception stands for. Raises it where that is an error of the kit or of the scenario."""
        step = self.scenario.steps[max(self._at, 0)]
        verdict = verdict_of(outcome, step=str(step), line=step.line, at=world.now)
        if verdict is None:
            self.user_properties.append((VERDICT, Errored.word))
            if isinstance(outcome, ScenarioError):
                raise outcome.with_location(place_of(self.scenario, step)) from None
            raise outcome
        return verdict

    def _conclude(self, verdict: Verdict, world: World, ended_by: Exception | None = None) -> None:
        if isinstance(verdict, NotApplicable):
            self._not_applicable(verdict.missing)
        self.user_properties.append((VERDICT, verdict.word))
        error: BaseException
        match verdict:
            case Conforms():
                return
            case Deviates() | Errored() if self.scenario.outside_baseline:
                error = pytest.xfail.Exception(f"{NEWER_THAN_BASELINE}:\n{self._telling(verdict, world)}")
            case Deviates():
                error = self._deviation(verdict, world)
            case Errored():
                error = ScenarioErrored(self._telling(verdict, world))
        raise error.with_traceback(step_traceback(ended_by, self.vocabulary)) from ended_by

    def _deviation(self, verdict: Deviates, world: World) -> BaseException:
        entry = session_of(self.config).known_deviation_of(self.scenario)
        if entry is None:
            return ScenarioDeviates(self._telling(verdict, world))
        self.user_properties.append((KNOWN, entry.reason))
        return pytest.xfail.Exception(f"known deviation: {sanitize(entry.reason)} ({entry.dates}; {entry.place})")

    def _not_applicable(self, missing: tuple[MissingRequirement, ...]) -> NoReturn:
        self.user_properties.append((VERDICT, NotApplicable.word))
        raise pytest.skip.Exception(
            f"not applicable: {'; '.join(map(format_missing, missing))}", _use_item_location=True
        )

    def _telling(self, verdict: Verdict, world: World) -> str:
        header = session_of(self.config).header(self.session)
        repeated = Header(
            header.sut, header.implementation, "", "", header.started, header.version, options=self.options
        )
        lines = render_record(record_of_world(self.scenario, verdict, world, 0.0), repeated)
        clauses = [f"{clause}  {self.sentences.get(clause, '')}".rstrip() for clause in self.scenario.clauses]
        return "\n".join([*map(sanitize, clauses), f"  {lines[0]}", *(f"    {line}" for line in lines[1:])])

    def current_world(self) -> World:
        """Return the World of the scenario that runs."""
        if self.world is None:
            raise KitError(f"{self.nodeid} runs, but was not set up")
        return self.world

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return a verdict as text; for everything else pytest's own traceback."""
        if isinstance(excinfo.value, ScenarioDeviates | ScenarioErrored | KitError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def find_step(item: object, kind: Any, text: str) -> tuple[Match, World] | None:
    """Return the definition of a step and the World of its scenario, or None for an item that is not the kit's.

    Raises VocabularyError where there is not exactly one definition.
    """
    if not isinstance(item, ScenarioItem):
        return None
    return item.vocabulary.find(kind, text), item.current_world()


def world_of(request: pytest.FixtureRequest) -> World:
    """Return the World of the scenario that runs: the fixture `world`."""
    return cast("ScenarioItem", request.node).current_world()
