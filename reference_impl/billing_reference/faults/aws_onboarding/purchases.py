"""Faults of purchases and the free trial (AWS-01 to AWS-14)."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.aws_onboarding import AwsOnboardingPolicy, Reason
from billing_reference.service import BillingService
from billing_reference.state import Account, Organization, Subscription, User
from billing_reference.time import DAY
from billing_reference.views import Answer

# Purchases


@fault("sold-only-to-registered-customers", "AWS-01")
class SoldToRegistered(Ledger):
    """Nothing can be bought before anyone has registered with the vendor."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        return super().purchase_refused(account, offer, purchase_order, at) if self.state.users else "not_permitted"


@fault("purchase-rights-ignored", "AWS-02")
class PurchaseRightsIgnored(AwsOnboardingPolicy):
    """An account without purchase rights can buy."""

    def purchase_refused(self, account: Account) -> Reason:
        return super().purchase_refused(replace(account, may_purchase=True))


@fault("free-trial-for-everybody", "AWS-02", "AWS-03")
class FreeTrialForEverybody(Ledger):
    """Purchase rights, and being signed in, are checked for the paid option only."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        if offer == "free_trial":
            account = replace(account, may_purchase=True, signed_in=True)
        return super().purchase_refused(account, offer, purchase_order, at)


@fault("buyer-need-not-be-signed-in", "AWS-03")
class BuyerNotSignedIn(AwsOnboardingPolicy):
    """An account that is not signed in can buy."""

    def purchase_refused(self, account: Account) -> Reason:
        return super().purchase_refused(replace(account, signed_in=True))


@fault("right-or-sign-in-is-enough", "AWS-03", "AWS-02")
class RightOrSignIn(AwsOnboardingPolicy):
    """An account can buy with purchase rights or if it is signed in, and does not need both."""

    def purchase_refused(self, account: Account) -> Reason:
        return None if account.may_purchase or account.signed_in else "not_permitted"


@fault("second-subscription-sold", "AWS-05")
class SecondSold(AwsOnboardingPolicy):
    """An account can buy a second pay-as-you-go subscription beside the first."""

    def second_purchase_refused(self, account: Account, offer: str, running: Sequence[Subscription]) -> Reason:
        return None


@fault("second-sold-until-the-first-is-linked", "AWS-05")
class SecondSoldUntilLinked(AwsOnboardingPolicy):
    """An account can buy a second subscription as long as the first is not linked."""

    def second_purchase_refused(self, account: Account, offer: str, running: Sequence[Subscription]) -> Reason:
        return super().second_purchase_refused(account, offer, [held for held in running if held.linked_at is not None])


@fault("second-sold-once-the-first-is-linked", "AWS-05")
class SecondSoldOnceLinked(AwsOnboardingPolicy):
    """An account can buy a second subscription as soon as the first is linked."""

    def second_purchase_refused(self, account: Account, offer: str, running: Sequence[Subscription]) -> Reason:
        return super().second_purchase_refused(account, offer, [held for held in running if held.linked_at is None])


@fault("one-subscription-for-all-accounts", "AWS-05")
class OneForAllAccounts(Ledger):
    """An account cannot buy a subscription while another account has one."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        for held in self.state.subscriptions.values():
            if offer == held.offer == "payg" and not self.subscription_ended(held, at):
                return "already_subscribed"
        return super().purchase_refused(account, offer, purchase_order, at)


@fault("ended-subscription-counts", "AWS-05")
class EndedSubscriptionCounts(Ledger):
    """An account whose subscription has ended cannot buy another."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        for held in self.state.subscriptions.values():
            if held.account == account.id and offer == held.offer == "payg":
                return "already_subscribed"
        return super().purchase_refused(account, offer, purchase_order, at)


@fault("purchase-order-demanded", "AWS-10")
class PurchaseOrderDemanded(Ledger):
    """Nothing can be bought without a purchase-order number."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        return super().purchase_refused(account, offer, purchase_order, at) if purchase_order is not None else "other"


