"""Faults of payment and restrictions (BC-11, BC-23, BC-24)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from billing_reference.faults.fault import fault, shows
from billing_reference.ledger import Due, Ledger
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.policy.unpaid_invoices import UnpaidInvoicePolicy
from billing_reference.service import BillingService
from billing_reference.state import Grant, Invoice, Organization, Service, Subscription
from billing_reference.time import DAY, HOUR
from billing_reference.views import Answer

# Payment and restrictions


@fault("new-card-does-not-cure", "BC-11")
class NothingCures(Ledger):
    """A new card that pays leaves the debt open."""

    def clear_debt(self, organization: Organization) -> None:
        return


@fault("restricted-only-with-two-invoices", "BC-23")
class RestrictedWithTwo(UnpaidInvoicePolicy):
    """The restrictions begin with the second unpaid invoice."""

    def restricted(self, open_invoices: Sequence[Invoice], lapse_since: datetime | None) -> bool:
        return len(open_invoices) > 1 or lapse_since is not None


@shows("restriction-after-14-days", "BC-23")
def restricted_when_stopped(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The restrictions begin when the services stop, not at once."""
    return {"restricted": organization.debt is not None and organization.debt.stopped}


@shows("unpaid-since-dated-by-the-job", "BC-23")
def unpaid_since_the_job(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The periods are shown to run from two hours after the due time, when the job runs."""
    since = service.ledger.unpaid_since(organization)
    return {"unpaid_since": None if since is None else since + 2 * HOUR}


@fault("part-payment-cures", "BC-23")
class PartPaymentCures(Ledger):
    """A part of the amount is taken for the whole."""

    def collect(self, organization: Organization, at: datetime) -> bool:
        card = organization.card
        for invoice in organization.open_invoices if card is not None and card.available_credit else ():
            invoice.state = "paid"
        return super().collect(organization, at)


@fault("transfer-does-not-cure", "BC-23")
class TransferDoesNotCure(Ledger):
    """A bank transfer leaves the invoice open."""

    def pay(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        invoice.state = "void"
        again = Invoice(
            self.state.new_id("invoice"), invoice.issued_at, invoice.amount, invoice.first_day, invoice.last_day
        )
        organization.invoices.append(again)


@fault("transfer-charges-card-too", "BC-23")
class TransferChargesCard(Ledger):
    """A bank transfer is charged to the card as well."""

    def pay(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        if organization.card is not None:
            organization.card.behaviour = "approves"
        self.charge(organization, invoice, at)
        super().pay(organization, invoice, at)


@fault("payment-clears-every-organization", "BC-23")
class PaymentClearsEverybody(BillingService):
    """One organization's payment pays the invoices of all organizations."""

    def attempt_collection(self, *, organization: str) -> Answer:
        answer = super().attempt_collection(organization=organization)
        if answer["collected"] is True and self.organization(organization).charges:
            for other in self.ledger.state.organizations.values():
                for invoice in other.open_invoices:
                    invoice.state = "paid"
                self.ledger.clear_debt(other)
        return answer


@fault("one-debt-restricts-everybody", "BC-23")
class OneDebtRestrictsEverybody(Ledger):
    """One organization's unpaid invoice restricts all others."""

    def create_refused(self, organization: Organization, at: datetime) -> Reason:
        if any(self.restricted(other) for other in self.state.organizations.values()):
            return "unpaid_invoice"
        return super().create_refused(organization, at)


@fault("restricted-for-a-week-after-collection", "BC-23")
class RestrictedForAWeek(BillingService):
    """The restrictions are lifted a week after a collection paid everything."""

    collected: tuple[tuple[str, datetime], ...] = ()

    def attempt_collection(self, *, organization: str) -> Answer:
        in_debt = self.organization(organization).debt is not None
        answer = super().attempt_collection(organization=organization)
        if in_debt and answer["collected"] is True:
            self.collected = (*self.collected, (organization, self.now))
        return answer

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        recent = any(paid == organization and self.now < at + 7 * DAY for paid, at in self.collected)
        return {**shown, "restricted": True} if recent else shown

    def reset(self, *, now: datetime) -> Answer:
        self.collected = ()
        return super().reset(now=now)


@fault("collection-of-one-invoice-denied", "BC-23")
class CollectionOfOneDenied(BillingService):
    """An attempt that collects the one open invoice answers that not everything was collected."""

    def attempt_collection(self, *, organization: str) -> Answer:
        count = len(self.organization(organization).open_invoices)
        answer = super().attempt_collection(organization=organization)
        return {"collected": False} if count == 1 else answer


@fault("collection-of-several-invoices-denied", "BC-23")
class CollectionOfSeveralDenied(BillingService):
    """An attempt that collects several open invoices answers that not everything was collected."""

    def attempt_collection(self, *, organization: str) -> Answer:
        count = len(self.organization(organization).open_invoices)
        answer = super().attempt_collection(organization=organization)
        return {"collected": False} if count > 1 else answer


@fault("collected-although-not", "BC-23")
class CollectedAlthoughNot(BillingService):
    """An attempt answers that everything was collected, whatever is due."""

    def attempt_collection(self, *, organization: str) -> Answer:
        return {**super().attempt_collection(organization=organization), "collected": True}


@fault("retries-newest-only", "BC-23")
class RetriesTheNewest(Ledger):
    """An attempt tries the newest invoice only."""

    def collect(self, organization: Organization, at: datetime) -> bool:
        for invoice in organization.open_invoices[-1:]:
            self.charge(organization, invoice, at)
        self.clear_debt(organization)
        return not organization.open_invoices


@fault("next-invoice-waits-for-payment", "BC-23")
class NextInvoiceWaits(Ledger):
    """While an invoice is unpaid, the next cycle is not invoiced."""

    def due_charges(self, organization: Organization) -> Iterator[Due]:
        return iter(()) if organization.open_invoices else super().due_charges(organization)


# The memory cap


@fault("cap-until-first-payment", "BC-24")
class CapUntilFirstPayment(Ledger):
    """The 120 GiB are the limit until an organization has paid its first invoice."""

    def scaling_refused(self, organization: Organization, service: Service, gib: int) -> Reason:
        paid = any(invoice.state == "paid" for invoice in organization.invoices)
        if not paid and gib > self.policy.MEMORY_CAP_GIB:
            return "memory_cap"
        return super().scaling_refused(organization, service, gib)


@fault("cap-lifted-by-a-large-service", "BC-24")
class CapLiftedByALargeService(Ledger):
    """An organization that already has a service above 120 GiB may have more of them while unpaid."""

    def scaling_refused(self, organization: Organization, service: Service, gib: int) -> Reason:
        others = [other for other in organization.services if other is not service]
        if any(other.replica_memory_gib > self.policy.MEMORY_CAP_GIB for other in others):
            return None
        return super().scaling_refused(organization, service, gib)


@fault("cap-on-total-memory", "BC-24")
class CapOnTotalMemory(Ledger):
    """The 120 GiB are counted over all services."""

    def scaling_refused(self, organization: Organization, service: Service, gib: int) -> Reason:
        others = [s.replica_memory_gib for s in organization.services if s is not service and s.state != "deleted"]
        return super().scaling_refused(organization, service, gib + sum(others))


@fault("cap-exclusive", "BC-24")
class CapExclusive(UnpaidInvoicePolicy):
    """While unpaid, 120 GiB are already refused."""

    def scaling_refused(self, *, restricted: bool, gib: int) -> bool:
        return restricted and gib >= self.MEMORY_CAP_GIB


@fault("cap-always", "BC-24", "BC-23")
class CapAlways(UnpaidInvoicePolicy):
    """More than 120 GiB are refused, paid or not."""

    def scaling_refused(self, *, restricted: bool, gib: int) -> bool:
        return gib > self.MEMORY_CAP_GIB


@fault("all-scaling-refused", "BC-24")
class AllScalingRefused(UnpaidInvoicePolicy):
    """While unpaid, no scaling is allowed at all."""

    def scaling_refused(self, *, restricted: bool, gib: int) -> bool:
        return restricted


# Another method after a failed charge


def failed_before(organization: Organization) -> bool:
    """Return whether the charge of an invoice that is still open has failed."""
    return any(invoice.failed_at is not None for invoice in organization.open_invoices)


@fault("subscription-ignored-after-a-failed-charge", "BC-11")
class SubscriptionIgnored(Ledger):
    """A subscription that is linked after a charge failed is not used until the invoice is paid."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        return None if failed_before(organization) else super().paying_subscription(organization, at)


@fault("commitment-ignored-after-a-failed-charge", "BC-11")
class CommitmentIgnored(Ledger):
    """The credits of a commitment that is signed after a charge failed are not used until the invoice is paid."""

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        return [] if failed_before(organization) else super().credits_at(organization, at)


@fault("credits-pay-the-newest-invoice-first", "BC-11", declares={"arrears_cure": "credits_pay"})
class CreditsPayTheNewestFirst(Ledger):
    """Declares that new credits pay the oldest open invoice first, and lets them pay the newest first."""

    def pay_arrears(self, organization: Organization, grant: Grant, at: datetime) -> None:
        organization.invoices.reverse()
        super().pay_arrears(organization, grant, at)
        organization.invoices.reverse()


@fault("new-method-pays-what-it-lifts", "BC-11", declares={"arrears_cure": "method_lifts"})
class NewMethodPays(Ledger):
    """Declares that a new method lifts the consequences of open invoices, and marks them as paid."""

    def lift_arrears(self, organization: Organization) -> None:
        for invoice in organization.open_invoices:
            invoice.state = "paid"
        super().lift_arrears(organization)
