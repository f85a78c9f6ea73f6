"""The engine: one verdict per scenario, and no state survives a scenario."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from billing_tck.connect import open_driver
from billing_tck.contract import ErrorKind, ImplementationError, Refused
from billing_tck.contract.values import Description
from billing_tck.engine.declarations import undecided, unknown_values
from billing_tck.engine.runner import describe, run
from billing_tck.engine.silence import MAX_CONSECUTIVE_TIMEOUTS
from billing_tck.errors import KitError, NothingChecked, ScenarioError
from billing_tck.results.record import ScenarioRecord
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable
from billing_tck.spec.applicability import (
    LateEffects,
    MissingCapability,
    MissingReading,
    MissingRequirement,
    UnreachableError,
    missing_requirements,
)
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load
from billing_tck.steps.world import START, World

from .toy import EDGE, FEATURE, Toy, crash, register, vocabulary, write_features


@pytest.fixture
def scenarios(tmp_path: Path) -> tuple[Scenario, ...]:
    return load_suite(write_features(tmp_path, FEATURE, EDGE)).scenarios


def verdicts(scenarios: tuple[Scenario, ...], toy: Toy) -> dict[str, str]:
    return {result.place: result.verdict.word for result in run(scenarios, toy, vocabulary=vocabulary())}


def only(scenarios: tuple[Scenario, ...], name: str, toy: Toy) -> ScenarioRecord:
    chosen = [scenario for scenario in scenarios if scenario.name == name]
    (result,) = run(chosen, toy, vocabulary=vocabulary())
    return result


REFUSED = "A start is refused"
STOPPED = "16 days after the failed charge, services are stopped"
RUNNING = "13 days after the failed charge, services are running"
AT_ONCE = "At the very instant services are stopped"


def test_each_scenario_gets_its_verdict(scenarios: tuple[Scenario, ...]) -> None:
    assert verdicts(scenarios, Toy(readings={"deadline_instant": "at"})) == {
        "core/unpaid_invoices.feature:17": "conforms",
        "core/unpaid_invoices.feature:18": "conforms",
        "core/unpaid_invoices.feature:23": "conforms",
        "core/unpaid_invoices.feature:29": "not_applicable",
        "edge/unpaid_invoices.feature:5": "conforms",
    }


def test_a_scenario_that_needs_more_than_a_known_value_is_not_applicable(scenarios: tuple[Scenario, ...]) -> None:
    exact = next(scenario for scenario in scenarios if scenario.name == AT_ONCE)
    description = Description("toy", "1", "1", ("card",), {"deadline_instant": "noon"}, "PT0S")
    unknown = unknown_values(description, register())
    assert undecided(exact, description, unknown) == unknown["deadline_instant"]
    assert undecided(exact, replace(description, settles_within="PT1H"), unknown) is None
    assert undecided(exact, replace(description, readings={"deadline_instant": "after"}), {}) is None
    assert [undecided(s, description, unknown) for s in scenarios if s is not exact] == [None] * 4


def test_the_verdicts_are_the_same_in_any_order(scenarios: tuple[Scenario, ...]) -> None:
    shuffled = list(scenarios)
    random.Random(7).shuffle(shuffled)
    assert verdicts(tuple(shuffled), Toy(stop_after=21)) == verdicts(scenarios, Toy(stop_after=21))


def test_a_wrong_answer_deviates_and_states_what_was_expected_when(scenarios: tuple[Scenario, ...]) -> None:
    result = only(scenarios, STOPPED, Toy(stop_after=21))
    assert isinstance(result.verdict, Deviates)
    assert result.verdict.step == "Then every service is stopped"
    assert result.verdict.line == 13
    assert (result.verdict.expected, result.verdict.observed) == ("every service is stopped", "service: running")
    assert (result.verdict.at - START).days == 16


def test_a_request_that_is_done_where_a_refusal_is_wanted_deviates(scenarios: tuple[Scenario, ...]) -> None:
    result = only(scenarios, REFUSED, Toy(refuses_to_start=False))
    assert result.verdict == Deviates(
        "Then a start of the service is refused", 26, "the start is refused", "done", result.calls[-1].at
    )


def test_a_refusal_that_no_step_expected_deviates(scenarios: tuple[Scenario, ...]) -> None:

    result = only(scenarios, STOPPED, Toy(faults={"create_service": Refused("no_billing_method", "who pays?")}))
    assert isinstance(result.verdict, Deviates)
    assert result.verdict.expected == "done"
    assert result.verdict.observed == "refused (no_billing_method): who pays?"


def test_no_answer_errors_and_the_run_goes_on(scenarios: tuple[Scenario, ...]) -> None:
    toy = Toy(faults={"start_service": crash(log=("boom",))})
    results = list(run(scenarios, toy, vocabulary=vocabulary()))
    assert [result.verdict.word for result in results][:3] == ["conforms", "conforms", "errored"]
    assert results[2].verdict == Errored("attempt_collection: it fell over", ErrorKind.CRASHED, ("boom",))


def test_unsupported_of_something_declared_deviates(scenarios: tuple[Scenario, ...]) -> None:
    result = only(scenarios, STOPPED, Toy(lacks=("add_card",)))
    assert isinstance(result.verdict, Deviates)
    assert result.verdict.observed == "unsupported, although it declares card"


def test_unsupported_of_what_every_implementation_has_deviates(scenarios: tuple[Scenario, ...]) -> None:
    result = only(scenarios, STOPPED, Toy(lacks=("create_service",)))
    assert isinstance(result.verdict, Deviates)
    assert result.verdict.observed == "unsupported, although every implementation has it"


def test_unsupported_of_something_not_declared_is_not_applicable(scenarios: tuple[Scenario, ...]) -> None:
    result = only(scenarios, STOPPED, Toy(lacks=("add_card",), capabilities=()))
    assert result.verdict == NotApplicable((MissingCapability("card"),))


def test_a_scenario_that_does_not_apply_never_touches_the_implementation(scenarios: tuple[Scenario, ...]) -> None:
    toy = Toy(capabilities=())
    assert only(scenarios, REFUSED, toy).verdict == NotApplicable((MissingCapability("card"),))
    assert [method for method, _ in toy.calls] == ["describe_implementation"]


@pytest.mark.parametrize(
    ("readings", "settles_within", "missing"),
    [
        ({"deadline_instant": "at"}, "PT0S", ()),
        ({"deadline_instant": "after"}, "PT0S", (MissingReading("deadline_instant", ("at",), "after"),)),
        ({}, "PT0S", (MissingReading("deadline_instant", ("at",), None),)),
        ({"deadline_instant": "at"}, "PT1H30M", (LateEffects("PT1H30M"),)),
        ({"deadline_instant": "at"}, "P0DT0H", ()),
    ],
)
def test_an_edge_applies_where_its_reading_is_declared_and_effects_are_exact(
    scenarios: tuple[Scenario, ...],
    readings: dict[str, str],
    settles_within: str,
    missing: tuple[MissingRequirement, ...],
) -> None:
    edge = next(scenario for scenario in scenarios if scenario.name == AT_ONCE)
    assert missing_requirements(edge, Description("toy", "1", "1", ("card",), readings, settles_within)) == missing


def test_a_scenario_begins_at_the_same_instant_wherever_it_has_no_date(scenarios: tuple[Scenario, ...]) -> None:
    toy = Toy()
    only(scenarios, STOPPED, toy)
    assert toy.calls[1] == ("reset", {"now": START})


def test_optional_parameters_that_are_none_are_not_sent() -> None:
    toy = Toy()
    world = World(toy, toy.description)
    world.impl.create_organization(name="Acme")
    world.call("add_card", {"organization": "1", "behaviour": "approves", "available_credit": None})
    assert toy.calls[-1] == ("add_card", {"organization": "1", "behaviour": "approves"})


def test_things_with_one_identifier_keep_their_own_names() -> None:
    toy = Toy()
    world = World(toy, toy.description)
    world.names["the organization"] = world.impl.create_organization(name="Acme").organization
    world.names["the service"] = world.impl.create_service(organization="1").service
    assert world.names.spoken() == {("organization", "1"): "the organization", ("service", "1"): "the service"}
    assert world.names["the service"] == "1"


def test_the_clock_does_not_go_back() -> None:
    world = World(Toy())
    with pytest.raises(ScenarioError, match="the clock is at 7 Jan 2025 09:00 and cannot go back"):
        world.advance_to(START.replace(hour=8))


def test_a_check_counts_only_where_the_implementation_was_observed() -> None:
    world = World(Toy())
    world.expect(True, "this", "this")
    assert world.checks == 0
    world.impl.get_organization(organization="1")
    world.expect(True, "this", "this")
    assert world.checks == 1


def test_a_scenario_without_a_check_is_a_fault_of_the_kit(scenarios: tuple[Scenario, ...]) -> None:
    words = vocabulary()

    @words.then("nothing of note")
    def nothing(world: World) -> None:
        del world

    step = scenarios[0].steps[-1]

    idle = replace(scenarios[0], steps=(step._replace(text="nothing of note"),))
    with pytest.raises(NothingChecked, match=r"unpaid_invoices\.feature:17: .* checked nothing"):
        list(run([idle], Toy(), vocabulary=words))


def test_a_step_that_breaks_is_a_fault_of_the_kit_with_its_place(scenarios: tuple[Scenario, ...]) -> None:
    words = vocabulary()

    @words.then("the step breaks")
    def breaks(world: World) -> None:
        raise KeyError("the service")

    idle = replace(scenarios[0], steps=(scenarios[0].steps[-1]._replace(text="the step breaks"),))
    said = r"feature:13, 'Then the step breaks': the step definition at .*test_engine.py:\d+ raised KeyError"
    with pytest.raises(KitError, match=said):
        list(run([idle], Toy(), vocabulary=words))


@pytest.mark.parametrize(
    ("toy", "said"),
    [
        (Toy(faults={"describe_implementation": crash("no such file")}), "no such file"),
        (Toy(lacks=("describe_implementation",)), "describe_implementation: unsupported"),
        (Toy(settles_within="soon"), "settles_within: expected a duration as PT0S, got 'soon'"),
        (Toy(settles_within="PT25H"), "settles_within: expected at most PT24H, got PT25H"),
    ],
)
def test_an_implementation_that_does_not_describe_itself_is_unreachable(toy: Toy, said: str) -> None:
    with pytest.raises(UnreachableError, match=said):
        describe(toy)


@pytest.mark.parametrize("version", ["0", "2"])
def test_another_version_of_the_contract_is_unreachable(version: str) -> None:
    toy = Toy()
    toy.description = Description("toy", "1", version, (), {}, "PT0S")
    with pytest.raises(UnreachableError, match=f"it implements contract version '{version}'; the kit needs '1'"):
        describe(toy)


def test_a_verdict_carries_what_was_remarked(scenarios: tuple[Scenario, ...]) -> None:

    result = only(scenarios, REFUSED, Toy(faults={"start_service": Refused("deleted", "")}))
    assert result.verdict == Conforms()
    assert result.remarks == ("a start was refused for the reason deleted, not unpaid_invoice",)


def test_an_implementation_that_never_answers_is_not_asked_for_ever(scenarios: tuple[Scenario, ...]) -> None:
    late = ImplementationError(ErrorKind.TIMEOUT, "no answer within 10 s", method="create_organization")
    toy = Toy(faults={"create_organization": late})
    stopped = [scenario for scenario in scenarios if scenario.name == STOPPED] * (MAX_CONSECUTIVE_TIMEOUTS + 3)
    results = list(run(stopped, toy, vocabulary=vocabulary()))
    assert {result.verdict.word for result in results} == {"errored"}
    assert [result.verdict for result in results[MAX_CONSECUTIVE_TIMEOUTS:]] == [
        Errored("skipped: 5 scenarios in a row timed out", ErrorKind.TIMEOUT)
    ] * 3
    assert len([method for method, _ in toy.calls if method == "create_organization"]) == MAX_CONSECUTIVE_TIMEOUTS


def test_a_late_answer_now_and_then_does_not_end_the_patience(scenarios: tuple[Scenario, ...]) -> None:
    late = ImplementationError(ErrorKind.TIMEOUT, "no answer within 10 s", method="start_service")
    in_turn = [scenario for scenario in scenarios if scenario.name in {REFUSED, STOPPED}] * (
        MAX_CONSECUTIVE_TIMEOUTS + 1
    )
    results = list(run(in_turn, Toy(faults={"start_service": late}), vocabulary=vocabulary()))
    assert [result.verdict.word for result in results] == ["conforms", "errored"] * (MAX_CONSECUTIVE_TIMEOUTS + 1)
    assert not any(getattr(result.verdict, "error", "").startswith("skipped") for result in results)


def test_a_scenario_resets_the_implementation_once_also_where_a_given_replaces_its_instant() -> None:
    """The most expensive call for a database."""
    with open_driver("reference") as driver:
        records = list(run(load_suite().scenarios, driver, vocabulary=load()))
    counts = {sum(entry.method == "reset" for entry in record.calls) for record in records if record.calls}
    assert counts == {1}
    assert all(record.calls[0].method == "reset" for record in records if record.calls)
