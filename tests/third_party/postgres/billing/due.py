"""What falls due, in which order, and carrying it out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from billing.dates import TRIAL, midnight, takes_effect
from billing.debts import delete_for_debt, deletion_at, stop_at, stop_services
from billing.invoicing import delete_after_trial, end_credits, end_cycle, end_subscription, end_trial, rate, retry
from billing.readings import Readings
from billing.tables import Debt, Grant, Invoice, Organization, Subscription, Usage


class Rank(IntEnum):
    """The order of what falls due at one instant."""

    SUBSCRIPTION_END = 0
    CREDITS_END = 1
    TRIAL_END = 2
    CYCLE_END = 3
    RETRY = 4
    STOP = 5
    DELETION = 6
    TRIAL_DELETION = 7
    USAGE = 8


@dataclass(frozen=True, slots=True)
class Due:
    """A thing that falls due."""

    at: datetime
    rank: Rank
    subject: Subscription | Grant | Invoice | Debt | Usage | None = None


def due_things(organization: Organization, readings: Readings) -> Iterator[Due]:
    """Yield what falls due by itself, as things stand."""
    yield from ends(organization, readings)
    yield from unpaid(organization, readings)
    if organization.trial_deletion_at:
        yield Due(organization.trial_deletion_at, Rank.TRIAL_DELETION)
    if organization.cycle_next_day:
        yield Due(midnight(organization.cycle_next_day), Rank.CYCLE_END)
    for usage in organization.usages:
        if not usage.rated:
            yield Due(usage.at, Rank.USAGE, usage)


def ends(organization: Organization, readings: Readings) -> Iterator[Due]:
    """Yield the ends of subscriptions, of credits and of the trial."""
    for subscription in organization.linked:
        if subscription.ends_at:
            yield Due(subscription.ends_at, Rank.SUBSCRIPTION_END, subscription)
    for grant in organization.grants:
        if not grant.ended:
            yield Due(takes_effect(grant.expires_at, readings), Rank.CREDITS_END, grant)
    if organization.trial_runs and organization.trial_started_at:
        yield Due(takes_effect(organization.trial_started_at + TRIAL, readings), Rank.TRIAL_END)


def unpaid(organization: Organization, readings: Readings) -> Iterator[Due]:
    """Yield what follows unpaid invoices: retries, the stop and the deletion."""
    for invoice in organization.open_invoices:
        if invoice.retry_at:
            yield Due(invoice.retry_at, Rank.RETRY, invoice)
    for debt in organization.open_debts:
        if not debt.stopped:
            yield Due(stop_at(organization, debt, readings), Rank.STOP, debt)
        deletion = None if debt.deleted else deletion_at(organization, debt, readings)
        if deletion:
            yield Due(deletion, Rank.DELETION, debt)


def carry_out(organization: Organization, due: Due, readings: Readings) -> None:
    """Do what falls due, as of its own instant."""
    match due:
        case Due(at, Rank.SUBSCRIPTION_END, Subscription() as subscription):
            end_subscription(subscription, at, readings)
        case Due(at, Rank.CREDITS_END, Grant() as grant):
            end_credits(organization, grant, at, readings)
        case Due(at, Rank.TRIAL_END):
            end_trial(organization, at, readings)
        case Due(at, Rank.TRIAL_DELETION):
            delete_after_trial(organization, at, readings)
        case Due(at, Rank.CYCLE_END):
            end_cycle(organization, at, readings)
        case Due(at, Rank.RETRY, Invoice() as invoice):
            retry(organization, invoice, at, readings)
        case Due(_, Rank.STOP, Debt() as debt):
            debt.stopped = True
            stop_services(organization, for_debt=True)
        case Due(at, Rank.DELETION, Debt() as debt):
            debt.deleted = True
            delete_for_debt(organization, at, readings)
        case Due(_, Rank.USAGE, Usage() as usage):
            rate(organization, usage, readings)


def settle(organization: Organization, until: datetime, readings: Readings) -> None:
    """Carry out everything that is due up to and including an instant, the earliest first."""
    while due := min(due_things(organization, readings), key=lambda each: (each.at, each.rank), default=None):
        if due.at > until:
            break
        carry_out(organization, due, readings)
    organization.next_due_at = due.at if due else None
