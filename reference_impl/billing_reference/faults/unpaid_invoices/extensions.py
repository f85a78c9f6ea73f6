"""Faults of extensions (BC-32)."""

from __future__ import annotations

from datetime import datetime

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.unpaid_invoices import UnpaidInvoicePolicy
from billing_reference.state import Debt, Organization
from billing_reference.time import DAY


@fault("extension-ignored", "BC-32")
class ExtensionIgnored(UnpaidInvoicePolicy):
    """An extension changes nothing."""

    def deletion_with_extension(self, deletion: datetime, extension: datetime) -> datetime | None:
        return deletion


@fault("extension-of-ten-days", "BC-32")
class ExtensionOfTenDays(UnpaidInvoicePolicy):
    """An extension puts the deletion off by ten days, whatever was granted."""

    def deletion_with_extension(self, deletion: datetime, extension: datetime) -> datetime | None:
        return deletion + 10 * DAY


@fault("extension-hastens-deletion", "BC-32")
class ExtensionHastensDeletion(UnpaidInvoicePolicy):
    """An extension that ends before day 30 brings the deletion forward."""

    def deletion_with_extension(self, deletion: datetime, extension: datetime) -> datetime | None:
        return extension


@fault("extension-for-everybody", "BC-32")
class ExtensionForEverybody(Ledger):
    """An extension is granted to every organization in debt."""

    def extend(self, organization: Organization, until: datetime) -> None:
        for other in self.state.organizations.values():
            super().extend(other, until)


@fault("first-extension-stays", "BC-32")
class FirstExtensionStays(Ledger):
    """A later extension does not replace the first."""

    def extend(self, organization: Organization, until: datetime) -> None:
        if organization.debt is None or organization.debt.extension_until is None:
            super().extend(organization, until)


@fault("extension-lifts-restrictions", "BC-32")
class ExtensionLiftsRestrictions(Ledger):
    """An extension lifts the restrictions."""

    def extend(self, organization: Organization, until: datetime) -> None:
        super().extend(organization, until)
        for invoice in organization.open_invoices:
            invoice.state = "void"


@fault("extension-starts-services", "BC-32")
class ExtensionStartsServices(Ledger):
    """An extension starts the services that the debt had stopped."""

    def extend(self, organization: Organization, until: datetime) -> None:
        super().extend(organization, until)
        for service in organization.services:
            service.state = "running" if service.state == "stopped" else service.state


class KeepsExtensions(Ledger):
    """Keeps extensions for the next debt."""

    kept: tuple[tuple[str, datetime], ...] = ()

    def reset(self) -> None:
        self.kept = ()
        super().reset()

    def open_debt(self, organization: Organization, at: datetime) -> Debt:
        opens = organization.debt is None
        debt = super().open_debt(organization, at)
        if opens:
            kept = [until for owner, until in self.kept if owner == organization.id and until > at]
            debt.extension_until = kept[-1] if kept else None
        return debt


@fault("extension-kept-for-later", "BC-32")
class ExtensionKeptForLater(KeepsExtensions):
    """An extension granted while nothing is unpaid is kept for the next debt."""

    def extend(self, organization: Organization, until: datetime) -> None:
        if organization.debt is None:
            self.kept = (*self.kept, (organization.id, until))
        super().extend(organization, until)


@fault("extension-outlives-debt", "BC-32")
class ExtensionOutlivesDebt(KeepsExtensions):
    """An extension continues after the debt that it was granted for is paid."""

    def clear_debt(self, organization: Organization) -> None:
        debt = organization.debt
        super().clear_debt(organization)
        if organization.debt is None and debt is not None and debt.extension_until is not None:
            self.kept = (*self.kept, (organization.id, debt.extension_until))


@fault("extension-ignored-with-two-invoices", "BC-32")
class ExtensionIgnoredWithTwo(Ledger):
    """An extension is ignored while two invoices are unpaid."""

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        if len(organization.unpaid_invoices) < 2:
            return super().deletion_due(organization, debt)
        return self.policy.deletion_deadline(self.policy.clock_start(debt, organization.unpaid_invoices))
