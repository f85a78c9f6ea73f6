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
    LEFT,
    RED,
    ROW,
    TALL,
    VIOLET,
    Box,
    Page,
    draw_label,
    fitted,
    fixed,
    length,
    stroke,
    tipped,
    written,
)
from billing_tck.timeline.svg.diff import Key, apart, state_at
from billing_tck.timeline.svg.labels import label_of, span_words

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


Bar = tuple[float, float]
"""Where a frame crosses a row, and no text may stand."""

_ASIDE = 40.0  # as far as words beside a box stand from it
_MOST = 0.6  # words that are cut anyway are cut to so much of their room where that keeps them between lines


def draw_lane(page: Page, lane: Lane, letter: str, bars: Sequence[Bar] = ()) -> None:
    """Draw one lane: its label, and a box for each state, with text that no bar crosses."""
    height = TALL if lane.kind in (LaneKind.TRIAL, LaneKind.CREDITS) else ROW
    draw_label(page, label_of(lane.kind, lane.name), letter, height)
    lines = [(at - 2, at + 2) for at, of in page.lines if not letter or of in ("", letter)]
    taken = float(LEFT)
    before = 0.0  # where the box at the left begins: words beside a box stay within it
    most = max((span.amount for span in lane.spans if span.amount is not None), default=Decimal(0))
    for span, words in _gathered(lane, page.scale):
        x, end = page.scale.x(span.start), page.scale.x(span.end)
        width = max(end - x, 1.5)
        style = _STYLES.get((lane.kind, span.state)) or _OTHERWISE.get(lane.kind) or LaneStyle(BLUE, "solid")
        elements = []
        if span.amount is not None and style.pattern == "solid" and most:
            share = float(span.amount / most)
            level = page.y + (1 - share) * (height - 2)
            filled = Box(x, level, width, page.y + height - level)
            elements.append(filled.drawn(f'fill="{style.colour}" fill-opacity="0.35"'))
            elements.append(stroke(x, level, x + width, level, ' stroke-width="1.5"'))
            elements.append(stroke(x, page.y + height, x + width, page.y + height, ' stroke-opacity="0.5"'))
        else:
            elements += _drawn(Box(x, page.y, width, height), style)
        left, said = _inside(words, x + 6, x + width - 4, bars, lines)
        baseline = page.y + height / 2 + 4
        if style.pattern == "line":
            pass
        elif said:
            elements.append(written(left, baseline, said))
            taken = left + length(said)
        elif lane.kind is not LaneKind.CYCLE:
            beside = f"{words} →"
            right = _before(x - 5, length(beside), bars)
            if right - length(beside) - 7 > max(taken, before) and right > x - _ASIDE:
                elements.append(written(right, baseline, beside, anchor="end"))
                taken = x
        before = x
        page.add(tipped(_span_tip(lane, span, words), *elements))
    page.y += height + GAP


def _inside(words: str, left: float, right: float, bars: Sequence[Bar], lines: Sequence[Bar]) -> tuple[float, str]:
    """Return where text stands in a box, and as much of it as fits: in the first place that is wide enough.

    Words that are wider than every place between lines are crossed by one, but never by a bar.
    """
    width = length(words)
    between, places = _places(left, right, [*bars, *lines]), _places(left, right, bars)
    found = next((place for place in [*between, *places] if width <= _room(place)), None)
    if found is None:
        found, widest = max(between, key=_room), max(places, key=_room)
        found = found if _room(found) > _MOST * _room(widest) else widest
    return found[0], fitted(words, _room(found))


def _room(place: Bar) -> float:
    return place[1] - place[0]


def _places(left: float, right: float, bars: Sequence[Bar]) -> list[Bar]:
    """Return what bars leave free."""
    places = []
    for start, end in sorted(bars):
        if start < right and end > left:
            places.append((left, start))
            left = max(left, end)
    places.append((left, right))
    return places


def _before(right: float, width: float, bars: Sequence[Bar]) -> float:
    """Return where text of a width ends: here, or before a bar that would cross it."""
    for start, end in sorted(bars, reverse=True):
        if start < right and end > right - width:
            right = start
    return right


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
        tops.append(page.y)
        if lane.spans:
            draw_lane(page, lane, letter, bars)
        else:
            draw_label(page, label_of(key[0], key[2]), letter)
            page.y += ROW + GAP
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
        tipped(
            tip,
            around.drawn('rx="3" fill="none" stroke="currentColor" stroke-width="2.4"'),
            f'<circle cx="{fixed(x)}" cy="{fixed(y)}" r="6" fill="{AMBER}" stroke="currentColor"/>',
            f'<path d="M{fixed(x - 3.5)} {fixed(y - 2)}h7m-7 4h7m-1.5 -6l-4 8" stroke="#000" '
            'stroke-width="1.1" fill="none"/>',
        )
    )
