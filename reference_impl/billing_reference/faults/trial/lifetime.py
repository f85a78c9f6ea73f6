"""Faults of the trial itself: its length, its credits, what its end brings (BC-02 to BC-09)."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from billing_reference.faults.fault import fault
from billing_reference.ledger import Due, Ledger, Phase
from billing_reference.ledger.debts import running
from billing_reference.policy.trial import TrialPolicy
from billing_reference.state import ZERO, Card, Debt, Methods, Organization, Trial, TrialLapse, Usage
from billing_reference.time import DAY, HOUR, NO_TIME, SECOND, Deadlines

# The length of the trial


@fault("trial-of-a-calendar-month", "BC-02")
class MonthLongTrial(Ledger):
    """The trial lasts a calendar month: 28 days in February."""

    def start_trial(self, organization: Organization, amount: Decimal, at: datetime) -> None:
        month = timedelta(days=calendar.monthrange(at.year, at.month)[1])
        super().start_trial(organization, amount, at + (month - self.policy.TRIAL_LENGTH))


@fault("trial-counted-from-creation", "BC-02")
class TrialFromCreation(Ledger):
    """The 30 days run from the day the organization was created."""

    def start_trial(self, organization: Organization, amount: Decimal, at: datetime) -> None:
        super().start_trial(organization, amount, organization.created_at)


@fault("card-ends-trial", "BC-02")
class CardEndsTrial(Ledger):
    """Putting a card on file ends the trial."""

    def put_card(self, organization: Organization, card: Card, at: datetime) -> None:
        if organization.trial is not None and organization.trial.ended_at is None:
            organization.trial.ended_at = at
        super().put_card(organization, card, at)


@fault("trial-never-ends-by-time", "BC-02", "BC-03")
class TrialNeverEndsByTime(Ledger):
    """The trial ends by its credits only."""

    def due_of_trial(self, organization: Organization) -> Iterator[Due]:
        return (due for due in super().due_of_trial(organization) if due.phase is not Phase.TRIAL_END)


@fault("trial-end-a-second-late", "BC-02")
class TrialEndsASecondLate(Deadlines):
    """Declares that deadlines fall at the instant, and ends the trial a second later."""

    def deadline(self, start: datetime, length: timedelta = NO_TIME) -> datetime:
        return start + length + (SECOND if length == TrialPolicy.TRIAL_LENGTH else NO_TIME)


@fault("trial-end-dated-when-noticed", "BC-02")
class TrialEndDatedWhenNoticed(Ledger):
    """The end of the trial is dated when a jump of the clock noticed it."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        trial = organization.trial if organization.trial_active else None
        applied = super().settle(organization, now)
        if trial is not None and trial.ended_at is not None:
            trial.ended_at = now
        return applied


# The credits of the trial


@fault("trial-never-ends-by-credits", "BC-03")
class NeverUsedUp(TrialPolicy):
    """The trial ends by time only, however much is used."""

    def trial_used_up(self, granted: Decimal, used: Decimal) -> bool:
        return False


@fault("trial-ends-at-twice-its-credits", "BC-03", "BC-08")
class UsedUpAtTwice(TrialPolicy):
    """The trial ends when twice its credits are used."""

    def trial_used_up(self, granted: Decimal, used: Decimal) -> bool:
        return used >= granted * 2


@fault("trial-credits-not-drawn", "BC-03")
class TrialNotDrawn(Ledger):
    """Usage in the trial is not taken from its credits."""

    def draw_trial(self, organization: Organization, trial: Trial, usage: Usage) -> None:
        super().draw_trial(organization, trial, replace(usage, amount=ZERO))


