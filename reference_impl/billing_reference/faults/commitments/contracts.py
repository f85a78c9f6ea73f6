"""Faults of contracts, and of adding credits (BC-07, BC-47 to BC-51, BC-67)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from billing_reference.faults.commitments.helpers import whole_dollars
from billing_reference.faults.fault import fault, shows
from billing_reference.ledger import Ledger
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.service import BillingService
from billing_reference.state import (
    ZERO,
    Grant,
    Metered,
    Organization,
    Subscription,
    Usage,
)
from billing_reference.time import DAY
from billing_reference.views import Answer

# Contracts


@fault("card-before-credits", "BC-07", "BC-48")
class CardBeforeCredits(Ledger):
    """The card on file is charged, and the credits of a contract are kept for when there is none."""

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        return [] if organization.card is not None else super().credits_at(organization, at)


@fault("subscription-before-credits", "BC-07", "BC-48")
class SubscriptionBeforeCredits(Ledger):
    """A linked pay-as-you-go subscription pays before the credits of a contract."""

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        subscription = self.linked_subscription(organization, at)
        payg = subscription is not None and subscription.offer == "payg"
        return [] if payg else super().credits_at(organization, at)


@fault("credits-in-whole-dollars", "BC-47")
class CreditsInWholeDollars(Ledger):
    """The whole dollars of a contract are granted; the cents are dropped."""

    def grant(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        return super().grant(organization, whole_dollars(amount), expires_at, at)


@fault("credits-of-one-pay-for-all", "BC-47", "BC-48")
class CreditsPooled(Ledger):
    """An organization without credits uses those of another."""

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        usable = super().credits_at(organization, at)
        for other in self.state.organizations.values():
            usable = usable or super().credits_at(other, at)
        return usable


@fault("no-direct-contract", "BC-48")
class NoDirectContract(Ledger):
    """A commitment that does not go through a marketplace is refused."""

    def commitment_refused(self, organization: Organization, subscription: Subscription | None, at: datetime) -> Reason:
        if subscription is None:
            return "no_billing_method"
        return super().commitment_refused(organization, subscription, at)


@fault("credits-through-aws-alone", "BC-50")
class CreditsThroughAwsAlone(Ledger):
    """The credits of commitments through AWS are drawn, those of GCP and Azure are not."""

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        aws = {held.id for held in self.state.subscriptions.values() if held.marketplace == "aws"}
        usable = super().credits_at(organization, at)
        return [grant for grant in usable if grant.subscription is None or grant.subscription in aws]


@fault("credits-reported-as-usage", "BC-50", "BC-61")
class CreditsReportedAsUsage(Ledger):
    """Usage that the credits paid is reported to the marketplace once more."""

    def draw(self, organization: Organization, grant: Grant, usage: Usage, amount: Decimal, at: datetime) -> Decimal:
        drawn = super().draw(organization, grant, usage, amount, at)
        if grant.subscription is not None:
            organization.metered.append(Metered(grant.subscription, usage.at, usage.item, drawn))
        return drawn


@fault("fee-not-reported", "BC-51")
class FeeNotReported(Ledger):
    """Nothing is reported when a private offer is accepted."""

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        return


@fault("fee-in-twelve-parts", "BC-51")
class FeeInTwelveParts(Ledger):
    """A twelfth of the fee is reported when a private offer is accepted."""

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        super().report_fee(organization, subscription, (amount / 12).quantize(ZERO), at)


@shows("fee-a-week-late", "BC-51")
def fee_a_week_late(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The fee is reported a week after the acceptance."""
    lines = shown["marketplace_reports"]
    if not isinstance(lines, list):
        return {}
    late = [line for line in lines if line["kind"] == "commitment" and line["at"] + 7 * DAY > service.now]
    return {"marketplace_reports": [line for line in lines if line not in late]}


@fault("fee-of-first-offer-alone", "BC-51")
class FeeOfFirstOffer(Ledger):
    """A second offer on a subscription is not reported."""

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        if all(line.kind != "commitment" for line in organization.reports):
            super().report_fee(organization, subscription, amount, at)


@fault("fee-on-aws-alone", "BC-51")
class FeeOnAwsAlone(Ledger):
    """The fee is reported to AWS, and to no other marketplace."""

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        if subscription.marketplace == "aws":
            super().report_fee(organization, subscription, amount, at)


@fault("fee-under-first-subscription", "BC-51")
class FeeUnderFirst(Ledger):
    """Every fee is reported under the subscription that was bought first."""

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        first = next(iter(self.state.subscriptions.values()))
        super().report_fee(organization, first, amount, at)


@fault("fee-of-direct-contracts", "BC-51")
class FeeOfDirectContracts(Ledger):
    """A direct contract is reported to the marketplace of a linked subscription."""

    def commit(
        self,
        organization: Organization,
        amount: Decimal,
        expires_at: datetime,
        subscription: Subscription | None,
        at: datetime,
    ) -> Grant:
        linked = self.linked_subscription(organization, at)
        if subscription is None and linked is not None:
            self.report_fee(organization, linked, amount, at)
        return super().commit(organization, amount, expires_at, subscription, at)


# Further credits


@fault("new-credits-replace-the-old", "BC-67", "BC-55")
class NewCreditsReplace(Ledger):
    """New credits replace the present ones."""

    def grant(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        organization.grants.clear()
        return super().grant(organization, amount, expires_at, at)


@fault("one-contract-at-a-time", "BC-67")
class OneContractAtATime(Ledger):
    """A second commitment is refused while credits of the first are left."""

    def commitment_refused(self, organization: Organization, subscription: Subscription | None, at: datetime) -> Reason:
        if organization.commitments and self.credits_at(organization, at):
            return "other"
        return super().commitment_refused(organization, subscription, at)


@fault("top-up-prolongs", "BC-67")
class TopUpProlongs(Ledger):
    """All credits get the latest of their terms when some are added."""

    def refund(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        added = super().refund(organization, amount, expires_at, at)
        latest = max(grant.expires_at for grant in organization.grants)
        for grant in organization.grants:
            grant.expires_at = latest
        return added


@fault("top-up-shares-the-old-term", "BC-67")
class TopUpSharesTheTerm(Ledger):
    """New credits end with the term of the present ones."""

    def refund(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        earliest = min([expires_at, *(grant.expires_at for grant in organization.grants)])
        return super().refund(organization, amount, earliest, at)


@fault("fee-reported-twice-in-parts", "BC-51", declares={"fee_report": "as_offered"})
class FeeReportedTwice(Ledger):
    """Declares that the fee is reported in parts, and reports all of it once more after the first part."""

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        super().report_fee(organization, subscription, amount, at)
        later = [replace(line, amount=amount) for line in organization.future_reports]
        organization.future_reports = later


@fault("term-ends-a-day-late", "BC-62", declares={"commitment_term": "ends_with_term"})
class TermEndsADayLate(Ledger):
    """Declares that a committed subscription ends with its term, and ends it a day later."""

    def term_end(self, subscription: Subscription) -> datetime | None:
        end = super().term_end(subscription)
        return None if end is None else end + DAY
