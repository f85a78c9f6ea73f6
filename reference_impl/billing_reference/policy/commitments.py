"""Committed spend and credits: who uses them, what follows them, what is never deleted (BC-47 to BC-67)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from billing_reference.state import ZERO, Debt, Grant
from billing_reference.time import FOREVER, Deadlines


class CommitmentPolicy(Deadlines):
    """The rules of commitments and credits under the default readings."""

    def credits_expire(self, grant: Grant) -> datetime:
        """BC-55, BC-59: credits can be used until the end of their term."""
        return self.deadline(grant.expires_at)

    def credits_usable(self, grant: Grant, at: datetime) -> bool:
        """BC-55, BC-56: credits pay for usage from the instant of the grant until they expire."""
        return grant.granted_at <= at < self.credits_expire(grant)

    def credit_order(self, grants: Sequence[Grant]) -> list[Grant]:
        """BC-55: of several grants, the one that expires first is used first."""
        return sorted(grants, key=lambda grant: (grant.expires_at, grant.granted_at))

    def credits_drawn(self, left: Decimal, amount: Decimal) -> Decimal:
        """BC-58: a grant covers as much of the usage as it can; what pays next covers the rest."""
        return min(left, amount)

    def marketplace_follows(self, *, expired_unspent: bool) -> bool:
        """BC-61: the same marketplace bills on after the credits of its commitment, however they ended."""
        return True

    def fall_back(self, commitments: Sequence[Grant], at: datetime) -> datetime | None:
        """BC-58, BC-59, BC-61: an organization falls back to pay as you go when the last of its commitments is over."""
        latest = None
        for grant in commitments:
            end = self.credits_end(grant, at)
            if end is None:
                return None
            latest = end if latest is None else max(latest, end)
        return latest

    def credits_end(self, grant: Grant, at: datetime) -> datetime | None:
        """BC-58, BC-59: credits end when they are used up or expire; None while some can still be used."""
        if grant.left == ZERO and grant.used_up_at is not None:
            return grant.used_up_at
        expiry = self.credits_expire(grant)
        return expiry if expiry <= at else None

    def protected_until(self, debt: Debt, commitments: Sequence[Grant]) -> datetime | None:
        """BC-66: nothing is ever deleted automatically for an organization that had a commitment.

        None: the debt is not protected.
        """
        return FOREVER if commitments else None

    def contact_missing(
        self, commitments: Sequence[Grant], contacts: Sequence[datetime], unpaid_since: datetime | None
    ) -> bool:
        """BC-65: a committed customer is contacted about the unpaid invoices before anything is deleted."""
        if not commitments or unpaid_since is None:
            return False
        return not any(contact >= unpaid_since for contact in contacts)


class OldestGrantFirst(CommitmentPolicy):
    """`credit_order=oldest_grant`."""

    def credit_order(self, grants: Sequence[Grant]) -> list[Grant]:
        """BC-55: of several grants, the oldest is used first."""
        return sorted(grants, key=lambda grant: grant.granted_at)


class CardFollowsExpiry(CommitmentPolicy):
    """`commitment_expiry_fallback=card`."""

    def marketplace_follows(self, *, expired_unspent: bool) -> bool:
        """BC-61: the marketplace bills on only after credits that were used up."""
        return not expired_unspent


class FallbackDebtProtected(CommitmentPolicy):
    """`commitment_protection=fallback_debt`."""

    def protected_until(self, debt: Debt, commitments: Sequence[Grant]) -> datetime | None:
        """BC-66: nothing is deleted automatically for the first debt after the fall-back from a commitment."""
        return FOREVER if debt.after_commitment else None
