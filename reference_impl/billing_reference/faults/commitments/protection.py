"""Faults of the protection from deletion (BC-66)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from billing_reference.faults.commitments.helpers import used_up
from billing_reference.faults.fault import Fault, fault
from billing_reference.ledger import Due, Ledger, Phase
from billing_reference.policy.commitments import CommitmentPolicy
from billing_reference.service import BillingService
from billing_reference.state import (
    Debt,
    Invoice,
    Organization,
    TrialLapse,
)
from billing_reference.time import DAY, FOREVER
from billing_reference.views import Answer


@fault("commitment-protects-nothing", "BC-66")
class ProtectsNothing(CommitmentPolicy):
    """A committed customer's data is deleted after 30 days, as any other."""

    def protected_until(self, debt: Debt, in_force_until: datetime | None) -> datetime | None:
        return None


def protection_for(name: str, sentence: str, days: int) -> Fault:
    """Declare a fault that lets the protection end so many days after the failed charge."""

    class Ends(CommitmentPolicy):
        def protected_until(self, debt: Debt, in_force_until: datetime | None) -> datetime | None:
            return debt.since + days * DAY if super().protected_until(debt, in_force_until) else None

    return Fault(name, sentence, ("BC-66",), (Ends,))


TOO_SHORT = (
    protection_for(
        "protection-for-90-days", "A committed customer's data is deleted 90 days after the failed charge.", 90
    ),
    protection_for(
        "protection-for-a-year", "A committed customer's data is deleted a year after the failed charge.", 365
    ),
    protection_for(
        "protection-for-seven-years",
        "A committed customer's data is deleted seven years after the failed charge.",
        7 * 365,
    ),
)


@fault("protection-until-the-term", "BC-66")
class ProtectionUntilTheTerm(Ledger):
    """The data is protected until the term of the used-up credits is over."""

    def protected_until(self, organization: Organization, debt: Debt) -> datetime | None:
        protected = super().protected_until(organization, debt) is not None
        return max(grant.expires_at for grant in organization.commitments) if protected else None


class ProtectsSome(Ledger):
    """Protects less than it should."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        """Return whether the protection holds."""
        raise NotImplementedError

    def protected_until(self, organization: Organization, debt: Debt) -> datetime | None:
        return super().protected_until(organization, debt) if self.protects(organization, debt) else None


@fault("protection-of-direct-contracts-alone", "BC-66")
class ProtectsDirectContracts(ProtectsSome):
    """The data is protected only if the commitment was made directly."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return all(grant.subscription is None for grant in organization.commitments)


@fault("protection-of-marketplaces-alone", "BC-66")
class ProtectsMarketplaces(ProtectsSome):
    """The data is protected only if the commitment was made through a marketplace."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return any(grant.subscription for grant in organization.commitments)


@fault("protection-with-a-card-alone", "BC-66")
class ProtectsWithACard(ProtectsSome):
    """The data is protected only while a card is on file."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return organization.card is not None


@fault("protection-of-the-used-up-alone", "BC-66")
class ProtectsTheUsedUp(ProtectsSome):
    """The data is protected if credits were used up, and not if they expired."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return used_up(organization)


class ProtectsOneInvoice(ProtectsSome):
    """Protects the data while one invoice is unpaid."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return len(organization.open_invoices) < 2


@fault("protection-of-one-invoice", "BC-66")
class ProtectionOfOneInvoice(ProtectsOneInvoice):
    """The data is protected while one invoice is unpaid, and not when there are two."""


@fault("spares-the-first-invoice-of-a-debt", "BC-66", declares={"commitment_protection": "fallback_debt"})
class SparesTheFirstInvoice(ProtectsOneInvoice):
    """Declares that the first debt after a commitment is protected, and protects only one invoice of it."""


@fault("protection-of-the-first-cycle", "BC-66")
class ProtectsTheFirstCycle(ProtectsSome):
    """The data is protected if the very first invoice after the commitment stayed unpaid."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return all(invoice.state == "open" for invoice in organization.invoices)


@fault("no-protection-after-pay-as-you-go", "BC-66")
class NoProtectionAfterPayg(ProtectsSome):
    """The data is not protected if a pay-as-you-go subscription came after the contract."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return all(held.offer == "committed" for held in organization.subscriptions)


