"""Faults of the end of a subscription, with a card on file (BC-41, BC-42)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.marketplace import MarketplacePolicy
from billing_reference.state import (
    ZERO,
    Debt,
    Metered,
    Methods,
    Organization,
    Subscription,
    Usage,
)
from billing_reference.time import DAY, HOUR, hour_of, start_of


@fault("end-takes-the-card-away", "BC-41", "BC-42")
class EndTakesTheCardAway(Ledger):
    """The card is no longer on file when the subscription has ended."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        if subscription.organization is not None:
            self.state.organizations[subscription.organization].card = None
        return super().end_subscription(subscription, cause, at)


@fault("link-takes-the-card-away", "BC-41", "AWS-30")
class LinkTakesTheCardAway(Ledger):
    """The card is no longer on file when a subscription is linked."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        organization.card = None


@fault("cancelled-with-the-day", "BC-41")
class CancelledWithTheDay(MarketplacePolicy):
    """A subscription that is cancelled is active until midnight."""

    def subscription_over(self, ended_at: datetime, at: datetime) -> bool:
        return start_of(ended_at.date()) + DAY <= at


@fault("cancelled-with-the-hour", "BC-41")
class CancelledWithTheHour(MarketplacePolicy):
    """A subscription that is cancelled is active until the hour is over."""

    def subscription_over(self, ended_at: datetime, at: datetime) -> bool:
        return hour_of(ended_at) + HOUR <= at


@fault("cancelled-with-the-month", "BC-41", "BC-42")
class CancelledWithTheMonth(MarketplacePolicy):
    """A subscription that is cancelled is active until the calendar month is over."""

    def subscription_over(self, ended_at: datetime, at: datetime) -> bool:
        return (ended_at.year, ended_at.month) < (at.year, at.month)


@fault("usage-before-the-end-lost", "BC-41")
class UsageBeforeTheEndLost(Ledger):
    """Usage shortly before the end is not reported, because the subscription is over when the report is due."""

    def report_hour(self, organization: Organization, hour: list[Metered], at: datetime) -> None:
        if not self.subscription_ended(self.state.subscriptions[hour[0].subscription], at):
            super().report_hour(organization, hour, at)


@fault("usage-before-the-end-charged-to-the-card", "BC-41")
class UsageBeforeTheEndToTheCard(Ledger):
    """Usage shortly before the end that is not reported yet is charged to the card."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        if organization is not None:
            organization.uninvoiced.extend(Usage(line.at, line.item, line.amount) for line in organization.metered)
            organization.metered = []
        return organization


@fault("card-charged-for-what-was-reported", "BC-41", "BC-42")
class CardChargedForReported(Ledger):
    """After the end the card pays for the whole cycle, including usage that was reported before."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        cycle = None if organization is None else self.cycle_at(organization, at.date())
        if organization is not None and cycle is not None:
            reported = [line for line in organization.reports if line.at.date() >= cycle.first_day]
            organization.uninvoiced.extend(Usage(line.at, line.item, line.amount) for line in reported)
        return organization


@fault("card-pays-for-one-cycle", "BC-41")
class CardPaysForOneCycle(Ledger):
    """After the end the card pays for that cycle, and nothing pays for the later ones."""

    def owe(self, organization: Organization, usage: Usage) -> None:
        ends = [held.ended_at for held in organization.subscriptions if held.ended_at is not None]
        cycle = self.cycle_at(organization, max(ends).date()) if ends else None
        if cycle is None or usage.at < cycle.end:
            super().owe(organization, usage)


@fault("reported-usage-counts-toward-early-charge", "BC-41")
class ReportedCountsTowardEarlyCharge(Ledger):
    """Usage that went through the marketplace counts toward the early charge to the card."""

    def owe(self, organization: Organization, usage: Usage) -> None:
        super().owe(organization, usage)
        reported = sum((line.amount for line in organization.reports), ZERO)
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is not None and organization.uninvoiced and organization.owed + reported >= Decimal(10_000):
            self.invoice(organization, usage.at, cycle)


@fault("every-end-restricts", "BC-41", "BC-42", "BC-44")
class EveryEndRestricts(MarketplacePolicy):
    """The end of a subscription restricts the organization, also with a card on file."""

    def end_lapses(self, methods: Methods, *, trial_active: bool) -> bool:
        return True


@fault("ends-all-on-the-marketplace", "BC-41")
class EndsAllOnTheMarketplace(Ledger):
    """With one subscription all others on the same marketplace end."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        for other in self.state.subscriptions.values():
            if other.marketplace == subscription.marketplace and other.ended_at is None:
                super().end_subscription(other, cause, at)
        return organization


@fault("not-renewed-goes-on", "BC-42")
class NotRenewedGoesOn(Ledger):
    """A subscription that is not renewed goes on."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        return None if cause == "not_renewed" else super().end_subscription(subscription, cause, at)


@fault("not-renewed-forgets-the-card", "BC-42")
class NotRenewedForgetsTheCard(Ledger):
    """The card is no longer on file when a subscription was not renewed."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        if subscription.organization is not None and cause == "not_renewed":
            self.state.organizations[subscription.organization].card = None
        return super().end_subscription(subscription, cause, at)


@fault("not-renewed-restricts-whatever-pays", "BC-42")
class NotRenewedRestricts(Ledger):
    """A subscription that is not renewed restricts the organization, also with a card on file."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        if organization is not None and cause == "not_renewed":
            organization.debt = Debt(at, lapse_since=at)
        return organization
