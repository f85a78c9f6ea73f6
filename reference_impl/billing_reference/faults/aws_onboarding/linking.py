"""Faults of people, organizations and the link (AWS-04, AWS-06, AWS-18 to AWS-28)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from billing_reference.faults.fault import fault, shows_subscription
from billing_reference.ledger import Ledger
from billing_reference.policy.aws_onboarding import AwsOnboardingPolicy, Reason
from billing_reference.service import BillingService
from billing_reference.state import Organization, Report, Subscription, User
from billing_reference.time import DAY
from billing_reference.views import Answer

# People


def number_of(identifier: str) -> int:
    """Return the number in an identifier; a later one is greater."""
    return int(identifier.rpartition("-")[2])


class RefusesSomeUsers(Ledger):
    """Refuses to link for some users."""

    def refuses(self, subscription: Subscription, user: User, at: datetime) -> bool:
        """Return whether to refuse this user."""
        raise NotImplementedError

    def link_refused(
        self, subscription: Subscription, user: User, organization: Organization | None, at: datetime
    ) -> Reason:
        if self.refuses(subscription, user, at):
            return "not_verified"
        return super().link_refused(subscription, user, organization, at)


@fault("only-users-from-before-the-purchase", "AWS-18", "AWS-01")
class OnlyUsersFromBefore(RefusesSomeUsers):
    """A user who registers after the purchase cannot finish the set-up."""

    def refuses(self, subscription: Subscription, user: User, at: datetime) -> bool:
        return number_of(user.id) > number_of(subscription.id)


@fault("members-register-anew", "AWS-18", "AWS-04")
class MembersRegisterAgain(RefusesSomeUsers):
    """A user who joined an organization later cannot finish the set-up without registering."""

    def refuses(self, subscription: Subscription, user: User, at: datetime) -> bool:
        founders = {next(iter(found.members)) for found in self.state.organizations.values() if found.members}
        return user.id not in founders and not user.email.endswith("example.com")


@fault("existing-users-register-anew", "AWS-25")
class ExistingUsersRegisterAgain(RefusesSomeUsers):
    """A user of two weeks cannot finish the set-up without registering again."""

    def refuses(self, subscription: Subscription, user: User, at: datetime) -> bool:
        founded = [o for o in self.state.organizations.values() if next(iter(o.members)) == user.id]
        return any(at - found.created_at > 14 * DAY for found in founded)


@fault("unverified-users-sign-in", "AWS-22")
class UnverifiedSignIn(BillingService):
    """A registered user can sign in without verifying the address."""

    def sign_in(self, *, user: str) -> Answer:
        self.user(user).verified = True
        return super().sign_in(user=user)


@fault("anybody-links", "AWS-22", "AWS-26")
class AnybodyLinks(AwsOnboardingPolicy):
    """A registered user can finish the set-up without verifying the address or signing in."""

    def set_up_refused(self, user: User) -> Reason:
        return None


@fault("sign-in-waits-for-business-info", "AWS-23", "AWS-22")
class SignInWaitsForBusinessInfo(AwsOnboardingPolicy):
    """A verified address is not enough to sign in: the user gives business information first."""

    def sign_in_refused(self, user: User) -> Reason:
        return None if user.verified and user.business_info else "not_verified"


@fault("second-sign-in-refused", "AWS-23")
class SecondSignInRefused(AwsOnboardingPolicy):
    """A user who has signed in once cannot sign in again."""

    def sign_in_refused(self, user: User) -> Reason:
        return None if user.verified and not user.signed_in else "not_verified"


@fault("business-info-signs-out", "AWS-24", "AWS-18", "AWS-01")
class BusinessInfoSignsOut(BillingService):
    """A user who gives business information has to sign in again to continue."""

    def provide_business_info(self, *, user: str) -> Answer:
        self.user(user).signed_in = False
        return super().provide_business_info(user=user)


@fault("business-info-said-again-is-gone", "AWS-24")
class BusinessInfoForgotten(BillingService):
    """Business information that is given a second time is forgotten."""

    def provide_business_info(self, *, user: str) -> Answer:
        person = self.user(user)
        person.business_info = not person.business_info
        return {}


@fault("verified-is-signed-in", "AWS-26")
class VerifiedIsSignedIn(AwsOnboardingPolicy):
    """A user whose address is verified can finish the set-up without signing in."""

    def set_up_refused(self, user: User) -> Reason:
        return None if user.verified else "not_verified"


# The link


@fault("any-member-links", "AWS-04")
class AnyMemberLinks(AwsOnboardingPolicy):
    """Every member of an organization can link it."""

    def organization_refused(self, members: Mapping[str, str], user: str) -> Reason:
        return None if user in members else "not_admin"


@fault("outsiders-link", "AWS-04")
class OutsidersLink(AwsOnboardingPolicy):
    """A developer of an organization cannot link it, but a user who is not a member can."""

    def organization_refused(self, members: Mapping[str, str], user: str) -> Reason:
        return "not_admin" if members.get(user) == "developer" else None


@fault("only-the-founder-links", "AWS-04")
class OnlyTheFounderLinks(AwsOnboardingPolicy):
    """Of several admins of an organization only the first can link it."""

    def organization_refused(self, members: Mapping[str, str], user: str) -> Reason:
        return None if user == next(iter(members)) else "not_admin"


@fault("linked-twice", "AWS-06")
class LinkedTwice(AwsOnboardingPolicy):
    """A linked subscription can be linked to another organization as well."""

    def link_refused(self, subscription: Subscription, *, ended: bool) -> Reason:
        return "ended" if ended else None


@fault("moves-to-a-new-organization", "AWS-06")
class MovesToANewOrganization(Ledger):
    """A linked subscription can be moved to a new organization."""

    def link_refused(
        self, subscription: Subscription, user: User, organization: Organization | None, at: datetime
    ) -> Reason:
        moved = replace(subscription, organization=None) if organization is None else subscription
        return super().link_refused(moved, user, organization, at)


@fault("new-organization-without-admin", "AWS-26")
class NewOrganizationWithoutAdmin(BillingService):
    """The creator of a new organization is not its admin."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        if organization is None:
            self.organization(str(answer["organization"])).members[user] = "developer"
        return answer


