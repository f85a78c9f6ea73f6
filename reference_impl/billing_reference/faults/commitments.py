"""Faults of committed spend and credits (BC-07, BC-47 to BC-67)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from billing_reference import commitments
from billing_reference.card_billing import ONE_DAY, Cycle
from billing_reference.facts import (
    ZERO,
    Debt,
    Grant,
    Invoice,
    Organization,
    Report,
    Subscription,
    TrialLapse,
    Usage,
)
from billing_reference.faults.fault import Fault
from billing_reference.instants import DAY, Deadline, end_of_its_day, start_of
from billing_reference.marketplace import linked_and_running
from billing_reference.settling import Due, Ledger, Turn
from billing_reference.shell import Answer, Billing
from billing_tck.contract import Refused

NO_TIME = 0 * DAY
YEAR = 365 * DAY


def _kept_by(ledger: type[Ledger]) -> type[Billing]:
    """A shell whose world is kept by a wrong ledger."""

    class Wrong(Billing):
        ledger_type = ledger

    Wrong.__name__ = Wrong.__qualname__ = ledger.__name__
    return Wrong


def _used_up(organization: Organization) -> bool:
    return bool(organization.commitments) and all(grant.left <= ZERO for grant in organization.commitments)


# Terms


def _a_day_early(grant: Grant, at: datetime, falls: Deadline) -> bool:
    return commitments.expired(replace(grant, expires_at=grant.expires_at - DAY), at, falls)


def _a_week_of_grace(grant: Grant, at: datetime, falls: Deadline) -> bool:
    return commitments.expired(replace(grant, expires_at=grant.expires_at + 7 * DAY), at, falls)


def _after_a_year(grant: Grant, at: datetime, falls: Deadline) -> bool:
    return at >= grant.granted_at + YEAR or commitments.expired(grant, at, falls)


def _refunds_never(grant: Grant, at: datetime, falls: Deadline) -> bool:
    return grant.commitment and commitments.expired(grant, at, falls)


def _with_its_day(grant: Grant, at: datetime, falls: Deadline) -> bool:
    return end_of_its_day(grant.expires_at, NO_TIME) <= at


def _at_its_midnight(grant: Grant, at: datetime, falls: Deadline) -> bool:
    return start_of(grant.expires_at.date()) <= at


def _always(grant: Grant) -> datetime:
    return datetime.min.replace(tzinfo=UTC)


def _after_the_next_day(grant: Grant) -> datetime:
    return start_of(grant.granted_at.date()) + 2 * DAY


def _smallest_first(grants: Sequence[Grant]) -> list[Grant]:
    return sorted(grants, key=lambda grant: grant.left)


class _LatestTerm(Billing):
    """Gives all credits the latest term of them."""

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> Answer:
        answer = super().grant_credits(organization=organization, amount=amount, expires_at=expires_at)
        grants = self._organization(organization).grants
        latest = max(grant.expires_at for grant in grants)
        for grant in grants:
            grant.expires_at = latest
        return answer


class _EarliestTerm(Billing):
    """Gives new credits the term of those at hand."""

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> Answer:
        terms = [grant.expires_at for grant in self._organization(organization).grants]
        return super().grant_credits(organization=organization, amount=amount, expires_at=min([*terms, expires_at]))


# Drawing


def _whole_records_only(left: Decimal, amount: Decimal) -> Decimal:
    return amount if amount <= left else ZERO


def _whole_dollars(left: Decimal, amount: Decimal) -> Decimal:
    return _dollars(min(left, amount))


def _dollars(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_DOWN).quantize(ZERO)


def _forgives_the_rest(amount: Decimal, taken: Decimal) -> Decimal:
    return ZERO if taken else amount


def _bills_the_whole(amount: Decimal, taken: Decimal) -> Decimal:
    return ZERO if taken == amount else amount


class _CardFirst(Ledger):
    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        return [] if organization.card is not None else super().credits_at(organization, at)


class _SubscriptionFirst(Ledger):
    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        subscription = self.linked_at(organization, at)
        payg = subscription is not None and subscription.offer == "payg"
        return [] if payg else super().credits_at(organization, at)


class _PooledCredits(Ledger):
    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        usable = super().credits_at(organization, at)
        for other in self.facts.organizations.values():
            usable = usable or super().credits_at(other, at)
        return usable


class _OfAwsAlone(Ledger):
    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        return [
            grant
            for grant in super().credits_at(organization, at)
            if grant.subscription is None or self.facts.subscriptions[grant.subscription].marketplace == "aws"
        ]


class _OneGrantForARecord(Ledger):
    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        return super().credits_at(organization, at)[:1]


class _PaysOpenInvoices(Billing):
    """Pays what is unpaid with new credits."""

    def _grant(self, owner: Organization, amount: Decimal, expires_at: datetime) -> Grant:
        grant = super()._grant(owner, amount, expires_at)
        for invoice in owner.open_invoices:
            if invoice.amount <= grant.left:
                grant.left -= invoice.amount
                invoice.state = "paid"
        self.ledger.cure(owner)
        return grant


# Contracts, and what is reported of them


class _NoDirectContract(Billing):
    """Knows commitments through a marketplace alone."""

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Answer:
        if subscription is None:
            raise Refused("no_billing_method", "a commitment needs a marketplace")
        return super().sign_commitment(
            organization=organization, credits=credits, expires_at=expires_at, subscription=subscription
        )


class _OneContract(Billing):
    """Refuses a second commitment while credits of the first are left."""

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Answer:
        owner = self._organization(organization)
        if owner.commitments and self.ledger.credits_at(owner, self.now):
            raise Refused("other", "there is a commitment already")
        return super().sign_commitment(
            organization=organization, credits=credits, expires_at=expires_at, subscription=subscription
        )


class _ReportsDirectContracts(Billing):
    """Reports a direct commitment to the marketplace of a linked subscription."""

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Answer:
        owner = self._organization(organization)
        linked = self.ledger.linked_at(owner, self.now)
        if subscription is None and linked is not None:
            owner.reports.append(Report(linked.id, self.now, "commitment", "commitment", credits))
        return super().sign_commitment(
            organization=organization, credits=credits, expires_at=expires_at, subscription=subscription
        )


class _FeeSeenWrongly(Billing):
    """A shell that shows the fee otherwise than it was reported."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        kept, owner.reports = owner.reports, self.shown(owner.reports)
        try:
            return super().get_organization(organization=organization)
        finally:
            owner.reports = kept

    def shown(self, reports: Sequence[Report]) -> list[Report]:
        """What is shown of the reports."""
        return list(reports)


