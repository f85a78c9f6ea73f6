"""Step definitions for unpaid invoices (BC-23 to BC-32): collection, payment, extension."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing_tck.contract.values import InvoiceState
from billing_tck.errors import ScenarioError
from billing_tck.steps.card_billing import format_charges, format_invoices
from billing_tck.steps.common import given_or_when, view
from billing_tck.steps.registry import then
from billing_tck.steps.world import World
from billing_tck.text.format import format_instant


@given_or_when("the vendor attempts to collect from {organization:Organization}")
def collection_attempted(world: World, organization: str) -> None:
    """Try to collect every open invoice once."""
    result = world.impl.attempt_collection(organization=world.names[organization])
    world.facts["collected"] = result.collected


@then("the full amount due {has:Has} collected")
def everything_collected(world: World, has: bool) -> None:
    """Compare the answer to the last collection attempt."""
    words = {True: "the full amount due is collected", False: "the full amount due is not collected"}
    if "collected" not in world.facts:
        raise ScenarioError(
            "no collection was attempted", "Add 'When the vendor attempts to collect from the organization' before it"
        )
    collected = bool(world.facts["collected"])
    world.expect(collected is has, words[has], words[collected])


@given_or_when("{organization:Organization} pays its oldest open invoice by bank transfer")
def oldest_paid(world: World, organization: str) -> None:
    """Pay one invoice in full by other means than the card."""
    shown = view(world, organization)
    opened = [invoice for invoice in shown.invoices if invoice.state is InvoiceState.OPEN]
    world.expect(bool(opened), "an open invoice", format_invoices(shown))
    world.impl.pay_invoice(invoice=min(opened, key=lambda invoice: invoice.issued_at).invoice)


@then("{organization:Organization} has been unpaid since {instant:Instant}")
def unpaid_since(world: World, organization: str, instant: datetime) -> None:
    """Compare the start of the oldest running clock, where the implementation shows it."""
    since = view(world, organization).unpaid_since
    expected, observed = f"unpaid since {format_instant(instant)}", f"since {format_instant(since)}" if since else "-"
    world.expect(since in (instant, None), expected, observed)


@given_or_when("the vendor grants {organization:Organization} an extension until {until:Instant}")
def extension_granted(world: World, until: datetime, organization: str) -> None:
    """Postpone the deletion for unpaid invoices."""
    world.impl.grant_extension(organization=world.names[organization], until=until)


@then("the vendor retried {organization:Organization}'s card within {span:Span} of the first failure")
def tried_again(world: World, organization: str, span: timedelta) -> None:
    """Expect at least one more attempt after the first one that failed."""
    shown = view(world, organization)
    failed = [charge.at for charge in shown.charges if not charge.succeeded]
    again = any(failed[0] < charge.at <= failed[0] + span for charge in shown.charges) if failed else False
    world.expect(again, f"another attempt within {span.days} days", format_charges(shown))


@then("the vendor did not try {organization:Organization}'s card after {instant:Instant}")
def not_tried_after(world: World, organization: str, instant: datetime) -> None:
    """Expect no attempt after an instant."""
    shown = view(world, organization)
    later = any(charge.at > instant for charge in shown.charges)
    world.expect(not later, "no later attempt", format_charges(shown))
