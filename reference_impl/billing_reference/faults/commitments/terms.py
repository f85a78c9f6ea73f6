"""Faults of the terms and the periods of credits (BC-55 to BC-57)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing_reference.faults.commitments.helpers import YEAR
from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.card_billing import ONE_DAY, Cycle
from billing_reference.policy.commitments import CommitmentPolicy
from billing_reference.state import (
    Grant,
    Organization,
    Subscription,
)
from billing_reference.time import DAY, FOREVER, start_of

# Terms


@fault("term-a-day-short", "BC-55")
class TermADayShort(CommitmentPolicy):
    """Credits end a day before they expire."""

    def credits_expire(self, grant: Grant) -> datetime:
        return super().credits_expire(replace(grant, expires_at=grant.expires_at - DAY))


@fault("term-with-a-week-of-grace", "BC-55", "BC-59")
class TermWithAWeekOfGrace(CommitmentPolicy):
    """Credits can be used for a week after they expire."""

    def credits_expire(self, grant: Grant) -> datetime:
        return super().credits_expire(replace(grant, expires_at=grant.expires_at + 7 * DAY))


@fault("term-of-a-year-at-most", "BC-55")
class TermOfAYear(CommitmentPolicy):
    """All credits end after a year, whatever their term."""

    def credits_expire(self, grant: Grant) -> datetime:
        return min(grant.granted_at + YEAR, super().credits_expire(grant))


@fault("refunds-never-expire", "BC-55", "BC-59")
class RefundsNeverExpire(CommitmentPolicy):
    """The credits of contracts expire, refunds do not."""

    def credits_expire(self, grant: Grant) -> datetime:
        return super().credits_expire(grant) if grant.commitment else FOREVER


@fault("term-to-the-end-of-its-day", "BC-55", "BC-59")
class TermToTheEndOfItsDay(CommitmentPolicy):
    """Declares that credits end at their instant, and ends them with their day."""

    def credits_expire(self, grant: Grant) -> datetime:
        return start_of(grant.expires_at.date()) + DAY


@fault("term-to-the-midnight-before", "BC-55", "BC-59")
class TermToTheMidnightBefore(CommitmentPolicy):
    """Credits end at the midnight before they expire."""

    def credits_expire(self, grant: Grant) -> datetime:
        return start_of(grant.expires_at.date())


@fault("smallest-grant-first", "BC-55")
class SmallestGrantFirst(CommitmentPolicy):
    """The smallest grant is used first."""

    def credit_order(self, grants: Sequence[Grant]) -> list[Grant]:
        return sorted(grants, key=lambda grant: grant.left)


@fault("credits-pay-for-earlier-usage", "BC-56")
class CreditsPayForEarlierUsage(Ledger):
    """New credits pay for usage before their grant."""

    def grant(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        grant = super().grant(organization, amount, expires_at, at)
        earlier, organization.uninvoiced = organization.uninvoiced, []
        for usage in earlier:
            self.use(organization, replace(usage, at=at))
        return grant


@fault("credits-after-a-day-of-waiting", "BC-56")
class CreditsAfterADay(CommitmentPolicy):
    """Credits can be used from the second midnight after their grant."""

    def credits_usable(self, grant: Grant, at: datetime) -> bool:
        return start_of(grant.granted_at.date()) + 2 * DAY <= at < self.credits_expire(grant)


@fault("credits-pay-open-invoices", "BC-56")
class CreditsPayOpenInvoices(Ledger):
    """New credits pay unpaid invoices."""

    def grant(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        grant = super().grant(organization, amount, expires_at, at)
        for invoice in organization.open_invoices:
            if invoice.amount <= grant.left:
                grant.left -= invoice.amount
                invoice.state = "paid"
        self.clear_debt(organization)
        return grant


# Periods


@fault("periods-begin-with-the-contract", "BC-57")
class PeriodsBeginWithTheContract(Ledger):
    """The billing periods restart on the day of a contract."""

    def commit(
        self,
        organization: Organization,
        amount: Decimal,
        expires_at: datetime,
        subscription: Subscription | None,
        at: datetime,
    ) -> Grant:
        if organization.tier_day is not None:
            organization.tier_day = organization.service_day = at.date()
        return super().commit(organization, amount, expires_at, subscription, at)


@fault("periods-begin-with-a-new-tier", "BC-57")
class PeriodsBeginWithANewTier(Ledger):
    """The billing periods restart when an organization with credits changes its tier."""

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        super().choose_tier(organization, tier, at)
        if organization.grants and organization.service_day is not None:
            organization.tier_day = organization.service_day = at.date()


@fault("periods-are-calendar-months", "BC-57")
class PeriodsAreCalendarMonths(Ledger):
    """Organizations with credits are billed by calendar months."""

    def cycle_at(self, organization: Organization, day: date) -> Cycle | None:
        cycle = super().cycle_at(organization, day)
        if cycle is None or not organization.grants:
            return cycle
        next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return Cycle(day.replace(day=1), next_month - ONE_DAY)
