"""Faults of views: the rules are kept, but a view shows something outdated or wrong.

Systems that keep a summary beside the state make such mistakes. Most are visible at one moment only, so that a scenario
detects them only if it looks on the way and not only at the end.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from billing_reference.faults.fault import fault, shows, shows_subscription
from billing_reference.ledger import Ledger
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.policy.card_billing import ONE_DAY
from billing_reference.service import BillingService
from billing_reference.state import ZERO, Organization, Subscription
from billing_reference.time import DAY
from billing_reference.views import Answer


def kind(shown: Answer) -> object:
    """Return the kind of the billing method shown."""
    method = shown["billing_method"]
    return method["kind"] if isinstance(method, dict) else None


def by(kind: str, marketplace: str | None = None) -> Answer:
    """Return a view of a billing method."""
    return {"billing_method": {"kind": kind, "marketplace": marketplace}}


# What pays


@shows("ended-marketplace-shown", "BC-41", "BC-42", "AWS-13", family="marketplace")
def ended_marketplace(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """After the end of a subscription, the marketplace and not the card is shown as the billing method."""
    if organization.subscriptions and kind(shown) == "card":
        return by("marketplace", organization.subscriptions[-1].marketplace)
    return {}


@shows("card-hidden-by-marketplace", "BC-41", family="marketplace")
def hidden_card(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """While a marketplace bills, no card is shown on file."""
    return {"card_on_file": False} if kind(shown) == "marketplace" else {}


@shows("card-shown-in-free-trial", "AWS-12", family="aws_onboarding")
def card_in_free_trial(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """While the free trial is active, a card on file is shown as the billing method."""
    free = organization.subscriptions and organization.subscriptions[-1].offer == "free_trial"
    return by("card") if kind(shown) == "marketplace" and free and organization.card is not None else {}


@shows("credits-never-shown-as-method", "BC-47", "BC-48", "BC-50", "BC-67", family="commitments")
def never_credits(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """Credits are never shown as the billing method."""
    return by("none") if kind(shown) == "credits" else {}


@shows("card-shown-before-credits", "BC-58", "BC-67", family="commitments")
def card_before_credits(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """A card on file is shown as the billing method while credits pay."""
    return by("card") if kind(shown) == "credits" and organization.card is not None else {}


@shows("spent-contract-shown-as-method", "BC-59", "BC-62", family="commitments")
def spent_contract(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The credits of a contract are shown as the billing method after they are used up or expired."""
    return by("credits") if kind(shown) == "card" and organization.commitments else {}


