"""Step definitions that begin a scenario at an instant and move its clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing_tck.spec.applicability import settles_within
from billing_tck.steps.common import check_step, cycle_end, given_or_when, view
from billing_tck.steps.parameter_types import write_span
from billing_tck.steps.registry import phrase, when
from billing_tck.steps.world import World


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


@when("{span:Span} pass in steps of {step:Span}")
def time_passes_in_steps(world: World, span: timedelta, step: timedelta) -> None:
    """Move the clock on in many small steps, and read the organization after each."""
    end = world.now + span
    check_step(step)
    while world.now < end:
        world.advance_to(min(end, world.now + step))
        view(world, "the organization")


@given_or_when("{organization:Organization}'s billing cycle ends")
def cycle_ends(world: World, organization: str) -> None:
    """Move the clock on to the end of the cycle, when its charge is due."""
    world.advance_to(cycle_end(world, organization))
