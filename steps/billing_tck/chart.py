"""The timeline of a trace as a picture: plain SVG, without a library, a script or the network.

States differ by pattern, outline and words, never by colour alone; all ink is the colour of the text around it, so that
the picture reads on light and on dark ground. `svg` with `ground=True` brings its own ground along, for pictures that
stand alone. Patterns are drawn as lines and not referred to by name, so that any number of timelines share a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from itertools import pairwise
from typing import Literal

from billing_tck.deadlines import Deadline
from billing_tck.scale import Scale
from billing_tck.timeline import say_instant
from billing_tck.trace import Act, Lane, LaneKind, Point, PointKind, Question, Span, Trace
from billing_tck.vocabulary.words import say_money

WIDTH, LEFT, RIGHT = 960, 150, 944
ROW, TALL, GAP = 20, 30, 5
SMALL = 11
_PER_CHARACTER = 5.9  # of small text, on the safe side
_AHEAD = timedelta(days=4)  # a deadline that lies so little beyond the end is drawn as well
_INK, _GROUND, _INK_DARK, _GROUND_DARK = "#1f2328", "#ffffff", "#e6e6e6", "#16191d"

Pattern = Literal["solid", "rising", "falling", "gone", "light", "line"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn: a colour that carries no meaning alone, and a pattern that does."""

    colour: str
    pattern: Pattern


_BLUE, _AMBER, _RED, _GREEN, _VIOLET, _GREY = "#3b8ed0", "#e69f00", "#d55e00", "#1b9e77", "#8a6fc0", "#808890"

_LOOKS: Mapping[tuple[LaneKind, str], Look] = {
    (LaneKind.SERVICE, "running"): Look(_BLUE, "solid"),
    (LaneKind.SERVICE, "stopped"): Look(_AMBER, "rising"),
    (LaneKind.SERVICE, "deleted"): Look(_GREY, "gone"),
    (LaneKind.RESTRICTIONS, "restricted"): Look(_RED, "falling"),
    (LaneKind.RESTRICTIONS, "not restricted"): Look(_GREY, "line"),
    (LaneKind.DATA, "present"): Look(_GREEN, "solid"),
    (LaneKind.DATA, "deleted"): Look(_GREY, "gone"),
    (LaneKind.DATA, "none"): Look(_GREY, "line"),
    (LaneKind.METHOD, "nobody"): Look(_GREY, "gone"),
    (LaneKind.SUBSCRIPTION, "bought, not linked"): Look(_AMBER, "rising"),
    (LaneKind.SUBSCRIPTION, "linked"): Look(_VIOLET, "solid"),
    (LaneKind.SUBSCRIPTION, "ended"): Look(_GREY, "gone"),
    (LaneKind.TRIAL, "none"): Look(_GREY, "line"),
    (LaneKind.TRIAL, "over"): Look(_GREY, "gone"),
    (LaneKind.CREDITS, "none"): Look(_GREY, "line"),
    (LaneKind.CREDITS, "used up"): Look(_GREY, "gone"),
    (LaneKind.CREDITS, "expired"): Look(_GREY, "gone"),
    (LaneKind.CYCLE, ""): Look(_GREY, "line"),
}
_OTHERWISE: Mapping[LaneKind, Look] = {LaneKind.CYCLE: Look(_GREY, "light"), LaneKind.METHOD: Look(_VIOLET, "light")}
_LABELS: Mapping[LaneKind, str] = {
    LaneKind.METHOD: "billed by",
    LaneKind.TRIAL: "trial credits",
    LaneKind.CREDITS: "credits left",
    LaneKind.RESTRICTIONS: "restrictions",
    LaneKind.DATA: "data",
    LaneKind.CYCLE: "billing cycle",
}
_MONEY_ROWS: Sequence[tuple[str, frozenset[PointKind]]] = (
    ("charges", frozenset({PointKind.CHARGED, PointKind.FAILED})),
    ("invoices", frozenset({PointKind.INVOICE})),
    ("reported", frozenset({PointKind.USAGE_REPORT, PointKind.COMMITMENT_REPORT})),
    ("contact", frozenset({PointKind.CONTACT})),
)


# What is public


def svg(trace: Trace, *, title: str = "", ground: bool = False) -> str:
    """The timeline as an SVG element; with `ground` it can stand alone, as a file or an `<img>`."""
    return _draw([_Side("", trace)], title, ground)


def side_by_side(a: Trace, b: Trace, *, names: tuple[str, str] = ("A", "B"), ground: bool = False) -> str:
    """Two runs over one axis: what is alike drawn once, what differs drawn twice and marked."""
    return _draw([_Side(names[0], a), _Side(names[1], b)], "", ground)


