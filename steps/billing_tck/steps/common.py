"""Step definitions for all families: time, organizations, services, usage, and what can be seen of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from billing_tck.contract import Reason, Refused
from billing_tck.contract.values import (
    ZERO,
    DataState,
    InvoiceState,
    Marketplace,
    MethodKind,
    OrganizationView,
    ServiceState,
    Tier,
)
from billing_tck.errors import ScenarioError
from billing_tck.spec.applicability import settles_within
from billing_tck.steps.parameter_types import SERVICES, PaidBy, write_span
from billing_tck.steps.registry import Step, given, phrase, then, when
from billing_tck.steps.world import World
from billing_tck.text.format import format_money


def given_or_when(pattern: str) -> Callable[[Step], Step]:
    """Define a step for Given as well as When."""

    def define(function: Step) -> Step:
        return when(pattern)(given(pattern)(function))

    return define


# What the phrases share


def view(world: World, organization: str) -> OrganizationView:
    """Return the current view of an organization."""
    return world.impl.get_organization(organization=world.names[organization])


def services_of(world: World, organization: str) -> list[str]:
    """Return the names that the scenario gave to the services of an organization."""
    named = world.facts.setdefault(f"services of {organization}", [])
    if not isinstance(named, list):
        raise TypeError(f"the services of {organization} are kept as a list")
    return named


def cycle_end(world: World, organization: str) -> datetime:
    """Return the next end of the organization's cycle by the documents: 00:00 after its last day (BC-15, BC-39)."""
    world.names[organization]  # raises a helpful error for an unknown name
    anchor = world.facts.get(f"first cycle of {organization}")
    if not isinstance(anchor, date):
        raise ScenarioError(
            f"{organization} has no billing cycle yet", "Begin one, as with 'an organization that pays by card'"
        )
    year, month = anchor.year, anchor.month
    while (end := datetime.combine(date(year, month, anchor.day), time(), world.now.tzinfo)) <= world.now:
        year, month = year + month // 12, month % 12 + 1
    return end


def judge_refusal(world: World, what: str, can: bool, request: Callable[[], object], *reasons: Reason) -> None:
    """Expect a request to be done or refused; an unusual reason of a refusal is only a remark."""
    refusal = world.refused(request)
    observed = "done" if refusal is None else _say(refusal)
    world.expect((refusal is None) is can, f"{what} {'is done' if can else 'is refused'}", observed)
    if refusal is not None and refusal.reason not in (*reasons, Reason.OTHER):
        usual = " or ".join(reasons)
        world.remark(f"{what} was refused for the reason {refusal.reason}; the rule's own is {usual}")


def _say(refusal: Refused) -> str:
    return f"refused ({refusal.reason})" + (f": {refusal.message}" if refusal.message else "")


def format_services(shown: OrganizationView, world: World) -> str:
    """Return the services and their states as text, by the names that the scenario gave them."""
    spoken = {identifier: name for name, identifier in world.names.items()}
    return ", ".join(f"{spoken.get(s.service, s.service)} {s.state}" for s in shown.services) or "no service"


def format_method(kind: MethodKind, marketplace: Marketplace | None) -> str:
    """Return what pays for usage as text."""
    through = f" through {marketplace}" if marketplace else ""
    return "has no billing method" if kind is MethodKind.NONE else f"is billed by {kind}{through}"


# Time


@given_or_when("it is {instant:Instant}")
def it_is(world: World, instant: datetime) -> None:
    """Begin the scenario at an instant, or move the clock on to it once something has been created."""
    if world.names:
        world.advance_to(instant)
    else:
        world.reset(instant)


@given_or_when("it is {instant:Instant} plus the settling time")
def it_is_settled(world: World, instant: datetime) -> None:
    """Move the clock on to an instant, and on by `settles_within`: effects that are due at the instant show by then."""
    world.advance_to(instant + settles_within(world.description))


@given_or_when("{span:Span} {passes:Pass}")
def time_passes(world: World, span: timedelta, passes: str) -> None:
    """Move the clock on in one jump."""
    del passes
    world.advance_to(world.now + span)


def wait_phrase(span: timedelta) -> str:
    """Return the phrase that moves the clock on by a span."""
    return phrase(time_passes, span=span, passes="singular" if write_span(span).startswith("1 ") else "plural")


def _lasts(step: timedelta) -> None:
    if not step:
        raise ScenarioError("a step must be longer than zero", "Give it a length, such as 12 hours or 1 day")


@when("{span:Span} pass in steps of {step:Span}")
def time_passes_in_steps(world: World, span: timedelta, step: timedelta) -> None:
    """Move the clock on in many small steps, and read the organization after each."""
    end = world.now + span
    _lasts(step)
    while world.now < end:
        world.advance_to(min(end, world.now + step))
        view(world, "the organization")


@given_or_when("{organization:Organization}'s billing cycle ends")
def cycle_ends(world: World, organization: str) -> None:
    """Move the clock on to the end of the cycle, when its charge is due."""
    world.advance_to(cycle_end(world, organization))


# Organizations, tiers, services


