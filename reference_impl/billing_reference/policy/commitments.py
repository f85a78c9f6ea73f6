"""Committed spend and credits: who uses them, what follows them, what is never deleted (BC-47 to BC-67)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from billing_reference.state import ZERO, Debt, Grant
from billing_reference.time import DAY, FOREVER, Deadlines

CENT = Decimal("0.01")


class CommitmentPolicy(Deadlines):
    """The rules of commitments and credits under the default readings."""

    DRAWN_AT_PERIOD_END = False  # BC-56, BC-57
    COMMITMENT_END_RESTRICTS = False  # BC-63
    TERM_ENDS_SUBSCRIPTION = False  # BC-62
    FEE_REST_AFTER = 90 * DAY  # BC-52: the documents set no schedule

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
        expiry = self.credits_expire(grant)
        if grant.left == ZERO and grant.used_up_at is not None:
            return min(grant.used_up_at, expiry)
        return expiry if expiry <= at else None

    def fee_at_acceptance(self, fee: Decimal) -> Decimal:
        """BC-51: the fee is reported in full when the private offer is accepted."""
        return fee

    def protected_until(self, debt: Debt, in_force_until: datetime | None) -> datetime | None:
        """BC-66: nothing is ever deleted automatically for an organization that had a commitment.

        `in_force_until` is the end of its last commitment; None is returned if the debt is not protected.
        """
        return None if in_force_until is None else FOREVER

    def contact_missing(self, *, protected: bool, contacts: Sequence[datetime], unpaid_since: datetime) -> bool:
        """BC-65: a committed customer is contacted about the unpaid invoices before anything is deleted."""
        return protected and not any(contact >= unpaid_since for contact in contacts)


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

    def protected_until(self, debt: Debt, in_force_until: datetime | None) -> datetime | None:
        """BC-66: nothing is deleted automatically for the first debt after the fall-back from a commitment."""
        return FOREVER if debt.after_commitment else None


class ProtectedWhileInForce(CommitmentPolicy):
    """`commitment_protection=while_in_force`."""

    def protected_until(self, debt: Debt, in_force_until: datetime | None) -> datetime | None:
        """BC-66: nothing is deleted automatically while a commitment is in force."""
        return in_force_until


class DrawnAtPeriodEnd(CommitmentPolicy):
    """`credit_draw=at_period_end`: credits are drawn at the end of each billing cycle (BC-56, BC-57)."""

    DRAWN_AT_PERIOD_END = True


class CommitmentEndRestricts(CommitmentPolicy):
    """`commitment_end=restricts_at_end`: restrictions begin at the end of a commitment if nothing else pays (BC-63)."""

    COMMITMENT_END_RESTRICTS = True


class TermEndsSubscription(CommitmentPolicy):
    """`commitment_term=ends_with_term`: a committed subscription ends with the last of its credits' terms (BC-62)."""

    TERM_ENDS_SUBSCRIPTION = True


class FeeInParts(CommitmentPolicy):
    """`fee_report=as_offered`."""

    def fee_at_acceptance(self, fee: Decimal) -> Decimal:
        """BC-51, BC-52: a quarter of the fee is reported when the private offer is accepted, the rest later."""
        return max(CENT, (fee / 4).quantize(ZERO, ROUND_DOWN))
