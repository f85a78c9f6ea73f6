"""Catching up: what fell due since, applied in order of due time, each thing as of its own due time.

`Ledger` holds one world: all facts, the rules, and the consequences that time and usage have under them. Organizations
do not touch each other, so each is settled by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from functools import partial

from billing_reference.card_billing import Cycle, cycle_of
from billing_reference.commitments import fell_back_at
from billing_reference.facts import (
    ZERO,
    Account,
    Charge,
    Debt,
    Grant,
    Invoice,
    Metered,
    Organization,
    Service,
    Subscription,
    TrialLapse,
    Usage,
    User,
)
from billing_reference.instants import DAY
from billing_reference.marketplace import EndConsequence
from billing_reference.rules import Rules


class Turn(IntEnum):
    """The order of what falls due at one instant."""

    REPORT = 0
    TRIAL_END = 1
    CYCLE_END = 2
    RETRY = 3
    STOP = 4
    DELETION = 5


@dataclass(frozen=True, slots=True)
class Due:
    """Something that falls due, and what it does."""

    at: datetime
    turn: Turn
    happen: Callable[[datetime], None]


@dataclass(slots=True)
class Facts:
    """All facts of one world, and the number of the next identifier."""

    users: dict[str, User] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    invoices: dict[str, tuple[str, Invoice]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    count: int = 0


class Ledger:
    """One world under given rules."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.facts = Facts()

    def new_id(self, kind: str) -> str:
        """An identifier that was never given before in this world."""
        self.facts.count += 1
        return f"{kind}-{self.facts.count}"

    # What pays

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        """Whether a subscription is over: ended by someone, or a free trial by its time (AWS-13, BC-41)."""
        if subscription.ended_at is not None:
            return self.rules.marketplace.over(subscription.ended_at, at)
        end = self.free_trial_end(subscription)
        return end is not None and self.rules.aws_onboarding.free_trial_ends and end <= at

    def free_trial_end(self, subscription: Subscription) -> datetime | None:
        """When a free trial ends by its time (AWS-12); None for the other offers."""
        onboarding = self.rules.aws_onboarding
        if subscription.offer != "free_trial":
            return None
        return self.rules.deadline(onboarding.free_trial_counts_from(subscription), onboarding.free_trial_length)

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        """The grants that can be used, in the order of their use (BC-55)."""
        commitments = self.rules.commitments
        usable = [
            grant
            for grant in organization.grants
            if grant.left > ZERO
            and commitments.usable_from(grant) <= at
            and not commitments.expired(grant, at, self.rules.deadline)
        ]
        return commitments.order(usable)

    def linked_at(self, organization: Organization, at: datetime) -> Subscription | None:
        """The linked subscription that has not ended, the latest of several (AWS-28)."""
        pays = self.rules.marketplace.pays
        for subscription in reversed(organization.subscriptions):
            if pays(subscription, ended=self.subscription_ended(subscription, at)):
                return subscription
        return None

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        """The subscription that usage goes to once no credits are left (AWS-29, BC-61)."""
        subscription = self.linked_at(organization, at)
        if subscription is None or subscription.offer != "committed":
            return subscription
        commitments = self.rules.commitments
        of_it = [grant for grant in organization.commitments if grant.subscription == subscription.id]
        over = [grant for grant in of_it if commitments.expired(grant, at, self.rules.deadline)]
        unspent = [grant for grant in over if grant.left > ZERO]
        if not commitments.subscription_pays_after_expiry(unspent):
            return None
        if not commitments.subscription_pays_after_use and of_it and not unspent:
            return None
        return subscription

    def configured(self, organization: Organization, at: datetime) -> dict[str, bool]:
        """Which billing methods are configured, whatever a card would answer (BC-01)."""
        return {
            "card": organization.card is not None,
            "subscription": self.linked_at(organization, at) is not None,
            "credits": bool(self.credits_at(organization, at)),
        }

    def cycle_at(self, organization: Organization, day: date) -> Cycle | None:
        """The billing cycle in which a day lies; None before there is one (BC-15)."""
        card_billing = self.rules.card_billing
        anchor = card_billing.anchor(organization.tier_day, organization.service_day)
        if anchor is None:
            return None
        cycle = cycle_of(anchor, day, card_billing.cycle_start)
        return self.rules.marketplace.cycle(cycle, day) if organization.subscriptions else cycle

    # Usage

    def use(self, organization: Organization, usage: Usage) -> None:
        """Usage is paid by what pays first: credits, subscription, trial; the rest is owed (BC-13)."""
        rest = self._draw_credits(organization, usage)
        if not rest.amount:
            return
        subscription = self.paying_subscription(organization, usage.at)
        trial = organization.trial
        if subscription is not None and self.rules.marketplace.covers(rest):
            organization.metered.append(Metered(subscription.id, rest.at, rest.item, rest.amount))
            if owed := self.rules.marketplace.owed_as_well(rest.amount):
                self._owe(organization, Usage(rest.at, rest.item, owed))
        elif trial is not None and trial.ended_at is None:
            trial.used += self.rules.trial.drawn(rest.amount)
            if self.rules.trial.bills_usage:
                self._owe(organization, rest)
            if self.rules.trial.used_up(trial.credits, trial.used):
                self._end_trial(organization, usage.at)
        elif self._is_owed(organization, usage.at):
            self._owe(organization, rest)

    def _draw_credits(self, organization: Organization, usage: Usage) -> Usage:
        rest = usage.amount
        for grant in self.credits_at(organization, usage.at):
            taken = self.rules.commitments.draws(grant.left, rest)
            grant.left -= taken
            rest = self.rules.commitments.leaves(rest, taken)
            if grant.left <= ZERO:
                grant.used_up_at = usage.at
            if self.rules.commitments.reports_used_credits and grant.subscription is not None:
                organization.metered.append(Metered(grant.subscription, usage.at, usage.item, taken))
            if rest <= ZERO:
                break
        return Usage(usage.at, usage.item, max(rest, ZERO))

    def _is_owed(self, organization: Organization, at: datetime) -> bool:
        """Everything that nobody else pays is owed, also what follows a commitment (BC-58 to BC-60, BC-62)."""
        commitments = organization.commitments
        if fell_back_at(commitments, at, self.rules.deadline) is None:
            return True
        return self.rules.commitments.owed_afterwards(
            card=organization.card is not None,
            expired=any(grant.left > ZERO for grant in commitments),
            subscription_over=any(grant.subscription is not None for grant in commitments),
        )

    def _owe(self, organization: Organization, usage: Usage) -> None:
        organization.uninvoiced.append(usage)
        card_billing = self.rules.card_billing
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is None or not card_billing.threshold_reached(organization.owed, card_billing.threshold):
            return
        early = organization.early_charges.get(cycle.first_day, 0)
        if not card_billing.early_charge_armed(early):
            return
        organization.early_charges[cycle.first_day] = early + 1
        owed = organization.owed
        amount = card_billing.early_amount(owed)
        self._fall_due(organization, usage.at, cycle, amount)
        if not card_billing.early_charge_settles:
            organization.uninvoiced = [Usage(usage.at, usage.item, owed)]
        elif amount < owed:
            organization.uninvoiced = [Usage(usage.at, usage.item, owed - amount)]
        if card_billing.early_charge_restarts_cycle:
            organization.tier_day = organization.service_day = usage.at.date()

    # Invoices and charges

    def _fall_due(self, organization: Organization, due: datetime, cycle: Cycle, amount: Decimal) -> None:
        """What is owed becomes an invoice, and is charged to the card at once (BC-17, BC-18, BC-23)."""
        organization.uninvoiced = []
        if amount == ZERO and not self.rules.card_billing.charges_nothing_due:
            return
        for part in self._invoice_amounts(organization, amount):
            number = f"{organization.id}-invoice-{len(organization.invoices) + 1}"
            invoice = Invoice(number, due, part, cycle.first_day, cycle.last_day)
            organization.invoices.append(invoice)
            self.facts.invoices[number] = (organization.id, invoice)
            if not self.charge(organization, invoice, due):
                invoice.failed_at = self.rules.unpaid_invoices.failed_at(due)
                self._run_into_debt(organization, invoice.failed_at)

    def _invoice_amounts(self, organization: Organization, amount: Decimal) -> Sequence[Decimal]:
        """One invoice for the organization, whatever services it has (BC-10)."""
        amount = self.rules.card_billing.invoice_amount(amount)
        services = len(organization.services)
        if not self.rules.card_billing.invoices_per_service or services < 2:
            return (amount,)
        share = (amount / services).quantize(ZERO)
        return (*[share] * (services - 1), amount - share * (services - 1))

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        """One attempt on the card on file, for the whole invoice; without a card nothing is charged (BC-22)."""
        if organization.card is None:
            return False
        amount = self.rules.card_billing.charge_amount(invoice.amount)
        succeeded = self.rules.card_billing.approves(organization.card, invoice.amount)
        organization.charges.append(Charge(at, amount, succeeded))
        if succeeded:
            invoice.state = "paid"
        return succeeded

    def collect(self, organization: Organization, at: datetime) -> bool:
        """Every open invoice is tried once; true when nothing is due any more (BC-28)."""
        for invoice in self.rules.unpaid_invoices.retries_with(organization.open_invoices):
            self.charge(organization, invoice, at)
        self.cure(organization)
        return not organization.open_invoices

    # Debts

    def _run_into_debt(self, organization: Organization, at: datetime) -> Debt:
        if organization.debt is None:
            fall_back = fell_back_at(organization.commitments, at, self.rules.deadline)
            follows = fall_back is not None and fall_back not in organization.fall_backs_judged
            if fall_back is not None:
                organization.fall_backs_judged.add(fall_back)
            organization.debt = Debt(at, after_commitment=follows)
        return organization.debt

    def restricted(self, organization: Organization) -> bool:
        """Whether the restrictions of an unpaid invoice are in force (BC-23)."""
        lapse_since = organization.debt.lapse_since if organization.debt else None
        return self.rules.unpaid_invoices.restricted(organization.open_invoices, lapse_since)

    def protected(self, organization: Organization, debt: Debt) -> bool:
        """Whether nothing is deleted by itself for this debt (BC-66)."""
        return self.rules.commitments.protects(
            committed=bool(organization.commitments), after_commitment=debt.after_commitment
        )

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        """When all services stop for this debt (BC-29)."""
        unpaid = self.rules.unpaid_invoices
        start = unpaid.clock_start(debt, organization.open_invoices)
        stop = unpaid.stop_deadline(start, unpaid.stop_after, self.rules.deadline)
        return unpaid.stop_put_off(stop, self._extension_end(debt))

    def delete_due(self, organization: Organization, debt: Debt) -> datetime | None:
        """When data and services are deleted for this debt; None where never by itself (BC-30, BC-31, BC-32)."""
        unpaid, marketplace = self.rules.unpaid_invoices, self.rules.marketplace
        start = unpaid.clock_start(debt, organization.open_invoices)
        delete = unpaid.delete_deadline(start, unpaid.delete_after, self.rules.deadline)
        if debt.lapse_since is not None and marketplace.end_consequence is EndConsequence.STOPS_AT_END:
            after = marketplace.delete_after_stop_at_end
            delete = min(delete, unpaid.delete_deadline(debt.lapse_since, after, self.rules.deadline))
        return unpaid.delete_put_off(delete, self._extension_end(debt))

    def _extension_end(self, debt: Debt) -> datetime | None:
        return None if debt.extension_until is None else self.rules.deadline(debt.extension_until, DAY * 0)

    def cure(self, organization: Organization) -> None:
        """A debt is over when nothing is unpaid; the next one begins anew (BC-11, BC-23)."""
        debt, unpaid = organization.debt, self.rules.unpaid_invoices
        if debt is None or not unpaid.cured(organization.open_invoices, debt.lapse_since):
            return
        if unpaid.forgets_debt_when_cured:
            organization.debt = None
        if unpaid.restarts_when_cured:
            for service in organization.services:
                if service.id in debt.found_running and service.state == "stopped":
                    service.state = "running"

    def end_lapse(self, organization: Organization) -> None:
        """Another method ends what the end of a subscription began; what is unpaid goes on as a debt (BC-44)."""
        if organization.debt is not None:
            organization.debt.lapse_since = None
            self.cure(organization)

    def lapse(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        """What the end of a pay-as-you-go subscription brings when nothing else pays (BC-44, BC-45, BC-46)."""
        marketplace = self.rules.marketplace
        trial = organization.trial
        running_trial = trial is not None and trial.ended_at is None
        if subscription.offer != "payg" or not marketplace.lapses(
            **self.configured(organization, at), trial=running_trial
        ):
            return
        if marketplace.end_consequence is EndConsequence.RESTRICTS_AT_DUE:
            return
        debt = self._run_into_debt(organization, at)
        debt.lapse_since = at
        if marketplace.end_consequence is EndConsequence.STOPS_AT_END:
            self._stop(organization, debt)

    def _stop(self, organization: Organization, debt: Debt) -> None:
        debt.stopped = True
        for service in self.rules.unpaid_invoices.stopped(organization.services):
            if service.state == "running":
                debt.found_running.append(service.id)
                service.state = "stopped"

    def delete(self, organization: Organization, services: Iterable[Service]) -> None:
        """The data is deleted, and these services with it (BC-30, BC-31)."""
        if organization.data == "present":
            organization.data = "deleted"
        for service in services:
            service.state = "deleted"

    # What falls due

    def settle(self, organization: Organization, now: datetime) -> None:
        """Everything that fell due up to and including now happens, in order of due time."""
        while True:
            due = min(self._due(organization), key=lambda d: (d.at, d.turn), default=None)
            if due is None or due.at > now:
                return
            due.happen(due.at)

    def _due(self, organization: Organization) -> Iterator[Due]:
        """All that will fall due for an organization as things stand, each at its due time."""
        yield from self._due_reports(organization)
        yield from self._due_of_trial(organization)
        yield from self._due_charge(organization)
        yield from self._due_of_debt(organization)

    def _due_reports(self, organization: Organization) -> Iterator[Due]:
        if organization.metered:
            marketplace = self.rules.marketplace
            at = min(marketplace.report_due(line, marketplace.report_after) for line in organization.metered)
            yield Due(at, Turn.REPORT, partial(self._report, organization))

    def _report(self, organization: Organization, at: datetime) -> None:
        marketplace = self.rules.marketplace
        due: dict[tuple[str, datetime], list[Metered]] = {}
        later = []
        for line in organization.metered:
            if marketplace.report_due(line, marketplace.report_after) <= at:
                due.setdefault((line.subscription, line.at.replace(minute=0, second=0)), []).append(line)
            else:
                later.append(line)
        organization.metered = later
        for (subscription, _), lines in due.items():
            ended = self.subscription_ended(self.facts.subscriptions[subscription], at)
            if not ended or marketplace.reports_after_end:
                organization.reports.extend(marketplace.reported(marketplace.report_lines(lines, at)))

    def _due_of_trial(self, organization: Organization) -> Iterator[Due]:
        trial, rules = organization.trial, self.rules.trial
        if trial is not None and trial.ended_at is None and rules.ends_by_time:
            at = self.rules.deadline(trial.started_at, rules.length)
            yield Due(at, Turn.TRIAL_END, partial(self._end_trial, organization))
        lapse = organization.trial_lapse
        if lapse is not None and not lapse.deleted and rules.deletes:
            at = self.rules.deadline(rules.deletion_origin(lapse, rules.length), rules.deletion_delay)
            yield Due(at, Turn.DELETION, partial(self._delete_after_trial, organization, lapse))

    def _end_trial(self, organization: Organization, at: datetime) -> None:
        """The trial ends; with no billing method configured all services stop (BC-03, BC-08)."""
        trial, rules = organization.trial, self.rules.trial
        if trial is None:
            return
        trial.ended_at = at
        if rules.lapses(**self.configured(organization, at)):
            by_time = self.rules.deadline(trial.started_at, rules.length) <= at
            counted_from = trial.started_at + rules.length if by_time else at
            organization.trial_lapse = TrialLapse(trial.started_at, counted_from)
            for service in rules.stopped_at_end(organization.services):
                service.state = "stopped"

    def _delete_after_trial(self, organization: Organization, lapse: TrialLapse, at: datetime) -> None:
        """Two weeks after the trial, still with no billing method, all data is deleted (BC-09)."""
        lapse.deleted = True
        committed = self.rules.commitments.protects(committed=bool(organization.commitments), after_commitment=False)
        if self.rules.trial.still_without_method(**self.configured(organization, at)) and not committed:
            self.delete(organization, ())

    def _due_charge(self, organization: Organization) -> Iterator[Due]:
        if organization.uninvoiced:
            anchor = self.cycle_at(organization, organization.uninvoiced[0].at.date())
            if anchor is not None:
                yield Due(
                    self.rules.card_billing.charge_due(anchor), Turn.CYCLE_END, partial(self._end_cycle, organization)
                )

    def _end_cycle(self, organization: Organization, at: datetime) -> None:
        cycle = self.cycle_at(organization, organization.uninvoiced[0].at.date())
        if cycle is not None:
            self._fall_due(organization, at, cycle, organization.owed)

    def _due_of_debt(self, organization: Organization) -> Iterator[Due]:
        debt = organization.debt
        if debt is None:
            return
        retry_days = self.rules.unpaid_invoices.retry_days
        for invoice in organization.open_invoices:
            if invoice.failed_at is not None and invoice.retries < len(retry_days):
                at = invoice.failed_at + retry_days[invoice.retries] * DAY
                yield Due(at, Turn.RETRY, partial(self._retry, organization, invoice))
        commitments, protected = self.rules.commitments, self.protected(organization, debt)
        if not debt.stopped and not (commitments.protects_from_stop and protected):
            yield Due(self.stop_due(organization, debt), Turn.STOP, lambda _: self._stop(organization, debt))
        delete = None if debt.deleted else self.delete_due(organization, debt)
        if delete is not None and protected:
            end = commitments.protection_ends(debt.since, organization.commitments)
            delete = None if end is None else max(delete, end)
        if delete is not None:
            yield Due(delete, Turn.DELETION, lambda _: self._delete_for_debt(organization, debt))

    def _retry(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        invoice.retries += 1
        if self.charge(organization, invoice, at):
            self.cure(organization)

    def _delete_for_debt(self, organization: Organization, debt: Debt) -> None:
        debt.deleted = True
        unpaid = self.rules.unpaid_invoices
        services = unpaid.deleted(organization.services)
        if unpaid.deletes_data:
            self.delete(organization, services)
        else:
            for service in services:
                service.state = "deleted"
