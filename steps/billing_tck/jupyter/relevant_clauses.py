"""Which clauses of a story have come to apply in a run, since when, and how a notebook shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from billing_tck.jupyter.display import Displayable
from billing_tck.spec.requirements import Clause
from billing_tck.text.format import format_instant
from billing_tck.timeline.model import LaneKind, Point, PointKind, Trace

Evidence = Callable[[Trace], datetime | None]


def deadline(clause: str) -> Evidence:
    """Return the evidence that a deadline of a clause took effect."""

    def found(trace: Trace) -> datetime | None:
        dates = (
            one.at for one in trace.deadlines if one.clause == clause and not one.standing and one.at <= trace.ends
        )
        return min(dates, default=None)

    return found


def begun(clause: str) -> Evidence:
    """Return the evidence that a deadline of a clause has begun to run."""

    def found(trace: Trace) -> datetime | None:
        return min((one.since for one in trace.deadlines if one.clause == clause), default=None)

    return found


def seen(kind: LaneKind, state: str | None = None) -> Evidence:
    """Return the evidence that something was seen in a state, or at all."""

    def found(trace: Trace) -> datetime | None:
        spans = (span for lane in trace.lanes if lane.kind is kind for span in lane.spans)
        return min((span.start for span in spans if state in (None, span.state)), default=None)

    return found


def first(*kinds: PointKind) -> Evidence:
    """Return the evidence that something of these kinds happened."""

    def found(trace: Trace) -> datetime | None:
        return min((point.at for point in trace.points if point.kind in kinds), default=None)

    return found


def ended_before(kind: LaneKind, state: str, clause: str) -> Evidence:
    """Return the evidence that a state was reached before the deadline of a clause."""

    def found(trace: Trace) -> datetime | None:
        at = seen(kind, state)(trace)
        due = min((one.at for one in trace.deadlines if one.clause == clause), default=None)
        return at if at is not None and due is not None and at < due else None

    return found


def fell_back_to_card(because: str) -> Evidence:
    """Return the evidence that a card took over when a subscription was cancelled, or not renewed."""

    def found(trace: Trace) -> datetime | None:
        ended = any(action.sentence.endswith(f"ends ({because})") for action in trace.actions)
        return seen(LaneKind.METHOD, "card")(trace) if ended else None

    return found


def credits_over_on(state: str, *, through_marketplace: bool) -> Evidence:
    """Return the evidence that credits ended in this way first, with or without a marketplace commitment."""

    def found(trace: Trace) -> datetime | None:
        is_through = any(lane.kind is LaneKind.SUBSCRIPTION for lane in trace.lanes)
        spans = (span for lane in trace.lanes if lane.kind is LaneKind.CREDITS for span in lane.spans)
        over = next((span for span in spans if span.state in ("used up", "expired")), None)
        return over.start if over is not None and over.state == state and is_through is through_marketplace else None

    return found


def charged_at_cycle_end(trace: Trace) -> datetime | None:
    """Return when a card was first charged at the end of a cycle."""
    return min((one.at for one in _charges(trace) if one.at in _cycle_ends(trace)), default=None)


def charged_early(trace: Trace) -> datetime | None:
    """Return when a card was first charged before the end of a cycle."""
    return min((one.at for one in _charges(trace) if one.at not in _cycle_ends(trace)), default=None)


def _charges(trace: Trace) -> list[Point]:
    return [point for point in trace.points if point.kind is PointKind.CHARGED]


def _cycle_ends(trace: Trace) -> set[datetime]:
    return {span.start for lane in trace.lanes if lane.kind is LaneKind.CYCLE for span in lane.spans[1:]}


@dataclass(frozen=True, slots=True)
class RelevantClauses(Displayable):
    """The clauses of a story: those that have come to apply are highlighted, with their date."""

    template = "relevant_clauses.html.j2"

    rows: tuple[tuple[Clause, datetime | None], ...]

    @classmethod
    def of(cls, trace: Trace, evidence: Mapping[str, Evidence], register: Mapping[str, Clause]) -> RelevantClauses:
        """Return the clauses of a story, in its order, with since when each applies in a run."""
        return cls(tuple((register[name], applies(trace)) for name, applies in evidence.items() if name in register))

    @property
    def applying(self) -> dict[str, datetime]:
        """Return the clauses that have come to apply, each with its date."""
        return {clause.id: at for clause, at in self.rows if at is not None}

    def plain(self) -> str:
        """Return a line for each clause; those that apply begin with an arrow."""
        return "\n".join(
            f"{'→' if at else ' '} {clause.id}  {clause.sentence}{f' ({format_instant(at)})' if at else ''}"
            for clause, at in self.rows
        )
