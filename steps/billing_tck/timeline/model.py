"""What happened in one run of a scenario, as seen through the contract: lanes of states, points, deadlines, checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from billing_tck.clock import Real
from billing_tck.contract.values import ZERO


class LaneKind(StrEnum):
    """What a lane is about."""

    METHOD = "billing method"
    TRIAL = "trial credits"
    CREDITS = "credits"
    SUBSCRIPTION = "subscription"
    SERVICE = "service"
    RESTRICTIONS = "restrictions"
    DATA = "data"
    CYCLE = "billing cycle"


class PointKind(StrEnum):
    """What happened at one instant."""

    CHARGED = "charge succeeded"
    FAILED = "charge failed"
    INVOICE = "invoice"
    USAGE_REPORT = "usage reported"
    COMMITMENT_REPORT = "commitment reported"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Span:
    """One state from `start` (included) to `end`; lanes of money have an `amount`.

    `unseen` is the last instant at which the state was still another, where it changed between two snapshots.
    """

    start: datetime
    end: datetime
    state: str
    amount: Decimal | None = None
    unseen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """The states of one object in order of time; `organization` and `name` are the names in the scenario."""

    kind: LaneKind
    organization: str
    name: str
    spans: tuple[Span, ...]

    def at(self, instant: datetime) -> Span | None:
        """Return the state at an instant, or None if it was not known yet."""
        found = None
        for span in self.spans:
            if span.start <= instant:
                found = span
        return found


@dataclass(frozen=True, slots=True)
class Point:
    """Something with a date and mostly an amount; `detail` is text, `state` that of an invoice."""

    at: datetime
    kind: PointKind
    organization: str
    amount: Decimal | None
    detail: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the scenario, as text."""

    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the scenario; `holds` is whether the implementation showed what was expected."""

    at: datetime
    step: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant that the documents set: what happens then, and since when it is counted.

    `at` is when it takes effect under the declared readings. `standing` is why nothing happened then; it is empty
    where nothing prevented it.
    """

    at: datetime
    since: datetime
    clause: str
    organization: str
    text: str
    days: int | None = None
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything observed of one run of a scenario, from the first instant to the last."""

    begins: datetime
    ends: datetime
    organizations: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    points: tuple[Point, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    actions: tuple[Action, ...] = ()
    checks: tuple[Check, ...] = ()
    snapshots: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no state and no event."""
        return not (self.lanes or self.points)

    def lane(self, kind: LaneKind | str, name: str = "the organization") -> Lane:
        """Return the lane of this kind for `name` (an organization, a service, a subscription).

        Raises KeyError, which lists the lanes.
        """
        for lane in self.lanes:
            if lane.kind == kind and name in (lane.name, lane.organization):
                return lane
        known = ", ".join(f"{lane.kind} of {lane.name}" for lane in self.lanes)
        raise KeyError(f"no lane {kind!s} of {name}; lanes: {known or 'none'}")

    def state(self, kind: LaneKind | str, instant: datetime, name: str = "the organization") -> str:
        """Return the state of a lane at an instant, or an empty text if it was not known yet."""
        span = self.lane(kind, name).at(instant)
        return span.state if span else ""

    def since(self, kind: LaneKind | str, state: str, name: str = "the organization") -> datetime | None:
        """Return when a lane was first seen in a state, or None."""
        return next((span.start for span in self.lane(kind, name).spans if span.state == state), None)

    def deadline(self, clause: str, organization: str | None = None) -> Deadline:
        """Return the first deadline of a clause. Raises KeyError, which lists the deadlines."""
        for deadline in self.deadlines:
            if deadline.clause == clause and organization in (None, deadline.organization):
                return deadline
        known = ", ".join(dict.fromkeys(deadline.clause for deadline in self.deadlines))
        raise KeyError(f"no deadline of {clause} was observed; deadlines: {known or 'none'}")

    def total(self, kind: PointKind | str) -> Decimal:
        """Return the sum of all points of a kind."""
        return sum((point.amount for point in self.points if point.kind == kind and point.amount), ZERO)


def unfreeze(instant: datetime) -> datetime:
    """Return an instant of the real type: a frozen clock makes instants of another type, which shows in print."""
    utc = instant.astimezone(UTC)
    return Real.datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, tzinfo=UTC)
