"""Faults of billing through a marketplace (BC-06, BC-33 to BC-46)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing_reference import marketplace
from billing_reference.card_billing import Cycle
from billing_reference.facts import ZERO, Debt, Invoice, Organization, Report, Subscription, Usage
from billing_reference.faults.fault import Fault, kept_by
from billing_reference.instants import DAY, HOUR, Deadline, start_of
from billing_reference.settling import Ledger
from billing_reference.shell import Answer, Billing

ONE_DAY = timedelta(days=1)


def _paid_through(organization: Organization, name: str, facts: Iterable[Subscription]) -> bool:
    """Whether an organization was ever linked to a subscription on a marketplace."""
    return any(held.organization == organization.id and held.marketplace == name for held in facts)


# Who pays


class _LinkedDuringTrialNeverPays(Ledger):
    """Forgets a subscription that was linked while the trial ran."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        trial = organization.trial
        if trial is None or found is None or found.linked_at is None:
            return found
        return found if trial.ended_at is not None and trial.ended_at <= found.linked_at else None


class _ShowsAws(Billing):
    """Shows every marketplace as AWS."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        method = shown["billing_method"]
        if isinstance(method, dict) and method["marketplace"] is not None:
            shown["billing_method"] = {**method, "marketplace": "aws"}
        return shown


class _ShowsMarketplaceOfTheLastLink(Billing):
    """Shows every organization the marketplace to which anybody was linked last."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        method = shown["billing_method"]
        linked = [held for held in self.ledger.facts.subscriptions.values() if held.linked_at is not None]
        if isinstance(method, dict) and method["kind"] == "marketplace" and linked:
            shown["billing_method"] = {**method, "marketplace": linked[-1].marketplace}
        return shown


class _UsageGoesToTheFirstLinked(Billing):
    """Books usage with the first organization that was linked on the same marketplace."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        owner = self._organization(organization)
        held = owner.subscriptions[-1] if owner.subscriptions else None
        for other in self.ledger.facts.subscriptions.values():
            if held is not None and other.organization is not None and other.marketplace == held.marketplace:
                return super().record_usage(organization=other.organization, amount=amount, item=item)
        return super().record_usage(organization=organization, amount=amount, item=item)


class _EverySecondCycleByCard(Ledger):
    """Lets the card pay from the first full cycle after the link on."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        if found is None or found.linked_at is None or organization.card is None:
            return found
        cycle = self.cycle_at(organization, found.linked_at.date())
        return found if cycle is None or at < cycle.end else None


class _LinkedForEverybody(Ledger):
    """Lets a subscription pay for every organization that has nothing to pay by."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        if organization.card is not None or organization.subscriptions or organization.trial is not None:
            return super().paying_subscription(organization, at)
        others = self.facts.organizations.values()
        found = [held for held in (self.linked_at(other, at) for other in others) if held is not None]
        return found[-1] if found else None


# Cycles


class _LinkBeginsTheFirstCycle(Billing):
    """Begins the first cycle with the link where it has not begun yet."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        owner = self._organization(str(answer["organization"]))
        owner.tier_day = owner.tier_day or self.now.date()
        owner.service_day = owner.service_day or self.now.date()
        return answer


class _EndBeginsACycle(Billing):
    """Begins a new cycle when a subscription ends."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        owner = self._subscription(subscription).organization
        if owner is not None:
            found = self._organization(owner)
            found.tier_day = found.service_day = self.now.date()
        return super().end_subscription(subscription=subscription, cause=cause)


def _calendar_month(cycle: Cycle, day: date) -> Cycle:
    return Cycle(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def _thirty_days(cycle: Cycle, day: date) -> Cycle:
    last = cycle.first_day + 29 * ONE_DAY
    return Cycle(cycle.first_day, last) if day <= last else Cycle(last + ONE_DAY, last + 30 * ONE_DAY)


def _last_day_in_the_next(cycle: Cycle, day: date) -> Cycle:
    if day < cycle.last_day:
        return Cycle(cycle.first_day, cycle.last_day - ONE_DAY)
    return Cycle(cycle.last_day, cycle.last_day + 30 * ONE_DAY)


class _ShowsOneDayMore(Billing):
    """Shows the first day of the next cycle as the last of this one."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        cycle = shown["billing_cycle"]
        if isinstance(cycle, dict) and self._organization(organization).subscriptions:
            shown["billing_cycle"] = {**cycle, "last_day": cycle["last_day"] + ONE_DAY}
        return shown


