"""The axis of a timeline: positions of instants, with long quiet stretches drawn short, and its ticks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

_DAY = timedelta(days=1)
_LINEAR = timedelta(days=100)  # up to here a timeline has one scale
_QUIET = timedelta(days=25)  # a longer stretch without anything is drawn as one of _SHORT
_MARGIN = timedelta(days=3)  # of a quiet stretch, kept at either side in the scale of the rest
_SHORT = timedelta(days=9)
_HOUR = timedelta(hours=1)
_SHORTEST = timedelta(hours=6)
_HOURS = (1, 2, 3, 6, 12)
_STEPS = (1, 2, 3, 4, 7, 14, 28, 56, 91, 182, 365)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis with one scale; `quiet` if it is drawn shorter than it is."""

    start: datetime
    end: datetime
    left: float
    right: float
    quiet: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis; `year` is set where it changes."""

    at: datetime
    x: float
    label: str
    year: str


class Scale:
    """Places between `left` and `right` for instants from the day of `begins` to `ends`.

    Where everything happens within a day the axis begins with its hour, and its ticks are hours.
    """

    def __init__(
        self, begins: datetime, ends: datetime, eventful: Iterable[datetime], left: float, right: float
    ) -> None:
        self.hourly = ends - begins < _DAY
        if self.hourly:
            start = begins.replace(minute=0, second=0, microsecond=0)
            end = max(ends, start + _SHORTEST)
        else:
            start = datetime.combine(begins.date(), time(), UTC)
            end = ends
        drawn = list(_stretches(start, end, eventful))
        whole = sum((_SHORT if quiet else b - a for a, b, quiet in drawn), timedelta())
        self.left, self.right = left, right
        self.stretches: list[Stretch] = []
        x = left
        for a, b, quiet in drawn:
            width = (_SHORT if quiet else b - a) / whole * (right - left)
            self.stretches.append(Stretch(a, b, x, x + width, quiet))
            x += width

    def x(self, instant: datetime) -> float:
        """Return the position of an instant; what lies outside is at the edge."""
        for stretch in self.stretches:
            if instant < stretch.end:
                share = max(0.0, (instant - stretch.start) / (stretch.end - stretch.start))
                return stretch.left + share * (stretch.right - stretch.left)
        return self.right

    def ticks(self, room: float = 58) -> list[Tick]:
        """Return midnights with at least `room` between them, equally many days apart within a stretch; or hours."""
        if self.hourly:
            return list(self._hours(room))
        ticks: list[Tick] = []
        year = 0
        quiet = [(stretch.left + stretch.right) / 2 for stretch in self.stretches if stretch.quiet]
        for stretch in self.stretches:
            if stretch.quiet:
                continue
            per_day = (stretch.right - stretch.left) / ((stretch.end - stretch.start) / _DAY)
            step = next((days for days in _STEPS if days * per_day >= room), _STEPS[-1])
            at = datetime.combine(stretch.start.date(), time(), UTC)
            at = at if at >= stretch.start else at + _DAY
            while at <= stretch.end:
                x = self.x(at)
                crowded = any(abs(x - middle) < room * 0.75 for middle in quiet)
                if not crowded and x <= self.right - room / 3 and (not ticks or x - ticks[-1].x >= room * 0.8):
                    ticks.append(Tick(at, x, f"{at.day} {at:%b}", str(at.year) if at.year != year else ""))
                    year = at.year
                at += step * _DAY
        return ticks

    def _hours(self, room: float) -> Iterator[Tick]:
        start, end = self.stretches[0].start, self.stretches[-1].end
        per_hour = (self.right - self.left) / ((end - start) / _HOUR)
        step = next((hours for hours in _HOURS if hours * per_hour >= room), _HOURS[-1])
        at, day = start, None
        while (at <= end and self.x(at) <= self.right - room / 3) or at == start:
            yield Tick(at, self.x(at), f"{at:%H:%M}", f"{at.day} {at:%b} {at.year}" if at.date() != day else "")
            day = at.date()
            at += step * _HOUR


def _stretches(
    start: datetime, end: datetime, eventful: Iterable[datetime]
) -> Iterator[tuple[datetime, datetime, bool]]:
    if end - start <= _LINEAR:
        yield start, end, False
        return
    known = sorted({start, end, *(instant for instant in eventful if start < instant < end)})
    begun = start
    for earlier, later in pairwise(known):
        if later - earlier > _QUIET + 2 * _MARGIN:
            first, last = earlier + _MARGIN, later - _MARGIN
            yield begun, first, False
            yield first, last, True
            begun = last
    yield begun, end, False
