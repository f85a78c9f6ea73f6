"""Properties of the reference under random lawful histories, for all readings, exact and late.

The examples are always the same; `BILLING_TCK_EXAMPLES=N` draws N new ones for each property.
"""

from __future__ import annotations

import os
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from billing_reference import READINGS, SWEEPS, build
from tests.histories import (
    CREDITS,
    DAY,
    ORGANIZATIONS,
    STARTS,
    TERMS,
    WAITS,
    Command,
    History,
    Pace,
    Party,
    Player,
    View,
    Wait,
    commands,
    histories,
    in_one,
    in_steps,
)

FIXED = 80
EXAMPLES = int(os.environ.get("BILLING_TCK_EXAMPLES", FIXED))
ZERO = Decimal("0.00")
FAR = datetime.max.replace(tzinfo=UTC)

examples = settings(
    max_examples=EXAMPLES,
    derandomize="BILLING_TCK_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
readings = st.fixed_dictionaries({knob: st.sampled_from(values) for knob, values in READINGS.items()})
sweeps = st.sampled_from([None, *SWEEPS])
steps = st.sampled_from([timedelta(hours=7), DAY, timedelta(days=1, seconds=1), 9 * DAY])

Look = Callable[[Player], None]


def play(
    history: History,
    taken: Mapping[str, str],
    late: str | None = None,
    *,
    pace: Pace = in_one,
    look: Look | None = None,
) -> Player:
    """The reference after a history, under readings, exact or behind a daily sweep."""
    clock = [history.start]
    implementation = build(readings=taken, late=late, clock=lambda: clock[0])

    def call(method: str, params: Mapping[str, object]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(implementation, method)(**params)
        return answer

    def set_clock(now: datetime) -> None:
        clock[0] = now

    return Player(call, set_clock, pace=pace, look=look).play(history)


def look_at_all(player: Player) -> None:
    player.views()


@examples
@given(histories(), readings, sweeps, steps)
def test_small_steps_with_reads_between_them_lead_to_the_same_world_as_one_jump(
    history: History, taken: dict[str, str], late: str | None, step: timedelta
) -> None:
    jumped = play(history, taken, late)
    stepped = play(history, taken, late, pace=in_steps(step), look=look_at_all)
    assert stepped.outcomes == jumped.outcomes
    assert stepped.views() == jumped.views()


@pytest.mark.slow
@examples
@given(histories(), readings, sweeps)
def test_an_organization_shows_the_same_alone_and_beside_another(
    history: History, taken: dict[str, str], late: str | None
) -> None:
    both = play(history, taken, late)
    for organization in both.parties:
        (other,) = set(ORGANIZATIONS) - {organization}
        alone = play(history.without(other), taken, late)
        assert alone.outcomes == [o for o in both.outcomes if getattr(o[0], "organization", "") == organization]
        assert alone.view(organization) == both.view(organization)


@pytest.mark.slow
@examples
@given(histories(), readings, sweeps)
def test_each_cent_of_usage_is_accounted_for_once(history: History, taken: dict[str, str], late: str | None) -> None:
    later_draw = taken["credit_draw"] == "at_period_end"
    settled = History(history.start, (*history.steps, Wait((40 if later_draw else 3) * DAY)))
    player = play(settled, taken, late)
    for organization, party in player.parties.items():
        shown = player.view(organization)
        paid = accounted(party, shown)
        trial = shown["trial"]
        beyond_the_trial = trial["state"] == "over" and trial["credits_left"] == ZERO
        never_drawn = later_draw and shown["billing_cycle"] is None
        if beyond_the_trial or never_drawn:
            event("a trial was used up, or credits are never drawn")
            assert paid <= party.used + paid_by_credits(taken, shown)
        else:
            assert party.used <= paid <= party.used + paid_by_credits(taken, shown)


def accounted(party: Party, shown: View) -> Decimal:
    """What was invoiced, drawn from credits or the trial, reported as usage, or is not invoiced yet."""
    invoiced = sum((i["amount"] for i in shown["invoices"]), ZERO)
    drawn = sum((g["amount"] - g["left"] for g in shown["credits"]), ZERO)
    reported = sum((r["amount"] for r in shown["marketplace_reports"] if r["kind"] == "usage"), ZERO)
    trial = ZERO if party.trial_credits is None else party.trial_credits - shown["trial"]["credits_left"]
    return Decimal(invoiced + drawn + reported + shown["uninvoiced"] + trial)


def paid_by_credits(taken: Mapping[str, str], shown: View) -> Decimal:
    """At most how much of the invoices credits have paid: that much is both invoiced and drawn."""
    if taken["arrears_cure"] != "credits_pay":
        return ZERO
    return Decimal(sum((i["amount"] for i in shown["invoices"] if i["state"] == "paid"), ZERO))


class NothingTooEarly:
    """Looks at every state on the way: what was deleted by itself was due, and stays deleted."""

    def __init__(self, taken: Mapping[str, str]) -> None:
        # then a deletion counts from the end of a commitment, with or without a failed charge
        self.ends_restrict = "restricts_at_end" in taken["commitment_end"] or taken["commitment_term"] != "runs_on"
        self.gone: set[tuple[str, int]] = set()
        self.deletions = 0

    def __call__(self, player: Player) -> None:
        for organization, party in player.parties.items():
            shown = player.view(organization)
            deleted = {(organization, n) for n, s in enumerate(shown["services"]) if s["state"] == "deleted"}
            assert deleted >= {known for known in self.gone if known[0] == organization}
            self.gone |= deleted
            if party.deleted_by_hand or party.subscription_ended or party.free_trial:
                continue
            if party.committed and self.ends_restrict:
                continue
            failures = [invoice["issued_at"] for invoice in shown["invoices"] if failed(invoice, shown["charges"])]
            for_debt = bool(failures) and min(failures) + 30 * DAY <= player.now
            trial_end = shown["trial"]["ended_at"]
            after_trial = trial_end is not None and trial_end + 14 * DAY <= player.now
            if deleted:
                assert for_debt
            if shown["data"] == "deleted":
                self.deletions += 1
                assert for_debt or after_trial


def failed(invoice: Mapping[str, Any], charges: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the charge of an invoice failed when it fell due."""
    paid = ((c["at"], c["amount"]) for c in charges if c["succeeded"])
    return (invoice["issued_at"], invoice["amount"]) not in paid


@examples
@given(histories(), readings, sweeps)
def test_nothing_is_deleted_by_itself_before_it_is_due_and_what_is_deleted_stays_so(
    history: History, taken: dict[str, str], late: str | None
) -> None:
    look = NothingTooEarly(taken)
    play(history, taken, late, pace=in_steps(DAY), look=look)
    event(f"something was deleted: {look.deletions > 0}")


def later(history: History, years: int) -> timedelta | None:
    """By how much a history moves in so many years, where months of the same length follow; else None."""
    try:
        moved = history.start.replace(year=history.start.year + years)
    except ValueError:  # the 29th of February
        return None
    months = history.length.days // 28 + 3

    def lengths(day: datetime) -> list[int]:
        first = day.year * 12 + day.month - 1
        return [monthrange(month // 12, month % 12 + 1)[1] for month in range(first, first + months)]

    return moved - history.start if lengths(history.start) == lengths(moved) else None


def moved_back(shown: object, by: timedelta) -> object:
    """The same with every day and every instant so much earlier."""
    if isinstance(shown, date):
        return shown - by
    if isinstance(shown, Mapping):
        return {name: moved_back(value, by) for name, value in shown.items()}
    return [moved_back(value, by) for value in shown] if isinstance(shown, list) else shown


@pytest.mark.slow
@examples
@given(histories(), readings, sweeps, st.sampled_from([1, 2, 4, 28]))
def test_a_history_that_is_moved_to_months_of_the_same_length_has_the_same_shape(
    history: History, taken: dict[str, str], late: str | None, years: int
) -> None:
    by = later(history, years) or later(history, 28)
    assert by is not None, "every 28 years the calendar is the same"
    then, now = play(history, taken, late), play(history.moved(by), taken, late)
    assert now.outcomes == then.outcomes
    assert moved_back(now.views(), by) == then.views()


COMMITTED = "the first"


@st.composite
def fall_backs(draw: st.DrawFn) -> History:
    """An organization with a commitment and no debt before it, whose first debt is never paid."""
    marketplace = draw(st.booleans())
    begun = [Command("choose_tier", COMMITTED, (("tier", "scale"),))]
    if draw(st.booleans()):
        begun.append(Command("add_card", COMMITTED, (("behaviour", draw(st.sampled_from(["approves", "declines"]))),)))
    if marketplace:
        begun.append(Command("subscribe", COMMITTED, (("marketplace", "aws"), ("offer", "committed"))))
    credits_of_it = (("credits", draw(CREDITS)), ("term", draw(TERMS)), ("through_marketplace", marketplace))
    begun.append(Command("sign_commitment", COMMITTED, credits_of_it))
    begun.append(Command("create_service", COMMITTED, (("replica_memory_gib", 8),)))  # once there is a billing method
    harmless = {"record_usage", "create_service", "start_service", "stop_service", "grant_extension", "record_contact"}
    harmless |= {"choose_tier", "end_subscription", "grant_credits"}
    one = commands(COMMITTED, among=harmless)
    on_the_way = draw(st.lists(st.one_of(one, WAITS), max_size=12))
    ended = [Command("end_subscription", COMMITTED, (("cause", "not_renewed"),))] if marketplace else []
    declines = Command("set_card_behaviour", COMMITTED, (("behaviour", "declines"),))
    much = Command("record_usage", COMMITTED, (("amount", Decimal("60000.00")), ("item", "compute")))
    return History(draw(STARTS), (*begun, *on_the_way, *ended, declines, much, Wait(40 * DAY), Wait(400 * DAY)))


def protects_the_first_invoice(taken: Mapping[str, str]) -> bool:
    """Whether the first unpaid invoice after a commitment is protected, also after another debt that had no invoice."""
    match taken["commitment_protection"]:
        case "ever_committed":
            return True
        case "fallback_debt":  # what the end of the commitment began may have been the first debt
            return taken["commitment_end"] != "restricts_at_end"
        case _:
            return False


@examples
@given(fall_backs(), readings, sweeps)
def test_the_first_debt_after_a_commitment_deletes_nothing_by_itself(
    history: History, taken: dict[str, str], late: str | None
) -> None:
    assume(protects_the_first_invoice(taken))

    def nothing_deleted(player: Player) -> None:
        for organization in player.parties:
            shown = player.view(organization)
            assert shown["data"] != "deleted"
            assert "deleted" not in {service["state"] for service in shown["services"]}

    player = play(history, taken, late, pace=in_steps(40 * DAY), look=nothing_deleted)
    shown = player.view(COMMITTED)
    assert shown["restricted"], "the test is about a debt"
    assert "running" not in {service["state"] for service in shown["services"]}


@st.composite
def quiet_histories(draw: st.DrawFn) -> History:
    """One organization that is set up in one instant; later there is only usage, which is always accepted."""
    at_once = draw(st.lists(commands(COMMITTED), min_size=2, max_size=10))
    tier = Command("choose_tier", COMMITTED, (("tier", "scale"),))
    service = Command("create_service", COMMITTED, (("replica_memory_gib", 8),))
    usage = commands(COMMITTED, among={"record_usage"})
    later = draw(st.lists(st.one_of(usage, WAITS), min_size=4, max_size=16))
    return History(draw(STARTS), (tier, service, *at_once, *later, Wait(2 * DAY)))


@examples
@given(quiet_histories(), readings, st.sampled_from(list(SWEEPS)))
def test_two_days_later_effects_that_show_late_are_those_that_show_at_once(
    history: History, taken: dict[str, str], sweep: str
) -> None:
    exact, late = play(history, taken), play(history, taken, sweep)
    assert late.outcomes == exact.outcomes
    assert due_by(late.views(), exact.now - 2 * DAY) == due_by(exact.views(), exact.now - 2 * DAY)


def due_by(shown: Mapping[str, View], instant: datetime) -> dict[str, object]:
    """What fell due until an instant: the dated lists; states show it where nothing has fallen due since."""
    return {
        organization: {
            "invoices": [(i["issued_at"], i["amount"]) for i in view["invoices"] if i["issued_at"] <= instant],
            "charges": [c for c in view["charges"] if c["at"] <= instant],
            "reports": [r for r in view["marketplace_reports"] if r["at"] <= instant],
            "trial ended": view["trial"]["ended_at"] if (view["trial"]["ended_at"] or FAR) <= instant else None,
        }
        for organization, view in shown.items()
    }
