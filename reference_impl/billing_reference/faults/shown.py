"""Faults of what is shown: the rules are kept, and who looks is told something stale or wrong.

Systems that keep a summary beside the facts make them. Most are seen at one moment only, so that they ask of a scenario
that it looks on the way and not only at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from billing_reference.facts import ZERO, Organization
from billing_reference.faults.fault import Fault
from billing_reference.instants import DAY
from billing_reference.shell import Answer, Billing
from billing_tck.contract import Refused

Seen = Callable[[Billing, Organization, Answer], Answer]
BY_CARD: Answer = {"kind": "card", "marketplace": None}


def _shows(seen: Seen) -> type[Billing]:
    """A shell that shows some of an organization otherwise than it is."""

    class Shows(Billing):
        def get_organization(self, *, organization: str) -> Answer:
            shown = super().get_organization(organization=organization)
            return {**shown, **seen(self, self._organization(organization), shown)}

    Shows.__name__ = Shows.__qualname__ = seen.__name__
    return Shows


def _kind(shown: Answer) -> object:
    method = shown["billing_method"]
    return method["kind"] if isinstance(method, dict) else None


def _by(kind: str, marketplace: str | None = None) -> Answer:
    return {"billing_method": {"kind": kind, "marketplace": marketplace}}


# What pays


def _ended_marketplace(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    if owner.subscriptions and _kind(shown) == "card":
        return _by("marketplace", owner.subscriptions[-1].marketplace)
    return {}


def _never_credits(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    del billing, owner
    return _by("none") if _kind(shown) == "credits" else {}


def _card_before_credits(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    return _by("card") if _kind(shown) == "credits" and owner.card is not None else {}


def _spent_contract(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    return _by("credits") if _kind(shown) == "card" and owner.commitments else {}


def _spent_refund(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    refunds = owner.grants and not owner.commitments
    return _by("credits") if _kind(shown) == "card" and refunds else {}


def _credits_before_marketplace(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    return _by("credits") if _kind(shown) == "marketplace" and owner.grants else {}


def _expired_contract_before_marketplace(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    return _by("credits") if _kind(shown) == "marketplace" and any(g.left for g in owner.commitments) else {}


def _used_up_and_expired(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    over = owner.grants and all(not grant.left and grant.expires_at < billing.now for grant in owner.grants)
    return _by("none") if _kind(shown) == "marketplace" and over else {}


def _card_in_free_trial(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    free = owner.subscriptions and owner.subscriptions[-1].offer == "free_trial"
    return _by("card") if _kind(shown) == "marketplace" and free and owner.card is not None else {}


def _hidden_card(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    del billing, owner
    return {"card_on_file": False} if _kind(shown) == "marketplace" else {}


# Credits, cycles, reports


def _a_cent_left(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    del billing, owner
    grants = shown["credits"]
    if not isinstance(grants, list):
        return {}
    return {"credits": [{**grant, "left": max(Decimal("0.01"), grant["left"])} for grant in grants]}


def _newest_grant(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    grants = shown["credits"]
    return {"credits": grants[-1:]} if isinstance(grants, list) and owner.uninvoiced == [] else {}


def _whole_records(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    del billing
    grants = shown["credits"]
    if not isinstance(grants, list) or len(grants) < 2:
        return {}
    return {"credits": [{**grant, "left": grant["left"].quantize(Decimal(1)) + ZERO} for grant in grants]}


def _cycle_from_contract(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    return _begun_anew(billing, owner, [grant.granted_at.date() for grant in owner.commitments])


def _cycle_from_link(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    return _begun_anew(billing, owner, [s.linked_at.date() for s in owner.subscriptions if s.linked_at is not None])


def _begun_anew(billing: Billing, owner: Organization, days: list[object]) -> Answer:
    cycle = billing.ledger.cycle_at(owner, billing.now.date())
    within = [day for day in days if cycle is not None and cycle.first_day < day <= cycle.last_day]  # type: ignore[operator]
    return {"billing_cycle": {"first_day": within[-1], "last_day": cycle.last_day}} if within and cycle else {}


def _first_cycle_to_its_day(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    cycle = billing.ledger.cycle_at(owner, billing.now.date())
    if cycle is None or not owner.subscriptions or cycle.first_day != owner.service_day:
        return {}
    return {"billing_cycle": {"first_day": cycle.first_day, "last_day": cycle.last_day + timedelta(days=1)}}


def _empty_commitment(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    lines = shown["marketplace_reports"]
    if owner.grants or not isinstance(lines, list):
        return {}
    linked = [held for held in owner.subscriptions if held.offer == "committed"]
    return {
        "marketplace_reports": [
            *lines,
            *(
                {"subscription": s.id, "at": s.linked_at, "kind": "commitment", "item": "commitment", "amount": ZERO}
                for s in linked
            ),
        ]
    }


# Restrictions


def _restricted_by_owing(*behaviours: str) -> Seen:
    def restricted(billing: Billing, owner: Organization, shown: Answer) -> Answer:
        bad = owner.card is not None and owner.card.behaviour in behaviours
        return {"restricted": True} if owner.uninvoiced and bad else {}

    return restricted


def _restricted_later_without_card(billing: Billing, owner: Organization, shown: Answer) -> Answer:
    young = owner.debt is not None and billing.now < owner.debt.since + 7 * DAY
    return {"restricted": False} if owner.card is None and owner.subscriptions and young else {}


# Subscriptions, and answers to requests


class _LinkShownNextDay(Billing):
    """Shows a subscription as linked a day after the link."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        found = self._subscription(subscription)
        if found.linked_at is not None and self.now < found.linked_at + DAY:
            return {**shown, "state": "subscribed", "organization": None}
        return shown


