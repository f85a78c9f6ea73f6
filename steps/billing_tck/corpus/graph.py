"""The graph of a search: what each action leads to from each detail of a situation, as far as that is known.

A detail leaves out amounts and dates, so an edge may lead elsewhere in another history: it is a guess for planning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from billing_tck.reference.checkpoints import Checkpoint, RestorableReference
from billing_tck.situations.alphabet import ALPHABET, Taken
from billing_tck.situations.openings import OPENINGS
from billing_tck.situations.scene import START, Scene
from billing_tck.situations.search import Detail, Transition, detail_of

ROOT = 0
"""The number of the detail before there is an organization."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What an action was seen to lead to: its transition, None if it shows nothing, and the number of the detail."""

    transition: Transition | None
    target: int


@dataclass(slots=True)
class Graph:
    """Edges by the number of a detail and the name of an action. Details are numbered as they are found."""

    numbers: dict[Detail, int] = field(default_factory=lambda: {(): ROOT})
    edges: dict[int, dict[str, Edge]] = field(default_factory=dict)

    def number(self, scene: Scene) -> int:
        """Return the number of the detail of a scene."""
        return self.numbers.setdefault(detail_of(scene), len(self.numbers))

    def note(self, before: Scene, action: str, taken: Taken) -> Edge:
        """Note what an action led to, unless it has led elsewhere before; return what it led to now."""
        after = taken.scene.situation
        if after is None:
            raise ValueError(f"{action} leaves no organization to look at")
        transition = Transition(before.situation, taken.label, taken.ending, after)
        edge = Edge(transition if transition.shows else None, self.number(taken.scene))
        self.edges.setdefault(self.number(before), {}).setdefault(action, edge)
        return edge


def explore_graph(depth: int, on_level: Callable[[int, Graph], None] | None = None) -> Graph:
    """Return the graph of `depth` actions after each opening, where the first history of each detail is continued."""
    driver, graph = RestorableReference(), Graph()
    level: list[tuple[Scene, Checkpoint]] = []
    for opening in OPENINGS.values():
        driver.call("reset", {"now": START})
        scene = Scene(START)
        for action in opening:
            taken = ALPHABET[action].play(driver, scene)
            if taken is None:
                raise ValueError(f"the opening {', '.join(opening)} stops before {action}")
            graph.note(scene, action, taken)
            scene = taken.scene
        level.append((scene, driver.save()))
    for number in range(depth):
        level = [reached for start in level for reached in _expanded(driver, graph, *start)]
        if on_level is not None:
            on_level(number + 1, graph)
    return graph


def _expanded(
    driver: RestorableReference, graph: Graph, scene: Scene, checkpoint: Checkpoint
) -> list[tuple[Scene, Checkpoint]]:
    """Play every action from one position; return where those lead that are new."""
    reached: list[tuple[Scene, Checkpoint]] = []
    changed = True
    for action in ALPHABET:
        if changed:
            driver.restore(checkpoint)
        taken = ALPHABET[action].play(driver, scene)
        changed = taken is not None
        if taken is not None:
            known = len(graph.numbers)
            graph.note(scene, action, taken)
            if len(graph.numbers) > known:
                reached.append((taken.scene, driver.save()))
    return reached
