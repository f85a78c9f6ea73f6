"""Infer the readings of an implementation: play the history that tells most, keep what explains it, and go on.

When no history tells anything more, the others are played, too, and must show what the inferred values expect.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from billing_tck.explorer.profiles import marketplaces
from billing_tck.explorer.runner import subject_of
from billing_tck.inference.candidates import Constraint, Contradiction
from billing_tck.inference.explaining import explain
from billing_tck.inference.findings import Inferred
from billing_tck.inference.player import play
from billing_tck.inference.state import MOST_ERRORS, State
from billing_tck.inference.tables import Table, load_tables
from billing_tck.steps.world import Caller

MOST_HISTORIES = 40


def infer(driver: Caller, on_progress: Callable[[int, int], None] | None = None) -> Inferred:
    """Infer the readings of an implementation.

    `on_progress` is called with the numbers of histories played and of knobs still open. Raises UnreachableError where
    the implementation does not describe itself.
    """
    state = State(subject_of(driver), load_tables())
    marketplace = next(iter(marketplaces(frozenset(state.subject.description.capabilities))), "")
    while (table := _next(state)) is not None:
        state.played[table.name] = play(driver, table.actions, marketplace)
        if state.played[table.name].error is None:
            _take(state, table)
        if on_progress is not None:
            on_progress(len(state.played), len(state.candidates.open))
    return explain(state)


def _next(state: State) -> Table | None:
    """Return the history that tells most for each action; those that tell nothing come last, as a check."""
    if len(state.played) >= MOST_HISTORIES or len(state.failed) >= MOST_ERRORS:
        return None
    left = [one for one in state.tables.values() if one.name not in state.played and state.usable(one)]
    gains = {one.name: state.candidates.gain(one, late=state.late) for one in left}
    return max(left, key=lambda one: (gains[one.name] / len(one.actions), -len(one.actions)), default=None)


def _take(state: State, table: Table) -> None:
    """Keep the rows of values that explain what a history showed; where nothing does, `explain` says so."""
    known = state.candidates.first
    kept = [
        row
        for row in state.candidates.rows(table.knobs)
        if not state.judge(table.name, {**known, **dict(zip(table.knobs, row, strict=True))}).refuted
    ]
    with suppress(Contradiction):
        state.candidates.narrow(Constraint(table.knobs, frozenset(kept)))
