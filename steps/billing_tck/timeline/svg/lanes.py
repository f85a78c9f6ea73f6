"""Draw the lanes: one state after the other, each with its own pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from billing_tck.text.format import format_instant
from billing_tck.timeline.model import Lane, LaneKind, Span
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import (
    AMBER,
    BLUE,
    GAP,
    GREEN,
    GREY,
    LINE,
    RED,
    ROW,
    TALL,
    VIOLET,
    Box,
    Page,
    draw_label,
    fixed,
    length,
    stroke,
    written,
)
from billing_tck.timeline.svg.diff import Key, apart, state_at
from billing_tck.timeline.svg.labels import forms, label_of, span_words
from billing_tck.timeline.svg.outside_labels import Bar, Outside, draw_outside

Pattern = Literal["solid", "rising", "falling", "gone", "light", "line"]


@dataclass(frozen=True, slots=True)
class LaneStyle:
    """How a state is drawn: a colour, and a pattern that carries the meaning."""

    colour: str
    pattern: Pattern


_STYLES: Mapping[tuple[LaneKind, str], LaneStyle] = {
    (LaneKind.SERVICE, "running"): LaneStyle(BLUE, "solid"),
    (LaneKind.SERVICE, "stopped"): LaneStyle(AMBER, "rising"),
    (LaneKind.SERVICE, "deleted"): LaneStyle(GREY, "gone"),
    (LaneKind.RESTRICTIONS, "restricted"): LaneStyle(RED, "falling"),
    (LaneKind.RESTRICTIONS, "not restricted"): LaneStyle(GREY, "line"),
    (LaneKind.DATA, "present"): LaneStyle(GREEN, "solid"),
    (LaneKind.DATA, "deleted"): LaneStyle(GREY, "gone"),
    (LaneKind.DATA, "none"): LaneStyle(GREY, "line"),
    (LaneKind.METHOD, "none"): LaneStyle(GREY, "gone"),
    (LaneKind.SUBSCRIPTION, "bought, not linked"): LaneStyle(AMBER, "rising"),
    (LaneKind.SUBSCRIPTION, "linked"): LaneStyle(VIOLET, "solid"),
    (LaneKind.SUBSCRIPTION, "ended"): LaneStyle(GREY, "gone"),
    (LaneKind.TRIAL, "none"): LaneStyle(GREY, "line"),
    (LaneKind.TRIAL, "over"): LaneStyle(GREY, "gone"),
    (LaneKind.CREDITS, "none"): LaneStyle(GREY, "line"),
    (LaneKind.CREDITS, "used up"): LaneStyle(GREY, "gone"),
    (LaneKind.CREDITS, "expired"): LaneStyle(GREY, "gone"),
    (LaneKind.CYCLE, ""): LaneStyle(GREY, "line"),
}


_OTHERWISE: Mapping[LaneKind, LaneStyle] = {
    LaneKind.CYCLE: LaneStyle(GREY, "light"),
    LaneKind.METHOD: LaneStyle(VIOLET, "light"),
}


_MOST_OF_MONEY = 4  # amounts of a lane that all have labels; of more only the last has one
_SIGN = 8.0  # half the room of the sign of a difference


def draw_lane(page: Page, lane: Lane, letter: str, bars: Sequence[Bar] = ()) -> None:
    """Draw one lane: its label, and a box for each state with its text inside, or below where there is no room."""
    money = lane.kind in (LaneKind.TRIAL, LaneKind.CREDITS)
    height = TALL if money else ROW
    draw_label(page, label_of(lane.kind, lane.name), letter, height)
    lines = [(at - 2, at + 2) for at, of in page.lines if not letter or of in ("", letter)]
    most = max((span.amount for span in lane.spans if span.amount is not None), default=Decimal(0))
    outside: list[Outside] = []
    for span, words in _gathered(lane, page.scale):
        box = _box(page, span, height)
        style = _STYLES.get((lane.kind, span.state)) or _OTHERWISE.get(lane.kind) or LaneStyle(BLUE, "solid")
        baseline = box.y + height / 2 + 4
        elements = []
        if span.amount is not None and style.pattern == "solid" and most:
            level = box.y + (1 - float(span.amount / most)) * (height - 2)
            elements = _level(box, level, style)
            baseline = level + 13 if box.y + height - level >= LINE else level - 4
        else:
            elements = _drawn(box, style)
        placed = _inside(words, box.x + 6, box.x + box.width - 4, bars, lines) if style.pattern != "line" else None
        if placed:
            elements.append(written(placed[0], baseline, placed[1]))
        elif style.pattern != "line" and lane.kind is not LaneKind.CYCLE:
            outside.append(Outside(box.x + box.width / 2, words))
        page.add(page.mark(_span_tip(lane, span, words), *elements))
    page.y += height
    if money and len(lane.spans) > _MOST_OF_MONEY:
        last = page.scale.x(lane.spans[-1].start)
        outside = [text for text in outside if text.x >= last]
    draw_outside(page, outside, [*bars, *lines])
    page.y += GAP


def _box(page: Page, span: Span, height: float) -> Box:
    x, end = page.scale.x(span.start), page.scale.x(span.end)
    return Box(x, page.y, max(end - x, 1.5), height)


def _level(box: Box, level: float, style: LaneStyle) -> list[str]:
    """Return an amount: filled up to its level."""
    right, bottom = box.x + box.width, box.y + box.height
    filled = Box(box.x, level, box.width, bottom - level)
    return [
        filled.drawn(f'fill="{style.colour}" fill-opacity="0.35"'),
        stroke(box.x, level, right, level, ' stroke-width="1.5"'),
        stroke(box.x, bottom, right, bottom, ' stroke-opacity="0.5"'),
    ]


def _inside(
    words: str, left: float, right: float, bars: Sequence[Bar], lines: Sequence[Bar]
) -> tuple[float, str] | None:
    """Return where text stands in a box, and the longest form of it that fits in a place between bars and lines."""
    places = _places(left, right, [*bars, *lines])
    for form in forms(words):
        for start, end in places:
            if length(form) <= end - start:
                return start, form
    return None


def _places(left: float, right: float, bars: Sequence[Bar]) -> list[Bar]:
    """Return what bars leave free."""
    places = []
    for start, end in sorted(bars):
        if start < right and end > left:
            places.append((left, start))
            left = max(left, end)
    places.append((left, right))
    return places


def _gathered(lane: Lane, scale: Scale) -> list[tuple[Span, str]]:
    """Return the spans with their texts; cycles too short to be seen become one."""
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
            span_words(lane.kind, spans[0]) if len(spans) == 1 else f"{len(spans)} cycles",
        )
        for spans, _ in gathered
    ]


def _span_tip(lane: Lane, span: Span, words: str) -> str:
    tip = f"{label_of(lane.kind, lane.name)}: {words}\nfrom {format_instant(span.start)} to {format_instant(span.end)}"
    return f"{tip}\n(not yet on {format_instant(span.unseen)})" if span.unseen else tip


def _drawn(box: Box, style: LaneStyle) -> list[str]:
    edge = 'stroke="currentColor"'
    match style.pattern:
        case "line":
            middle = box.y + box.height / 2
            target = box.drawn('fill="none" pointer-events="all"')
            return [target, stroke(box.x, middle, box.x + box.width, middle, ' stroke-opacity="0.35"')]
        case "light":
            return [box.drawn(f'rx="2" fill="{style.colour}" fill-opacity="0.14" {edge} stroke-opacity="0.45"')]
        case "gone":
            dashed = f'fill="none" pointer-events="all" {edge} stroke-opacity="0.8" stroke-dasharray="3 3"'
            return [box.drawn(f'rx="2" {dashed}')]
        case "solid":
            return [box.drawn(f'rx="2" fill="{style.colour}" fill-opacity="0.38" {edge} stroke-opacity="0.6"')]
        case "rising" | "falling":
            ink = f'fill="none" stroke="{style.colour}" stroke-width="1.6" stroke-opacity="0.6"'
            return [
                box.drawn(f'rx="2" fill="{style.colour}" fill-opacity="0.16"'),
                f'<path d="{_hatch(box, rising=style.pattern == "rising")}" {ink}/>',
                box.drawn(f'rx="2" fill="none" {edge} stroke-opacity="0.7"'),
            ]


def _hatch(box: Box, *, rising: bool) -> str:
    """Return slanting lines inside a box, clipped at its edge; falling ones are denser."""
    parts = []
    step = 7 if rising else 5
    top, bottom = box.y, box.y + box.height
    offset = -box.height + step
    while offset < box.width:
        first, last = max(offset, 0.0), min(offset + box.height, box.width)
        if last > first:
            low, high = first - offset, last - offset
            ys = (bottom - low, bottom - high) if rising else (top + low, top + high)
            parts.append(f"M{fixed(box.x + first)} {fixed(ys[0])}L{fixed(box.x + last)} {fixed(ys[1])}")
        offset += step
    return "".join(parts)


def draw_pair(page: Page, key: Key, pair: tuple[Lane, Lane]) -> None:
    """Draw a lane of two runs: once where they agree, else one below the other, with frames around differences."""
    differing = apart(*pair)
    if not differing:
        draw_lane(page, pair[0], "")
        return
    places = [(page.scale.x(start), page.scale.x(end)) for start, end in differing]
    bars = [bar for place in places for bar in framed(*place)]
    tops = []
    for letter, lane in zip("AB", pair, strict=True):
        signs = [(middle - _SIGN, middle + _SIGN) for middle in ((a + b) / 2 for a, b in places)]
        if lane.spans:
            draw_lane(page, lane, letter, [*bars, *signs])
        else:
            draw_label(page, label_of(key[0], key[2]), letter)
            page.y += ROW + GAP
        tops.append(page.rows[-1][0])
    for (left, right), (start, end) in zip(places, differing, strict=True):
        frame_difference(page, left, right, tops, _apart_tip(pair, start, end))


def _apart_tip(pair: tuple[Lane, Lane], start: datetime, end: datetime) -> str:
    said = " against ".join(state_at(lane, start) for lane in pair)
    return f"difference: {said}\nfrom {format_instant(start)} to {format_instant(end)}"


_RIM = 2.0  # between what is framed and its frame


def framed(left: float, right: float) -> tuple[Bar, Bar]:
    """Return where the frame around a difference runs down."""
    right = max(right, left + 1.5)
    return (left - _RIM - 3, left - _RIM + 3), (right + _RIM - 3, right + _RIM + 3)


def frame_difference(page: Page, left: float, right: float, tops: Sequence[float], tip: str) -> None:
    """Draw the frame around a difference in the last two rows, with its sign between them."""
    page.used["differs"] = None
    width = max(right - left, 1.5)
    around = Box(left - _RIM, tops[0] - _RIM, width + 2 * _RIM, page.y - GAP - tops[0] + 2 * _RIM)
    x, y = left + width / 2, tops[1] - GAP / 2
    page.add(
        page.mark(
            tip,
            around.drawn('rx="3" fill="none" stroke="currentColor" stroke-width="2.4"'),
            f'<circle cx="{fixed(x)}" cy="{fixed(y)}" r="6" fill="{AMBER}" stroke="currentColor"/>',
            f'<path d="M{fixed(x - 3.5)} {fixed(y - 2)}h7m-7 4h7m-1.5 -6l-4 8" stroke="#000" '
            'stroke-width="1.1" fill="none"/>',
        )
    )