class _EndShownNextDay(Billing):
    """Shows a subscription as over a day after it was cancelled."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        found = self._subscription(subscription)
        if found.ended_at is not None and self.now < found.ended_at + DAY:
            return {**shown, "state": "linked"}
        return shown


class _LateLinkedTrialShownOver(Billing):
    """Shows a free trial that was linked late as over two days before it is."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        found = self._subscription(subscription)
        end = self.ledger.free_trial_end(found)
        late = found.linked_at is not None and found.linked_at > found.bought_at + 10 * DAY
        return {**shown, "state": "ended"} if end is not None and late and self.now > end - 2 * DAY else shown


class _SecondOfAccountShownUnlinked(Billing):
    """Shows the subscription that follows a free trial as linked to nobody."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        found = self._subscription(subscription)
        earlier = [s for s in self.ledger.facts.subscriptions.values() if s.account == found.account]
        if earlier[0] is not found and earlier[0].offer == "free_trial":
            return {**shown, "state": "subscribed", "organization": None}
        return shown


class _OldDebtDenied(Billing):
    """Answers after an attempt at a debt of months that not everything was collected."""

    def attempt_collection(self, *, organization: str) -> Answer:
        debt = self._organization(organization).debt
        answer = super().attempt_collection(organization=organization)
        return {"collected": False} if debt is not None and self.now > debt.since + 90 * DAY else answer


class _ContactNotNeededInTheEnd(Billing):
    """Deletes by hand without contact once the debt is fifty days old."""

    def delete_data(self, *, organization: str) -> Answer:
        try:
            return super().delete_data(organization=organization)
        except Refused:
            owner = self._organization(organization)
            if owner.debt is None or self.now < owner.debt.since + 50 * DAY:
                raise
            self.ledger.delete(owner, owner.services)
            return {}


FAULTS: tuple[Fault, ...] = (
    Fault(
        "ended-marketplace-shown",
        "After the end of a subscription, the marketplace and not the card is shown as what pays.",
        ("BC-41", "BC-42", "AWS-13"),
        shell=_shows(_ended_marketplace),
        family="marketplace",
    ),
    Fault(
        "card-hidden-by-marketplace",
        "While a marketplace bills, no card is shown on file.",
        ("BC-41",),
        shell=_shows(_hidden_card),
        family="marketplace",
    ),
    Fault(
        "cycle-shown-from-link",
        "The cycle in which a subscription was linked is shown to begin with the link.",
        ("BC-35",),
        shell=_shows(_cycle_from_link),
        family="marketplace",
    ),
    Fault(
        "first-cycle-shown-a-day-longer",
        "The first cycle of who pays through a marketplace is shown to end on the day that the next begins.",
        ("BC-39",),
        shell=_shows(_first_cycle_to_its_day),
        family="marketplace",
    ),
    Fault(
        "restricted-before-the-charge-fails",
        "Who has a bad card is shown as restricted as soon as something is owed.",
        ("BC-44",),
        shell=_shows(_restricted_by_owing("declines", "expired", "invalid", "limited")),
        family="marketplace",
    ),
    Fault(
        "restricted-a-week-later-without-card",
        "Who has no card after a subscription is shown as restricted a week late.",
        ("BC-44",),
        shell=_shows(_restricted_later_without_card),
        family="marketplace",
    ),
    Fault(
        "end-shown-the-next-day",
        "A subscription that was cancelled is shown as over a day later.",
        ("BC-41",),
        shell=_EndShownNextDay,
        family="marketplace",
    ),
    Fault(
        "link-shown-the-next-day",
        "A subscription is shown as linked a day after the link.",
        ("AWS-10", "AWS-27"),
        shell=_LinkShownNextDay,
        family="aws_onboarding",
    ),
    Fault(
        "late-linked-trial-shown-over",
        "A free trial that was linked late is shown as over two days early.",
        ("AWS-12",),
        shell=_LateLinkedTrialShownOver,
        family="aws_onboarding",
    ),
    Fault(
        "card-shown-in-free-trial",
        "While the free trial runs, a card on file is shown as what pays.",
        ("AWS-12",),
        shell=_shows(_card_in_free_trial),
        family="aws_onboarding",
    ),
    Fault(
        "second-subscription-shown-unlinked",
        "What is bought after the free trial is shown as linked to nobody.",
        ("AWS-14",),
        shell=_SecondOfAccountShownUnlinked,
        family="aws_onboarding",
    ),
    Fault(
        "credits-never-shown-as-method",
        "Credits are never shown as what pays.",
        ("BC-47", "BC-48", "BC-50", "BC-67"),
        shell=_shows(_never_credits),
        family="commitments",
    ),
    Fault(
        "card-shown-before-credits",
        "A card on file is shown as what pays while credits do.",
        ("BC-58", "BC-67"),
        shell=_shows(_card_before_credits),
        family="commitments",
    ),
    Fault(
        "spent-contract-shown-as-method",
        "The credits of a contract are shown as what pays after they are used up or expired.",
        ("BC-59", "BC-62"),
        shell=_shows(_spent_contract),
        family="commitments",
    ),
    Fault(
        "spent-refund-shown-as-method",
        "A refund is shown as what pays after it is used up or expired.",
        ("BC-58", "BC-59"),
        shell=_shows(_spent_refund),
        family="commitments",
    ),
    Fault(
        "credits-shown-before-marketplace",
        "Credits are shown as what pays although they are used up and the marketplace bills.",
        ("BC-61",),
        shell=_shows(_credits_before_marketplace),
        family="commitments",
    ),
    Fault(
        "expired-contract-shown-before-marketplace",
        "An expired contract is shown as what pays although the marketplace bills.",
        ("BC-59",),
        shell=_shows(_expired_contract_before_marketplace),
        family="commitments",
    ),
    Fault(
        "marketplace-not-shown-after-term",
        "Once the term of used-up credits is over, the marketplace that bills on is not shown.",
        ("BC-61",),
        shell=_shows(_used_up_and_expired),
        family="commitments",
    ),
    Fault(
        "a-cent-of-credits-shown-for-ever",
        "What is left of credits is never shown below a cent.",
        ("BC-58",),
        shell=_shows(_a_cent_left),
        family="commitments",
    ),
    Fault(
        "newest-grant-shown-alone",
        "Of several grants of credits only the newest is shown.",
        ("BC-67",),
        shell=_shows(_newest_grant),
        family="commitments",
    ),
    Fault(
        "several-grants-shown-in-whole-dollars",
        "Where there are several grants of credits, what is left of each is shown in whole dollars.",
        ("BC-55",),
        shell=_shows(_whole_records),
        family="commitments",
    ),
    Fault(
        "cycle-shown-from-contract",
        "The cycle in which a contract was signed is shown to begin with the contract.",
        ("BC-57",),
        shell=_shows(_cycle_from_contract),
        family="commitments",
    ),
    Fault(
        "empty-commitment-reported",
        "A committed subscription without an offer is reported as a commitment of nothing.",
        ("BC-51",),
        shell=_shows(_empty_commitment),
        family="commitments",
    ),
    Fault(
        "declining-card-restricts-beforehand",
        "After a contract, who has a card that declines is shown as restricted as soon as something is owed.",
        ("BC-63",),
        shell=_shows(_restricted_by_owing("declines")),
        family="commitments",
    ),
    Fault(
        "expired-card-restricts-beforehand",
        "After a contract, who has an expired card is shown as restricted as soon as something is owed.",
        ("BC-63",),
        shell=_shows(_restricted_by_owing("expired")),
        family="commitments",
    ),
    Fault(
        "collection-of-an-old-debt-denied",
        "An attempt that collects a debt of months answers that not everything was collected.",
        ("BC-66",),
        shell=_OldDebtDenied,
        family="commitments",
    ),
    Fault(
        "contact-not-needed-in-the-end",
        "Once the debt is fifty days old, data is deleted by hand without contact.",
        ("BC-65",),
        shell=_ContactNotNeededInTheEnd,
        family="commitments",
    ),
)
