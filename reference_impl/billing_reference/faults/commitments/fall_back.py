"""Faults of what follows credits that are used up or expire (BC-58 to BC-62)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from billing_reference.faults.commitments.helpers import used_up, whole_dollars
from billing_reference.faults.fault import fault
from billing_reference.ledger import Due, Ledger
from billing_reference.ledger.debts import running
from billing_reference.policy.commitments import CommitmentPolicy
from billing_reference.policy.marketplace import MarketplacePolicy
from billing_reference.state import (
    ZERO,
    Card,
    Grant,
    Organization,
    Subscription,
    Usage,
)
from billing_reference.time import DAY


@fault("split-records-are-forgiven", "BC-58")
class SplitRecordsForgiven(Ledger):
    """The rest of the record in which credits run out is forgiven."""

    def draw_credits(self, organization: Organization, usage: Usage, at: datetime) -> Usage:
        for grant in self.credits_at(organization, usage.at)[:1]:
            self.draw(organization, grant, usage, usage.amount, at)
            return replace(usage, amount=ZERO)
        return usage


@fault("split-records-are-billed-whole", "BC-58", "BC-61")
class SplitRecordsBilledWhole(Ledger):
    """The last credits are drawn, and the whole record is billed nevertheless."""

    def draw_credits(self, organization: Organization, usage: Usage, at: datetime) -> Usage:
        for grant in self.credits_at(organization, usage.at):
            if self.draw(organization, grant, usage, usage.amount, at) == usage.amount:
                return replace(usage, amount=ZERO)
        return usage


@fault("records-are-not-split", "BC-58", "BC-61")
class RecordsNotSplit(CommitmentPolicy):
    """A record that the credits do not cover in full is left to the method that pays next."""

    def credits_drawn(self, left: Decimal, amount: Decimal) -> Decimal:
        return amount if amount <= left else ZERO


@fault("credits-pay-whole-dollars", "BC-58", "BC-55")
class CreditsPayWholeDollars(CommitmentPolicy):
    """Credits pay the whole dollars of a record; the method that pays next pays the cents."""

    def credits_drawn(self, left: Decimal, amount: Decimal) -> Decimal:
        return whole_dollars(super().credits_drawn(left, amount))


@fault("one-grant-for-a-record", "BC-58", "BC-67")
class OneGrantForARecord(Ledger):
    """One grant is used for a record, and the rest is billed although another grant is left."""

    def credits_at(self, organization: Organization, at: datetime) -> list[Grant]:
        return super().credits_at(organization, at)[:1]


class ForgivesAfterCommitment(Ledger):
    """Bills nothing of what follows a commitment, for some organizations."""

    def forgives(self, organization: Organization) -> bool:
        """Return whether what follows the commitments is forgiven."""
        return True

    def owe(self, organization: Organization, usage: Usage) -> None:
        fallen_back = self.policy.fall_back(organization.commitments, usage.at) is not None
        if not (fallen_back and self.forgives(organization)):
            super().owe(organization, usage)


@fault("no-passage-by-itself", "BC-58", "BC-60")
class NoPassage(ForgivesAfterCommitment):
    """Nothing is billed after a commitment until someone asks for it."""


@fault("no-passage-after-expiry", "BC-59")
class NoPassageAfterExpiry(ForgivesAfterCommitment):
    """Usage after credits that were used up is billed, usage after credits that expired is not."""

    def forgives(self, organization: Organization) -> bool:
        return any(grant.left > ZERO for grant in organization.commitments)


@fault("nothing-after-the-subscription", "BC-62", "BC-63")
class NothingAfterTheSubscription(ForgivesAfterCommitment):
    """Nothing is billed after the subscription of a commitment has ended."""

    def forgives(self, organization: Organization) -> bool:
        return any(grant.subscription is not None for grant in organization.commitments)


@fault("no-card-no-restriction", "BC-63", "BC-60")
class NoCardNoRestriction(ForgivesAfterCommitment):
    """Usage after a commitment is forgotten if no card is on file."""

    def forgives(self, organization: Organization) -> bool:
        return organization.card is None


@fault("refund-forgives-the-rest", "BC-58", "BC-63")
class RefundForgivesTheRest(Ledger):
    """Nothing more is billed to an organization whose refund is used up."""

    def owe(self, organization: Organization, usage: Usage) -> None:
        if organization.commitments or not organization.grants:
            super().owe(organization, usage)


@fault("one-cycle-after-the-subscription", "BC-62")
class OneCycleAfterTheSubscription(Ledger):
    """The month after a subscription that was not renewed is billed, and nothing later."""

    def owe(self, organization: Organization, usage: Usage) -> None:
        over = [held.ended_at for held in organization.subscriptions if held.offer == "committed" and held.ended_at]
        if not over or usage.at < max(over) + 31 * DAY:
            super().owe(organization, usage)


@fault("stops-when-used-up", "BC-58", "BC-64")
class StopsWhenUsedUp(Ledger):
    """Services stop as soon as a commitment is used up."""

    def draw_credits(self, organization: Organization, usage: Usage, at: datetime) -> Usage:
        rest = super().draw_credits(organization, usage, at)
        if used_up(organization) and any(grant.used_up_at == at for grant in organization.commitments):
            for service in running(organization.services):
                service.state = "stopped"
        return rest


@fault("stops-at-expiry", "BC-59")
class StopsAtExpiry(Ledger):
    """Services stop when credits expire."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        applied = super().settle(organization, now)
        expired = any(grant.left and self.policy.credits_expire(grant) <= now for grant in organization.grants)
        if expired and not self.credits_at(organization, now):
            for service in running(organization.services):
                service.state = "stopped"
        return applied