# Reports


def _without_repeats(lines: Sequence[Report]) -> Sequence[Report]:
    return list(dict.fromkeys(lines))


def _last_of_each_item(lines: Sequence[Report]) -> Sequence[Report]:
    return list({line.item: line for line in lines}.values())


def _whole_dollars(lines: Sequence[Report]) -> Sequence[Report]:
    return [
        Report(line.subscription, line.at, line.kind, line.item, line.amount.quantize(Decimal(1))) for line in lines
    ]


def _capped(lines: Sequence[Report]) -> Sequence[Report]:
    most = Decimal("9999.99")
    return [replace(line, amount=min(most, line.amount)) for line in lines]


class _ReportsWhenLookedAt(Billing):
    """Reports what waits for its report whenever someone looks, and once more when it is due."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        for line in owner.metered:
            owner.reports.append(Report(line.subscription, self.now, "usage", line.item, line.amount))
        return super().get_organization(organization=organization)


class _ForgetsInLongJumps(Billing):
    """Reports no usage that is older than a week when it gets round to it."""

    def advance_to(self, *, now: datetime) -> Answer:
        for owner in self.ledger.facts.organizations.values():
            owner.metered = [line for line in owner.metered if now - line.at < 7 * DAY]
        return super().advance_to(now=now)


class _ReportsUnderTheLatest(Billing):
    """Shows all reports under the subscription that was linked last."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        owner = self._organization(organization)
        lines = shown["marketplace_reports"]
        if isinstance(lines, list) and owner.subscriptions:
            shown["marketplace_reports"] = [{**line, "subscription": owner.subscriptions[-1].id} for line in lines]
        return shown


# The end of a subscription


def _over_with_the_day(ended_at: datetime, at: datetime) -> bool:
    return start_of(ended_at.date()) + DAY <= at


def _over_with_the_hour(ended_at: datetime, at: datetime) -> bool:
    return ended_at.replace(minute=0, second=0) + HOUR <= at


def _over_with_the_month(ended_at: datetime, at: datetime) -> bool:
    return (ended_at.year, ended_at.month) < (at.year, at.month)


class _LinkTakesCardAway(Billing):
    """Takes the card from the file when a subscription is linked."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        self._organization(str(answer["organization"])).card = None
        return answer


class _LastHourGoesToTheCard(Billing):
    """Lets the card pay what waits for its report when the subscription ends."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        owner = self._subscription(subscription).organization
        if owner is not None:
            found = self._organization(owner)
            found.uninvoiced.extend(Usage(line.at, line.item, line.amount) for line in found.metered)
            found.metered = []
        return super().end_subscription(subscription=subscription, cause=cause)


class _CardPaysTheWholeCycle(Billing):
    """Lets the card pay what was reported in the cycle before the end as well."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        owner = self._subscription(subscription).organization
        if owner is not None:
            found = self._organization(owner)
            cycle = self.ledger.cycle_at(found, self.now.date())
            reported = [line for line in found.reports if cycle is not None and line.at.date() >= cycle.first_day]
            found.uninvoiced.extend(Usage(line.at, line.item, line.amount) for line in reported)
        return answer


class _CardPaysOneCycle(Ledger):
    """Lets the card pay for the cycle in which the subscription ended, and for no later one."""

    def _is_owed(self, organization: Organization, at: datetime) -> bool:
        ends = [held.ended_at for held in organization.subscriptions if held.ended_at is not None]
        cycle = self.cycle_at(organization, max(ends).date()) if ends else None
        return (cycle is None or at < cycle.end) and super()._is_owed(organization, at)


class _ReportedCountsTowardEarlyCharge(Ledger):
    """Counts what was reported to a marketplace toward the early charge."""

    def _owe(self, organization: Organization, usage: Usage) -> None:
        super()._owe(organization, usage)
        reported = sum((line.amount for line in organization.reports), ZERO)
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is not None and organization.uninvoiced and organization.owed + reported >= Decimal(10_000):
            self._fall_due(organization, usage.at, cycle, organization.owed)


class _EndsAllOnTheMarketplace(Billing):
    """Ends every subscription on the same marketplace."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        for other in self.ledger.facts.subscriptions.values():
            if other.marketplace == self._subscription(subscription).marketplace and other.ended_at is None:
                super().end_subscription(subscription=other.id, cause=cause)
        return answer


