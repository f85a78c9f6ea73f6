"""Collect `.feature` files as pytest modules whose scenarios pytest-bdd runs with the kit's step definitions.

The same scenarios, steps and verdicts as through the engine. Everything that a file needs is in the module that is made
of it, so that no name conflicts with other tests.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pytest

from billing_tck.pytest_plugin.items import ScenarioItem, find_step, world_of
from billing_tck.pytest_plugin.session import session_of
from billing_tck.pytest_plugin.step_lookup import define, index_step_lookup, is_indexed, parsed, rendered
from billing_tck.spec.baseline import InvalidBaseline
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures, Scenario
from billing_tck.spec.gherkin_parser import read_file
from billing_tck.spec.suite import features_dir, mark_against_baseline, root_of
from billing_tck.steps.lint import check_files


class KitFeatures(pytest.Directory):
    """The kit's installed features."""

    def collect(self) -> Iterable[pytest.Collector]:
        """Return each feature file."""
        root = features_dir()
        for path in sorted(root.rglob("*.feature")):
            yield FeatureModule.from_parent(self, path=path, name=path.relative_to(root).as_posix())


class FeatureModule(pytest.Module):
    """One feature file: a module with a test for each scenario and each row of an outline."""

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
        self.options = () if root == features_dir().resolve() else ("--features", str(root))
        self.tree: Mapping[str, object] = compiled.tree
        self._allow_marks(compiled)
        items = list(self._scenario_items(compiled, super().collect()))
        self.tree = {}  # its module is made by now; pytest's last garbage collection would walk what is kept
        return items

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
    ) -> Iterator[pytest.Item]:
        """Return each item with its scenario; they must match one to one."""
        waiting: dict[int, list[Scenario]] = {}
        for scenario in compiled.scenarios:
            waiting.setdefault(scenario.definition, []).append(scenario)
        for item in collected:
            if not isinstance(item, pytest.Function):
                raise self.CollectError(f"{self.path}: pytest collected {item!r}, which is not a scenario")
            line, texts = rendered(item)
            candidates = waiting.get(line, [])
            if not candidates or [step.text for step in candidates[0].steps] != texts:
                raise self.CollectError(
                    f"{compiled.file}:{line}: pytest-bdd runs {item.name}, which the engine does not have"
                )
            yield ScenarioItem.of(item, candidates.pop(0), self.sentences, self.options)
        if lost := [scenario for rest in waiting.values() for scenario in rest]:
            named = "\n".join(f"{scenario.place}: {scenario.name}" for scenario in lost)
            raise self.CollectError(f"pytest-bdd has lost {len(lost)} of the scenarios:\n{named}")
