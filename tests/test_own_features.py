"""Invariants of the kit's own features and sources."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from billing_tck.connect import open_driver, open_unfrozen
from billing_tck.contract import capabilities
from billing_tck.contract.values import DataState, InvoiceState, OrganizationView
from billing_tck.engine.runner import describe, run, run_scenario
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load

ROOT = Path(__file__).parent.parent
SUITE, REGISTER, VOCABULARY = load_suite(), load_register(features_dir()), load()
CORE = [scenario for scenario in SUITE.scenarios if scenario.part == "core"]
SECOND = re.compile(r"at \d\d:\d\d:(?!00)\d\d|\d+ seconds? pass")


def test_each_testable_clause_has_a_scenario_and_each_excluded_one_a_reason() -> None:
    covered = {clause for scenario in SUITE.scenarios for clause in scenario.clauses}
    open_clauses = [c.id for c in REGISTER.clauses if c.testable and c.id not in covered]
    assert open_clauses == []
    assert [c.id for c in REGISTER.clauses if not c.testable and len(c.excluded or "") < 20] == []


def test_all_but_clauses_that_only_an_edge_can_test_have_a_core_scenario() -> None:
    in_core = {clause for scenario in CORE for clause in scenario.clauses}
    assert [c.id for c in REGISTER.clauses if c.testable and c.id not in in_core] == []


def test_each_value_of_each_knob_has_an_edge() -> None:
    tested = {pair for scenario in SUITE.scenarios for pair in scenario.reading}
    every = {(knob.name, value.name) for knob in REGISTER.knobs for value in knob.values}
    assert every - tested == set()


@pytest.mark.parametrize("family", sorted({scenario.family for scenario in SUITE.scenarios}))
def test_a_scenario_names_just_the_capabilities_that_its_calls_need(family: str) -> None:
    wrong = []
    for scenario in (s for s in SUITE.scenarios if s.family == family):
        readings = ",".join(f"{knob}={value}" for knob, value in dict(scenario.reading).items())
        with closing(open_driver(f"reference:{readings}" if readings else "reference")) as driver:
            record = run_scenario(scenario, driver, describe(driver), VOCABULARY)
        needed, marketplaces = set(), dict[str, str]()
        for entry in record.calls:
            speaks_of = entry.params.get("account") or entry.params.get("subscription")
            marketplace = entry.params.get("marketplace") or marketplaces.get(str(speaks_of))
            for made in (getattr(entry.outcome, "account", None), getattr(entry.outcome, "subscription", None)):
                if made is not None and marketplace is not None:
                    marketplaces[made] = str(marketplace)
            needed |= capabilities.needed_for(entry.method, entry.params, marketplaces.get(str(speaks_of)))
        if needed != scenario.needs:
            wrong.append(f"{scenario.place} {scenario.name}: needs {sorted(needed)}, names {sorted(scenario.needs)}")
    assert wrong == []


class Watching:
    """The reference; notes deletions by hand of organizations that have no unpaid invoice, or no data."""

    def __init__(self, sut: str) -> None:
        self._driver = open_unfrozen(sut)
        self.deleted: list[str] = []

    def call(self, method: str, params: Mapping[str, object]) -> object:
        if method == "delete_data":
            view = self._driver.call("get_organization", {"organization": params["organization"]})
            assert isinstance(view, OrganizationView)
            if view.data is not DataState.PRESENT or not any(one.state is InvoiceState.OPEN for one in view.invoices):
                self.deleted.append(str(params["organization"]))
        return self._driver.call(method, params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


@pytest.mark.parametrize("end", ["restricts_at_end", "restricts_at_due", "stops_at_end"])
def test_no_scenario_deletes_by_hand_where_nothing_is_unpaid(end: str) -> None:
    """The contract says that this is not tested."""
    deleting = [one for one in SUITE.scenarios if any("manually deletes" in step.text for step in one.steps)]
    watching = Watching(f"reference:marketplace_end={end}")
    results = [*run(deleting, watching, vocabulary=VOCABULARY)]
    assert len(results) == len(deleting) > 10
    assert watching.deleted == []


def test_the_import_contracts_name_every_layer() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers, of_reference, of_kit = pyproject["tool"]["importlinter"]["contracts"]
    named = {f"billing_tck.{name.strip()}" for row in layers["layers"] for name in row.split("|")}
    leaves = {f"billing_tck.{name}" for name in ("contract", "text", "clock", "errors", "freezegun_loading", "version")}
    assert named - set(of_reference["forbidden_modules"]) == leaves
    assert named - set(of_kit["source_modules"]) == {"billing_tck.reference"}


def looks_at_a_second(scenario: Scenario) -> bool:
    return any(SECOND.search(step.text) for step in scenario.steps)


def needs_effects_on_time(scenario: Scenario) -> bool:
    """Whether a step moves to a second at which an implementation with late effects may still lawfully differ.

    The last second before a deadline is fair to it, and so is any instant plus the settling time that it declares.
    """
    moves = [step.text for step in scenario.steps if step.text.startswith("it is ") or "pass" in step.text]
    return any(SECOND.search(text) and not re.search(r":59$|plus the settling time$", text) for text in moves)


def test_the_core_does_not_depend_on_a_second_and_only_exact_edges_need_effects_on_time() -> None:
    assert [s.place for s in CORE if looks_at_a_second(s) or s.exact or s.reading] == []
    assert [s.place for s in SUITE.scenarios if needs_effects_on_time(s) and not s.exact] == []
    assert any(needs_effects_on_time(s) for s in SUITE.scenarios)


@pytest.mark.parametrize("word", ["sleep(", "shared/", "/work/", "seeds/"])
def test_no_source_sleeps_or_names_places_outside_the_project(word: str) -> None:
    folders = ("features", "steps", "reference_impl", "notebooks")
    files = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".feature", ".toml", ".md", ".ipynb", ".mjs", ".java", ".sh"}
    ]
    files += [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml")]
    assert len(files) > 50
    found = [str(path.relative_to(ROOT)) for path in files if word in path.read_text(encoding="utf-8")]
    assert found == []


def test_features_are_in_latin_script_and_quote_no_document() -> None:
    for path in (ROOT / "features").rglob("*"):
        if path.is_file():
            foreign = re.search(r"[\u0400-\u04ff\uac00-\ud7af]", path.read_text(encoding="utf-8"))
            assert foreign is None, f"{path}: {foreign}"
