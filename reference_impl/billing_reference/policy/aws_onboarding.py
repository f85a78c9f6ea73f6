"""Subscribing and linking through AWS Marketplace (AWS-01 to AWS-31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from billing_reference.state import Account, Subscription, User
from billing_reference.time import DAY, Deadlines

Reason = str | None
"""The reason of a refusal, as the contract names it; None: not refused."""


class AwsOnboardingPolicy(Deadlines):
    """The rules of onboarding; no reading concerns them."""

    FREE_TRIAL_LENGTH = 30 * DAY  # AWS-12
    OFFERS: tuple[str, ...] = ("payg", "free_trial", "committed")  # AWS-11, BC-50

    def purchase_refused(self, account: Account) -> Reason:
        """AWS-02, AWS-03: the buying account has purchase rights and is signed in."""
        if not account.may_purchase:
            return "not_permitted"
        return None if account.signed_in else "not_signed_in"

    def second_purchase_refused(self, account: Account, offer: str, running: Sequence[Subscription]) -> Reason:
        """AWS-05, AWS-14: one AWS account holds one pay-as-you-go subscription at a time."""
        if account.marketplace == "aws" and offer == "payg" and any(held.offer == "payg" for held in running):
            return "already_subscribed"
        return None

    def free_trial_end(self, subscription: Subscription) -> datetime | None:
        """AWS-12, AWS-13: a free trial ends 30 days after its purchase; the other offers have no such end."""
        return (
            self.deadline(subscription.bought_at, self.FREE_TRIAL_LENGTH)
            if subscription.offer == "free_trial"
            else None
        )

    def sign_in_refused(self, user: User) -> Reason:
        """AWS-22, AWS-23: a user signs in once the e-mail address is verified."""
        return None if user.verified else "not_verified"

    def set_up_refused(self, user: User) -> Reason:
        """AWS-22, AWS-24: the set-up needs a user who is verified, signed in, and has given business information."""
        if not user.verified:
            return "not_verified"
        if not user.signed_in:
            return "not_signed_in"
        return None if user.business_info else "no_business_info"

    def link_refused(self, subscription: Subscription, *, ended: bool) -> Reason:
        """AWS-06: a subscription is linked to one organization, and not after its end."""
        if ended:
            return "ended"
        return "already_linked" if subscription.organization is not None else None

    def organization_refused(self, members: Mapping[str, str], user: str) -> Reason:
        """AWS-04: only an admin of the organization connects it to the subscription."""
        return None if members.get(user) == "admin" else "not_admin"
