"""What is compared of a view: identifiers by labels, reports by their sums once they are due, charges by their sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing_tck.contract.values import (
    ZERO,
    BillingMethod,
    Credits,
    Invoice,
    InvoiceState,
    Marketplace,
    MarketplaceReport,
    MethodKind,
    OrganizationView,
    ReportKind,
    ServiceState,
    SubscriptionState,
    SubscriptionView,
    TrialState,
)
from billing_tck.explorer.difference import OPTIONAL_FIELDS, InvoiceShown, PartialFee, TriedOn
from billing_tck.explorer.mirror import BY_NOW, DAY, NOT_YET, Mirror
from billing_tck.explorer.notes import Notes
from billing_tck.reference.oracle import Organization

REPORTED = timedelta(hours=26)  # the hour of the usage, and a day; where effects are exact
REPORTED_LATE = 3 * DAY
RETRIED = 30 * DAY

Values = Iterator[tuple[tuple[str, str], object]]


@dataclass(frozen=True, slots=True)
class Situation:
    """An organization when it is looked at: the reference's state and view, and the notes about what is open."""

    mirror: Mirror
    organization: Organization
    reference: OrganizationView
    notes: Notes

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.mirror.oracle.now


def situation_of(mirror: Mirror, number: str) -> Situation:
    """Return the situation of an organization; the reference's view goes by labels."""
    state = mirror.oracle.organization(number)
    return Situation(mirror, state, mirror.view(number), mirror.notes.get(number) or Notes())


def observed_organization(situation: Situation, view: OrganizationView) -> Values:
    """Return what is compared of a view of an organization, the reference's or the implementation's."""
    reference = situation.reference
    yield ("card", ""), view.card_on_file
    yield ("billed", ""), BillingMethod(view.billing_method.kind, _through(view.billing_method))
    yield from _trial(view, reference)
    cycle = view.billing_cycle
    yield ("cycle", ""), None if cycle is None else (cycle.first_day, cycle.last_day)
    yield from _money(situation, view)
    yield from _reports(situation, view)
    yield ("restricted", ""), view.restricted
    yield from _services(situation, view)
    yield ("data", ""), view.data
    yield ("contacts", ""), view.contacts
    yield ("tier", ""), reference.tier if view.tier is None else view.tier
    for name in OPTIONAL_FIELDS:
        expected, shown = getattr(reference, name), getattr(view, name)
        yield (name, ""), expected if shown is None or expected is None else shown


def observed_subscription(mirror: Mirror, number: str, view: SubscriptionView) -> Values:
    """Return what is compared of a view of a subscription."""
    oracle = mirror.oracle
    reference, bought = oracle.see_subscription(number), oracle.subscription(number)
    end = oracle.free_trial_end(bought)
    yield ("sub_offer", ""), view.offer
    if view.marketplace is not None:
        yield ("sub_marketplace", ""), view.marketplace
    if not subscription_is_quiet(mirror, number):
        return
    yield ("sub_state", ""), view.state
    if reference.state is not SubscriptionState.ENDED:
        yield ("sub_organization", ""), view.organization
    # Open: whether `ends_at` of a free trial is the instant itself or where its end takes effect.
    if oracle.readings["deadline_instant"] == "at" or end is None or bought.ended_at is not None:
        yield ("sub_ends", ""), view.ends_at


def subscription_is_quiet(mirror: Mirror, number: str) -> bool:
    """Return whether nothing about a subscription may show late."""
    bought, now = mirror.oracle.subscription(number), mirror.oracle.now
    if bought.organization is not None and not mirror.quiet(bought.organization):
        return False
    end = mirror.oracle.free_trial_end(bought)
    ends_soon = end is not None and bought.ended_at is None and end - NOT_YET < now < end + BY_NOW
    return not (mirror.late and ends_soon)


def _through(method: BillingMethod) -> Marketplace | None:
    return method.marketplace if method.kind is MethodKind.MARKETPLACE else None


def _trial(view: OrganizationView, reference: OrganizationView) -> Values:
    trial = view.trial
    yield ("trial", ""), trial.state
    if TrialState.OVER in (trial.state, reference.trial.state):
        yield ("trial_end", ""), trial.ended_at
    # Open: whether unused credits stay visible after the trial.
    if reference.trial.state is TrialState.ACTIVE or reference.trial.credits_left == ZERO:
        yield ("trial_credits", ""), trial.credits_left


def _services(situation: Situation, view: OrganizationView) -> Values:
    notes, labels = situation.notes, situation.mirror.labels
    shown = {service.service: service for service in view.services}
    known = set()
    for service in situation.organization.services:
        label = labels.get(service.id, service.id)
        known.add(label)
        found = shown.get(label)
        state = ServiceState.DELETED if found is None else found.state
        if service.id in notes.deleted_with_trial and state is ServiceState.DELETED:
            state = ServiceState.STOPPED
        restarted = service.id in notes.stopped_by_trial and service.state != "deleted"
        if service.id not in notes.state_undefined and not restarted:
            yield ("service", label), state
        if found is not None and service.state != "deleted" and service.id not in notes.deleted_with_trial:
            yield ("memory", label), found.replica_memory_gib
    unknown = [s for s in view.services if s.service not in known and s.state is not ServiceState.DELETED]
    yield ("services", ""), len(known) + len(unknown)


