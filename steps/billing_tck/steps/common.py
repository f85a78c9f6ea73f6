"""Functions that the step definitions of several modules share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from billing_tck.contract import Reason
from billing_tck.contract.values import ZERO, Marketplace, MethodKind, OrganizationView, Tier
from billing_tck.errors import ScenarioError
from billing_tck.results.verdicts import refusal as refusal_text
from billing_tck.steps.parameter_types import SERVICES
from billing_tck.steps.registry import Step, given, when
from billing_tck.steps.world import World


def given_or_when(pattern: str) -> Callable[[Step], Step]:
    """Define a step for Given as well as When."""

    def define(function: Step) -> Step:
        return when(pattern)(given(pattern)(function))

    return define


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
    observed = "done" if refusal is None else refusal_text(refusal)
    world.expect((refusal is None) is can, f"{what} {'is done' if can else 'is refused'}", observed)
    if refusal is not None and refusal.reason not in (*reasons, Reason.OTHER):
        usual = " or ".join(reasons)
        world.remark(f"{what} was refused for the reason {refusal.reason}; the rule's own is {usual}")


def format_services(shown: OrganizationView, world: World) -> str:
    """Return the services and their states as text, by the names that the scenario gave them."""
    spoken = {identifier: name for name, identifier in world.names.items()}
    return ", ".join(f"{spoken.get(s.service, s.service)} {s.state}" for s in shown.services) or "no service"


def format_method(kind: MethodKind, marketplace: Marketplace | None) -> str:
    """Return what pays for usage as text."""
    through = f" through {marketplace}" if marketplace else ""
    return "has no billing method" if kind is MethodKind.NONE else f"is billed by {kind}{through}"


def check_step(step: timedelta) -> None:
    """Raise ScenarioError if the interval of a repeated step is zero."""
    if not step:
        raise ScenarioError("a step must be longer than zero", "Give it a length, such as 12 hours or 1 day")


# Set up


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


def use(world: World, organization: str, amount: Decimal, item: str | None = None) -> None:
    """Record usage, and add it to the scenario's own total."""
    key = f"used by {organization}"
    before = world.facts.get(key, ZERO)
    world.facts[key] = (before if isinstance(before, Decimal) else ZERO) + amount
    if item is None:
        world.impl.record_usage(organization=world.names[organization], amount=amount)
    else:
        world.impl.record_usage(organization=world.names[organization], amount=amount, item=item)
