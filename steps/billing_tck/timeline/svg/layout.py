"""Lay out the whole picture: groups of lanes, deadlines, axis and legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from billing_tck.text.format import format_instant
from billing_tck.timeline.model import Lane, LaneKind, PointKind, Trace
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import (
    LABEL_ROW,
    LINE,
    MOST_NOTED,
    NOTED,
    RIM,
    WIDE,
    Box,
    Layout,
    Marks,
    Page,
    Side,
    fixed,
    length,
    stroke,
    tipped,
    wrapped,
    written,
)
from billing_tck.timeline.svg.deadline_labels import DeadlineLabel, draw_deadline_labels, label_of_due, together_at
from billing_tck.timeline.svg.diff import merged, paired
from billing_tck.timeline.svg.events import draw_points, draw_story
from billing_tck.timeline.svg.labels import MONEY_ROWS, label_of, span_words
from billing_tck.timeline.svg.lanes import draw_lane, draw_pair
from billing_tck.timeline.svg.legend import DEADLINE_LINE, FADED_LINE, UNSEEN, axis_break, draw_legend

_AHEAD = timedelta(days=4)  # a deadline that lies so little beyond the end has its place; a later one is only named


_INK, _GROUND, _INK_DARK, _GROUND_DARK = "#1f2328", "#ffffff", "#e6e6e6", "#16191d"


def draw(sides: Sequence[Side], title: str, ground: bool, layout: Layout = WIDE, marks: Marks = Marks.NOTES) -> str:
    """Return the picture of one run, or of two over one axis; with `ground` it stands alone and cannot be focused."""
    traces = [side.trace for side in sides]
    begins, ends = min(t.begins for t in traces), max(t.ends for t in traces)
    deadlines = merged(traces)
    placed = [due.deadline.at for due in deadlines if due.deadline.at <= ends + _AHEAD]
    last = max([ends, *placed])
    eventful = [*(instant for t in traces for instant in _eventful(t)), *placed, ends]
    page = Page(Scale(begins, last, eventful, layout.left, layout.right), layout, Marks.TOOLTIPS if ground else marks)
    _draw_head(page, sides, title)
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
        ahead = Box(x, top, page.right - x, bottom - top).drawn(UNSEEN)
        page.back.insert(0, tipped(f"not observed after {format_instant(ends)}", ahead))
    _draw_axis(page, top, bottom)
    page.noted = page.y
    draw_legend(page)
    return _frame(page, ground, _summary(sides, begins, ends), outcome(sides))


def _draw_head(page: Page, sides: Sequence[Side], title: str) -> None:
    for line in wrapped(title, page.layout.width - 24, bold=True) if title else ():
        page.add(written(8, page.y + 11, line, size=13, extra=' font-weight="600"'))
        page.y += 18
    for letter, side in zip("AB", sides, strict=False) if len(sides) > 1 else ():
        page.add(written(8, page.y + 11, letter, extra=' font-weight="700"'))
        for line in wrapped(side.name, page.layout.width - 32):
            page.add(written(24, page.y + 11, line))
            page.y += LINE + 2
        page.y += 2
    page.y += 4 if len(sides) > 1 or title else 0


def _frame(page: Page, ground: bool, summary: str, description: str) -> str:
    height = max(page.y, page.noted + (MOST_NOTED + 1) * LINE if page.marks is Marks.NOTES else 0) + 6
    elements = "".join([*page.back, *page.front]).replace(NOTED, fixed(page.noted + LINE))
    font = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"'
    size = f'viewBox="0 0 {page.layout.width} {fixed(height)}"'
    role = "img" if ground else "group"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="{role}" aria-label="{escape(summary)}" {font}'
    said = f"<title>{escape(summary)}</title><desc>{escape(description)}</desc>"
    if not ground:
        return f'{head} class="billing-timeline {page.layout.name}" fill="currentColor">{said}{elements}</svg>'
    dark = (
        "<style>@media (prefers-color-scheme: dark) { "
        f"svg.billing-timeline {{ color: {_INK_DARK} }} .billing-ground {{ fill: {_GROUND_DARK} }} }}</style>"
    )
    width = page.layout.width
    plate = f'<rect class="billing-ground" width="{width}" height="{fixed(height)}" fill="{_GROUND}"/>'
    standing = f'width="{width}" height="{fixed(height)}" class="billing-timeline" color="{_INK}" fill="currentColor"'
    return f"{head} {standing}>{said}{dark}{plate}{elements}</svg>"


def _summary(sides: Sequence[Side], begins: datetime, ends: datetime) -> str:
    what = "Two timelines" if len(sides) > 1 else "Timeline"
    return f"{what} from {format_instant(begins)} to {format_instant(ends)}"


def outcome(sides: Sequence[Side]) -> str:
    """Return how each run ended, as text: the last states, the checks, and the deadlines that took effect."""
    said = []
    for letter, side in zip("AB", sides, strict=False):
        trace = side.trace
        states = [
            f"{label_of(lane.kind, lane.name)} {span_words(lane.kind, lane.spans[-1])}" for lane in _stateful(trace)
        ]
        checks = [f"{sum(c.holds is fine for c in trace.checks)} {word}" for fine, word in _CHECKS]
        name = f"{letter}, {side.name}: " if len(sides) > 1 else ""
        said.append(f"{name}at the end {', '.join(states) or 'nothing'}; checks: {', '.join(checks)}.")
    return " ".join(said)


_CHECKS = ((True, "held"), (False, "failed"))


def _stateful(trace: Trace) -> Iterable[Lane]:
    return (lane for lane in trace.lanes if lane.spans and lane.kind is not LaneKind.CYCLE)


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
        page.add(stroke(8, page.y + 17, page.right, page.y + 17, ' stroke-opacity="0.25"'))
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
        if of == LABEL_ROW or (letter and of not in ("", letter)):
            continue
        joined = bool(found) and found[-1][1] == top
        found[-1:] = [(found[-1][0], bottom)] if joined else [*found[-1:], (top, bottom)]
    return found


def _draw_axis(page: Page, top: float, bottom: float) -> None:
    page.add(stroke(page.left, bottom, page.right, bottom, ' stroke-opacity="0.8"'))
    for tick in page.scale.ticks():
        page.back.append(stroke(tick.x, top, tick.x, bottom, ' stroke-opacity="0.10"'))
        page.add(stroke(tick.x, bottom, tick.x, bottom + 4))
        page.add(written(tick.x, bottom + 16, tick.label, anchor="middle"))
        if tick.year:
            width = length(tick.year, bold=True)
            x = min(max(tick.x - width / 2, 4), page.right + RIM - width)
            page.add(written(x, bottom + 29, tick.year, extra=' font-weight="600"'))
    for stretch in page.scale.stretches:
        if stretch.quiet:
            middle = (stretch.left + stretch.right) / 2
            days = (stretch.end - stretch.start).days
            said = f"{days // 365} years" if days >= 730 else f"{days} days"
            page.used["quiet"] = None
            page.add(axis_break(middle, bottom))
            page.add(written(middle, bottom + 16, said, anchor="middle", extra=' font-style="italic"'))
            page.back.append(
                f'<rect x="{fixed(stretch.left)}" y="{fixed(top)}" width="{fixed(stretch.right - stretch.left)}" '
                f'height="{fixed(bottom - top)}" fill="currentColor" fill-opacity="0.06"/>'
            )
    page.y = bottom + 34
