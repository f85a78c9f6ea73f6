"""Step definitions for committed spend and credits (BC-47 to BC-67)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_tck.contract import Reason
from billing_tck.contract.values import ZERO, Marketplace, Offer, OrganizationView, ReportKind
from billing_tck.steps.common import given_or_when, judge_refusal, set_up, view
from billing_tck.steps.marketplace import format_reports, reported, subscribe_and_link, subscription_for
from billing_tck.steps.registry import given, then
from billing_tck.steps.world import World
from billing_tck.text.format import format_instant, format_money


def format_credits(shown: OrganizationView) -> str:
    """Return the grants as text."""
    grants = [
        f"{format_money(grant.left)} of {format_money(grant.amount)} until {format_instant(grant.expires_at)}"
        for grant in shown.credits
    ]
    return ", ".join(grants) or "no credits"


@given("{organization:NewOrganization} with a direct commitment of {amount:Money} until {until:Instant}")
def direct_commitment(world: World, organization: str, amount: Decimal, until: datetime) -> None:
    """Create an organization with a tier, a direct commitment and a service."""
    set_up(world, organization, lambda: signs_directly(world, organization, amount, until))


@given(
    "{organization:NewOrganization} with a commitment of {amount:Money} until {until:Instant} "
    "through {marketplace:Marketplace}"
)
def marketplace_commitment(
    world: World, organization: str, amount: Decimal, until: datetime, marketplace: Marketplace
) -> None:
    """Create an organization with a tier, a commitment through a marketplace and a service."""

    def commit() -> None:
        subscribe_and_link(world, organization, marketplace, Offer.COMMITTED)
        signs_through_subscription(world, organization, amount, until)

    set_up(world, organization, commit)


@given_or_when("{organization:Organization} signs a direct commitment of {amount:Money} until {until:Instant}")
def signs_directly(world: World, organization: str, amount: Decimal, until: datetime) -> None:
    """Sign a direct commitment."""
    world.impl.sign_commitment(organization=world.names[organization], credits=amount, expires_at=until)


@given_or_when(
    "{organization:Organization} accepts a private offer of {amount:Money} until {until:Instant} on its subscription"
)
def signs_through_subscription(world: World, organization: str, amount: Decimal, until: datetime) -> None:
    """Accept a private offer on the linked subscription."""
    world.impl.sign_commitment(
        organization=world.names[organization],
        credits=amount,
        expires_at=until,
        subscription=world.names[subscription_for(organization)],
    )


@given_or_when("the vendor grants {organization:Organization} {amount:Money} of credits until {until:Instant}")
def is_granted(world: World, organization: str, amount: Decimal, until: datetime) -> None:
    """Grant credits: a refund, or additional credits."""
    world.impl.grant_credits(organization=world.names[organization], amount=amount, expires_at=until)


@given_or_when("the vendor contacts {organization:Organization} about its unpaid invoices")
def is_contacted(world: World, organization: str) -> None:
    """Record that the vendor has reached the customer."""
    world.impl.record_contact(organization=world.names[organization])


@then("the vendor has contacted {organization:Organization}")
def was_contacted(world: World, organization: str) -> None:
    """Expect a recorded contact."""
    shown = view(world, organization)
    world.expect(bool(shown.contacts), "a contact on record", f"{len(shown.contacts)} contacts on record")


@given_or_when("the vendor manually deletes {organization:Organization}'s data")
def deletes_manually(world: World, organization: str) -> None:
    """Delete the data manually."""
    world.impl.delete_data(organization=world.names[organization])


@then("{organization:Organization} has {amount:Money} of credits left")
def credits_left(world: World, amount: Decimal, organization: str) -> None:
    """Compare the sum left of the grants that have not expired."""
    shown = view(world, organization)
    left = sum((grant.left for grant in shown.credits if grant.expires_at > world.now), ZERO)
    world.expect(left == amount, f"{format_money(amount)} left", format_credits(shown))


@then("{organization:Organization} has {amount:Money} left of the credits that expire on {until:Instant}")
def grant_left(world: World, amount: Decimal, organization: str, until: datetime) -> None:
    """Compare what is left of the grants with one expiry."""
    shown = view(world, organization)
    left = sum((grant.left for grant in shown.credits if grant.expires_at == until), ZERO)
    world.expect(left == amount, f"{format_money(amount)} left until {format_instant(until)}", format_credits(shown))


@then("the vendor has reported a commitment fee of {amount:Money} for {organization:Organization}")
def commitment_reported(world: World, amount: Decimal, organization: str) -> None:
    """Compare the sum of the lines of kind commitment, each under the organization's own subscription."""
    shown = view(world, organization)
    own = world.names[subscription_for(organization)]
    lines = [line for line in shown.marketplace_reports if line.kind is ReportKind.COMMITMENT]
    fits = reported(shown, ReportKind.COMMITMENT) == amount and all(line.subscription == own for line in lines)
    world.expect(fits, f"a commitment of {format_money(amount)} under its subscription", format_reports(shown, world))


@then("the vendor has reported part of a commitment fee of {amount:Money} for {organization:Organization}")
def part_of_commitment_reported(world: World, amount: Decimal, organization: str) -> None:
    """Expect lines of kind commitment of more than 0.00 and at most an amount, each under the own subscription."""
    shown = view(world, organization)
    own = world.names[subscription_for(organization)]
    lines = [line for line in shown.marketplace_reports if line.kind is ReportKind.COMMITMENT]
    fits = ZERO < reported(shown, ReportKind.COMMITMENT) <= amount and all(line.subscription == own for line in lines)
    expected = f"more than $0.00 and at most {format_money(amount)} under its subscription"
    world.expect(fits, expected, format_reports(shown, world))


@then("the vendor has reported no commitment fee for {organization:Organization}")
def no_commitment_reported(world: World, organization: str) -> None:
    """Expect no line of kind commitment."""
    shown = view(world, organization)
    lines = [line for line in shown.marketplace_reports if line.kind is ReportKind.COMMITMENT]
    world.expect(not lines, "no commitment reported", format_reports(shown, world))


@then("the vendor {can:Can} manually delete {organization:Organization}'s data")
def can_delete_by_hand(world: World, organization: str, can: bool) -> None:
    """Try to delete the data manually, and compare the outcome and the state of the data."""
    judge_refusal(
        world,
        "deleting by hand",
        can,
        lambda: world.impl.delete_data(organization=world.names[organization]),
        Reason.NOT_CONTACTED,
    )
    shown = view(world, organization)
    expected = "deleted" if can else "present"
    world.expect(shown.data == expected, f"the data is {expected} then", f"{shown.data}")