@fault("trial-credits-drawn-in-whole-dollars", "BC-03")
class TrialDrawnInWholeDollars(Ledger):
    """Usage in the trial is taken from its credits in whole dollars; cents are dropped."""

    def draw_trial(self, organization: Organization, trial: Trial, usage: Usage) -> None:
        super().draw_trial(organization, trial, replace(usage, amount=usage.amount // 1))


@fault("trial-credits-below-zero", "BC-03")
class TrialCreditsNeverZero(TrialPolicy):
    """The rest of the trial's credits is never shown below a cent."""

    def trial_credits_left(self, granted: Decimal, used: Decimal) -> Decimal:
        return max(Decimal("0.01"), granted - used)


@fault("trial-credits-shared", "BC-03")
class TrialCreditsShared(Ledger):
    """Usage of one organization is taken from every organization's trial."""

    def use(self, organization: Organization, usage: Usage) -> None:
        for other in self.state.organizations.values():
            if other is not organization and other.trial is not None and other.trial.ended_at is None:
                other.trial.used += usage.amount
        super().use(organization, usage)


@fault("trial-usage-billed-as-well", "BC-03")
class TrialUsageBilled(Ledger):
    """Usage that the trial covered is invoiced too."""

    def draw_trial(self, organization: Organization, trial: Trial, usage: Usage) -> None:
        self.owe(organization, usage)
        super().draw_trial(organization, trial, usage)


# The end of the trial


@fault("trial-end-stops-one-service", "BC-08")
class StopsTheNewest(Ledger):
    """At the end of the trial only the newest service stops."""

    def stop_after_trial(self, organization: Organization) -> None:
        for service in running(organization.services)[-1:]:
            service.state = "stopped"


@fault("trial-end-stops-nothing", "BC-08")
class StopsNothing(Ledger):
    """At the end of the trial no service stops."""

    def stop_after_trial(self, organization: Organization) -> None:
        return


@fault("trial-end-stops-despite-card", "BC-08")
class StopsDespiteCard(TrialPolicy):
    """At the end of the trial services stop although a card is on file."""

    def trial_lapses(self, methods: Methods) -> bool:
        return not (methods.subscription or methods.credits)


@fault("trial-end-stops-despite-subscription", "BC-08")
class StopsDespiteSubscription(TrialPolicy):
    """At the end of the trial services stop although a subscription is linked."""

    def trial_lapses(self, methods: Methods) -> bool:
        return not (methods.card or methods.credits)


@fault("trial-end-stops-despite-credits", "BC-08")
class StopsDespiteCredits(TrialPolicy):
    """At the end of the trial services stop although credits are left."""

    def trial_lapses(self, methods: Methods) -> bool:
        return not (methods.card or methods.subscription)


@fault("one-trial-stops-all", "BC-08")
class OneTrialStopsAll(Ledger):
    """The end of one trial stops the services of every organization with a trial."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        applied = super().settle(organization, now)
        lapsed = any(other.trial_lapse is not None for other in self.state.organizations.values())
        for service in organization.services if lapsed and organization.trial is not None else ():
            service.state = "stopped"
        return applied


@fault("services-stop-before-trial-ends", "BC-08")
class StopsBeforeTheEnd(Ledger):
    """Services stop three days before the trial ends."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        applied = super().settle(organization, now)
        trial = organization.trial
        if trial is not None and trial.ended_at is None and now >= trial.started_at + 27 * DAY:
            for service in () if any(self.methods(organization, now)) else organization.services:
                service.state = "stopped"
        return applied


# The deletion after the trial


@fault("deletion-counted-from-start-of-trial", "BC-09")
class DeletionFromStart(TrialPolicy):
    """The two weeks are counted from the start of the trial."""

    def deletion_after_trial(self, started_at: datetime, ended_at: datetime) -> datetime:
        return self.deadline(started_at, self.DELETION_AFTER_TRIAL)


@fault("deletion-counted-from-when-noticed", "BC-09")
class DeletionFromWhenNoticed(Ledger):
    """The two weeks are counted from the instant at which a jump of the clock noticed the end."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        trial = organization.trial
        if trial is not None and trial.ended_at is None:
            end = trial.started_at + self.policy.TRIAL_LENGTH
            if end <= now:
                super().settle(organization, end)
                if organization.trial_lapse is not None:
                    organization.trial_lapse.ended_at = now
        return super().settle(organization, now)


@fault("deletion-although-method-configured", "BC-09", "BC-01")
class DeletesAlthoughMethodConfigured(Ledger):
    """The data is deleted two weeks after the trial although a billing method has been configured meanwhile."""

    def method_configured(self, organization: Organization, at: datetime) -> None:
        return

    def delete_after_trial(self, organization: Organization, lapse: TrialLapse, at: datetime) -> None:
        organization.deletion_after_trial, lapse.deleted = None, True
        if self.policy.protected_until(Debt(at), self.in_force_until(organization)) is None:
            self.delete(organization, ())


@fault("trial-end-dated-by-the-job", "BC-02")
class TrialEndDatedByTheJob(Ledger):
    """The end of a trial by its time is dated 17 hours late, when the job runs."""

    def end_trial(self, organization: Organization, trial: Trial, at: datetime) -> None:
        super().end_trial(organization, trial, at)
        if self.policy.trial_end(trial.started_at) <= at:
            trial.ended_at = at + 17 * HOUR
