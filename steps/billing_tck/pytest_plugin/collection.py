"""Collect `.feature` files as pytest modules whose scenarios pytest-bdd runs with the kit's step definitions.

The same scenarios, steps and verdicts as through the engine. Everything that a file needs is in the module that is made
of it, so that no name conflicts with other tests.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from billing_tck.errors import UsageError
from billing_tck.pytest_plugin.items import ScenarioItem, find_step, world_of
from billing_tck.pytest_plugin.request import chosen, node_id
from billing_tck.pytest_plugin.session import session_of
from billing_tck.pytest_plugin.step_lookup import define, index_step_lookup, is_indexed, parsed, rendered
from billing_tck.spec.baseline import InvalidBaseline
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures, Scenario
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.spec.selection import UnknownSelectionError
from billing_tck.spec.suite import feature_paths, features_dir, mark_against_baseline, root_of
from billing_tck.steps.lint import check_files


class KitFeatures(pytest.Directory):
    """The features that `billing-tck run` runs: the kit's own wherever they are installed, or those configured."""

    def collect(self) -> Iterable[pytest.Collector]:
        """Return each feature file."""
        own = session_of(self.config).settings.features
        try:
            paths = feature_paths(own or features_dir())
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        root = root_of(own or features_dir())
        for path in paths:
            file = FeatureModule.at(self, path, name=path.relative_to(root).as_posix())
            if chosen(self.config).reaches(file.nodeid):
                yield file


class FeatureModule(pytest.Module):
    """One feature file: a module with a test for each scenario and each row of an outline."""

    @classmethod
    def at(cls, parent: pytest.Collector, path: Path, name: str | None = None) -> FeatureModule:
        """Return the collector of a file, with a node id that can be an argument of pytest."""
        file: FeatureModule = cls.from_parent(parent, path=path, name=name, nodeid=node_id(path, parent.config))
        return file

    def funcnamefilter(self, name: str) -> bool:
        """Whether a function of the module is a test: pytest-bdd names them, whatever `python_functions` says."""
        return name.startswith("test_")

    def classnamefilter(self, name: str) -> bool:
        """Whether a class of the module has tests: there are none."""
        return False

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Return the scenarios. Raises CollectError where the checks reject the file, or pytest-bdd has lost one."""
        session = session_of(self.config)
        index_step_lookup(find_step)
        root = root_of(self.path)
        self.sentences = {clause.id: clause.sentence for clause in session.register(root).clauses}
        try:
            compiled = read_file(self.path.resolve(), root)
            baseline = session.baseline(root)
        except (InvalidFeatures, InvalidBaseline) as error:
            raise self.CollectError(str(error)) from None
        compiled = replace(compiled, scenarios=tuple(mark_against_baseline(compiled.scenarios, baseline)))
        diagnostics = check_files([compiled], session.register(root), session.vocabulary, own=False)
        if diagnostics:
            raise self.CollectError("\n".join(map(str, diagnostics)))
        own = () if root == features_dir().resolve() else ("--features", str(root))
        self.options = (*own, *session.settings.repeated_options)
        self.tree: Mapping[str, object] = compiled.tree
        self._allow_marks(compiled)
        items = list(self._scenario_items(compiled, super().collect()))
        self.tree = {}  # its module is made by now; pytest's last garbage collection would walk what is kept
        try:
            return [i for i in items if chosen(self.config).has(i.nodeid) and session.selects(i.scenario, root)]
        except UnknownSelectionError as error:
            raise pytest.UsageError(str(error)) from None

    def _getobj(self) -> types.ModuleType:
        """Return the module that pytest-bdd makes of the file, with the kit's step definitions and a World."""
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        names = vars(module)
        names["world"] = pytest.fixture(name="world")(world_of)
        text = f"from pytest_bdd import scenarios\nscenarios({str(self.path)!r})\n"
        if not is_indexed():  # pytest-bdd then looks for every step among the names of the module
            names["_define"] = functools.partial(define, names, session_of(self.config).vocabulary)
            text = f"_define()\n{text}"
        with parsed(self.path, self.tree):
            exec(compile(text, str(self.path), "exec"), names)
        return module

    def _allow_marks(self, compiled: FeatureFile) -> None:
        """Register tags as marks, also for --strict-markers."""
        for tag in sorted({tag for s in compiled.scenarios for tag in s.tags} | {"core", "edge"}):
            line = f"{tag}: {self.sentences.get(tag, 'a tag of the billing features')}"
            if line not in self.config.getini("markers"):
                self.config.addinivalue_line("markers", line)

    def _scenario_items(
        self, compiled: FeatureFile, collected: Iterable[pytest.Item | pytest.Collector]
    ) -> Iterator[ScenarioItem]:
        """Return each item with its scenario; each scenario must have one, or several where a plugin repeats tests."""
        by_line: dict[int, list[Scenario]] = {}
        for scenario in compiled.scenarios:
            by_line.setdefault(scenario.definition, []).append(scenario)
        found: set[str] = set()
        for item in collected:
            if not isinstance(item, pytest.Function):
                raise self.CollectError(f"{self.path}: pytest collected {item!r}, which is not a scenario")
            line, row, texts = rendered(item)
            rows = by_line.get(line, [])
            if row >= len(rows) or [step.text for step in rows[row].steps] != texts:
                raise self.CollectError(
                    f"{compiled.file}:{line}: pytest-bdd runs {item.name}, which the engine does not have"
                )
            found.add(rows[row].place)
            yield ScenarioItem.of(item, rows[row], self.sentences, self.options)
        if lost := [scenario for scenario in compiled.scenarios if scenario.place not in found]:
            named = "\n".join(f"{scenario.place}: {scenario.name}" for scenario in lost)
            raise self.CollectError(f"pytest-bdd has lost {len(lost)} of the scenarios:\n{named}")
