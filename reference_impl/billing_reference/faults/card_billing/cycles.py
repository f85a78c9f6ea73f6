"""Faults of tiers, cycles and the early charge (BC-15 to BC-18, BC-39)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.card_billing import ONE_DAY, CardBillingPolicy, Cycle
from billing_reference.state import ZERO, Organization, Service, Usage

CLAMPED = CardBillingPolicy.cycle_start  # the faults of cycles are wrong in the same way under every reading

# Tiers and cycles


@fault("cycle-from-creation-of-organization", "BC-15")
class CycleFromCreation(Ledger):
    """The first cycle begins on the day the organization was created."""

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        super().choose_tier(organization, tier, at)
        organization.tier_day = organization.created_at.date()

    def create_service(self, organization: Organization, gib: int, at: datetime) -> Service:
        service = super().create_service(organization, gib, at)
        organization.service_day = organization.created_at.date()
        return service


@fault("cycle-moves-with-each-service", "BC-15")
class CycleFromLatestService(Ledger):
    """Each new service moves the cycle."""

    def create_service(self, organization: Organization, gib: int, at: datetime) -> Service:
        service = super().create_service(organization, gib, at)
        organization.service_day = at.date()
        return service


@fault("cycle-moves-with-the-tier", "BC-15")
class CycleFromLatestTier(Ledger):
    """A change of the tier moves the cycle."""

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        super().choose_tier(organization, tier, at)
        organization.tier_day = at.date()


@fault("enterprise-unknown", "BC-16")
class EnterpriseUnknown(Ledger):
    """The tier enterprise is taken for scale."""

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        super().choose_tier(organization, "scale" if tier == "enterprise" else tier, at)


@fault("no-cycle-on-the-basic-tier", "BC-16")
class NoCycleOnBasic(Ledger):
    """An organization on the tier basic has no billing cycle."""

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        super().choose_tier(organization, tier, at)
        if tier == "basic":
            organization.tier_day = None


@fault("scale-taken-for-basic", "BC-16")
class ScaleTakenForBasic(Ledger):
    """An organization that chooses the tier scale gets the tier basic."""

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        super().choose_tier(organization, "basic" if tier == "scale" else tier, at)


@fault("cycle-of-30-days", "BC-39", "BC-15", "BC-17")
class CycleOfThirtyDays(CardBillingPolicy):
    """A cycle lasts 30 days, whatever the month."""

    def cycle_start(self, anchor: date, months: int) -> date:
        return anchor + timedelta(days=30 * months)


@fault("cycle-of-the-calendar-month", "BC-15", "BC-17", "BC-39")
class CycleOfTheCalendarMonth(CardBillingPolicy):
    """Cycles begin on the first of the month."""

    def cycle_start(self, anchor: date, months: int) -> date:
        return CLAMPED(self, anchor, months).replace(day=1) if months else anchor


@fault("cycle-a-day-too-long", "BC-15", "BC-17", "BC-39")
class CycleADayTooLong(CardBillingPolicy):
    """The next cycle begins a day late."""

    def cycle_start(self, anchor: date, months: int) -> date:
        return CLAMPED(self, anchor, months) + (ONE_DAY if months else timedelta())


@fault("cycle-blind-to-leap-days", "BC-17", "BC-15")
class CycleBlindToLeapDays(CardBillingPolicy):
    """In a leap year the cycle over the leap day is a day short."""

    def cycle_start(self, anchor: date, months: int) -> date:
        start = CLAMPED(self, anchor, months)
        after_leap_day = start.month == 3 and start.year % 4 == 0 and months > 0
        return start - ONE_DAY if after_leap_day else start


@fault("cycle-wrong-over-new-year", "BC-17", "BC-15")
class CycleWrongOverNewYear(CardBillingPolicy):
    """The cycle over the end of a year is three days too long."""

    def cycle_start(self, anchor: date, months: int) -> date:
        start = CLAMPED(self, anchor, months)
        return start + 3 * ONE_DAY if start.year > anchor.year and start.month == 1 else start


# The early charge


@fault("each-usage-charged-after-an-early-charge", "BC-18")
class EachUsageAfterAnEarlyCharge(Ledger):
    """After an early charge, all usage of the cycle is charged at once."""

    def use(self, organization: Organization, usage: Usage) -> None:
        cycle = self.cycle_at(organization, usage.at.date())
        charged = cycle is not None and organization.early_charges.get(cycle.first_day, 0) > 0
        super().use(organization, usage)
        if charged and cycle is not None and organization.uninvoiced:
            self.invoice(organization, usage.at, cycle)


@fault("early-charge-of-the-threshold-alone", "BC-18")
class EarlyChargeOfTheThreshold(Ledger):
    """The early charge takes $10,000 and leaves the rest."""

    def charge_early(self, organization: Organization, at: datetime, cycle: Cycle) -> None:
        owed, threshold = organization.owed, self.policy.EARLY_CHARGE_THRESHOLD
        organization.uninvoiced = []
        self.open_invoice(organization, at, cycle, threshold)
        if owed > threshold:
            organization.uninvoiced = [Usage(at, "compute", owed - threshold)]


@fault("early-charge-charged-again", "BC-18")
class EarlyChargeChargedAgain(Ledger):
    """The amount of an early charge is charged again at the end of the cycle."""

    def charge_early(self, organization: Organization, at: datetime, cycle: Cycle) -> None:
        if organization.early_charges[cycle.first_day] == 1:
            owed = organization.owed
            super().charge_early(organization, at, cycle)
            organization.uninvoiced = [Usage(at, "compute", owed)]


@fault("early-charge-restarts-cycle", "BC-18")
class EarlyChargeRestartsCycle(Ledger):
    """The early charge begins a new cycle."""

    def charge_early(self, organization: Organization, at: datetime, cycle: Cycle) -> None:
        super().charge_early(organization, at, cycle)
        organization.tier_day = organization.service_day = at.date()


@fault("early-charge-adds-up-organizations", "BC-18")
class EarlyChargeAddsUpOrganizations(Ledger):
    """The usage of all organizations together counts toward the early charge."""

    def use(self, organization: Organization, usage: Usage) -> None:
        total = sum((other.owed for other in self.state.organizations.values()), ZERO) + usage.amount
        super().use(organization, usage)
        threshold = self.policy.EARLY_CHARGE_THRESHOLD
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is not None and organization.uninvoiced and organization.owed < threshold <= total:
            self.invoice(organization, usage.at, cycle)


@fault("early-charge-adds-up-cycles", "BC-18")
class EarlyChargeAddsUpCycles(Ledger):
    """The amounts that earlier cycles invoiced count toward the early charge."""

    def use(self, organization: Organization, usage: Usage) -> None:
        invoiced = sum((invoice.amount for invoice in organization.invoices), ZERO)
        super().use(organization, usage)
        threshold = self.policy.EARLY_CHARGE_THRESHOLD
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is not None and organization.uninvoiced and invoiced < threshold <= invoiced + organization.owed:
            self.invoice(organization, usage.at, cycle)
