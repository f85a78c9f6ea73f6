"""The values of each knob that are still possible, narrowed by the rows of values that histories left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import log2

from billing_tck.inference.tables import Table, Values, rows_of
from billing_tck.reference.oracle import KNOBS

MOST_ROWS = 10_000
"""The search for values that fit together ends after this number of rows."""


class Contradiction(Exception):
    """No values of the knobs explain all histories together."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """The rows of values of some knobs that explain what a history showed."""

    knobs: tuple[str, ...]
    rows: frozenset[Values]


@dataclass(slots=True)
class Candidates:
    """The possible values of each knob, and the constraints between knobs."""

    values: dict[str, tuple[str, ...]] = field(default_factory=lambda: {k: tuple(v) for k, v in KNOBS.items()})
    constraints: list[Constraint] = field(default_factory=list)

    @property
    def open(self) -> list[str]:
        """Return the knobs with several possible values."""
        return [knob for knob, values in self.values.items() if len(values) > 1]

    @property
    def first(self) -> dict[str, str]:
        """Return the first possible value of each knob."""
        return {knob: values[0] for knob, values in self.values.items()}

    def some(self) -> dict[str, str]:
        """Return one possible value of each knob, so that all constraints hold together where they can."""
        chosen = self.first
        tangled = [knob for knob in self.open if any(knob in one.knobs for one in self.constraints)]
        for row in islice(self.rows(tangled), MOST_ROWS):
            tried = {**chosen, **dict(zip(tangled, row, strict=True))}
            if all(tuple(tried[knob] for knob in one.knobs) in one.rows for one in self.constraints):
                return tried
        return chosen

    def rows(self, knobs: Sequence[str]) -> list[Values]:
        """Return the possible rows of values of some knobs."""
        return list(rows_of(knobs, self.values))

    def narrow(self, constraint: Constraint) -> None:
        """Add a constraint. Raises Contradiction, and changes nothing, if nothing would be possible."""
        values, constraints = dict(self.values), [*self.constraints, constraint]
        changed = True
        while changed:
            changed = False
            for one in constraints:
                left = [row for row in one.rows if _possible(row, one.knobs, values)]
                if not left:
                    raise Contradiction
                for place, knob in enumerate(one.knobs):
                    kept = tuple(value for value in values[knob] if any(row[place] == value for row in left))
                    changed |= kept != values[knob]
                    values[knob] = kept
        self.values, self.constraints = values, constraints

    def gain(self, table: Table, *, late: bool) -> float:
        """Return how much a history is expected to tell, in bits: of its possible rows, how many look alike."""
        seen = table.seen(late=late)
        groups: dict[int, int] = {}
        for row in self.rows(table.knobs):
            groups[seen[row]] = groups.get(seen[row], 0) + 1
        total = sum(groups.values())
        return log2(total) - sum(number * log2(number) for number in groups.values()) / total


def _possible(row: Values, knobs: Sequence[str], values: Mapping[str, Sequence[str]]) -> bool:
    return all(value in values[knob] for knob, value in zip(knobs, row, strict=True))
