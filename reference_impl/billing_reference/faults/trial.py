"""Faults of the trial (BC-01 to BC-09)."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from billing_reference import instants, trial
from billing_reference.facts import Organization, Service, TrialLapse
from billing_reference.faults.fault import Fault
from billing_reference.instants import DAY
from billing_reference.shell import Answer, Billing
from billing_tck.contract import Refused


class _MonthLongTrial(Billing):
    """Takes the trial's 30 days for a calendar month."""

    def start_trial(self, *, organization: str, credits: Decimal) -> Answer:  # noqa: A002 - the contract's name
        answer = super().start_trial(organization=organization, credits=credits)
        owner = self.ledger.facts.organizations[organization]
        if owner.trial is not None:
            start = owner.trial.started_at
            month = calendar.monthrange(start.year, start.month)[1]
            owner.trial.started_at = start + (timedelta(days=month) - trial.LENGTH)
        return answer


class _TrialOfAnyoneEnds(Billing):
    """Stops the services of every organization on trial when the first trial ends."""

    def _settle(self, organization: Organization, instant: datetime) -> None:
        super()._settle(organization, instant)
        lapsed = [other for other in self.ledger.facts.organizations.values() if other.trial_lapse is not None]
        if lapsed and organization.trial is not None:
            for service in organization.services:
                service.state = "stopped"