class _FeeAWeekLate(_FeeSeenWrongly):
    """Reports the fee a week after the acceptance."""

    def shown(self, reports: Sequence[Report]) -> list[Report]:
        return [line for line in reports if line.kind != "commitment" or line.at + 7 * DAY <= self.now]


class _FeeOnce(_FeeSeenWrongly):
    """Reports the fee of the first offer on a subscription alone."""

    def shown(self, reports: Sequence[Report]) -> list[Report]:
        fees = [line for line in reports if line.kind == "commitment"]
        return [line for line in reports if line not in fees[1:]]


class _FeeOnAwsAlone(_FeeSeenWrongly):
    """Reports the fee to AWS, and to no other marketplace."""

    def shown(self, reports: Sequence[Report]) -> list[Report]:
        subscriptions = self.ledger.facts.subscriptions
        aws = {held.id for held in subscriptions.values() if held.marketplace == "aws"}
        return [line for line in reports if line.kind == "usage" or line.subscription in aws]


class _FeeUnderFirst(_FeeSeenWrongly):
    """Reports every fee under the subscription that was bought first."""

    def shown(self, reports: Sequence[Report]) -> list[Report]:
        first = next(iter(self.ledger.facts.subscriptions), "")
        return [replace(line, subscription=first) if line.kind == "commitment" else line for line in reports]


def _no_fee(amount: Decimal) -> Decimal | None:
    return None


def _a_twelfth(amount: Decimal) -> Decimal | None:
    return (amount / 12).quantize(ZERO)


# Periods


class _ContractBeginsPeriods(Billing):
    """Begins the billing cycles anew on the day of a contract."""

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Answer:
        owner = self._organization(organization)
        if owner.tier_day is not None:
            owner.tier_day = owner.service_day = self.now.date()
        return super().sign_commitment(
            organization=organization, credits=credits, expires_at=expires_at, subscription=subscription
        )


class _TierBeginsPeriods(Billing):
    """Begins the cycles anew when an organization with credits changes its tier."""

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        answer = super().choose_tier(organization=organization, tier=tier)
        owner = self._organization(organization)
        if owner.grants and owner.service_day is not None:
            owner.tier_day = owner.service_day = self.now.date()
        return answer


class _CalendarMonths(Ledger):
    def cycle_at(self, organization: Organization, day: date) -> Cycle | None:
        cycle = super().cycle_at(organization, day)
        if cycle is None or not organization.grants:
            return cycle
        next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return Cycle(day.replace(day=1), next_month - ONE_DAY)


# What follows


def _nothing_owed(*, card: bool, expired: bool, subscription_over: bool) -> bool:
    return False


def _not_after_expiry(*, card: bool, expired: bool, subscription_over: bool) -> bool:
    return not expired


def _not_without_card(*, card: bool, expired: bool, subscription_over: bool) -> bool:
    return card


def _not_after_a_subscription(*, card: bool, expired: bool, subscription_over: bool) -> bool:
    return not subscription_over


def _committed_pay_on(subscription: Subscription, *, ended: bool) -> bool:
    return linked_and_running(subscription, ended=ended and subscription.offer != "committed")


class _RefundsForgiveTheRest(Ledger):
    def _is_owed(self, organization: Organization, at: datetime) -> bool:
        refunded = bool(organization.grants) and not organization.commitments
        return not refunded and super()._is_owed(organization, at)


