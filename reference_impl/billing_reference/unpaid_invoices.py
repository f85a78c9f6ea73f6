"""What follows an unpaid invoice: restrictions at once, then the stop, then the deletion (BC-23 to BC-32)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing_reference.facts import Debt, Invoice, Service
from billing_reference.instants import DAY, Deadline
from billing_reference.trial import every_running

STOP_AFTER = 14 * DAY  # BC-29
DELETE_AFTER = 30 * DAY  # BC-30, BC-31
MEMORY_CAP_GIB = 120  # BC-24, per replica, inclusive
RETRY_DAYS = (5, 10, 15, 20, 25)  # BC-28: within the 30 days; the documents set no schedule


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The instants that a debt leads to (BC-29, BC-30)."""

    stop: datetime
    delete: datetime | None  # None: never by itself (BC-32, BC-66)


def oldest_unpaid(debt: Debt, invoices: Sequence[Invoice]) -> datetime:
    """Each unpaid invoice has a clock of its own; the oldest one counts (BC-29)."""
    starts = [invoice.failed_at for invoice in invoices if invoice.failed_at is not None]
    if debt.lapse_since is not None:
        starts.append(debt.lapse_since)
    return min(starts, default=debt.since)


def first_failure(debt: Debt, invoices: Sequence[Invoice]) -> datetime:
    """One clock runs from the first failure until nothing is unpaid (BC-29)."""
    return debt.since


def stop_not_put_off(stop: datetime, extension: datetime | None) -> datetime:
    """An extension leaves the stop where it is (BC-32)."""
    return stop


def stop_put_off(stop: datetime, extension: datetime | None) -> datetime:
    """An extension puts off the stop too (BC-32)."""
    return stop if extension is None else max(stop, extension)


def deleted_when_extension_ends(delete: datetime, extension: datetime | None) -> datetime | None:
    """Deletion waits for the later of its own day and the end of the extension (BC-32)."""
    return delete if extension is None else max(delete, extension)


def never_once_extended(delete: datetime, extension: datetime | None) -> datetime | None:
    """Once there was an extension, nothing is deleted by itself (BC-32)."""
    return delete if extension is None else None


def restricted_while_unpaid(open_invoices: Sequence[Invoice], lapse_since: datetime | None) -> bool:
    """Restrictions last until nothing is unpaid (BC-23)."""
    return bool(open_invoices) or lapse_since is not None


def scaling_refused(*, restricted: bool, gib: int, cap: int, services: Sequence[Service]) -> bool:
    """While restricted, a replica may not grow beyond the cap (BC-24)."""
    return restricted and gib > cap


def while_restricted(*, restricted: bool) -> bool:
    """Refused while an invoice is unpaid (BC-25, BC-26, BC-27)."""
    return restricted


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaidInvoiceRules:
    """The replaceable pieces of the policy on unpaid invoices."""

    restricted: Callable[[Sequence[Invoice], datetime | None], bool] = restricted_while_unpaid
    memory_cap_gib: int = MEMORY_CAP_GIB
    refuses_scaling: Callable[..., bool] = scaling_refused
    refuses_start: Callable[..., bool] = while_restricted
    refuses_create: Callable[..., bool] = while_restricted
    failed_at: Callable[[datetime], datetime] = lambda due: due
    clock_start: Callable[[Debt, Sequence[Invoice]], datetime] = oldest_unpaid
    stop_after: timedelta = STOP_AFTER
    delete_after: timedelta = DELETE_AFTER
    stop_deadline: Callable[[datetime, timedelta, Deadline], datetime] = lambda start, after, fall: fall(start, after)
    delete_deadline: Callable[[datetime, timedelta, Deadline], datetime] = lambda start, after, fall: fall(start, after)
    stop_put_off: Callable[[datetime, datetime | None], datetime] = stop_not_put_off
    delete_put_off: Callable[[datetime, datetime | None], datetime | None] = deleted_when_extension_ends
    stopped: Callable[[Sequence[Service]], Sequence[Service]] = every_running
    deletes_data: bool = True
    deleted: Callable[[Sequence[Service]], Sequence[Service]] = list
    retry_days: tuple[int, ...] = RETRY_DAYS
    retries_with: Callable[[Sequence[Invoice]], Sequence[Invoice]] = list
    collects_with_new_card: bool = True
    cured: Callable[[Sequence[Invoice], datetime | None], bool] = lambda open_invoices, lapse_since: (
        not open_invoices and lapse_since is None
    )
    restarts_when_cured: bool = False
    forgets_debt_when_cured: bool = True
