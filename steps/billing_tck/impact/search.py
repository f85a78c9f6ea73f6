"""Find what readings change: play the histories of the map, and those that tell readings apart, under both.

The base decides the calls; the other one is asked the same. Of all histories after which a fact differs, the shortest
counts, and of equally short ones the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from billing_tck.explorer.inference import judged
from billing_tck.impact.consequences import Impact
from billing_tck.impact.facts import SEVERITY, Facts, Kind, facts_of
from billing_tck.impact.instants import consequence_of
from billing_tck.impact.twin import Look, Saved, Twin
from billing_tck.inference.actions import ACTIONS
from billing_tck.inference.histories import HISTORIES
from billing_tck.inference.player import play
from billing_tck.reference.checkpoints import RestorableReference
from billing_tck.reference.oracle import DEFAULTS
from billing_tck.situations.map_file import load_map
from billing_tck.situations.scene import START, Scene

Tree = dict[str, "Tree"]
"""Actions that can come next, each with those after it."""

Key = tuple[Kind, int]
"""What counts as one consequence: its kind, and for whom it is worse (-1 the base, 1 the readings, 0 neither)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The names of the facts that differ after a history; the first is of the kind that is looked for."""

    key: Key
    history: tuple[str, ...]
    names: tuple[str, ...]


OPENINGS: tuple[tuple[str, ...], ...] = (
    ("create", "start-trial", "choose-tier", "create-service", "card-expired", "wait-46-days"),
    (*("link-new-committed", "choose-tier", "sign-marketplace", "create-service", "wait-93-days"), "use-small"),
    ("create", "card-pays", "choose-tier", "wait-3-days", "create-service", "use-small", "wait-cycle"),
    ("create", "card-pays", "create-service", "wait-3-days", "choose-tier", "use-small", "wait-cycle"),
    ("create", "card-pays", "wait-to-31st", "choose-tier", "create-service", "use-small", "wait-cycle"),
)
"""Histories beyond the bound of the map that show consequences of readings about cards, cycles and commitments."""

FURTHER: tuple[tuple[str, ...], ...] = (
    ("wait-17-days",),
    ("wait-46-days", "wait-46-days"),
    ("use-small", "wait-46-days", "wait-46-days"),
    ("card-now-fails", "use-small", "wait-46-days", "wait-46-days"),
    ("create-service",),
    ("start-service",),
)
"""What is played after the shortest histories that differ, so that milder consequences lead to more severe ones."""

MOST_FURTHER = 40


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the differences, the most severe first, and the number of histories that were compared."""

    differences: tuple[Difference, ...]
    histories: int


def impact_of(readings: Mapping[str, str], base: Mapping[str, str] | None = None) -> Impact:
    """Return what readings change for customers, against the defaults and what `base` says."""
    before = {**DEFAULTS, **(base or {})}
    changed = {knob: value for knob, value in readings.items() if before[knob] != value}
    after = {**before, **changed}
    found = search(before, after)
    consequences = tuple(consequence_of(before, after, one.key[0], one.history, one.names) for one in found.differences)
    old = tuple((knob, before[knob]) for knob in changed)
    return Impact(old, tuple(changed.items()), consequences, found.histories)


def search(before: Mapping[str, str], after: Mapping[str, str]) -> Found:
    """Return the shortest histories that differ under two assignments of all knobs."""
    found = _Shortest(Decided(before), Decided(after))
    differing = found.take(played(before, after, histories()), most=MOST_FURTHER)
    found.take(played(before, after, _tree((*one, *further) for one in differing for further in FURTHER)))
    ordered = sorted(found.shortest.values(), key=lambda one: (SEVERITY[one.key[0]], -one.key[1], len(one.history)))
    return Found(tuple(ordered), len(found.compared))


Shown = tuple[tuple[str, ...], tuple[Look, Look]]
"""A history, and what the base and the other show after its last action."""


class _Shortest:
    """The shortest history of each key, of those that were taken so far and that the rules do not leave open."""

    def __init__(self, *decided: Decided) -> None:
        self._decided = decided
        self.shortest: dict[Key, Difference] = {}
        self.compared: set[tuple[str, ...]] = set()

    def take(self, shown: Iterable[Shown], most: int = 0) -> list[tuple[str, ...]]:
        """Compare histories, and keep the shortest of each key; return up to `most` of those that differ."""
        differing: dict[tuple[str, ...], list[Difference]] = {}
        for history, looks in shown:
            self.compared.add(history)
            found = [] if looks[0] == looks[1] else list(differences(history, *map(facts_of, looks)))
            if found:
                differing[history] = found
        kept: list[tuple[str, ...]] = []
        for history in sorted(differing, key=len):
            shorter = [one for one in differing[history] if self._is_shorter(one)]
            if (shorter or len(kept) < most) and all(one.allows(history) for one in self._decided):
                kept.append(history)
                self.shortest.update({one.key: one for one in shorter})
        return kept[:most]

    def _is_shorter(self, one: Difference) -> bool:
        known = self.shortest.get(one.key)
        return known is None or len(one.history) < len(known.history)


class Decided:
    """Whether the rules decide everything in a history under readings; what they leave open is no consequence."""

    def __init__(self, readings: Mapping[str, str]) -> None:
        self._readings = readings

    def allows(self, history: Sequence[str]) -> bool:
        """Play a history, and return whether no call of it is open."""
        answers = play(RestorableReference(self._readings), history).answers
        return not judged(answers, self._readings, timedelta()).untestable


def played(before: Mapping[str, str], after: Mapping[str, str], tree: Tree) -> Iterator[Shown]:
    """Play all histories of a tree; yield each with what the base and the other show after its last action."""
    twin = Twin(RestorableReference(before), RestorableReference(after))
    twin.call("reset", {"now": START})
    yield from _expand(twin, (), Scene(START), twin.save(), tree)


def _expand(twin: Twin, history: tuple[str, ...], scene: Scene, saved: Saved, tree: Tree) -> Iterator[Shown]:
    for number, (name, further) in enumerate(tree.items()):
        if number:
            twin.restore(saved)
        twin.begin()
        taken = ACTIONS[name].play(twin, scene)
        if taken is None:  # no call was made
            continue
        longer = (*history, name)
        yield longer, twin.looks
        if further:
            yield from _expand(twin, longer, taken.scene, twin.save(), further)


def differences(history: tuple[str, ...], first: Facts, second: Facts) -> Iterator[Difference]:
    """Yield what differs after a history: one difference for each kind, and for whom it is worse."""
    keys: dict[Key, list[str]] = {}
    for name, fact in first.items():
        other = second.get(name)
        if other is not None and other.value != fact.value:
            worse = (other.harm > fact.harm) - (other.harm < fact.harm)
            keys.setdefault((fact.kind, worse), []).append(name)
    for key, names in keys.items():
        others = [name for key_of, found in keys.items() if key_of != key for name in found]
        yield Difference(key, history, (*names, *others))


@cache
def histories() -> Tree:
    """Return the histories of the map, those of `infer`, and the openings of this search, as one tree."""
    known = load_map()
    return _tree((*map(known.history, range(len(known.nodes))), *HISTORIES.values(), *OPENINGS))


def _tree(histories_: Iterable[tuple[str, ...]]) -> Tree:
    tree: Tree = {}
    for history in histories_:
        place = tree
        for name in history:
            place = place.setdefault(name, {})
    return tree
