"""Committed spend and credits: who uses them, what follows them, what is never deleted (BC-47 to BC-67)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing_reference.facts import ZERO, Grant
from billing_reference.instants import Deadline

NO_TIME = datetime.resolution * 0


def soonest_expiry(grants: Sequence[Grant]) -> list[Grant]:
    """The grant that expires first is used first (BC-55)."""
    return sorted(grants, key=lambda grant: (grant.expires_at, grant.granted_at))


def oldest_grant(grants: Sequence[Grant]) -> list[Grant]:
    """The grant that was given first is used first (BC-55)."""
    return sorted(grants, key=lambda grant: grant.granted_at)


def expired(grant: Grant, at: datetime, falls: Deadline) -> bool:
    """Whether the term of a grant is over (BC-55, BC-59)."""
    return falls(grant.expires_at, NO_TIME) <= at


def drawn(left: Decimal, amount: Decimal) -> Decimal:
    """What a grant takes of some usage: all that it can (BC-58)."""
    return min(left, amount)


def rest_of(amount: Decimal, taken: Decimal) -> Decimal:
    """What a grant leaves of some usage: all that it did not take (BC-58)."""
    return amount - taken


def from_the_grant_on(grant: Grant) -> datetime:
    """Credits pay for usage from the instant of their grant, and for none before it (BC-56)."""
    return grant.granted_at


def same_marketplace_after_expiry(unspent: Sequence[Grant]) -> bool:
    """A marketplace commitment's subscription pays on, however its credits ended (BC-61)."""
    return True


def card_after_expiry(unspent: Sequence[Grant]) -> bool:
    """A marketplace commitment's subscription pays on unless credits of it expired unspent (BC-61)."""
    return not unspent


def ended_at(grant: Grant, at: datetime, falls: Deadline) -> datetime | None:
    """When the credits of a grant were gone, by use or by expiry; None while some are left."""
    if grant.left == ZERO and grant.used_up_at is not None:
        return grant.used_up_at
    return falls(grant.expires_at, NO_TIME) if expired(grant, at, falls) else None


def fell_back_at(commitments: Sequence[Grant], at: datetime, falls: Deadline) -> datetime | None:
    """When an organization fell back from its commitments: the end of the last of them (BC-58, BC-59, BC-61)."""
    ends = [ended_at(grant, at, falls) for grant in commitments]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def always_owed(*, card: bool, expired: bool, subscription_over: bool) -> bool:
    """What follows a commitment is owed, however it ended, with a card on file or without one (BC-58 to BC-63)."""
    return True


def ever_committed(*, committed: bool, after_commitment: bool) -> bool:
    """Nothing is deleted by itself where there ever was a commitment (BC-66)."""
    return committed


def fall_back_debt(*, committed: bool, after_commitment: bool) -> bool:
    """Nothing is deleted by itself for the first debt after falling back from a commitment (BC-66)."""
    return after_commitment


def without_end(since: datetime, commitments: Sequence[Grant]) -> datetime | None:
    """When the protection of a debt ends: never, however long it takes (BC-66)."""
    return None


def deletion_by_hand_refused(
    *, committed: bool, contacts: Sequence[datetime], unpaid_since: datetime | None
) -> str | None:
    """Where there ever was a commitment, the customer is contacted before anything is deleted (BC-65)."""
    if not committed or unpaid_since is None or any(contact >= unpaid_since for contact in contacts):
        return None
    return "not_contacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRules:
    """The replaceable pieces of the policy on commitments and credits."""

    order: Callable[[Sequence[Grant]], list[Grant]] = soonest_expiry
    expired: Callable[[Grant, datetime, Deadline], bool] = expired
    usable_from: Callable[[Grant], datetime] = from_the_grant_on
    draws: Callable[[Decimal, Decimal], Decimal] = drawn
    leaves: Callable[[Decimal, Decimal], Decimal] = rest_of
    covers_earlier_usage: bool = False
    granted_amount: Callable[[Decimal], Decimal] = lambda amount: amount
    keeps_earlier_grants: bool = True
    reports_commitment: Callable[[Decimal], Decimal | None] = lambda amount: amount
    reports_used_credits: bool = False
    subscription_pays_after_expiry: Callable[[Sequence[Grant]], bool] = same_marketplace_after_expiry
    subscription_pays_after_use: bool = True
    owed_afterwards: Callable[..., bool] = always_owed
    protects: Callable[..., bool] = ever_committed
    protects_from_stop: bool = False
    protection_ends: Callable[[datetime, Sequence[Grant]], datetime | None] = without_end
    refuses_deletion_by_hand: Callable[..., str | None] = deletion_by_hand_refused
