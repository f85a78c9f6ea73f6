"""Which commands are refused, and why: each method returns a reason of the contract, or None."""

from __future__ import annotations

from datetime import datetime

from billing_reference.ledger.commands import Commands
from billing_reference.policy.aws_onboarding import Reason
from billing_reference.state import Account, Organization, Service, Subscription, User


class Refusals(Commands):
    """The reasons to refuse a command; nothing here changes the state."""

    def start_refused(self, organization: Organization, service: Service, at: datetime) -> Reason:
        """A stopped service does not start while unpaid, or after a trial without a billing method (BC-01, BC-25)."""
        if self.policy.start_refused(restricted=self.restricted(organization)):
            return "unpaid_invoice"
        needed = self.policy.start_needs_method(self.standing(organization, at))
        return "no_billing_method" if needed else None

    def create_refused(self, organization: Organization, at: datetime) -> Reason:
        """A service is not created while unpaid, or after a trial without a billing method (BC-01, BC-27)."""
        if self.policy.create_refused(restricted=self.restricted(organization)):
            return "unpaid_invoice"
        needed = self.policy.create_needs_method(self.standing(organization, at))
        return "no_billing_method" if needed else None

    def scaling_refused(self, organization: Organization, service: Service, gib: int) -> Reason:
        """A service does not scale above the cap while unpaid (BC-24)."""
        refused = self.policy.scaling_refused(restricted=self.restricted(organization), gib=gib)
        return "memory_cap" if refused else None

    def sign_in_refused(self, user: User) -> Reason:
        """A user does not sign in before the address is verified (AWS-22)."""
        return self.policy.sign_in_refused(user)

    def purchase_refused(self, account: Account, offer: str, purchase_order: str | None, at: datetime) -> Reason:
        """An account cannot always buy an offer (AWS-02, AWS-03, AWS-05); a purchase order is optional (AWS-10)."""
        running = [
            held
            for held in self.state.subscriptions.values()
            if held.account == account.id and not self.subscription_ended(held, at)
        ]
        return (
            self.policy.purchase_refused(account)
            or self.policy.second_purchase_refused(account, offer, running)
            or (None if offer in self.policy.OFFERS else "other")
        )

    def link_refused(
        self, subscription: Subscription, user: User, organization: Organization | None, at: datetime
    ) -> Reason:
        """A user cannot always link an organization to a subscription (AWS-04, AWS-06, AWS-22); None: a new one."""
        reason = self.policy.set_up_refused(user)
        reason = reason or self.policy.link_refused(subscription, ended=self.subscription_ended(subscription, at))
        if reason or organization is None:
            return reason
        return self.policy.organization_refused(organization.members, user.id)

    def commitment_refused(self, organization: Organization, subscription: Subscription | None, at: datetime) -> Reason:
        """A marketplace commitment needs a committed subscription that is linked to the organization (BC-50)."""
        if subscription is None:
            return None
        fits = subscription.offer == "committed" and subscription.organization == organization.id
        return None if fits else "other"

    def deletion_refused(self, organization: Organization, at: datetime) -> Reason:
        """Nothing is deleted by hand before a committed customer has been contacted (BC-65)."""
        debt, since = organization.debt, self.unpaid_since(organization)
        if debt is None or since is None:
            return None
        until = self.protected_until(organization, debt)
        missing = self.policy.contact_missing(
            protected=until is not None and until > at, contacts=organization.contacts, unpaid_since=since
        )
        return "not_contacted" if missing else None
