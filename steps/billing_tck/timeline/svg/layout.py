"""Lay out the whole picture: groups of lanes, deadlines, axis and legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from billing_tck.text.format import format_instant
from billing_tck.timeline.model import LaneKind, PointKind, Trace
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import LEFT, RIGHT, WIDTH, Box, Page, Side, fixed, stroke, tipped, written
from billing_tck.timeline.svg.deadline_labels import DeadlineLabel, draw_deadline_labels, label_of_due, together_at
from billing_tck.timeline.svg.diff import merged, paired
from billing_tck.timeline.svg.events import draw_points, draw_story
from billing_tck.timeline.svg.labels import MONEY_ROWS
from billing_tck.timeline.svg.lanes import draw_lane, draw_pair
from billing_tck.timeline.svg.legend import DEADLINE_LINE, FADED_LINE, UNSEEN, draw_legend

_AHEAD = timedelta(days=4)  # a deadline that lies so little beyond the end has its place; a later one is only named


_INK, _GROUND, _INK_DARK, _GROUND_DARK = "#1f2328", "#ffffff", "#e6e6e6", "#16191d"


def draw(sides: Sequence[Side], title: str, ground: bool) -> str:
    """Return the picture of one run, or of two over one axis."""
    traces = [side.trace for side in sides]
    begins, ends = min(t.begins for t in traces), max(t.ends for t in traces)
    deadlines = merged(traces)
    placed = [due.deadline.at for due in deadlines if due.deadline.at <= ends + _AHEAD]
    last = max([ends, *placed])
    eventful = [*(instant for t in traces for instant in _eventful(t)), *placed, ends]
    page = Page(Scale(begins, last, eventful, LEFT, RIGHT))
    if title:
        page.add(written(8, page.y + 11, title, size=13, extra=' font-weight="600"'))
        page.y += 22
    if len(sides) > 1:
        for letter, side in zip("AB", sides, strict=False):
            page.add(written(8, page.y + 11, letter, size=12, extra=' font-weight="700"'))
            page.add(written(24, page.y + 11, side.name, size=12))
            page.y += 17
        page.y += 4
    top = page.y
    draw_story(page, sides)
    organizations = list(dict.fromkeys(name for t in traces for name in t.organizations))
    for name in organizations:
        own = [due for due in deadlines if due.deadline.organization == name]
        labels = [label_of_due(together, page.scale, begins.year, last) for together in together_at(own)]
        _draw_group(page, sides, name, labels, heading=len(organizations) > 1)
    bottom = page.y + 2
    if last > ends:
        page.used["unseen"] = None
        x = page.scale.x(ends)
        ahead = Box(x, top, RIGHT - x, bottom - top).drawn(UNSEEN)
        page.back.insert(0, tipped(f"not observed after {format_instant(ends)}", ahead))
    _draw_axis(page, top, bottom)
    draw_legend(page)
    return _frame(page, ground, _summary(sides, begins, ends))


def _frame(page: Page, ground: bool, summary: str) -> str:
    height = page.y + 6
    elements = "".join([*page.back, *page.front])
    font = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"'
    size = f'viewBox="0 0 {WIDTH} {fixed(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(summary)}" {font}'
    if not ground:
        return f'{head} width="100%" fill="currentColor">{elements}</svg>'
    dark = (
        "<style>@media (prefers-color-scheme: dark) { "
        f"svg.billing-timeline {{ color: {_INK_DARK} }} .billing-ground {{ fill: {_GROUND_DARK} }} }}</style>"
    )
    plate = f'<rect class="billing-ground" width="{WIDTH}" height="{fixed(height)}" fill="{_GROUND}"/>'
    standing = f'width="{WIDTH}" height="{fixed(height)}" class="billing-timeline" color="{_INK}" fill="currentColor"'
    return f"{head} {standing}>{dark}{plate}{elements}</svg>"


def _summary(sides: Sequence[Side], begins: datetime, ends: datetime) -> str:
    what = "Two timelines" if len(sides) > 1 else "Timeline"
    return f"{what} from {format_instant(begins)} to {format_instant(ends)}"


def _eventful(trace: Trace) -> Iterable[datetime]:
    for lane in trace.lanes:
        if lane.kind is not LaneKind.CYCLE:
            yield from (span.start for span in lane.spans)
    yield from (action.at for action in trace.actions)
    yield from (check.at for check in trace.checks)
    yield from (point.at for point in trace.points if point.kind in (PointKind.INVOICE, PointKind.CONTACT))


def _draw_group(
    page: Page, sides: Sequence[Side], name: str, labels: Sequence[DeadlineLabel], *, heading: bool
) -> None:
    if heading:
        page.y += 6
        page.add(written(8, page.y + 11, name, size=12, extra=' font-weight="600"'))
        page.add(stroke(8, page.y + 17, RIGHT, page.y + 17, ' stroke-opacity="0.25"'))
        page.y += 22
    draw_deadline_labels(page, labels)
    first = len(page.rows)
    page.lines = [(named.x, named.letter) for named in labels if not named.beyond]
    if len(sides) == 1:
        for lane in sides[0].trace.lanes:
            if lane.organization == name:
                draw_lane(page, lane, "")
    else:
        for key, pair in paired(sides[0].trace, sides[1].trace).items():
            if key[1] == name:
                draw_pair(page, key, pair)
    for label, kinds in MONEY_ROWS:
        draw_points(page, sides, name, label, kinds)
    for named in labels:  # behind what is written in the lanes
        for top, bottom in () if named.beyond else _stretches(page, first, named.letter):
            page.back.append(
                stroke(named.x, top - 3, named.x, bottom - 2, FADED_LINE if named.faded else DEADLINE_LINE)
            )
    page.y += 2


def _stretches(page: Page, first: int, letter: str) -> list[tuple[float, float]]:
    """Return where the line of a deadline is drawn: through the rows from the `first` on, except the other side's."""
    found: list[tuple[float, float]] = []
    rows = page.rows[first:]
    for (top, of), bottom in zip(rows, [*(y for y, _ in rows[1:]), page.y], strict=True):
        if letter and of not in ("", letter):
            continue
        joined = bool(found) and found[-1][1] == top
        found[-1:] = [(found[-1][0], bottom)] if joined else [*found[-1:], (top, bottom)]
    return found


