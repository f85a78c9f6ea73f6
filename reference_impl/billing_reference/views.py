"""What the shell shows: plain dicts in the shape of the contract. Reading changes nothing."""

from __future__ import annotations

from datetime import datetime

from billing_reference.facts import ZERO, Organization, Subscription
from billing_reference.settling import Ledger


def _billing_method(ledger: Ledger, organization: Organization, at: datetime) -> dict[str, object]:
    usable = ledger.credits_at(organization, at)
    if usable:
        through = usable[0].subscription
        marketplace = ledger.facts.subscriptions[through].marketplace if through else None
        return {"kind": "credits", "marketplace": marketplace}
    subscription = ledger.paying_subscription(organization, at)
    if subscription is not None:
        return {"kind": "marketplace", "marketplace": subscription.marketplace}
    trial = organization.trial
    if trial is not None and trial.ended_at is None:
        return {"kind": "trial", "marketplace": None}
    return {"kind": "card" if organization.card is not None else "none", "marketplace": None}


def _trial(ledger: Ledger, organization: Organization) -> dict[str, object]:
    trial = organization.trial
    if trial is None:
        return {"state": "none", "started_at": None, "ended_at": None, "credits_left": None}
    return {
        "state": "active" if trial.ended_at is None else "over",
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
        "credits_left": ledger.rules.trial.left(trial.credits, trial.used),
    }


def organization_view(ledger: Ledger, organization: Organization, at: datetime) -> dict[str, object]:
    """An organization as the contract shows it."""
    cycle = ledger.cycle_at(organization, at.date())
    debt = organization.debt
    clock = ledger.rules.unpaid_invoices.clock_start
    return {
        "billing_method": _billing_method(ledger, organization, at),
        "card_on_file": organization.card is not None,
        "trial": _trial(ledger, organization),
        "billing_cycle": {"first_day": cycle.first_day, "last_day": cycle.last_day} if cycle else None,
        "restricted": ledger.restricted(organization),
        "services": [
            {"service": service.id, "state": service.state, "replica_memory_gib": service.replica_memory_gib}
            for service in organization.services
        ],
        "data": organization.data,
        "invoices": [
            {
                "invoice": invoice.id,
                "issued_at": invoice.issued_at,
                "amount": invoice.amount,
                "state": invoice.state,
                "first_day": invoice.first_day,
                "last_day": invoice.last_day,
            }
            for invoice in organization.invoices
        ],
        "charges": [
            {"at": charge.at, "amount": charge.amount, "succeeded": charge.succeeded} for charge in organization.charges
        ],
        "credits": [
            {
                "amount": grant.amount,
                "left": grant.left,
                "granted_at": grant.granted_at,
                "expires_at": grant.expires_at,
            }
            for grant in organization.grants
        ],
        "marketplace_reports": [
            {
                "subscription": report.subscription,
                "at": report.at,
                "kind": report.kind,
                "item": report.item,
                "amount": report.amount,
            }
            for report in organization.reports
        ],
        "contacts": list(organization.contacts),
        "tier": organization.tier,
        "uninvoiced": organization.owed or ZERO,
        "unpaid_since": clock(debt, organization.open_invoices) if debt else None,
        "extension_until": debt.extension_until if debt else None,
    }


def subscription_view(ledger: Ledger, subscription: Subscription, at: datetime) -> dict[str, object]:
    """A subscription as the contract shows it."""
    ended = ledger.subscription_ended(subscription, at)
    ends_at = subscription.ended_at or ledger.free_trial_end(subscription)
    linked = "linked" if subscription.organization is not None else "subscribed"
    return {
        "offer": subscription.offer,
        "state": "ended" if ended else linked,
        "organization": subscription.organization,
        "ends_at": ends_at,
        "marketplace": subscription.marketplace,
    }
