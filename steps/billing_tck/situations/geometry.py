"""Where the boxes, arrows and labels of a state diagram go: arrows bend around boxes, labels avoid each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot

Point = tuple[float, float]
_BENDS = (0.14, 0.24, -0.2, 0.36, -0.34, 0.5)
_ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
_SAMPLES = 24
_CROSSING, _BENT, _ABOVE = 400.0, 60.0, 5.0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An area, by its centre and size."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Rectangle) -> float:
        """Return the area that two rectangles share."""
        across = (self.width + other.width) / 2 - abs(self.x - other.x)
        down = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(across, 0) * max(down, 0)

    def holds(self, point: Point, margin: float = 0) -> bool:
        """Return whether a point lies within, or so close to it."""
        wide, high = self.width / 2 + margin, self.height / 2 + margin
        return abs(point[0] - self.x) < wide and abs(point[1] - self.y) < high


@dataclass(frozen=True, slots=True)
class Curve:
    """A quadratic curve."""

    start: Point
    control: Point
    end: Point

    def at(self, share: float) -> Point:
        """Return the point at a share of the way."""
        first, second, third = (1 - share) ** 2, 2 * share * (1 - share), share**2
        return (
            first * self.start[0] + second * self.control[0] + third * self.end[0],
            first * self.start[1] + second * self.control[1] + third * self.end[1],
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """An arrow with its label."""

    curve: Curve
    label: Rectangle


def place(
    boxes: Mapping[str, Rectangle], ends: Sequence[tuple[str, str]], sizes: Sequence[tuple[float, float]]
) -> list[Placed]:
    """Return a place for each arrow, which has these ends, and a label of this size; greedy, in the given order."""
    placed: list[Placed] = []
    for (source, target), size in zip(ends, sizes, strict=True):
        others = [box for name, box in boxes.items() if name not in (source, target)]
        candidates = [
            (cost + abs(bend) * _BENT, number, Placed(curve, label))
            for number, bend in enumerate(_BENDS)
            for curve in [_curve(boxes[source], boxes[target], bend)]
            for cost, label in [_label(curve, size, boxes.values(), others, placed)]
        ]
        placed.append(min(candidates, key=lambda candidate: candidate[:2])[2])
    return placed


def _label(
    curve: Curve,
    size: tuple[float, float],
    boxes: Iterable[Rectangle],
    others: Sequence[Rectangle],
    placed: Sequence[Placed],
) -> tuple[float, Rectangle]:
    """Return the best place for a label on a curve, and what it and the curve cost."""
    points = [curve.at(number / _SAMPLES) for number in range(_SAMPLES + 1)]
    crossing = sum(box.holds(point, 6) for point in points for box in others) * _CROSSING
    taken = [*boxes, *(one.label for one in placed)]
    best: tuple[float, Rectangle] | None = None
    for share in _ALONG:
        x, y = curve.at(share)
        label = Rectangle(x, y - _raised(curve, size), *size)
        cost = crossing + sum(label.overlap(area) for area in taken)
        if best is None or cost < best[0]:
            best = cost, label
    if best is None:
        raise ValueError("there is no place for a label")
    return best


def _raised(curve: Curve, size: tuple[float, float]) -> float:
    """Return how far above a curve its label goes: a short, flat one would vanish behind it."""
    across, down = abs(curve.end[0] - curve.start[0]), abs(curve.end[1] - curve.start[1])
    return size[1] / 2 + _ABOVE if across < 2 * size[0] and down < across / 4 else 0


def _curve(source: Rectangle, target: Rectangle, bend: float) -> Curve:
    """Return a curve from the edge of one box to that of another, bent to its left."""
    across, down = target.x - source.x, target.y - source.y
    control = ((source.x + target.x) / 2 + down * bend, (source.y + target.y) / 2 - across * bend)
    return Curve(_edge(source, control), control, _edge(target, control))


def _edge(box: Rectangle, towards: Point) -> Point:
    """Return where the line from the centre of a box to a point leaves the box."""
    across, down = towards[0] - box.x, towards[1] - box.y
    if not hypot(across, down):
        return box.x, box.y
    scales = [size / 2 / abs(way) for size, way in ((box.width, across), (box.height, down)) if way]
    scale = min(scales)
    return box.x + across * scale, box.y + down * scale
