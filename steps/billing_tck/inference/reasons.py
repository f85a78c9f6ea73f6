"""Why the value of a knob cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from billing_tck.inference.state import MOST_ERRORS, State
from billing_tck.inference.tables import Table
from billing_tck.reference.oracle import KNOBS

_FEW = 3


def why_open(state: State, knob: str, blocked: Mapping[str, int]) -> str:
    """Return why several values of a knob remain."""
    tables = [table for table in state.tables.values() if knob in table.knobs]
    usable = [table for table in tables if state.usable(table)]
    if tables and not usable:
        fewest: frozenset[str] = min((state.missing(table) for table in tables), key=len)
        return f"it does not declare {_listed(sorted(fewest))}"
    return (
        _unanswered(state, usable)
        or _unexplained(usable, blocked)
        or _unseen(state, usable, knob)
        or f"no history tells {_listed(list(state.candidates.values[knob]))} apart"
    )


def _unanswered(state: State, usable: Sequence[Table]) -> str:
    if any(table.name in state.failed for table in usable):
        return "a history that shows it ended without an answer"
    return "too many histories ended without an answer" if len(state.failed) >= MOST_ERRORS else ""


def _unexplained(usable: Sequence[Table], blocked: Mapping[str, int]) -> str:
    found = sorted({blocked[table.name] for table in usable if table.name in blocked})
    numbers = list(map(str, found))
    if len(numbers) > _FEW:
        numbers = [*numbers[:_FEW], f"{len(numbers) - _FEW} more"]
    return f"what it does fits no value (see fits no value {_listed(numbers)})" if numbers else ""


def _unseen(state: State, usable: Sequence[Table], knob: str) -> str:
    """Return what hides the knob: late effects, or values of other knobs."""
    tells_late = any(_tells(state, table, knob, {}) for table in usable)
    if state.late and not tells_late and any(_tells(state, table, knob, {}, late=False) for table in usable):
        return "its effects may show late, by more than the values differ"
    hiding = dict.fromkeys(other for table in usable for other in _hiding(state, table, knob))
    values = state.candidates.values
    return f"{_listed([f'{other}={values[other][0]}' for other in hiding])} hides it" if hiding else ""


def _hiding(state: State, table: Table, knob: str) -> list[str]:
    """Return the knobs that would let a history tell the values apart, if one of them had another value."""
    known = [other for other in table.knobs if other != knob and len(state.candidates.values[other]) == 1]
    return [other for other in known if any(_tells(state, table, knob, {other: value}) for value in KNOBS[other])]


def _tells(state: State, table: Table, knob: str, changed: dict[str, str], *, late: bool | None = None) -> bool:
    """Whether a history tells all possible values of a knob apart, with the others as they are known."""
    seen = table.seen(late=state.late if late is None else late)
    known = {**state.candidates.first, **changed}
    numbers = [
        seen[tuple(value if one == knob else known[one] for one in table.knobs)]
        for value in state.candidates.values[knob]
    ]
    return all(first != second for first, second in pairwise(numbers))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