def _money(situation: Situation, view: OrganizationView) -> Values:
    organization, reference, notes = situation.organization, situation.reference, situation.notes
    yield ("invoices", ""), _invoices(view, reference)
    yield ("charged", ""), sum((charge.amount for charge in view.charges if charge.succeeded), ZERO)
    # Open: when an implementation retries a failed charge.
    if organization.card is None or not any(invoice.failed_at for invoice in organization.invoices):
        yield ("attempted", ""), bool(view.charges)
    again = _tried_again(situation, view)
    if again is not None:
        yield ("tried_again", ""), again
    since = notes.cleared
    if since is not None and not organization.open_invoices and not _charged_after(reference, since):
        yield ("tried_on", ""), TriedOn(since, _charged_after(view, since))
    usable = (grant for grant in view.credits if grant.expires_at > situation.now)
    yield ("credits", ""), tuple(sorted(usable, key=_by_term))


def _charged_after(view: OrganizationView, since: datetime) -> bool:
    return any(charge.at > since for charge in view.charges)


def _by_term(grant: Credits) -> tuple[datetime, datetime, Decimal, Decimal]:
    return grant.granted_at, grant.expires_at, grant.amount, grant.left


def _invoices(view: OrganizationView, reference: OrganizationView) -> tuple[InvoiceShown, ...]:
    whole = _whole_cycles(reference)
    valid = (invoice for invoice in view.invoices if invoice.state is not InvoiceState.VOID)
    return tuple(
        InvoiceShown(
            invoice.issued_at,
            invoice.amount,
            invoice.state is InvoiceState.PAID,
            (invoice.first_day, invoice.last_day) if place < len(whole) and whole[place] else None,
        )
        for place, invoice in enumerate(valid)
    )


def _whole_cycles(reference: OrganizationView) -> list[bool]:
    """Return for each invoice whether it is for a whole cycle: the days of an early one and of the next are open."""
    whole: list[bool] = []
    after_early = False
    for invoice in reference.invoices:
        at_the_end = _is_at_cycle_end(invoice)
        whole.append(at_the_end and not after_early)
        after_early = not at_the_end
    return whole


def _is_at_cycle_end(invoice: Invoice) -> bool:
    return invoice.issued_at.date() == invoice.last_day + DAY and invoice.issued_at.hour == 0


def _tried_again(situation: Situation, view: OrganizationView) -> bool | None:
    """Return whether a failed charge was retried within 30 days, or None where that cannot be said yet."""
    organization, now = situation.organization, situation.now
    configured = situation.mirror.oracle.configured(organization)
    elsewhere = any(value for method, value in configured.items() if method != "card")
    if elsewhere or organization.grants or organization.subscriptions:
        return None  # a retry goes to the configured method
    for invoice in situation.reference.invoices:
        since = invoice.issued_at
        failed = any(charge.at == since and not charge.succeeded for charge in situation.reference.charges)
        if failed and invoice.state is InvoiceState.OPEN and now >= since + RETRIED + BY_NOW:
            return any(since < charge.at <= since + RETRIED for charge in view.charges)
    return None


def _reports(situation: Situation, view: OrganizationView) -> Values:
    mirror, organization = situation.mirror, situation.organization
    unpriced = {s.id for s in organization.subscriptions if s.offer == "free_trial"}
    hidden = {mirror.labels.get(subscription, subscription) for subscription in unpriced}
    lines = [line for line in view.marketplace_reports if line.subscription not in hidden]
    yield from _fees(situation, [line for line in lines if line.kind is ReportKind.COMMITMENT])
    since = situation.now - (REPORTED_LATE if mirror.late else REPORTED)
    pending = any(metered.subscription not in unpriced for metered in organization.metered)
    if pending or any(
        line.kind == "usage" and line.at > since and line.subscription not in unpriced for line in organization.reports
    ):
        return  # some of it may be reported already
    usage = [line for line in lines if line.kind is ReportKind.USAGE]
    yield from _sums("usage", usage)
    if situation.notes.moved:
        return
    for item in sorted({line.item for line in usage}):
        yield ("item", item), sum((line.amount for line in usage if line.item == item), ZERO)
    if mirror.oracle.readings["report_lines"] == "per_hour":
        yield ("lines", ""), len(usage)


def _fees(situation: Situation, lines: list[MarketplaceReport]) -> Values:
    """Return the sums of fees; under `fee_report=as_offered` only that they are within the credits granted."""
    if situation.mirror.oracle.readings.get("fee_report") != "as_offered":
        yield from _sums("fees", lines)
        return
    labels = situation.mirror.labels
    granted: dict[str, Decimal] = {}
    for grant in situation.organization.grants:
        if grant.subscription is not None:
            of = labels.get(grant.subscription, grant.subscription)
            granted[of] = granted.get(of, ZERO) + grant.amount
    for (name, of), amount in _sums("fees", lines):
        limit = granted.get(of, ZERO)
        yield (name, of), PartialFee(limit, isinstance(amount, Decimal) and ZERO < amount <= limit)


def _sums(name: str, lines: list[MarketplaceReport]) -> Values:
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.subscription] = sums.get(line.subscription, ZERO) + line.amount
    for of, amount in sorted(sums.items()):
        yield (name, of), amount