class _NotRenewedGoesOn(Billing):
    """Lets a subscription that is not renewed run on."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        return {} if cause == "not_renewed" else super().end_subscription(subscription=subscription, cause=cause)


class _NotRenewedForgetsCard(Billing):
    """Takes the card from the file when a subscription is not renewed."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        owner = self._subscription(subscription).organization
        if owner is not None and cause == "not_renewed":
            self._organization(owner).card = None
        return super().end_subscription(subscription=subscription, cause=cause)


class _NotRenewedRestricts(Billing):
    """Restricts whoever has a subscription that is not renewed."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        owner = self._subscription(subscription).organization
        if owner is not None and cause == "not_renewed":
            self._organization(owner).debt = Debt(self.now, lapse_since=self.now)
        return answer


# Restrictions, the stop, the deletion


class _LosesWhatIsNotYetDue(Ledger):
    """Forgets, with each report, what was used since the hour that it is about."""

    def _report(self, organization: Organization, at: datetime) -> None:
        super()._report(organization, at)
        organization.metered = []


class _NeverRestrictsMarketplaceCustomers(Ledger):
    """Restricts no organization that ever had a subscription."""

    def restricted(self, organization: Organization) -> bool:
        return not organization.subscriptions and super().restricted(organization)


class _WritesOffWithoutCard(Ledger):
    """Counts as paid what nobody can be charged for."""

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        if organization.card is None and organization.subscriptions:
            invoice.state = "paid"
            return True
        return super().charge(organization, invoice, at)


class _ExpiredCardFallsBack(Ledger):
    """Takes an expired card for a valid one where a subscription has ended."""

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        if organization.subscriptions and organization.card is not None and organization.card.behaviour == "expired":
            organization.card.behaviour = "approves"
        return super().charge(organization, invoice, at)


class _NothingLiftsTheEnd(Ledger):
    """Lets what began at the end of a subscription go on whatever is paid."""

    def end_lapse(self, organization: Organization) -> None:
        return


class _LinkDoesNotLift(Billing):
    """Lets what began at the end of a subscription go on when another one is linked."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        found = self._organization(organization) if organization is not None else None
        since = found.debt.lapse_since if found is not None and found.debt is not None else None
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        if found is not None and since is not None:
            found.debt = Debt(since, lapse_since=since)
        return answer


class _ShowsRestrictionsTheNextDay(Billing):
    """Shows the restrictions that the end of a subscription began a day late."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        owner = self._organization(organization)
        since = owner.debt.lapse_since if owner.debt is not None else None
        fresh = since is not None and self.now < since + DAY and not owner.open_invoices
        return {**shown, "restricted": shown["restricted"] and not fresh}


class _StopsTheNextDay(Ledger):
    """Stops services a day after the end of a subscription that stops them at its end."""

    def lapse(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().lapse(organization, subscription, at)
        debt = organization.debt
        if debt is not None and debt.lapse_since is not None and debt.stopped:
            debt.stopped = False
            for service in organization.services:
                service.state = "running" if service.id in debt.found_running else service.state

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        stops = self.rules.marketplace.end_consequence is marketplace.EndConsequence.STOPS_AT_END
        if debt.lapse_since is not None and stops:
            return debt.lapse_since + DAY
        return super().stop_due(organization, debt)


class _OnlyCancellationRestricts(Billing):
    """Lets nothing follow at the end where a subscription was not renewed."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        owner = self._subscription(subscription).organization
        if owner is not None and cause == "not_renewed":
            self._organization(owner).debt = None
        return answer


