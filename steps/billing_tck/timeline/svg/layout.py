"""The whole picture: its groups, its deadlines, its axis and its legend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from billing_tck.text.format import format_instant
from billing_tck.timeline.deadlines import Deadline
from billing_tck.timeline.recorder import LaneKind, Point, PointKind, Trace
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import LEFT, RIGHT, WIDTH, Box, Page, Side, fixed, length, stroke, tipped, written
from billing_tck.timeline.svg.diff import Due, merged, paired
from billing_tck.timeline.svg.events import draw_points, draw_story
from billing_tck.timeline.svg.labels import MONEY_ROWS, deadline_tip, format_day
from billing_tck.timeline.svg.lanes import draw_lane, draw_pair
from billing_tck.timeline.svg.symbols import counted, shape, triangle, verdict_mark

_AHEAD = timedelta(days=4)  # a deadline that lies so little beyond the end has its place; a later one is only named


_UNSEEN = 'fill="currentColor" fill-opacity="0.07"'
_LINE = ' stroke-dasharray="6 3" stroke-width="1.4"'
_FADED = ' stroke-dasharray="1 5" stroke-width="1.2" stroke-opacity="0.6"'


_INK, _GROUND, _INK_DARK, _GROUND_DARK = "#1f2328", "#ffffff", "#e6e6e6", "#16191d"


def draw(sides: Sequence[Side], title: str, ground: bool) -> str:
    """The picture of one run, or of two over one axis."""
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
        labels = [_label(together, page.scale, begins.year, last) for together in _together(own)]
        _draw_group(page, sides, name, labels, heading=len(organizations) > 1)
    bottom = page.y + 2
    if last > ends:
        page.used["unseen"] = None
        x = page.scale.x(ends)
        ahead = Box(x, top, RIGHT - x, bottom - top).drawn(_UNSEEN)
        page.back.insert(0, tipped(f"not looked at after {format_instant(ends)}", ahead))
    _draw_axis(page, top, bottom)
    _draw_legend(page)
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
    yield from (act.at for act in trace.acts)
    yield from (question.at for question in trace.questions)
    yield from (point.at for point in trace.points if point.kind in (PointKind.INVOICE, PointKind.CONTACT))


def _draw_group(page: Page, sides: Sequence[Side], name: str, labels: Sequence[_Words], *, heading: bool) -> None:
    if heading:
        page.y += 6
        page.add(written(8, page.y + 11, name, size=12, extra=' font-weight="600"'))
        page.add(stroke(8, page.y + 17, RIGHT, page.y + 17, ' stroke-opacity="0.25"'))
        page.y += 22
    _draw_deadline_labels(page, labels)
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
            page.back.append(stroke(named.x, top - 3, named.x, bottom - 2, _FADED if named.faded else _LINE))
    page.y += 2


def _stretches(page: Page, first: int, letter: str) -> list[tuple[float, float]]:
    """Where the line of a deadline goes down: through the rows from the `first` on, but those of the other side."""
    found: list[tuple[float, float]] = []
    rows = page.rows[first:]
    for (top, of), bottom in zip(rows, [*(y for y, _ in rows[1:]), page.y], strict=True):
        if letter and of not in ("", letter):
            continue
        joined = bool(found) and found[-1][1] == top
        found[-1:] = [(found[-1][0], bottom)] if joined else [*found[-1:], (top, bottom)]
    return found


@dataclass(slots=True)
class _Words:
    """What stands above the line of a deadline, behind it or, where it `ends` there, before it; `shift` further right.

    `letter` is that of the side that alone has the deadline. What lies `beyond` the picture has no line.
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
        return length(self.said, bold=not self.faded) + 10

    @property
    def start(self) -> float:
        return self.x + self.shift + 3 - self.width if self.ends else self.x - 3

    def over(self, x: float) -> bool:
        """Whether the line of another, down from `x`, would run through the words."""
        return self.start + 3 < x < self.start + self.width - 3 and x != self.x

    def beside(self, other: _Words) -> bool:
        return self.start + self.width <= other.start or other.start + other.width <= self.start


def _together(deadlines: Sequence[Due]) -> list[list[Due]]:
    """The deadlines by their instants, in order of time, those of one side alone by themselves."""
    found: dict[tuple[datetime, str], list[Due]] = {}
    for due in deadlines:
        found.setdefault((due.deadline.at, due.letter), []).append(due)
    return [found[key] for key in sorted(found)]


def _label(together: Sequence[Due], scale: Scale, year: int, last: datetime) -> _Words:
    """The words for what falls at one instant; what is no longer due is left to the tooltip where something else is."""
    deadlines = [each.deadline for each in together]
    due = [deadline for deadline in deadlines if not deadline.standing]
    at, letter = deadlines[0].at, together[0].letter
    said = "; ".join(dict.fromkeys(f"{d.clause} {d.text}" for d in due or deadlines))
    beyond = at > last
    said = f"{letter and f'{letter}: '}{said}, {format_day(at, year)}{' →' if beyond else ''}"
    return _Words(RIGHT + 8 if beyond else scale.x(at), said, deadlines, faded=not due, letter=letter, beyond=beyond)


