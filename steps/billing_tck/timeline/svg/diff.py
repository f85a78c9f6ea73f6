"""What two runs of one scenario have in common, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from billing_tck.text.format import format_instant
from billing_tck.timeline.model import Deadline, Lane, LaneKind, Point, PointKind, Trace
from billing_tck.timeline.svg.labels import MONEY_ROWS, deadline_words, format_points, label_of, span_words

Key = tuple[LaneKind, str, str]


_NOTHING = Lane(LaneKind.SERVICE, "", "", ())


def paired(a: Trace, b: Trace) -> dict[Key, tuple[Lane, Lane]]:
    """Return the lanes of two runs in pairs; an empty lane where a run has none."""
    left = {(lane.kind, lane.organization, lane.name): lane for lane in a.lanes}
    right = {(lane.kind, lane.organization, lane.name): lane for lane in b.lanes}
    order = list(dict.fromkeys([*left, *right]))
    return {key: (left.get(key, _NOTHING), right.get(key, _NOTHING)) for key in order}


def state_at(lane: Lane, instant: datetime) -> str:
    """Return the state of a lane at an instant, as text."""
    span = lane.at(instant)
    return span_words(lane.kind, span) if span else "nothing"


def apart(a: Lane, b: Lane) -> list[tuple[datetime, datetime]]:
    """Return the stretches in which two lanes differ."""
    rims = sorted({rim for lane in (a, b) for span in lane.spans for rim in (span.start, span.end)})
    found: list[tuple[datetime, datetime]] = []
    for start, end in pairwise(rims):
        here = [lane.at(start) for lane in (a, b)]
        if [(s.state, s.amount) if s else None for s in here[:1]] == [
            (s.state, s.amount) if s else None for s in here[1:]
        ]:
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    if rims:  # a difference that shows at the very last instant
        ends = [lane.spans[-1] if lane.spans else None for lane in (a, b)]
        said = [(s.state, s.amount) if s else None for s in ends]
        if said[0] != said[1] and (not found or found[-1][1] != rims[-1]):
            found.append((rims[-1], rims[-1]))
    return found


def only_in(a: Trace, b: Trace, kinds: frozenset[PointKind]) -> list[Point]:
    """Return the points of `a` that `b` does not have."""
    rest = [(p.at, p.kind, p.organization, p.amount, p.state) for p in b.points if p.kind in kinds]
    alone = []
    for point in (p for p in a.points if p.kind in kinds):
        key = (point.at, point.kind, point.organization, point.amount, point.state)
        if key in rest:
            rest.remove(key)
        else:
            alone.append(point)
    return alone


@dataclass(frozen=True, slots=True)
class DueDeadline:
    """A deadline, with the letter of the only side that has it."""

    deadline: Deadline
    letter: str = ""


def merged(traces: Sequence[Trace]) -> list[DueDeadline]:
    """Return the deadlines of all runs, each once: equal are those at one instant that are due in both or none."""
    found: dict[tuple[str, str, datetime, bool], DueDeadline] = {}
    for letter, trace in zip("AB", traces, strict=False):
        for deadline in trace.deadlines:
            key = (deadline.organization, deadline.clause, deadline.at, not deadline.standing)
            alone = letter if len(traces) > 1 and key not in found else ""
            found[key] = DueDeadline(found[key].deadline if key in found else deadline, alone)
    return sorted(found.values(), key=lambda due: (due.deadline.at, due.deadline.clause, due.letter))


def differences(a: Trace, b: Trace) -> list[str]:
    """Return what differs between two runs, one line for each lane and each kind of event."""
    said = []
    for key, pair in paired(a, b).items():
        for start, end in apart(*pair):
            states = [state_at(lane, start) for lane in pair]
            label = label_of(key[0], key[2])
            said.append(
                f"{label}: {states[0]} against {states[1]}, from {format_instant(start)} to {format_instant(end)}"
            )
    for label, kinds in MONEY_ROWS:
        only = [only_in(x, y, kinds) for x, y in ((a, b), (b, a))]
        if any(only):
            said.append(f"{label}: {format_points(only[0])} against {format_points(only[1])}")
    every = merged([a, b])
    for clause in dict.fromkeys(due.deadline.clause for due in every if due.letter):
        alone = [[due.deadline for due in every if (due.letter, due.deadline.clause) == (x, clause)] for x in "AB"]
        sides = [", ".join(f"{deadline_words(d)} {format_instant(d.at)}" for d in side) or "none" for side in alone]
        said.append(f"deadline: {sides[0]} against {sides[1]}")
    return said
