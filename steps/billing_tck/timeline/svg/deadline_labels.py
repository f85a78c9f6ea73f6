"""The labels of deadlines above the lanes: what they say, and where each has its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing_tck.timeline.model import Deadline
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import LINE, RIGHT, RIM, Page, length, stroke, wrapped, written
from billing_tck.timeline.svg.diff import DueDeadline
from billing_tck.timeline.svg.labels import deadline_tip, format_day

_EDGE = 4.0  # the left edge of a picture
_BESIDE = 3.0  # from a line to its text
_ROUNDING = 1e-6  # a text ends exactly beside its line, but for the rounding of sums


@dataclass(slots=True)
class DeadlineLabel:
    """The text of a deadline, which begins at `start` in the line of text `row`; its line runs down at `x`.

    `letter` is that of the only side with the deadline. A label `beyond` the picture has no line.
    """

    x: float
    said: str
    together: Sequence[Deadline]
    faded: bool
    letter: str = ""
    beyond: bool = False
    lines: tuple[str, ...] = ()
    start: float = 0
    row: int = 0

    @property
    def width(self) -> float:
        """The width of the text."""
        return max(length(line, bold=not self.faded) for line in self.lines or (self.said,))

    @property
    def below(self) -> int:
        """The line of text below the label."""
        return self.row + max(1, len(self.lines))

    def over(self, x: float) -> bool:
        """Return whether a line down from `x` would run through the text."""
        room = _BESIDE - _ROUNDING
        return self.start - room < x < self.start + self.width + room


def together_at(deadlines: Sequence[DueDeadline]) -> list[list[DueDeadline]]:
    """Group deadlines by instant and side, in order of time."""
    found: dict[tuple[datetime, str], list[DueDeadline]] = {}
    for due in deadlines:
        found.setdefault((due.deadline.at, due.letter), []).append(due)
    return [found[key] for key in sorted(found)]


def label_of_due(together: Sequence[DueDeadline], scale: Scale, year: int, last: datetime) -> DeadlineLabel:
    """Return the label for one instant; deadlines without effect are only in its tooltip if others have one."""
    deadlines = [each.deadline for each in together]
    due = [deadline for deadline in deadlines if not deadline.standing]
    at, letter = deadlines[0].at, together[0].letter
    said = "; ".join(dict.fromkeys(f"{d.clause} {d.text}" for d in due or deadlines))
    beyond = at > last
    said = f"{letter and f'{letter}: '}{said}, {format_day(at, year)}{' →' if beyond else ''}"
    return DeadlineLabel(
        scale.right + RIM if beyond else scale.x(at), said, deadlines, faded=not due, letter=letter, beyond=beyond
    )


def draw_deadline_labels(page: Page, labels: Sequence[DeadlineLabel]) -> None:
    """Draw the labels above a group, in as many lines of text as they need."""
    height = place_labels(labels, page.right) * LINE
    for label in labels:
        page.used["faded" if label.faded else "deadline"] = None
        style = ' fill-opacity="0.75" text-decoration="line-through"' if label.faded else ' font-weight="600"'
        tip = "\n".join(deadline_tip(d) for d in label.together)
        texts = [
            written(label.start, page.y + (label.row + number) * LINE + 10, line, extra=style)
            for number, line in enumerate(label.lines)
        ]
        page.add(page.mark(tip, *texts))
        opacity = "0.25" if label.faded else "0.45"
        for top, bottom in () if label.beyond else leader(label, labels, height / LINE):
            y = page.y + top * LINE
            page.back.append(stroke(label.x, y, label.x, page.y + bottom * LINE + 2, f' stroke-opacity="{opacity}"'))
    page.y += height + 6 if labels else 0


def place_labels(labels: Sequence[DeadlineLabel], right: float = RIGHT) -> int:
    """Place labels in the order of their dates, and return how many lines of text they need.

    A text stands after its line, or before it where it would not fit. Labels share a line of text if there is room.
    """
    edge, taken, row, below = right + RIM, _EDGE, 0, 0
    for label in labels:
        label.lines = wrapped(label.said, edge - _EDGE, bold=not label.faded)
        label.start = label.x + _BESIDE
        if label.start + label.width > edge:
            label.start = max(_EDGE, min(label.x - _BESIDE, edge) - label.width)
        if label.start < taken + 2 * _BESIDE and below:
            row, below = below, 0
        label.row = row
        below, taken = max(below, label.below), label.start + label.width
    return max((label.below for label in labels), default=0)


def leader(label: DeadlineLabel, labels: Sequence[DeadlineLabel], height: float) -> list[tuple[float, float]]:
    """Return where the line from a label down to the lanes is drawn, in lines of text: not through other labels."""
    top = float(label.below if label.over(label.x) else label.row)
    parts: list[tuple[float, float]] = []
    for other in sorted((o for o in labels if o is not label and o.over(label.x)), key=lambda o: o.row):
        if other.below <= top:
            continue
        if other.row > top:
            parts.append((top, other.row))
        top = max(top, float(other.below))
    return [*parts, (top, height)]
