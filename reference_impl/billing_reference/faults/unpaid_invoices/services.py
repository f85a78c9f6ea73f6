"""Faults of starting and creating services, and of retries (BC-25 to BC-28)."""

from __future__ import annotations

from datetime import datetime

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.policy.unpaid_invoices import UnpaidInvoicePolicy
from billing_reference.service import BillingService
from billing_reference.session import refuse
from billing_reference.state import Charge, Organization, Service
from billing_reference.time import DAY
from billing_reference.views import Answer

# Starting and creating services


@fault("start-needs-a-good-card", "BC-25", "BC-26")
class StartNeedsAGoodCard(Ledger):
    """Services are refused to start as soon as something is owed that the card would not pay."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        return _bad_card(organization) or super().start_refused(organization, service, at)


@fault("create-needs-a-good-card", "BC-27")
class CreateNeedsAGoodCard(Ledger):
    """Creating a service is refused as soon as something is owed that the card would not pay."""

    def create_refused(self, organization: Organization, at: datetime) -> Reason:
        return _bad_card(organization) or super().create_refused(organization, at)


def _bad_card(organization: Organization) -> Reason:
    bad = organization.card is not None and organization.card.behaviour != "approves"
    return "unpaid_invoice" if organization.uninvoiced and bad else None


@fault("stop-refused-while-restricted", "BC-25")
class StopRefused(BillingService):
    """A restricted organization cannot stop services either."""

    def stop_service(self, *, service: str) -> Answer:
        owner = self.organization(self.service(service).organization)
        refuse("unpaid_invoice" if self.ledger.restricted(owner) else None)
        return super().stop_service(service=service)


@fault("start-of-what-runs-refused", "BC-25")
class SecondStartRefused(BillingService):
    """While an invoice is unpaid, starting a service that is already running is refused as well."""

    def start_service(self, *, service: str) -> Answer:
        owner = self.organization(self.service(service).organization)
        refuse("unpaid_invoice" if self.ledger.restricted(owner) else None)
        return super().start_service(service=service)


@fault("start-allowed-while-unpaid", "BC-25", "BC-26")
class StartAllowed(UnpaidInvoicePolicy):
    """Stopped services start while an invoice is unpaid."""

    def start_refused(self, *, restricted: bool) -> bool:
        return False


@fault("new-service-starts-while-unpaid", "BC-26")
class NewServiceStarts(Ledger):
    """The newest service starts while an invoice is unpaid."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        newest = service is organization.services[-1] and len(organization.services) > 2
        return None if newest and self.restricted(organization) else super().start_refused(organization, service, at)


@fault("create-allowed-while-unpaid", "BC-27")
class CreateAllowed(UnpaidInvoicePolicy):
    """Services are created while an invoice is unpaid."""

    def create_refused(self, *, restricted: bool) -> bool:
        return False


@fault("create-refused-always", "BC-27")
class CreateRefusedAlways(UnpaidInvoicePolicy):
    """Creating a service is refused whether anything is unpaid or not."""

    def create_refused(self, *, restricted: bool) -> bool:
        return True


@fault("stopped-by-debt-starts", "BC-29")
class StoppedByDebtStarts(Ledger):
    """Services that the debt stopped can be started while unpaid; those that their owner stopped cannot."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        debt = organization.debt
        if debt is not None and debt.stopped and service.id in debt.found_running:
            return None
        return super().start_refused(organization, service, at)


@fault("create-allowed-after-deletion", "BC-30")
class CreateAllowedAfterDeletion(Ledger):
    """Services are created again once everything has been deleted, although the invoice is unpaid."""

    def create_refused(self, organization: Organization, at: datetime) -> Reason:
        if organization.debt is not None and organization.debt.deleted:
            return None
        return super().create_refused(organization, at)


@fault("deleted-services-start", "BC-31")
class DeletedServicesStart(BillingService):
    """Deleted services start again once the debt is paid."""

    def start_service(self, *, service: str) -> Answer:
        found = self.ledger.state.services[service]
        if found.state == "deleted" and not self.ledger.restricted(self.organization(found.organization)):
            found.state = "stopped"
        return super().start_service(service=service)


# Retries


@fault("retries-what-is-paid", "BC-28")
class RetriesWhatIsPaid(BillingService):
    """An invoice whose charge failed once is retried after it was paid."""

    def advance_to(self, *, now: datetime) -> Answer:
        before = {owner.id: len(owner.charges) for owner in self.ledger.state.organizations.values()}
        answer = super().advance_to(now=now)
        for owner in self.ledger.state.organizations.values():
            quiet = len(owner.charges) == before[owner.id] and owner.charges and owner.charges[-1].at < now - 9 * DAY
            for invoice in owner.invoices if quiet and owner.card is not None else ():
                if invoice.state == "paid" and invoice.failed_at is not None:
                    owner.charges.append(Charge(now, invoice.amount, succeeded=False))
        return answer


@fault("retries-never-collect", "BC-28", "BC-11")
class RetriesNeverCollect(Ledger):
    """An attempt tries nothing."""

    def collect(self, organization: Organization, at: datetime) -> bool:
        self.clear_debt(organization)
        return not organization.open_invoices
