"""Methods of the contract: what can be seen."""

from datetime import timedelta

from billing.desk import Answer, Desk, OrganizationKey, SubscriptionKey, format_instant, format_money
from billing.methods import method_in_use
from billing.tables import Organization, Subscription


def get_organization(desk: Desk, organization: OrganizationKey) -> Answer:
    """Show an organization."""
    customer = desk.organization(organization)
    kind, marketplace = method_in_use(customer, desk.now, desk.readings)
    return {
        "billing_method": {"kind": kind, "marketplace": marketplace},
        "card_on_file": customer.card is not None,
        "trial": show_trial(customer),
        "billing_cycle": show_cycle(customer),
        "restricted": bool(customer.open_debts),
        "services": [
            {"service": f"svc-{each.id}", "state": each.state, "replica_memory_gib": each.memory}
            for each in customer.services
        ],
        "data": customer.data,
        "invoices": [
            {
                "invoice": f"inv-{each.id}",
                "issued_at": format_instant(each.issued_at),
                "amount": format_money(each.amount),
                "state": each.state,
                "first_day": each.first_day.isoformat(),
                "last_day": each.last_day.isoformat(),
            }
            for each in customer.invoices
        ],
        "charges": [
            {"at": format_instant(each.at), "amount": format_money(each.amount), "succeeded": each.succeeded}
            for each in customer.charges
        ],
        "credits": [
            {
                "amount": format_money(each.amount),
                "left": format_money(each.left),
                "granted_at": format_instant(each.granted_at),
                "expires_at": format_instant(each.expires_at),
            }
            for each in customer.grants
        ],
        "marketplace_reports": [
            {
                "subscription": f"sub-{each.subscription_id}",
                "at": format_instant(each.at),
                "kind": each.kind,
                "item": each.item,
                "amount": format_money(each.amount),
            }
            for each in customer.report_lines
        ],
        "contacts": [format_instant(each.at) for each in customer.contacts],
        "tier": customer.tier,
        "uninvoiced": format_money(customer.uninvoiced),
        "unpaid_since": format_instant(min((each.since for each in customer.open_debts), default=None)),
        "extension_until": format_instant(customer.extension_until),
    }


def show_trial(organization: Organization) -> Answer:
    """Show the trial."""
    if organization.trial_started_at is None:
        return {"state": "none", "started_at": None, "ended_at": None, "credits_left": None}
    return {
        "state": "active" if organization.trial_runs else "over",
        "started_at": format_instant(organization.trial_started_at),
        "ended_at": format_instant(organization.trial_ended_at),
        "credits_left": format_money(max(0, organization.trial_credits - organization.trial_used)),
    }


def show_cycle(organization: Organization) -> Answer | None:
    """Show the current billing cycle, both days included (BC-39)."""
    first, following = organization.cycle_first_day, organization.cycle_next_day
    if first is None or following is None:
        return None
    return {"first_day": first.isoformat(), "last_day": (following - timedelta(days=1)).isoformat()}


def get_subscription(desk: Desk, subscription: SubscriptionKey) -> Answer:
    """Show a subscription."""
    bought = desk.find(Subscription, subscription)
    state = "linked" if bought.organization_id else "subscribed"
    return {
        "offer": bought.offer,
        "state": "ended" if bought.ended else state,
        "organization": f"org-{bought.organization_id}" if bought.organization_id else None,
        "ends_at": format_instant(bought.ends_at),
        "marketplace": bought.account.marketplace,
    }
