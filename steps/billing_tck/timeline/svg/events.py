"""Draw the rows of events: money, reports, and the scenario's actions and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise

from billing_tck.text.format import format_instant, format_money
from billing_tck.timeline.model import Action, Check, Point, PointKind
from billing_tck.timeline.svg.canvas import (
    GAP,
    LEFT,
    RIGHT,
    RIM,
    ROW,
    Page,
    Side,
    draw_label,
    length,
    stroke,
    written,
)
from billing_tck.timeline.svg.diff import only_in
from billing_tck.timeline.svg.labels import point_words
from billing_tck.timeline.svg.lanes import frame_difference, framed
from billing_tck.timeline.svg.outside_labels import Bar
from billing_tck.timeline.svg.symbols import counted, mark_name, shape, triangle, verdict_mark

Group = tuple[float, list[Point]]

_ASKED, _MARK = 16.0, 12.0  # how wide a check is, and a mark of money
_ASIDE = 15.0  # as far as a mark goes out of another's way
_NEAR, _FAR = 9.0, 14.0  # from an amount to its own mark, and to another
_FRAMED = 12.0  # from an amount to its own mark, where that may have a frame
_ONE_FRAME = 30.0  # marks closer than this have one frame
_COUNT = 6.0  # how much deeper a row is for the numbers above its marks
_BELOW = 13.0


def draw_story(page: Page, sides: Sequence[Side]) -> None:
    """Draw the actions and checks of the scenario: one row, or one for each side where they differ."""
    alike = len({(side.trace.checks, side.trace.actions) for side in sides}) == 1
    for letter, side in zip("AB", sides, strict=False):
        checks = side.trace.checks
        if letter == "B" and alike:
            continue
        actions: dict[float, list[Action]] = {}
        for action in side.trace.actions:
            actions.setdefault(_near(actions, page.scale.x(action.at), 8), []).append(action)
        asked: dict[float, list[Check]] = {}
        for check in checks:
            asked.setdefault(_near(asked, page.scale.x(check.at), _ASKED), []).append(check)
        order = sorted([*((x, False) for x in actions), *((x, True) for x in asked)])
        places = _spread([(x, _ASKED / 2 if check else _half(len(actions[x]))) for x, check in order], page.right)
        deeper = _COUNT if any(len(together) > 1 for together in actions.values()) else 0
        page.y += 0 if page.layout.stacked else deeper
        draw_label(page, "scenario", letter if len(sides) > 1 and not alike else "")
        page.y += deeper if page.layout.stacked else 0
        middle = page.y + ROW / 2
        for (x, is_question), place in zip(order, places, strict=True):
            if is_question:
                fine = all(check.holds for check in asked[x])
                page.used["held" if fine else "failed"] = None
                said = [(q.at, f"{q.step}: {'as expected' if q.holds else 'NOT as expected'}") for q in asked[x]]
                drawn = verdict_mark(place, middle, fine)
            else:
                count = len(actions[x])
                page.used["several" if count > 1 else "done"] = None
                said = [(action.at, action.sentence) for action in actions[x]]
                drawn = counted(place, middle, count) if count > 1 else triangle(place, middle)
            page.add(page.mark("\n".join(f"{format_instant(at)}  {what}" for at, what in said), drawn))
        page.y += ROW + GAP


def _half(count: int) -> float:
    """Return half the width of the actions at one position, with their number above."""
    return max(5.5, length(str(count)) / 2 + 1 if count > 1 else 0)


def _near(known: Mapping[float, object], x: float, room: float) -> float:
    """Return the position of a mark, or that of an earlier one that it would overlap."""
    return next((other for other in known if abs(other - x) < room), x)


def _spread(marks: Sequence[tuple[float, float]], edge: float = RIGHT) -> list[float]:
    """Return the positions of marks from their own positions and half widths: side by side where they would overlap.

    None moves further than the width of a mark: where that is not enough they overlap after all.
    """
    places = [x for x, _ in marks]
    gaps = [one[1] + other[1] for one, other in pairwise(marks)]
    for number, gap in enumerate(gaps, 1):
        places[number] = min(max(places[number], places[number - 1] + gap), marks[number][0] + _ASIDE)
    if places:
        places[-1] = min(places[-1], max(marks[-1][0], edge + 4))
    for number in range(len(gaps) - 1, -1, -1):
        places[number] = max(min(places[number], places[number + 1] - gaps[number]), marks[number][0] - _ASIDE)
    return places


def draw_points(page: Page, sides: Sequence[Side], name: str, label: str, kinds: frozenset[PointKind]) -> None:
    """Draw one row of events of an organization, or one for each side where they differ."""
    per_side = [[p for p in s.trace.points if p.organization == name and p.kind in kinds] for s in sides]
    if not any(per_side):
        return
    alike = len(sides) > 1 and not any(only_in(x.trace, y.trace, kinds) for x, y in (sides, sides[::-1]))
    rows = per_side[:1] if len(sides) == 1 or alike else per_side
    grouped = [_grouped(page, points) for points in rows]
    frames = _frames(sides, grouped, kinds) if len(rows) > 1 else []
    bars = [bar for left, right, _ in frames for bar in framed(left, right)]
    tops = []
    for letter, groups in zip("AB", grouped, strict=False):
        draw_label(page, label, letter if len(rows) > 1 else "")
        tops.append(page.y)
        middle = page.y + ROW / 2
        page.back.append(stroke(page.left, middle, page.right, middle, ' stroke-opacity="0.18"'))
        deeper = _draw_marks(page, groups, bars)
        page.y += ROW + GAP + deeper
    for left, right, tip in frames:
        frame_difference(page, left, right, tops, tip)


def _frames(
    sides: Sequence[Side], grouped: Sequence[Sequence[Group]], kinds: frozenset[PointKind]
) -> list[tuple[float, float, str]]:
    """Return the stretches with marks on one side only; marks near each other are framed together."""
    alone: list[tuple[float, Point]] = []
    for groups, one, other in zip(grouped, sides, sides[::-1], strict=True):
        only = set(only_in(one.trace, other.trace, kinds))
        alone += [(x, point) for x, together in groups for point in together if point in only]
    frames: list[list[tuple[float, Point]]] = []
    for x, point in sorted(alone, key=lambda each: (each[0], each[1].at)):
        if frames and x - frames[-1][-1][0] < _ONE_FRAME:
            frames[-1].append((x, point))
        else:
            frames.append([(x, point)])
    found = []
    for frame in frames:
        said = "\n".join(f"{point_words(point)} {format_instant(point.at)}" for _, point in frame[:12])
        more = f"\nand {len(frame) - 12} more" if len(frame) > 12 else ""
        found.append((frame[0][0] - 6, frame[-1][0] + 6, f"difference, on one side only:\n{said}{more}"))
    return found


def _grouped(page: Page, points: Sequence[Point]) -> list[Group]:
    """Return the marks of a row with their positions; equal marks that would overlap become one."""
    found: list[Group] = []
    for point in points:
        x = page.scale.x(point.at)
        if found and x - found[-1][0] < _MARK and mark_name(found[-1][1][0]) == mark_name(point):
            found[-1][1].append(point)
        else:
            found.append((x, [point]))
    places = _spread([(x, _MARK / 2) for x, _ in found], page.right)
    return [(x, together) for x, (_, together) in zip(places, found, strict=True)]


def _draw_marks(page: Page, groups: Sequence[Group], bars: Sequence[Bar] = ()) -> float:
    """Draws the marks with their amounts; gives by how much the row is deeper for amounts that stand below."""
    middle = page.y + ROW / 2
    labels = _labels(groups, bars, page.left, page.right)
    for number, (x, together) in enumerate(groups):
        page.used[mark_name(together[0])] = None
        tip = "\n".join(f"{format_instant(p.at)}  {point_words(p)} {p.detail}".rstrip() for p in together[:12])
        tip += f"\nand {len(together) - 12} more" if len(together) > 12 else ""
        label = labels.get(number)
        words = ""
        if label:
            words = written(label.x, middle + 4 + label.below, label.said, anchor="end" if label.ends else "start")
        page.add(page.mark(tip, shape(x, middle, together[0]), words))
    return max((label.below for label in labels.values()), default=0)


@dataclass(frozen=True, slots=True)
class _Label:
    """The text of an amount: its side of `x`, and its distance below the mark."""

    said: str
    x: float
    ends: bool = False
    below: float = 0


def _labels(
    groups: Sequence[Group], bars: Sequence[Bar] = (), left: float = LEFT, right: float = RIGHT
) -> dict[int, _Label]:
    """Return the texts of amounts, by the number of their mark.

    Marks of one kind and one amount are a series. It has an amount at each of its marks where there is room, else one
    for all of it, with how many they are: before the first of them, behind the last, or below the first. What stands
    between two marks is always nearer to its own. No bar runs through an amount.
    """
    near = _FRAMED if bars else _NEAR

    def clear(place: float, said: str) -> bool:
        return all(end <= place or place + length(said) <= start for start, end in bars)

    found: dict[int, _Label] = {}
    taken = float(left)  # how far the row is full
    below = 0.0
    for _, numbers in groupby(range(len(groups)), key=lambda n: (mark_name(groups[n][1][0]), _amount(groups[n][1]))):
        series = list(numbers)
        first, last = groups[series[0]][0], groups[series[-1]][0]
        following = groups[series[-1] + 1][0] if series[-1] + 1 < len(groups) else right + RIM + _FAR
        places = [groups[n][0] for n in series] + [following]
        single = [_said(groups[n][1]) for n in series]
        whole = _said([point for n in series for point in groups[n][1]])
        if not whole:
            pass
        elif all(
            x + near + length(said) + _FAR <= after and clear(x + near, said)
            for (x, after), said in zip(pairwise(places), single, strict=True)
        ):
            for number, said in zip(series, single, strict=True):
                found[number] = _Label(said, groups[number][0] + near)
            last += near + length(single[-1]) - _MARK / 2
        elif clear(first - near - length(whole), whole) and (
            first - near - length(whole) - _FAR >= taken or (not found and first - near - length(whole) >= taken)
        ):
            found[series[0]] = _Label(whole, first - near, ends=True)
        elif behind := [
            x
            for x in (last + near, *(end for start, end in sorted(bars) if last < start < last + _ONE_FRAME))
            if x + length(whole) + _FAR <= following and clear(x, whole)
        ]:
            found[series[-1]] = _Label(whole, behind[0])
            last = behind[0] + length(whole) - _MARK / 2
        else:
            under = next((x for x in (first + 3, first + near) if clear(x, whole)), None)
            if under is not None and first >= below and under + length(whole) <= right + RIM:
                found[series[0]] = _Label(whole, under, below=_BELOW)
                below = first + length(whole) + _FAR
        taken = last + _MARK / 2
    return found


def _amount(points: Sequence[Point]) -> Decimal | None:
    """Return the amount that all of them have, or None if they differ."""
    amounts = {point.amount for point in points}
    return amounts.pop() if len(amounts) == 1 else None


def _said(points: Sequence[Point]) -> str:
    """Return the amount of one or several marks: `$5.00`, `3 × $5.00`, `$5.00, $7.00`, `$19.00 in all`."""  # noqa: RUF002
    amounts = [point.amount for point in points if point.amount is not None]
    if not amounts:
        return ""
    many = f"{len(amounts)} × " if len(amounts) > 1 else ""  # noqa: RUF001 - times is what is meant
    if len(set(amounts)) == 1:
        return f"{many}{format_money(amounts[0])}"
    if len(amounts) == 2 or points[0].kind is PointKind.FAILED:
        return ", ".join(format_money(amount) for amount in dict.fromkeys(amounts))
    return f"{format_money(sum(amounts, Decimal(0)))} in all"
