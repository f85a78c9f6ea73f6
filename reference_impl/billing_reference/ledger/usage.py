"""Usage: credits, a marketplace, the trial or the customer pays for it; the end of a trial."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.ledger.debts import running
from billing_reference.ledger.invoices import Invoices
from billing_reference.state import (
    Debt,
    Grant,
    Metered,
    Organization,
    PendingUsage,
    Subscription,
    Trial,
    TrialLapse,
    Usage,
)
from billing_reference.time import hour_of


class UsageAccounts(Invoices):
    """Where usage goes: to credits, a marketplace, the trial or the customer."""

    def use(self, organization: Organization, usage: Usage) -> None:
        """Let the first method that can pay for usage: credits, subscription, trial; the rest is owed (BC-13)."""
        if self.policy.DRAWN_AT_PERIOD_END and self.credits_at(organization, usage.at):
            subscription = self.paying_subscription(organization, usage.at)
            through = None if subscription is None else subscription.id
            organization.pending.append(PendingUsage(usage, through, organization.trial_active))
            return
        rest = self.draw_credits(organization, usage, usage.at)
        if not rest.amount:
            return
        subscription = self.paying_subscription(organization, usage.at)
        if subscription is not None:
            self.meter(organization, subscription, rest)
        elif organization.trial is not None and organization.trial.ended_at is None:
            self.draw_trial(organization, organization.trial, rest)
        else:
            self.owe(organization, rest)

    # Credits

    def draw_pending(self, organization: Organization, at: datetime) -> None:
        """Draw the usage of a billing cycle from credits at its end; bill what they do not cover (BC-56, BC-57)."""
        due = [pending for pending in organization.pending if pending.usage.at < at]
        organization.pending = [pending for pending in organization.pending if pending.usage.at >= at]
        for pending in due:
            rest = self.draw_credits(organization, pending.usage, at)
            if rest.amount:
                self.bill_pending(organization, pending, rest)
        self.report(organization, at)

    def bill_pending(self, organization: Organization, pending: PendingUsage, rest: Usage) -> None:
        """Let the method pay that would have paid at the time of the usage; it is not charged early."""
        trial = organization.trial
        if pending.subscription is not None:
            self.meter(organization, self.state.subscriptions[pending.subscription], rest)
        elif pending.trial and trial is not None:
            trial.used += rest.amount
        else:
            organization.uninvoiced.append(rest)

    def draw_credits(self, organization: Organization, usage: Usage, at: datetime) -> Usage:
        """Draw usage from credits; return what they do not cover (BC-55, BC-58)."""
        rest = usage.amount
        for grant in self.credits_at(organization, usage.at):
            rest -= self.draw(organization, grant, usage, rest, at)
            if not rest:
                break
        return usage if rest == usage.amount else Usage(usage.at, usage.item, rest)

    def draw(self, organization: Organization, grant: Grant, usage: Usage, amount: Decimal, at: datetime) -> Decimal:
        """Draw an amount of some usage from one grant; return what it covers."""
        drawn = self.policy.credits_drawn(grant.left, amount)
        grant.left -= drawn
        if not grant.left:
            grant.used_up_at = at
            self.end_credits(organization, grant, at)
        return drawn

    def end_credits(self, organization: Organization, grant: Grant, at: datetime) -> None:
        """Apply what the end of credits brings: those of a direct contract may restrict (BC-63)."""
        if grant.end_applied:
            return
        grant.end_applied = True
        if grant.commitment and (grant.subscription is None or self.subscription_over(grant.subscription, at)):
            self.lapse_of_commitment(organization, at)

    def subscription_over(self, number: str, at: datetime) -> bool:
        """Return whether the subscription with this identifier is over."""
        return self.subscription_ended(self.state.subscriptions[number], at)

    # Marketplaces

    def meter(self, organization: Organization, subscription: Subscription, usage: Usage) -> None:
        """Keep usage for its report to the marketplace (AWS-29, BC-36)."""
        organization.metered.append(Metered(subscription.id, usage.at, usage.item, usage.amount))

    def report(self, organization: Organization, at: datetime) -> None:
        """Report the usage of all hours that are due, one hour of one subscription at a time (BC-36)."""
        hours: dict[tuple[str, datetime], list[Metered]] = {}
        later = []
        for line in organization.metered:
            if self.policy.report_due(line.at) <= at:
                hours.setdefault((line.subscription, hour_of(line.at)), []).append(line)
            else:
                later.append(line)
        organization.metered = later
        for hour in hours.values():
            self.report_hour(organization, hour, at)

    def report_hour(self, organization: Organization, hour: list[Metered], at: datetime) -> None:
        """Report the usage of one hour, also if its subscription has ended meanwhile."""
        organization.reports.extend(self.policy.report_lines(hour, at))

    # The trial

    def draw_trial(self, organization: Organization, trial: Trial, usage: Usage) -> None:
        """Draw usage from the trial's credits; the trial ends when they are used up (BC-03)."""
        trial.used += usage.amount
        if self.policy.trial_used_up(trial.credits, trial.used):
            self.end_trial(organization, trial, usage.at)

    def end_trial(self, organization: Organization, trial: Trial, at: datetime) -> None:
        """End the trial; with no billing method configured, stop all services (BC-03, BC-08)."""
        trial.ended_at = at
        if self.policy.trial_lapses(self.methods(organization, at)):
            by_time = self.policy.trial_end(trial.started_at) <= at
            counts_from = trial.started_at + self.policy.TRIAL_LENGTH if by_time else at
            organization.trial_lapse = TrialLapse(trial.started_at, counts_from)
            organization.deletion_after_trial = organization.trial_lapse
            self.stop_after_trial(organization)

    def stop_after_trial(self, organization: Organization) -> None:
        """Stop all services at the end of a trial (BC-08)."""
        for service in running(organization.services):
            service.state = "stopped"

    def method_configured(self, organization: Organization, at: datetime) -> None:
        """End the refusals that the end of the trial began, once a billing method is configured (BC-01)."""
        if organization.trial_lapse is not None and any(self.methods(organization, at)):
            organization.trial_lapse = None

    def delete_after_trial(self, organization: Organization, lapse: TrialLapse, at: datetime) -> None:
        """Delete all data, unless there is a billing method or a commitment by now (BC-09, BC-66)."""
        organization.deletion_after_trial, lapse.deleted = None, True
        protected = self.policy.protected_until(Debt(at), self.in_force_until(organization))
        if protected is None and self.policy.deletes_after_trial(self.methods(organization, at)):
            self.delete(organization, ())
