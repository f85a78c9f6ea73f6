"""The thirty phrases in the kit's own vocabulary, beside the kit's own phrases."""

from datetime import timedelta
from decimal import Decimal

from noop import START

from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import World

DAY = timedelta(days=1)


def clock_stands(world: World, day: int) -> None:
    """Everything is forgotten; the clock reads a day."""
    world.reset(START + day * DAY)


def organization(world: World, name: str) -> None:
    """There is an organization."""
    world.names["it"] = world.impl.create_organization(name=name).organization


def uses(world: World, dollars: int) -> None:
    """It uses so much."""
    world.impl.record_usage(organization=world.names["it"], amount=Decimal(dollars))


def days_pass(world: World, days: int) -> None:
    """The clock moves on."""
    world.advance_to(world.now + days * DAY)


def tier_is(world: World, tier: str) -> None:
    """What is seen is compared with what is expected."""
    view = world.impl.get_organization(organization=world.names["it"])
    world.expect(view.tier == tier, f"tier {tier}", f"tier {view.tier}")


def define(vocabulary: Vocabulary) -> Vocabulary:
    """The thirty phrases, put into a vocabulary."""
    for plan in range(5):
        vocabulary.given(f"in plan {plan} the clock stands at day {{day:d}}")(clock_stands)
        vocabulary.given(f"in plan {plan} there is an organization {{name}}")(organization)
    for plan in range(7):
        vocabulary.when(f"in plan {plan} it uses {{dollars:d}} dollars")(uses)
    for plan in range(3):
        vocabulary.when(f"in plan {plan} {{days:d}} days pass")(days_pass)
    for plan in range(10):
        vocabulary.then(f"in plan {plan} the tier is {{tier}}")(tier_is)
    return vocabulary
