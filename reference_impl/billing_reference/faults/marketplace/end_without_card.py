"""Faults of the end of a subscription, with no card on file (BC-44 to BC-46)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing_reference.faults.fault import fault, shows
from billing_reference.ledger import Ledger
from billing_reference.ledger.debts import running
from billing_reference.policy.marketplace import MarketplacePolicy
from billing_reference.policy.unpaid_invoices import UnpaidInvoicePolicy
from billing_reference.service import BillingService
from billing_reference.state import (
    Debt,
    Invoice,
    Methods,
    Organization,
    Subscription,
)
from billing_reference.time import DAY, NO_TIME, start_of
from billing_reference.views import Answer

# The end of a subscription, with no card on file: restrictions


@fault("marketplace-customers-never-restricted", "BC-44")
class NeverRestricted(Ledger):
    """An organization that ever had a subscription is not restricted, whatever it owes."""

    def restricted(self, organization: Organization) -> bool:
        return not organization.subscriptions and super().restricted(organization)


@fault("written-off-without-a-card", "BC-44")
class WrittenOffWithoutACard(Ledger):
    """Usage after the end that falls due with no card on file counts as paid."""

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        if organization.card is None and organization.subscriptions:
            invoice.state = "paid"
            return True
        return super().charge(organization, invoice, at)


@fault("expired-card-is-valid-after-marketplace", "BC-44")
class ExpiredCardIsValid(Ledger):
    """After a subscription an expired card is taken for a valid one."""

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        if organization.subscriptions and organization.card is not None and organization.card.behaviour == "expired":
            organization.card.behaviour = "approves"
        return super().charge(organization, invoice, at)


@fault("nothing-lifts-the-end", "BC-44")
class NothingLiftsTheEnd(Ledger):
    """The consequences of the end of a subscription continue when a card pays everything."""

    def end_lapse(self, organization: Organization) -> None:
        return


@fault("link-does-not-lift-the-end", "BC-44")
class LinkDoesNotLift(Ledger):
    """The consequences of the end of a subscription continue when another one is linked."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        since = organization.debt.lapse_since if organization.debt is not None else None
        super().link(organization, subscription, at)
        if since is not None:
            organization.debt = Debt(since, lapse_since=since)


@fault("only-cancellation-restricts", "BC-44")
class OnlyCancellationRestricts(Ledger):
    """Nothing follows at once if a subscription is not renewed, although the end is declared to restrict."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        if organization is not None and cause == "not_renewed":
            organization.debt = None
        return organization


@fault("end-restricts-during-trial", "BC-44")
class EndRestrictsDuringTrial(MarketplacePolicy):
    """The end of a subscription restricts although a trial is active."""

    def end_lapses(self, methods: Methods, *, trial_active: bool) -> bool:
        return not any(methods)


@fault("end-restricts-with-credits", "BC-44")
class EndRestrictsWithCredits(MarketplacePolicy):
    """The end of a subscription restricts although credits are left."""

    def end_lapses(self, methods: Methods, *, trial_active: bool) -> bool:
        return not (methods.card or methods.subscription or trial_active)


@shows("end-restricts-the-next-day", "BC-44")
def restricted_the_next_day(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The restrictions that begin at the end of a subscription are shown a day later."""
    since = organization.debt.lapse_since if organization.debt is not None else None
    fresh = since is not None and service.now < since + DAY and not organization.open_invoices
    return {"restricted": False} if fresh else {}


@fault("end-of-the-unlinked-restricts-the-last-linked", "BC-44")
class UnlinkedEndRestricts(Ledger):
    """The end of a subscription that was never linked restricts the organization that was linked last."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        linked = [owner for owner in self.state.organizations.values() if owner.subscriptions]
        if organization is None and linked:
            linked[-1].debt = Debt(at, lapse_since=at)
        return organization


# The end of a subscription, with no card on file: the stop


@fault("end-stops-the-next-day", "BC-45")
class EndStopsTheNextDay(Ledger):
    """If the end of a subscription stops services, they stop a day later."""

    def lapse(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().lapse(organization, subscription, at)
        debt = organization.debt
        if debt is not None and debt.lapse_since is not None and debt.stopped:
            debt.stopped = False
            for service in organization.services:
                service.state = "running" if service.id in debt.found_running else service.state

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        if debt.lapse_since is not None and self.policy.STOPS_AT_END:
            return debt.lapse_since + DAY
        return super().stop_due(organization, debt)


@fault("two-weeks-to-find-a-card", "BC-45")
class TwoWeeksToFindACard(Ledger):
    """After a subscription services stop 28 days after the failed charge."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return super().stop_due(organization, debt) + (14 * DAY if organization.subscriptions else NO_TIME)


