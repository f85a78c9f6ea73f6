"""Who pays: the billing methods of an organization at an instant, and its billing cycle."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from billing_reference.policy import Policy
from billing_reference.policy.card_billing import Cycle
from billing_reference.state import ZERO, Grant, Methods, Organization, Standing, State, Subscription


class Payers:
    """Questions about billing methods; apart from a reset, nothing here changes the state."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.state = State()

    def reset(self) -> None:
        """Forget everything."""
        self.state = State()

    def subscription_end(self, subscription: Subscription) -> datetime | None:
        """Return when a subscription ended or will end by itself; None while no end is known (AWS-12, BC-41)."""
        return subscription.ended_at or self.policy.free_trial_end(subscription) or self.term_end(subscription)

    def term_end(self, subscription: Subscription) -> datetime | None:
        """Return when the term of a committed subscription ends it; None if it does not (BC-62)."""
        if subscription.offer != "committed" or not self.policy.TERM_ENDS_SUBSCRIPTION:
            return None
        if subscription.organization is None:
            return None
        grants = self.state.organizations[subscription.organization].grants
        return max((grant.expires_at for grant in grants if grant.subscription == subscription.id), default=None)

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        """Return whether a subscription is over (AWS-13, BC-41, BC-42, BC-62)."""
        if subscription.ended_at is not None:
            return self.policy.subscription_over(subscription.ended_at, at)
        end = self.subscription_end(subscription)
        return end is not None and end <= at

    def linked_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        """Return the linked subscription that has not ended, the latest of several (AWS-28)."""
        for subscription in reversed(organization.subscriptions):
            if self.policy.subscription_pays(subscription, ended=self.subscription_ended(subscription, at)):
                return subscription
        return None

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        """Return the subscription that usage goes to once no credits are left (AWS-29, BC-61)."""
        subscription = self.linked_subscription(organization, at)
        if subscription is None or subscription.offer != "committed":
            return subscription
        expired_unspent = any(
            grant.left > ZERO and grant.subscription == subscription.id and self.policy.credits_expire(grant) <= at
            for grant in organization.commitments
        )
        return subscription if self.policy.marketplace_follows(expired_unspent=expired_unspent) else None

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        """Return the grants that can be used, in the order of their use (BC-55)."""
        usable = [grant for grant in organization.grants if grant.left > ZERO and self.policy.credits_usable(grant, at)]
        return self.policy.credit_order(usable)

    def methods(self, organization: Organization, at: datetime) -> Methods:
        """Return which billing methods are configured (BC-01)."""
        return Methods(
            card=self.card_counts(organization),
            subscription=self.linked_subscription(organization, at) is not None,
            credits=any(self.policy.credits_count(grant) for grant in self.credits_at(organization, at)),
        )

    def card_counts(self, organization: Organization) -> bool:
        """Return whether a card that counts as a billing method is on file (BC-20 to BC-22)."""
        return organization.card is not None and self.policy.card_counts(organization.card)

    def nothing_pays(self, organization: Organization, at: datetime) -> bool:
        """Return whether nothing else can pay after the end of a subscription or contract (BC-44, BC-63).

        Credits that are left can pay, whether they count as a billing method or not.
        """
        methods = self.methods(organization, at)._replace(credits=bool(self.credits_at(organization, at)))
        return self.policy.end_lapses(methods, trial_active=organization.trial_active)

    def standing(self, organization: Organization, at: datetime) -> Standing:
        """Return what decides whether services need a billing method (BC-01)."""
        trial: Literal["active", "over"] = "active" if organization.trial_active else "over"
        return Standing(
            trial="none" if organization.trial is None else trial,
            lapsed=organization.trial_lapse is not None,
            configured=any(self.methods(organization, at)),
        )

    def payer(self, organization: Organization, at: datetime) -> tuple[str, str | None]:
        """Return the kind of the method that pays for usage now, and its marketplace.

        Several could: credits come first, then a linked subscription, the active trial, the card.
        """
        usable = self.credits_at(organization, at)
        if usable:
            through = usable[0].subscription
            return "credits", self.state.subscriptions[through].marketplace if through else None
        subscription = self.paying_subscription(organization, at)
        if subscription is not None:
            return "marketplace", subscription.marketplace
        if organization.trial_active:
            return "trial", None
        return ("card" if self.card_counts(organization) else "none"), None

    def cycle_at(self, organization: Organization, day: date) -> Cycle | None:
        """Return the billing cycle in which a day lies; None before there is one (BC-15, BC-35, BC-57)."""
        anchor = self.policy.anchor(organization.tier_day, organization.service_day)
        return None if anchor is None else self.policy.cycle(anchor, day)
