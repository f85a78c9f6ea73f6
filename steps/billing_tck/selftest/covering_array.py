"""A covering array: few rows that contain every pair of values of every two knobs.

Two choices can be wrong in combination where each is right alone, and all combinations of nineteen knobs would need
five million runs. The algorithm is greedy and deterministic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

Row = Mapping[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def covering_rows(knobs: Mapping[str, Sequence[str]]) -> tuple[Row, ...]:
    """Return rows with a value for every knob that contain every pair of values of every two knobs.

    A single knob gets one row per value; no knobs give one empty row.
    """
    if len(knobs) < 2:
        return tuple({knob: value} for knob, values in knobs.items() for value in values) or ({},)
    missing = dict.fromkeys(pairs_of(knobs))
    rows: list[Row] = []
    while missing:
        row = _row(knobs, missing)
        rows.append(row)
        for pair in pairs_in(row):
            missing.pop(pair, None)
    return tuple(rows)


def pairs_of(knobs: Mapping[str, Sequence[str]]) -> Iterator[Pair]:
    """Yield every pair of values of every two knobs, in the order of the knobs."""
    for (one, its), (other, others) in combinations(knobs.items(), 2):
        for value in its:
            for another in others:
                yield (one, value), (other, another)


def pairs_in(row: Row) -> Iterator[Pair]:
    """Yield the pairs that a row covers."""
    yield from combinations(row.items(), 2)


def _row(knobs: Mapping[str, Sequence[str]], missing: Mapping[Pair, None]) -> Row:
    """Return a row that starts with the first missing pair and takes the value that covers most for each knob.

    Knobs with the most missing pairs come first; ties go to the value with more missing pairs.
    """
    row = dict(next(iter(missing)))
    wanted = Counter(choice for pair in missing for choice in pair)
    rest = [knob for knob in knobs if knob not in row]
    for knob in sorted(rest, key=lambda knob: -max(wanted[knob, value] for value in knobs[knob])):
        gains = {value: (_gain((knob, value), row, missing), wanted[knob, value]) for value in knobs[knob]}
        row[knob] = max(gains, key=lambda value: gains[value])
    return {knob: row[knob] for knob in knobs}


def _gain(choice: tuple[str, str], row: Row, missing: Mapping[Pair, None]) -> int:
    return sum((choice, chosen) in missing or (chosen, choice) in missing for chosen in row.items())
