"""The coverage matrix: the scenarios of a clause use each value of the dimensions that matter to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.selftest.open_invoices import open_invoices
from billing_tck.spec.coverage_matrix import gaps, matrix, stale_excuses
from billing_tck.spec.requirements import Dimension
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load

from .toy import FEATURE, register, write_features

ANSWERS = Dimension("card", ("declined", "expired"), ("BC-29",), "not about cards", {})


def test_the_kits_own_matrix_has_no_gap_and_no_stale_excuse() -> None:
    own, scenarios = load_register(features_dir()), load_suite().scenarios
    cells = matrix(own, scenarios, list(open_invoices(scenarios, load())))
    assert gaps(cells) == []
    assert list(stale_excuses(own, cells)) == []


def test_a_value_that_no_scenario_of_a_listed_clause_uses_is_a_gap(tmp_path: Path) -> None:
    declined = FEATURE.replace("a card that declines", "a card that will be declined")
    scenarios = load_suite(write_features(tmp_path, declined)).scenarios
    cells = matrix(replace(register(), dimensions=(ANSWERS,)), scenarios, [0] * len(scenarios))
    assert [(c.clause, c.value, bool(c.scenarios), c.reason) for c in cells] == [
        ("BC-26", "declined", True, None),
        ("BC-26", "expired", False, "not about cards"),
        ("BC-29", "declined", True, None),
        ("BC-29", "expired", False, None),
    ]
    assert [(cell.clause, cell.value) for cell in gaps(cells)] == [("BC-29", "expired")]


OPEN_INVOICES = """@unpaid_invoices @needs.card
Feature: Charges above the threshold

  Background:
    Given it is 18 January 2025
    And an organization that pays by card
    And the organization creates a service

  @BC-29
  Scenario: Two charges that fail
    Given the organization's card will be declined
    When the organization uses $10,250.00
    And the organization uses $11,000.00
    Then the organization is restricted

  @BC-29
  Scenario: Two charges that succeed
    When the organization uses $10,250.00
    And the organization uses $11,000.00
    Then the organization's card will be declined

  @BC-29 @reading.threshold_rearm.once_per_cycle
  Scenario: Two charges that fail, the second one not made early
    Given the organization's card will be declined
    When the organization uses $10,250.00
    And the organization uses $11,000.00
    Then the organization is restricted

  @BC-29
  Scenario: One that nothing can be said of after a failed charge
    Given the organization's card will be declined
    When the organization uses $10,250.00
    Then the other organization is restricted
"""


def test_unpaid_invoices_are_counted_in_a_run_against_the_reference(tmp_path: Path) -> None:
    scenarios = load_suite(write_features(tmp_path, OPEN_INVOICES)).scenarios
    numbers = list(open_invoices(scenarios, load()))
    assert numbers == [2, 0, 1, 1]
    two = Dimension("unpaid invoices", ("one", "two"), ("BC-29",), "not about invoices", {})
    cells = matrix(replace(register(), dimensions=(two,)), scenarios, numbers)
    assert [(c.value, c.scenarios) for c in cells if c.clause == "BC-29"] == [("one", 2), ("two", 1)]


def test_an_excuse_fills_a_gap_and_is_stale_where_there_is_none(tmp_path: Path) -> None:
    scenarios = load_suite(write_features(tmp_path, FEATURE)).scenarios
    excused = replace(register(), dimensions=(replace(ANSWERS, excused={"BC-29": "one failure is like another"}),))
    cells = matrix(excused, scenarios, [0] * len(scenarios))
    assert gaps(cells) == []
    assert list(stale_excuses(excused, cells)) == []
    unlisted = replace(register(), dimensions=(replace(ANSWERS, clauses=(), excused={"BC-29": "why not"}),))
    assert list(stale_excuses(unlisted, matrix(unlisted, scenarios, [0] * len(scenarios)))) == [
        "card: the excuse for BC-29 is not needed"
    ]
    unknown = replace(register(), dimensions=(replace(ANSWERS, values=("torn",)),))
    assert list(stale_excuses(unknown, ())) == ["card: no step mentions torn"]


def test_the_command_prints_the_matrix_and_fails_for_a_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses", "--matrix", "BC-16"]) == 0
    output = capsys.readouterr().out
    assert output.splitlines()[0].split()[:4] == ["clause", "card", "marketplace", "commitment"]
    assert output.splitlines()[1].split()[0] == "BC-16"
    assert "15 cells, 0 gaps" in output
    folder = tmp_path / "features"
    (folder / "core").mkdir(parents=True)
    for name in ("clauses.toml", "readings.toml"):
        (folder / name).write_text((features_dir() / name).read_text("utf-8"), "utf-8")
    (folder / "core" / "card_billing.feature").write_text(
        "@card_billing\nFeature: One\n\n  @BC-16\n  Scenario: Two\n    When it is 3 March 2025\n"
        "    Then the organization is restricted\n",
        "utf-8",
    )
    assert main(["clauses", "--matrix", "BC-16", "--features", str(folder)]) == 1
    assert "gap: no scenario of BC-16 uses enterprise (tier)" in capsys.readouterr().out
