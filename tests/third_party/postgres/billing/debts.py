"""Unpaid invoices: the clocks of 14 and 30 days, and what stops them."""

from datetime import datetime, timedelta

from billing.dates import AFTER_TRIAL, DELETION, STOP, takes_effect
from billing.methods import usable_grants
from billing.readings import Readings
from billing.tables import Debt, Invoice, Organization


def open_debt(organization: Organization, at: datetime, invoice: Invoice | None, readings: Readings) -> None:
    """Start a clock for an invoice that could not be collected (BC-23), or for the end of a subscription (BC-44)."""
    running = organization.open_debts
    debt = Debt(invoice=invoice, since=at)
    debt.protected = invoice is not None and any(each.protected for each in running)
    if running and readings.unpaid_clock == "until_all_paid":
        first = min(running, key=lambda each: each.since)
        debt.since, debt.stopped, debt.deleted = first.since, first.stopped, first.deleted
    if invoice is not None and has_fallen_back(organization, at, readings):
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


def stop_at(organization: Organization, debt: Debt, readings: Readings) -> datetime:
    """Return when services stop (BC-29)."""
    if debt.invoice is None and readings.marketplace_end == "stops_at_end":
        return debt.since
    at = takes_effect(debt.since + STOP, readings)
    if organization.extension_until and readings.extension_scope == "all_deadlines":
        at = max(at, takes_effect(organization.extension_until, readings))
    return at


def deletion_at(organization: Organization, debt: Debt, readings: Readings) -> datetime | None:
    """Return when data and services are deleted (BC-30, BC-31); None: not by itself."""
    if is_protected(organization, debt, debt.since, readings) and readings.commitment_protection != "while_in_force":
        return None
    at_once = debt.invoice is None and readings.marketplace_end == "stops_at_end"
    at = takes_effect(debt.since + (AFTER_TRIAL if at_once else DELETION), readings)
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
