"""Each value of the knobs that the second audit added, with the clarifications that `features/readings.toml` gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing_reference import build
from billing_tck.contract import Refused

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FAR = START + 3000 * DAY


class World:
    """One organization of the reference under some readings, and the commands of the tests in short."""

    def __init__(self, fault: str | None = None, **readings: str) -> None:
        self.now = START
        self.service = ""
        self.reference: Any = build(readings=readings, fault=fault, clock=lambda: self.now)
        self.reference.reset(now=START)
        made = self.reference.create_organization(name="the organization")
        self.id, self.admin = made["organization"], made["admin"]

    def on_day(self, days: float) -> World:
        self.now = START + days * DAY
        self.reference.advance_to(now=self.now)
        return self

    def do(self, method: str, **params: object) -> Any:
        return getattr(self.reference, method)(organization=self.id, **params)

    def refuses(self, method: str, **params: object) -> str | None:
        """The reason why a command is refused; None where it is done."""
        try:
            getattr(self.reference, method)(**params)
        except Refused as refusal:
            return refusal.reason
        return None

    @property
    def shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.do("get_organization")
        return shown

    @property
    def kind(self) -> str:
        return str(self.shown["billing_method"]["kind"])

    @property
    def states(self) -> list[str]:
        return [invoice["state"] for invoice in self.shown["invoices"]]

    @property
    def left(self) -> list[Decimal]:
        return [grant["left"] for grant in self.shown["credits"]]

    def runs(self) -> World:
        """With a tier and a running service from now on."""
        self.do("choose_tier", tier="scale")
        self.service = self.do("create_service")["service"]
        return self

    def card(self, behaviour: str = "approves", credit: object = None) -> World:
        self.do("add_card", behaviour=behaviour, available_credit=None if credit is None else Decimal(str(credit)))
        return self

    def uses(self, amount: object) -> World:
        self.do("record_usage", amount=Decimal(str(amount)))
        return self

    def commits(self, amount: object, expires_at: datetime = FAR, subscription: str | None = None) -> World:
        credits_of_it = Decimal(str(amount))
        self.do("sign_commitment", credits=credits_of_it, expires_at=expires_at, subscription=subscription)
        return self

    def refund(self, amount: object, expires_at: datetime = FAR) -> World:
        self.do("grant_credits", amount=Decimal(str(amount)), expires_at=expires_at)
        return self

    def linked(self, offer: str = "payg", marketplace: str = "aws") -> str:
        account = self.reference.open_marketplace_account(marketplace=marketplace)["account"]
        subscription = str(self.reference.subscribe(account=account, offer=offer)["subscription"])
        self.reference.link_subscription(subscription=subscription, user=self.admin, organization=self.id)
        return subscription

    def ends(self, subscription: str) -> World:
        self.reference.end_subscription(subscription=subscription, cause="cancelled")
        return self

    def service_state(self) -> str:
        return str(self.shown["services"][0]["state"])


def in_debt(**readings: str) -> World:
    """With an invoice of 100.00 that failed on 1 February, and another of 50.00 on 1 March."""
    world = World(**readings).runs().card("declines").uses(100)
    world.on_day(31).uses(50)
    return world.on_day(59)


# Which cards count

COUNTS = [
    ("approves", None, {"on_file", "usable", "authorised"}),
    ("declines", None, {"on_file", "usable"}),
    ("expired", None, {"on_file"}),
    ("invalid", None, {"on_file"}),
    ("limited", "0.01", {"on_file", "usable", "authorised"}),
    ("limited", "0.00", {"on_file", "usable"}),
]


@pytest.mark.parametrize("value", ["on_file", "usable", "authorised"])
@pytest.mark.parametrize(("behaviour", "credit", "counting"), COUNTS)
def test_a_card_counts_as_its_value_defines(behaviour: str, credit: str | None, counting: set[str], value: str) -> None:
    world = World(card_validity=value).runs().card(behaviour, credit)
    counts = value in counting
    assert world.kind == ("card" if counts else "none")
    assert world.shown["card_on_file"]
    world.do("start_trial", credits=Decimal(100))
    world.on_day(30)
    assert world.service_state() == ("running" if counts else "stopped")
    assert world.refuses("start_service", service=world.service) == (None if counts else "no_billing_method")
    assert world.on_day(44).shown["data"] == ("present" if counts else "deleted")


def test_a_card_that_begins_to_count_is_a_method_from_then_on_and_is_not_charged() -> None:
    world = World(card_validity="usable").runs().card("invalid")
    world.do("start_trial", credits=Decimal(100))
    world.on_day(31)
    assert world.refuses("start_service", service=world.service) == "no_billing_method"
    world.do("set_card_behaviour", behaviour="declines")
    assert world.refuses("start_service", service=world.service) is None
    assert world.shown["charges"] == []
    assert world.on_day(50).shown["data"] == "present"


def test_a_card_that_begins_to_count_ends_what_the_end_of_a_subscription_began() -> None:
    world = World(card_validity="authorised").runs().card("declines")
    world.ends(world.linked())
    assert world.shown["restricted"]
    world.on_day(1).do("set_card_behaviour", behaviour="approves")
    assert not world.shown["restricted"]


def test_a_new_card_that_does_not_count_leaves_what_the_end_began() -> None:
    world = World(card_validity="usable").runs()
    world.ends(world.linked())
    assert world.card("expired").shown["restricted"]
    assert not world.card("declines").shown["restricted"]


@pytest.mark.parametrize(("value", "data"), [("on_file", "present"), ("usable", "deleted")])
def test_only_when_the_deletion_after_the_trial_is_due_it_is_asked_what_counts(value: str, data: str) -> None:
    world = World(card_validity=value).runs()
    world.do("start_trial", credits=Decimal(100))
    world.on_day(32).card("declines")
    world.on_day(40).do("set_card_behaviour", behaviour="expired")
    assert world.on_day(44).shown["data"] == data


def test_a_card_that_does_not_count_is_charged_all_the_same() -> None:
    world = World(card_validity="authorised").runs().card("expired").uses(100).on_day(31)
    assert [charge["succeeded"] for charge in world.shown["charges"]] == [False]
    assert world.shown["restricted"]


# When services need a method

SITUATIONS = {
    "before any trial": {"always"},
    "in the trial": set(),
    "after a trial that lapsed": {"after_lapse", "after_trial", "always"},
    "after a method came and went": {"after_trial", "always"},
    "after a trial with a method that went": {"after_trial", "always"},
    "with a card": set(),
}


@pytest.mark.parametrize("value", ["after_lapse", "after_trial", "always"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_services_need_a_method_when_the_value_states_it(situation: str, value: str) -> None:
    world = World(no_method_service=value).card().runs()
    subscription = None
    if situation != "with a card":  # the card goes, which the contract knows no command for
        world.reference.organization(world.id).card = None
    if ("trial" in situation and "before" not in situation) or "came" in situation:
        world.do("start_trial", credits=Decimal(100))
    if situation == "after a trial with a method that went":
        subscription = world.linked()
    world.reference.stop_service(service=world.service)
    if "after" in situation:
        world.on_day(31)
    if situation == "after a method came and went":
        subscription = world.linked()
        world.on_day(32)
    if subscription is not None:
        world.ends(subscription)
        world.reference.organization(world.id).debt = None  # what the end restricts is another question
        world.on_day(33)
    reason = "no_billing_method" if value in SITUATIONS[situation] else None
    assert world.refuses("start_service", service=world.service) == reason
    assert world.refuses("create_service", organization=world.id) == reason


def test_where_creating_is_accepted_only_starting_is_refused() -> None:
    world = World(no_method_service="always", no_method_create="accepted")
    service = world.do("create_service")["service"]
    world.reference.stop_service(service=service)
    assert world.refuses("start_service", service=service) == "no_billing_method"


# Refunds


@pytest.mark.parametrize(("value", "state"), [("counts", "running"), ("does_not_count", "stopped")])
def test_a_refund_counts_as_its_value_defines_and_pays_under_each(value: str, state: str) -> None:
    world = World(refund_counts=value).runs().refund(100)
    assert world.kind == "credits"
    world.do("start_trial", credits=Decimal(100))
    assert world.on_day(30).service_state() == state
    assert world.uses(30).left == [Decimal(70)]


def test_credits_of_a_commitment_count_under_each_value() -> None:
    world = World(refund_counts="does_not_count").runs().commits(100)
    world.do("start_trial", credits=Decimal(100))
    assert world.on_day(30).service_state() == "running"


def test_a_refund_that_does_not_count_still_prevents_what_the_end_of_a_subscription_begins() -> None:
    world = World(refund_counts="does_not_count").runs().refund(100)
    assert not world.ends(world.linked()).shown["restricted"]


# What cures arrears


def test_by_default_only_payment_cures() -> None:
    world = in_debt().commits(1000).refund(1000)
    world.linked()
    assert world.states == ["open", "open"]
    assert world.shown["restricted"]


@pytest.mark.parametrize(
    ("amount", "states", "left"),
    [(120, ["paid", "open"], 20), (60, ["open", "paid"], 10), (150, ["paid", "paid"], 0), (40, ["open", "open"], 40)],
)
def test_new_credits_pay_open_invoices_in_full_the_oldest_first(amount: int, states: list[str], left: int) -> None:
    world = in_debt(arrears_cure="credits_pay").refund(amount)
    assert world.states == states
    assert world.left == [Decimal(left)]
    assert world.shown["restricted"] == ("open" in states)


def test_only_the_new_credits_pay_what_is_open() -> None:
    world = World(arrears_cure="credits_pay").runs().card("declines").uses(100).on_day(20).refund(90).on_day(31)
    assert world.states == ["open"]
    assert world.refund(50).states == ["open"]
    assert world.commits(100).states == ["paid"]
    assert world.left == [Decimal(90), Decimal(50), Decimal(0)]


def test_a_new_method_lifts_the_consequences_and_leaves_the_invoices_open() -> None:
    world = in_debt(arrears_cure="method_lifts")
    world.do("grant_extension", until=FAR)
    assert world.service_state() == "stopped"
    world.linked()
    shown = world.shown
    assert (shown["restricted"], shown["unpaid_since"], shown["extension_until"]) == (False, None, None)
    assert world.states == ["open", "open"]
    assert world.service_state() == "stopped"
    assert world.refuses("start_service", service=world.service) is None
    assert not world.do("attempt_collection")["collected"]
    world.on_day(200)
    assert world.service_state() == "running"
    assert world.shown["data"] == "present"
    world.do("set_card_behaviour", behaviour="approves")
    assert world.do("attempt_collection")["collected"]


def test_a_commitment_lifts_and_restarts_services_where_payment_does() -> None:
    world = in_debt(arrears_cure="method_lifts", restart_after_payment="automatic").commits(10)
    assert world.service_state() == "running"
    assert not world.shown["restricted"]


def test_a_refund_lifts_nothing() -> None:
    assert in_debt(arrears_cure="method_lifts").refund(1000).shown["restricted"]


def test_a_failure_after_a_lift_has_consequences_of_its_own() -> None:
    world = in_debt(arrears_cure="method_lifts")
    world.ends(world.linked()).card("declines").uses(70).on_day(90)
    assert world.states == ["open", "open", "open"]
    assert world.shown["unpaid_since"] == START + 90 * DAY


# When credits are drawn


def test_credits_are_drawn_at_the_end_of_the_cycle_for_what_fell_in_it() -> None:
    world = World(credit_draw="at_period_end").runs().commits(100)
    world.on_day(3).uses(60).on_day(5).uses(70)
    assert world.left == [Decimal(100)]
    assert world.kind == "credits"
    assert world.shown["uninvoiced"] == Decimal(0)
    world.on_day(30.9)
    assert world.left == [Decimal(100)]
    world.on_day(31)
    assert world.left == [Decimal(0)]
    assert [(i["amount"], i["issued_at"]) for i in world.shown["invoices"]] == [(Decimal(30), START + 31 * DAY)]


def test_what_credits_do_not_cover_is_reported_at_the_end_of_the_cycle() -> None:
    world = World(credit_draw="at_period_end").runs()
    subscription = world.linked("committed", "gcp")
    world.commits(100, subscription=subscription).on_day(3).uses(130).on_day(30)
    assert [r["kind"] for r in world.shown["marketplace_reports"]] == ["commitment"]
    usage = [r for r in world.on_day(31).shown["marketplace_reports"] if r["kind"] == "usage"]
    assert [(r["amount"], r["at"]) for r in usage] == [(Decimal(30), START + 31 * DAY)]


def test_what_is_drawn_later_is_no_early_charge() -> None:
    world = World(credit_draw="at_period_end").runs().card().commits(100).on_day(3).uses(25000).on_day(30)
    assert world.shown["invoices"] == []
    assert [i["amount"] for i in world.on_day(31).shown["invoices"]] == [Decimal(24900)]


def test_credits_cover_only_usage_between_their_grant_and_their_expiry() -> None:
    world = World(credit_draw="at_period_end").runs().card().uses(5).on_day(2)
    world.commits(100, START + 10 * DAY).uses(20).on_day(12)
    assert world.kind == "card"
    assert world.uses(40).on_day(31).left == [Decimal(80)]
    assert [i["amount"] for i in world.shown["invoices"]] == [Decimal(45)]


def test_the_payer_at_the_time_of_the_usage_bears_what_credits_do_not_cover() -> None:
    world = World(credit_draw="at_period_end").runs().card()
    subscription = world.linked()
    world.commits(10).on_day(3).uses(50).on_day(10).ends(subscription).on_day(31)
    assert [r["amount"] for r in world.shown["marketplace_reports"]] == [Decimal(40)]
    assert world.shown["invoices"] == []


# The end of a commitment


def test_by_default_nothing_follows_the_end_of_a_commitment_until_an_amount_falls_due() -> None:
    world = World().runs().commits(100).uses(100).on_day(60)
    assert not world.shown["restricted"]


def test_used_up_credits_of_a_direct_contract_restrict_at_once_and_stop_after_14_days() -> None:
    world = World(commitment_end="restricts_at_end").runs().commits(100).on_day(3).uses(99)
    assert not world.shown["restricted"]
    assert world.uses(1).shown["unpaid_since"] == START + 3 * DAY
    assert world.shown["restricted"]
    assert world.on_day(16.9).service_state() == "running"
    assert world.on_day(17).service_state() == "stopped"
    assert world.on_day(400).shown["data"] == "present"


def test_the_expiry_of_a_contract_restricts_at_its_instant() -> None:
    world = World(commitment_end="restricts_at_end").runs().commits(100, START + 5 * DAY).on_day(4.9)
    assert not world.shown["restricted"]
    assert world.on_day(5).shown["restricted"]


def test_the_end_of_a_committed_subscription_restricts() -> None:
    world = World(commitment_end="restricts_at_end").runs()
    subscription = world.linked("committed")
    world.commits(100, subscription=subscription).on_day(3).uses(100)
    assert not world.shown["restricted"]
    assert world.on_day(4).ends(subscription).shown["restricted"]


@pytest.mark.parametrize("other", ["card", "trial", "refund", "subscription", "contract"])
def test_nothing_restricts_where_something_else_can_pay(other: str) -> None:
    world = World(commitment_end="restricts_at_end").runs()
    match other:
        case "card":
            world.card("declines")
        case "trial":
            world.do("start_trial", credits=Decimal(100))
        case "refund":
            world.refund(1)
        case "subscription":
            world.linked()
        case _:
            world.commits(7, FAR + DAY)
    assert not world.commits(100, START + 5 * DAY).on_day(6).shown["restricted"]


@pytest.mark.parametrize("method", ["card", "subscription", "refund", "contract"])
def test_another_method_ends_what_the_end_of_a_commitment_began(method: str) -> None:
    world = World(commitment_end="restricts_at_end").runs().commits(100).uses(100).on_day(20)
    match method:
        case "card":
            world.card()
        case "subscription":
            world.linked()
        case "refund":
            world.refund(1)
        case _:
            world.commits(1)
    assert not world.shown["restricted"]


@pytest.mark.parametrize("protection", ["ever_committed", "fallback_debt"])
def test_what_the_end_of_a_commitment_began_is_protected(protection: str) -> None:
    world = World(commitment_end="restricts_at_end", commitment_protection=protection).runs().commits(100).uses(100)
    assert world.on_day(200).shown["data"] == "present"


def test_stops_at_end_concerns_pay_as_you_go_subscriptions_only() -> None:
    world = World(commitment_end="restricts_at_end", marketplace_end="stops_at_end").runs().commits(100).uses(100)
    assert world.service_state() == "running"


def test_credits_drawn_at_the_end_of_the_period_are_used_up_then() -> None:
    world = World(commitment_end="restricts_at_end", credit_draw="at_period_end").runs().commits(100).uses(100)
    assert not world.on_day(30).shown["restricted"]
    assert world.on_day(31).shown["unpaid_since"] == START + 31 * DAY


# The term of a commitment


def test_a_committed_subscription_ends_exactly_with_the_latest_term() -> None:
    world = World(commitment_term="ends_with_term", deadline_instant="end_of_day").runs().card()
    subscription = world.linked("committed", "azure")
    latest = START + timedelta(days=20, hours=7)
    world.commits(10, latest, subscription).commits(10, START + 9 * DAY, subscription)
    shown = world.reference.get_subscription(subscription=subscription)
    assert (shown["state"], shown["ends_at"]) == ("linked", latest)
    world.on_day(20.29)
    assert world.reference.get_subscription(subscription=subscription)["state"] == "linked"
    world.on_day(20.3)
    shown = world.reference.get_subscription(subscription=subscription)
    assert (shown["state"], shown["ends_at"]) == ("ended", latest)
    assert world.refuses("end_subscription", subscription=subscription, cause="cancelled") == "ended"
    world.on_day(22).uses(30).on_day(31)
    assert [i["amount"] for i in world.shown["invoices"]] == [Decimal(30)]


def test_by_default_a_committed_subscription_runs_on_after_the_term() -> None:
    world = World().runs()
    subscription = world.linked("committed")
    world.commits(10, START + 9 * DAY, subscription).on_day(40)
    shown = world.reference.get_subscription(subscription=subscription)
    assert (shown["state"], shown["ends_at"]) == ("linked", None)
    assert world.kind == "marketplace"


def test_the_end_of_the_term_restricts_where_the_end_of_a_commitment_does() -> None:
    world = World(commitment_term="ends_with_term", commitment_end="restricts_at_end").runs()
    world.commits(10, START + 9 * DAY, world.linked("committed")).on_day(9)
    assert world.shown["unpaid_since"] == START + 9 * DAY


# Debts after the deletion


@pytest.mark.parametrize(("value", "states"), [("stays", ["open"]), ("written_off", ["void"])])
def test_open_invoices_after_the_deletion(value: str, states: list[str]) -> None:
    world = World(debt_after_deletion=value).runs().card("declines").uses(100).on_day(61)
    assert world.shown["data"] == "deleted"
    assert world.states == states
    assert world.shown["restricted"] == (value == "stays")
    assert world.refuses("start_service", service=world.service) == "deleted"
    assert world.refuses("create_service", organization=world.id) == ("unpaid_invoice" if value == "stays" else None)


def test_a_deletion_by_hand_writes_off_as_well() -> None:
    world = World(debt_after_deletion="written_off").runs().card("declines").uses(100).on_day(40)
    world.do("delete_data")
    assert world.states == ["void"]
    assert not world.shown["restricted"]


def test_a_deletion_writes_off_what_the_end_of_a_subscription_began() -> None:
    world = World(debt_after_deletion="written_off").runs()
    world.ends(world.linked()).on_day(30)
    assert world.shown["data"] == "deleted"
    assert not world.shown["restricted"]


# The fee


def test_the_fee_is_reported_in_full_by_default() -> None:
    world = World()
    world.commits("99.99", subscription=world.linked("committed"))
    assert fees(world) == [Decimal("99.99")]


@pytest.mark.parametrize("fee", ["99.99", "0.03", "0.01"])
def test_a_first_part_of_the_fee_is_reported_at_acceptance_and_the_rest_later(fee: str) -> None:
    world = World(fee_report="as_offered")
    world.commits(fee, subscription=world.linked("committed"))
    (first,) = fees(world)
    assert Decimal(0) < first <= Decimal(fee)
    assert sum(fees(world.on_day(400))) == Decimal(fee)


def fees(world: World) -> list[Decimal]:
    return [line["amount"] for line in world.shown["marketplace_reports"] if line["kind"] == "commitment"]


# Protection while a commitment is in force


def test_the_deletion_waits_for_the_end_of_the_last_commitment() -> None:
    world = World(commitment_protection="while_in_force").runs()
    world.commits(10, START + 100 * DAY).commits(5, START + 80 * DAY).uses(115).on_day(99.9)
    assert world.shown["data"] == "present"
    assert world.on_day(100).shown["data"] == "deleted"


def test_after_the_commitment_the_deletion_comes_on_its_own_day() -> None:
    world = World(commitment_protection="while_in_force").runs().commits(10, START + 40 * DAY).uses(115).on_day(60.9)
    assert world.shown["data"] == "present"
    assert world.on_day(61).shown["data"] == "deleted"


def test_a_marketplace_commitment_ends_with_its_subscription() -> None:
    world = World(commitment_protection="while_in_force").runs()
    subscription = world.linked("committed")
    world.commits(10, subscription=subscription).uses(10).on_day(30).ends(subscription).uses(7).on_day(62)
    assert world.shown["data"] == "deleted"


@pytest.mark.parametrize(
    ("value", "day", "reason"),
    [
        ("ever_committed", 70, "not_contacted"),
        ("fallback_debt", 70, "not_contacted"),
        ("while_in_force", 45, "not_contacted"),
    ],
)
def test_deleting_by_hand_needs_contact_as_long_as_the_protection_holds(value: str, day: int, reason: str) -> None:
    world = World(commitment_protection=value).runs().commits(10, START + 50 * DAY).uses(115).on_day(day)
    assert world.refuses("delete_data", organization=world.id) == reason
    world.do("record_contact")
    assert world.refuses("delete_data", organization=world.id) is None


def test_deleting_by_hand_needs_no_contact_after_the_commitment_where_it_protects_no_longer() -> None:
    world = World(commitment_protection="while_in_force").runs().commits(10, START + 40 * DAY).uses(115).on_day(45)
    assert world.refuses("delete_data", organization=world.id) is None


def test_deleting_by_hand_needs_no_contact_for_a_later_debt_where_the_first_is_protected_only() -> None:
    world = World(commitment_protection="fallback_debt").runs().card("declines").commits(10).uses(115).on_day(31)
    assert world.refuses("delete_data", organization=world.id) == "not_contacted"
    world.do("set_card_behaviour", behaviour="approves")
    assert world.do("attempt_collection")["collected"]
    world.do("set_card_behaviour", behaviour="declines")
    world.uses(5).on_day(60)
    assert world.refuses("delete_data", organization=world.id) is None


def test_what_the_end_of_a_pay_as_you_go_subscription_began_is_an_ordinary_debt() -> None:
    world = World(commitment_protection="fallback_debt").runs()
    subscription = world.linked()
    world.commits(10).uses(10).on_day(10).ends(subscription)
    assert world.on_day(40).shown["data"] == "deleted"


# The holes of the second audit: each fault shows in the history that the audit named


def trial_then_commitment(fault: str | None) -> object:
    world = World(fault).runs().commits(100)
    world.do("start_trial", credits=Decimal(100))
    return world.on_day(30).service_state()


def marketplace_commitment_unpaid(fault: str | None) -> object:
    world = World(fault).runs()
    subscription = world.linked("committed", "gcp")
    world.commits(10, subscription=subscription).uses(10).on_day(5).ends(subscription).uses(7)
    return world.on_day(200).shown["data"]


def two_invoices_and_an_extension(fault: str | None) -> object:
    world = in_debt_with(fault)
    world.do("grant_extension", until=START + 100 * DAY)
    return world.on_day(99).shown["data"]


def in_debt_with(fault: str | None) -> World:
    world = World(fault).runs().card("declines").uses(100)
    world.on_day(31).uses(50)
    return world.on_day(60)


def commitment_after_an_earlier_trial(fault: str | None) -> object:
    world = World(fault).runs()
    world.do("start_trial", credits=Decimal(1))
    world.uses(1).commits(10).uses(17)
    return world.on_day(200).shown["data"]


def attempts_in_90_days(fault: str | None) -> object:
    return len(World(fault).runs().card("declines").uses(100).on_day(121).shown["charges"])


def services_14_days_after_a_failure(fault: str | None) -> object:
    return World(fault).runs().card("declines").uses(100).on_day(45).service_state()


def another_method_while_unpaid(fault: str | None) -> object:
    world = in_debt_with(fault)
    world.linked()
    by_subscription = world.kind
    return by_subscription, world.commits(100).kind


@pytest.mark.parametrize(
    ("fault", "history"),
    [
        ("commitment-is-no-billing-method", trial_then_commitment),
        ("protection-through-aws-alone", marketplace_commitment_unpaid),
        ("extension-ignored-with-two-invoices", two_invoices_and_an_extension),
        ("protection-lost-after-a-trial", commitment_after_an_earlier_trial),
        ("retries-go-on-after-day-30", attempts_in_90_days),
        ("stop-after-15-days", services_14_days_after_a_failure),
        ("subscription-ignored-after-a-failed-charge", another_method_while_unpaid),
        ("commitment-ignored-after-a-failed-charge", another_method_while_unpaid),
    ],
)
def test_a_hole_of_the_audit_is_a_fault_that_shows(fault: str, history: Callable[[str | None], object]) -> None:
    assert history(fault) != history(None)
