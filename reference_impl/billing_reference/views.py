"""The views of the contract as plain dicts. Reading changes nothing."""

from __future__ import annotations

from datetime import datetime

from billing_reference.ledger import Ledger
from billing_reference.state import ZERO, Organization, Subscription

Answer = dict[str, object]


def _trial(ledger: Ledger, organization: Organization) -> Answer:
    trial = organization.trial
    if trial is None:
        return {"state": "none", "started_at": None, "ended_at": None, "credits_left": None}
    return {
        "state": "active" if trial.ended_at is None else "over",
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
        "credits_left": ledger.policy.trial_credits_left(trial.credits, trial.used),
    }


def organization_view(ledger: Ledger, organization: Organization, at: datetime) -> Answer:
    """Return an organization as the contract shows it."""
    kind, marketplace = ledger.payer(organization, at)
    cycle = ledger.cycle_at(organization, at.date())
    return {
        "billing_method": {"kind": kind, "marketplace": marketplace},
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
        "unpaid_since": ledger.unpaid_since(organization),
        "extension_until": organization.debt.extension_until if organization.debt else None,
    }


def subscription_view(ledger: Ledger, subscription: Subscription, at: datetime) -> Answer:
    """Return a subscription as the contract shows it."""
    linked = "linked" if subscription.organization is not None else "subscribed"
    return {
        "offer": subscription.offer,
        "state": "ended" if ledger.subscription_ended(subscription, at) else linked,
        "organization": subscription.organization,
        "ends_at": ledger.subscription_end(subscription),
        "marketplace": subscription.marketplace,
    }
