"""Faults of unpaid invoices after a fall-back (BC-63 to BC-65)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from billing_reference.faults.commitments.helpers import YEAR, used_up
from billing_reference.faults.fault import fault
from billing_reference.ledger import Due, Ledger, Phase
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.policy.commitments import CommitmentPolicy
from billing_reference.service import BillingService
from billing_reference.state import (
    ZERO,
    Debt,
    Organization,
    Service,
)
from billing_reference.time import DAY, NO_TIME, start_of
from billing_reference.views import Answer

# Restrictions and the stop after a fall-back


@fault("fall-back-does-not-restrict", "BC-63")
class FallBackDoesNotRestrict(Ledger):
    """The first debt after a commitment does not restrict."""

    def restricted(self, organization: Organization) -> bool:
        debt = organization.debt
        return not (debt is not None and debt.after_commitment) and super().restricted(organization)


@fault("restricts-when-used-up", "BC-63")
class RestrictsWhenUsedUp(Ledger):
    """An organization is restricted as soon as a commitment is used up and no card is on file."""

    def restricted(self, organization: Organization) -> bool:
        nothing_pays = organization.card is None and not organization.subscriptions
        return super().restricted(organization) or (nothing_pays and used_up(organization))


@fault("one-debt-restricts-all-committed", "BC-63")
class OneDebtRestrictsAll(Ledger):
    """Every committed organization is restricted when one of them owes."""

    def restricted(self, organization: Organization) -> bool:
        some = list(self.state.organizations.values()) if organization.commitments else [organization]
        return any(Ledger.restricted(self, other) for other in some)


@fault("committed-start-all-the-same", "BC-63")
class CommittedStart(Ledger):
    """A committed organization can start stopped services, whatever it owes."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        return None if organization.commitments else super().start_refused(organization, service, at)


@fault("protection-from-the-stop", "BC-64")
class ProtectionFromTheStop(Ledger):
    """The services of a committed organization do not stop either."""

    def due_of_debt(self, organization: Organization, debt: Debt) -> Iterator[Due]:
        protected = self.protected_until(organization, debt) is not None
        return (d for d in super().due_of_debt(organization, debt) if not (protected and d.phase is Phase.STOP))


@fault("committed-stop-after-thirty-days", "BC-64")
class CommittedStopAfterThirty(Ledger):
    """The services of a committed organization stop after 30 days."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return super().stop_due(organization, debt) + (16 * DAY if debt.after_commitment else NO_TIME)


@fault("stop-counts-from-the-last-credit", "BC-64")
class StopFromTheLastCredit(Ledger):
    """The 14 days count from when the credits were used up."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        ends = [grant.used_up_at for grant in organization.commitments if grant.used_up_at is not None]
        return max(debt.since, max(ends) + 14 * DAY) if ends else super().stop_due(organization, debt)


@fault("no-stop-after-expiry", "BC-64")
class NoStopAfterExpiry(Ledger):
    """Nothing stops if the credits expired instead of being used up."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        spared = bool(organization.commitments) and not used_up(organization)
        return super().stop_due(organization, debt) + (10 * YEAR if spared else NO_TIME)


@fault("stop-sooner-after-expiry", "BC-64")
class StopSoonerAfterExpiry(Ledger):
    """Services stop 7 days after a failed charge if the credits expired."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        expired = any(grant.left > ZERO and grant.expires_at <= debt.since for grant in organization.commitments)
        return super().stop_due(organization, debt) - (7 * DAY if expired else NO_TIME)


@fault("committed-stop-with-the-day", "BC-64")
class CommittedStopWithTheDay(Ledger):
    """Declares that deadlines fall at their instant, and stops a committed customer's services with the day."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        stop = super().stop_due(organization, debt)
        return start_of(stop.date()) + DAY if debt.after_commitment else stop


# Contact before the deletion by hand


@fault("deletion-by-hand-without-contact", "BC-65")
class DeletionWithoutContact(CommitmentPolicy):
    """A committed customer's data is deleted by hand without any contact."""

    def contact_missing(self, *, protected: bool, contacts: Sequence[datetime], unpaid_since: datetime) -> bool:
        return False


@fault("no-deletion-by-hand", "BC-65")
class NoDeletionByHand(CommitmentPolicy):
    """Deleting a committed customer's data by hand is refused, contacted or not."""

    def contact_missing(self, *, protected: bool, contacts: Sequence[datetime], unpaid_since: datetime) -> bool:
        return protected


@fault("contact-once-and-for-all", "BC-65")
class ContactOnce(CommitmentPolicy):
    """Any contact ever made counts as the contact about this debt."""

    def contact_missing(self, *, protected: bool, contacts: Sequence[datetime], unpaid_since: datetime) -> bool:
        return protected and not contacts


@fault("contact-of-the-month-before", "BC-65")
class ContactOfTheMonthBefore(CommitmentPolicy):
    """A contact from the month before the debt counts as one about it."""

    def contact_missing(self, *, protected: bool, contacts: Sequence[datetime], unpaid_since: datetime) -> bool:
        earlier = unpaid_since - 30 * DAY
        return super().contact_missing(protected=protected, contacts=contacts, unpaid_since=earlier)


@fault("contact-with-anybody", "BC-65")
class ContactWithAnybody(BillingService):
    """The contact with one customer counts as the contact with all."""

    def record_contact(self, *, organization: str) -> Answer:
        for other in self.ledger.state.organizations:
            super().record_contact(organization=other)
        return {}


@fault("refuses-and-deletes", "BC-65")
class RefusesAndDeletes(BillingService):
    """Deleting by hand is refused, and done nevertheless."""

    def delete_data(self, *, organization: str) -> Answer:
        owner = self.organization(organization)
        self.ledger.delete(owner, owner.services)
        return super().delete_data(organization=organization)


@fault("contact-for-direct-contracts-alone", "BC-65")
class ContactForDirectContracts(Ledger):
    """No contact is needed if the commitment was made through a marketplace."""

    def deletion_refused(self, organization: Organization, at: datetime) -> Reason:
        through_marketplace = all(grant.subscription is not None for grant in organization.commitments)
        return None if through_marketplace else super().deletion_refused(organization, at)


@fault("contact-while-the-term-runs", "BC-65")
class ContactWhileTheTermRuns(Ledger):
    """A contact is needed only until the term of a contract is over."""

    def deletion_refused(self, organization: Organization, at: datetime) -> Reason:
        over = all(grant.expires_at <= at for grant in organization.commitments)
        return None if over else super().deletion_refused(organization, at)
