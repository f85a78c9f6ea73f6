"""Faults of when AWS bills, and what (AWS-15 to AWS-17, AWS-29, AWS-30)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from billing_reference.faults.fault import fault, shows, shows_subscription
from billing_reference.ledger import Ledger
from billing_reference.service import BillingService
from billing_reference.state import ZERO, Organization, Report, Subscription, Usage
from billing_reference.time import DAY
from billing_reference.views import Answer

# The set-up


@shows_subscription("purchase-is-the-set-up", "AWS-15", "AWS-17")
def linked_when_bought(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A subscription counts as linked when it is bought."""
    return {"state": "linked"} if shown["state"] == "subscribed" else {}


@shows_subscription("set-up-finished-by-time", "AWS-15")
def linked_after_a_month(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A subscription that is not linked counts as linked after a month."""
    old = service.now - subscription.bought_at >= 30 * DAY
    return {"state": "linked"} if old and shown["state"] == "subscribed" else {}


@fault("billed-before-the-link", "AWS-16")
class BilledBeforeTheLink(Ledger):
    """Usage is reported under a subscription that is not linked yet."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        waiting = [held for held in self.state.subscriptions.values() if held.organization is None]
        return super().paying_subscription(organization, at) or (waiting[-1] if waiting else None)


@fault("billed-from-the-purchase-on", "AWS-16")
class BilledFromThePurchase(Ledger):
    """Usage between the purchase and the link is reported at the link, although the card paid."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        since = [i.amount for i in organization.invoices if i.issued_at >= subscription.bought_at]
        organization.reports.append(Report(subscription.id, at, "usage", "compute", sum(since, ZERO)))


@fault("business-info-finishes-the-set-up", "AWS-17")
class BusinessInfoSetsUp(BillingService):
    """The subscription is linked to a new organization as soon as the user gives business information."""

    def provide_business_info(self, *, user: str) -> Answer:
        answer = super().provide_business_info(user=user)
        for held in self.ledger.state.subscriptions.values():
            if held.organization is None and self.user(user).signed_in:
                super().link_subscription(subscription=held.id, user=user)
        return answer


# What is billed


@fault("only-compute-through-aws", "AWS-29")
class OnlyComputeThroughAws(Ledger):
    """Compute is billed through AWS, everything else directly."""

    def meter(self, organization: Organization, subscription: Subscription, usage: Usage) -> None:
        if usage.item == "compute":
            super().meter(organization, subscription, usage)
        else:
            self.owe(organization, usage)


class OwesAsWell(Ledger):
    """Bills usage through the marketplace, and some of it directly as well."""

    def directly(self, amount: Decimal) -> Decimal:
        """Return the amount that is owed directly as well."""
        return amount

    def meter(self, organization: Organization, subscription: Subscription, usage: Usage) -> None:
        super().meter(organization, subscription, usage)
        if owed := self.directly(usage.amount):
            self.owe(organization, replace(usage, amount=owed))


@fault("billed-twice", "AWS-29")
class BilledTwice(OwesAsWell):
    """Usage is billed through AWS and owed directly as well."""


@fault("marketplace-fee-owed-directly", "AWS-29")
class MarketplaceFee(OwesAsWell):
    """Three percent of the usage that is billed through AWS is owed directly on top."""

    def directly(self, amount: Decimal) -> Decimal:
        return (amount * Decimal("0.03")).quantize(ZERO)


@fault("early-charge-beside-aws", "AWS-29")
class EarlyChargeBesideAws(OwesAsWell):
    """Usage of 10,000 and more falls due as an early charge, although AWS bills it."""

    def directly(self, amount: Decimal) -> Decimal:
        return amount if amount >= Decimal(10_000) else ZERO


@fault("aws-bills-from-the-next-cycle", "AWS-29", "AWS-30")
class AwsBillsFromTheNextCycle(Ledger):
    """The card pays until the cycle of the link is over, and AWS only then."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        if found is None or found.linked_at is None or organization.card is None:
            return found
        cycle = self.cycle_at(organization, found.linked_at.date())
        return None if cycle is not None and at < cycle.end else found


@fault("aws-bills-for-sixty-days", "AWS-29")
class AwsBillsForSixtyDays(Ledger):
    """AWS bills for 60 days from the link, and later usage is owed directly."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        late = found is not None and found.linked_at is not None and at > found.linked_at + 60 * DAY
        return None if late else found


@shows("card-shown-while-aws-bills", "AWS-30")
def card_while_aws_bills(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The billing method shows the card on file, although AWS bills."""
    return {"billing_method": {"kind": "card", "marketplace": None}} if shown["card_on_file"] else {}


@shows("marketplace-shown-as-nobody", "AWS-30")
def marketplace_as_none(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The billing method shows that nothing pays, although AWS bills."""
    kind, _ = service.ledger.payer(organization, service.now)
    return {"billing_method": {"kind": "none", "marketplace": None}} if kind == "marketplace" else {}


@shows("aws-shown-before-the-link", "AWS-30", "AWS-16")
def aws_before_the_link(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """The billing method shows AWS as soon as a subscription was bought."""
    unlinked = any(held.organization is None for held in service.ledger.state.subscriptions.values())
    return {"billing_method": {"kind": "marketplace", "marketplace": "aws"}} if unlinked else {}