@fault("marketplace-customers-never-stopped", "BC-45")
class NeverStopped(Ledger):
    """After a subscription services are not stopped, and run until they are deleted."""

    def stop_for_debt(self, organization: Organization, debt: Debt) -> None:
        debt.stopped = True
        if not organization.subscriptions:
            super().stop_for_debt(organization, debt)


@fault("stopped-with-the-failed-charge", "BC-45", "BC-44")
class StoppedWithTheFailedCharge(Ledger):
    """After a subscription services stop as soon as a charge fails."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return debt.since if organization.subscriptions else super().stop_due(organization, debt)


def on_marketplaces_of(service: BillingService, some: list[Organization]) -> list[Organization]:
    """Return all organizations with a subscription on a marketplace on which some of them have one."""
    names = {held.marketplace for owner in some for held in owner.subscriptions}
    everybody = service.ledger.state.organizations.values()
    return [owner for owner in everybody if names & {held.marketplace for held in owner.subscriptions}]


@fault("stops-all-on-the-marketplace", "BC-45")
class StopsAllOnTheMarketplace(BillingService):
    """With one organization all others on the same marketplace are stopped."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        stopped = [o for o in self.ledger.state.organizations.values() if o.debt is not None and o.debt.stopped]
        for owner in on_marketplaces_of(self, stopped):
            for service in running(owner.services):
                service.state = "stopped"
        return answer


@fault("newest-failure-counts", "BC-45")
class NewestFailureCounts(UnpaidInvoicePolicy):
    """The days count from the newest failed charge, and no longer from the end of the subscription."""

    def clock_start(self, debt: Debt, open_invoices: Sequence[Invoice]) -> datetime:
        return max((i.failed_at for i in open_invoices if i.failed_at is not None), default=debt.since)


@fault("bad-card-stops-at-the-end", "BC-45")
class BadCardStops(Ledger):
    """Services stop at the end of a subscription if the card on file would not pay."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        if organization is not None and organization.card is not None and organization.card.behaviour != "approves":
            for service in organization.services:
                service.state = "stopped"
        return organization


# The end of a subscription, with no card on file: the deletion


@fault("marketplace-customers-never-deleted", "BC-46")
class NeverDeleted(Ledger):
    """After a subscription the data is kept for ever."""

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        return None if organization.subscriptions else super().deletion_due(organization, debt)


@fault("marketplace-data-deleted-after-60-days", "BC-46")
class DeletedAfterSixtyDays(Ledger):
    """After a subscription the data is deleted 60 days after the failed charge."""

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        due = super().deletion_due(organization, debt)
        return due + 30 * DAY if due is not None and organization.subscriptions else due


@fault("marketplace-data-deleted-with-the-stop", "BC-46", "BC-45")
class DeletedWithTheStop(Ledger):
    """After a subscription the data is deleted when the services stop."""

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        after = organization.subscriptions
        return self.stop_due(organization, debt) if after else super().deletion_due(organization, debt)


@fault("extension-not-heeded-after-the-end", "BC-46")
class ExtensionNotHeeded(Ledger):
    """No extension puts off the deletion that the end of a subscription began."""

    def deletion_due(self, organization: Organization, debt: Debt) -> datetime | None:
        if debt.lapse_since is None:
            return super().deletion_due(organization, debt)
        return self.policy.deletion_deadline(debt.lapse_since)


@fault("marketplace-data-deleted-though-paid", "BC-46")
class DeletedThoughPaid(Ledger):
    """After a subscription the data is deleted 30 days after the failed charge, also if everything was paid."""

    def clear_debt(self, organization: Organization) -> None:
        if not organization.subscriptions:
            super().clear_debt(organization)


@fault("deletes-all-on-the-marketplace", "BC-46")
class DeletesAllOnTheMarketplace(BillingService):
    """With one organization's data that of all others on the same marketplace is deleted."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        gone = [o for o in self.ledger.state.organizations.values() if o.debt is not None and o.debt.deleted]
        for owner in on_marketplaces_of(self, gone):
            self.ledger.delete(owner, ())
        return answer


@fault("deletion-at-the-midnight-before", "BC-46")
class DeletionAtTheMidnightBefore(MarketplacePolicy):
    """If the end stops services, the deletion comes at the midnight before its instant."""

    def deletion_after_end(self, lapse_since: datetime) -> datetime | None:
        due = super().deletion_after_end(lapse_since)
        return None if due is None else start_of(due.date())


@fault("looking-restarts-the-clock", "BC-46")
class ReadingRestartsTheClock(BillingService):
    """The days of a debt that followed a subscription restart whenever its state is read."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self.organization(organization)
        if owner.subscriptions and owner.debt is not None:
            owner.debt.since = self.now
            owner.debt.lapse_since = self.now if owner.debt.lapse_since is not None else None
            for invoice in owner.open_invoices:
                invoice.failed_at = self.now
        return super().get_organization(organization=organization)
