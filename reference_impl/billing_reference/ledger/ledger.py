"""The queue of due things: what falls due is applied in order of its due time, as of that time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import IntEnum
from functools import partial
from typing import NamedTuple

from billing_reference.ledger.refusals import Refusals
from billing_reference.state import Debt, Organization
from billing_reference.time import DAY, FOREVER


class Phase(IntEnum):
    """The order of what falls due at one instant."""

    REPORT = 0
    SUBSCRIPTION_END = 1
    CREDITS_END = 2
    TRIAL_END = 3
    CREDITS_DRAWN = 4
    CYCLE_END = 5
    RETRY = 6
    STOP = 7
    DELETION = 8


class Due(NamedTuple):
    """Something that falls due, and the function that applies it."""

    at: datetime
    phase: Phase
    apply: Callable[[datetime], None]


class Ledger(Refusals):
    """One world under one policy. Organizations do not affect each other, so each is settled separately."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        """Apply everything that falls due up to and including now; return it in the order it was applied."""
        applied = []
        while (due := self.next_due(organization)) is not None and due.at <= now:
            due.apply(due.at)
            applied.append(due)
        return applied

    def next_due(self, organization: Organization) -> Due | None:
        """Return the next thing that falls due as things stand."""
        return min(self.due(organization), key=lambda due: (due.at, due.phase), default=None)

    def due(self, organization: Organization) -> Iterator[Due]:
        """Return everything that will fall due as things stand."""
        yield from self.due_reports(organization)
        yield from self.due_ends(organization)
        yield from self.due_of_trial(organization)
        yield from self.due_charges(organization)
        if organization.debt is not None:
            yield from self.due_of_debt(organization, organization.debt)

    def silent_ends(self, organization: Organization) -> Iterator[datetime]:
        """Return the ends of credits and of subscriptions that end by themselves: they take effect by their time."""
        for grant in organization.grants:
            if grant.left:
                yield self.policy.credits_expire(grant)
        for subscription in organization.subscriptions:
            end = self.subscription_end(subscription)
            if end is not None and subscription.ended_at is None:
                yield end

    def due_reports(self, organization: Organization) -> Iterator[Due]:
        """The next report of usage to a marketplace (BC-36)."""
        if organization.metered:
            at = min(self.policy.report_due(line.at) for line in organization.metered)
            yield Due(at, Phase.REPORT, partial(self.report, organization))
        if organization.future_reports:
            at = min(line.at for line in organization.future_reports)
            yield Due(at, Phase.REPORT, partial(self.report_future, organization))

    def due_ends(self, organization: Organization) -> Iterator[Due]:
        """The ends of committed subscriptions by their term, and of the credits of contracts (BC-62, BC-63)."""
        if self.policy.TERM_ENDS_SUBSCRIPTION:
            for held in organization.subscriptions:
                end = self.term_end(held)
                if held.ended_at is None and end is not None:
                    yield Due(end, Phase.SUBSCRIPTION_END, partial(self.end_by_term, held))
        if self.policy.COMMITMENT_END_RESTRICTS:
            for grant in organization.commitments:
                if not grant.end_applied:
                    at = self.policy.credits_expire(grant)
                    yield Due(at, Phase.CREDITS_END, partial(self.end_credits, organization, grant))

    def due_of_trial(self, organization: Organization) -> Iterator[Due]:
        """The end of the trial by its time, and the deletion two weeks later (BC-02, BC-09)."""
        trial, lapse = organization.trial, organization.deletion_after_trial
        if trial is not None and trial.ended_at is None:
            yield Due(
                self.policy.trial_end(trial.started_at), Phase.TRIAL_END, partial(self.end_trial, organization, trial)
            )
        if lapse is not None:
            at = self.policy.deletion_after_trial(lapse.started_at, lapse.ended_at)
            yield Due(at, Phase.DELETION, partial(self.delete_after_trial, organization, lapse))

    def due_charges(self, organization: Organization) -> Iterator[Due]:
        """The draw of credits and the charge at the end of the cycle (BC-17, BC-57)."""
        if organization.pending:
            cycle = self.cycle_at(organization, organization.pending[0].usage.at.date())
            if cycle is not None:
                yield Due(cycle.end, Phase.CREDITS_DRAWN, partial(self.draw_pending, organization))
        if organization.uninvoiced:
            cycle = self.cycle_at(organization, organization.uninvoiced[0].at.date())
            if cycle is not None:
                at = self.policy.charge_due(cycle)
                yield Due(at, Phase.CYCLE_END, lambda at: self.invoice(organization, at, cycle))

    def due_of_debt(self, organization: Organization, debt: Debt) -> Iterator[Due]:
        """The retries, the stop and the deletion of a debt (BC-28 to BC-32)."""
        retry_days = self.policy.RETRY_DAYS
        for invoice in organization.unpaid_invoices:
            if invoice.failed_at is not None and invoice.retries < len(retry_days):
                at = invoice.failed_at + retry_days[invoice.retries] * DAY
                yield Due(at, Phase.RETRY, partial(self.retry, organization, invoice))
        if not debt.stopped:
            yield Due(self.stop_due(organization, debt), Phase.STOP, lambda _: self.stop_for_debt(organization, debt))
        deletion = None if debt.deleted else self.deletion_due(organization, debt)
        protected = self.protected_until(organization, debt)
        if deletion is not None and protected != FOREVER:
            at = deletion if protected is None else max(deletion, protected)
            yield Due(at, Phase.DELETION, lambda _: self.delete_for_debt(organization, debt))
