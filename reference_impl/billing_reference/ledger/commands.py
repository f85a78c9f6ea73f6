"""What commands do to an organization, once they are not refused."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.ledger.usage import UsageAccounts
from billing_reference.state import Card, Grant, Organization, Report, Service, Subscription, Trial, User


class Commands(UsageAccounts):
    """The effects of commands, each at its instant."""

    # Organizations and services

    def new_user(self, email: str, *, complete: bool = False) -> User:
        """Add a person; `complete` if every step of the registration is done."""
        user = User(self.state.new_id("user"), email, complete, complete, complete)
        self.state.users[user.id] = user
        return user

    def new_organization(self, name: str, founder: User, at: datetime) -> Organization:
        """Add an organization; the user who creates it is its admin (AWS-26)."""
        organization = Organization(self.state.new_id("organization"), name, at, {founder.id: "admin"})
        self.state.organizations[organization.id] = organization
        return organization

    def start_trial(self, organization: Organization, amount: Decimal, at: datetime) -> None:
        """Begin the trial (BC-02)."""
        organization.trial = Trial(at, amount)

    def choose_tier(self, organization: Organization, tier: str, at: datetime) -> None:
        """Set the tier; the day of the first choice counts for the cycle (BC-15, BC-16)."""
        organization.tier = tier
        if organization.tier_day is None:
            organization.tier_day = at.date()

    def create_service(self, organization: Organization, gib: int, at: datetime) -> Service:
        """Add a running service; the day of the first one counts for the cycle (BC-15)."""
        service = Service(self.state.new_id("service"), organization.id, gib)
        organization.services.append(service)
        self.state.services[service.id] = service
        organization.data = "present"
        if organization.service_day is None:
            organization.service_day = at.date()
        return service

    # Cards

    def put_card(self, organization: Organization, card: Card, at: datetime) -> None:
        """Put a card on file; it ends a lapse, and is charged for what is unpaid (BC-05, BC-28, BC-44)."""
        organization.card = card
        if self.card_counts(organization):
            self.end_lapse(organization)
        if organization.open_invoices and self.policy.NEW_CARD_CHARGED_AT_ONCE:
            self.collect(organization, at)
        self.method_configured(organization, at)

    def change_card(self, organization: Organization, card: Card, at: datetime) -> None:
        """Set what the network answers for the card on file; one that begins to count ends a lapse (BC-20)."""
        counted = self.card_counts(organization)
        organization.card = card
        if self.card_counts(organization) and not counted:
            self.end_lapse(organization)
            self.method_configured(organization, at)

    # Marketplaces

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        """Link an organization to a subscription (AWS-28, AWS-29)."""
        subscription.organization, subscription.linked_at = organization.id, at
        organization.subscriptions.append(subscription)
        if self.policy.LINK_MOVES_UNINVOICED and organization.card is not None:
            organization.reports.extend(
                Report(subscription.id, at, "usage", usage.item, usage.amount) for usage in organization.uninvoiced
            )
            organization.uninvoiced = []
        self.method_added(organization, at)

    def end_subscription(self, subscription: Subscription, cause: str, at: datetime) -> Organization | None:
        """End a subscription, whatever the cause; return the organization it was linked to (BC-41, BC-42)."""
        subscription.ended_at = at
        if subscription.organization is None:
            return None
        organization = self.state.organizations[subscription.organization]
        self.lapse(organization, subscription, at)
        return organization

    def end_by_term(self, subscription: Subscription, at: datetime) -> None:
        """End a committed subscription with its term, as if it were not renewed (BC-62)."""
        self.end_subscription(subscription, "not_renewed", at)

    def method_added(self, organization: Organization, at: datetime) -> None:
        """Apply what a new subscription or commitment brings to an organization (BC-01, BC-11, BC-44)."""
        if self.policy.NEW_METHOD_LIFTS_ARREARS:
            self.lift_arrears(organization)
        self.end_lapse(organization)
        self.method_configured(organization, at)

    # Credits

    def grant(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        """Add credits beside those that are there (BC-55, BC-67)."""
        grant = Grant(self.state.new_id("grant"), amount, amount, at, expires_at)
        organization.grants.append(grant)
        if self.policy.NEW_CREDITS_PAY_ARREARS:
            self.pay_arrears(organization, grant, at)
        debt = organization.debt
        if debt is not None and debt.lapse_of_commitment:
            self.end_lapse(organization)
        return grant

    def pay_arrears(self, organization: Organization, grant: Grant, at: datetime) -> None:
        """Pay open invoices with new credits, the oldest first, each in full or not at all (BC-11)."""
        for invoice in organization.open_invoices:
            if invoice.amount <= grant.left:
                grant.left -= invoice.amount
                invoice.state = "paid"
        if not grant.left:
            grant.used_up_at = at
        self.clear_debt(organization)

    def commit(
        self,
        organization: Organization,
        amount: Decimal,
        expires_at: datetime,
        subscription: Subscription | None,
        at: datetime,
    ) -> Grant:
        """Sign a commitment: grant its credits; through a marketplace, report its fee (BC-47 to BC-51)."""
        grant = self.grant(organization, amount, expires_at, at)
        grant.commitment = True
        if subscription is not None:
            grant.subscription = subscription.id
            self.report_fee(organization, subscription, amount, at)
        if self.policy.NEW_METHOD_LIFTS_ARREARS:
            self.lift_arrears(organization)
        self.method_configured(organization, at)
        return grant

    def refund(self, organization: Organization, amount: Decimal, expires_at: datetime, at: datetime) -> Grant:
        """Grant a refund or a top-up: credits that no contract brings (BC-55, BC-67)."""
        grant = self.grant(organization, amount, expires_at, at)
        self.method_configured(organization, at)
        return grant

    def report_fee(self, organization: Organization, subscription: Subscription, amount: Decimal, at: datetime) -> None:
        """Report the fee of a private offer when it is accepted, all of it or a first part (BC-51, BC-52)."""
        first = self.policy.fee_at_acceptance(amount)
        organization.reports.append(Report(subscription.id, at, "commitment", "commitment", first))
        if first < amount:
            later = at + self.policy.FEE_REST_AFTER
            rest = Report(subscription.id, later, "commitment", "commitment", amount - first)
            organization.future_reports.append(rest)

    def report_future(self, organization: Organization, at: datetime) -> None:
        """Report the parts of fees that are due (BC-52)."""
        organization.reports.extend(line for line in organization.future_reports if line.at <= at)
        organization.future_reports = [line for line in organization.future_reports if line.at > at]

    # The vendor

    def extend(self, organization: Organization, until: datetime) -> None:
        """Grant an extension; it has no effect while nothing is unpaid, and replaces an earlier one (BC-32)."""
        if organization.debt is not None:
            organization.debt.extension_until = until

    def delete_by_hand(self, organization: Organization, at: datetime) -> None:
        """Delete all data and services at the vendor's request (BC-65)."""
        self.delete(organization, organization.services)
        self.write_off(organization)
