"""pytest with the kit, and the hooks of pytest-bdd stubbed: the share of the hooks in the time of a run.

With BENCH_STUB=execution pytest-bdd's own execution of steps is stubbed as well: what is left is pytest and the kit.
"""

import importlib
import os

import pytest
from kit_phrases import define

from billing_tck.pytest_plugin.items import ScenarioItem
from billing_tck.steps.registry import VOCABULARY

EXECUTION = "_execute_scenario"
HOOKS = ("before_scenario", "after_scenario", "before_step", "before_step_call", "after_step", "step_error")

define(VOCABULARY)


def nothing(**named: object) -> None:
    """In the place of a hook."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stub the hooks, or all that pytest-bdd does for a scenario."""
    for name in HOOKS:
        setattr(session.config.hook, f"pytest_bdd_{name}", nothing)
    if os.environ.get("BENCH_STUB") == "execution":
        setattr(importlib.import_module("pytest_bdd.scenario"), EXECUTION, execute)


def execute(_feature: object, _scenario: object, request: pytest.FixtureRequest) -> None:
    """Run the steps of a scenario as the kit's engine does."""
    item = request.node
    assert isinstance(item, ScenarioItem)
    for step in item.scenario.steps:
        match = item.vocabulary.find(step.kind or "given", step.text)
        match.definition.function(item.current_world(), **match.arguments)
