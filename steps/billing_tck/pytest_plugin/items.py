"""One scenario as pytest runs it: its World, its steps through pytest-bdd, its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest

from billing_tck.engine.runner import nothing_checked, place_of, record_of_world
from billing_tck.errors import KitError, ScenarioError
from billing_tck.pytest_plugin.session import session_of
from billing_tck.reports.render import render_record
from billing_tck.reports.wording import NEWER
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
        made.user_properties.append(("clauses", " ".join(scenario.clauses)))
        if scenario.outside_baseline:
            made.user_properties.append(("newer", "true"))
        return made

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the scenario is written."""
        return self.path, self.scenario.line - 1, self.scenario.name

    def step_begins(self) -> None:
        """Count the steps that pytest-bdd has begun."""
        self._at += 1

    def setup(self) -> None:
        """Skip a scenario that is not applicable, with the reason."""
        try:
            header = session_of(self.config).header(self.session)
        except UnreachableError as error:
            self.user_properties.append(("verdict", "errored"))
            raise ScenarioErrored(f"no implementation to run against: {sanitize(str(error))}") from None
        if missing := missing_requirements(self.scenario, header.implementation):
            self._not_applicable(missing)
        self.world, self._at = World(session_of(self.config).driver, header.implementation), -1
        super().setup()

    def runtest(self) -> None:
        """Run the steps through pytest-bdd; what ends them becomes the verdict."""
        verdict: Verdict = Conforms()
        world = self.current_world()
        try:
            super().runtest()
        except Exception as outcome:
            step = self.scenario.steps[max(self._at, 0)]
            ended = verdict_of(outcome, step=str(step), line=step.line, at=world.now)
            if ended is None:
                self.user_properties.append(("verdict", "errored"))
                if isinstance(outcome, ScenarioError):
                    raise outcome.with_location(place_of(self.scenario, step)) from None
                raise
            verdict = ended
        else:
            if not world.checks:
                raise nothing_checked(self.scenario)
        self._conclude(verdict, world)

    def _conclude(self, verdict: Verdict, world: World) -> None:
        if isinstance(verdict, NotApplicable):
            self._not_applicable(verdict.missing)
        self.user_properties.append(("verdict", verdict.word))
        match verdict:
            case Conforms():
                pass
            case Deviates() | Errored() if self.scenario.outside_baseline:
                raise pytest.xfail.Exception(f"{NEWER}:\n{self._telling(verdict, world)}")
            case Deviates():
                raise ScenarioDeviates(self._telling(verdict, world))
            case Errored():
                raise ScenarioErrored(self._telling(verdict, world))

    def _not_applicable(self, missing: tuple[MissingRequirement, ...]) -> NoReturn:
        self.user_properties.append(("verdict", NotApplicable.word))
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