def make_organization(world: World, organization: str) -> None:
    """Create an organization, and name it and its admin."""
    made = world.impl.create_organization(name=organization.removeprefix("the "))
    world.names[organization] = made.organization
    admin = "the admin" if organization == "the organization" else "the other admin"
    world.names[admin] = made.admin


def make_service(world: World, organization: str, gib: int = 8) -> None:
    """Create a service: `the service`, then `the other service`, then `the new service`."""
    named = services_of(world, organization)
    if organization == "the organization" and len(named) < len(SERVICES):
        name = SERVICES[len(named)]
    else:
        name = f"service {len(named) + 1} of {organization}"
    world.names[name] = world.impl.create_service(
        organization=world.names[organization], replica_memory_gib=gib
    ).service
    named.append(name)
    world.facts.setdefault(f"first cycle of {organization}", world.now.date())


def make_organization_with_tier(world: World, organization: str) -> None:
    """Create an organization with a tier."""
    make_organization(world, organization)
    world.impl.choose_tier(organization=world.names[organization], tier=Tier.SCALE)


def set_up(world: World, organization: str, configure_method: Callable[[], None]) -> None:
    """Create an organization with a tier, a billing method and one service; its first cycle begins today.

    The method comes before the service: an implementation may refuse to create a service without one.
    """
    make_organization_with_tier(world, organization)
    configure_method()
    make_service(world, organization)


@given("{organization:NewOrganization} with no tier and no service")
def bare_organization(world: World, organization: str) -> None:
    """Create an organization without tier, service and billing method."""
    make_organization(world, organization)


@given("{organization:NewOrganization} with no billing method")
def organization_without_method(world: World, organization: str) -> None:
    """Create an organization with a tier, without a service and a billing method."""
    make_organization_with_tier(world, organization)


@given_or_when("{organization:Organization} chooses the tier {tier:Tier}")
def chooses_tier(world: World, organization: str, tier: Tier) -> None:
    """Choose or change the tier."""
    world.impl.choose_tier(organization=world.names[organization], tier=tier)


@given_or_when("{organization:Organization} creates a service")
def creates_service(world: World, organization: str) -> None:
    """Create another service."""
    make_service(world, organization)


@given_or_when("the organization starts {service:Service}")
def organization_starts(world: World, service: str) -> None:
    """Start a stopped service at the customer's request."""
    world.impl.start_service(service=world.names[service])


@given_or_when("the organization stops {service:Service}")
def organization_stops(world: World, service: str) -> None:
    """Stop a running service at the customer's request."""
    world.impl.stop_service(service=world.names[service])


@given_or_when("the organization scales {service:Service} to {gib:Gib}")
def organization_scales(world: World, service: str, gib: int) -> None:
    """Change the memory per replica at the customer's request."""
    world.impl.scale_service(service=world.names[service], replica_memory_gib=gib)


# Usage


def use(world: World, organization: str, amount: Decimal, item: str | None = None) -> None:
    """Record usage, and add it to the scenario's own total."""
    key = f"used by {organization}"
    before = world.facts.get(key, ZERO)
    world.facts[key] = (before if isinstance(before, Decimal) else ZERO) + amount
    if item is None:
        world.impl.record_usage(organization=world.names[organization], amount=amount)
    else:
        world.impl.record_usage(organization=world.names[organization], amount=amount, item=item)


@given_or_when("{organization:Organization} uses {amount:Money}")
def uses(world: World, organization: str, amount: Decimal) -> None:
    """Record usage now."""
    use(world, organization, amount)


@given_or_when("{organization:Organization} uses {amount:Money} of {item:w}")
def uses_item(world: World, organization: str, amount: Decimal, item: str) -> None:
    """Record usage of one item now."""
    use(world, organization, amount, item)


@given_or_when("{organization:Organization} uses {amount:Money} every {step:Span} until {end:Instant}")
def uses_regularly(world: World, organization: str, amount: Decimal, step: timedelta, end: datetime) -> None:
    """Record usage at regular intervals until an instant."""
    _lasts(step)
    while world.now < end:
        use(world, organization, amount)
        world.advance_to(min(end, world.now + step))


# What can be seen


@then("{organization:Organization}'s services are {state:ServiceState}")
def services_are(world: World, organization: str, state: ServiceState) -> None:
    """Compare the state of every service that the scenario created; there must be at least one."""
    shown = view(world, organization)
    seen = {service.service: service.state for service in shown.services}
    every = all(seen.get(world.names[name]) is state for name in services_of(world, organization))
    world.expect(bool(seen) and every, f"every service of {organization} is {state}", format_services(shown, world))


@then("{organization:Organization} has no running service")
def no_service_runs(world: World, organization: str) -> None:
    """Expect every service to be stopped or deleted."""
    shown = view(world, organization)
    running = any(service.state is ServiceState.RUNNING for service in shown.services)
    world.expect(
        bool(shown.services) and not running, f"{organization} has no running service", format_services(shown, world)
    )