class _CreditsShared(Billing):
    """Draws usage from the credits of every organization on trial."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        for other in self.ledger.facts.organizations.values():
            if other.id != organization and other.trial is not None and other.trial.ended_at is None:
                other.trial.used += amount
        return super().record_usage(organization=organization, amount=amount, item=item)


class _LapseSurvivesMethod(Billing):
    """Goes on refusing after a billing method was configured."""

    def _method_configured(self, owner: Organization) -> Answer:
        return self._done(owner)


class _LapseSurvivesCredits(Billing):
    """Goes on refusing after credits were granted: looks for a card or a subscription alone."""

    def _method_configured(self, owner: Organization) -> Answer:
        if owner.card is None and not owner.subscriptions:
            return self._done(owner)
        return super()._method_configured(owner)


class _LapseSurvivesSubscription(Billing):
    """Goes on refusing after a subscription was linked: looks for a card or credits alone."""

    def _method_configured(self, owner: Organization) -> Answer:
        if owner.card is None and not owner.grants:
            return self._done(owner)
        return super()._method_configured(owner)


class _OnlyGoodCardsCount(Billing):
    """Counts a card as a billing method only when it would approve."""

    def _method_configured(self, owner: Organization) -> Answer:
        if owner.card is not None and owner.card.behaviour != "approves":
            return self._done(owner)
        return super()._method_configured(owner)


class _MethodNeededFromTheStart(Billing):
    """Refuses to start a service for want of a billing method before any trial."""

    def start_service(self, *, service: str) -> Answer:
        owner = self._organization(self._service(service).organization)
        if owner.trial is None and not any(self.ledger.configured(owner, self.now).values()):
            raise Refused("no_billing_method")
        return super().start_service(service=service)


class _OneSweepOnly(Billing):
    """Evaluates the trial at the target of a jump alone: dates its end when it got round to it."""

    def advance_to(self, *, now: datetime) -> Answer:
        for owner in self.ledger.facts.organizations.values():
            running = owner.trial is not None and owner.trial.ended_at is None
            self._settle(owner, now)
            if running and owner.trial is not None and owner.trial.ended_at is not None:
                owner.trial.ended_at = now
        return {}


class _LateDeletionCount(Billing):
    """Counts the two weeks from when a jump of the clock noticed the end of the trial."""

    def advance_to(self, *, now: datetime) -> Answer:
        for owner in self.ledger.facts.organizations.values():
            had = owner.trial_lapse
            if had is None and owner.trial is not None and owner.trial.ended_at is None:
                end = owner.trial.started_at + self.rules.trial.length
                if end <= now:
                    self._settle(owner, end)
                    if owner.trial_lapse is not None:
                        owner.trial_lapse.ended_at = now
            self._settle(owner, now)
        return {}


class _StopsBeforeTheEnd(Billing):
    """Stops the services three days before the trial ends."""

    def _settle(self, organization: Organization, instant: datetime) -> None:
        super()._settle(organization, instant)
        running = organization.trial is not None and organization.trial.ended_at is None
        configured = self.ledger.configured(organization, instant)
        if running and organization.trial and instant >= organization.trial.started_at + 27 * DAY:
            for service in () if any(configured.values()) else organization.services:
                service.state = "stopped"


class _RefusesLateInTrial(Billing):
    """Refuses to start a service in the last week of the trial."""

    def start_service(self, *, service: str) -> Answer:
        owner = self._organization(self._service(service).organization)
        if owner.trial is not None and owner.trial.ended_at is None and self.now >= owner.trial.started_at + 23 * DAY:
            raise Refused("no_billing_method")
        return super().start_service(service=service)


class _StartsSome(Billing):
    """Starts some services after the trial that it must not."""

    def wrongly(self, owner: Organization, found: Service) -> bool:
        """Which ones."""
        raise NotImplementedError

    def start_service(self, *, service: str) -> Answer:
        found = self._service(service)
        owner = self._organization(found.organization)
        if owner.trial_lapse is not None and self.wrongly(owner, found):
            found.state = "running"
            return {}
        return super().start_service(service=service)


class _StartsAfterAWeek(_StartsSome):
    """Refuses for a week only."""

    def wrongly(self, owner: Organization, found: Service) -> bool:
        return owner.trial_lapse is not None and self.now > owner.trial_lapse.ended_at + 7 * DAY


class _StartsAfterCredits(_StartsSome):
    """Refuses only after a trial whose time was up."""

    def wrongly(self, owner: Organization, found: Service) -> bool:
        lapse = owner.trial_lapse
        return lapse is not None and lapse.ended_at < lapse.started_at + trial.LENGTH


class _StartsWhatOwnerStopped(_StartsSome):
    """Refuses only what the end of the trial stopped."""

    _stopped_by_owner: frozenset[str] = frozenset()

    def stop_service(self, *, service: str) -> Answer:
        self._stopped_by_owner |= {service}
        return super().stop_service(service=service)

    def start_service(self, *, service: str) -> Answer:
        answer = super().start_service(service=service)
        self._stopped_by_owner -= {service}
        return answer

    def wrongly(self, owner: Organization, found: Service) -> bool:
        return found.id in self._stopped_by_owner


class _StartsLaterServices(_StartsSome):
    """Refuses the first service only."""

    def wrongly(self, owner: Organization, found: Service) -> bool:
        return found is not owner.services[0]


def _newest_only(services: Sequence[Service]) -> Sequence[Service]:
    return [service for service in services if service.state == "running"][-1:]


def _both_needed(credits: Decimal, used: Decimal) -> bool:  # noqa: A002 - the documents' word
    return used >= credits * 2


def _single_record(credits: Decimal, used: Decimal) -> bool:  # noqa: A002 - the documents' word
    return used - credits > credits


def _from_start(lapse: TrialLapse, length: timedelta) -> datetime:
    del length
    return lapse.started_at


def _card_or_credits(*, card: bool, subscription: bool, credits: bool) -> bool:  # noqa: A002 - the documents' word
    del subscription
    return not (card or credits)


def _card_or_subscription(*, card: bool, subscription: bool, credits: bool) -> bool:  # noqa: A002 - as above
    del credits
    return not (card or subscription)


def _subscription_or_credits(*, card: bool, subscription: bool, credits: bool) -> bool:  # noqa: A002 - as above
    del card
    return not (subscription or credits)


def _always(**configured: bool) -> bool:
    del configured
    return True


def _twice_late(start: datetime, length: timedelta) -> datetime:
    return instants.just_after(start, length) if length == trial.LENGTH else instants.at_the_instant(start, length)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "start-allowed-after-trial",
        "Services start after the trial although no billing method is configured.",
        ("BC-01",),
        {"trial.refuses_start": trial.accepted},
    ),
    Fault(
        "start-refused-although-card-added",
        "Services stay refused after the trial although a billing method was configured since.",
        ("BC-01",),
        shell=_LapseSurvivesMethod,
    ),
    Fault(
        "credits-are-no-method",
        "After the trial, credits do not count as a billing method.",
        ("BC-01",),
        shell=_LapseSurvivesCredits,
    ),
    Fault(
        "subscription-is-no-method",
        "After the trial, a linked subscription does not count as a billing method.",
        ("BC-01",),
        shell=_LapseSurvivesSubscription,
    ),
    Fault(
        "declining-card-is-no-method",
        "After the trial, a card on file counts only when it would approve.",
        ("BC-01",),
        shell=_OnlyGoodCardsCount,
    ),
    Fault(
        "method-needed-before-any-trial",
        "Starting a service is refused for want of a billing method before any trial.",
        ("BC-01",),
        shell=_MethodNeededFromTheStart,
    ),
    Fault(
        "create-allowed-after-trial",
        "Declares that creating after the trial is refused, and accepts it.",
        ("BC-01",),
        {"trial.refuses_create": trial.accepted},
    ),
    Fault(
        "start-refused-in-the-last-week",
        "In the last week of the trial, services are refused their start already.",
        ("BC-01",),
        shell=_RefusesLateInTrial,
    ),
    Fault(
        "start-refused-for-a-week-only",
        "A week after the trial, services start although no billing method is configured.",
        ("BC-01",),
        shell=_StartsAfterAWeek,
    ),
    Fault(
        "start-allowed-after-credits-ran-out",
        "After a trial that its credits ended, services start although no billing method is configured.",
        ("BC-01",),
        shell=_StartsAfterCredits,
    ),
    Fault(
        "owner-stopped-service-starts-after-trial",
        "After the trial, what the owner had stopped before starts although no billing method is configured.",
        ("BC-01",),
        shell=_StartsWhatOwnerStopped,
    ),
    Fault(
        "later-services-start-after-trial",
        "After the trial, all services but the first start although no billing method is configured.",
        ("BC-01",),
        shell=_StartsLaterServices,
    ),
    Fault(
        "trial-of-14-days",
        "The trial lasts 14 days.",
        ("BC-02",),
        {"trial.length": 14 * DAY},
    ),
    Fault(
        "trial-of-33-days",
        "The trial lasts 33 days.",
        ("BC-02", "BC-08"),
        {"trial.length": 33 * DAY},
    ),
    Fault(
        "trial-of-a-calendar-month",
        "The trial lasts a calendar month: 28 days in February.",
        ("BC-02",),
        shell=_MonthLongTrial,
    ),
    Fault(
        "trial-never-ends-by-time",
        "The trial ends by its credits alone.",
        ("BC-02", "BC-03"),
        {"trial.ends_by_time": False},
    ),
    Fault(
        "trial-counted-from-creation",
        "The 30 days run from the day the organization was created.",
        ("BC-02",),
        {"trial.starts": lambda created, started: created},
    ),
    Fault(
        "card-ends-trial",
        "Putting a card on file ends the trial.",
        ("BC-02",),
        {"trial.ended_by_card": True},
    ),
    Fault(
        "trial-end-a-second-late",
        "Declares that deadlines fall at the instant, and ends the trial a second later.",
        ("BC-02",),
        {"deadline": _twice_late},
    ),
    Fault(
        "trial-end-dated-when-noticed",
        "The end of the trial is dated when a jump of the clock noticed it.",
        ("BC-02",),
        shell=_OneSweepOnly,
    ),
    Fault(
        "trial-never-ends-by-credits",
        "The trial ends by time alone, however much is used.",
        ("BC-03",),
        {"trial.used_up": lambda granted, used: False},
    ),
    Fault(
        "trial-ends-at-twice-its-credits",
        "The trial ends when twice its credits are used.",
        ("BC-03", "BC-08"),
        {"trial.used_up": _both_needed},
    ),
    Fault(
        "trial-credits-not-drawn",
        "Usage in the trial is not taken from its credits.",
        ("BC-03",),
        {"trial.drawn": lambda amount: amount * 0},
    ),
    Fault(
        "trial-credits-drawn-in-whole-dollars",
        "Usage in the trial is taken from its credits in whole dollars, cents are dropped.",
        ("BC-03",),
        {"trial.drawn": lambda amount: amount // 1},
    ),
    Fault(
        "trial-credits-below-zero",
        "What is left of the trial's credits is never shown below a cent.",
        ("BC-03",),
        {"trial.left": lambda granted, used: max(Decimal("0.01"), granted - used)},
    ),
    Fault(
        "trial-credits-shared",
        "Usage of one organization is taken from every organization's trial.",
        ("BC-03",),
        shell=_CreditsShared,
    ),
    Fault(
        "trial-usage-billed-as-well",
        "What the trial covered is invoiced too.",
        ("BC-03",),
        {"trial.bills_usage": True},
    ),
    Fault(
        "trial-exhausted-only-below-zero",
        "Declares that the trial is used up at zero, and ends it only beyond.",
        ("BC-03",),
        {"trial.used_up": trial.used_up_below_zero},
    ),
    Fault(
        "trial-end-stops-one-service",
        "At the end of the trial only the newest service stops.",
        ("BC-08",),
        {"trial.stopped_at_end": _newest_only},
    ),
    Fault(
        "trial-end-stops-nothing",
        "At the end of the trial no service stops.",
        ("BC-08",),
        {"trial.stopped_at_end": lambda services: ()},
    ),
    Fault(
        "trial-end-stops-despite-card",
        "At the end of the trial services stop although a card is on file.",
        ("BC-08",),
        {"trial.lapses": _subscription_or_credits},
    ),
    Fault(
        "trial-end-stops-despite-subscription",
        "At the end of the trial services stop although a subscription is linked.",
        ("BC-08",),
        {"trial.lapses": _card_or_credits},
    ),
    Fault(
        "trial-end-stops-despite-credits",
        "At the end of the trial services stop although credits are left.",
        ("BC-08",),
        {"trial.lapses": _card_or_subscription},
    ),
    Fault(
        "one-trial-stops-all",
        "The end of one trial stops the services of every organization on trial.",
        ("BC-08",),
        shell=_TrialOfAnyoneEnds,
    ),
    Fault(
        "services-stop-before-trial-ends",
        "Services stop three days before the trial ends.",
        ("BC-08",),
        shell=_StopsBeforeTheEnd,
    ),
    Fault(
        "no-deletion-after-trial",
        "The data of a trial that nothing followed is never deleted.",
        ("BC-09",),
        {"trial.deletes": False},
    ),
    Fault(
        "deletion-30-days-after-trial",
        "The data is deleted 30 days after the trial, as for an unpaid invoice.",
        ("BC-09",),
        {"trial.deletion_delay": 30 * DAY},
    ),
    Fault(
        "deletion-at-once-after-trial",
        "The data is deleted when the trial ends.",
        ("BC-09", "BC-08"),
        {"trial.deletion_delay": 0 * DAY},
    ),
    Fault(
        "deletion-ten-working-days-after-trial",
        "The two weeks are taken for ten days.",
        ("BC-09",),
        {"trial.deletion_delay": 10 * DAY},
    ),
    Fault(
        "deletion-counted-from-start-of-trial",
        "The two weeks are counted from the start of the trial.",
        ("BC-09",),
        {"trial.deletion_origin": _from_start},
    ),
    Fault(
        "deletion-from-nominal-end",
        "Declares that the two weeks run from the actual end, and counts them from the thirtieth day.",
        ("BC-09",),
        {"trial.deletion_origin": trial.from_nominal_end},
    ),
    Fault(
        "deletion-counted-from-when-noticed",
        "The two weeks are counted from the instant at which a jump of the clock noticed the end.",
        ("BC-09",),
        shell=_LateDeletionCount,
    ),
    Fault(
        "deletion-although-method-configured",
        "The data is deleted two weeks after the trial although a billing method was configured meanwhile.",
        ("BC-09", "BC-01"),
        {"trial.still_without_method": _always},
        shell=_LapseSurvivesMethod,
    ),
)
