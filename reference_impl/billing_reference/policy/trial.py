"""The trial: how long it lasts, and what follows if nothing pays afterwards (BC-01 to BC-09)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.state import ZERO, Grant, Methods, Standing
from billing_reference.time import DAY, Deadlines


class TrialPolicy(Deadlines):
    """The rules of the trial under the default readings."""

    TRIAL_LENGTH = 30 * DAY  # BC-02
    DELETION_AFTER_TRIAL = 14 * DAY  # BC-09: two weeks

    def trial_end(self, started_at: datetime) -> datetime:
        """BC-02: the trial lasts 30 days."""
        return self.deadline(started_at, self.TRIAL_LENGTH)

    def trial_used_up(self, granted: Decimal, used: Decimal) -> bool:
        """BC-03: the trial also ends when nothing is left of its credits."""
        return used >= granted

    def trial_credits_left(self, granted: Decimal, used: Decimal) -> Decimal:
        """BC-03: usage beyond the credits does not make them negative."""
        return max(ZERO, granted - used)

    def trial_lapses(self, methods: Methods) -> bool:
        """BC-08: if the trial ends and no billing method is configured, all services are stopped."""
        return not any(methods)

    def deletion_after_trial(self, started_at: datetime, ended_at: datetime) -> datetime:
        """BC-09: the deletion falls due two weeks after the trial ended."""
        return self.deadline(ended_at, self.DELETION_AFTER_TRIAL)

    def deletes_after_trial(self, methods: Methods) -> bool:
        """BC-09: all data is deleted then, if there is still no billing method."""
        return not any(methods)

    def credits_count(self, grant: Grant) -> bool:
        """BC-01: credits that can be used count as a billing method, from a contract or from a refund."""
        return True

    def method_missing(self, standing: Standing) -> bool:
        """BC-01: services need a billing method from the end of a trial with none until one is configured."""
        return standing.lapsed

    def start_needs_method(self, standing: Standing) -> bool:
        """BC-01: no service starts while a billing method is missing."""
        return self.method_missing(standing)

    def create_needs_method(self, standing: Standing) -> bool:
        """BC-01: no service is created while a billing method is missing."""
        return self.method_missing(standing)


class UsedUpBelowZero(TrialPolicy):
    """`trial_exhausted=below_zero`."""

    def trial_used_up(self, granted: Decimal, used: Decimal) -> bool:
        """BC-03: the trial ends by its credits only when usage goes beyond them."""
        return used > granted


class DeletionFromNominalEnd(TrialPolicy):
    """`trial_deletion_origin=nominal_end`."""

    def deletion_after_trial(self, started_at: datetime, ended_at: datetime) -> datetime:
        """BC-09: the two weeks run from the trial's 30th day, even if its credits ran out before."""
        return self.deadline(started_at + self.TRIAL_LENGTH, self.DELETION_AFTER_TRIAL)


class CreateWithoutMethod(TrialPolicy):
    """`no_method_create=accepted`."""

    def create_needs_method(self, standing: Standing) -> bool:
        """BC-01: a service may be created without a billing method; it shares the fate of the others."""
        return False


class MethodNeededAfterTrial(TrialPolicy):
    """`no_method_service=after_trial`."""

    def method_missing(self, standing: Standing) -> bool:
        """BC-01: services need a billing method whenever a trial is over."""
        return standing.trial == "over" and not standing.configured


class MethodAlwaysNeeded(TrialPolicy):
    """`no_method_service=always`."""

    def method_missing(self, standing: Standing) -> bool:
        """BC-01: services need a billing method whenever no trial is active."""
        return standing.trial != "active" and not standing.configured


class RefundsDoNotCount(TrialPolicy):
    """`refund_counts=does_not_count`."""

    def credits_count(self, grant: Grant) -> bool:
        """BC-01: only credits of a commitment count as a billing method; a refund pays for usage."""
        return grant.commitment