class _OneCycleAfterTheSubscription(Ledger):
    def _is_owed(self, organization: Organization, at: datetime) -> bool:
        over = [held.ended_at for held in organization.subscriptions if held.offer == "committed" and held.ended_at]
        return not (over and at >= max(over) + 31 * DAY) and super()._is_owed(organization, at)


class _ChargesAtOnce(Ledger):
    def _owe(self, organization: Organization, usage: Usage) -> None:
        super()._owe(organization, usage)
        cycle = self.cycle_at(organization, usage.at.date())
        if organization.grants and organization.uninvoiced and cycle is not None:
            self._fall_due(organization, usage.at, cycle, organization.owed)


class _StopsWhenUsedUp(Ledger):
    def _draw_credits(self, organization: Organization, usage: Usage) -> Usage:
        rest = super()._draw_credits(organization, usage)
        if _used_up(organization) and any(grant.used_up_at == usage.at for grant in organization.commitments):
            for service in self.rules.unpaid_invoices.stopped(organization.services):
                service.state = "stopped"
        return rest


class _StopsAtExpiry(Ledger):
    def settle(self, organization: Organization, now: datetime) -> None:
        super().settle(organization, now)
        over = [
            grant for grant in organization.grants if self.rules.commitments.expired(grant, now, self.rules.deadline)
        ]
        if any(grant.left for grant in over) and not self.credits_at(organization, now):
            for service in self.rules.unpaid_invoices.stopped(organization.services):
                service.state = "stopped"


class _LateCardsAreForgotten(Billing):
    """Does not keep a card that is put on file once a contract's credits are used up."""

    def add_card(self, *, organization: str, behaviour: str, available_credit: Decimal | None = None) -> Answer:
        if _used_up(self._organization(organization)):
            return {}
        return super().add_card(organization=organization, behaviour=behaviour, available_credit=available_credit)


class _UntilTheTermIsOver(Ledger):
    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        subscription = super().paying_subscription(organization, at)
        if subscription is None or subscription.offer != "committed":
            return subscription
        of_it = [grant for grant in organization.commitments if grant.subscription == subscription.id]
        over = bool(of_it) and all(grant.expires_at <= at for grant in of_it)
        return None if over else subscription


class _FirstSubscriptionBills(Ledger):
    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        subscription = super().paying_subscription(organization, at)
        if subscription is None or subscription.offer != "committed":
            return subscription
        return next(iter(self.facts.subscriptions.values()))


class _AwsAloneBillsOn(Ledger):
    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        subscription = super().paying_subscription(organization, at)
        elsewhere = subscription is not None and subscription.marketplace != "aws"
        return None if elsewhere and _used_up(organization) else subscription


class _CardChargedToo(Ledger):
    def use(self, organization: Organization, usage: Usage) -> None:
        before = len(organization.metered)
        super().use(organization, usage)
        for line in organization.metered[before:]:
            if self.facts.subscriptions[line.subscription].offer == "committed":
                self._owe(organization, Usage(line.at, line.item, line.amount))


