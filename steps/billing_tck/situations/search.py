"""Bounded breadth-first search on the reference: which situations can be reached, and by which transitions.

A situation is continued from several histories if they differ in what it leaves out (see `detail_of`): usage that is
not invoiced yet, whether there is a billing cycle, what falls due next, contacts, offers, the states of all services.
The order of the openings and of the alphabet decides which history comes first, so the map is the same on every
machine.

A call that is done and changes no field of the situation is no transition: only what can be seen counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from billing_tck.reference.checkpoints import Checkpoint, RestorableReference
from billing_tck.situations.alphabet import ALPHABET
from billing_tck.situations.labels import NOT_COLLECTED, REFUSED
from billing_tck.situations.openings import OPENINGS
from billing_tck.situations.scene import START, Scene
from billing_tck.situations.situation import Situation

Detail = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """A call in one situation and what it leads to; None stands for the time before there is an organization."""

    before: Situation | None
    label: str
    ending: str
    after: Situation

    @property
    def shows(self) -> bool:
        """Whether it shows something: another situation, or a call that was refused or collected nothing."""
        return self.before != self.after or self.ending in {REFUSED, NOT_COLLECTED}


@dataclass(frozen=True, slots=True)
class Node:
    """A history that was expanded: the node before it, and the action that led from there; the first node has none."""

    before: int
    action: str


@dataclass(frozen=True, slots=True)
class Found:
    """How a transition was first found: the node from which the action was played."""

    node: int
    action: str


@dataclass(slots=True)
class Searched:
    """The result of a search: situations, transitions, and the histories that lead to them, in the order found."""

    nodes: list[Node]
    situations: dict[Situation, int]
    transitions: dict[Transition, Found]
    actions: int = 0


def search(depth: int, on_level: Callable[[int, Searched], None] | None = None) -> Searched:
    """Play every action after each opening, and after each history of fewer than `depth` actions beyond one.

    Of the histories that lead to the same situation and detail, only the first is continued.
    """
    branching = _Search()
    level = branching.openings()
    for number in range(depth):
        level = [reached for start in level for reached in branching.expand(start)]
        if on_level is not None:
            on_level(number + 1, branching.searched)
    return branching.searched


@dataclass(frozen=True, slots=True)
class _Position:
    """A history that can be continued: its node, what it shows, and the state of the reference there."""

    node: int
    scene: Scene
    checkpoint: Checkpoint


class _Search:
    """A search under way."""

    def __init__(self) -> None:
        self.searched = Searched([Node(-1, "")], {}, {})
        self._driver = RestorableReference()
        self._known: set[Detail] = set()

    def openings(self) -> list[_Position]:
        """Play the openings; return where they end."""
        positions: list[_Position] = []
        for opening in OPENINGS.values():
            self._driver.call("reset", {"now": START})
            node, scene = 0, Scene(START)
            for name in opening:
                taken = self._play(node, scene, name)
                if taken is None:
                    raise ValueError(f"the opening {', '.join(opening)} stops before {name}")
                node, scene = self._node(node, name, taken), taken
            positions.append(_Position(node, scene, self._driver.save()))
        return positions

    def expand(self, position: _Position) -> Iterator[_Position]:
        """Play every action from one position; yield where those lead that show something new."""
        changed = True
        for name in ALPHABET:
            if changed:
                self._driver.restore(position.checkpoint)
            scene = self._play(position.node, position.scene, name)
            changed = scene is not None  # an action that is not possible makes no call
            if scene is not None and detail_of(scene) not in self._known:
                yield _Position(self._node(position.node, name, scene), scene, self._driver.save())

    def _play(self, node: int, scene: Scene, name: str) -> Scene | None:
        """Play an action and note its transition; return None where it is not possible."""
        taken = ALPHABET[name].play(self._driver, scene)
        if taken is None:
            return None
        after = taken.scene.situation
        if after is None:
            raise ValueError(f"{name} leaves no organization to look at")
        self.searched.actions += 1
        transition = Transition(scene.situation, taken.label, taken.ending, after)
        if transition.shows:
            self.searched.transitions.setdefault(transition, Found(node, name))
        return taken.scene

    def _node(self, before: int, name: str, scene: Scene) -> int:
        """Note a history; return its node."""
        self._known.add(detail_of(scene))
        self.searched.nodes.append(Node(before, name))
        number = len(self.searched.nodes) - 1
        if scene.situation is not None:
            self.searched.situations.setdefault(scene.situation, number)
        return number


def detail_of(scene: Scene) -> Detail:
    """Return what decides whether a history is continued: its situation, and what that leaves out."""
    view = scene.view
    if view is None:
        return ()
    return (
        scene.situation,
        bool(view.uninvoiced),
        view.billing_cycle is None,
        *[kind for at, kind in scene.deadlines if at > scene.now][:1],
        bool(view.contacts),
        tuple(subscription.offer for subscription in scene.subscriptions),
        tuple(sorted(service.state.value for service in view.services)),
    )
