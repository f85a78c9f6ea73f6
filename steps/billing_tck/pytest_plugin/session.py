"""What the scenarios of one pytest session share."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.connect import open_driver
from billing_tck.contract.values import Description
from billing_tck.engine.declarations import undecided, unknown_declarations, unknown_values
from billing_tck.engine.runner import describe
from billing_tck.engine.silence import Silence
from billing_tck.pytest_plugin.configuration import settings_of
from billing_tck.pytest_plugin.plugin import CLOSE
from billing_tck.results.header import Header, kit_version
from billing_tck.results.known_deviations import KnownDeviation, known_for, resolve
from billing_tck.results.verdicts import Errored
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.baseline import Baseline, load_baseline
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Family, Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.selection import Selection, select
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps import registry
from billing_tck.steps.registry import Vocabulary
from billing_tck.text.format import format_first
from billing_tck.text.sanitize import sanitize


class PluginSession:
    """The implementation, the step definitions, the requirements and the baselines of one pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self.settings = settings_of(config)
        self.sut = self.settings.sut
        self.silence = Silence()
        self.vocabulary: Vocabulary = registry.load()
        self._registers: dict[Path, Register] = {}
        self._baselines: dict[Path, Baseline | None] = {}
        self._unreachable: UnreachableError | None = None
        self._header: Header | None = None
        self._unknown_values: dict[str, Errored] = {}
        self._selected: dict[Path, frozenset[str]] = {}
        self.driver = open_driver(self.sut, connection=self.settings.connection)
        config.stash[CLOSE] = self.driver.close

    def header(self, session: pytest.Session) -> Header:
        """Return the header of the run; the implementation is asked once. Raises UnreachableError."""
        if self._unreachable is not None:
            raise self._unreachable
        if self._header is None:
            try:
                described = describe(self.driver)
                register = load_register(features_dir())
                if unknown := format_first(unknown_declarations(described, register)):
                    raise UnreachableError(f"describe_implementation: {sanitize(unknown)}")
            except UnreachableError as error:
                self._unreachable = error
                session.shouldstop = f"no implementation to run against ({self.sut}): {error}"
                raise
            self._header = Header(self.sut, described, "", "", self.settings.started, kit_version())
            self._unknown_values = unknown_values(described, register)
        return self._header

    def undecided(self, scenario: Scenario, description: Description) -> Errored | None:
        """Return the verdict of a scenario that cannot run because the value of its knob is unknown."""
        return undecided(scenario, description, self._unknown_values)

    def known_deviation_of(self, scenario: Scenario) -> KnownDeviation | None:
        """Return the known deviation that covers a scenario, if any."""
        today = self.settings.started.date()
        return known_for(scenario.place, resolve(self.settings.known, (scenario,), {}), today)

    def selects(self, scenario: Scenario, root: Path) -> bool:
        """Whether the selection of `billing-tck.toml` has a scenario. Raises UnknownSelectionError."""
        if self.settings.selection == Selection():
            return True
        if root not in self._selected:
            families = [family for family in Family if family is not Family.GENERAL]
            clauses = [clause.id for clause in self.register(root).clauses]
            chosen = select(load_suite(root), self.settings.selection, families=families, clauses=clauses)
            self._selected[root] = frozenset(s.place for s in chosen)
        return scenario.place in self._selected[root]

    def register(self, root: Path) -> Register:
        """Return the requirements of a features folder, or the kit's."""
        folder = root if (root / "clauses.toml").is_file() else features_dir()
        if folder not in self._registers:
            self._registers[folder] = load_register(folder)
        return self._registers[folder]

    def baseline(self, root: Path) -> Baseline | None:
        """Return the baseline of a features folder. Raises InvalidBaseline."""
        if root not in self._baselines:
            self._baselines[root] = load_baseline(root)
        return self._baselines[root]


_SESSION = pytest.StashKey[PluginSession]()


def session_of(config: pytest.Config) -> PluginSession:
    """Return the session of this pytest run; it is created when the first features are collected."""
    if _SESSION not in config.stash:
        config.stash[_SESSION] = PluginSession(config)
    return config.stash[_SESSION]