@fault("no-new-organization-for-an-admin", "AWS-26")
class NoNewOrganization(BillingService):
    """An admin who wants a new organization gets the present one linked."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        owned = [o.id for o in self.ledger.state.organizations.values() if o.members.get(user) == "admin"]
        chosen = organization if organization is not None or not owned else owned[0]
        return super().link_subscription(subscription=subscription, user=user, organization=chosen)


@fault("always-a-new-organization", "AWS-27", "AWS-28")
class AlwaysANewOrganization(BillingService):
    """A new organization is created also where an existing one was chosen."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        return super().link_subscription(subscription=subscription, user=user)


@fault("link-stops-services", "AWS-27")
class LinkStopsServices(Ledger):
    """The services of an existing organization are stopped when it is linked."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        for service in organization.services:
            service.state = "stopped"


@fault("link-charges-the-last-invoice-again", "AWS-27", "AWS-16")
class LinkChargesTheLastInvoice(Ledger):
    """The card is charged again for the last invoice when an organization that paid by it is linked."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        for invoice in organization.invoices[-1:]:
            self.charge(organization, invoice, at)


@fault("usage-before-the-link-lost", "AWS-27", "AWS-29")
class UsageBeforeTheLinkLost(Ledger):
    """Uninvoiced usage from before the link is forgotten."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        organization.uninvoiced = []


@fault("usage-before-the-link-billed-twice", "AWS-27", "AWS-29")
class UsageBeforeTheLinkBilledTwice(Ledger):
    """Usage from before the link is reported to AWS and charged to the card."""

    def link(self, organization: Organization, subscription: Subscription, at: datetime) -> None:
        super().link(organization, subscription, at)
        for usage in organization.uninvoiced:
            organization.reports.append(Report(subscription.id, at, "usage", usage.item, usage.amount))


@shows_subscription("linked-to-the-first-organization", "AWS-28")
def linked_to_the_first(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """Every subscription shows the organization that was linked first."""
    linked = [held for held in service.ledger.state.subscriptions.values() if held.linked_at is not None]
    first = min(linked, key=lambda held: number_of(held.id), default=None)
    return {"organization": first.organization if first is not None else None}


@shows_subscription("linked-with-the-first-usage", "AWS-28")
def linked_with_usage(service: BillingService, subscription: Subscription, shown: Answer) -> Answer:
    """A subscription shows as linked only when something was reported under it."""
    owner = subscription.organization
    used = owner is not None and bool(service.organization(owner).reports)
    return {"state": "subscribed"} if shown["state"] == "linked" and not used else {}