class _CardGoesWithTheSubscription(Billing):
    """Takes the card away when a committed subscription is over."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        bought = self._subscription(subscription)
        if bought.offer == "committed" and bought.organization is not None:
            self._organization(bought.organization).card = None
        return super().end_subscription(subscription=subscription, cause=cause)


class _ChargesTheReportedAgain(Billing):
    """Charges what the marketplace billed in the cycle to the card as well, once the subscription is over."""

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        answer = super().end_subscription(subscription=subscription, cause=cause)
        bought = self._subscription(subscription)
        if bought.offer == "committed" and bought.organization is not None:
            owner = self._organization(bought.organization)
            lines = [line for line in owner.reports if line.kind == "usage" and line.at > self.now - 31 * DAY]
            owner.uninvoiced.extend(Usage(self.now, line.item, line.amount) for line in lines)
        return answer


# Restrictions and the stop


class _NotRestricted(Ledger):
    def restricted(self, organization: Organization) -> bool:
        debt = organization.debt
        return not (debt is not None and debt.after_commitment) and super().restricted(organization)


class _RestrictedWhenUsedUp(Ledger):
    def restricted(self, organization: Organization) -> bool:
        nothing_pays = organization.card is None and not organization.subscriptions
        return super().restricted(organization) or (nothing_pays and _used_up(organization))


class _RestrictsAllCommitted(Ledger):
    def restricted(self, organization: Organization) -> bool:
        everybody = [*self.facts.organizations.values()] if organization.commitments else [organization]
        return any(super(_RestrictsAllCommitted, self).restricted(other) for other in everybody)


class _StartsAllTheSame(Billing):
    """Starts services of an organization that fell back from a commitment, whatever it owes."""

    def start_service(self, *, service: str) -> Answer:
        found = self._service(service)
        if self._organization(found.organization).commitments:
            found.state = "running"
            return {}
        return super().start_service(service=service)


class _StopAfterThirty(Ledger):
    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return super().stop_due(organization, debt) + (16 * DAY if debt.after_commitment else NO_TIME)


class _StopFromTheLastCredit(Ledger):
    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        used_up = [grant.used_up_at for grant in organization.commitments if grant.used_up_at is not None]
        return max(debt.since, max(used_up) + 14 * DAY) if used_up else super().stop_due(organization, debt)


class _StopSoonAfterExpiry(Ledger):
    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        expired = any(grant.left > ZERO and grant.expires_at <= debt.since for grant in organization.commitments)
        return super().stop_due(organization, debt) - (7 * DAY if expired else NO_TIME)


class _StopNotAfterExpiry(Ledger):
    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        spared = bool(organization.commitments) and not _used_up(organization)
        return super().stop_due(organization, debt) + (10 * YEAR if spared else NO_TIME)


class _StopAfterADay(Ledger):
    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        stop = super().stop_due(organization, debt)
        return end_of_its_day(stop, NO_TIME) if debt.after_commitment else stop


# Protection


def _unprotected(*, committed: bool, after_commitment: bool) -> bool:
    return False


def _for_days(days: int) -> object:
    def ends(since: datetime, commitments: Sequence[Grant]) -> datetime | None:
        return since + days * DAY

    return ends


def _with_the_terms(since: datetime, commitments: Sequence[Grant]) -> datetime | None:
    return max((grant.expires_at for grant in commitments), default=since)


class _DirectAlone(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and all(g.subscription is None for g in organization.commitments)


class _MarketplacesAlone(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and any(g.subscription for g in organization.commitments)


class _WithACardAlone(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and organization.card is not None


class _UsedUpAlone(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and _used_up(organization)


class _OneInvoiceAlone(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and len(organization.open_invoices) < 2


class _FirstInvoiceAlone(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and all(i.state == "open" for i in organization.invoices)


class _NotAfterPayg(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and all(s.offer == "committed" for s in organization.subscriptions)


class _UntilContacted(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and not organization.contacts


class _UntilTheExtensionEnds(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) and debt.extension_until is None


class _RefundsProtectToo(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return super().protected(organization, debt) or bool(organization.grants)


class _OneProtectsAll(Ledger):
    def protected(self, organization: Organization, debt: Debt) -> bool:
        return any(other.commitments for other in self.facts.organizations.values())


class _DeletesServices(Ledger):
    def _due_of_debt(self, organization: Organization) -> Iterator[Due]:
        yield from super()._due_of_debt(organization)
        debt = organization.debt
        delete = self.delete_due(organization, debt) if debt is not None and not debt.deleted else None
        if debt is not None and delete is not None and self.protected(organization, debt):
            yield Due(delete, Turn.DELETION, lambda _: self._delete_services(organization, debt))

    def _delete_services(self, organization: Organization, debt: Debt) -> None:
        debt.deleted = True
        for service in organization.services:
            service.state = "deleted"


class _CountsSweeps(Billing):
    """Counts the sweeps that found a protected debt instead of nothing at all, and deletes at the sixtieth."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        for organization in self.ledger.facts.organizations.values():
            debt = organization.debt
            if debt is not None and debt.stopped and organization.commitments:
                debt.found_running.append("")
                if len(debt.found_running) > 60:
                    self.ledger.delete(organization, organization.services)
        return answer


class _DeletionCaughtUp(Ledger):
    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        succeeded = super().charge(organization, invoice, at)
        if succeeded and organization.debt is not None and at > organization.debt.since + 30 * DAY:
            self.delete(organization, organization.services)
        return succeeded


class _CollectsForAMonth(Ledger):
    def collect(self, organization: Organization, at: datetime) -> bool:
        debt = organization.debt
        return super().collect(organization, at) if debt is None or at < debt.since + 40 * DAY else False


class _DeletedWhenTransferred(Billing):
    """Deletes what should have been deleted long ago when an old invoice is paid."""

    def pay_invoice(self, *, invoice: str) -> Answer:
        owner_id, found = self.ledger.facts.invoices[invoice]
        if found.failed_at is not None and self.now > found.failed_at + 60 * DAY:
            self.ledger.delete(self._organization(owner_id), self._organization(owner_id).services)
        return super().pay_invoice(invoice=invoice)


class _TrialDeletesAllTheSame(Ledger):
    def _delete_after_trial(self, organization: Organization, lapse: TrialLapse, at: datetime) -> None:
        self.delete(organization, ())
        organization.trial_lapse = None


# Contact


def _without_contact(*, committed: bool, contacts: Sequence[datetime], unpaid_since: datetime | None) -> str | None:
    return None


def _never_by_hand(*, committed: bool, contacts: Sequence[datetime], unpaid_since: datetime | None) -> str | None:
    return "not_contacted" if committed and unpaid_since is not None else None


def _contacted_ever(*, committed: bool, contacts: Sequence[datetime], unpaid_since: datetime | None) -> str | None:
    return "not_contacted" if committed and not contacts else None


def _contacted_lately(*, committed: bool, contacts: Sequence[datetime], unpaid_since: datetime | None) -> str | None:
    near = [] if unpaid_since is None else [c for c in contacts if c >= unpaid_since - 30 * DAY]
    return "not_contacted" if committed and not near else None