def differences(a: Trace, b: Trace) -> list[str]:
    """What differs between two runs, in words, one line for each lane and each kind of event."""
    said = []
    for key, pair in _paired(a, b).items():
        for start, end in _apart(*pair):
            states = [_state_at(lane, start) for lane in pair]
            label = _label_of(key[0], key[2])
            said.append(f"{label}: {states[0]} against {states[1]}, from {say_instant(start)} to {say_instant(end)}")
    for label, kinds in _MONEY_ROWS:
        only = [_only(x, y, kinds) for x, y in ((a, b), (b, a))]
        if any(only):
            said.append(f"{label}: {_say_points(only[0])} against {_say_points(only[1])}")
    return said


def text(trace: Trace) -> str:
    """The timeline in plain text, for where there are no pictures."""
    lines = [f"{say_instant(trace.begins)} to {say_instant(trace.ends)}"]
    rows: list[tuple[str, str]] = []
    several = len(trace.organizations) > 1
    for lane in trace.lanes:
        label = _label_of(lane.kind, lane.name) + (f" ({lane.organization})" if several else "")
        said = [f"{say_instant(span.start)} {_span_words(lane.kind, span)}" for span in lane.spans]
        rows.append((label, " · ".join(said)))
    for label, kinds in _MONEY_ROWS:
        points = [point for point in trace.points if point.kind in kinds]
        if points:
            rows.append((label, " · ".join(f"{say_instant(p.at)} {_point_words(p)}" for p in points)))
    rows += [("deadline", f"{say_instant(d.at)} {_deadline_words(d)}") for d in trace.deadlines]
    width = max((len(label) for label, _ in rows), default=0)
    return "\n".join([*lines, *(f"  {label:<{width}}  {said}" for label, said in rows)])