def _draw_deadline_labels(page: Page, labels: Sequence[_Words]) -> None:
    """The labels above a group, in as many rows as they need."""
    height = _place(labels) * 14
    for label in labels:
        page.used["faded" if label.faded else "deadline"] = None
        y = page.y + label.row * 14 + 10
        look = ' fill-opacity="0.75" text-decoration="line-through"' if label.faded else ' font-weight="600"'
        tip = "\n".join(deadline_tip(d) for d in label.together)
        anchor = "end" if label.ends else "start"
        page.add(tipped(tip, written(label.x + label.shift, y, label.said, anchor=anchor, extra=look)))
        if not label.beyond:
            opacity = "0.25" if label.faded else "0.45"
            page.back.append(stroke(label.x, y + 2, label.x, page.y + height + 2, f' stroke-opacity="{opacity}"'))
    page.y += height + 6 if labels else 0


def _place(labels: Sequence[_Words]) -> int:
    """Gives each label a row, such that no line runs through the words of another; gives how many rows there are.

    Words stand behind their line, or before it where they would not fit, and at the right where they have none. Where
    that is not enough, they give way to each other as far to the right as they can.
    """
    rows = 0
    for leaning in (False, True):
        _settle(labels, leaning=leaning)
        rows = _stack(labels)
        if not any(a.over(b.x) and b.row < a.row for a in labels for b in labels if not b.beyond):
            break
    return rows


def _settle(labels: Sequence[_Words], *, leaning: bool) -> None:
    """Where words stand beside their lines: no two of them in such a way that each would have to be below the other."""
    settled: list[_Words] = []
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


def _stands(label: _Words, settled: Sequence[_Words]) -> bool:
    """Whether words have a place, as far as those that have theirs are concerned."""
    facing = any(label.over(other.x) and other.over(label.x) for other in settled if not other.beyond)
    return label.beyond or (label.start + label.width <= RIGHT + 12 and not facing)


def _stack(labels: Sequence[_Words]) -> int:
    """The rows of labels, each below all words that its line would run through; gives how many there are."""
    waiting = [*(each for each in reversed(labels) if each.ends), *(each for each in labels if not each.ends)]
    placed: list[_Words] = []
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


_POINT = datetime(2025, 1, 1)  # noqa: DTZ001 - any instant: the shapes of the legend have no date


_LEGEND: Mapping[str, tuple[str, Callable[[float, float], str]]] = {
    "done": ("something is done", triangle),
    "several": ("so many things are done at once", lambda x, y: counted(x, y + 2, 2)),
    "held": ("asked, as expected", lambda x, y: verdict_mark(x, y, True)),
    "failed": ("asked, not as expected", lambda x, y: verdict_mark(x, y, False)),
    "deadline": ("deadline of a clause", lambda x, y: stroke(x, y - 8, x, y + 8, _LINE)),
    "faded": (
        "deadline that is no longer due",
        lambda x, y: stroke(x, y - 8, x, y + 8, _FADED) + stroke(x - 6, y, x + 6, y, ' stroke-opacity="0.75"'),
    ),
    "unseen": ("not looked at any more", lambda x, y: Box(x - 7, y - 7, 14, 14).drawn(_UNSEEN)),
    "charge succeeded": ("charged", lambda x, y: shape(x, y, Point(_POINT, PointKind.CHARGED, "", None))),
    "charge failed": ("charge failed", lambda x, y: shape(x, y, Point(_POINT, PointKind.FAILED, "", None))),
    "invoice open": ("invoice, open", lambda x, y: shape(x, y, Point(_POINT, PointKind.INVOICE, "", None))),
    "invoice paid": (
        "invoice, paid",
        lambda x, y: shape(x, y, Point(_POINT, PointKind.INVOICE, "", None, state="paid")),
    ),
    "usage reported": ("usage reported", lambda x, y: shape(x, y, Point(_POINT, PointKind.USAGE_REPORT, "", None))),
    "commitment reported": (
        "commitment reported",
        lambda x, y: shape(x, y, Point(_POINT, PointKind.COMMITMENT_REPORT, "", None)),
    ),
    "contact": ("customer contacted", lambda x, y: shape(x, y, Point(_POINT, PointKind.CONTACT, "", None))),
    "differs": (
        "they differ",
        lambda x, y: (
            f'<rect x="{fixed(x - 7)}" y="{fixed(y - 7)}" width="14" height="14" rx="3" fill="none" '
            'stroke="currentColor" stroke-width="2.4"/>'
        ),
    ),
}


def _draw_legend(page: Page) -> None:
    x = float(LEFT)
    y = page.y + (14 if "several" in page.used else 8)
    for name, (said, mark) in _LEGEND.items():
        if name not in page.used:
            continue
        width = 14 + length(said) + 22
        if x + width > RIGHT + 12:
            x, y = float(LEFT), y + 20
        page.add(mark(x + 7, y), written(x + 20, y + 4, said, extra=' fill-opacity="0.85"'))
        x += width
    page.y = y + 10
