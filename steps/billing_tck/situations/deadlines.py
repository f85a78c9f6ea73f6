"""The deadlines that a view of an organization shows, by the documents' numbers of days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from billing_tck.contract.values import OrganizationView, SubscriptionState, SubscriptionView, TrialState
from billing_tck.timeline.deadlines import documented


class DeadlineKind(StrEnum):
    """What falls due at a deadline."""

    TRIAL_END = "the trial ends"
    DELETION_AFTER_TRIAL = "data is deleted after the trial"
    CYCLE_END = "the billing cycle ends"
    STOP = "services stop"
    DELETION = "data is deleted for unpaid invoices"
    EXTENSION_END = "the extension ends"
    CREDITS_EXPIRE = "credits expire"
    SUBSCRIPTION_END = "the subscription ends"


Deadline = tuple[datetime, DeadlineKind]


def deadlines_in(view: OrganizationView, subscriptions: Sequence[SubscriptionView]) -> list[Deadline]:
    """Return the deadlines that a view shows, past ones included, in order of time."""
    return sorted(_deadlines(view, subscriptions))


def cycle_end(view: OrganizationView) -> datetime | None:
    """Return the instant at which the current billing cycle ends, or None before there is one."""
    if view.billing_cycle is None:
        return None
    return datetime.combine(view.billing_cycle.last_day + timedelta(days=1), time(), UTC)


def _deadlines(view: OrganizationView, subscriptions: Sequence[SubscriptionView]) -> Iterator[Deadline]:
    yield from _of_trial(view)
    end = cycle_end(view)
    if end is not None and view.uninvoiced:
        yield end, DeadlineKind.CYCLE_END
    if view.unpaid_since is not None:
        yield view.unpaid_since + _days("BC-29"), DeadlineKind.STOP
        yield view.unpaid_since + _days("BC-30"), DeadlineKind.DELETION
    if view.extension_until is not None:
        yield view.extension_until, DeadlineKind.EXTENSION_END
    for grant in view.credits:
        if grant.left:
            yield grant.expires_at, DeadlineKind.CREDITS_EXPIRE
    for subscription in subscriptions:
        if subscription.ends_at is not None and subscription.state is not SubscriptionState.ENDED:
            yield subscription.ends_at, DeadlineKind.SUBSCRIPTION_END


def _of_trial(view: OrganizationView) -> Iterator[Deadline]:
    trial = view.trial
    if trial.state is TrialState.ACTIVE and trial.started_at is not None:
        yield trial.started_at + _days("BC-02"), DeadlineKind.TRIAL_END
    if trial.ended_at is not None:
        yield trial.ended_at + _days("BC-09"), DeadlineKind.DELETION_AFTER_TRIAL


def _days(clause: str) -> timedelta:
    return timedelta(days=documented()[clause])
