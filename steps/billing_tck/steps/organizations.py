"""Step definitions for all families: organizations, tiers, services and usage."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from billing_tck.contract.values import Tier
from billing_tck.steps.common import (
    check_step,
    given_or_when,
    make_organization,
    make_organization_with_tier,
    make_service,
    use,
)
from billing_tck.steps.registry import given
from billing_tck.steps.world import World


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
    check_step(step)
    while world.now < end:
        use(world, organization, amount)
        world.advance_to(min(end, world.now + step))