def _unless_card_or_subscription(*, card: bool, subscription: bool, trial: bool, credits: bool) -> bool:  # noqa: A002
    return not (card or subscription or credits)


def _whatever_credits(*, card: bool, subscription: bool, trial: bool, credits: bool) -> bool:  # noqa: A002
    return not (card or subscription or trial)


def _whatever_else_pays(**_: bool) -> bool:
    return True


class _TwoWeeksToFindACard(Ledger):
    """Begins the clocks two weeks late where there ever was a subscription."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return super().stop_due(organization, debt) + (14 * DAY if organization.subscriptions else 0 * DAY)


class _NeverStopsMarketplaceCustomers(Ledger):
    """Leaves the services of those running who ever had a subscription, until they are deleted."""

    def _stop(self, organization: Organization, debt: Debt) -> None:
        debt.stopped = True
        if not organization.subscriptions:
            super()._stop(organization, debt)


class _StopsAtOnce(Ledger):
    """Stops services as soon as a charge fails where there ever was a subscription."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return debt.since if organization.subscriptions else super().stop_due(organization, debt)


class _StopsAllOnTheMarketplace(Billing):
    """Stops the services of everybody on a marketplace when one there is stopped."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        facts = self.ledger.facts
        stopped = [o for o in facts.organizations.values() if o.debt is not None and o.debt.stopped]
        names = {held.marketplace for owner in stopped for held in owner.subscriptions}
        for owner in facts.organizations.values():
            for service in owner.services:
                if service.state == "running" and names & {held.marketplace for held in owner.subscriptions}:
                    service.state = "stopped"
        return answer


def _from_the_newest(debt: Debt, invoices: Sequence[Invoice]) -> datetime:
    starts = [invoice.failed_at for invoice in invoices if invoice.failed_at is not None]
    return max(starts, default=debt.since)


class _KeepsDataOfMarketplaceCustomers(Ledger):
    """Never deletes where there ever was a subscription."""

    def delete_due(self, organization: Organization, debt: Debt) -> datetime | None:
        return None if organization.subscriptions else super().delete_due(organization, debt)


class _DeletesAfterSixtyDays(Ledger):
    """Waits 60 days for the deletion where there ever was a subscription."""

    def delete_due(self, organization: Organization, debt: Debt) -> datetime | None:
        due = super().delete_due(organization, debt)
        return due + 30 * DAY if due is not None and organization.subscriptions else due


class _DeletesAtTheStop(Ledger):
    """Deletes with the stop where there ever was a subscription."""

    def delete_due(self, organization: Organization, debt: Debt) -> datetime | None:
        return (
            self.stop_due(organization, debt) if organization.subscriptions else super().delete_due(organization, debt)
        )


class _DeletesForEndDespiteExtension(Ledger):
    """Heeds no extension where the end of a subscription is what began it."""

    def delete_due(self, organization: Organization, debt: Debt) -> datetime | None:
        if debt.lapse_since is None:
            return super().delete_due(organization, debt)
        unpaid = self.rules.unpaid_invoices
        return unpaid.delete_deadline(debt.lapse_since, unpaid.delete_after, self.rules.deadline)


class _DeletesThoughPaid(Ledger):
    """Goes on to the deletion where there ever was a subscription, though everything is paid."""

    def cure(self, organization: Organization) -> None:
        if not organization.subscriptions:
            super().cure(organization)


class _DeletesAllOnTheMarketplace(Billing):
    """Deletes the data of everybody on a marketplace when it is deleted for one there."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        facts = self.ledger.facts
        gone = [o for o in facts.organizations.values() if o.debt is not None and o.debt.deleted]
        names = {held.marketplace for owner in gone for held in owner.subscriptions}
        for owner in facts.organizations.values():
            if any(_paid_through(owner, name, facts.subscriptions.values()) for name in names):
                self.ledger.delete(owner, ())
        return answer


class _UnlinkedEndRestricts(Billing):
    """Books the end of a subscription that belongs to nobody with who was linked last."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        linked = [owner for owner in self.ledger.facts.organizations.values() if owner.subscriptions]
        if self._subscription(subscription).organization is None and linked:
            linked[-1].debt = Debt(self.now, lapse_since=self.now)
        return answer


class _BadCardStops(Billing):
    """Stops services at the end of a subscription where the card on file would not pay."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        for owner in self.ledger.facts.organizations.values():
            if owner.card is not None and owner.card.behaviour != "approves":
                for service in owner.services if self._subscription(subscription) in owner.subscriptions else ():
                    service.state = "stopped"
        return answer


