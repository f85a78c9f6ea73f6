"""The map as a file: its definition, situations, transitions and histories, one to a line, with a digest.

A situation is written as a row of digits: for each field the place of its value in `FIELDS`. A history is a chain of
nodes; each names the node before it and the action that leads from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from billing_tck.errors import KitError
from billing_tck.situations.alphabet import ALPHABET
from billing_tck.situations.search import Found, Node, Searched, Transition
from billing_tck.situations.situation import FIELDS, Situation

FILE = Path(__file__).parent / "map.txt"
DEPTH = 3
"""The bound: at most this number of actions after each opening, while each shows something new."""


@dataclass(frozen=True)
class SituationMap:
    """The denominator: all situations and transitions within the bound, each with the history that leads to it."""

    depth: int
    nodes: tuple[Node, ...]
    situations: Mapping[Situation, int]
    transitions: Mapping[Transition, Found]

    def history(self, node: int) -> tuple[str, ...]:
        """Return the names of the actions that lead to a node."""
        names: list[str] = []
        while self.nodes[node].before >= 0:
            names.append(self.nodes[node].action)
            node = self.nodes[node].before
        return tuple(reversed(names))

    def history_of(self, transition: Transition) -> tuple[str, ...]:
        """Return the names of the actions of the shortest history that ends with a transition."""
        found = self.transitions[transition]
        return (*self.history(found.node), found.action)

    @cached_property
    def digest(self) -> str:
        """Return the digest of the definition and of everything that was found."""
        return digest_of(_body(self))


def map_of(searched: Searched, depth: int) -> SituationMap:
    """Return the map of a search, without the histories that nothing refers to."""
    needed = {*searched.situations.values(), *(found.node for found in searched.transitions.values())}
    for node in sorted(needed, reverse=True):
        before = searched.nodes[node].before
        while before >= 0 and before not in needed:
            needed.add(before)
            before = searched.nodes[before].before
    kept = {old: new for new, old in enumerate(sorted(needed))}
    nodes = tuple(
        Node(kept[node.before] if node.before >= 0 else -1, node.action)
        for number, node in enumerate(searched.nodes)
        if number in kept
    )
    situations = {situation: kept[node] for situation, node in searched.situations.items()}
    transitions = {one: Found(kept[found.node], found.action) for one, found in searched.transitions.items()}
    return SituationMap(depth, nodes, situations, transitions)


def save_map(known: SituationMap, path: Path = FILE) -> None:
    """Write a map."""
    lines = [json.dumps({"digest": known.digest}), *_body(known)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load_map(path: Path = FILE) -> SituationMap:
    """Read a map. Raises KitError if it is damaged, or made for another definition."""
    try:
        head, definition, *lines = path.read_text(encoding="utf-8").splitlines()
        digest, depth = json.loads(head)["digest"], int(json.loads(definition)["depth"])
        known = _read(depth, lines)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise KitError(f"the map of situations cannot be read: {error!r:.200}; rebuild it with `make map`") from error
    if definition != _definition(depth):
        raise KitError("the map of situations was made for another definition; rebuild it with `make map`")
    if digest_of([definition, *lines]) != digest:
        raise KitError("the map of situations does not have its digest; rebuild it with `make map`")
    return known


def digest_of(lines: Iterable[str]) -> str:
    """Return the digest of the lines of a map, from its definition on."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def code_of(situation: Situation) -> str:
    """Return a situation as a row of digits."""
    return "".join(str(values.index(value)) for values, value in zip(FIELDS.values(), situation, strict=True))


def situation_from(code: str) -> Situation:
    """Return the situation of a row of digits."""
    return Situation(*(values[int(digit)] for values, digit in zip(FIELDS.values(), code, strict=True)))


def _definition(depth: int) -> str:
    actions = {name: action.words for name, action in ALPHABET.items()}
    return json.dumps({"depth": depth, "fields": dict(FIELDS), "actions": actions})


def _body(known: SituationMap) -> Iterator[str]:
    """Return the lines after the digest: the definition, then nodes, situations, calls and transitions."""
    yield _definition(known.depth)
    for node in known.nodes:
        yield f"node {node.before} {node.action}"
    places: dict[Situation | None, int] = {None: -1}
    for situation, number in known.situations.items():
        places[situation] = len(places) - 1
        yield f"situation {code_of(situation)} {number}"
    calls = dict.fromkeys((step.label, step.ending) for step in known.transitions)
    for label, ending in calls:
        yield f"call {label}|{ending}"
    call_places = {call: place for place, call in enumerate(calls)}
    actions = {name: place for place, name in enumerate(ALPHABET)}
    for step, found in known.transitions.items():
        call = call_places[step.label, step.ending]
        yield f"{places[step.before]} {call} {places[step.after]} {found.node} {actions[found.action]}"


def _read(depth: int, lines: Sequence[str]) -> SituationMap:
    nodes: list[Node] = []
    situations: dict[Situation, int] = {}
    calls: list[tuple[str, str]] = []
    transitions: dict[Transition, Found] = {}
    listed: list[Situation] = []
    actions = tuple(ALPHABET)
    for line in lines:
        kind, _, rest = line.partition(" ")
        match kind:
            case "node":
                before, _, action = rest.partition(" ")
                nodes.append(Node(int(before), action))
            case "situation":
                code, _, number = rest.partition(" ")
                listed.append(situation_from(code))
                situations[listed[-1]] = int(number)
            case "call":
                label, _, ending = rest.partition("|")
                calls.append((label, ending))
            case _:
                before_place, call, after, node, action_place = map(int, line.split(" "))
                step = Transition(None if before_place < 0 else listed[before_place], *calls[call], listed[after])
                transitions[step] = Found(node, actions[action_place])
    return SituationMap(depth, tuple(nodes), situations, transitions)
