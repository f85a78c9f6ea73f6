"""Unpaid invoices: the clocks of 14 and 30 days, and what stops them."""

from datetime import datetime, timedelta

from billing.dates import AFTER_TRIAL, DELETION, STOP, takes_effect
from billing.methods import usable_grants
from billing.readings import Readings
from billing.tables import Debt, Invoice, Organization


def open_debt(organization: Organization, debt: Debt, readings: Readings) -> None:
    """Start the clock of an invoice (BC-23), or of the end of a subscription or contract (BC-44, BC-63)."""
    at, running = debt.since, organization.open_debts
    ordinary = debt.invoice is None and not debt.of_commitment  # what the end of a payg subscription began
    debt.protected = not ordinary and any(each.protected for each in running)
    if running and readings.unpaid_clock == "until_all_paid":
        first = min(running, key=lambda each: each.since)
        debt.since, debt.stopped, debt.deleted = first.since, first.stopped, first.deleted
    if not ordinary and has_fallen_back(organization, at, readings):
        debt.protected = organization.fell_back = True
    organization.debts.append(debt)


def has_fallen_back(organization: Organization, at: datetime, readings: Readings) -> bool:
    """Return whether the first debt after a commitment is still to come."""
    committed = any(each.committed for each in organization.grants)
    in_use = any(each.committed for each in usable_grants(organization, at, readings))
    return committed and not in_use and not organization.fell_back


def clear(organization: Organization, debts: list[Debt], at: datetime, readings: Readings) -> None:
    """End clocks; with the last one, restrictions end."""
    for debt in debts:
        debt.cleared_at = at
    if not debts or organization.open_debts:
        return
    organization.extension_until = None
    for service in organization.services:
        if service.stopped_for_debt and readings.restart_after_payment == "automatic":
            service.state = "running"
        service.stopped_for_debt = False


def settle_invoice(organization: Organization, invoice: Invoice, at: datetime, readings: Readings) -> None:
    """Record that an invoice has been paid."""
    invoice.state, invoice.retry_at = "paid", None
    clear(organization, [each for each in organization.open_debts if each.invoice is invoice], at, readings)


def ends_at_once(debt: Debt, readings: Readings) -> bool:
    """Return whether a clock is that of a payg subscription whose end stops services."""
    return debt.invoice is None and not debt.of_commitment and readings.marketplace_end == "stops_at_end"


def stop_at(organization: Organization, debt: Debt, readings: Readings) -> datetime:
    """Return when services stop (BC-29)."""
    if ends_at_once(debt, readings):
        return debt.since
    at = takes_effect(debt.since + STOP, readings)
    if organization.extension_until and readings.extension_scope == "all_deadlines":
        at = max(at, takes_effect(organization.extension_until, readings))
    return at


def deletion_at(organization: Organization, debt: Debt, readings: Readings) -> datetime | None:
    """Return when data and services are deleted (BC-30, BC-31); None: not by itself."""
    if is_protected(organization, debt, debt.since, readings) and readings.commitment_protection != "while_in_force":
        return None
    days = AFTER_TRIAL if ends_at_once(debt, readings) else DELETION
    at = takes_effect(debt.since + days, readings)
    if organization.extension_until:
        if readings.extension_end == "manual":
            return None
        at = max(at, takes_effect(organization.extension_until, readings))
    if readings.commitment_protection == "while_in_force":
        at = max([at, *commitment_ends(organization)])
    return at


def is_protected(organization: Organization, debt: Debt, at: datetime, readings: Readings) -> bool:
    """Return whether data is not deleted by itself for this debt (BC-66)."""
    match readings.commitment_protection:
        case "ever_committed":
            return any(each.committed for each in organization.grants)
        case "fallback_debt":
            return debt.protected
        case "while_in_force":
            return any(at < end for end in commitment_ends(organization))


def commitment_ends(organization: Organization) -> list[datetime]:
    """Return when each commitment was or will be over: by its term, or by the end of its subscription."""
    return [
        min(each.expires_at, each.subscription.ends_at)
        if each.subscription and each.subscription.ended and each.subscription.ends_at
        else each.expires_at
        for each in organization.grants
        if each.committed
    ]


def stop_services(organization: Organization, *, for_debt: bool) -> None:
    """Stop what runs (BC-08, BC-29)."""
    for service in organization.services:
        if service.state == "running":
            service.state, service.stopped_for_debt = "stopped", for_debt


def delete_for_debt(organization: Organization, at: datetime, readings: Readings) -> None:
    """Delete data and services (BC-30, BC-31)."""
    for service in organization.services:
        service.state, service.stopped_for_debt = "deleted", False
    organization.data = "none" if organization.data == "none" else "deleted"
    if readings.debt_after_deletion == "written_off":
        for invoice in organization.open_invoices:
            invoice.state, invoice.retry_at = "void", None
        clear(organization, organization.open_debts, at, readings)


RETRY = timedelta(days=3)
