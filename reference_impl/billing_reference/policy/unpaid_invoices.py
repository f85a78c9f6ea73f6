"""Unpaid invoices: restrictions at once, then the stop, then the deletion (BC-23 to BC-32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing_reference.state import Debt, Invoice
from billing_reference.time import DAY, Deadlines


class UnpaidInvoicePolicy(Deadlines):
    """The rules of unpaid invoices under the default readings."""

    MEMORY_CAP_GIB = 120  # BC-24: per replica, inclusive
    RETRY_DAYS: tuple[int, ...] = (5, 10, 15, 20, 25)  # BC-28: within the 30 days; the documents set no schedule
    STOP_AFTER = 14 * DAY  # BC-29
    DELETE_AFTER = 30 * DAY  # BC-30, BC-31
    NEW_CARD_CHARGED_AT_ONCE = True  # BC-28
    SERVICES_RESTART_AFTER_PAYMENT = False  # BC-29
    NEW_CREDITS_PAY_ARREARS = False  # BC-11
    NEW_METHOD_LIFTS_ARREARS = False  # BC-11
    DELETION_WRITES_OFF = False  # BC-30

    def restricted(self, unpaid: Sequence[Invoice], lapse_since: datetime | None) -> bool:
        """BC-23, BC-44: restrictions begin at once, and last until nothing is unpaid."""
        return bool(unpaid) or lapse_since is not None

    def scaling_refused(self, *, restricted: bool, gib: int) -> bool:
        """BC-24: while restricted, a replica scales up to 120 GiB at most."""
        return restricted and gib > self.MEMORY_CAP_GIB

    def start_refused(self, *, restricted: bool) -> bool:
        """BC-25, BC-26: while restricted, no service starts."""
        return restricted

    def create_refused(self, *, restricted: bool) -> bool:
        """BC-27: while restricted, no service is created."""
        return restricted

    def clock_start(self, debt: Debt, unpaid: Sequence[Invoice]) -> datetime:
        """BC-29, BC-30: each unpaid invoice has its own 14 and 30 days, and the oldest counts."""
        starts = [invoice.failed_at for invoice in unpaid if invoice.failed_at is not None]
        if debt.lapse_since is not None:
            starts.append(debt.lapse_since)
        return min(starts, default=debt.since)

    def stop_deadline(self, start: datetime) -> datetime:
        """BC-29: all services are stopped if no payment succeeds within 14 days."""
        return self.deadline(start, self.STOP_AFTER)

    def deletion_deadline(self, start: datetime) -> datetime:
        """BC-30, BC-31: all data and services are deleted if payment is missing at the end of the 30 days."""
        return self.deadline(start, self.DELETE_AFTER)

    def stop_with_extension(self, stop: datetime, extension: datetime) -> datetime:
        """BC-32: an extension leaves the stop where it is."""
        return stop

    def deletion_with_extension(self, deletion: datetime, extension: datetime) -> datetime | None:
        """BC-32: the deletion happens at the later of its own day and the end of the extension."""
        return max(deletion, extension)


class CardWaitsForNextAttempt(UnpaidInvoicePolicy):
    """`card_replacement=waits`: a new card is charged with the next attempt (BC-28)."""

    NEW_CARD_CHARGED_AT_ONCE = False


class OneClockUntilAllPaid(UnpaidInvoicePolicy):
    """`unpaid_clock=until_all_paid`."""

    def clock_start(self, debt: Debt, unpaid: Sequence[Invoice]) -> datetime:
        """BC-29, BC-30: the 14 and 30 days run from the first failure until nothing is unpaid."""
        return debt.since


class ExtensionOfAllDeadlines(UnpaidInvoicePolicy):
    """`extension_scope=all_deadlines`."""

    def stop_with_extension(self, stop: datetime, extension: datetime) -> datetime:
        """BC-32: the stop, too, happens at the later of its own day and the end of the extension."""
        return max(stop, extension)


class ManualDeletionAfterExtension(UnpaidInvoicePolicy):
    """`extension_end=manual`."""

    def deletion_with_extension(self, deletion: datetime, extension: datetime) -> datetime | None:
        """BC-32: once there was an extension, nothing is deleted automatically."""
        return None


class RestartAfterPayment(UnpaidInvoicePolicy):
    """`restart_after_payment=automatic`: services that the stop found running start again after payment (BC-29)."""

    SERVICES_RESTART_AFTER_PAYMENT = True


class CreditsPayArrears(UnpaidInvoicePolicy):
    """`arrears_cure=credits_pay`: new credits pay open invoices, the oldest first, each in full (BC-11)."""

    NEW_CREDITS_PAY_ARREARS = True


class MethodLiftsArrears(UnpaidInvoicePolicy):
    """`arrears_cure=method_lifts`: a subscription or commitment ends the consequences of open invoices (BC-11)."""

    NEW_METHOD_LIFTS_ARREARS = True


class DeletionWritesOff(UnpaidInvoicePolicy):
    """`debt_after_deletion=written_off`: the deletion makes open invoices void and ends the restrictions (BC-30)."""

    DELETION_WRITES_OFF = True
