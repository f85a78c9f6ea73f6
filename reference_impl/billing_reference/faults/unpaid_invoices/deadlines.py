"""Faults of the 14 and 30 days: the stop and the deletion (BC-29 to BC-31)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing_reference.faults.fault import fault
from billing_reference.ledger import Due, Ledger, Phase
from billing_reference.ledger.debts import running
from billing_reference.policy import Policy
from billing_reference.policy.unpaid_invoices import UnpaidInvoicePolicy
from billing_reference.service import BillingService
from billing_reference.state import Card, Debt, Invoice, Organization
from billing_reference.time import DAY, NO_TIME, SECOND, start_of
from billing_reference.views import Answer

# The start of the clocks


@fault("early-charge-counted-from-cycle-start", "BC-29")
class EarlyChargeFromCycleStart(UnpaidInvoicePolicy):
    """The days of an early charge that failed are counted from the first day of its cycle."""

    def clock_start(self, debt: Debt, open_invoices: Sequence[Invoice]) -> datetime:
        early = [i for i in open_invoices if i.failed_at is not None and i.failed_at.date() <= i.last_day]
        oldest = UnpaidInvoicePolicy.clock_start(self, debt, open_invoices)  # whatever the reading
        return min((start_of(i.first_day) for i in early), default=oldest)


@fault("stop-counted-from-newest-invoice", "BC-29")
class ClockOfTheNewest(UnpaidInvoicePolicy):
    """A later unpaid invoice puts the stop off."""

    def clock_start(self, debt: Debt, open_invoices: Sequence[Invoice]) -> datetime:
        return max((i.failed_at for i in open_invoices if i.failed_at is not None), default=debt.since)


@fault("stop-counted-from-cycle-start", "BC-29", "BC-30")
class ClockFromCycleStart(Ledger):
    """The days are counted from the start of the cycle."""

    def charge_failed(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        super().charge_failed(organization, invoice, at - 31 * DAY)


@fault("clock-starts-two-days-late", "BC-29", "BC-30")
class ClockTwoDaysLate(Ledger):
    """The days are counted from two days after the failure."""

    def charge_failed(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        super().charge_failed(organization, invoice, start_of(at.date()) + 2 * DAY)


def restart_clocks(organization: Organization, at: datetime) -> None:
    """Let the 14 and 30 days of an organization count from an instant."""
    for invoice in organization.open_invoices:
        invoice.failed_at = at
    if organization.debt is not None:
        organization.debt.since = at


@fault("stop-counted-from-last-attempt", "BC-29")
class ClockFromLastAttempt(BillingService):
    """Each attempt restarts the days."""

    def attempt_collection(self, *, organization: str) -> Answer:
        answer = super().attempt_collection(organization=organization)
        restart_clocks(self.organization(organization), self.now)
        return answer


@fault("new-card-restarts-clock", "BC-29")
class ClockFromNewCard(Ledger):
    """A new card restarts the days."""

    def put_card(self, organization: Organization, card: Card, at: datetime) -> None:
        restart_clocks(organization, at)
        super().put_card(organization, card, at)


@fault("failure-dated-when-noticed", "BC-29")
class FailureDatedWhenNoticed(Ledger):
    """The days are counted from when a jump of the clock noticed the failure."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        applied = super().settle(organization, now)
        debt = organization.debt
        if debt is not None and not debt.stopped:
            restart_clocks(organization, max(debt.since, now - 2 * DAY))
        return applied


@fault("charge-dated-by-the-jump", "BC-29", "BC-30")
class ChargeDatedByTheJump(Ledger):
    """A charge that a jump of the clock passes over is made, and fails, when the jump has ended."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        applied = []
        while (due := self.next_due(organization)) is not None and due.at <= now:
            due.apply(now if due.phase is Phase.CYCLE_END else due.at)
            applied.append(due)
        return applied


@fault("old-clock-reused", "BC-29", "BC-30", does={"unpaid_clock": "until_all_paid"})
class OldClockReused(Ledger):
    """A new failure after a payment continues with the days of the old one."""

    def clear_debt(self, organization: Organization) -> None:
        debt = organization.debt
        super().clear_debt(organization)
        organization.debt = debt


# The stop


@fault("stop-a-second-late", "BC-29")
class StopASecondLate(UnpaidInvoicePolicy):
    """Declares that deadlines fall at the instant, and stops services a second later."""

    def stop_deadline(self, start: datetime) -> datetime:
        return super().stop_deadline(start) + SECOND


@fault("stop-at-midnight-before", "BC-29")
class StopAtMidnightBefore(UnpaidInvoicePolicy):
    """The 14 days are counted from midnight of the day of the failure."""

    def stop_deadline(self, start: datetime) -> datetime:
        return super().stop_deadline(start_of(start.date()))


@fault("stop-of-one-service", "BC-29")
class StopOfOneService(Ledger):
    """Only the oldest service stops."""

    def stop_for_debt(self, organization: Organization, debt: Debt) -> None:
        debt.stopped = True
        for service in running(organization.services)[:1]:
            debt.found_running.append(service.id)
            service.state = "stopped"


@fault("stop-of-everybody", "BC-29")
class StopOfEverybody(BillingService):
    """One organization's debt stops the services of all organizations."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        everybody = self.ledger.state.organizations.values()
        if any(owner.debt is not None and owner.debt.stopped for owner in everybody):
            for service in [service for owner in everybody for service in running(owner.services)]:
                service.state = "stopped"
        return answer


