"""The legend: each mark that a picture uses, with its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from billing_tck.timeline.model import Point, PointKind
from billing_tck.timeline.svg.canvas import RIM, Box, Page, fixed, length, stroke, written
from billing_tck.timeline.svg.symbols import counted, shape, triangle, verdict_mark

UNSEEN = 'fill="currentColor" fill-opacity="0.07"'
DEADLINE_LINE = ' stroke-dasharray="6 3" stroke-width="1.4"'
FADED_LINE = ' stroke-dasharray="1 5" stroke-width="1.2" stroke-opacity="0.6"'
_POINT = datetime(2025, 1, 1)  # noqa: DTZ001 - any instant: the shapes of the legend have no date


def axis_break(x: float, y: float) -> str:
    """Return the mark of a stretch of time that is drawn short."""
    zigzag = f"M{fixed(x - 10)} {fixed(y)}l4 -5l6 10l6 -10l4 5"
    return f'<path d="{zigzag}" fill="none" stroke="currentColor" stroke-width="1.6"/>'


_LEGEND: Mapping[str, tuple[str, Callable[[float, float], str]]] = {
    "done": ("action", triangle),
    "several": ("several actions at once", lambda x, y: counted(x, y + 2, 2)),
    "held": ("check that held", lambda x, y: verdict_mark(x, y, True)),
    "failed": ("check that failed", lambda x, y: verdict_mark(x, y, False)),
    "deadline": ("deadline of a clause", lambda x, y: stroke(x, y - 8, x, y + 8, DEADLINE_LINE)),
    "faded": (
        "deadline that is no longer due",
        lambda x, y: stroke(x, y - 8, x, y + 8, FADED_LINE) + stroke(x - 6, y, x + 6, y, ' stroke-opacity="0.75"'),
    ),
    "unseen": ("no longer observed", lambda x, y: Box(x - 7, y - 7, 14, 14).drawn(UNSEEN)),
    "charge succeeded": ("charged", lambda x, y: shape(x, y, Point(_POINT, PointKind.CHARGED, "", None))),
    "charge failed": ("charge failed", lambda x, y: shape(x, y, Point(_POINT, PointKind.FAILED, "", None))),
    "invoice open": ("invoice, open", lambda x, y: shape(x, y, Point(_POINT, PointKind.INVOICE, "", None))),
    "invoice paid": (
        "invoice, paid",
        lambda x, y: shape(x, y, Point(_POINT, PointKind.INVOICE, "", None, state="paid")),
    ),
    "invoice void": (
        "invoice, withdrawn",
        lambda x, y: shape(x, y, Point(_POINT, PointKind.INVOICE, "", None, state="void")),
    ),
    "usage reported": ("usage reported", lambda x, y: shape(x, y, Point(_POINT, PointKind.USAGE_REPORT, "", None))),
    "commitment reported": (
        "commitment reported",
        lambda x, y: shape(x, y, Point(_POINT, PointKind.COMMITMENT_REPORT, "", None)),
    ),
    "contact": ("customer contacted", lambda x, y: shape(x, y, Point(_POINT, PointKind.CONTACT, "", None))),
    "quiet": ("time drawn shorter than it is", axis_break),
    "differs": (
        "difference",
        lambda x, y: (
            f'<rect x="{fixed(x - 7)}" y="{fixed(y - 7)}" width="14" height="14" rx="3" fill="none" '
            'stroke="currentColor" stroke-width="2.4"/>'
        ),
    ),
}


def draw_legend(page: Page) -> None:
    """Draw the marks that a page uses, with their meanings, in a frame: they have no place on the axis."""
    left, right = float(page.left if not page.layout.stacked else 8), page.right + RIM
    top = page.y
    x, y = left + 10 + length("Legend", bold=True) + 14, top + 15.0
    elements = [written(left + 10, y + 4, "Legend", extra=' font-weight="600" fill-opacity="0.85"')]
    for name, (meaning, mark) in _LEGEND.items():
        if name not in page.used:
            continue
        width = 14 + length(meaning) + 22
        if x + width > right + 8:
            x, y = left + 10, y + 22
        place = y + (3 if name == "several" else 0)
        elements += [mark(x + 7, place), written(x + 22, y + 4, meaning, extra=' fill-opacity="0.85"')]
        x += width
    page.y = y + 15
    frame = Box(left, top, right - left, page.y - top)
    elements.append(frame.drawn('rx="3" fill="none" stroke="currentColor" stroke-opacity="0.3"'))
    page.add(f'<g class="billing-legend">{"".join(elements)}</g>')
