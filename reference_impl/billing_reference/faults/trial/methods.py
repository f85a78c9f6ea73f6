"""Faults of billing methods after the trial (BC-01)."""

from __future__ import annotations

from datetime import datetime

from billing_reference.faults.fault import fault
from billing_reference.ledger import Ledger
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.policy.trial import TrialPolicy
from billing_reference.service import BillingService
from billing_reference.state import Grant, Organization, Service, Standing, TrialLapse
from billing_reference.time import DAY
from billing_reference.views import Answer


@fault("start-allowed-after-trial", "BC-01")
class StartAllowed(TrialPolicy):
    """Services start after the trial although no billing method is configured."""

    def start_needs_method(self, standing: Standing) -> bool:
        return False


@fault("start-refused-although-card-added", "BC-01")
class MethodIgnored(Ledger):
    """Services are refused to start after the trial although a billing method has been configured since."""

    def method_configured(self, organization: Organization, at: datetime) -> None:
        return


@fault("credits-are-no-method", "BC-01")
class CreditsIgnored(Ledger):
    """After the trial, credits do not count as a billing method."""

    def method_configured(self, organization: Organization, at: datetime) -> None:
        if organization.card is not None or organization.subscriptions:
            super().method_configured(organization, at)


@fault("subscription-is-no-method", "BC-01")
class SubscriptionIgnored(Ledger):
    """After the trial, a linked subscription does not count as a billing method."""

    def method_configured(self, organization: Organization, at: datetime) -> None:
        if organization.card is not None or organization.grants:
            super().method_configured(organization, at)


@fault("declining-card-is-no-method", "BC-01")
class BadCardIgnored(Ledger):
    """After the trial, a card on file counts only if it would approve."""

    def method_configured(self, organization: Organization, at: datetime) -> None:
        if organization.card is None or organization.card.behaviour == "approves":
            super().method_configured(organization, at)


@fault("method-needed-before-any-trial", "BC-01")
class MethodNeededFromTheStart(Ledger):
    """Starting a service is refused for want of a billing method before any trial."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        if organization.trial is None and not any(self.methods(organization, at)):
            return "no_billing_method"
        return super().start_refused(organization, service, at)


@fault("start-refused-in-the-last-week", "BC-01")
class RefusedInTheLastWeek(Ledger):
    """In the last week of the trial, services are already refused to start."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        trial = organization.trial
        if trial is not None and trial.ended_at is None and at >= trial.started_at + 23 * DAY:
            return "no_billing_method"
        return super().start_refused(organization, service, at)


class StartsAfterTrial(Ledger):
    """Starts some services after a trial with no billing method."""

    def starts(self, organization: Organization, lapse: TrialLapse, service: Service, at: datetime) -> bool:
        """Return whether this service starts."""
        raise NotImplementedError

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        lapse = organization.trial_lapse
        if lapse is not None and self.starts(organization, lapse, service, at):
            return None
        return super().start_refused(organization, service, at)


@fault("start-refused-for-a-week-only", "BC-01")
class StartsAfterAWeek(StartsAfterTrial):
    """A week after the trial, services start although no billing method is configured."""

    def starts(self, organization: Organization, lapse: TrialLapse, service: Service, at: datetime) -> bool:
        return at > lapse.ended_at + 7 * DAY


@fault("start-allowed-after-credits-ran-out", "BC-01")
class StartsAfterCredits(StartsAfterTrial):
    """After a trial that ended by its credits, services start although no billing method is configured."""

    def starts(self, organization: Organization, lapse: TrialLapse, service: Service, at: datetime) -> bool:
        return lapse.ended_at < lapse.started_at + self.policy.TRIAL_LENGTH


@fault("later-services-start-after-trial", "BC-01")
class StartsLaterServices(StartsAfterTrial):
    """After the trial, all services but the first start although no billing method is configured."""

    def starts(self, organization: Organization, lapse: TrialLapse, service: Service, at: datetime) -> bool:
        return service is not organization.services[0]


@fault("owner-stopped-service-starts-after-trial", "BC-01")
class StartsWhatOwnerStopped(BillingService):
    """After the trial, services that their owner had stopped start although no billing method is configured."""

    stopped_by_owner: frozenset[str] = frozenset()

    def stop_service(self, *, service: str) -> Answer:
        self.stopped_by_owner |= {service}
        return super().stop_service(service=service)

    def start_service(self, *, service: str) -> Answer:
        found = self.service(service)
        if service in self.stopped_by_owner and self.organization(found.organization).trial_lapse is not None:
            found.state = "running"
            return {}
        answer = super().start_service(service=service)
        self.stopped_by_owner -= {service}
        return answer


@fault("commitment-is-no-billing-method", "BC-01", "BC-08")
class CommitmentDoesNotCount(TrialPolicy):
    """The credits of a commitment do not count as a billing method when a trial ends or afterwards."""

    def credits_count(self, grant: Grant) -> bool:
        return not grant.commitment