def _draw_axis(page: Page, top: float, bottom: float) -> None:
    page.add(stroke(LEFT, bottom, RIGHT, bottom, ' stroke-opacity="0.8"'))
    for tick in page.scale.ticks():
        page.back.append(stroke(tick.x, top, tick.x, bottom, ' stroke-opacity="0.10"'))
        page.add(stroke(tick.x, bottom, tick.x, bottom + 4))
        page.add(written(tick.x, bottom + 16, tick.label, anchor="middle"))
        if tick.year:
            page.add(written(tick.x, bottom + 29, tick.year, anchor="middle", extra=' font-weight="600"'))
    for stretch in page.scale.stretches:
        if stretch.quiet:
            middle = (stretch.left + stretch.right) / 2
            days = (stretch.end - stretch.start).days
            said = f"{days // 365} years" if days >= 730 else f"{days} days"
            zigzag = f"M{fixed(middle - 10)} {fixed(bottom)}l4 -5l6 10l6 -10l4 5"
            page.add(f'<path d="{zigzag}" fill="none" stroke="currentColor" stroke-width="1.6"/>')
            page.add(written(middle, bottom + 16, said, anchor="middle", extra=' font-style="italic"'))
            page.back.append(
                f'<rect x="{fixed(stretch.left)}" y="{fixed(top)}" width="{fixed(stretch.right - stretch.left)}" '
                f'height="{fixed(bottom - top)}" fill="currentColor" fill-opacity="0.06"/>'
            )
    page.y = bottom + 34
