"""Step definitions for the trial (BC-01 to BC-09)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_tck.contract.values import TrialState
from billing_tck.steps.common import given_or_when, set_up, view
from billing_tck.steps.registry import given, then
from billing_tck.steps.world import World
from billing_tck.text.format import format_instant, format_money


@given("{organization:NewOrganization} with an active trial and {amount:Money} of trial credits")
def on_trial(world: World, organization: str, amount: Decimal) -> None:
    """Create an organization with a tier, start its trial now, and create a service."""
    set_up(world, organization, lambda: starts_trial(world, organization, amount))


@given_or_when("{organization:Organization} starts a trial with {amount:Money} of credits")
def starts_trial(world: World, organization: str, amount: Decimal) -> None:
    """Start the 30-day trial now."""
    world.impl.start_trial(organization=world.names[organization], credits=amount)


@then("{organization:Organization}'s trial is {state:TrialState}")
def trial_is(world: World, organization: str, state: TrialState) -> None:
    """Compare the state of the trial."""
    words = {TrialState.ACTIVE: "active", TrialState.OVER: "over", TrialState.NONE: "none"}
    shown = view(world, organization).trial.state
    world.expect(shown is state, f"{organization}'s trial is {words[state]}", words[shown])


@then("{organization:Organization}'s trial ended on {instant:Instant}")
def trial_ended(world: World, organization: str, instant: datetime) -> None:
    """Compare the instant at which the end of the trial took effect."""
    ended = view(world, organization).trial.ended_at
    world.expect(ended == instant, f"ended {format_instant(instant)}", format_instant(ended) if ended else "not ended")


@then("{organization:Organization} has {amount:Money} of trial credits left")
def trial_credits(world: World, amount: Decimal, organization: str) -> None:
    """Compare the trial credits that are left."""
    left = view(world, organization).trial.credits_left
    world.expect(left == amount, f"{format_money(amount)} left", format_money(left) if left is not None else "no trial")
