"""`billing-tck impact`: what a reading changes for customers, found by playing the map under both readings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache

import pytest

from billing_tck.cli.main import main
from billing_tck.impact import search as searching
from billing_tck.impact.consequences import Impact
from billing_tck.impact.facts import Kind
from billing_tck.impact.search import Decided, impact_of
from billing_tck.impact.wording import outcomes, render_text, sentence
from billing_tck.inference.tables import played_by_reference
from billing_tck.reference.oracle import DEFAULTS, KNOBS

VALUES = [(knob, value) for knob, values in KNOBS.items() for value in values[1:]]
FAST = ("marketplace_end", "stops_at_end")


@cache
def found(knob: str, value: str) -> Impact:
    return impact_of({knob: value})


def assert_some(knob: str, value: str) -> None:
    impact = found(knob, value)
    assert impact.consequences
    severities = [one.severity for one in impact.consequences]
    assert severities == sorted(severities)
    for one in impact.consequences:
        under_base, under_value = outcomes(one.change)
        assert under_base != under_value


def test_a_reading_has_consequences_in_order_of_severity() -> None:
    assert_some(*FAST)


@pytest.mark.slow
@pytest.mark.parametrize(("knob", "value"), [pair for pair in VALUES if pair != FAST])
def test_each_value_of_each_knob_has_consequences(knob: str, value: str) -> None:
    assert_some(knob, value)


def test_a_loss_of_data_has_the_dates_of_both_and_the_shortest_history() -> None:
    first, *_ = found(*FAST).consequences
    assert first.kind is Kind.DATA
    assert first.worse_under_value
    assert [one.words for one in first.history][-2:] == [
        "its subscription ends",
        "time passes to the next deadline",
    ]
    assert first.change.value_since == datetime(2025, 1, 23, 10, tzinfo=UTC)  # 14 days
    assert first.change.later == datetime(2025, 2, 8, 10, tzinfo=UTC)  # 30 days
    assert sentence(first.change, "restricts_at_end", "stops_at_end") == (
        "Under stops_at_end, it loses its data on 23 Jan 2025 10:00; "
        "under restricts_at_end, it keeps its data until 8 Feb 2025 10:00."
    )


@pytest.mark.slow
def test_the_base_need_not_be_the_default() -> None:
    impact = impact_of({"marketplace_end": "restricts_at_end"}, {"marketplace_end": "stops_at_end"})
    assert impact.base == (("marketplace_end", "stops_at_end"),)
    assert impact.consequences[0].worse_under_value is False


@pytest.mark.slow
def test_several_readings_are_taken_together_and_named_with_their_knobs() -> None:
    impact = impact_of({"extension_end": "manual", "extension_scope": "all_deadlines"})
    assert impact.names == (
        "extension_end=deletes, extension_scope=deletion",
        "extension_end=manual, extension_scope=all_deadlines",
    )
    assert {one.kind for one in impact.consequences} == {Kind.DATA, Kind.SERVICE}


def test_what_the_rules_leave_open_is_no_consequence() -> None:
    """Who pays while a trial runs beside a card is open."""
    trial = ("create", "start-trial", "choose-tier", "create-service")
    allowed, open_one = (*trial, "use-small"), (*trial, "card-pays", "use-small")
    assert Decided(DEFAULTS).allows(allowed)
    assert not Decided(DEFAULTS).allows(open_one)
    assert len(played_by_reference(open_one, {}).answers) > len(played_by_reference(allowed, {}).answers)


def test_a_search_that_finds_nothing_does_not_say_that_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "histories", lambda: {"create": {"choose-tier": {}}})
    impact = impact_of({"report_lines": "per_hour"})
    assert impact.consequences == ()
    assert render_text(impact).endswith("this search found no difference in 2 histories")


def test_the_json_has_the_sentence_the_history_and_the_dates(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "--reading", "no_method_create=accepted", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["readings"] == {"no_method_create": "accepted"}
    assert shown["base"] == {"no_method_create": "refused"}
    (one,) = shown["consequences"]
    assert one["kind"] == "service stopped or refused"
    assert one["sentence"] == (
        "Under accepted, creating a service is accepted; under refused, creating a service is refused."
    )
    assert one["history"][-1]["words"] == "it creates a service"
    assert one["worse_under_value"] is False


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--reading", "extension_end"], "expected KNOB=VALUE"),
        (["--reading", "extension_ends=manual"], "did you mean extension_end"),
        (["--reading", "extension_end=manuel"], "did you mean manual?"),
        (["--reading", "extension_end=manual", "--reading", "extension_end=deletes"], "is given twice"),
        (["--reading", "extension_end=deletes"], "it is the default already"),
        (["--reading", "extension_end=manual", "--base", "extension_end=manual"], "it is --base already"),
        (["--reading", "extension_end=manual", "--base", "no=x"], "--base 'no=x': knob 'no' does not exist"),
    ],
)
def test_wrong_readings_are_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", *words]) == 2
    assert message in capsys.readouterr().err
