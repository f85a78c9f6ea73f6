"""Faults of the restrictions that the end of a commitment begins (`commitment_end`, BC-59 and BC-63)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.state import Debt, Grant, Organization, Subscription

AT_END = {"commitment_end": "restricts_at_end"}


def keep(organization: Organization, debt: Debt | None, since: datetime | None) -> None:
    """Restore the restrictions that the end of a commitment began."""
    if debt is not None and since is not None and debt.lapse_of_commitment:
        organization.debt, debt.lapse_since = debt, since


def lapse(organization: Organization) -> datetime | None:
    """Return when the restrictions began that the end of a commitment brings, if there are any."""
    return organization.debt.lapse_since if organization.debt is not None else None


@fault("subscription-leaves-the-end-restricting", "BC-63", declares=AT_END)
class SubscriptionLeavesRestrictions(Ledger):
    """Declares that the end of a commitment restricts, and does not lift it when a subscription is linked."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        debt, since = organization.debt, lapse(organization)
        super().link(organization, subscription, at)
        keep(organization, debt, since)


@fault("refund-leaves-the-end-restricting", "BC-63", declares=AT_END)
class RefundLeavesRestrictions(Ledger):
    """Declares that the end of a commitment restricts, and does not lift it when a refund is granted."""

    def refund(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        debt, since = organization.debt, lapse(organization)
        grant = super().refund(organization, amount, expires_at, at)
        keep(organization, debt, since)
        return grant


@fault("commitment-leaves-the-end-restricting", "BC-63", declares=AT_END)
class CommitmentLeavesRestrictions(Ledger):
    """Declares that the end of a commitment restricts, and does not lift it when another one is signed."""

    def commit(
        self,
        organization: Organization,
        amount: Decimal,
        expires_at: datetime,
        subscription: Subscription | None,
        at: datetime,
    ) -> Grant:
        debt, since = organization.debt, lapse(organization)
        grant = super().commit(organization, amount, expires_at, subscription, at)
        keep(organization, debt, since)
        return grant
