"""Step definitions for billing through a marketplace (BC-33 to BC-46): subscriptions and reports."""

from __future__ import annotations

from decimal import Decimal

from billing_tck.contract.values import ZERO, EndCause, Marketplace, Offer, OrganizationView, ReportKind
from billing_tck.steps.common import given_or_when, set_up, view
from billing_tck.steps.registry import given, then
from billing_tck.steps.world import World
from billing_tck.text.format import format_money


def buy(world: World, marketplace: Marketplace, offer: Offer, subscription: str = "the subscription") -> None:
    """Open an account on a marketplace and buy a subscription with it."""
    account = world.impl.open_marketplace_account(marketplace=marketplace).account
    number = sum(name.startswith("account ") for name in world.names)
    world.names[f"account {number + 1}"] = account
    world.names[subscription] = world.impl.subscribe(account=account, offer=offer).subscription


def link(world: World, subscription: str, organization: str, person: str | None = None) -> None:
    """Link an organization to a subscription, by its own admin unless `person` is given."""
    admin = "the admin" if organization == "the organization" else "the other admin"
    world.impl.link_subscription(
        subscription=world.names[subscription],
        user=world.names[person or admin],
        organization=world.names[organization],
    )


def subscription_for(organization: str) -> str:
    """Return the name of the first subscription of an organization."""
    return "the subscription" if organization == "the organization" else "the other subscription"


def subscribe_and_link(world: World, organization: str, marketplace: Marketplace, offer: Offer) -> None:
    """Buy a subscription on a marketplace and link it."""
    subscription = subscription_for(organization)
    if subscription in world.names:
        subscription = "the other subscription"
    buy(world, marketplace, offer, subscription)
    link(world, subscription, organization)


def reported(shown: OrganizationView, kind: ReportKind) -> Decimal:
    """Return the sum of the reported lines of a kind."""
    return sum((line.amount for line in shown.marketplace_reports if line.kind is kind), ZERO)


def format_reports(shown: OrganizationView, world: World) -> str:
    """Return the marketplace reports as text."""
    spoken = {identifier: name for name, identifier in world.names.items()}
    lines = [
        f"{format_money(line.amount)} of {line.item} under {spoken.get(line.subscription, line.subscription)}"
        for line in shown.marketplace_reports
    ]
    return ", ".join(lines) or "nothing reported"


@given("{organization:NewOrganization} that pays through {marketplace:Marketplace}")
def pays_through(world: World, organization: str, marketplace: Marketplace) -> None:
    """Create an organization with a tier, a linked subscription and a service; its first cycle begins today."""
    set_up(world, organization, lambda: subscribe_and_link(world, organization, marketplace, Offer.PAYG))


@given_or_when(
    "{organization:Organization} subscribes to {offer:Offer} on {marketplace:Marketplace} and links the subscription"
)
def subscribes_and_links(world: World, organization: str, offer: Offer, marketplace: Marketplace) -> None:
    """Buy a subscription with a new account, and link it by the organization's admin."""
    subscribe_and_link(world, organization, marketplace, offer)


@given_or_when("{subscription:Subscription} {cause:Ending}")
def subscription_ends(world: World, subscription: str, cause: EndCause) -> None:
    """End the subscription now."""
    world.impl.end_subscription(subscription=world.names[subscription], cause=cause)


@then("the vendor has reported {amount:Money} of usage for {organization:Organization}")
def usage_reported(world: World, amount: Decimal, organization: str) -> None:
    """Compare the sum of all lines of usage."""
    shown = view(world, organization)
    world.expect(
        reported(shown, ReportKind.USAGE) == amount, f"{format_money(amount)} of usage", format_reports(shown, world)
    )


@then(
    "the vendor has reported {amount:Money} of usage for {organization:Organization} under {subscription:Subscription}"
)
def usage_reported_under(world: World, amount: Decimal, organization: str, subscription: str) -> None:
    """Compare the sum of the lines of usage under one subscription."""
    shown = view(world, organization)
    total = sum(
        (
            line.amount
            for line in shown.marketplace_reports
            if line.kind is ReportKind.USAGE and line.subscription == world.names[subscription]
        ),
        ZERO,
    )
    expected = f"{format_money(amount)} of usage under {subscription}"
    world.expect(total == amount, expected, format_reports(shown, world))


@then("the vendor has reported {amount:Money} of item {item:w} for {organization:Organization}")
def item_reported(world: World, amount: Decimal, item: str, organization: str) -> None:
    """Compare the sum of the lines of one item."""
    shown = view(world, organization)
    total = sum((line.amount for line in shown.marketplace_reports if line.item == item), ZERO)
    world.expect(total == amount, f"{format_money(amount)} of {item}", format_reports(shown, world))


@then("the vendor has reported {organization:Organization}'s usage in {count:Count} lines")
def lines_reported(world: World, organization: str, count: int) -> None:
    """Compare the number of lines of usage."""
    shown = view(world, organization)
    lines = [line for line in shown.marketplace_reports if line.kind is ReportKind.USAGE]
    world.expect(len(lines) == count, f"{count} lines of usage", format_reports(shown, world))


@then("the vendor has reported no usage for {organization:Organization}")
def nothing_reported(world: World, organization: str) -> None:
    """Expect lines of usage to add up to 0.00; a line of 0.00 is not forbidden."""
    shown = view(world, organization)
    world.expect(not reported(shown, ReportKind.USAGE), "no usage reported", format_reports(shown, world))
