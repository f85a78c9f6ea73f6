"""Remove from histories what others cover as well: whole histories, and the commands at their ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from billing_tck.corpus.corpus_file import Numbered
from billing_tck.corpus.coverage import steps_of
from billing_tck.situations.search import Transition

Key = tuple[Transition, bool]
"""A transition, and whether it is compared: one that is compared is not left to a history where it is not."""


def reduced(histories: Iterable[Numbered], wanted: Mapping[Transition, object]) -> list[Numbered]:
    """Return the histories without what adds nothing: those with the fewest transitions of their own go first."""
    steps = [
        (one, [_keys(one, place, found, wanted) for place, found in enumerate(all_found)])
        for one, all_found in steps_of(histories)
    ]
    compared = {key for _, keys in steps for found in keys for key in found if key[1]}
    counts = Counter(key for _, keys in steps for found in keys for key in set(found))

    def needed(key: Key) -> bool:
        return counts[key] < 2 and (key[1] or (key[0], True) not in compared)

    order = sorted(range(len(steps)), key=lambda place: _own(steps[place][1], counts))
    kept: dict[int, Numbered] = {}
    for place in order:
        one, keys = steps[place]
        while keys and not any(needed(key) for key in keys[-1]):
            counts.subtract(keys.pop())
        if keys:
            commands = one.history.commands[: len(keys)]
            kept[place] = replace(one, history=replace(one.history, commands=commands))
    return [kept[place] for place in sorted(kept)]


def _keys(one: Numbered, place: int, found: Iterable[Transition], wanted: Mapping[Transition, object]) -> list[Key]:
    compared = one.open_from is None or place < one.open_from
    return [(transition, compared) for transition in found if transition in wanted]


def _own(keys: list[list[Key]], counts: Counter[Key]) -> tuple[float, int]:
    """Return the share of commands that lead to transitions which no other history has."""
    own = sum(any(counts[key] == 1 for key in found) for found in keys)
    return own / max(1, len(keys)), -len(keys)
