"""Find histories that cover every transition of the map.

A history leads to a transition by the way that the map knows, those first that the search found last, and goes on to
others nearby. What lies nearby is read from a graph; the reference decides, and the order of everything is fixed, so
that the histories are the same on every machine. Calls with an open outcome come last in a history: nothing after them
is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from billing_tck.contract.values import Description
from billing_tck.corpus.corpus_file import Numbered
from billing_tck.corpus.graph import Edge, Graph
from billing_tck.corpus.walk import OpenCall, Walk
from billing_tck.situations.map_file import SituationMap
from billing_tck.situations.search import Transition

LONGEST = 24
"""A history of more calls is not continued."""

DETOUR = 3
"""How many calls the next transition may be away from where a history stands."""

Place = tuple[int, str]
"""An edge: the number of a detail, and the name of an action."""


@dataclass(slots=True)
class Corpus:
    """The histories so far, and the transitions that no history covers yet."""

    left: set[Transition]
    histories: list[Numbered] = field(default_factory=list)


class Planner:
    """Builds histories.

    `_closed` are edges whose calls are open. `_here` are those that do not lead where they should in the present
    history.
    """

    def __init__(self, known: SituationMap, graph: Graph, description: Description) -> None:
        self.corpus = Corpus(set(known.transitions))
        self._known = known
        self._graph = graph
        self._description = description
        self._closed: set[Place] = set()
        self._here: set[Place] = set()
        self._expanded = set(graph.edges)

    def build(self, on_history: Callable[[Corpus], None] | None = None) -> Corpus:
        """Build all histories: those that are compared as far as possible, then the rest.

        The last ones are those for which steps have too few names.
        """
        for strict, named in ((True, True), (False, True), (True, False), (False, False)):
            for transition in reversed(list(self._known.transitions)):
                if transition in self.corpus.left:
                    covers = self._one(transition, Walk(self._description, strict=strict, named=named))
                    if covers and on_history is not None:
                        on_history(self.corpus)
        return self.corpus

    def _one(self, transition: Transition, walk: Walk) -> bool:
        """Build a history that leads to a transition, and on; return whether it covers anything."""
        left, strict = len(self.corpus.left), walk.strict
        self._here.clear()
        path: list[str] | None = list(self._known.history_of(transition))
        while path is not None:
            self._follow(walk, path)
            targets = self._closed if strict and not walk.strict else None
            path = self._next(walk, targets)
            if path is None and walk.strict:
                walk.strict = False
                path = self._next(walk, self._closed)
        if len(self.corpus.left) == left:
            return False
        self.corpus.histories.append(walk.numbered(len(self.corpus.histories) + 1))
        return True

    def _follow(self, walk: Walk, path: list[str]) -> None:
        """Play a path while it leads where it should; what it leads to is noted, and covered."""
        for action in path:
            here = self._graph.number(walk.scene)
            expected = self._graph.edges.get(here, {}).get(action)
            before = walk.scene
            try:
                taken = walk.take(action)
            except OpenCall:
                self._closed.add((here, action))
                return
            if taken is None:
                self._here.add((here, action))
                return
            edge = self._graph.note(before, action, taken)
            if edge.transition is not None:
                self.corpus.left.discard(edge.transition)
            if expected is not None and edge != expected:
                self._here.add((here, action))

    def _next(self, walk: Walk, targets: Container[Place] | None = None) -> list[str] | None:
        """Return the actions from where a history stands to the nearest transition that is not covered, if one is near.

        Those that stay in a situation come first.
        """
        start = self._graph.number(walk.scene)
        if start not in self._expanded:
            self._expanded.add(start)
            walk.expand(self._graph)
        limit = min(DETOUR, LONGEST - len(walk.commands))
        costs, before, queue = {start: 0}, dict[int, Place](), [(0, start)]
        best: tuple[int, bool, int, str] | None = None
        while queue:
            cost, here = heappop(queue)
            if cost > costs[here] or cost >= limit or (best is not None and cost >= best[0]):
                continue
            for action, edge in self._edges(here, walk):
                total = cost + walk.cost(action)
                if total == cost or total > limit:
                    continue
                if edge.transition in self.corpus.left and (targets is None or (here, action) in targets):
                    found = (total, edge.target != here, here, action)
                    best = found if best is None or found[:2] < best[:2] else best
                if edge.target != here and total < costs.get(edge.target, total + 1):
                    costs[edge.target] = total
                    before[edge.target] = here, action
                    heappush(queue, (total, edge.target))
        return None if best is None else _way(before, start, best[2], best[3])

    def _edges(self, here: int, walk: Walk) -> Iterator[tuple[str, Edge]]:
        """Yield the edges of a detail that can be taken."""
        for action, edge in self._graph.edges.get(here, {}).items():
            place = here, action
            if place not in self._here and not (walk.strict and place in self._closed):
                yield action, edge


def _way(before: dict[int, Place], start: int, here: int, action: str) -> list[str]:
    """Return the actions from a start to an edge."""
    path = [action]
    while here != start:
        here, action = before[here]
        path.append(action)
    return path[::-1]
