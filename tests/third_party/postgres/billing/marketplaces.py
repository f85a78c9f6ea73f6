"""Methods of the contract: cloud marketplaces."""

from typing import Literal

from sqlalchemy import select

from billing import invoicing
from billing.dates import TRIAL, takes_effect
from billing.desk import AccountKey, Answer, Desk, OrganizationKey, Refused, SubscriptionKey, UserKey
from billing.invoicing import report
from billing.payment import lift_by_method, method_added
from billing.people import join
from billing.tables import MarketplaceAccount, Member, Organization, ReportLine, Subscription, User


def open_marketplace_account(
    desk: Desk, marketplace: Literal["aws", "gcp", "azure"], may_purchase: bool = True, signed_in: bool = True
) -> Answer:
    """Open an account at a marketplace."""
    account = MarketplaceAccount(
        clock_id=desk.clock.id, marketplace=marketplace, may_purchase=may_purchase, signed_in=signed_in
    )
    return {"account": f"account-{desk.add(account).id}"}


def subscribe(
    desk: Desk,
    account: AccountKey,
    offer: Literal["payg", "free_trial", "committed"],
    purchase_order: str | None = None,
) -> Answer:
    """Buy a subscription (AWS-02, AWS-03, AWS-05); the free trial ends by itself (AWS-12, AWS-13)."""
    buyer = desk.find(MarketplaceAccount, account)
    if not buyer.may_purchase:
        raise Refused("not_permitted", "the account may not purchase")
    if not buyer.signed_in:
        raise Refused("not_signed_in", "the account is not signed in")
    held = any(each.offer == "payg" and not is_over(desk, each) for each in buyer.subscriptions)
    if offer == "payg" and buyer.marketplace == "aws" and held:
        raise Refused("already_subscribed", "the account has a pay-as-you-go subscription")
    ends_at = takes_effect(desk.now + TRIAL, desk.readings) if offer == "free_trial" else None
    subscription = Subscription(
        clock_id=desk.clock.id, account=buyer, offer=offer, purchase_order=purchase_order, ends_at=ends_at
    )
    return {"subscription": f"sub-{desk.add(subscription).id}"}


def link_subscription(
    desk: Desk, subscription: SubscriptionKey, user: UserKey, organization: OrganizationKey | None = None
) -> Answer:
    """Tie a subscription to an organization, which it pays for from then on (AWS-17 to AWS-29)."""
    bought, person = desk.find(Subscription, subscription), desk.find(User, user)
    check_user(person)
    if is_over(desk, bought):
        raise Refused("ended", "the subscription has ended")
    if bought.organization_id is not None:
        raise Refused("already_linked", "the subscription pays for an organization already")
    if organization is None:
        customer = desk.add(Organization(clock_id=desk.clock.id, name=f"organization of {person.email}"))
        join(desk, customer, person, "admin")
    elif not administers(desk, person, organization):
        raise Refused("not_admin", f"{person.email} does not administer the organization")
    else:
        customer = desk.settled(organization)
    bought.organization = customer
    if desk.readings.usage_before_linking == "moves_to_marketplace":
        move_usage(desk, customer, bought)
    lift_by_method(desk, customer)
    method_added(desk, customer, linked=True)
    return {"organization": f"org-{customer.id}"}


def check_user(person: User) -> None:
    """Refuse a person who has not done what a new user has to do (AWS-22 to AWS-24)."""
    if not person.verified:
        raise Refused("not_verified", f"{person.email} has not been verified")
    if not person.signed_in:
        raise Refused("not_signed_in", f"{person.email} is not signed in")
    if not person.business_info:
        raise Refused("no_business_info", f"{person.email} has not given information about the business")


def administers(desk: Desk, person: User, organization: int) -> bool:
    """Return whether a person is an admin of an organization (AWS-04)."""
    roles = select(Member).filter_by(user_id=person.id, organization_id=organization, role="admin")
    return desk.session.scalars(roles).first() is not None


def move_usage(desk: Desk, organization: Organization, subscription: Subscription) -> None:
    """Report what the organization owes and has not been invoiced for."""
    for usage in organization.usages:
        if usage.owed:
            line = ReportLine(at=desk.now, item=usage.item, amount=usage.owed)
            report(organization, subscription, line, desk.readings)
            usage.owed = 0


def is_over(desk: Desk, subscription: Subscription) -> bool:
    """Return whether a subscription has ended, or its end is due."""
    return subscription.ended or (subscription.ends_at is not None and subscription.ends_at <= desk.now)


def end_subscription(desk: Desk, subscription: SubscriptionKey, cause: Literal["cancelled", "not_renewed"]) -> Answer:
    """End a subscription (BC-41, BC-42, BC-62)."""
    subject = desk.find(Subscription, subscription)
    customer = None if subject.organization_id is None else desk.settled(subject.organization_id)
    if is_over(desk, subject):
        raise Refused("ended", "the subscription has ended already")
    invoicing.end_subscription(subject, desk.now, desk.readings)
    if customer is not None:
        desk.close(customer)
    return {}


def end_unlinked(desk: Desk) -> None:
    """End free trials that no organization has been linked to."""
    due = select(Subscription).where(
        Subscription.clock_id == desk.clock.id,
        Subscription.organization_id.is_(None),
        Subscription.ended.is_(False),
        Subscription.ends_at <= desk.settings.horizon(desk.now),
    )
    for subscription in desk.session.scalars(due):
        subscription.ended = True
