"""Billing methods: what counts as one, and who pays for usage."""

from datetime import datetime

from billing.dates import takes_effect
from billing.readings import Readings
from billing.tables import Card, Grant, Organization, Subscription


def card_counts(card: Card | None, readings: Readings) -> bool:
    """Return whether a card makes a billing method."""
    if card is None:
        return False
    match readings.card_validity:
        case "on_file":
            return True
        case "usable":
            return card.behaviour not in {"expired", "invalid"}
        case "authorised":
            return card.behaviour in {"approves", "limited"} and card.approves(1)


def expired(grant: Grant, at: datetime, readings: Readings) -> bool:
    """Return whether the credits of a grant can no longer be used (BC-55)."""
    return at >= takes_effect(grant.expires_at, readings)


def usable_grants(organization: Organization, at: datetime, readings: Readings) -> list[Grant]:
    """Return the grants with something left, the one to draw on first at the head."""
    usable = [each for each in organization.grants if each.left and not expired(each, at, readings)]
    if readings.credit_order == "soonest_expiry":
        usable.sort(key=lambda each: (each.expires_at, each.id or 0))
    return usable


def paying_subscription(organization: Organization, at: datetime, readings: Readings) -> Subscription | None:
    """Return the linked subscription that usage is reported under (AWS-29, BC-61)."""
    for subscription in organization.linked:
        grants = [each for each in organization.grants if each.subscription is subscription]
        ran_out_of_time = any(each.left and expired(each, at, readings) for each in grants)
        if not (ran_out_of_time and readings.commitment_expiry_fallback == "card"):
            return subscription
    return None


def configured(organization: Organization, at: datetime, readings: Readings) -> bool:
    """Return whether the organization has a billing method (BC-01); a trial is none."""
    grants = usable_grants(organization, at, readings)
    if readings.refund_counts == "does_not_count":
        grants = [each for each in grants if each.committed]
    return bool(grants or organization.linked or card_counts(organization.card, readings))


def lacks_method(organization: Organization, at: datetime, readings: Readings) -> bool:
    """Return whether services are refused for want of a billing method (BC-01, BC-08)."""
    if configured(organization, at, readings):
        return False
    match readings.no_method_service:
        case "after_lapse":
            return organization.lapsed
        case "after_trial":
            return organization.trial_ended_at is not None
        case "always":
            return not organization.trial_runs


def method_in_use(organization: Organization, at: datetime, readings: Readings) -> tuple[str, str | None]:
    """Return the kind of method that pays for usage now, and its marketplace."""
    if grants := usable_grants(organization, at, readings):
        source = grants[0].subscription
        return "credits", source.account.marketplace if source and not source.ended else None
    if subscription := paying_subscription(organization, at, readings):
        return "marketplace", subscription.account.marketplace
    if organization.trial_runs:
        return "trial", None
    return "card" if card_counts(organization.card, readings) else "none", None