@shows("spent-refund-shown-as-method", "BC-58", "BC-59", family="commitments")
def spent_refund(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """A refund is shown as the billing method after it is used up or expired."""
    refunds = organization.grants and not organization.commitments
    return by("credits") if kind(shown) == "card" and refunds else {}


@shows("credits-shown-before-marketplace", "BC-61", family="commitments")
def credits_before_marketplace(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """Credits are shown as the billing method although they are used up and the marketplace bills."""
    return by("credits") if kind(shown) == "marketplace" and organization.grants else {}


@shows("expired-contract-shown-before-marketplace", "BC-59", family="commitments")
def expired_contract(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """An expired contract is shown as the billing method although the marketplace bills."""
    unspent = any(grant.left for grant in organization.commitments)
    return by("credits") if kind(shown) == "marketplace" and unspent else {}


@shows("marketplace-not-shown-after-term", "BC-61", family="commitments")
def not_after_term(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """Once the term of used-up credits is over, the marketplace that still bills is not shown."""
    grants = organization.grants
    over = grants and all(not grant.left and grant.expires_at < service.now for grant in grants)
    return by("none") if kind(shown) == "marketplace" and over else {}


# Credits, cycles, reports


@shows("a-cent-of-credits-shown-for-ever", "BC-58", family="commitments")
def a_cent_left(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The rest of credits is never shown below a cent."""
    grants = shown["credits"]
    if not isinstance(grants, list):
        return {}
    return {"credits": [{**grant, "left": max(Decimal("0.01"), grant["left"])} for grant in grants]}


@shows("newest-grant-shown-alone", "BC-67", family="commitments")
def newest_grant(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """Of several grants of credits only the newest is shown."""
    grants = shown["credits"]
    return {"credits": grants[-1:]} if isinstance(grants, list) and not organization.uninvoiced else {}


@shows("several-grants-shown-in-whole-dollars", "BC-55", family="commitments")
def whole_dollars(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """If there are several grants of credits, the rest of each is shown in whole dollars."""
    grants = shown["credits"]
    if not isinstance(grants, list) or len(grants) < 2:
        return {}
    return {"credits": [{**grant, "left": grant["left"].quantize(Decimal(1)) + ZERO} for grant in grants]}


@shows("cycle-shown-from-contract", "BC-57", family="commitments")
def cycle_from_contract(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The cycle in which a contract was signed is shown to begin with the contract."""
    return cycle_since(service, organization, [grant.granted_at.date() for grant in organization.commitments])


@shows("cycle-shown-from-link", "BC-35", family="marketplace")
def cycle_from_link(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The cycle in which a subscription was linked is shown to begin with the link."""
    linked = [held.linked_at.date() for held in organization.subscriptions if held.linked_at is not None]
    return cycle_since(service, organization, linked)


def cycle_since(service: BillingService, organization: Organization, days: list[date]) -> Answer:
    """Return a view of the current cycle that begins on the latest of these days within it."""
    cycle = service.ledger.cycle_at(organization, service.now.date())
    within = [day for day in days if cycle is not None and cycle.first_day < day <= cycle.last_day]
    return {"billing_cycle": {"first_day": within[-1], "last_day": cycle.last_day}} if within and cycle else {}


@shows("first-cycle-shown-a-day-longer", "BC-39", family="marketplace")
def first_cycle_longer(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The first cycle under a marketplace is shown to end on the day on which the next begins."""
    cycle = service.ledger.cycle_at(organization, service.now.date())
    if cycle is None or not organization.subscriptions or cycle.first_day != organization.service_day:
        return {}
    return {"billing_cycle": {"first_day": cycle.first_day, "last_day": cycle.last_day + ONE_DAY}}


@shows("empty-commitment-reported", "BC-51", family="commitments")
def empty_commitment(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """A committed subscription without an offer is reported as a commitment of nothing."""
    lines = shown["marketplace_reports"]
    if organization.grants or not isinstance(lines, list):
        return {}
    nothing = {"kind": "commitment", "item": "commitment", "amount": ZERO}
    committed = [held for held in organization.subscriptions if held.offer == "committed"]
    added = [{"subscription": held.id, "at": held.linked_at, **nothing} for held in committed]
    return {"marketplace_reports": [*lines, *added]}


# Restrictions


def owes_with_card(organization: Organization, *behaviours: str) -> bool:
    """Return whether something is owed that a card of such a behaviour would have to pay."""
    card = organization.card
    return bool(organization.uninvoiced) and card is not None and card.behaviour in behaviours


@shows("restricted-before-the-charge-fails", "BC-44", family="marketplace")
def restricted_before(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """An organization with a bad card is shown as restricted as soon as something is owed."""
    bad = owes_with_card(organization, "declines", "expired", "invalid", "limited")
    return {"restricted": True} if bad else {}


@shows("declining-card-restricts-beforehand", "BC-63", family="commitments")
def restricted_by_declining(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """After a contract, an organization with a declining card is shown as restricted as soon as something is owed."""
    return {"restricted": True} if owes_with_card(organization, "declines") else {}


@shows("expired-card-restricts-beforehand", "BC-63", family="commitments")
def restricted_by_expired(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """After a contract, an organization with an expired card is shown as restricted as soon as something is owed."""
    return {"restricted": True} if owes_with_card(organization, "expired") else {}


@shows("restricted-a-week-later-without-card", "BC-44", family="marketplace")
def restricted_later(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """An organization that has no card after a subscription is shown as restricted a week late."""
    young = organization.debt is not None and service.now < organization.debt.since + 7 * DAY
    return {"restricted": False} if organization.card is None and organization.subscriptions and young else {}


# Subscriptions, and answers to requests


@shows_subscription("end-shown-the-next-day", "BC-41", family="marketplace")
def end_shown_next_day(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A subscription that was cancelled is shown as over a day later."""
    fresh = subscription.ended_at is not None and service.now < subscription.ended_at + DAY
    return {"state": "linked"} if fresh else {}


@shows_subscription("link-shown-the-next-day", "AWS-10", "AWS-27", family="aws_onboarding")
def link_shown_next_day(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A subscription is shown as linked a day after the link."""
    fresh = subscription.linked_at is not None and service.now < subscription.linked_at + DAY
    return {"state": "subscribed", "organization": None} if fresh else {}


@shows_subscription("late-linked-trial-shown-over", "AWS-12", family="aws_onboarding")
def late_linked_trial_over(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A free trial that was linked late is shown as over two days early."""
    end = service.ledger.policy.free_trial_end(subscription)
    late = subscription.linked_at is not None and subscription.linked_at > subscription.bought_at + 10 * DAY
    return {"state": "ended"} if end is not None and late and service.now > end - 2 * DAY else {}


@shows_subscription("second-subscription-shown-unlinked", "AWS-14", family="aws_onboarding")
def second_shown_unlinked(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A subscription bought after the free trial is shown as not linked."""
    first = next(s for s in service.ledger.state.subscriptions.values() if s.account == subscription.account)
    second = first is not subscription and first.offer == "free_trial"
    return {"state": "subscribed", "organization": None} if second else {}


@fault("collection-of-an-old-debt-denied", "BC-66", family="commitments")
class OldDebtDenied(BillingService):
    """An attempt that collects a debt of months answers that not everything was collected."""

    def attempt_collection(self, *, organization: str) -> Answer:
        debt = self.organization(organization).debt
        answer = super().attempt_collection(organization=organization)
        return {"collected": False} if debt is not None and self.now > debt.since + 90 * DAY else answer


@fault("contact-not-needed-in-the-end", "BC-65", family="commitments")
class ContactNotNeeded(Ledger):
    """Once the debt is fifty days old, data is deleted by hand without contact."""

    def deletion_refused(self, organization: Organization, at: datetime) -> Reason:
        old = organization.debt is not None and at >= organization.debt.since + 50 * DAY
        return None if old else super().deletion_refused(organization, at)