@fault("charges-at-once-after-credits", "BC-60", "BC-57")
class ChargesAtOnce(Ledger):
    """The card is charged with each record after the credits, not at the end of the cycle."""

    def owe(self, organization: Organization, usage: Usage) -> None:
        super().owe(organization, usage)
        cycle = self.cycle_at(organization, usage.at.date())
        if organization.grants and organization.uninvoiced and cycle is not None:
            self.invoice(organization, usage.at, cycle)


@fault("late-cards-are-forgotten", "BC-60")
class LateCardsForgotten(Ledger):
    """A card that is put on file after the credits were used up is not kept."""

    def put_card(self, organization: Organization, card: Card, at: datetime) -> None:
        if not used_up(organization):
            super().put_card(organization, card, at)


class PaysForCommitted(Ledger):
    """A wrong payer after the commitment of a committed subscription."""

    def committed(self, organization: Organization, subscription: Subscription, at: datetime) -> Subscription | None:
        """Return the subscription that pays in place of the committed one."""
        raise NotImplementedError

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        if found is None or found.offer != "committed":
            return found
        return self.committed(organization, found, at)


@fault("used-up-goes-to-the-card", "BC-61")
class UsedUpGoesToTheCard(PaysForCommitted):
    """The card, not the marketplace, is billed once a marketplace commitment is used up."""

    def committed(self, organization: Organization, subscription: Subscription, at: datetime) -> Subscription | None:
        of_it = [grant for grant in organization.commitments if grant.subscription == subscription.id]
        unspent = any(grant.left > ZERO and self.policy.credits_expire(grant) <= at for grant in of_it)
        return None if of_it and not unspent else subscription


class UntilTheTerm(PaysForCommitted):
    """Lets the marketplace bill only until the terms of all credits are over."""

    def committed(self, organization: Organization, subscription: Subscription, at: datetime) -> Subscription | None:
        of_it = [grant for grant in organization.commitments if grant.subscription == subscription.id]
        return None if of_it and all(grant.expires_at <= at for grant in of_it) else subscription


@fault("marketplace-bills-until-the-term", "BC-61")
class MarketplaceBillsUntilTheTerm(UntilTheTerm):
    """The marketplace bills only until the term of the used-up credits is over."""


@fault("takes-used-up-credits-for-expired", "BC-61", declares={"commitment_expiry_fallback": "card"})
class UsedUpTakenForExpired(UntilTheTerm):
    """Declares that the card pays after an expiry, and lets it pay also if the credits were used up long before."""


@fault("first-subscription-bills-all", "BC-61")
class FirstSubscriptionBills(PaysForCommitted):
    """Usage after a commitment is reported under the subscription that was bought first."""

    def committed(self, organization: Organization, subscription: Subscription, at: datetime) -> Subscription | None:
        return next(iter(self.state.subscriptions.values()))


@fault("aws-alone-bills-on", "BC-61")
class AwsAloneBillsOn(Ledger):
    """AWS bills the usage after a commitment; on GCP and Azure the card does."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        elsewhere = found is not None and found.marketplace != "aws"
        return None if elsewhere and used_up(organization) else found


@fault("card-charged-beside-the-marketplace", "BC-61", "BC-62")
class CardChargedBeside(Ledger):
    """The card is charged for usage that the marketplace bills after a commitment."""

    def meter(self, organization: Organization, subscription: Subscription, usage: Usage) -> None:
        super().meter(organization, subscription, usage)
        if subscription.offer == "committed":
            self.owe(organization, usage)


@fault("committed-subscriptions-never-end", "BC-62")
class CommittedNeverEnd(MarketplacePolicy):
    """The marketplace is billed on when the subscription of a commitment was not renewed."""

    def subscription_pays(self, subscription: Subscription, *, ended: bool) -> bool:
        return super().subscription_pays(subscription, ended=ended and subscription.offer != "committed")


@fault("card-goes-with-the-subscription", "BC-62")
class CardGoesWithTheSubscription(Ledger):
    """The card is no longer on file when a committed subscription has ended."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        if subscription.offer == "committed" and subscription.organization is not None:
            self.state.organizations[subscription.organization].card = None
        return super().end_subscription(subscription, cause, at)


@fault("reported-usage-charged-again", "BC-62")
class ReportedChargedAgain(Ledger):
    """The card is charged for usage that the marketplace billed in the same cycle."""

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        organization = super().end_subscription(subscription, cause, at)
        if organization is not None and subscription.offer == "committed":
            lines = [line for line in organization.reports if line.kind == "usage" and line.at > at - 31 * DAY]
            organization.uninvoiced.extend(Usage(at, line.item, line.amount) for line in lines)
        return organization
