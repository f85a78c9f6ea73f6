"""The abstraction: twelve fields with few values each, read from a view and from what the calls said.

A situation says nothing about amounts and dates, only about what a rule tells apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from billing_tck.contract.values import (
    DataState,
    InvoiceState,
    MethodKind,
    OrganizationView,
    ServiceState,
    SubscriptionState,
    SubscriptionView,
    TrialState,
)
from billing_tck.situations.deadlines import Deadline
from billing_tck.situations.facts import Facts

MANY_INVOICES = 2


class Situation(NamedTuple):
    """What can be seen of an organization, in a few words for each field."""

    payer: str
    card: str
    trial: str
    restricted: str
    services: str
    data: str
    open_invoices: str
    credits: str
    subscription: str
    commitment: str
    extension: str
    deadline: str


FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "payer": tuple(MethodKind),
        "card": ("none", "pays", "fails"),
        "trial": tuple(TrialState),
        "restricted": ("no", "yes"),
        "services": ("none", "running", "stopped", "deleted"),
        "data": tuple(DataState),
        "open_invoices": ("0", "1", "2+"),
        "credits": ("none", "left", "used up", "expired"),
        "subscription": ("none", "linked", "ended"),
        "commitment": ("none", "in force", "over"),
        "extension": ("no", "yes"),
        "deadline": ("none", "before", "at", "after"),
    }
)
"""The values of each field, in the order in which they usually come."""


def situation_of(
    view: OrganizationView,
    subscriptions: Sequence[SubscriptionView],
    facts: Facts,
    deadlines: Sequence[Deadline],
    now: datetime,
) -> Situation:
    """Return the situation of an organization from its view, those of its subscriptions, and what calls said."""
    card = "none" if not view.card_on_file else "pays" if facts.card_pays else "fails"
    invoices = sum(invoice.state is InvoiceState.OPEN for invoice in view.invoices)
    return Situation(
        payer=view.billing_method.kind.value,
        card=card,
        trial=view.trial.state.value,
        restricted="yes" if view.restricted else "no",
        services=_services(view),
        data=view.data.value,
        open_invoices=str(invoices) if invoices < MANY_INVOICES else "2+",
        credits=_credits(view, now),
        subscription=_subscription(subscriptions),
        commitment=_commitment(view, facts, now),
        extension="no" if view.extension_until is None else "yes",
        deadline=_deadline(deadlines, view, now),
    )


def _services(view: OrganizationView) -> str:
    """Return `running` if any service runs, else `stopped` if any is stopped, else `deleted` if there was any."""
    states = {service.state for service in view.services}
    for state in (ServiceState.RUNNING, ServiceState.STOPPED, ServiceState.DELETED):
        if state in states:
            return state.value
    return "none"


def _credits(view: OrganizationView, now: datetime) -> str:
    """Return `left` if any credits can be used, else what became of the latest grant."""
    if any(grant.left and grant.expires_at > now for grant in view.credits):
        return "left"
    if not view.credits:
        return "none"
    return "expired" if view.credits[-1].left else "used up"


def _subscription(subscriptions: Sequence[SubscriptionView]) -> str:
    if not subscriptions:
        return "none"
    ended = all(subscription.state is SubscriptionState.ENDED for subscription in subscriptions)
    return "ended" if ended else "linked"


def _commitment(view: OrganizationView, facts: Facts, now: datetime) -> str:
    """Return `in force` if credits of any commitment can be used, else `over` if there was one."""
    if not facts.commitments:
        return "none"
    for signed in facts.commitments:
        for grant in view.credits:
            same = (grant.amount, grant.granted_at) == (signed.amount, signed.granted_at)
            if same and grant.expires_at == signed.expires_at and grant.left and grant.expires_at > now:
                return "in force"
    return "over"


def _deadline(deadlines: Sequence[Deadline], view: OrganizationView, now: datetime) -> str:
    """Return whether a deadline is now, or else the next one is ahead, or all have passed; a charge is one, too."""
    if any(at == now for at, _ in deadlines) or any(invoice.issued_at == now for invoice in view.invoices):
        return "at"
    if any(at > now for at, _ in deadlines):
        return "before"
    return "after" if deadlines else "none"
