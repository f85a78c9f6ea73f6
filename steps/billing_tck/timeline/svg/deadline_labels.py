"""The labels of deadlines above the lanes: what they say, and where each has its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing_tck.timeline.model import Deadline
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import RIGHT, Page, length, stroke, tipped, written
from billing_tck.timeline.svg.diff import DueDeadline
from billing_tck.timeline.svg.labels import deadline_tip, format_day


@dataclass(slots=True)
class DeadlineLabel:
    """The text above the line of a deadline: after it or, with `ends`, before it; moved to the right by `shift`.

    `letter` is that of the only side with the deadline. A label `beyond` the picture has no line.
    """

    x: float
    said: str
    together: Sequence[Deadline]
    faded: bool
    letter: str = ""
    beyond: bool = False
    ends: bool = False
    shift: float = 0
    row: int = 0

    @property
    def width(self) -> float:
        """The width of the text."""
        return length(self.said, bold=not self.faded) + 10

    @property
    def start(self) -> float:
        """The left edge of the text."""
        return self.x + self.shift + 3 - self.width if self.ends else self.x - 3

    def over(self, x: float) -> bool:
        """Return whether a line down from `x` would run through the text."""
        return self.start + 3 < x < self.start + self.width - 3 and x != self.x

    def beside(self, other: DeadlineLabel) -> bool:
        """Return whether two texts do not overlap."""
        return self.start + self.width <= other.start or other.start + other.width <= self.start


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
        RIGHT + 8 if beyond else scale.x(at), said, deadlines, faded=not due, letter=letter, beyond=beyond
    )


def draw_deadline_labels(page: Page, labels: Sequence[DeadlineLabel]) -> None:
    """Draw the labels above a group, in as many rows as they need."""
    height = _place(labels) * 14
    for label in labels:
        page.used["faded" if label.faded else "deadline"] = None
        y = page.y + label.row * 14 + 10
        style = ' fill-opacity="0.75" text-decoration="line-through"' if label.faded else ' font-weight="600"'
        tip = "\n".join(deadline_tip(d) for d in label.together)
        anchor = "end" if label.ends else "start"
        page.add(tipped(tip, written(label.x + label.shift, y, label.said, anchor=anchor, extra=style)))
        if not label.beyond:
            opacity = "0.25" if label.faded else "0.45"
            page.back.append(stroke(label.x, y + 2, label.x, page.y + height + 2, f' stroke-opacity="{opacity}"'))
    page.y += height + 6 if labels else 0


def _place(labels: Sequence[DeadlineLabel]) -> int:
    """Give each label a row so that no line runs through the text of another; return the number of rows.

    A text stands after its line, or before it if it would not fit, or at the right if it has none. If that is not
    enough, texts give way to each other as far to the right as possible.
    """
    rows = 0
    for leaning in (False, True):
        _settle(labels, leaning=leaning)
        rows = _stack(labels)
        if not any(a.over(b.x) and b.row < a.row for a in labels for b in labels if not b.beyond):
            break
    return rows


def _settle(labels: Sequence[DeadlineLabel], *, leaning: bool) -> None:
    """Place texts beside their lines, so that no two of them would each have to be below the other."""
    settled: list[DeadlineLabel] = []
    for label in reversed(labels):
        label.ends, label.shift = False, 0
        if label.beyond or not _stands(label, settled):
            label.ends = True
            before = max(4.0, label.start)
            rims = [RIGHT + 12.0, *(other.x for other in settled if not other.beyond)]
            others = sorted((x - label.width for x in rims if before < x - label.width <= label.x - 3), reverse=True)
            straight = label.beyond or (before == label.start and not leaning)
            for start in [before, *others] if straight else [*others, before]:
                label.shift += start - label.start
                if _stands(label, settled):
                    break
        settled.append(label)


def _stands(label: DeadlineLabel, settled: Sequence[DeadlineLabel]) -> bool:
    """Return whether a text has a place among those that are settled."""
    facing = any(label.over(other.x) and other.over(label.x) for other in settled if not other.beyond)
    return label.beyond or (label.start + label.width <= RIGHT + 12 and not facing)


def _stack(labels: Sequence[DeadlineLabel]) -> int:
    """Give each label a row below all texts that its line would run through; return the number of rows."""
    waiting = [*(each for each in reversed(labels) if each.ends), *(each for each in labels if not each.ends)]
    placed: list[DeadlineLabel] = []
    while waiting:
        free = (each for each in waiting if each.beyond or not any(other.over(each.x) for other in waiting))
        label = next(free, waiting[0])
        waiting.remove(label)
        crossed = () if label.beyond else [other.row + 1 for other in placed if other.over(label.x)]
        label.row = max(crossed, default=0)
        while any(other.row == label.row and not label.beside(other) for other in placed):
            label.row += 1
        placed.append(label)
    return max((label.row + 1 for label in placed), default=0)