@fault("contact-ends-the-protection", "BC-66", "BC-65")
class ContactEndsProtection(ProtectsSome):
    """The data is deleted automatically once the customer has been contacted."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return not organization.contacts


@fault("extension-ends-the-protection", "BC-66")
class ExtensionEndsProtection(ProtectsSome):
    """A committed customer's data is deleted when an extension ends."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return debt.extension_until is None


@fault("refunds-protect-too", "BC-66")
class RefundsProtect(Ledger):
    """The data of every organization that ever had credits is protected, by contract or not."""

    def protected_until(self, organization: Organization, debt: Debt) -> datetime | None:
        return FOREVER if organization.grants else super().protected_until(organization, debt)


@fault("one-commitment-protects-all", "BC-66")
class OneProtectsAll(Ledger):
    """No data is deleted any more once one organization has a commitment."""

    def protected_until(self, organization: Organization, debt: Debt) -> datetime | None:
        return FOREVER if any(other.commitments for other in self.state.organizations.values()) else None


@fault("protection-of-data-alone", "BC-66")
class ProtectionOfDataAlone(Ledger):
    """A committed customer's data is kept, and the services are deleted after 30 days."""

    def due_of_debt(self, organization: Organization, debt: Debt) -> Iterator[Due]:
        yield from super().due_of_debt(organization, debt)
        deletion = None if debt.deleted else self.deletion_due(organization, debt)
        if deletion is not None and self.protected_until(organization, debt) is not None:
            yield Due(deletion, Phase.DELETION, lambda _: self.delete_services(organization, debt))

    def delete_services(self, organization: Organization, debt: Debt) -> None:
        """Delete the services, and keep the data."""
        debt.deleted = True
        for service in organization.services:
            service.state = "deleted"


@fault("protection-for-sixty-sweeps", "BC-66")
class ProtectionForSixtySweeps(BillingService):
    """The data is deleted when the clock has moved sixty times during the same debt."""

    sweeps: Mapping[tuple[str, datetime], int] = {}

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        for owner in self.ledger.state.organizations.values():
            debt = owner.debt
            if debt is not None and debt.stopped and owner.commitments:
                found = self.sweeps.get((owner.id, debt.since), 0) + 1
                self.sweeps = {**self.sweeps, (owner.id, debt.since): found}
                if found + len(debt.found_running) > 60:
                    self.ledger.delete(owner, owner.services)
        return answer

    def reset(self, *, now: datetime) -> Answer:
        self.sweeps = {}
        return super().reset(now=now)


@fault("payment-catches-up-the-deletion", "BC-66")
class PaymentCatchesUp(Ledger):
    """The deletion is carried out when an old debt is paid by card."""

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        succeeded = super().charge(organization, invoice, at)
        if succeeded and organization.debt is not None and at > organization.debt.since + 30 * DAY:
            self.delete(organization, organization.services)
        return succeeded


@fault("transfer-catches-up-the-deletion", "BC-66")
class TransferCatchesUp(Ledger):
    """The deletion is carried out when an old invoice is paid by bank transfer."""

    def pay(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        if invoice.failed_at is not None and at > invoice.failed_at + 60 * DAY:
            self.delete(organization, organization.services)
        super().pay(organization, invoice, at)


@fault("old-debts-cannot-be-collected", "BC-66")
class OldDebtsNotCollected(Ledger):
    """An invoice that has been unpaid for forty days is not tried any more."""

    def collect(self, organization: Organization, at: datetime) -> bool:
        debt = organization.debt
        return super().collect(organization, at) if debt is None or at < debt.since + 40 * DAY else False


@fault("trial-deletes-the-committed", "BC-09")
class TrialDeletesTheCommitted(Ledger):
    """The data is deleted after a trial, also if there was a commitment."""

    def delete_after_trial(self, organization: Organization, lapse: TrialLapse, at: datetime) -> None:
        self.delete(organization, ())
        organization.trial_lapse = organization.deletion_after_trial = None


@fault("protection-through-aws-alone", "BC-66", declares={"commitment_protection": "ever_committed"})
class ProtectionThroughAws(ProtectsSome):
    """The data of commitments through GCP and Azure is not protected."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        through = [self.state.subscriptions[g.subscription] for g in organization.commitments if g.subscription]
        return all(held.marketplace == "aws" for held in through)


@fault("protection-lost-after-a-trial", "BC-66")
class ProtectionLostAfterATrial(ProtectsSome):
    """The data is not protected if the organization had a trial before."""

    def protects(self, organization: Organization, debt: Debt) -> bool:
        return organization.trial is None
