"""Step definitions for onboarding (AWS-01 to AWS-31): people, accounts, purchases, links to organizations."""

from __future__ import annotations

from datetime import datetime

from billing_tck.contract import Reason
from billing_tck.contract.values import Marketplace, Offer, Role, SubscriptionState
from billing_tck.steps.common import given_or_when, judge_refusal
from billing_tck.steps.marketplace import link
from billing_tck.steps.registry import given, then
from billing_tck.steps.world import World
from billing_tck.text.format import format_instant

NEW_ORGANIZATION = "a new organization"

# People


@given_or_when("a new user registers")
def registers(world: World) -> None:
    """Register a new user, whose address is not verified yet."""
    world.names["the new user"] = world.impl.register_user(email="ada@example.com").user


@given_or_when("the new user verifies their email address")
def verifies(world: World) -> None:
    """Verify the new user's e-mail address."""
    world.impl.verify_email(user=world.names["the new user"])


@given_or_when("the new user signs in")
def signs_in(world: World) -> None:
    """Sign the new user in."""
    world.impl.sign_in(user=world.names["the new user"])


@given_or_when("the new user provides business information")
def gives_business_info(world: World) -> None:
    """Provide basic information about the business."""
    world.impl.provide_business_info(user=world.names["the new user"])


@given("a developer of the organization who is not an admin")
def developer(world: World) -> None:
    """Add a member who is verified and signed in, and is not an admin."""
    member = world.impl.add_member(organization=world.names["the organization"], role=Role.DEVELOPER)
    world.names["the developer"] = member.user


@given("a second admin of the organization")
def second_admin(world: World) -> None:
    """Add another admin, called `the admin` from now on."""
    member = world.impl.add_member(organization=world.names["the organization"], role=Role.ADMIN)
    world.names["the admin"] = member.user


@then("the new user {can:Can} sign in")
def can_sign_in(world: World, can: bool) -> None:
    """Try to sign in, and compare the outcome."""
    judge_refusal(
        world, "signing in", can, lambda: world.impl.sign_in(user=world.names["the new user"]), Reason.NOT_VERIFIED
    )


# Accounts and purchases


@given("{account:NewAccount} on {marketplace:Marketplace}")
def account_on(world: World, account: str, marketplace: Marketplace) -> None:
    """Open an account that has purchase rights and is signed in."""
    world.names[account] = world.impl.open_marketplace_account(marketplace=marketplace).account


@given("{account:NewAccount} on {marketplace:Marketplace} without purchase rights")
def account_without_right(world: World, account: str, marketplace: Marketplace) -> None:
    """Open an account without purchase rights."""
    world.names[account] = world.impl.open_marketplace_account(marketplace=marketplace, may_purchase=False).account


@given("{account:NewAccount} on {marketplace:Marketplace} that is not signed in")
def account_signed_out(world: World, account: str, marketplace: Marketplace) -> None:
    """Open an account that is not signed in."""
    world.names[account] = world.impl.open_marketplace_account(marketplace=marketplace, signed_in=False).account


def _next_subscription(world: World) -> str:
    return "the other subscription" if "the subscription" in world.names else "the subscription"


@given_or_when("{account:Account} subscribes to {offer:Offer}")
def subscribes(world: World, account: str, offer: Offer) -> None:
    """Buy a subscription: `the subscription`, then `the other subscription`."""
    name = _next_subscription(world)
    world.names[name] = world.impl.subscribe(account=world.names[account], offer=offer).subscription


@given_or_when("{account:Account} subscribes to {offer:Offer} with purchase order {order}")
def subscribes_with_order(world: World, account: str, offer: Offer, order: str) -> None:
    """Buy a subscription with a purchase-order number."""
    bought = world.impl.subscribe(account=world.names[account], offer=offer, purchase_order=order)
    world.names[_next_subscription(world)] = bought.subscription


@then("{account:Account} {can:Can} subscribe to {offer:Offer}")
def can_subscribe(world: World, account: str, can: bool, offer: Offer) -> None:
    """Try to subscribe, and compare the outcome."""

    def subscribe() -> None:
        subscribes(world, account, offer)

    reasons = (Reason.NOT_PERMITTED, Reason.NOT_SIGNED_IN, Reason.ALREADY_SUBSCRIBED)
    judge_refusal(world, f"subscribing to {offer}", can, subscribe, *reasons)


# The link


@given_or_when("{person:Person} links {subscription:Subscription} to {organization}")
def links(world: World, person: str, subscription: str, organization: str) -> None:
    """Complete the set-up for an existing or a new organization."""
    if organization == NEW_ORGANIZATION:
        made = world.impl.link_subscription(subscription=world.names[subscription], user=world.names[person])
        world.names["the organization"] = made.organization
        world.names["the admin"] = world.names[person]
    else:
        link(world, subscription, organization, person)


@then("{person:Person} {can:Can} link {subscription:Subscription} to {organization:Organization}")
def can_link(world: World, person: str, can: bool, subscription: str, organization: str) -> None:
    """Try to link the subscription, and compare the outcome."""
    reasons = (Reason.NOT_ADMIN, Reason.ALREADY_LINKED, Reason.ENDED)
    judge_refusal(
        world, f"linking {subscription}", can, lambda: link(world, subscription, organization, person), *reasons
    )


@then("{person:Person} {can:Can} link {subscription:Subscription} to a new organization")
def can_link_new(world: World, person: str, can: bool, subscription: str) -> None:
    """Try to link the subscription to a new organization, and compare the outcome."""
    reasons = (Reason.NOT_VERIFIED, Reason.NOT_SIGNED_IN, Reason.ALREADY_LINKED, Reason.ENDED)
    judge_refusal(
        world,
        f"linking {subscription} to a new organization",
        can,
        lambda: links(world, person, subscription, NEW_ORGANIZATION),
        *reasons,
    )


# What can be seen


@then("{subscription:Subscription} {state:SubscriptionState}")
def subscription_is(world: World, subscription: str, state: SubscriptionState) -> None:
    """Compare the state of the subscription."""
    shown = world.impl.get_subscription(subscription=world.names[subscription])
    world.expect(shown.state is state, f"{subscription} is {state}", f"{shown.state}")


@then("{subscription:Subscription} is for {offer:Offer}")
def subscription_of_offer(world: World, subscription: str, offer: Offer) -> None:
    """Compare the offer of the subscription."""
    shown = world.impl.get_subscription(subscription=world.names[subscription])
    world.expect(shown.offer is offer, f"{subscription} is for {offer}", f"for {shown.offer}")


@then("{subscription:Subscription} is linked to {organization:Organization}")
def subscription_linked_to(world: World, subscription: str, organization: str) -> None:
    """Compare the organization that the subscription is linked to."""
    shown = world.impl.get_subscription(subscription=world.names[subscription])
    spoken = {identifier: name for name, identifier in world.names.items()}
    linked = spoken.get(shown.organization or "", shown.organization or "no organization")
    ok = shown.organization == world.names[organization] and shown.state is SubscriptionState.LINKED
    world.expect(ok, f"linked to {organization}", f"{shown.state}, {linked}")


@then("{subscription:Subscription} ends on {instant:Instant}")
def subscription_to_end(world: World, subscription: str, instant: datetime) -> None:
    """Compare the instant at which the subscription ends, or ended."""
    ends = world.impl.get_subscription(subscription=world.names[subscription]).ends_at
    world.expect(ends == instant, f"an end {format_instant(instant)}", format_instant(ends) if ends else "no end known")
