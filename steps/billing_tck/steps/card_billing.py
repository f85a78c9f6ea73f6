"""Step definitions for billing by card (BC-13 to BC-22): the card, invoices and charges."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from billing_tck.contract.values import ZERO, CardBehaviour, Invoice, InvoiceState, OrganizationView, Tier
from billing_tck.steps.common import cycle_end, given_or_when, set_up, use, view
from billing_tck.steps.parameter_types import CardResponse
from billing_tck.steps.registry import given, then
from billing_tck.steps.world import World
from billing_tck.text.format import format_instant, format_money


def put_card(world: World, organization: str, card: CardResponse) -> None:
    """Put a card on file, in place of any earlier one."""
    world.impl.add_card(
        organization=world.names[organization], behaviour=card.behaviour, available_credit=card.available_credit
    )


def format_invoices(shown: OrganizationView) -> str:
    """Return the invoices as text."""
    return ", ".join(f"{format_money(i.amount)} {i.state}" for i in shown.invoices) or "no invoice"


def format_charges(shown: OrganizationView) -> str:
    """Return the charges as text."""
    outcome = {True: "succeeded", False: "failed"}
    return ", ".join(f"{format_money(c.amount)} {outcome[c.succeeded]}" for c in shown.charges) or "no charge"


def valid(shown: OrganizationView) -> list[Invoice]:
    """Return the invoices that were not withdrawn."""
    return [invoice for invoice in shown.invoices if invoice.state is not InvoiceState.VOID]


@given("{organization:NewOrganization} that pays by card")
def pays_by_card(world: World, organization: str) -> None:
    """Create an organization with a tier, a card that approves and a service; its first cycle begins today."""
    set_up(world, organization, lambda: put_card(world, organization, CardResponse(CardBehaviour.APPROVES)))


@given_or_when("{organization:Organization} adds a card that {card:Card}")
def adds_card(world: World, organization: str, card: CardResponse) -> None:
    """Put a card on file, in place of any earlier one."""
    put_card(world, organization, card)


@given_or_when("{organization:Organization}'s card {card:Card}")
def card_answers(world: World, organization: str, card: CardResponse) -> None:
    """Set what the card network answers from now on."""
    world.impl.set_card_behaviour(
        organization=world.names[organization], behaviour=card.behaviour, available_credit=card.available_credit
    )


@given_or_when(
    "{organization:Organization} uses {amount:Money} and its card is declined at the end of the billing cycle"
)
def collection_fails(world: World, amount: Decimal, organization: str) -> None:
    """Record usage, make the card decline, and move the clock to the end of the cycle, when the charge is due."""
    use(world, organization, amount)
    world.impl.set_card_behaviour(organization=world.names[organization], behaviour=CardBehaviour.DECLINES)
    world.advance_to(cycle_end(world, organization))


@then("{organization:Organization} has a card on file")
def has_card(world: World, organization: str) -> None:
    """Expect a card on file."""
    shown = view(world, organization)
    world.expect(shown.card_on_file, "a card on file", "no card on file" if not shown.card_on_file else "a card")


@then("{organization:Organization} has been charged {amount:Money}")
def charged(world: World, organization: str, amount: Decimal) -> None:
    """Compare the sum of all successful charges."""
    shown = view(world, organization)
    total = sum((charge.amount for charge in shown.charges if charge.succeeded), ZERO)
    world.expect(total == amount, f"{format_money(amount)} charged", format_charges(shown))


@then("{organization:Organization} has no charge attempts")
def no_charge(world: World, organization: str) -> None:
    """Expect no charge, successful or failed."""
    shown = view(world, organization)
    world.expect(not shown.charges, "no charge", format_charges(shown))


@then("{organization:Organization} has been invoiced {amount:Money}")
def invoiced(world: World, organization: str, amount: Decimal) -> None:
    """Compare the sum of all invoices."""
    shown = view(world, organization)
    total = sum((invoice.amount for invoice in valid(shown)), ZERO)
    world.expect(total == amount, f"{format_money(amount)} invoiced", format_invoices(shown))


@then("{organization:Organization} has no invoices")
def no_invoice(world: World, organization: str) -> None:
    """Expect no invoice of more than 0.00."""
    shown = view(world, organization)
    world.expect(all(not invoice.amount for invoice in valid(shown)), "no invoice", format_invoices(shown))


@then("{organization:Organization} has as many invoices as {other:Organization}")
def as_many_invoices(world: World, organization: str, other: str) -> None:
    """Compare the numbers of invoices of two organizations, which the documents leave open otherwise."""
    shown, expected = view(world, organization), view(world, other)
    same = len(valid(shown)) == len(valid(expected))
    world.expect(same, f"as many invoices as {other}: {format_invoices(expected)}", format_invoices(shown))


@then("{organization:Organization} has been invoiced {amount:Money} for {first:Day} to {last:Day}")
def invoice_for(world: World, organization: str, amount: Decimal, first: date, last: date) -> None:
    """Compare the sum of the invoices of a cycle."""
    shown = view(world, organization)
    total = sum((i.amount for i in valid(shown) if (i.first_day, i.last_day) == (first, last)), ZERO)
    observed = ", ".join(f"{format_money(i.amount)} from {i.first_day} to {i.last_day}" for i in valid(shown))
    expected = f"{format_money(amount)} invoiced for {first} to {last}"
    world.expect(total == amount, expected, observed or "no invoice")


@then("{organization:Organization} has been invoiced {amount:Money} on {instant:Instant}")
def invoiced_on(world: World, organization: str, amount: Decimal, instant: datetime) -> None:
    """Compare the sum of the invoices that are dated at an instant."""
    shown = view(world, organization)
    total = sum((i.amount for i in valid(shown) if i.issued_at == instant), ZERO)
    observed = ", ".join(f"{format_money(i.amount)} {format_instant(i.issued_at)}" for i in valid(shown))
    world.expect(total == amount, f"{format_money(amount)} {format_instant(instant)}", observed or "no invoice")


@then("{organization:Organization} owes {amount:Money}")
def owes(world: World, organization: str, amount: Decimal) -> None:
    """Compare the sum of the open invoices."""
    shown = view(world, organization)
    total = sum((i.amount for i in shown.invoices if i.state is InvoiceState.OPEN), ZERO)
    world.expect(total == amount, f"{format_money(amount)} open", format_invoices(shown))


@then("{organization:Organization} has the tier {tier:Tier}")
def has_tier(world: World, organization: str, tier: Tier) -> None:
    """Compare the tier, where the implementation shows one."""
    shown = view(world, organization).tier
    world.expect(shown in (tier, None), f"the tier {tier}", f"the tier {shown}")