@dataclass(frozen=True, slots=True)
class Timeline:
    """A trace that shows itself: with tooltips in a notebook, as a picture elsewhere, as text where nothing else goes."""

    trace: Trace
    title: str = ""

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        return _bundle(
            lambda ground: svg(self.trace, title=self.title, ground=ground), text(self.trace), include, exclude
        )


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two traces of one scenario, with what differs between them."""

    a: Trace
    b: Trace
    names: tuple[str, str] = ("A", "B")

    @property
    def differences(self) -> list[str]:
        """What differs, in words; empty where nothing does."""
        return differences(self.a, self.b)

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        said = self.differences or ["nothing differs"]
        plain = "\n".join([f"A  {self.names[0]}", f"B  {self.names[1]}", *(f"  {line}" for line in said)])
        return _bundle(
            lambda ground: side_by_side(self.a, self.b, names=self.names, ground=ground), plain, include, exclude
        )


def _bundle(
    draw: Callable[[bool], str], plain: str, include: Iterable[str] | None, exclude: Iterable[str] | None
) -> dict[str, str]:
    bundle = {
        "text/html": f'<div style="max-width:{WIDTH}px">{draw(False)}</div>',
        "image/svg+xml": draw(True),
        "text/plain": plain,
    }
    wanted = set(include or bundle) - set(exclude or ())
    return {kind: value for kind, value in bundle.items() if kind in wanted}


# Words


def _label_of(kind: LaneKind, name: str) -> str:
    return _LABELS.get(kind, name.partition(" of the ")[0])


def _span_words(kind: LaneKind, span: Span) -> str:
    if span.amount is not None and kind in (LaneKind.TRIAL, LaneKind.CREDITS) and span.state in ("running", "left"):
        return f"{say_money(span.amount)} left"
    return span.state or "none yet"


def _point_words(point: Point) -> str:
    amount = say_money(point.amount) if point.amount is not None else ""
    words = {
        PointKind.CHARGED: f"{amount} charged",
        PointKind.FAILED: f"{amount} charge failed",
        PointKind.INVOICE: f"{amount} invoiced ({point.state})",
        PointKind.USAGE_REPORT: f"{amount} of usage reported",
        PointKind.COMMITMENT_REPORT: f"{amount} of commitment reported",
        PointKind.CONTACT: "contact",
    }
    return words[point.kind]


def _deadline_words(deadline: Deadline) -> str:
    said = f"{deadline.clause} {deadline.text}"
    return f"{said} (not so: {deadline.standing})" if deadline.standing else said


def _deadline_tip(deadline: Deadline) -> str:
    counted = f", {deadline.days} days after {say_instant(deadline.since)}" if deadline.days else ""
    tip = f"{deadline.clause}: {deadline.text} {say_instant(deadline.at)}{counted}"
    return f"{tip}. Not so: {deadline.standing}" if deadline.standing else tip


def _say_points(points: Sequence[Point]) -> str:
    said = [f"{_point_words(p)} {say_instant(p.at)}" for p in points[:3]]
    return ", ".join(said) + (f" and {len(points) - 3} more" if len(points) > 3 else "") or "nothing"


# What two runs have in common

Key = tuple[LaneKind, str, str]
_NOTHING = Lane(LaneKind.SERVICE, "", "", ())


def _paired(a: Trace, b: Trace) -> dict[Key, tuple[Lane, Lane]]:
    left = {(lane.kind, lane.organization, lane.name): lane for lane in a.lanes}
    right = {(lane.kind, lane.organization, lane.name): lane for lane in b.lanes}
    order = list(dict.fromkeys([*left, *right]))
    return {key: (left.get(key, _NOTHING), right.get(key, _NOTHING)) for key in order}


def _state_at(lane: Lane, instant: datetime) -> str:
    span = lane.at(instant)
    return _span_words(lane.kind, span) if span else "nothing"


def _apart(a: Lane, b: Lane) -> list[tuple[datetime, datetime]]:
    """The stretches in which two lanes say something else."""
    rims = sorted({rim for lane in (a, b) for span in lane.spans for rim in (span.start, span.end)})
    found: list[tuple[datetime, datetime]] = []
    for start, end in pairwise(rims):
        here = [lane.at(start) for lane in (a, b)]
        if [(s.state, s.amount) if s else None for s in here[:1]] == [
            (s.state, s.amount) if s else None for s in here[1:]
        ]:
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    if rims:  # a difference that shows at the very last instant
        ends = [lane.spans[-1] if lane.spans else None for lane in (a, b)]
        said = [(s.state, s.amount) if s else None for s in ends]
        if said[0] != said[1] and (not found or found[-1][1] != rims[-1]):
            found.append((rims[-1], rims[-1]))
    return found


def _only(a: Trace, b: Trace, kinds: frozenset[PointKind]) -> list[Point]:
    """The points of `a` that `b` does not have."""
    rest = [(p.at, p.kind, p.organization, p.amount, p.state) for p in b.points if p.kind in kinds]
    alone = []
    for point in (p for p in a.points if p.kind in kinds):
        key = (point.at, point.kind, point.organization, point.amount, point.state)
        if key in rest:
            rest.remove(key)
        else:
            alone.append(point)
    return alone


# Drawing


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    trace: Trace


@dataclass(slots=True)
class _Page:
    """The elements drawn so far, and how far down the page goes."""

    scale: Scale
    y: float = 8
    back: list[str] = field(default_factory=list)
    front: list[str] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)

    def add(self, *elements: str) -> None:
        self.front += elements


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _words(x: float, y: float, said: str, *, size: int = SMALL, anchor: str = "start", extra: str = "") -> str:
    anchored = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size}"{anchored}{extra}>{escape(said)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, extra: str = "") -> str:
    return f'<path d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}" fill="none" stroke="currentColor"{extra}/>'


def _tipped(tip: str, *elements: str) -> str:
    return f"<g><title>{escape(tip)}</title>{''.join(elements)}</g>"


def _length(said: str) -> float:
    return len(said) * _PER_CHARACTER


def _fitted(said: str, room: float) -> str:
    """As much of the words as there is room for; nothing where that would say nothing."""
    if _length(said) <= room:
        return said
    fits = int(room / _PER_CHARACTER) - 1
    return f"{said[:fits].rstrip()}…" if fits >= 4 else ""


def _draw(sides: Sequence[_Side], title: str, ground: bool) -> str:
    traces = [side.trace for side in sides]
    begins, ends = min(t.begins for t in traces), max(t.ends for t in traces)
    deadlines = _merged(traces, ends)
    last = max([ends, *(d.at for d in deadlines)])
    eventful = [instant for t in traces for instant in _eventful(t)] + [d.at for d in deadlines]
    page = _Page(Scale(begins, last, [*eventful, ends], LEFT, RIGHT))
    if title:
        page.add(_words(8, page.y + 11, title, size=13, extra=' font-weight="600"'))
        page.y += 22
    if len(sides) > 1:
        for letter, side in zip("AB", sides, strict=False):
            page.add(_words(8, page.y + 11, letter, size=12, extra=' font-weight="700"'))
            page.add(_words(24, page.y + 11, side.name, size=12))
            page.y += 17
        page.y += 4
    top = page.y
    _draw_story(page, sides)
    organizations = list(dict.fromkeys(name for t in traces for name in t.organizations))
    for name in organizations:
        _draw_group(page, sides, name, deadlines, heading=len(organizations) > 1)
    bottom = page.y + 2
    if last > ends:
        x = page.scale.x(ends)
        page.back.append(
            f'<rect x="{_n(x)}" y="{_n(top)}" width="{_n(RIGHT - x)}" height="{_n(bottom - top)}" '
            'fill="currentColor" fill-opacity="0.05"/>'
        )
        if RIGHT - x > 70:
            page.back.append(
                _words(
                    RIGHT - 4,
                    bottom - 5,
                    "not looked at",
                    anchor="end",
                    extra=' fill-opacity="0.7" font-style="italic"',
                )
            )
    _draw_axis(page, top, bottom)
    _draw_legend(page)
    return _frame(page, ground, _summary(sides, begins, ends))


def _frame(page: _Page, ground: bool, summary: str) -> str:
    height = page.y + 6
    elements = "".join([*page.back, *page.front])
    font = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"'
    size = f'viewBox="0 0 {WIDTH} {_n(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(summary)}" {font}'
    if not ground:
        return f'{head} width="100%" fill="currentColor">{elements}</svg>'
    dark = (
        "<style>@media (prefers-color-scheme: dark) { "
        f"svg.billing-timeline {{ color: {_INK_DARK} }} .billing-ground {{ fill: {_GROUND_DARK} }} }}</style>"
    )
    plate = f'<rect class="billing-ground" width="{WIDTH}" height="{_n(height)}" fill="{_GROUND}"/>'
    fixed = f'width="{WIDTH}" height="{_n(height)}" class="billing-timeline" color="{_INK}" fill="currentColor"'
    return f"{head} {fixed}>{dark}{plate}{elements}</svg>"


def _summary(sides: Sequence[_Side], begins: datetime, ends: datetime) -> str:
    what = "Two timelines" if len(sides) > 1 else "Timeline"
    return f"{what} from {say_instant(begins)} to {say_instant(ends)}"


def _merged(traces: Sequence[Trace], ends: datetime) -> list[Deadline]:
    """The deadlines of all traces that lie before the end or shortly behind it, each once."""
    found = {(d.organization, d.clause, d.at): d for t in traces for d in t.deadlines if d.at <= ends + _AHEAD}
    return sorted(found.values(), key=lambda d: (d.at, d.clause))


def _eventful(trace: Trace) -> Iterable[datetime]:
    for lane in trace.lanes:
        if lane.kind is not LaneKind.CYCLE:
            yield from (span.start for span in lane.spans)
    yield from (act.at for act in trace.acts)
    yield from (question.at for question in trace.questions)
    yield from (point.at for point in trace.points if point.kind in (PointKind.INVOICE, PointKind.CONTACT))


# The story: what was done, and what was asked


def _draw_story(page: _Page, sides: Sequence[_Side]) -> None:
    for letter, side in zip("AB", sides, strict=False):
        questions = side.trace.questions
        if letter == "B" and (questions, side.trace.acts) == (sides[0].trace.questions, sides[0].trace.acts):
            continue
        alike = len(sides) > 1 and (questions, side.trace.acts) == (sides[1].trace.questions, sides[1].trace.acts)
        label = "scenario" if len(sides) == 1 or alike else f"scenario {letter}"
        _label(page, label)
        middle = page.y + ROW / 2
        acts: dict[float, list[Act]] = {}
        for act in side.trace.acts:
            acts.setdefault(_near(acts, page.scale.x(act.at)), []).append(act)
        for x, together in acts.items():
            page.used["done"] = None
            tip = "\n".join(f"{say_instant(act.at)}  {act.sentence}" for act in together)
            page.add(_tipped(tip, _triangle(x, middle)))
        asked: dict[float, list[Question]] = {}
        for question in questions:
            asked.setdefault(_near(asked, page.scale.x(question.at)), []).append(question)
        for x, together_asked in asked.items():
            fine = all(question.answered for question in together_asked)
            page.used["held" if fine else "failed"] = None
            tip = "\n".join(
                f"{say_instant(q.at)}  {q.step}: {'as expected' if q.answered else 'NOT as expected'}"
                for q in together_asked
            )
            aside = 12 if any(abs(x - other) < 9 for other in acts) else 0
            page.add(_tipped(tip, _verdict(min(x + aside, RIGHT + 4), middle, fine)))
        page.y += ROW + GAP


def _near(known: Mapping[float, object], x: float) -> float:
    """The place of a mark: that of an earlier one where the two would overlap."""
    return next((other for other in known if abs(other - x) < 8), x)


def _triangle(x: float, y: float) -> str:
    return f'<path d="M{_n(x - 5)} {_n(y - 4)}h10l-5 8.5z" fill="currentColor" fill-opacity="0.75"/>'


def _verdict(x: float, y: float, fine: bool) -> str:
    if fine:
        mark = f"M{_n(x - 4)} {_n(y)}l3 3.5l5.5 -7"
        ring = f'<circle cx="{_n(x)}" cy="{_n(y)}" r="7.5" fill="{_GREEN}" fill-opacity="0.25" stroke="currentColor"/>'
    else:
        mark = f"M{_n(x - 3.5)} {_n(y - 3.5)}l7 7m0 -7l-7 7"
        ring = (
            f'<rect x="{_n(x - 7.5)}" y="{_n(y - 7.5)}" width="15" height="15" '
            f'fill="{_RED}" fill-opacity="0.35" stroke="currentColor" stroke-width="1.5"/>'
        )
    return ring + f'<path d="{mark}" fill="none" stroke="currentColor" stroke-width="1.8"/>'


# One organization


def _draw_group(
    page: _Page, sides: Sequence[_Side], name: str, deadlines: Sequence[Deadline], *, heading: bool
) -> None:
    if heading:
        page.y += 6
        page.add(_words(8, page.y + 11, name, size=12, extra=' font-weight="600"'))
        page.add(_line(8, page.y + 17, RIGHT, page.y + 17, ' stroke-opacity="0.25"'))
        page.y += 22
    own = [deadline for deadline in deadlines if deadline.organization == name]
    lines = _draw_deadline_labels(page, own)
    top = page.y
    if len(sides) == 1:
        for lane in sides[0].trace.lanes:
            if lane.organization == name:
                _draw_lane(page, lane, "")
    else:
        for key, pair in _paired(sides[0].trace, sides[1].trace).items():
            if key[1] == name:
                _draw_pair(page, key, pair)
    for label, kinds in _MONEY_ROWS:
        _draw_points(page, sides, name, label, kinds)
    for x, standing in lines:
        dash = ' stroke-dasharray="1 4" stroke-opacity="0.7"' if standing else ' stroke-dasharray="6 3"'
        page.add(_line(x, top - 3, x, page.y - 2, f'{dash} stroke-width="1.4" pointer-events="none"'))
    page.y += 2


def _draw_deadline_labels(page: _Page, deadlines: Sequence[Deadline]) -> list[tuple[float, bool]]:
    """The labels above a group, in as many rows as they need; gives where their lines go down."""
    at: dict[datetime, list[Deadline]] = {}
    for deadline in deadlines:
        at.setdefault(deadline.at, []).append(deadline)
    if not at:
        return []
    page.used["deadline"] = None
    rows: list[float] = []
    placed: list[tuple[int, float, float, str, list[Deadline]]] = []
    lines: list[tuple[float, bool]] = []
    for instant, together in sorted(at.items()):
        x = page.scale.x(instant)
        label = "; ".join(dict.fromkeys(f"{d.clause} {d.text}" for d in together if not d.standing))
        if not label:
            label = "; ".join(dict.fromkeys(f"({d.clause} {d.text})" for d in together))
        width = _length(label) + 10
        start = x - 3 if x - 3 + width <= RIGHT + 12 else x + 3 - width
        row = next((n for n, taken in enumerate(rows) if taken <= start), len(rows))
        rows[row : row + 1] = [start + width]
        placed.append((row, x, start, label, together))
        lines.append((x, all(d.standing for d in together)))
    height = len(rows) * 14
    for row, x, start, label, together in placed:
        y = page.y + row * 14 + 10
        faint = ' fill-opacity="0.8" font-style="italic"' if all(d.standing for d in together) else ' font-weight="600"'
        tip = "\n".join(_deadline_tip(d) for d in together)
        anchor, left = ("start", start + 3) if start > x - 4 else ("end", x)
        page.add(_tipped(tip, _words(left, y, label, anchor=anchor, extra=faint)))
        page.back.append(_line(x, y + 2, x, page.y + height + 2, ' stroke-opacity="0.45"'))
    page.y += height + 6
    return lines


def _label(page: _Page, said: str, letter: str = "", height: float = ROW) -> None:
    room = LEFT - 30 if letter else LEFT - 16
    page.add(
        _tipped(
            said, _words(LEFT - 10 - (16 if letter else 0), page.y + height / 2 + 4, _fitted(said, room), anchor="end")
        )
    )
    if letter:
        page.add(_words(LEFT - 8, page.y + height / 2 + 4, letter, anchor="end", extra=' font-weight="700"'))


def _draw_lane(page: _Page, lane: Lane, letter: str) -> None:
    height = TALL if lane.kind in (LaneKind.TRIAL, LaneKind.CREDITS) else ROW
    _label(page, _label_of(lane.kind, lane.name), letter, height)
    most = max((span.amount for span in lane.spans if span.amount is not None), default=Decimal(0))
    for span, words in _gathered(lane, page.scale):
        x, end = page.scale.x(span.start), page.scale.x(span.end)
        width = max(end - x, 1.5)
        look = _LOOKS.get((lane.kind, span.state)) or _OTHERWISE.get(lane.kind) or Look(_BLUE, "solid")
        elements = []
        if span.amount is not None and look.pattern == "solid" and most:
            share = float(span.amount / most)
            level = page.y + (1 - share) * (height - 2)
            elements.append(
                f'<rect x="{_n(x)}" y="{_n(level)}" width="{_n(width)}" height="{_n(page.y + height - level)}" '
                f'fill="{look.colour}" fill-opacity="0.35"/>'
            )
            elements.append(_line(x, level, x + width, level, ' stroke-width="1.5"'))
            elements.append(_line(x, page.y + height, x + width, page.y + height, ' stroke-opacity="0.5"'))
        else:
            elements += _box(x, page.y, width, height, look)
        said = _fitted(words, width - 10)
        if said and look.pattern != "line":
            elements.append(_words(x + 6, page.y + height / 2 + 4, said))
        page.add(_tipped(_span_tip(lane, span, words), *elements))
    page.y += height + GAP


def _gathered(lane: Lane, scale: Scale) -> list[tuple[Span, str]]:
    """The spans with their words; cycles too short to be seen are drawn as one."""
    gathered: list[tuple[list[Span], bool]] = []
    for span in lane.spans:
        narrow = lane.kind is LaneKind.CYCLE and scale.x(span.end) - scale.x(span.start) < 12
        if narrow and gathered and gathered[-1][1]:
            gathered[-1][0].append(span)
        else:
            gathered.append(([span], narrow))
    return [
        (
            replace(spans[0], end=spans[-1].end),
            _span_words(lane.kind, spans[0]) if len(spans) == 1 else f"{len(spans)} cycles",
        )
        for spans, _ in gathered
    ]


def _span_tip(lane: Lane, span: Span, words: str) -> str:
    tip = f"{_label_of(lane.kind, lane.name)}: {words}\nfrom {say_instant(span.start)} to {say_instant(span.end)}"
    return f"{tip}\n(not yet on {say_instant(span.unseen)})" if span.unseen else tip


def _box(x: float, y: float, width: float, height: float, look: Look) -> list[str]:
    frame = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
    edge = 'stroke="currentColor"'
    match look.pattern:
        case "line":
            target = f'<rect {frame} fill="none" pointer-events="all"/>'
            return [target, _line(x, y + height / 2, x + width, y + height / 2, ' stroke-opacity="0.35"')]
        case "light":
            return [f'<rect {frame} rx="2" fill="{look.colour}" fill-opacity="0.14" {edge} stroke-opacity="0.45"/>']
        case "gone":
            dashed = f'fill="none" pointer-events="all" {edge} stroke-opacity="0.8" stroke-dasharray="3 3"'
            return [f'<rect {frame} rx="2" {dashed}/>']
        case "solid":
            return [f'<rect {frame} rx="2" fill="{look.colour}" fill-opacity="0.38" {edge} stroke-opacity="0.6"/>']
        case "rising" | "falling":
            hatch = _hatch(x, y, width, height, 7 if look.pattern == "rising" else 5, look.pattern == "rising")
            lines = f'<path d="{hatch}" fill="none" stroke="{look.colour}" stroke-width="1.6" stroke-opacity="0.6"/>'
            return [
                f'<rect {frame} rx="2" fill="{look.colour}" fill-opacity="0.16"/>{lines}'
                f'<rect {frame} rx="2" fill="none" {edge} stroke-opacity="0.7"/>'
            ]


def _hatch(x: float, y: float, width: float, height: float, step: float, rising: bool) -> str:
    """Slanting lines inside a box, cut at its rim."""
    parts = []
    offset = -height + step
    while offset < width:
        first, last = max(offset, 0.0), min(offset + height, width)
        if last > first:
            low, high = (first - offset), (last - offset)
            ys = (y + height - low, y + height - high) if rising else (y + low, y + high)
            parts.append(f"M{_n(x + first)} {_n(ys[0])}L{_n(x + last)} {_n(ys[1])}")
        offset += step
    return "".join(parts)


def _draw_pair(page: _Page, key: Key, pair: tuple[Lane, Lane]) -> None:
    apart = _apart(*pair)
    if not apart:
        _draw_lane(page, pair[0], "")
        return
    top = page.y
    for letter, lane in zip("AB", pair, strict=True):
        if lane.spans:
            _draw_lane(page, lane, letter)
        else:
            _label(page, _label_of(key[0], key[2]), letter)
            page.y += ROW + GAP
    for start, end in apart:
        _mark(page, page.scale.x(start), page.scale.x(end), top, page.y - GAP, _apart_tip(pair, start, end))


def _apart_tip(pair: tuple[Lane, Lane], start: datetime, end: datetime) -> str:
    said = " against ".join(_state_at(lane, start) for lane in pair)
    return f"they differ: {said}\nfrom {say_instant(start)} to {say_instant(end)}"


def _mark(page: _Page, x: float, end: float, top: float, bottom: float, tip: str) -> None:
    """The frame round a difference, with its sign."""
    page.used["differs"] = None
    left, width = x - 2, max(end - x, 1.5) + 4
    frame = (
        f'<rect x="{_n(left)}" y="{_n(top - 2)}" width="{_n(width)}" height="{_n(bottom - top + 4)}" rx="3" '
        f'fill="none" stroke="currentColor" stroke-width="2.4"/>'
    )
    middle = (top + bottom) / 2
    sign = (
        f'<circle cx="{_n(left + width / 2)}" cy="{_n(middle)}" r="7" fill="{_AMBER}" stroke="currentColor"/>'
        f'<path d="M{_n(left + width / 2 - 4)} {_n(middle - 2)}h8m-8 4h8m-1.5 -5.5l-5 7" stroke="#000" '
        'stroke-width="1.3" fill="none"/>'
    )
    page.add(_tipped(tip, frame, sign))


# Events


def _draw_points(page: _Page, sides: Sequence[_Side], name: str, label: str, kinds: frozenset[PointKind]) -> None:
    per_side = [[p for p in s.trace.points if p.organization == name and p.kind in kinds] for s in sides]
    if not any(per_side):
        return
    alike = len(sides) > 1 and not any(_only(x.trace, y.trace, kinds) for x, y in (sides, sides[::-1]))
    rows = per_side[:1] if len(sides) == 1 or alike else per_side
    top = page.y
    for letter, points in zip("AB", rows, strict=False):
        _label(page, label, letter if len(rows) > 1 else "")
        page.back.append(_line(LEFT, page.y + ROW / 2, RIGHT, page.y + ROW / 2, ' stroke-opacity="0.18"'))
        _draw_marks(page, points)
        page.y += ROW + GAP
    if len(rows) > 1:
        alone = {
            page.scale.x(p.at): p
            for x, y in ((sides[0], sides[1]), (sides[1], sides[0]))
            for p in _only(x.trace, y.trace, kinds)
            if p.organization == name
        }
        last = -100.0
        for x, point in sorted(alone.items()):
            if x - last >= 18:
                tip = f"they differ: {_point_words(point)} {say_instant(point.at)} on one side only"
                _mark(page, x - 6, x + 6, top, page.y - GAP, tip)
                last = x


def _draw_marks(page: _Page, points: Sequence[Point]) -> None:
    groups: list[tuple[float, list[Point]]] = []
    for point in points:
        x = page.scale.x(point.at)
        if groups and x - groups[-1][0] < 9 and groups[-1][1][0].kind is point.kind:
            groups[-1][1].append(point)
        else:
            groups.append((x, [point]))
    middle = page.y + ROW / 2
    labelled = _labelled(groups)
    for number, (x, together) in enumerate(groups):
        page.used[_mark_name(together[0])] = None
        tip = "\n".join(f"{say_instant(p.at)}  {_point_words(p)} {p.detail}".rstrip() for p in together[:12])
        tip += f"\nand {len(together) - 12} more" if len(together) > 12 else ""
        room = (groups[number + 1][0] if number + 1 < len(groups) else RIGHT + 12) - x - 16
        label = _amounts(together) if number in labelled else ""
        said = label if _length(label) <= room else ""
        words = _words(x + 9, middle + 4, said) if said else ""
        if not said and number + 1 == len(groups) and _length(label) < x - LEFT and number == 0:
            words = _words(x - 9, middle + 4, label, anchor="end")
        page.add(_tipped(tip, _shape(x, middle, together[0]), words))


def _labelled(groups: Sequence[tuple[float, list[Point]]]) -> set[int]:
    """Which marks say their amount: of a series of the same amount the first that has the room, or its last."""
    chosen: set[int] = set()
    begun = 0
    for number, (x, together) in enumerate(groups):
        label = _amounts(together)
        if number and (groups[number - 1][1][0].kind, _amounts(groups[number - 1][1])) != (together[0].kind, label):
            begun = number
        if any(n in chosen for n in range(begun, number)):
            continue
        following = groups[number + 1] if number + 1 < len(groups) else None
        goes_on = following is not None and (following[1][0].kind, _amounts(following[1])) == (together[0].kind, label)
        if following is None or not goes_on or following[0] - x - 16 >= _length(label):
            chosen.add(number)
    return chosen


def _amounts(points: Sequence[Point]) -> str:
    if points[0].amount is None:
        return ""
    if points[0].kind is PointKind.FAILED:
        return say_money(points[0].amount) + (f" \u00d7{len(points)}" if len(points) > 1 else "")
    total = sum((p.amount for p in points if p.amount is not None), Decimal(0))
    return (f"{len(points)}: " if len(points) > 1 else "") + say_money(total)


def _mark_name(point: Point) -> str:
    return f"invoice {point.state}" if point.kind is PointKind.INVOICE else str(point.kind)


def _shape(x: float, y: float, point: Point) -> str:
    ink = 'stroke="currentColor" stroke-width="1.5"'
    match point.kind:
        case PointKind.CHARGED:
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="5.5" fill="{_GREEN}" fill-opacity="0.8" {ink}/>'
        case PointKind.FAILED:
            cross = f"M{_n(x - 5)} {_n(y - 5)}l10 10m0 -10l-10 10"
            return f'<path d="{cross}" fill="none" stroke="{_RED}" stroke-width="5" stroke-opacity="0.45"/>' + (
                f'<path d="{cross}" fill="none" stroke="currentColor" stroke-width="2"/>'
            )
        case PointKind.INVOICE:
            box = f'<rect x="{_n(x - 4.5)}" y="{_n(y - 6)}" width="9" height="12"'
            if point.state == InvoiceWords.PAID:
                return f'{box} fill="currentColor" fill-opacity="0.7" {ink}/>'
            void = f'<path d="M{_n(x - 4.5)} {_n(y + 6)}l9 -12" {ink}/>' if point.state == InvoiceWords.VOID else ""
            return f'{box} fill="none" pointer-events="all" {ink}/>{void}'
        case PointKind.USAGE_REPORT | PointKind.COMMITMENT_REPORT:
            usage = point.kind is PointKind.USAGE_REPORT
            fill = f'fill="{_VIOLET}" fill-opacity="0.8"' if usage else 'fill="none" pointer-events="all"'
            return f'<path d="M{_n(x)} {_n(y - 6.5)}l6 6.5l-6 6.5l-6 -6.5z" {fill} {ink}/>'
        case PointKind.CONTACT:
            return f'<path d="M{_n(x - 6)} {_n(y - 4.5)}h12v9h-12zl6 5l6 -5" fill="none" {ink}/>'


class InvoiceWords:
    """The states of an invoice that are drawn differently."""

    PAID = "paid"
    VOID = "void"


# The axis and the legend


def _draw_axis(page: _Page, top: float, bottom: float) -> None:
    page.add(_line(LEFT, bottom, RIGHT, bottom, ' stroke-opacity="0.8"'))
    for tick in page.scale.ticks():
        page.back.append(_line(tick.x, top, tick.x, bottom, ' stroke-opacity="0.10"'))
        page.add(_line(tick.x, bottom, tick.x, bottom + 4))
        page.add(_words(tick.x, bottom + 16, tick.label, anchor="middle"))
        if tick.year:
            page.add(_words(tick.x, bottom + 29, tick.year, anchor="middle", extra=' font-weight="600"'))
    for stretch in page.scale.stretches:
        if stretch.quiet:
            middle = (stretch.left + stretch.right) / 2
            days = (stretch.end - stretch.start).days
            said = f"{days // 365} years" if days >= 730 else f"{days} days"
            zigzag = f"M{_n(middle - 10)} {_n(bottom)}l4 -5l6 10l6 -10l4 5"
            page.add(f'<path d="{zigzag}" fill="none" stroke="currentColor" stroke-width="1.6"/>')
            page.add(_words(middle, bottom + 16, said, anchor="middle", extra=' font-style="italic"'))
            page.back.append(
                f'<rect x="{_n(stretch.left)}" y="{_n(top)}" width="{_n(stretch.right - stretch.left)}" '
                f'height="{_n(bottom - top)}" fill="currentColor" fill-opacity="0.06"/>'
            )
    page.y = bottom + 34


_POINT = datetime(2025, 1, 1)  # noqa: DTZ001 - any instant: the shapes of the legend have no date
_LEGEND: Mapping[str, tuple[str, Callable[[float, float], str]]] = {
    "done": ("something is done", _triangle),
    "held": ("asked, as expected", lambda x, y: _verdict(x, y, True)),
    "failed": ("asked, not as expected", lambda x, y: _verdict(x, y, False)),
    "deadline": (
        "deadline of a clause",
        lambda x, y: _line(x, y - 8, x, y + 8, ' stroke-dasharray="6 3" stroke-width="1.4"'),
    ),
    "charge succeeded": ("charged", lambda x, y: _shape(x, y, Point(_POINT, PointKind.CHARGED, "", None))),
    "charge failed": ("charge failed", lambda x, y: _shape(x, y, Point(_POINT, PointKind.FAILED, "", None))),
    "invoice open": ("invoice, open", lambda x, y: _shape(x, y, Point(_POINT, PointKind.INVOICE, "", None))),
    "invoice paid": (
        "invoice, paid",
        lambda x, y: _shape(x, y, Point(_POINT, PointKind.INVOICE, "", None, state="paid")),
    ),
    "usage reported": ("usage reported", lambda x, y: _shape(x, y, Point(_POINT, PointKind.USAGE_REPORT, "", None))),
    "commitment reported": (
        "commitment reported",
        lambda x, y: _shape(x, y, Point(_POINT, PointKind.COMMITMENT_REPORT, "", None)),
    ),
    "contact": ("customer contacted", lambda x, y: _shape(x, y, Point(_POINT, PointKind.CONTACT, "", None))),
    "differs": (
        "they differ",
        lambda x, y: (
            f'<rect x="{_n(x - 7)}" y="{_n(y - 7)}" width="14" height="14" rx="3" fill="none" '
            'stroke="currentColor" stroke-width="2.4"/>'
        ),
    ),
}


def _draw_legend(page: _Page) -> None:
    x = float(LEFT)
    y = page.y + 8
    for name, (said, shape) in _LEGEND.items():
        if name not in page.used:
            continue
        width = 14 + _length(said) + 22
        if x + width > RIGHT + 12:
            x, y = float(LEFT), y + 20
        page.add(shape(x + 7, y), _words(x + 20, y + 4, said, extra=' fill-opacity="0.85"'))
        x += width
    page.y = y + 10