def _midnight_before(start: datetime, after: timedelta, falls: Deadline) -> datetime:
    due = falls(start, after)
    return start_of(due.date()) if after == marketplace.DELETE_AFTER_STOP_AT_END else due


class _LookingRestartsTheClock(Billing):
    """Counts the days of a debt that followed a subscription from when someone looked last."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        if owner.subscriptions and owner.debt is not None:
            owner.debt.since = self.now
            owner.debt.lapse_since = self.now if owner.debt.lapse_since is not None else None
            for invoice in owner.open_invoices:
                invoice.failed_at = self.now
        return super().get_organization(organization=organization)


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="linked-during-trial-never-pays",
        sentence="A subscription that was linked while the trial ran is not used when the trial is over.",
        clauses=("BC-06",),
        shell=kept_by(_LinkedDuringTrialNeverPays),
    ),
    Fault(
        name="subscription-is-no-billing-method",
        sentence="A linked subscription does not count as a billing method when the trial ends.",
        clauses=("BC-06",),
        pieces={"trial.lapses": lambda **configured: not (configured["card"] or configured["credits"])},
    ),
    Fault(
        name="linked-for-everybody",
        sentence="A subscription that one organization is linked to pays for every other that has no billing method.",
        clauses=("BC-06", "BC-33", "AWS-26", "AWS-27"),
        shell=kept_by(_LinkedForEverybody),
    ),
    Fault(
        name="gcp-never-bills",
        sentence="A subscription on GCP can be linked, and is never used.",
        clauses=("BC-33",),
        pieces={
            "marketplace.pays": lambda subscription, *, ended: (
                subscription.marketplace != "gcp" and marketplace.linked_and_running(subscription, ended=ended)
            )
        },
    ),
    Fault(
        name="every-marketplace-shown-as-aws",
        sentence="The billing method names AWS, whichever marketplace it is.",
        clauses=("BC-33",),
        shell=_ShowsAws,
    ),
    Fault(
        name="marketplace-of-the-last-link-shown",
        sentence="The billing method names the marketplace to which any organization was linked last.",
        clauses=("BC-33",),
        shell=_ShowsMarketplaceOfTheLastLink,
    ),
    Fault(
        name="usage-booked-with-the-first-linked",
        sentence="Usage is reported for the first organization that was linked on the same marketplace.",
        clauses=("BC-33",),
        shell=_UsageGoesToTheFirstLinked,
    ),
    Fault(
        name="card-takes-over-after-one-cycle",
        sentence="A card on file pays from the first full cycle after the link on, though the subscription runs.",
        clauses=("BC-33",),
        shell=kept_by(_EverySecondCycleByCard),
    ),
    Fault(
        name="cycle-restarts-with-the-link",
        sentence="The billing cycle begins anew on the day of the link.",
        clauses=("BC-35",),
        pieces={"marketplace.restarts_cycle": True},
    ),
    Fault(
        name="link-begins-the-first-cycle",
        sentence="The first cycle begins with the link, also before a tier is chosen and a service created.",
        clauses=("BC-35", "BC-39"),
        shell=_LinkBeginsTheFirstCycle,
    ),
    Fault(
        name="cycle-restarts-with-the-end",
        sentence="The billing cycle begins anew on the day on which the subscription ends.",
        clauses=("BC-35",),
        shell=_EndBeginsACycle,
    ),
    Fault(
        name="calendar-months-under-marketplace",
        sentence="Under a marketplace the billing cycle is the calendar month, as the marketplace's own invoices are.",
        clauses=("BC-35", "BC-39"),
        pieces={"marketplace.cycle": _calendar_month},
    ),
    Fault(
        name="thirty-day-cycles-under-marketplace",
        sentence="Under a marketplace the billing cycle is 30 days long.",
        clauses=("BC-39", "BC-35"),
        pieces={"marketplace.cycle": _thirty_days},
    ),
    Fault(
        name="last-day-of-cycle-in-the-next",
        sentence="The cycle ends when its last day begins, and what is used on that day falls in the next one.",
        clauses=("BC-39", "BC-35"),
        pieces={"marketplace.cycle": _last_day_in_the_next},
    ),
    Fault(
        name="cycle-shown-one-day-longer",
        sentence="The last day shown of a cycle is the first of the next one.",
        clauses=("BC-39", "BC-35"),
        shell=_ShowsOneDayMore,
    ),
    Fault(
        name="one-line-of-an-hour-reported",
        sentence="Of several lines of one hour only the first is reported.",
        clauses=("BC-36",),
        pieces={"marketplace.reported": lambda lines: lines[:1]},
    ),
    Fault(
        name="equal-lines-taken-for-repeats",
        sentence="Two equal amounts of an item within one hour are taken for one that was sent twice.",
        clauses=("BC-36",),
        pieces={"marketplace.reported": _without_repeats},
    ),
    Fault(
        name="last-record-of-an-hour-wins",
        sentence="Of several records of an item within one hour only the last is reported.",
        clauses=("BC-36",),
        pieces={"marketplace.reported": _last_of_each_item},
    ),
    Fault(
        name="reported-in-whole-dollars",
        sentence="Each line is rounded to whole dollars.",
        clauses=("BC-36",),
        pieces={"marketplace.reported": _whole_dollars},
    ),
    Fault(
        name="large-lines-capped",
        sentence="No line is reported for more than 9,999.99.",
        clauses=("BC-36", "AWS-29"),
        pieces={"marketplace.reported": _capped},
    ),
    Fault(
        name="reported-again-when-looked-at",
        sentence="Looking at an organization reports what waits for its report, and it is reported again when due.",
        clauses=("BC-36",),
        shell=_ReportsWhenLookedAt,
    ),
    Fault(
        name="old-usage-not-reported",
        sentence="Usage that is older than a week when the clock has moved on is never reported.",
        clauses=("BC-36",),
        shell=_ForgetsInLongJumps,
    ),
    Fault(
        name="reported-once-a-week",
        sentence="Usage is reported a week late.",
        clauses=("BC-36",),
        pieces={"marketplace.report_after": 7 * DAY},
    ),
    Fault(
        name="last-hour-of-the-day-owed-directly",
        sentence="What is used in the last hour of a day is owed directly, and not reported.",
        clauses=("BC-36",),
        pieces={"marketplace.covers": lambda usage: usage.at.hour < 23},
    ),
    Fault(
        name="reports-moved-to-the-latest-subscription",
        sentence="All reports name the subscription that was linked last, whatever they were made under.",
        clauses=("BC-36",),
        shell=_ReportsUnderTheLatest,
    ),
    Fault(
        name="end-takes-the-card-away",
        sentence="The card is no longer on file when the subscription has ended.",
        clauses=("BC-41", "BC-42"),
        pieces={"marketplace.end_takes_card_away": True},
    ),
    Fault(
        name="link-takes-the-card-away",
        sentence="The card is no longer on file when a subscription is linked.",
        clauses=("BC-41", "AWS-30"),
        shell=_LinkTakesCardAway,
    ),
    Fault(
        name="cancelled-with-the-day",
        sentence="A subscription that is cancelled runs until midnight.",
        clauses=("BC-41",),
        pieces={"marketplace.over": _over_with_the_day},
    ),
    Fault(
        name="cancelled-with-the-hour",
        sentence="A subscription that is cancelled runs until the hour is over.",
        clauses=("BC-41",),
        pieces={"marketplace.over": _over_with_the_hour},
    ),
    Fault(
        name="cancelled-with-the-month",
        sentence="A subscription that is cancelled runs until the calendar month is over.",
        clauses=("BC-41", "BC-42"),
        pieces={"marketplace.over": _over_with_the_month},
    ),
    Fault(
        name="usage-before-the-end-lost",
        sentence="What was used shortly before the end is not reported, for the subscription is over when it is due.",
        clauses=("BC-41",),
        pieces={"marketplace.reports_after_end": False},
    ),
    Fault(
        name="usage-before-the-end-charged-to-the-card",
        sentence="What was used shortly before the end, and is not reported yet, is charged to the card.",
        clauses=("BC-41",),
        shell=_LastHourGoesToTheCard,
    ),
    Fault(
        name="card-charged-for-what-was-reported",
        sentence="After the end the card pays for the whole cycle, with what was reported before.",
        clauses=("BC-41", "BC-42"),
        shell=_CardPaysTheWholeCycle,
    ),
    Fault(
        name="card-pays-for-one-cycle",
        sentence="After the end the card pays for that cycle, and nobody for the later ones.",
        clauses=("BC-41",),
        shell=kept_by(_CardPaysOneCycle),
    ),
    Fault(
        name="reported-usage-counts-toward-early-charge",
        sentence="What went through the marketplace counts toward the early charge to the card.",
        clauses=("BC-41",),
        shell=kept_by(_ReportedCountsTowardEarlyCharge),
    ),
    Fault(
        name="every-end-restricts",
        sentence="The end of a subscription restricts the organization, also with a card on file.",
        clauses=("BC-41", "BC-42", "BC-44"),
        pieces={"marketplace.lapses": _whatever_else_pays},
    ),
    Fault(
        name="ends-all-on-the-marketplace",
        sentence="With one subscription all others on the same marketplace end.",
        clauses=("BC-41",),
        shell=_EndsAllOnTheMarketplace,
    ),
    Fault(
        name="not-renewed-goes-on",
        sentence="A subscription that is not renewed runs on.",
        clauses=("BC-42",),
        shell=_NotRenewedGoesOn,
    ),
    Fault(
        name="not-renewed-forgets-the-card",
        sentence="The card is no longer on file when a subscription was not renewed.",
        clauses=("BC-42",),
        shell=_NotRenewedForgetsCard,
    ),
    Fault(
        name="not-renewed-restricts-whatever-pays",
        sentence="Who has a subscription that is not renewed is restricted, also with a card on file.",
        clauses=("BC-42",),
        shell=_NotRenewedRestricts,
    ),
    Fault(
        name="marketplace-customers-never-restricted",
        sentence="An organization that ever had a subscription is not restricted, whatever it owes.",
        clauses=("BC-44",),
        shell=kept_by(_NeverRestrictsMarketplaceCustomers),
    ),
    Fault(
        name="written-off-without-a-card",
        sentence="What is used after the end, and falls due with no card on file, counts as paid.",
        clauses=("BC-44",),
        shell=kept_by(_WritesOffWithoutCard),
    ),
    Fault(
        name="expired-card-is-valid-after-marketplace",
        sentence="After a subscription an expired card is taken for a valid one.",
        clauses=("BC-44",),
        shell=kept_by(_ExpiredCardFallsBack),
    ),
    Fault(
        name="nothing-lifts-the-end",
        sentence="What the end of a subscription began goes on when a card pays everything.",
        clauses=("BC-44",),
        shell=kept_by(_NothingLiftsTheEnd),
    ),
    Fault(
        name="link-does-not-lift-the-end",
        sentence="What the end of a subscription began goes on when another one is linked.",
        clauses=("BC-44",),
        shell=_LinkDoesNotLift,
    ),
    Fault(
        name="only-cancellation-restricts",
        sentence="Nothing follows at once when a subscription is not renewed, though the end is declared to restrict.",
        clauses=("BC-44",),
        shell=_OnlyCancellationRestricts,
    ),
    Fault(
        name="end-restricts-during-trial",
        sentence="The end of a subscription restricts though a trial runs.",
        clauses=("BC-44",),
        pieces={"marketplace.lapses": _unless_card_or_subscription},
    ),
    Fault(
        name="end-restricts-with-credits",
        sentence="The end of a subscription restricts though credits are left.",
        clauses=("BC-44",),
        pieces={"marketplace.lapses": _whatever_credits},
    ),
    Fault(
        name="end-restricts-the-next-day",
        sentence="The restrictions that the end of a subscription begins show a day later.",
        clauses=("BC-44",),
        shell=_ShowsRestrictionsTheNextDay,
    ),
    Fault(
        name="end-stops-the-next-day",
        sentence="Where the end of a subscription stops services, they stop a day later.",
        clauses=("BC-45",),
        shell=kept_by(_StopsTheNextDay),
    ),
    Fault(
        name="two-weeks-to-find-a-card",
        sentence="After a subscription services stop 28 days after the failed charge.",
        clauses=("BC-45",),
        shell=kept_by(_TwoWeeksToFindACard),
    ),
    Fault(
        name="marketplace-customers-never-stopped",
        sentence="After a subscription services are not stopped, and run until they are deleted.",
        clauses=("BC-45",),
        shell=kept_by(_NeverStopsMarketplaceCustomers),
    ),
    Fault(
        name="stopped-with-the-failed-charge",
        sentence="After a subscription services stop as soon as a charge fails.",
        clauses=("BC-45", "BC-44"),
        shell=kept_by(_StopsAtOnce),
    ),
    Fault(
        name="stops-all-on-the-marketplace",
        sentence="With one organization all others on the same marketplace are stopped.",
        clauses=("BC-45",),
        shell=_StopsAllOnTheMarketplace,
    ),
    Fault(
        name="newest-failure-counts",
        sentence="The days count from the newest failed charge, and no longer from the end of the subscription.",
        clauses=("BC-45",),
        pieces={"unpaid_invoices.clock_start": _from_the_newest},
    ),
    Fault(
        name="marketplace-customers-never-deleted",
        sentence="After a subscription the data is kept for ever.",
        clauses=("BC-46",),
        shell=kept_by(_KeepsDataOfMarketplaceCustomers),
    ),
    Fault(
        name="marketplace-data-deleted-after-60-days",
        sentence="After a subscription the data is deleted 60 days after the failed charge.",
        clauses=("BC-46",),
        shell=kept_by(_DeletesAfterSixtyDays),
    ),
    Fault(
        name="marketplace-data-deleted-with-the-stop",
        sentence="After a subscription the data is deleted when the services stop.",
        clauses=("BC-46", "BC-45"),
        shell=kept_by(_DeletesAtTheStop),
    ),
    Fault(
        name="extension-not-heeded-after-the-end",
        sentence="No extension puts off the deletion that the end of a subscription began.",
        clauses=("BC-46",),
        shell=kept_by(_DeletesForEndDespiteExtension),
    ),
    Fault(
        name="marketplace-data-deleted-though-paid",
        sentence="After a subscription the data is deleted 30 days after the failed charge, also when all was paid.",
        clauses=("BC-46",),
        shell=kept_by(_DeletesThoughPaid),
    ),
    Fault(
        name="usage-since-the-reported-hour-lost",
        sentence="Reports come two hours later, and what is used between an hour and its report is in none.",
        clauses=("BC-36",),
        pieces={"marketplace.report_after": 2 * HOUR},
        shell=kept_by(_LosesWhatIsNotYetDue),
    ),
    Fault(
        name="deletes-all-on-the-marketplace",
        sentence="With one organization's data that of all others on the same marketplace is deleted.",
        clauses=("BC-46",),
        shell=_DeletesAllOnTheMarketplace,
    ),
    Fault(
        name="end-of-the-unlinked-restricts-the-last-linked",
        sentence="The end of a subscription that nobody was linked to restricts who was linked last.",
        clauses=("BC-44",),
        shell=_UnlinkedEndRestricts,
    ),
    Fault(
        name="bad-card-stops-at-the-end",
        sentence="Services stop at the end of a subscription where a card is on file that would not pay.",
        clauses=("BC-45",),
        shell=_BadCardStops,
    ),
    Fault(
        name="deletion-at-the-midnight-before",
        sentence="Where the end stops, the deletion comes at the midnight before its instant.",
        clauses=("BC-46",),
        pieces={"unpaid_invoices.delete_deadline": _midnight_before},
    ),
    Fault(
        name="looking-restarts-the-clock",
        sentence="The days of a debt that followed a subscription count anew whenever someone looks.",
        clauses=("BC-46",),
        shell=_LookingRestartsTheClock,
    ),
)
