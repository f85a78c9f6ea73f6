"""Step definitions for all families: checks of an organization, its services, data, cycle and requests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing_tck.contract import Reason
from billing_tck.contract.values import ZERO, DataState, InvoiceState, MethodKind, ServiceState
from billing_tck.steps.common import format_method, format_services, judge_refusal, services_of, view
from billing_tck.steps.parameter_types import PaidBy
from billing_tck.steps.registry import then
from billing_tck.steps.world import World
from billing_tck.text.format import format_money


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
