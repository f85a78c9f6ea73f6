"""The rows of what happened at one instant: money, reports, and the scenario's own acts and questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from billing_tck.chart.comparing import only_in
from billing_tck.chart.lanes import frame_difference
from billing_tck.chart.page import (
    GAP,
    LEFT,
    RIGHT,
    ROW,
    Box,
    Page,
    Side,
    draw_label,
    length,
    stroke,
    tipped,
    written,
)
from billing_tck.chart.shapes import mark_name, shape, triangle, verdict_mark
from billing_tck.chart.words import point_words
from billing_tck.timeline import say_instant
from billing_tck.trace import Act, Point, PointKind, Question
from billing_tck.vocabulary.words import say_money


def draw_story(page: Page, sides: Sequence[Side]) -> None:
    """What the scenario did, and what it asked: one row, or one for each side where they differ."""
    alike = len({(side.trace.questions, side.trace.acts) for side in sides}) == 1
    for letter, side in zip("AB", sides, strict=False):
        questions = side.trace.questions
        if letter == "B" and alike:
            continue
        draw_label(page, "scenario", letter if len(sides) > 1 and not alike else "")
        middle = page.y + ROW / 2
        acts: dict[float, list[Act]] = {}
        for act in side.trace.acts:
            acts.setdefault(_near(acts, page.scale.x(act.at)), []).append(act)
        for x, together in acts.items():
            page.used["done"] = None
            tip = "\n".join(f"{say_instant(act.at)}  {act.sentence}" for act in together)
            page.add(tipped(tip, triangle(x, middle)))
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
            beside = any(abs(x - other) < 9 for other in acts)
            aside = (14 if x + 14 <= RIGHT + 4 else -14) if beside else 0
            page.add(tipped(tip, verdict_mark(x + aside, middle, fine)))
        page.y += ROW + GAP


def _near(known: Mapping[float, object], x: float) -> float:
    """The place of a mark: that of an earlier one where the two would overlap."""
    return next((other for other in known if abs(other - x) < 8), x)


def draw_points(page: Page, sides: Sequence[Side], name: str, label: str, kinds: frozenset[PointKind]) -> None:
    """One row of events of an organization, or one for each side where they differ."""
    per_side = [[p for p in s.trace.points if p.organization == name and p.kind in kinds] for s in sides]
    if not any(per_side):
        return
    alike = len(sides) > 1 and not any(only_in(x.trace, y.trace, kinds) for x, y in (sides, sides[::-1]))
    rows = per_side[:1] if len(sides) == 1 or alike else per_side
    top = page.y
    for letter, points in zip("AB", rows, strict=False):
        draw_label(page, label, letter if len(rows) > 1 else "")
        page.back.append(stroke(LEFT, page.y + ROW / 2, RIGHT, page.y + ROW / 2, ' stroke-opacity="0.18"'))
        _draw_marks(page, points)
        page.y += ROW + GAP
    if len(rows) > 1:
        alone = {
            page.scale.x(p.at): p
            for x, y in ((sides[0], sides[1]), (sides[1], sides[0]))
            for p in only_in(x.trace, y.trace, kinds)
            if p.organization == name
        }
        last = -100.0
        for x, point in sorted(alone.items()):
            if x - last >= 18:
                tip = f"they differ: {point_words(point)} {say_instant(point.at)} on one side only"
                frame_difference(page, Box(x - 6, top, 12, page.y - GAP - top), tip)
                last = x


def _draw_marks(page: Page, points: Sequence[Point]) -> None:
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
        page.used[mark_name(together[0])] = None
        tip = "\n".join(f"{say_instant(p.at)}  {point_words(p)} {p.detail}".rstrip() for p in together[:12])
        tip += f"\nand {len(together) - 12} more" if len(together) > 12 else ""
        room = (groups[number + 1][0] if number + 1 < len(groups) else RIGHT + 12) - x - 16
        label = _amounts(together) if number in labelled else ""
        said = label if length(label) <= room else ""
        words = written(x + 9, middle + 4, said) if said else ""
        if not said and number + 1 == len(groups) and length(label) < x - LEFT and number == 0:
            words = written(x - 9, middle + 4, label, anchor="end")
        page.add(tipped(tip, shape(x, middle, together[0]), words))


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
        if following is None or not goes_on or following[0] - x - 16 >= length(label):
            chosen.add(number)
    return chosen


def _amounts(points: Sequence[Point]) -> str:
    if points[0].amount is None:
        return ""
    if points[0].kind is PointKind.FAILED:
        return say_money(points[0].amount) + (f" \u00d7{len(points)}" if len(points) > 1 else "")
    total = sum((p.amount for p in points if p.amount is not None), Decimal(0))
    return (f"{len(points)}: " if len(points) > 1 else "") + say_money(total)
