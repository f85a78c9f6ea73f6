"""Faults of who pays, cycles and reports under a marketplace (BC-06, BC-33 to BC-39)."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from billing_reference.faults.fault import fault, shows
from billing_reference.ledger import Due, Ledger
from billing_reference.policy.card_billing import ONE_DAY, Cycle
from billing_reference.policy.marketplace import MarketplacePolicy
from billing_reference.policy.trial import TrialPolicy
from billing_reference.service import BillingService
from billing_reference.state import (
    Metered,
    Methods,
    Organization,
    Report,
    Subscription,
    Usage,
)
from billing_reference.time import DAY, HOUR
from billing_reference.views import Answer

# Who pays


@fault("linked-during-trial-never-pays", "BC-06")
class LinkedDuringTrialNeverPays(Ledger):
    """A subscription that was linked while the trial was active is not used when the trial is over."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found, trial = super().paying_subscription(organization, at), organization.trial
        if trial is None or found is None or found.linked_at is None:
            return found
        return found if trial.ended_at is not None and trial.ended_at <= found.linked_at else None


@fault("subscription-is-no-billing-method", "BC-06")
class SubscriptionIsNoMethod(TrialPolicy):
    """A linked subscription does not count as a billing method when the trial ends."""

    def trial_lapses(self, methods: Methods) -> bool:
        return not (methods.card or methods.credits)


@fault("linked-for-everybody", "BC-06", "BC-33", "AWS-26", "AWS-27")
class LinkedForEverybody(Ledger):
    """A subscription that one organization is linked to pays for every other that has no billing method."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        if organization.card is not None or organization.subscriptions or organization.trial is not None:
            return super().paying_subscription(organization, at)
        others = self.state.organizations.values()
        found = [held for other in others if (held := self.linked_subscription(other, at)) is not None]
        return found[-1] if found else None


@fault("gcp-never-bills", "BC-33")
class GcpNeverBills(MarketplacePolicy):
    """A subscription on GCP can be linked, and is never used."""

    def subscription_pays(self, subscription: Subscription, *, ended: bool) -> bool:
        return subscription.marketplace != "gcp" and super().subscription_pays(subscription, ended=ended)


@shows("every-marketplace-shown-as-aws", "BC-33")
def as_aws(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The billing method names AWS, whichever marketplace it is."""
    kind, marketplace = service.ledger.payer(organization, service.now)
    return {"billing_method": {"kind": kind, "marketplace": marketplace and "aws"}}


