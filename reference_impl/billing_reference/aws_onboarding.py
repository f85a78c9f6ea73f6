"""How an organization is subscribed and linked through AWS Marketplace (AWS-01 to AWS-31)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing_reference.facts import Account, Subscription, User
from billing_reference.instants import DAY

FREE_TRIAL_LENGTH = 30 * DAY  # AWS-12


def purchase_refused(account: Account) -> str | None:
    """Why an account may not purchase: it needs the right to, and must be signed in (AWS-02, AWS-03)."""
    if not account.may_purchase:
        return "not_permitted"
    return None if account.signed_in else "not_signed_in"


def second_payg_refused(account: Account, offer: str, running: Sequence[Subscription]) -> str | None:
    """An AWS account holds one pay-as-you-go subscription at a time (AWS-05, AWS-14)."""
    if account.marketplace == "aws" and offer == "payg" and any(held.offer == "payg" for held in running):
        return "already_subscribed"
    return None


def person_refused(user: User) -> str | None:
    """Who completes the set-up has verified the address, signed in, and said what the business is (AWS-22, AWS-24)."""
    if not user.verified:
        return "not_verified"
    if not user.signed_in:
        return "not_signed_in"
    return None if user.business_info else "no_business_info"


def sign_in_refused(user: User) -> str | None:
    """Signing in needs a verified address (AWS-22)."""
    return None if user.verified else "not_verified"


def link_refused(subscription: Subscription, *, ended: bool) -> str | None:
    """A subscription is linked once, and not after its end (AWS-06)."""
    if ended:
        return "ended"
    return "already_linked" if subscription.organization is not None else None


def organization_refused(members: Mapping[str, str], user: str) -> str | None:
    """Only an admin may connect an organization to a subscription (AWS-04)."""
    return None if members.get(user) == "admin" else "not_admin"


def from_the_purchase(subscription: Subscription) -> datetime:
    """The 30 days of the free trial run from its purchase (AWS-12)."""
    return subscription.bought_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingRules:
    """The replaceable pieces of the policy of onboarding."""

    refuses_purchase: Callable[[Account], str | None] = purchase_refused
    refuses_second: Callable[[Account, str, Sequence[Subscription]], str | None] = second_payg_refused
    refuses_sign_in: Callable[[User], str | None] = sign_in_refused
    refuses_person: Callable[[User], str | None] = person_refused
    refuses_link: Callable[..., str | None] = link_refused
    refuses_organization: Callable[[Mapping[str, str], str], str | None] = organization_refused
    free_trial_counts_from: Callable[[Subscription], datetime] = from_the_purchase
    free_trial_length: timedelta = FREE_TRIAL_LENGTH
    free_trial_ends: bool = True
    needs_purchase_order: bool = False
    offers: tuple[str, ...] = ("payg", "free_trial", "committed")  # AWS-11, BC-50
    makes_new_organization_always: bool = False
    new_organization_role: str = "admin"  # of who has it made (AWS-26)
