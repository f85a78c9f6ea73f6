"""The session of the contract: description, clock, look-ups and refusals."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from billing_reference.ledger import Ledger
from billing_reference.state import Organization, Service, Subscription, User
from billing_reference.time import aware
from billing_reference.views import Answer
from billing_tck.contract import Refused

T = TypeVar("T")
Clock = Callable[[], datetime]

CAPABILITIES = (
    "trial",
    "card",
    "marketplace.aws",
    "marketplace.gcp",
    "marketplace.azure",
    "aws_free_trial",
    "commitment.direct",
    "commitment.marketplace",
    "credits",
    "onboarding",
    "extension",
    "pay_invoice",
    "manual_deletion",
)

MESSAGES = {
    "unpaid_invoice": "an invoice is unpaid",
    "no_billing_method": "no billing method is configured",
    "memory_cap": "a replica may not have this much memory while an invoice is unpaid",
    "not_admin": "only an admin of the organization may link it",
    "not_permitted": "this account has no purchase rights",
    "not_signed_in": "sign in first",
    "not_verified": "the e-mail address is not verified",
    "no_business_info": "business information is missing",
    "already_subscribed": "this account already holds such a subscription",
    "already_linked": "the subscription is already linked",
    "not_contacted": "the customer has not been contacted about the unpaid invoices",
    "ended": "the subscription has ended",
    "deleted": "the service is deleted",
    "other": "not possible for this subscription or offer",
}


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


class Session:
    """The part of the contract that every other method relies on."""

    def __init__(self, ledger: Ledger, readings: Mapping[str, str], clock: Clock = system_clock) -> None:
        self.ledger = ledger
        self.readings = dict(readings)
        self.clock = clock
        self.settles = True  # False: what falls due waits until `advance_to` (see batch_settlement)

    @property
    def now(self) -> datetime:
        """The present instant, in whole seconds."""
        return aware(self.clock()).replace(microsecond=0)

    def describe_implementation(self) -> Answer:
        """Return the name, capabilities and readings of this implementation."""
        return {
            "name": "billing-reference",
            "version": "1",
            "contract": "1",
            "capabilities": list(CAPABILITIES),
            "readings": dict(self.readings),
            "settles_within": "PT0S",
        }

    def reset(self, *, now: datetime) -> Answer:
        """Forget everything."""
        aware(now)
        self.ledger.reset()
        return {}

    def advance_to(self, *, now: datetime) -> Answer:
        """Apply everything that falls due up to and including now."""
        instant = aware(now)
        for organization in self.ledger.state.organizations.values():
            self.settle(organization, instant)
        return {}

    def settle(self, organization: Organization, instant: datetime) -> Answer:
        """Apply what falls due for one organization; a command calls it for what it made fall due at its instant."""
        if self.settles:
            self.ledger.settle(organization, instant)
        return {}

    # Look-ups

    def organization(self, number: str) -> Organization:
        """Return the organization with this identifier."""
        return find(self.ledger.state.organizations, number, "organization")

    def user(self, number: str) -> User:
        """Return the user with this identifier."""
        return find(self.ledger.state.users, number, "user")

    def subscription(self, number: str) -> Subscription:
        """Return the subscription with this identifier."""
        return find(self.ledger.state.subscriptions, number, "subscription")

    def service(self, number: str) -> Service:
        """Return the service with this identifier; refuse a deleted one."""
        service = find(self.ledger.state.services, number, "service")
        refuse("deleted" if service.state == "deleted" else None)
        return service

    def save(self) -> bytes:
        """Return the present state, which no later call changes: pickled in a fifth of the time of a deep copy."""
        return pickle.dumps(self.ledger.state, pickle.HIGHEST_PROTOCOL)

    def restore(self, saved: bytes) -> None:
        """Go back to a state that `save` returned."""
        self.ledger.state = pickle.loads(saved)


def find(table: Mapping[str, T], number: str, kind: str) -> T:
    """Return an entry of a table. Raises `Refused` if there is none."""
    try:
        return table[number]
    except KeyError:
        raise Refused("other", f"there is no {kind} {number}") from None


def refuse(reason: str | None) -> None:
    """Raise `Refused` if there is a reason to."""
    if reason is not None:
        raise Refused(reason, MESSAGES[reason])
