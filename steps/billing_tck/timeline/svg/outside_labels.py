"""Texts of states that are too short to hold them: below the lane, each with a line that leads to its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing_tck.timeline.svg.canvas import LINE, RIM, Page, length, stroke, written

Bar = tuple[float, float]
"""Where a line or a frame runs down, and no text may stand."""

_APART = 8.0
_CLEAR = 3.0


@dataclass(frozen=True, slots=True)
class Outside:
    """A text, and the middle of its state."""

    x: float
    said: str


def draw_outside(page: Page, texts: Sequence[Outside], bars: Sequence[Bar]) -> None:
    """Draw texts below a lane, in as many rows as they need; the page grows by these rows."""
    if not texts:
        return
    rows: list[float] = []  # how far each is full
    for text in texts:
        width = length(text.said)
        starts = _starts(page, text, width, bars)
        row, start = min(
            (
                (row, start)
                for row in range(len(rows) + 1)
                for start in starts
                if row == len(rows) or start >= rows[row]
            ),
            key=lambda place: (place[0] * LINE + abs(place[1] + width / 2 - text.x), place),
        )
        rows[row:] = [start + width + _APART, *rows[row + 1 :]]
        y = page.y + row * LINE
        foot = min(max(text.x, start + 2), start + width - 2)
        page.add(
            stroke(text.x, page.y, foot, y + 5, ' stroke-opacity="0.7"'),
            written(start, y + LINE, text.said),
        )
    page.y += len(rows) * LINE + 4


def _starts(page: Page, text: Outside, width: float, bars: Sequence[Bar]) -> list[float]:
    """Return where a text may begin so that nothing runs through it; its own place if there is none."""
    left, right = float(page.left), page.right + RIM - width
    own = min(max(text.x - width / 2, left), right)
    beside = [edge for start, end in bars for edge in (start - _CLEAR - width, end + _CLEAR)]
    places = [place for place in (own, *beside) if left <= place <= right]
    return [place for place in places if all(end <= place or place + width <= start for start, end in bars)] or [own]
