"""Phrases of the trial (BC-01 to BC-09)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_tck.contract.values import TrialState
from billing_tck.steps.common import given_or_when, set_up, view
from billing_tck.steps.registry import given, then
from billing_tck.steps.world import World
from billing_tck.text.format import format_instant, format_money


@given("{organization:NewOrganization} on trial with {amount:Money} of credits")
def on_trial(world: World, organization: str, amount: Decimal) -> None:
    """A tier and a service; the trial begins now."""
    set_up(world, organization)
    world.impl.start_trial(organization=world.names[organization], credits=amount)


@given_or_when("{organization:Organization} starts a trial with {amount:Money} of credits")
def starts_trial(world: World, organization: str, amount: Decimal) -> None:
    """The trial begins now."""
    world.impl.start_trial(organization=world.names[organization], credits=amount)


@then("the trial of {organization:Organization} is {state:TrialState}")
def trial_is(world: World, organization: str, state: TrialState) -> None:
    """Whether the trial runs still."""
    words = {TrialState.ACTIVE: "running", TrialState.OVER: "over", TrialState.NONE: "none"}
    shown = view(world, organization).trial.state
    world.expect(shown is state, f"the trial of {organization} is {words[state]}", words[shown])


@then("the trial of {organization:Organization} ended on {instant:Instant}")
def trial_ended(world: World, organization: str, instant: datetime) -> None:
    """When the end of the trial took effect."""
    ended = view(world, organization).trial.ended_at
    world.expect(ended == instant, f"ended {format_instant(instant)}", format_instant(ended) if ended else "not ended")


@then("{amount:Money} of the trial's credits are left to {organization:Organization}")
def trial_credits(world: World, amount: Decimal, organization: str) -> None:
    """What is left to use in the trial."""
    left = view(world, organization).trial.credits_left
    world.expect(left == amount, f"{format_money(amount)} left", format_money(left) if left is not None else "no trial")