@then("{service:Service} is {state:ServiceState}")
def service_is(world: World, service: str, state: ServiceState) -> None:
    """Compare the state of one service."""
    shown = view(world, "the organization")
    found = [s.state for s in shown.services if s.service == world.names[service]]
    world.expect(found == [state], f"{service} is {state}", format_services(shown, world))


@then("{organization:Organization}'s data is {state:DataState}")
def data_is(world: World, organization: str, state: DataState) -> None:
    """Compare the state of the data."""
    shown = view(world, organization)
    world.expect(shown.data is state, f"{organization}'s data is {state}", f"{shown.data}")


@then("{organization:Organization} {has:Has} restricted")
def is_restricted(world: World, organization: str, has: bool) -> None:
    """Compare whether the restrictions for unpaid invoices apply."""
    shown = view(world, organization)
    words = {True: "restricted", False: "not restricted"}
    world.expect(shown.restricted is has, f"{organization} is {words[has]}", words[shown.restricted])


@then("{organization:Organization} {paid_by:PaidBy}")
def is_billed(world: World, organization: str, paid_by: PaidBy) -> None:
    """Compare the billing method that pays for usage now."""
    method = view(world, organization).billing_method
    fits = method.kind is paid_by.kind and (
        method.marketplace == paid_by.marketplace or paid_by.kind is MethodKind.CREDITS
    )
    expected = f"{organization} {format_method(paid_by.kind, paid_by.marketplace)}"
    world.expect(fits, expected, format_method(method.kind, method.marketplace))


@then("{organization:Organization}'s billing cycle runs from {first:Day} to {last:Day}")
def cycle_is(world: World, organization: str, first: date, last: date) -> None:
    """Compare the first and the last day of the current cycle."""
    cycle = view(world, organization).billing_cycle
    observed = f"{cycle.first_day} to {cycle.last_day}" if cycle else "no cycle"
    ok = cycle is not None and (cycle.first_day, cycle.last_day) == (first, last)
    world.expect(ok, f"a cycle from {first} to {last}", observed)


@then("the organization {can:Can} start {service:Service}")
def can_be_started(world: World, service: str, can: bool) -> None:
    """Try to start a service, and compare the outcome and the service's state."""
    reasons = (Reason.UNPAID_INVOICE, Reason.NO_BILLING_METHOD, Reason.DELETED)
    judge_refusal(
        world, f"starting {service}", can, lambda: world.impl.start_service(service=world.names[service]), *reasons
    )
    shown = view(world, "the organization")
    runs = any(s.service == world.names[service] and s.state is ServiceState.RUNNING for s in shown.services)
    world.expect(runs is can, f"{service} {'runs' if can else 'does not run'} then", format_services(shown, world))


@then("{organization:Organization} {can:Can} create a service")
def can_create(world: World, organization: str, can: bool) -> None:
    """Try to create a service, and compare the outcome and the services."""
    before = len(view(world, organization).services)
    made: list[str] = []

    def create() -> None:
        made.append(world.impl.create_service(organization=world.names[organization]).service)

    reasons = (Reason.UNPAID_INVOICE, Reason.NO_BILLING_METHOD)
    judge_refusal(world, "creating a service", can, create, *reasons)
    shown = view(world, organization)
    if can:
        runs = any(s.service in made and s.state is ServiceState.RUNNING for s in shown.services)
        world.expect(runs, "the new service runs", format_services(shown, world))
    else:
        world.expect(len(shown.services) == before, f"still {before} services", f"{len(shown.services)} services")


@then("the organization {can:Can} scale {service:Service} to {gib:Gib}")
def can_be_scaled(world: World, service: str, can: bool, gib: int) -> None:
    """Try to scale a service, and compare the outcome and the memory per replica."""
    judge_refusal(
        world,
        f"scaling {service} to {gib} GiB",
        can,
        lambda: world.impl.scale_service(service=world.names[service], replica_memory_gib=gib),
        Reason.MEMORY_CAP,
        Reason.UNPAID_INVOICE,
    )
    memory = [
        s.replica_memory_gib for s in view(world, "the organization").services if s.service == world.names[service]
    ]
    expected = f"{service} {'has' if can else 'does not have'} {gib} GiB per replica then"
    world.expect((memory == [gib]) is can, expected, f"{', '.join(map(str, memory)) or 'no'} GiB")


@then("{organization:Organization}'s usage is billed exactly once")
def accounted_for(world: World, organization: str) -> None:
    """Expect invoices, used credits and reported usage to add up to the recorded usage (BC-10)."""
    shown = view(world, organization)
    invoiced = sum((invoice.amount for invoice in shown.invoices if invoice.state is not InvoiceState.VOID), ZERO)
    drawn = sum((grant.amount - grant.left for grant in shown.credits), ZERO)
    reported = sum((line.amount for line in shown.marketplace_reports if line.kind == "usage"), ZERO)
    used = world.facts.get(f"used by {organization}", ZERO)
    world.expect(
        invoiced + drawn + reported == used,
        f"{format_money(used if isinstance(used, Decimal) else ZERO)} in all",
        f"{format_money(invoiced)} invoiced, {format_money(drawn)} from credits, {format_money(reported)} reported",
    )
