"""Phrases of unpaid invoices (BC-23 to BC-32): collection, payment, extension."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing_tck.contract.values import InvoiceState
from billing_tck.errors import ScenarioError
from billing_tck.steps.card_billing import format_charges, format_invoices
from billing_tck.steps.common import given_or_when, view
from billing_tck.steps.registry import then
from billing_tck.steps.world import World


@given_or_when("a collection from {organization:Organization} is attempted")
def collection_attempted(world: World, organization: str) -> None:
    """Every open invoice is tried once."""
    result = world.impl.attempt_collection(organization=world.names[organization])
    world.facts["collected"] = result.collected


@then("{everything:Everything} due was collected")
def everything_collected(world: World, everything: bool) -> None:
    """What the last attempt answered."""
    words = {True: "everything due was collected", False: "not everything due was collected"}
    if "collected" not in world.facts:
        raise ScenarioError(
            "no collection was attempted", "Put 'When a collection from the organization is attempted' first"
        )
    collected = bool(world.facts["collected"])
    world.expect(collected is everything, words[everything], words[collected])


@given_or_when("the oldest open invoice of {organization:Organization} is paid by bank transfer")
def oldest_paid(world: World, organization: str) -> None:
    """One invoice is paid by other means."""
    shown = view(world, organization)
    opened = [invoice for invoice in shown.invoices if invoice.state is InvoiceState.OPEN]
    world.expect(bool(opened), "an open invoice", format_invoices(shown))
    world.impl.pay_invoice(invoice=min(opened, key=lambda invoice: invoice.issued_at).invoice)


@given_or_when("an extension until {until:Instant} is granted to {organization:Organization}")
def extension_granted(world: World, until: datetime, organization: str) -> None:
    """The vendor puts off the deletion."""
    world.impl.grant_extension(organization=world.names[organization], until=until)


@then("the card of {organization:Organization} was tried again within {span:Span} of the first failure")
def tried_again(world: World, organization: str, span: timedelta) -> None:
    """At least one more attempt after the one that failed first."""
    shown = view(world, organization)
    failed = [charge.at for charge in shown.charges if not charge.succeeded]
    again = any(failed[0] < charge.at <= failed[0] + span for charge in shown.charges) if failed else False
    world.expect(again, f"another attempt within {span.days} days", format_charges(shown))


@then("the card of {organization:Organization} was not tried after {instant:Instant}")
def not_tried_after(world: World, organization: str, instant: datetime) -> None:
    """No attempt later than an instant."""
    shown = view(world, organization)
    later = any(charge.at > instant for charge in shown.charges)
    world.expect(not later, "no later attempt", format_charges(shown))