@fault("purchase-order-refused", "AWS-10")
class PurchaseOrderRefused(Ledger):
    """Nothing can be bought with a purchase-order number."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        return super().purchase_refused(account, offer, purchase_order, at) if purchase_order is None else "other"


@fault("no-paid-option-after-the-trial", "AWS-14")
class NoPaidOptionAfterTheTrial(Ledger):
    """An account that had the free trial cannot buy the paid option."""

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        for held in self.state.subscriptions.values():
            if held.account == account.id and held.offer == "free_trial" and offer == "payg":
                return "already_subscribed"
        return super().purchase_refused(account, offer, purchase_order, at)


# The free trial


@fault("free-trial-booked-as-paid", "AWS-11", "AWS-12", "AWS-13")
class FreeTrialBookedAsPaid(BillingService):
    """An account that takes the free trial is given the paid option."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        sold = "payg" if offer == "free_trial" else offer
        return super().subscribe(account=account, offer=sold, purchase_order=purchase_order)


@fault("paid-option-ends-after-a-year", "AWS-11")
class PaidOptionEndsAfterAYear(Ledger):
    """The plain pay-as-you-go subscription ends by itself after a year."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        return super().subscription_ended(subscription, at) or at >= subscription.bought_at + timedelta(days=365)


@fault("free-trial-of-a-calendar-month", "AWS-12")
class FreeTrialOfACalendarMonth(AwsOnboardingPolicy):
    """The free trial ends on the same day of the next month."""

    def free_trial_end(self, subscription: Subscription) -> datetime | None:
        bought = subscription.bought_at
        longer = (calendar.monthrange(bought.year, bought.month)[1] - 30) * DAY
        return super().free_trial_end(replace(subscription, bought_at=bought + longer))


@fault("free-trial-counts-from-the-link", "AWS-12")
class FreeTrialFromTheLink(AwsOnboardingPolicy):
    """The 30 days of the free trial count from the link."""

    def free_trial_end(self, subscription: Subscription) -> datetime | None:
        begun = subscription.linked_at or subscription.bought_at
        return super().free_trial_end(replace(subscription, bought_at=begun))


@fault("free-trial-charges-the-card", "AWS-12")
class FreeTrialChargesTheCard(Ledger):
    """While the free trial is active the card pays."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        return None if found is not None and found.offer == "free_trial" else found


@fault("free-trial-never-ends", "AWS-13", "AWS-12")
class FreeTrialNeverEnds(Ledger):
    """The free trial goes on after its 30 days."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        by_time = subscription.offer == "free_trial" and subscription.ended_at is None
        return not by_time and super().subscription_ended(subscription, at)


@fault("unlinked-free-trial-goes-on", "AWS-13")
class UnlinkedFreeTrialGoesOn(Ledger):
    """A free trial that was never linked does not end, and can be linked later."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        waits = subscription.offer == "free_trial" and subscription.organization is None
        return not waits and super().subscription_ended(subscription, at)


@fault("billed-through-a-trial-that-is-over", "AWS-13", "AWS-14")
class BilledThroughEndedTrial(Ledger):
    """The free trial ends, and usage is billed through it as before."""

    def linked_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        trials = [held for held in organization.subscriptions if held.offer == "free_trial"]
        return super().linked_subscription(organization, at) or (trials[-1] if trials else None)


@fault("free-trial-turns-into-paid", "AWS-14", "AWS-13")
class FreeTrialTurnsIntoPaid(BillingService):
    """When the free trial is over, the paid option is bought and linked automatically."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        state = self.ledger.state
        for held in list(state.subscriptions.values()):
            followed = any(
                other.account == held.account and other is not held for other in state.subscriptions.values()
            )
            over = held.offer == "free_trial" and self.ledger.subscription_ended(held, now)
            if over and held.organization is not None and not followed:
                paid = Subscription(state.new_id("subscription"), held.account, held.marketplace, "payg", now)
                paid.organization, paid.linked_at = held.organization, now
                state.subscriptions[paid.id] = paid
                state.organizations[held.organization].subscriptions.append(paid)
        return answer


@fault("what-follows-the-trial-ends-too", "AWS-14")
class WhatFollowsTheTrialEnds(Ledger):
    """A subscription bought after the free trial ends after 30 days as well."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        held = [other for other in self.state.subscriptions.values() if other.account == subscription.account]
        had_trial = any(other.offer == "free_trial" for other in held)
        return super().subscription_ended(subscription, at) or (had_trial and at >= subscription.bought_at + 30 * DAY)


@fault("linked-once-in-a-life", "AWS-14")
class LinkedOnce(Ledger):
    """An organization that was linked before cannot be linked to another subscription."""

    def link_refused(
        self, subscription: Subscription, user: User, organization: Organization | None, at: datetime
    ) -> Reason:
        if organization is not None and organization.subscriptions:
            return "already_linked"
        return super().link_refused(subscription, user, organization, at)
