"""The texts of a timeline: labels and tooltips."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from billing_tck.text.format import format_instant, format_money
from billing_tck.timeline.deadlines import SECOND
from billing_tck.timeline.model import Deadline, LaneKind, Point, PointKind, Span

_LABELS: Mapping[LaneKind, str] = {
    LaneKind.METHOD: "billed by",
    LaneKind.TRIAL: "trial credits",
    LaneKind.CREDITS: "credits left",
    LaneKind.RESTRICTIONS: "restrictions",
    LaneKind.DATA: "data",
    LaneKind.CYCLE: "billing cycle",
}


MONEY_ROWS: Sequence[tuple[str, frozenset[PointKind]]] = (
    ("charges", frozenset({PointKind.CHARGED, PointKind.FAILED})),
    ("invoices", frozenset({PointKind.INVOICE})),
    ("reported", frozenset({PointKind.USAGE_REPORT, PointKind.COMMITMENT_REPORT})),
    ("contact", frozenset({PointKind.CONTACT})),
)


def label_of(kind: LaneKind, name: str) -> str:
    """Return the label of a lane."""
    return _LABELS.get(kind, name.partition(" of the ")[0])


def span_words(kind: LaneKind, span: Span) -> str:
    """Return a state as text."""
    if span.amount is not None and kind in (LaneKind.TRIAL, LaneKind.CREDITS) and span.state in ("running", "left"):
        return f"{format_money(span.amount)} left"
    return span.state or "none yet"


_TO = "\N{EN DASH}"


def forms(words: str) -> tuple[str, ...]:
    """Return a state as text, and in shorter forms that say the same."""
    months = r" \d{4} to (\d+ \w+) \d{4}"
    shorter = (words.removesuffix(" left"), words.removeprefix("bought, "), re.sub(months, rf" {_TO} \1", words))
    return tuple(dict.fromkeys((words, *shorter)))


def point_words(point: Point) -> str:
    """Return an event as text."""
    amount = format_money(point.amount) if point.amount is not None else ""
    words = {
        PointKind.CHARGED: f"{amount} charged",
        PointKind.FAILED: f"{amount} charge failed",
        PointKind.INVOICE: f"{amount} invoiced ({point.state})",
        PointKind.USAGE_REPORT: f"{amount} of usage reported",
        PointKind.COMMITMENT_REPORT: f"{amount} of commitment reported",
        PointKind.CONTACT: "contact",
    }
    return words[point.kind]


def format_day(instant: datetime, year: int) -> str:
    """Return an instant as short text: without midnight, and without the year if it is the given one."""
    said = format_instant(instant).removesuffix(" 00:00")
    return said.replace(f" {year}", "", 1) if instant.year == year else said


def acts_words(count: int) -> str:
    """Return the number of actions as text."""
    return f"{count} actions" if count > 1 else "an action"


def deadline_words(deadline: Deadline) -> str:
    """Return a deadline as text, with the reason if it has no effect."""
    said = f"{deadline.clause} {deadline.text}"
    return f"{said} (no longer due: {deadline.standing})" if deadline.standing else said


def deadline_tip(deadline: Deadline) -> str:
    """Return a deadline as text, with its instant and since when it is counted."""
    counted = f", {_counted(deadline, deadline.days)}" if deadline.days else ""
    tip = f"{deadline.clause}: {deadline.text} {format_instant(deadline.at)}{counted}"
    return f"{tip}. No longer due: {deadline.standing}" if deadline.standing else tip


def _counted(deadline: Deadline, days: int) -> str:
    """Return since when a deadline is counted, and the declared reading."""
    counted = f"{days} days after {format_instant(deadline.since)}"
    match deadline.at - deadline.since - timedelta(days=days):
        case later if later == SECOND:
            return f"one second later than {counted}"
        case later if later > SECOND:
            return f"when the day {counted} is over"
    return counted


def format_points(points: Sequence[Point]) -> str:
    """Return the first few events as text."""
    said = [f"{point_words(p)} {format_instant(p.at)}" for p in points[:3]]
    return ", ".join(said) + (f" and {len(points) - 3} more" if len(points) > 3 else "") or "nothing"
