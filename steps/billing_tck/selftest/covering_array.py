"""A covering array: few rows in which every pair of values of every two knobs occurs.

Two choices may contradict each other where neither does by itself; all combinations of nineteen knobs would be five
million runs. The rows are made greedily and always alike: no chance is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

Row = Mapping[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def covering_rows(knobs: Mapping[str, Sequence[str]]) -> tuple[Row, ...]:
    """Rows with a value for every knob, so that every pair of values of every two knobs stands in some row.

    With a single knob, a row for each of its values; with none, one empty row.
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
    """Every pair of values of every two knobs, the knobs in their order."""
    for (one, its), (other, others) in combinations(knobs.items(), 2):
        for value in its:
            for another in others:
                yield (one, value), (other, another)


def pairs_in(row: Row) -> Iterator[Pair]:
    """The pairs that one row covers."""
    yield from combinations(row.items(), 2)


def _row(knobs: Mapping[str, Sequence[str]], missing: Mapping[Pair, None]) -> Row:
    """The row that begins with the first missing pair, and takes for each knob the value that covers the most.

    Knobs come first of which much is missing still; of two values that cover alike, the one of which more is missing.
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