@fault("stop-only-once", "BC-29")
class StopOnlyOnce(Ledger):
    """Services stop for the first debt, never for a later one."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        if organization.debt is not None and any(invoice.state == "paid" for invoice in organization.invoices):
            organization.debt.stopped = True
        return super().settle(organization, now)


def paid_late(organization: Organization) -> bool:
    """Whether an organization has paid an invoice whose charge had failed."""
    return any(invoice.state == "paid" and invoice.failed_at is not None for invoice in organization.invoices)


@fault("second-debt-stops-after-7-days", "BC-29")
class SecondDebtStopsSooner(Ledger):
    """An organization that paid late once has 7 days with the next unpaid invoice."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return super().stop_due(organization, debt) - (7 * DAY if paid_late(organization) else NO_TIME)


# The deletion


@fault("second-debt-deletes-after-22-days", "BC-30")
class SecondDebtDeletesSooner(Ledger):
    """An organization that paid late once has 22 days until the deletion with the next unpaid invoice."""

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        due = super().deletion_due(organization, debt)
        return due - 8 * DAY if due is not None and paid_late(organization) else due


@fault("deletion-after-a-calendar-month", "BC-30")
class DeletionAfterACalendarMonth(UnpaidInvoicePolicy):
    """The 30 days are taken for a calendar month."""

    def deletion_deadline(self, start: datetime) -> datetime:
        year, month = start.year + start.month // 12, start.month % 12 + 1
        return self.deadline(start.replace(year=year, month=month, day=min(start.day, 28)))


@fault("deletion-a-second-late", "BC-30", "BC-31")
class DeletionASecondLate(Policy):
    """Declares that deadlines fall at the instant, and deletes a second later."""

    def deletion_deadline(self, start: datetime) -> datetime:
        return super().deletion_deadline(start) + SECOND

    def deletion_after_end(self, lapse_since: datetime) -> datetime | None:
        due = super().deletion_after_end(lapse_since)
        return None if due is None else due + SECOND


@fault("data-never-deleted", "BC-30")
class DataNeverDeleted(Ledger):
    """Services are deleted, the data stays."""

    def delete_for_debt(self, organization: Organization, debt: Debt) -> None:
        debt.deleted = True
        for service in organization.services:
            service.state = "deleted"


@fault("services-never-deleted", "BC-31")
class ServicesNeverDeleted(Ledger):
    """The data is deleted, the services stay."""

    def delete_for_debt(self, organization: Organization, debt: Debt) -> None:
        debt.deleted = True
        self.delete(organization, ())


@fault("one-service-deleted", "BC-31")
class OneServiceDeleted(Ledger):
    """Only one service is deleted."""

    def delete_for_debt(self, organization: Organization, debt: Debt) -> None:
        debt.deleted = True
        self.delete(organization, [service for service in organization.services if service.state == "stopped"][:1])


@fault("deletion-of-everybody", "BC-30")
class DeletionOfEverybody(BillingService):
    """One organization's deletion takes the data of all organizations."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        everybody = self.ledger.state.organizations.values()
        if any(owner.debt is not None and owner.debt.deleted for owner in everybody):
            for owner in everybody:
                self.ledger.delete(owner, ())
        return answer


@fault("debt-forgiven-at-deletion", "BC-30")
class DebtForgivenAtDeletion(Ledger):
    """The amount owed is forgotten once the data is deleted."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        applied = super().settle(organization, now)
        if organization.debt is not None and organization.debt.deleted:
            for invoice in organization.open_invoices:
                invoice.state = "void"
        return applied


@fault("restricted-after-the-write-off", "BC-30", declares={"debt_after_deletion": "written_off"})
class RestrictedAfterWriteOff(Ledger):
    """Declares that a deletion writes open invoices off, and restricts the organization further."""

    def write_off(self, organization: Organization) -> None:
        debt = organization.debt
        super().write_off(organization)
        if debt is not None:
            organization.debt = debt
            debt.lapse_since = debt.lapse_since or debt.since
