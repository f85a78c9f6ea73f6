"""A trace contains what was observed, and observing changes no verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing_tck.connect import open_driver
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.contract.values import OrganizationView
from billing_tck.drivers.base import Driver
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.spec.suite import load_suite
from billing_tck.steps.gherkin_cell import read_cell
from billing_tck.steps.registry import load
from billing_tck.timeline.deadlines import Observed, deadlines_of, documented, takes_effect
from billing_tck.timeline.model import LaneKind, PointKind
from billing_tck.timeline.observation import FAILED, HELD, UNREACHED, Observation, observe
from billing_tck.timeline.recorder import RecordingDriver

SUITE = load_suite()
VOCABULARY = load()
UNPAID = """
Given it is 18 January 2025
And an organization that pays by card
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When 40 days pass
Then the organization's data is deleted
"""


def watched(text: str, spec: str = "reference") -> Observation:
    with open_driver(spec) as driver:
        return observe(read_cell(text, VOCABULARY)[0], driver, describe(driver), VOCABULARY)


def day(number: int, month: int, hour: int = 0) -> datetime:
    return datetime(2025, month, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "every"),
    [
        ("reference", 8),
        pytest.param("reference", 1, marks=pytest.mark.slow),
        pytest.param("reference:late", 1, marks=pytest.mark.slow),
    ],
)
def test_watched_and_unwatched_core_scenarios_come_to_the_same_verdict(spec: str, every: int) -> None:
    core = [scenario for scenario in SUITE.scenarios if scenario.part == "core"][::every]
    with open_driver(spec) as driver:
        description = describe(driver)
        for scenario in core:
            plain = run_scenario(scenario, driver, description, VOCABULARY)
            seen = observe(scenario, driver, description, VOCABULARY)
            assert seen.verdict == plain.verdict, scenario.place
            assert not any("more often" in remark for remark in seen.record.remarks), scenario.place


def test_the_course_of_an_unpaid_invoice_is_seen_to_the_second() -> None:
    seen = watched(UNPAID)
    trace = seen.trace
    assert seen.conforms
    assert trace is not None
    failed = day(18, 2)
    assert trace.since(LaneKind.RESTRICTIONS, "restricted") == failed
    assert trace.since(LaneKind.SERVICE, "stopped", "the service") == failed + timedelta(days=documented()["BC-29"])
    assert trace.since(LaneKind.DATA, "deleted") == failed + timedelta(days=documented()["BC-30"])
    assert trace.state(LaneKind.METHOD, day(1, 2)) == "card"
    assert [point.amount for point in trace.points if point.kind is PointKind.INVOICE] == [120]


def test_deadlines_are_counted_from_what_was_seen_by_the_numbers_of_the_register() -> None:
    trace = watched(UNPAID).trace
    assert trace is not None
    failed = day(18, 2)
    assert [(d.clause, d.at - failed) for d in trace.deadlines] == [
        ("BC-23", timedelta(0)),
        ("BC-29", timedelta(days=14)),
        ("BC-30", timedelta(days=30)),
    ]
    assert all(d.standing == "" for d in trace.deadlines)


@pytest.mark.parametrize(
    ("reading", "stopped"),
    [("at", day(4, 3)), ("after", day(4, 3) + timedelta(seconds=1)), ("end_of_day", day(5, 3))],
)
def test_each_reading_of_a_deadline_is_seen_when_it_takes_effect(reading: str, stopped: datetime) -> None:
    trace = watched(UNPAID, f"reference:deadline_instant={reading}").trace
    assert trace is not None
    assert trace.since(LaneKind.SERVICE, "stopped", "the service") == stopped


COURSES = {
    UNPAID: {"BC-29", "BC-30"},
    """
    Given it is 1 March 2025
    And an organization with an active trial and $300.00 of trial credits
    When 60 days pass
    Then the organization's data is deleted
    """: {"BC-02", "BC-09"},
    """
    Given it is 1 March 2025
    And an organization that pays through AWS
    And the subscription is cancelled
    When 60 days pass
    Then the organization's data is deleted
    """: {"BC-45", "BC-46"},
    """
    Given it is 1 March 2025
    And an account on AWS
    And the account subscribes to the free trial
    When 60 days pass
    Then the subscription has ended
    """: {"AWS-13"},
    """
    Given it is 1 March 2025
    And an organization that pays by card
    And the vendor grants the organization $431.35 of credits until 20 May 2025
    When 80 days pass
    And the organization uses $45.00
    And 10 days pass
    Then the organization's data is present
    """: {"BC-55"},
    UNPAID.replace("When ", "When the vendor grants the organization an extension until 9 May 2025\nAnd ", 1).replace(
        "40 days", "90 days"
    ): {"BC-29", "BC-32"},
}


@pytest.mark.parametrize("reading", ["at", "after", "end_of_day"])
@pytest.mark.parametrize("course", COURSES)
def test_a_deadline_is_where_the_lanes_change_under_each_reading(course: str, reading: str) -> None:
    trace = watched(course, f"reference:deadline_instant={reading}").trace
    assert trace is not None
    changes = {span.start for lane in trace.lanes for span in lane.spans[1:]}
    for clause in COURSES[course]:
        assert not trace.deadline(clause).standing
        assert trace.deadline(clause).at in changes, clause
    if "BC-55" in COURSES[course]:
        assert trace.since(LaneKind.CREDITS, "expired") == trace.deadline("BC-55").at
    late = {"at": timedelta(0), "after": timedelta(seconds=1), "end_of_day": timedelta(hours=15)}[reading]
    for deadline in trace.deadlines:
        if deadline.clause in {"BC-02", "BC-09", "AWS-13"}:  # counted from an hour within a day
            assert deadline.days
            assert deadline.at - deadline.since == timedelta(days=deadline.days) + late


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(seconds=1), timedelta(hours=23, minutes=59, seconds=59)])
def test_the_day_of_a_deadline_is_over_at_the_midnight_after_it(offset: timedelta) -> None:
    declared = {"deadline_instant": "end_of_day"}
    assert takes_effect(day(31, 3) + offset, declared) == day(1, 4)
    assert takes_effect(day(31, 3) + offset, {}) == day(31, 3) + offset


def test_under_the_end_of_the_day_twelve_years_leave_no_deadline_unseen() -> None:
    trace = watched(UNPAID.replace("40 days", "12 years"), "reference:deadline_instant=end_of_day").trace
    assert trace is not None
    assert trace.since(LaneKind.SERVICE, "stopped", "the service") == trace.deadline("BC-29").at == day(5, 3)
    assert trace.since(LaneKind.DATA, "deleted") == trace.deadline("BC-30").at == day(21, 3)


def test_of_two_debts_that_are_due_on_one_day_the_open_one_counts() -> None:
    def look(at: datetime, *left: int) -> Observed:
        view = watched_view()
        grants = tuple(
            replace(view.credits[0], expires_at=day(20, 5, 9 + n), left=Decimal(m)) for n, m in enumerate(left)
        )
        return Observed(at, {"the organization": replace(view, credits=grants)}, {})

    looks = [look(day(1, 3), 5, 5), look(day(2, 3), 0, 5)]
    found = deadlines_of(looks, (), {"deadline_instant": "end_of_day"})
    assert [(d.clause, d.at, d.standing) for d in found if d.clause == "BC-55"] == [("BC-55", day(21, 5), "")]


def watched_view() -> OrganizationView:
    with open_driver("reference") as driver:
        driver.call("reset", {"now": day(1, 3)})
        made = driver.call("create_organization", {"name": "an organization"})
        organization = getattr(made, "organization", "")
        params = {"organization": organization, "amount": Decimal(5), "expires_at": day(20, 5)}
        driver.call("grant_credits", params)
        view = driver.call("get_organization", {"organization": organization})
    assert isinstance(view, OrganizationView)
    return view


def test_each_thing_that_is_done_is_reported_by_itself() -> None:
    trace = watched(UNPAID).trace
    assert trace is not None
    assert [act.sentence for act in trace.actions if act.at == trace.begins][:2] == [
        "the organization is created",
        "the organization chooses the tier scale",
    ]


@pytest.mark.parametrize(("reading", "since"), [("actual_end", day(9, 1, 9)), ("nominal_end", day(6, 2, 9))])
def test_the_deletion_after_a_trial_counts_from_the_end_that_is_declared(reading: str, since: datetime) -> None:
    used_up = (
        "Given an organization with an active trial and $300.00 of trial credits\n"
        "When 2 days pass\nAnd the organization uses $310.00"
    )
    trace = watched(used_up, f"reference:trial_deletion_origin={reading}").trace
    assert trace is not None
    assert trace.deadline("BC-09").since == since


def test_a_deadline_that_did_not_bite_states_why() -> None:
    paid = """
    Given it is 18 January 2025
    And an organization that pays by card
    And the organization uses $120.00 and its card is declined at the end of the billing cycle
    When 5 days pass
    And the organization's card will be approved
    And the vendor attempts to collect from the organization
    And 40 days pass
    Then the organization is not restricted
    """
    trace = watched(paid).trace
    assert trace is not None
    assert trace.deadline("BC-29").standing == "nothing was unpaid any more"
    trial = watched(
        "Given an organization with an active trial and $300.00 of trial credits\nWhen the organization uses $310.00"
    ).trace
    assert trial is not None
    assert trial.deadline("BC-02").standing == "its credits ended it before"


AGAIN = """
Given it is 18 January 2025
And an organization that pays by card
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When 5 days pass
And the organization's card will be approved
And the vendor attempts to collect from the organization
And the organization's card will be declined
And the organization uses $45.00
And 40 days pass
Then the organization is restricted
"""


def test_a_cured_debt_has_no_deadline_though_another_debt_follows() -> None:
    trace = watched(AGAIN).trace
    assert trace is not None
    standing = [(d.clause, d.since, d.standing) for d in trace.deadlines if d.clause in {"BC-29", "BC-30"}]
    first, second = day(18, 2), day(18, 3)
    assert standing == [
        ("BC-29", first, "nothing was unpaid any more"),
        ("BC-30", first, "nothing was unpaid any more"),
        ("BC-29", second, ""),
        ("BC-30", second, ""),
    ]


@pytest.mark.parametrize(("until", "standing"), [("9 May", "put off by an extension (BC-32)"), ("9 March", "")])
def test_an_extension_puts_off_the_deletion_of_the_debt_that_it_was_granted_for(until: str, standing: str) -> None:
    extended = UNPAID.replace(
        "When ", f"When the vendor grants the organization an extension until {until} 2025\nAnd ", 1
    )
    trace = watched(extended).trace
    assert trace is not None
    assert trace.deadline("BC-30").standing == standing


def test_an_extension_shown_after_its_debt_puts_nothing_off() -> None:
    extended = AGAIN.replace(
        "When 5 days", "When the vendor grants the organization an extension until 9 May 2025\nAnd 5 days", 1
    )
    trace = watched(extended, "faulty:extension-outlives-debt").trace
    assert trace is not None
    assert [d.standing for d in trace.deadlines if d.clause == "BC-30"] == ["nothing was unpaid any more", ""]


@pytest.mark.parametrize("spec", ["faulty:restriction-after-14-days", "faulty:restricted-for-a-week-after-collection"])
def test_what_is_unpaid_decides_and_not_what_the_implementation_restricts(spec: str) -> None:
    trace = watched(UNPAID, spec).trace
    assert trace is not None
    assert trace.deadline("BC-29").standing == ""
    trace = watched(AGAIN.replace("5 days", "13 days"), spec).trace
    assert trace is not None
    assert trace.deadline("BC-29").standing == "nothing was unpaid any more"


TWO = """
Given it is 14 February 2025
And the organization's card will be declined
And the organization uses $10,250.00
And 2 days pass
And the organization uses $45.00
And the organization's billing cycle ends
And 3 days pass
When the organization pays its oldest open invoice by bank transfer
And 20 days pass
Then the organization is restricted
"""


def test_which_deadlines_of_two_debts_run_on_is_as_the_implementation_reads_it() -> None:
    two = "Given it is 18 January 2025\nAnd an organization that pays by card\n" + TWO.strip()
    each = watched(two, "reference:unpaid_clock=per_invoice").trace
    whole = watched(two, "reference:unpaid_clock=until_all_paid").trace
    assert each is not None
    assert whole is not None
    stops = [(d.since, d.standing) for d in each.deadlines if d.clause == "BC-29"]
    assert stops == [(day(14, 2, 9), "its invoice was paid"), (day(18, 2), "")]
    assert [(d.since, d.standing) for d in whole.deadlines if d.clause == "BC-29"] == [(day(14, 2, 9), "")]


def test_ten_years_are_seen_in_a_few_hundred_reads() -> None:
    seen = watched(
        "Given an organization that pays by card\nWhen 10 years pass\nThen the organization is not restricted"
    )
    assert seen.trace is not None
    assert seen.trace.snapshots < 500


def test_how_each_step_went_is_reported() -> None:
    seen = watched(
        "Given an organization that pays by card\nWhen 2 days pass\nThen the organization's data is present\n"
        "And the organization is restricted\nAnd the organization's services are running"
    )
    assert seen.outcomes == ("done", "done", HELD, FAILED, UNREACHED)
    assert seen.trace is not None
    assert [question.holds for question in seen.trace.checks] == [True, False]


def test_a_scenario_without_a_question_is_watched_and_proves_nothing() -> None:
    seen = watched("Given an organization that pays by card\nWhen 2 days pass")
    assert not seen.asked
    assert not seen.conforms
    assert seen.trace is not None


def test_a_scenario_that_does_not_apply_is_not_run() -> None:
    scenario = next(s for s in SUITE.scenarios if dict(s.reading).get("deadline_instant") == "after")
    with open_driver("reference") as driver:
        seen = observe(scenario, driver, describe(driver), VOCABULARY)
    assert seen.trace is None
    assert seen.verdict.word == "not_applicable"


class Blinding:
    """A driver whose views fail from the second one on."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.views = 0

    def call(self, method: str, params: dict[str, object]) -> object:
        if method == "get_organization":
            self.views += 1
            if self.views > 1:
                raise ImplementationError(ErrorKind.CRASHED, "no view today", method=method)
        return self.driver.call(method, params)


def test_what_cannot_be_seen_is_not_read_again() -> None:
    with open_driver("reference") as driver:
        blinding = Blinding(driver)
        watching = RecordingDriver(blinding)  # type: ignore[arg-type] # it takes dicts alone, as it is given here
        watching.call("reset", {"now": day(1, 1)})
        watching.call("create_organization", {"name": "an organization"})
        for month in range(2, 6):
            watching.call("advance_to", {"now": day(1, month)})
        assert watching.now == day(1, 5)
        assert blinding.views == 2


def test_no_instant_is_of_the_frozen_clocks_type() -> None:
    assert "FakeDatetime" not in repr(watched(UNPAID).trace)
