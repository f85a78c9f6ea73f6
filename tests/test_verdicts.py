"""Verdicts of a run, of its clauses and families, and the exit status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from billing_tck.contract import ErrorKind, ImplementationError, Refused
from billing_tck.results.aggregate import clause_verdicts, exit_status, family_verdict, report_of, totals
from billing_tck.results.header import Header, kit_version, utc_now
from billing_tck.results.record import ScenarioRecord, record_of
from billing_tck.results.verdicts import (
    Conforms,
    Deviates,
    Deviation,
    Errored,
    NotApplicable,
    UndeclaredCapability,
    Verdict,
    verdict_of,
)
from billing_tck.spec.applicability import MissingCapability
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.suite import load_suite
from billing_tck.steps.world import START

from .toy import EDGE, FEATURE, Toy, write_features

VERDICTS: dict[str, Verdict] = {
    "conforms": Conforms(),
    "deviates": Deviates("Then it rains", 3, "rain", "sun", START),
    "errored": Errored("it fell over", ErrorKind.CRASHED),
    "not_applicable": NotApplicable((MissingCapability("card"),)),
}


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return load_suite(write_features(tmp_path, FEATURE, EDGE)).scenarios[0]


def results(scenario: Scenario, *words: str, part: str = "core", clause: str = "BC-29") -> list[ScenarioRecord]:
    changed = replace(scenario, part=part, clauses=(clause,))  # type: ignore[arg-type]
    return [record_of(changed, VERDICTS[word]) for word in words]


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (("conforms", "conforms"), "conforms"),
        (("conforms", "not_applicable"), "conforms"),
        (("not_applicable",), "not_applicable"),
        (("errored", "conforms"), "errored"),
        (("deviates", "errored", "conforms"), "deviates"),
    ],
)
def test_a_clause_is_as_good_as_its_worst_scenario(scenario: Scenario, words: tuple[str, ...], verdict: str) -> None:
    assert clause_verdicts(results(scenario, *words)) == {"BC-29": verdict}


def test_an_edge_that_deviates_breaks_its_clause(scenario: Scenario) -> None:
    both = results(scenario, "conforms") + results(scenario, "deviates", part="edge")
    assert clause_verdicts(both) == {"BC-29": "deviates"}


def test_clauses_come_in_the_documents_order(scenario: Scenario) -> None:
    mixed = [
        result for clause in ("BC-10", "BC-02", "AWS-11") for result in results(scenario, "conforms", clause=clause)
    ]
    assert list(clause_verdicts(mixed)) == ["AWS-11", "BC-02", "BC-10"]


@pytest.mark.parametrize(
    ("core", "edge", "verdict"),
    [
        (("conforms", "not_applicable"), (), "conforms"),
        (("conforms",), ("not_applicable",), "conforms"),
        (("conforms", "deviates"), ("conforms",), "deviates"),
        (("conforms", "errored"), (), "errored"),
        (("conforms",), ("deviates",), "deviates at an edge"),
        (("not_applicable",), ("conforms",), "only edge cases checked"),
        ((), ("conforms",), "only edge cases checked"),
    ],
)
def test_a_family_conforms_when_all_its_applicable_core_scenarios_do_and_one_ran(
    scenario: Scenario, core: tuple[str, ...], edge: tuple[str, ...], verdict: str
) -> None:
    assert family_verdict(results(scenario, *core) + results(scenario, *edge, part="edge"))[1] == verdict


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("conforms",), 0),
        (("conforms", "not_applicable"), 0),
        (("conforms", "deviates"), 1),
        (("deviates", "errored"), 1),
        (("conforms", "errored"), 3),
        (("not_applicable",), 3),
        ((), 3),
    ],
)
def test_only_a_run_that_checked_something_and_found_nothing_is_green(
    scenario: Scenario, words: tuple[str, ...], status: int
) -> None:
    header = Header("toy", Toy().description, "", "everything", utc_now(), kit_version())
    assert exit_status(report_of(header, results(scenario, *words)).verdict) == status


def test_every_total_shows_all_four(scenario: Scenario) -> None:
    assert totals(results(scenario, "conforms", "conforms", "errored")) == {
        "conforms": 2,
        "deviates": 0,
        "errored": 1,
        "not_applicable": 0,
    }


def test_a_deviation_is_reported_in_one_line(scenario: Scenario) -> None:
    (record,) = results(scenario, "deviates")
    assert record.message == "asked 7 Jan 2025 09:00, 'Then it rains' (line 3): expected rain; observed sun"


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Deviation("rain", "sun"), Deviates("Then it rains", 3, "rain", "sun", START)),
        (Refused("ended"), Deviates("Then it rains", 3, "done", "refused (ended)", START)),
        (UndeclaredCapability((MissingCapability("card"),)), NotApplicable((MissingCapability("card"),))),
        (
            ImplementationError(ErrorKind.TIMEOUT, "no answer in 10 s", method="reset", log=("…",)),
            Errored("reset: no answer in 10 s", ErrorKind.TIMEOUT, ("…",)),
        ),
        (KeyError("a fault of the kit"), None),
    ],
)
def test_what_ends_a_step_is_one_of_four_verdicts_or_the_kits_own_fault(
    outcome: Exception, verdict: Verdict | None
) -> None:
    assert verdict_of(outcome, step="Then it rains", line=3, at=START) == verdict
