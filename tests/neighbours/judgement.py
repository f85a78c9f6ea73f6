"""Whether a run beside a neighbour says the same as a run without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .plugins import Neighbour
from .project import Outcome

OWN_TESTS = ("test_own.py::test_the_day_is_today", "test_own.py::test_time_passes")


def wrong_alone(alone: Outcome) -> Iterator[str]:
    """Yield what is wrong with the run without neighbours, which all others are compared with."""
    words = {word for verdicts in alone.verdicts.values() for word in verdicts}
    if not {"conforms", "deviates"} <= words:
        yield f"the fault is not found, or hides everything: {sorted(words)}"
    if alone.statuses != (1,):
        yield f"exit status {alone.statuses}, not 1"
    yield from _wrong_own(alone, 0)


def wrong_beside(outcome: Outcome, alone: Outcome, neighbour: Neighbour, folder: Path) -> Iterator[str]:
    """Yield what differs from the run without neighbours, or what the neighbour itself got wrong."""
    if outcome.verdicts != alone.verdicts:
        other = {s for s in alone.verdicts | outcome.verdicts if alone.verdicts.get(s) != outcome.verdicts.get(s)}
        yield f"other verdicts: {', '.join(sorted(other)[:3])} ({len(other)} scenarios)"
    if len(neighbour.runs) == 1 and outcome.counted != alone.counted:
        yield f"counted {outcome.counted}, not {alone.counted}"
    if 1 not in outcome.statuses or not set(outcome.statuses) <= {0, 1}:
        yield f"exit status {outcome.statuses}, not 1"
    yield from _wrong_own(outcome, neighbour.tests.count("def test_"))
    if neighbour.check:
        try:
            trouble = neighbour.check(folder, outcome.output)
        except (OSError, ValueError, LookupError) as error:
            trouble = f"its own file cannot be read: {error!r}"
        if trouble:
            yield trouble


def _wrong_own(outcome: Outcome, more: int) -> Iterator[str]:
    """Yield what is wrong with the project's own tests, of which there are some more for the neighbour."""
    failed = [nodeid for nodeid, result in outcome.own.items() if result != "passed"]
    if failed:
        yield f"own tests failed: {', '.join(failed)}"
    ran = {nodeid.partition("[")[0] for nodeid in outcome.own}
    if not set(OWN_TESTS) <= ran or len(ran) != len(OWN_TESTS) + more:
        yield f"own tests that ran: {sorted(ran)}"