@shows("marketplace-of-the-last-link-shown", "BC-33")
def of_the_last_link(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The billing method names the marketplace to which any organization was linked last."""
    kind, _ = service.ledger.payer(organization, service.now)
    linked = [held for held in service.ledger.state.subscriptions.values() if held.linked_at is not None]
    if kind != "marketplace" or not linked:
        return {}
    return {"billing_method": {"kind": kind, "marketplace": linked[-1].marketplace}}


@fault("usage-booked-with-the-first-linked", "BC-33")
class UsageBookedWithTheFirstLinked(Ledger):
    """Usage is reported for the first organization that was linked on the same marketplace."""

    def use(self, organization: Organization, usage: Usage) -> None:
        name = organization.subscriptions[-1].marketplace if organization.subscriptions else None
        linked = [s.organization for s in self.state.subscriptions.values() if s.organization and s.marketplace == name]
        super().use(self.state.organizations[linked[0]] if linked else organization, usage)


@fault("card-takes-over-after-one-cycle", "BC-33")
class CardTakesOver(Ledger):
    """A card on file pays from the first full cycle after the link, although the subscription is active."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        if found is None or found.linked_at is None or organization.card is None:
            return found
        cycle = self.cycle_at(organization, found.linked_at.date())
        return found if cycle is None or at < cycle.end else None


# Cycles


@fault("cycle-restarts-with-the-link", "BC-35")
class CycleRestartsWithTheLink(Ledger):
    """The billing cycle restarts on the day of the link."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        if organization.tier_day is not None:
            organization.tier_day = organization.service_day = at.date()
        super().link(organization, subscription, at)


@fault("link-begins-the-first-cycle", "BC-35", "BC-39")
class LinkBeginsTheFirstCycle(Ledger):
    """The first cycle begins with the link, also before a tier is chosen and a service created."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        organization.tier_day = organization.tier_day or at.date()
        organization.service_day = organization.service_day or at.date()


@fault("cycle-restarts-with-the-end", "BC-35")
class CycleRestartsWithTheEnd(Ledger):
    """The billing cycle restarts on the day on which the subscription ends."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        if organization is not None:
            organization.tier_day = organization.service_day = at.date()
        return organization


class CyclesUnderMarketplace(Ledger):
    """Other cycles for organizations that have or had a subscription."""

    def under_marketplace(self, cycle: Cycle, day: date) -> Cycle:
        """Return the wrong cycle in place of the right one."""
        raise NotImplementedError

    def cycle_at(self, organization: Organization, day: date) -> Cycle | None:
        cycle = super().cycle_at(organization, day)
        return self.under_marketplace(cycle, day) if cycle is not None and organization.subscriptions else cycle


@fault("calendar-months-under-marketplace", "BC-35", "BC-39")
class CalendarMonths(CyclesUnderMarketplace):
    """Under a marketplace the billing cycle is the calendar month, like the invoices of the marketplace."""

    def under_marketplace(self, cycle: Cycle, day: date) -> Cycle:
        return Cycle(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


@fault("thirty-day-cycles-under-marketplace", "BC-39", "BC-35")
class ThirtyDayCycles(CyclesUnderMarketplace):
    """Under a marketplace the billing cycle is 30 days long."""

    def under_marketplace(self, cycle: Cycle, day: date) -> Cycle:
        last = cycle.first_day + 29 * ONE_DAY
        return Cycle(cycle.first_day, last) if day <= last else Cycle(last + ONE_DAY, last + 30 * ONE_DAY)


@fault("last-day-of-cycle-in-the-next", "BC-39", "BC-35")
class LastDayInTheNext(CyclesUnderMarketplace):
    """The cycle ends when its last day begins, and usage on that day falls in the next cycle."""

    def under_marketplace(self, cycle: Cycle, day: date) -> Cycle:
        if day < cycle.last_day:
            return Cycle(cycle.first_day, cycle.last_day - ONE_DAY)
        return Cycle(cycle.last_day, cycle.last_day + 30 * ONE_DAY)


@shows("cycle-shown-one-day-longer", "BC-39", "BC-35")
def one_day_longer(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The last day shown of a cycle is the first of the next one."""
    cycle = service.ledger.cycle_at(organization, service.now.date())
    if cycle is None or not organization.subscriptions:
        return {}
    return {"billing_cycle": {"first_day": cycle.first_day, "last_day": cycle.last_day + ONE_DAY}}


# Reports


@fault("one-line-of-an-hour-reported", "BC-36")
class OneLineOfAnHour(MarketplacePolicy):
    """Of several lines of one hour only the first is reported."""

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        return super().report_lines(hour, due)[:1]


@fault("equal-lines-taken-for-repeats", "BC-36")
class EqualLinesDropped(MarketplacePolicy):
    """Two equal amounts of an item within one hour are reported as one."""

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        return list(dict.fromkeys(super().report_lines(hour, due)))


@fault("last-record-of-an-hour-wins", "BC-36")
class LastRecordWins(MarketplacePolicy):
    """Of several records of an item within one hour only the last is reported."""

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        return list({line.item: line for line in super().report_lines(hour, due)}.values())


@fault("reported-in-whole-dollars", "BC-36")
class ReportedInWholeDollars(MarketplacePolicy):
    """Each line is rounded to whole dollars."""

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        return [replace(line, amount=line.amount.quantize(Decimal(1))) for line in super().report_lines(hour, due)]


@fault("large-lines-capped", "BC-36", "AWS-29")
class LargeLinesCapped(MarketplacePolicy):
    """No line is reported for more than 9,999.99."""

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        most = Decimal("9999.99")
        return [replace(line, amount=min(most, line.amount)) for line in super().report_lines(hour, due)]


@fault("reported-again-when-looked-at", "BC-36")
class ReportedWhenRead(BillingService):
    """Reading an organization reports its pending usage, which is reported again when due."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self.organization(organization)
        for line in owner.metered:
            owner.reports.append(Report(line.subscription, self.now, "usage", line.item, line.amount))
        return super().get_organization(organization=organization)


@fault("old-usage-not-reported", "BC-36")
class OldUsageNotReported(Ledger):
    """Usage that is older than a week when the clock has moved on is never reported."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        organization.metered = [line for line in organization.metered if now - line.at < 7 * DAY]
        return super().settle(organization, now)


@fault("last-hour-of-the-day-owed-directly", "BC-36")
class LastHourOwedDirectly(Ledger):
    """Usage in the last hour of a day is owed directly, and not reported."""

    def meter(self, organization: Organization, subscription: Subscription, usage: Usage) -> None:
        if usage.at.hour < 23:
            super().meter(organization, subscription, usage)
        else:
            self.owe(organization, usage)


@fault("usage-since-the-reported-hour-lost", "BC-36", REPORT_AFTER=2 * HOUR)
class UsageSinceTheReportedHourLost(Ledger):
    """Reports come two hours later, and usage between an hour and its report is in none."""

    def report(self, organization: Organization, at: datetime) -> None:
        super().report(organization, at)
        organization.metered = []


@shows("reports-moved-to-the-latest-subscription", "BC-36")
def under_the_latest(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """All reports name the subscription that was linked last, whichever they were made under."""
    lines = shown["marketplace_reports"]
    if not isinstance(lines, list) or not organization.subscriptions:
        return {}
    return {"marketplace_reports": [{**line, "subscription": organization.subscriptions[-1].id} for line in lines]}


@fault("usage-reported-with-the-cycle", "BC-40", "BC-36")
class UsageReportedWithTheCycle(Ledger):
    """Usage is reported when the billing cycle ends."""

    def due_reports(self, organization: Organization) -> Iterator[Due]:
        cycle = self.cycle_at(organization, organization.metered[0].at.date()) if organization.metered else None
        for due in super().due_reports(organization):
            yield due if cycle is None else due._replace(at=max(due.at, cycle.end))
