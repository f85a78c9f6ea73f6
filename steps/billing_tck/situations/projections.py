"""The life of an organization as each rule family sees it: at most a dozen nodes, with a place in a grid.

A projection maps every situation to one node. The order of the rules decides: the first that fits gives the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from billing_tck.situations.situation import Situation

BEGINNING = "no organization"


@dataclass(frozen=True, slots=True)
class Place:
    """A node: its name, its column and row in the picture, and which situations it stands for."""

    name: str
    column: float
    row: float
    fits: Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Projection:
    """The nodes of one family; the last one stands for every other situation."""

    places: tuple[Place, ...]

    def node_of(self, situation: Situation | None) -> str:
        """Return the name of the node of a situation."""
        if situation is None:
            return BEGINNING
        return next(place.name for place in self.places if place.fits(situation))


def _all(_: Situation) -> bool:
    return True


def _begins(row: float = 1) -> Place:
    return Place(BEGINNING, 0, row, lambda _: False)


PROJECTIONS: Mapping[str, Projection] = MappingProxyType(
    {
        "trial": Projection(
            (
                _begins(),
                Place("no trial", 1, 1, lambda s: s.trial == "none"),
                Place("trial active, it pays", 2, 0, lambda s: s.trial == "active" and s.payer == "trial"),
                Place("trial active, another method pays", 2, 2, lambda s: s.trial == "active"),
                Place("trial over, data deleted", 5, 2, lambda s: s.data == "deleted"),
                Place("trial over, services run", 3, 0, lambda s: s.services == "running"),
                Place("trial over, services stopped", 4, 1, lambda s: s.services == "stopped"),
                Place("trial over, no service yet", 3, 2, _all),
            )
        ),
        "card_billing": Projection(
            (
                _begins(),
                Place("no card, nothing open", 1, 1, lambda s: s.card == "none" and s.open_invoices == "0"),
                Place("no card, invoices open", 3, 1, lambda s: s.card == "none"),
                Place("card pays, nothing open", 2, 0, lambda s: s.card == "pays" and s.open_invoices == "0"),
                Place("card pays, invoices open", 4, 0, lambda s: s.card == "pays"),
                Place("card fails, nothing open", 2, 2, lambda s: s.open_invoices == "0"),
                Place("card fails, invoices open", 4, 2, _all),
            )
        ),
        "unpaid_invoices": Projection(
            (
                _begins(),
                Place("nothing unpaid", 1, 1, lambda s: s.restricted == "no"),
                Place(
                    "restricted, data deleted",
                    5,
                    1,
                    lambda s: s.data == "deleted",
                ),
                Place(
                    "restricted, services run",
                    2.5,
                    0,
                    lambda s: s.services == "running" and s.extension == "no",
                ),
                Place("restricted, services run, extension", 2.5, 2, lambda s: s.services == "running"),
                Place(
                    "restricted, services stopped",
                    4,
                    0,
                    lambda s: s.services == "stopped" and s.extension == "no",
                ),
                Place("restricted, services stopped, extension", 4, 2, lambda s: s.services == "stopped"),
                Place("restricted, no service", 2.5, 1, _all),
            )
        ),
        "marketplace": Projection(
            (
                _begins(),
                Place("not linked", 1, 1, lambda s: s.subscription == "none"),
                Place("linked, it pays", 2, 0, lambda s: s.subscription == "linked" and s.payer == "marketplace"),
                Place("linked, another method pays", 2, 2, lambda s: s.subscription == "linked"),
                Place(
                    "ended, restricted, services run", 3, 1, lambda s: s.restricted == "yes" and s.services == "running"
                ),
                Place(
                    "ended, restricted, services stopped",
                    4,
                    0,
                    lambda s: s.restricted == "yes" and s.services == "stopped",
                ),
                Place("ended, restricted, no services", 4, 1, lambda s: s.restricted == "yes"),
                Place("ended, another method pays", 4, 2, lambda s: s.payer != "none"),
                Place("ended, no payer", 3, 2.2, _all),
            )
        ),
        "aws_onboarding": Projection(
            (
                _begins(),
                Place("not linked", 1, 0, lambda s: s.subscription == "none"),
                Place("linked, no service", 2, 2, lambda s: s.subscription == "linked" and s.services == "none"),
                Place("linked, services run", 3, 1, lambda s: s.subscription == "linked" and s.services == "running"),
                Place("linked, services do not run", 4, 0, lambda s: s.subscription == "linked"),
                Place("ended", 4, 2, _all),
            )
        ),
        "commitments": Projection(
            (
                _begins(),
                Place("no commitment", 1, 1, lambda s: s.commitment == "none"),
                Place("in force, its credits pay", 2, 0, lambda s: s.commitment == "in force" and s.restricted == "no"),
                Place("in force, restricted", 2, 2, lambda s: s.commitment == "in force"),
                Place("over, another method pays", 3, 1, lambda s: s.restricted == "no" and s.payer != "none"),
                Place("over, no payer", 3, 0, lambda s: s.restricted == "no"),
                Place("over, restricted, services run", 4, 0, lambda s: s.services == "running"),
                Place("over, restricted, services stopped", 4.5, 1, lambda s: s.services == "stopped"),
                Place("over, restricted, no services", 4, 2, _all),
            )
        ),
    }
)
"""The projection of each family."""
