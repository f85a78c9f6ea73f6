"""The life of a debt: it opens with the first failure, leads to a stop and a deletion, and is cleared by payment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from billing_reference.ledger.payers import Payers
from billing_reference.state import Debt, Organization, Service, Subscription


def running(services: Sequence[Service]) -> list[Service]:
    """Return the services that run."""
    return [service for service in services if service.state == "running"]


class Debts(Payers):
    """The debts of organizations: what begins them, what they lead to, what ends them."""

    def open_debt(self, organization: Organization, at: datetime) -> Debt:
        """Return the debt of an organization; a first failure opens one (BC-23)."""
        if organization.debt is None:
            fall_back = self.policy.fall_back(organization.commitments, at)
            first = fall_back is not None and fall_back not in organization.fall_backs_judged
            if fall_back is not None:
                organization.fall_backs_judged.add(fall_back)
            organization.debt = Debt(at, after_commitment=first)
        return organization.debt

    def clear_debt(self, organization: Organization) -> None:
        """End the debt once nothing is unpaid; a later failure opens a new one (BC-11, BC-23)."""
        debt = organization.debt
        if debt is None or organization.unpaid_invoices or debt.lapse_since is not None:
            return
        organization.debt = None
        if self.policy.SERVICES_RESTART_AFTER_PAYMENT:
            for service in organization.services:
                if service.id in debt.found_running and service.state == "stopped":
                    service.state = "running"

    def lapse(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        """Apply what the end of a subscription brings if nothing else can pay (BC-44 to BC-46, BC-63)."""
        if subscription.offer == "committed":
            self.lapse_of_commitment(organization, at)
        elif subscription.offer == "payg" and self.policy.RESTRICTS_AT_END and self.nothing_pays(organization, at):
            debt = organization.debt or Debt(at)
            organization.debt = debt
            debt.lapse_since, debt.lapse_of_commitment = at, False
            if self.policy.STOPS_AT_END:
                self.stop_for_debt(organization, debt)

    def lapse_of_commitment(self, organization: Organization, at: datetime) -> None:
        """Apply what the end of a commitment brings if nothing else can pay (BC-63)."""
        if self.policy.COMMITMENT_END_RESTRICTS and self.nothing_pays(organization, at):
            debt = self.open_debt(organization, at)
            if debt.lapse_since is None:
                debt.lapse_since, debt.lapse_of_commitment = at, True

    def end_lapse(self, organization: Organization) -> None:
        """End what the end of a subscription began; open invoices go on as a debt (BC-44)."""
        if organization.debt is not None:
            organization.debt.lapse_since = None
            self.clear_debt(organization)

    def lift_arrears(self, organization: Organization) -> None:
        """End the consequences of everything that is unpaid now; open invoices stay open (BC-11)."""
        for invoice in organization.unpaid_invoices:
            invoice.lifted = True
        self.end_lapse(organization)

    # Questions

    def restricted(self, organization: Organization) -> bool:
        """Return whether the restrictions are in force (BC-23)."""
        lapse_since = organization.debt.lapse_since if organization.debt else None
        return self.policy.restricted(organization.unpaid_invoices, lapse_since)

    def unpaid_since(self, organization: Organization) -> datetime | None:
        """Return the start of the oldest running clock of 14 and 30 days; None if nothing is unpaid."""
        debt = organization.debt
        return None if debt is None else self.policy.clock_start(debt, organization.unpaid_invoices)

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        """Return when all services stop for this debt (BC-29)."""
        stop = self.policy.stop_deadline(self.policy.clock_start(debt, organization.unpaid_invoices))
        if debt.extension_until is None:
            return stop
        return self.policy.stop_with_extension(stop, self.policy.deadline(debt.extension_until))

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        """Return when data and services are deleted; None: never automatically (BC-30 to BC-32, BC-46)."""
        deletion = self.policy.deletion_deadline(self.policy.clock_start(debt, organization.unpaid_invoices))
        if debt.lapse_since is not None and not debt.lapse_of_commitment:
            after_end = self.policy.deletion_after_end(debt.lapse_since)
            deletion = deletion if after_end is None else min(deletion, after_end)
        if debt.extension_until is None:
            return deletion
        return self.policy.deletion_with_extension(deletion, self.policy.deadline(debt.extension_until))

    def protected_until(self, organization: Organization, debt: Debt) -> datetime | None:
        """Return until when nothing is deleted automatically for this debt; None if nothing protects it (BC-66)."""
        return self.policy.protected_until(debt, self.in_force_until(organization))

    def in_force_until(self, organization: Organization) -> datetime | None:
        """Return the end of the last commitment; None if there never was one (BC-66).

        A commitment through a marketplace ends with its subscription, if that ends earlier.
        """
        ends = []
        for grant in organization.commitments:
            through = None if grant.subscription is None else self.state.subscriptions[grant.subscription].ended_at
            ends.append(grant.expires_at if through is None else min(grant.expires_at, through))
        return max(ends, default=None)

    # Consequences

    def stop_for_debt(self, organization: Organization, debt: Debt) -> None:
        """Stop all services (BC-29)."""
        debt.stopped = True
        for service in running(organization.services):
            debt.found_running.append(service.id)
            service.state = "stopped"

    def delete_for_debt(self, organization: Organization, debt: Debt) -> None:
        """Delete all data and services (BC-30, BC-31)."""
        debt.deleted = True
        self.delete(organization, organization.services)
        self.write_off(organization)

    def write_off(self, organization: Organization) -> None:
        """Make open invoices void after a deletion, and end the restrictions, where a reading says so (BC-30)."""
        if self.policy.DELETION_WRITES_OFF:
            for invoice in organization.open_invoices:
                invoice.state = "void"
            organization.debt = None

    def delete(self, organization: Organization, services: Iterable[Service]) -> None:
        """Delete the data, and these services with it."""
        if organization.data == "present":
            organization.data = "deleted"
        for service in services:
            service.state = "deleted"
