"""The state diagram of a family: the map and its coverage, with many situations in one node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from billing_tck.situations.coverage import Coverage
from billing_tck.situations.projections import BEGINNING, PROJECTIONS, Place
from billing_tck.situations.search import Transition

MOST_ARROWS = 24
"""Arrows that no scenario reaches fill a diagram up to this number, those of most transitions first."""


@dataclass(frozen=True, slots=True)
class Node:
    """Situations that the family does not tell apart: how many there are, and how many are reached."""

    place: Place
    situations: int
    covered: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """All transitions from one node to another: how many there are and are reached, and which clauses are about them.

    `clauses` are those of the family's scenarios that end with it, the most frequent first.
    """

    source: str
    target: str
    transitions: int
    covered: int
    clauses: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the covered share."""
        return self.covered / self.transitions


@dataclass(frozen=True, slots=True)
class Diagram:
    """The nodes and arrows of a family; `hidden` is the number of arrows that are left out."""

    family: str
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    hidden: int


def diagram_of(coverage: Coverage, family: str) -> Diagram:
    """Return the diagram of a family."""
    projection = PROJECTIONS[family]
    reached = coverage.all
    of_node = Counter(projection.node_of(situation) for situation in coverage.known.situations)
    reached_of_node = Counter(projection.node_of(situation) for situation in reached.situations)
    nodes = tuple(
        Node(place, of_node[place.name], reached_of_node[place.name])
        for place in projection.places
        if of_node[place.name] or place.name == BEGINNING
    )
    ends = {
        step: (projection.node_of(step.before), projection.node_of(step.after)) for step in coverage.known.transitions
    }
    totals = Counter(pair for pair in ends.values() if pair[0] != pair[1])
    covered = Counter(ends[step] for step in reached.transitions)
    missing = sorted((pair for pair in totals if not covered[pair]), key=lambda pair: -totals[pair])
    drawn = [pair for pair in totals if covered[pair]]
    drawn += missing[: max(0, MOST_ARROWS - len(drawn))]
    clauses = _clauses(coverage, family, ends)
    arrows = tuple(
        Arrow(*pair, totals[pair], covered[pair], clauses.get(pair, ()))
        for pair in sorted(drawn, key=lambda pair: (-covered[pair], -totals[pair]))
    )
    return Diagram(family, nodes, arrows, len(totals) - len(drawn))


def _clauses(
    coverage: Coverage, family: str, ends: Mapping[Transition, tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the clauses of each arrow: those of the family's scenarios whose last arrow it is, most frequent first."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for walked in coverage.walked:
        arrows = [ends[step] for step in walked.transitions if step in ends]
        last = next((arrow for arrow in reversed(arrows) if arrow[0] != arrow[1]), None)
        if last is not None and walked.scenario.family == family:
            counted.setdefault(last, Counter()).update(walked.scenario.clauses)
    return {arrow: tuple(clause for clause, _ in count.most_common()) for arrow, count in counted.items()}
