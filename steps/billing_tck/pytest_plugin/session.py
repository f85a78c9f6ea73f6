"""What the scenarios of one pytest session share."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.connect import open_driver
from billing_tck.engine.runner import describe
from billing_tck.pytest_plugin.plugin import CLOSE
from billing_tck.results.header import Header, kit_version, utc_now
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.baseline import Baseline, load_baseline
from billing_tck.spec.requirements import Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps import registry
from billing_tck.steps.registry import Vocabulary


class PluginSession:
    """The implementation, the step definitions, the requirements and the baselines of one pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self.sut: str = config.getoption("--sut") or "reference"
        self.vocabulary: Vocabulary = registry.load()
        self._registers: dict[Path, Register] = {}
        self._baselines: dict[Path, Baseline | None] = {}
        self._unreachable: UnreachableError | None = None
        self._header: Header | None = None
        self.driver = open_driver(self.sut, timeout=config.getoption("--sut-timeout"))
        config.stash[CLOSE] = self.driver.close

    def header(self, session: pytest.Session) -> Header:
        """Return the header of the run; the implementation is asked once. Raises UnreachableError."""
        if self._unreachable is not None:
            raise self._unreachable
        if self._header is None:
            started = utc_now()
            try:
                described = describe(self.driver)
            except UnreachableError as error:
                self._unreachable = error
                session.shouldstop = f"no implementation to run against ({self.sut}): {error}"
                raise
            self._header = Header(self.sut, described, "", "", started, kit_version())
        return self._header

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