class _AnybodysContact(Billing):
    """Takes the contact with one customer for the contact with all."""

    def record_contact(self, *, organization: str) -> Answer:
        for other in self.ledger.facts.organizations:
            super().record_contact(organization=other)
        return {}


class _RefusesAndDeletes(Billing):
    """Says no, and has deleted already."""

    def delete_data(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        self.ledger.delete(owner, owner.services)
        return super().delete_data(organization=organization)


class _ContactForDirectContracts(Billing):
    """Asks for a contact where the commitment was made directly."""

    def delete_data(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        if all(grant.subscription is not None for grant in owner.commitments):
            self.ledger.delete(owner, owner.services)
            return {}
        return super().delete_data(organization=organization)


class _ContactWhileTheTermRuns(Billing):
    """Asks for a contact only while the term of a contract runs."""

    def delete_data(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        if all(grant.expires_at <= self.now for grant in owner.commitments):
            self.ledger.delete(owner, owner.services)
            return {}
        return super().delete_data(organization=organization)


def _fault(
    name: str,
    sentence: str,
    *clauses: str,
    ledger: type[Ledger] | None = None,
    shell: type[Billing] | None = None,
    **pieces: object,
) -> Fault:
    named = {f"commitments.{piece}": wrong for piece, wrong in pieces.items()}
    return Fault(name, sentence, clauses, named, _kept_by(ledger) if ledger is not None else shell)


_OF_CONTRACTS = (
    _fault(
        "card-before-credits",
        "Charges the card on file, and keeps the credits of a contract for when there is none.",
        "BC-07",
        "BC-48",
        ledger=_CardFirst,
    ),
    _fault(
        "subscription-before-credits",
        "Bills a linked pay-as-you-go subscription before the credits of a contract.",
        "BC-07",
        "BC-48",
        ledger=_SubscriptionFirst,
    ),
    _fault(
        "credits-in-whole-dollars",
        "Grants the whole dollars of a contract, and drops the cents.",
        "BC-47",
        granted_amount=_dollars,
    ),
    _fault(
        "credits-of-one-pay-for-all",
        "Lets an organization without credits use those of another.",
        "BC-47",
        "BC-48",
        ledger=_PooledCredits,
    ),
    _fault(
        "no-direct-contract",
        "Refuses a commitment that goes through no marketplace.",
        "BC-48",
        shell=_NoDirectContract,
    ),
    _fault(
        "credits-through-aws-alone",
        "Draws the credits of commitments through AWS, and forgets those of GCP and Azure.",
        "BC-50",
        ledger=_OfAwsAlone,
    ),
    _fault(
        "credits-reported-as-usage",
        "Reports what the credits paid to the marketplace once more, as usage.",
        "BC-50",
        "BC-61",
        reports_used_credits=True,
    ),
    _fault(
        "fee-not-reported", "Reports nothing when a private offer is accepted.", "BC-51", reports_commitment=_no_fee
    ),
    _fault(
        "fee-in-twelve-parts",
        "Reports a twelfth of the fee when a private offer is accepted.",
        "BC-51",
        reports_commitment=_a_twelfth,
    ),
    _fault("fee-a-week-late", "Reports the fee a week after the acceptance.", "BC-51", shell=_FeeAWeekLate),
    _fault("fee-of-first-offer-alone", "Reports no second offer on a subscription.", "BC-51", shell=_FeeOnce),
    _fault("fee-on-aws-alone", "Reports the fee to AWS, and to no other marketplace.", "BC-51", shell=_FeeOnAwsAlone),
    _fault(
        "fee-under-first-subscription",
        "Reports every fee under the subscription that was bought first.",
        "BC-51",
        shell=_FeeUnderFirst,
    ),
    _fault(
        "fee-of-direct-contracts",
        "Reports a direct contract to the marketplace of a linked subscription.",
        "BC-51",
        shell=_ReportsDirectContracts,
    ),
)

_OF_TERMS = (
    _fault("term-a-day-short", "Ends credits a day before they expire.", "BC-55", expired=_a_day_early),
    _fault(
        "term-with-a-week-of-grace",
        "Lets credits be used for a week after they expire.",
        "BC-55",
        "BC-59",
        expired=_a_week_of_grace,
    ),
    _fault(
        "term-of-a-year-at-most", "Ends all credits after a year, whatever their term.", "BC-55", expired=_after_a_year
    ),
    _fault(
        "refunds-never-expire",
        "Ends the credits of contracts alone, and lets refunds last.",
        "BC-55",
        "BC-59",
        expired=_refunds_never,
    ),
    _fault(
        "term-to-the-end-of-its-day",
        "Declares that credits end at their instant, and ends them with their day.",
        "BC-55",
        "BC-59",
        expired=_with_its_day,
    ),
    _fault(
        "term-to-the-midnight-before",
        "Ends credits at the midnight before they expire.",
        "BC-55",
        "BC-59",
        expired=_at_its_midnight,
    ),
    _fault("smallest-grant-first", "Uses the smallest grant first.", "BC-55", order=_smallest_first),
    _fault(
        "credits-pay-for-earlier-usage",
        "Pays with new credits what was used before their grant.",
        "BC-56",
        usable_from=_always,
        covers_earlier_usage=True,
    ),
    _fault(
        "credits-after-a-day-of-waiting",
        "Lets credits be used from the second midnight after their grant.",
        "BC-56",
        usable_from=_after_the_next_day,
    ),
    _fault("credits-pay-open-invoices", "Pays unpaid invoices with new credits.", "BC-56", shell=_PaysOpenInvoices),
    _fault(
        "periods-begin-with-the-contract",
        "Begins the periods anew on the day of a contract.",
        "BC-57",
        shell=_ContractBeginsPeriods,
    ),
    _fault(
        "periods-begin-with-a-new-tier",
        "Begins the periods of credits anew when the tier changes.",
        "BC-57",
        shell=_TierBeginsPeriods,
    ),
    _fault(
        "periods-are-calendar-months",
        "Bills organizations with credits by calendar months.",
        "BC-57",
        ledger=_CalendarMonths,
    ),
)

_OF_WHAT_FOLLOWS = (
    _fault(
        "split-records-are-forgiven",
        "Forgives the rest of the record in which credits run out.",
        "BC-58",
        leaves=_forgives_the_rest,
    ),
    _fault(
        "split-records-are-billed-whole",
        "Draws the last credits, and bills the whole record all the same.",
        "BC-58",
        "BC-61",
        leaves=_bills_the_whole,
    ),
    _fault(
        "records-are-not-split",
        "Leaves a record that the credits do not cover whole to what pays next.",
        "BC-58",
        "BC-61",
        draws=_whole_records_only,
    ),
    _fault(
        "credits-pay-whole-dollars",
        "Pays the whole dollars of a record, and leaves the cents to what pays next.",
        "BC-58",
        "BC-55",
        draws=_whole_dollars,
    ),
    _fault(
        "one-grant-for-a-record",
        "Uses one grant for a record, and bills the rest although another is left.",
        "BC-58",
        "BC-67",
        ledger=_OneGrantForARecord,
    ),
    _fault(
        "no-passage-by-itself",
        "Bills nothing after a commitment until someone asks for it.",
        "BC-58",
        "BC-60",
        owed_afterwards=_nothing_owed,
    ),
    _fault(
        "refund-forgives-the-rest",
        "Bills nothing more to an organization whose refund is used up.",
        "BC-58",
        "BC-63",
        ledger=_RefundsForgiveTheRest,
    ),
    _fault(
        "stops-when-used-up",
        "Stops the services as soon as a commitment is used up.",
        "BC-58",
        "BC-64",
        ledger=_StopsWhenUsedUp,
    ),
    _fault(
        "no-passage-after-expiry",
        "Bills what follows credits that were used up, and nothing after credits that expired.",
        "BC-59",
        owed_afterwards=_not_after_expiry,
    ),
    _fault("stops-at-expiry", "Stops the services when credits expire.", "BC-59", ledger=_StopsAtExpiry),
    _fault(
        "charges-at-once-after-credits",
        "Charges the card with each record after the credits, not at the end of the cycle.",
        "BC-60",
        "BC-57",
        ledger=_ChargesAtOnce,
    ),
    _fault(
        "late-cards-are-forgotten",
        "Does not keep a card that is put on file after the credits were used up.",
        "BC-60",
        shell=_LateCardsAreForgotten,
    ),
    _fault(
        "used-up-goes-to-the-card",
        "Bills the card, not the marketplace, once a marketplace commitment is used up.",
        "BC-61",
        subscription_pays_after_use=False,
    ),
    _fault(
        "marketplace-bills-until-the-term",
        "Lets the marketplace bill only until the term of the used-up credits is over.",
        "BC-61",
        ledger=_UntilTheTermIsOver,
    ),
    _fault(
        "first-subscription-bills-all",
        "Reports what follows a commitment under the subscription that was bought first.",
        "BC-61",
        ledger=_FirstSubscriptionBills,
    ),
    _fault(
        "aws-alone-bills-on",
        "Lets AWS bill what follows a commitment, and leaves it to the card on GCP and Azure.",
        "BC-61",
        ledger=_AwsAloneBillsOn,
    ),
    _fault(
        "card-charged-beside-the-marketplace",
        "Charges the card for what the marketplace bills after a commitment.",
        "BC-61",
        "BC-62",
        ledger=_CardChargedToo,
    ),
    _fault(
        "nothing-after-the-subscription",
        "Bills nothing after the subscription of a commitment is over.",
        "BC-62",
        "BC-63",
        owed_afterwards=_not_after_a_subscription,
    ),
    Fault(
        "committed-subscriptions-never-end",
        "Goes on billing the marketplace when the subscription of a commitment was not renewed.",
        ("BC-62",),
        {"marketplace.pays": _committed_pay_on},
    ),
    _fault(
        "one-cycle-after-the-subscription",
        "Bills the month after a subscription that was not renewed, and nothing later.",
        "BC-62",
        ledger=_OneCycleAfterTheSubscription,
    ),
    _fault(
        "card-goes-with-the-subscription",
        "Takes the card from the file when a committed subscription is over.",
        "BC-62",
        shell=_CardGoesWithTheSubscription,
    ),
    _fault(
        "reported-usage-charged-again",
        "Charges the card for what the marketplace billed in the same cycle.",
        "BC-62",
        shell=_ChargesTheReportedAgain,
    ),
    _fault(
        "no-card-no-restriction",
        "Forgets what follows a commitment where no card is on file.",
        "BC-63",
        "BC-60",
        owed_afterwards=_not_without_card,
    ),
    _fault(
        "fall-back-does-not-restrict",
        "Imposes no restrictions for the first debt after a commitment.",
        "BC-63",
        ledger=_NotRestricted,
    ),
    _fault(
        "restricts-when-used-up",
        "Restricts as soon as a commitment is used up and no card is on file.",
        "BC-63",
        ledger=_RestrictedWhenUsedUp,
    ),
    _fault(
        "one-debt-restricts-all-committed",
        "Restricts every committed organization when one of them owes.",
        "BC-63",
        ledger=_RestrictsAllCommitted,
    ),
    _fault(
        "committed-start-all-the-same",
        "Lets a committed organization start stopped services, whatever it owes.",
        "BC-63",
        shell=_StartsAllTheSame,
    ),
    _fault(
        "protection-from-the-stop",
        "Does not stop the services of a committed organization either.",
        "BC-64",
        protects_from_stop=True,
    ),
    _fault(
        "committed-stop-after-thirty-days",
        "Stops the services of a committed organization after 30 days.",
        "BC-64",
        ledger=_StopAfterThirty,
    ),
    _fault(
        "stop-counts-from-the-last-credit",
        "Counts the 14 days from when the credits were used up.",
        "BC-64",
        ledger=_StopFromTheLastCredit,
    ),
    _fault(
        "no-stop-after-expiry",
        "Stops nothing where the credits expired instead of being used up.",
        "BC-64",
        ledger=_StopNotAfterExpiry,
    ),
    _fault(
        "stop-sooner-after-expiry",
        "Stops services 7 days after a failed charge where the credits expired.",
        "BC-64",
        ledger=_StopSoonAfterExpiry,
    ),
    _fault(
        "committed-stop-with-the-day",
        "Declares that deadlines fall at their instant, and stops a committed customer's services with the day.",
        "BC-64",
        ledger=_StopAfterADay,
    ),
)

_OF_PROTECTION = (
    _fault(
        "commitment-protects-nothing",
        "Deletes a committed customer's data after 30 days, as anyone's.",
        "BC-66",
        protects=_unprotected,
    ),
    _fault(
        "protection-for-90-days",
        "Deletes a committed customer's data 90 days after the failed charge.",
        "BC-66",
        protection_ends=_for_days(90),
    ),
    _fault(
        "protection-for-a-year",
        "Deletes a committed customer's data a year after the failed charge.",
        "BC-66",
        protection_ends=_for_days(365),
    ),
    _fault(
        "protection-for-seven-years",
        "Deletes a committed customer's data seven years after the failed charge.",
        "BC-66",
        protection_ends=_for_days(7 * 365),
    ),
    _fault(
        "protection-until-the-term",
        "Protects the data until the term of the used-up credits is over.",
        "BC-66",
        protection_ends=_with_the_terms,
    ),
    _fault(
        "protection-of-direct-contracts-alone",
        "Protects the data of those who committed directly, and of nobody else.",
        "BC-66",
        ledger=_DirectAlone,
    ),
    _fault(
        "protection-of-marketplaces-alone",
        "Protects the data of those who committed through a marketplace, and of nobody else.",
        "BC-66",
        ledger=_MarketplacesAlone,
    ),
    _fault(
        "protection-with-a-card-alone",
        "Protects the data only while a card is on file.",
        "BC-66",
        ledger=_WithACardAlone,
    ),
    _fault(
        "protection-of-the-used-up-alone",
        "Protects the data where credits were used up, and not where they expired.",
        "BC-66",
        ledger=_UsedUpAlone,
    ),
    _fault(
        "protection-of-one-invoice",
        "Protects the data while one invoice is unpaid, and not when there are two.",
        "BC-66",
        ledger=_OneInvoiceAlone,
    ),
    _fault(
        "protection-of-the-first-cycle",
        "Protects the data where the very first invoice after the commitment stayed unpaid.",
        "BC-66",
        ledger=_FirstInvoiceAlone,
    ),
    _fault(
        "no-protection-after-pay-as-you-go",
        "Protects no data where a pay-as-you-go subscription came after the contract.",
        "BC-66",
        ledger=_NotAfterPayg,
    ),
    _fault(
        "contact-ends-the-protection",
        "Deletes by itself once the customer has been contacted.",
        "BC-66",
        "BC-65",
        ledger=_UntilContacted,
    ),
    _fault(
        "extension-ends-the-protection",
        "Deletes a committed customer's data when an extension ends.",
        "BC-66",
        ledger=_UntilTheExtensionEnds,
    ),
    _fault(
        "refunds-protect-too",
        "Protects the data of everyone who ever had credits, by contract or not.",
        "BC-66",
        ledger=_RefundsProtectToo,
    ),
    _fault(
        "one-commitment-protects-all",
        "Deletes nobody's data any more once somebody has a commitment.",
        "BC-66",
        ledger=_OneProtectsAll,
    ),
    _fault(
        "protection-of-data-alone",
        "Keeps a committed customer's data, and deletes the services after 30 days.",
        "BC-66",
        ledger=_DeletesServices,
    ),
    _fault(
        "protection-for-sixty-sweeps",
        "Deletes when sixty looks at the clock have found the same debt.",
        "BC-66",
        shell=_CountsSweeps,
    ),
    _fault(
        "payment-catches-up-the-deletion",
        "Carries the deletion out when an old debt is paid by card.",
        "BC-66",
        ledger=_DeletionCaughtUp,
    ),
    _fault(
        "transfer-catches-up-the-deletion",
        "Carries the deletion out when an old invoice is paid by bank transfer.",
        "BC-66",
        shell=_DeletedWhenTransferred,
    ),
    _fault(
        "old-debts-cannot-be-collected",
        "Tries no invoice any more that has been unpaid for forty days.",
        "BC-66",
        ledger=_CollectsForAMonth,
    ),
    _fault(
        "trial-deletes-the-committed",
        "Deletes after a trial, also where there was a commitment.",
        "BC-66",
        ledger=_TrialDeletesAllTheSame,
    ),
    _fault(
        "deletion-by-hand-without-contact",
        "Deletes a committed customer's data by hand without any contact.",
        "BC-65",
        refuses_deletion_by_hand=_without_contact,
    ),
    _fault(
        "no-deletion-by-hand",
        "Refuses to delete a committed customer's data by hand, contacted or not.",
        "BC-65",
        refuses_deletion_by_hand=_never_by_hand,
    ),
    _fault(
        "contact-once-and-for-all",
        "Takes any contact ever made for the contact about this debt.",
        "BC-65",
        refuses_deletion_by_hand=_contacted_ever,
    ),
    _fault(
        "contact-of-the-month-before",
        "Takes a contact from the month before the debt for one about it.",
        "BC-65",
        refuses_deletion_by_hand=_contacted_lately,
    ),
    _fault(
        "contact-with-anybody",
        "Takes the contact with one customer for the contact with all.",
        "BC-65",
        shell=_AnybodysContact,
    ),
    _fault(
        "refuses-and-deletes",
        "Refuses to delete by hand, and has deleted all the same.",
        "BC-65",
        shell=_RefusesAndDeletes,
    ),
    _fault(
        "contact-for-direct-contracts-alone",
        "Asks for no contact where the commitment was made through a marketplace.",
        "BC-65",
        shell=_ContactForDirectContracts,
    ),
    _fault(
        "contact-while-the-term-runs",
        "Asks for a contact only while the term of a contract runs.",
        "BC-65",
        shell=_ContactWhileTheTermRuns,
    ),
    _fault(
        "new-credits-replace-the-old",
        "Puts new credits in the place of those at hand.",
        "BC-67",
        "BC-55",
        keeps_earlier_grants=False,
    ),
    _fault(
        "one-contract-at-a-time",
        "Refuses a second commitment while credits of the first are left.",
        "BC-67",
        shell=_OneContract,
    ),
    _fault(
        "top-up-prolongs",
        "Gives all credits the latest of their terms when some are added.",
        "BC-67",
        shell=_LatestTerm,
    ),
    _fault(
        "top-up-shares-the-old-term", "Ends new credits with the term of those at hand.", "BC-67", shell=_EarliestTerm
    ),
)

_OF_READINGS = (
    Fault(
        "takes-used-up-credits-for-expired",
        "Declares that the card pays after an expiry, and lets it pay where the credits were used up long before.",
        ("BC-61",),
        {"commitments.subscription_pays_after_expiry": commitments.card_after_expiry},
        _kept_by(_UntilTheTermIsOver),
        declares={"commitment_expiry_fallback": "card"},
    ),
    Fault(
        "spares-the-first-invoice-of-a-debt",
        "Declares that the first debt after a commitment is protected, and protects one invoice of it alone.",
        ("BC-66",),
        {"commitments.protects": commitments.fall_back_debt},
        _kept_by(_OneInvoiceAlone),
        declares={"commitment_protection": "fallback_debt"},
    ),
)

FAULTS: tuple[Fault, ...] = (*_OF_CONTRACTS, *_OF_TERMS, *_OF_WHAT_FOLLOWS, *_OF_PROTECTION, *_OF_READINGS)
