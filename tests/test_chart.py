"""The timeline is a picture that stands alone, says everything in words too, and never leans on colour."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from billing_tck.chart import SideBySide, Timeline, differences, side_by_side, svg, text
from billing_tck.chart.events import _labels, _spread
from billing_tck.chart.lanes import _LOOKS
from billing_tck.chart.page import LEFT, RIGHT, length
from billing_tck.chart.picture import _place, _Words
from billing_tck.chart.scale import Scale
from billing_tck.jupyter import gherkin
from billing_tck.trace import LaneKind, Point, PointKind, Trace

SVG = "{http://www.w3.org/2000/svg}"
UNPAID = """
Given it is 18 January 2025
And an organization that pays by card
And a collection of $120.00 from the organization fails at the end of its cycle
When {days} pass
Then the data of the organization is deleted
"""
START = datetime(2025, 1, 18, 9, tzinfo=UTC)


@cache
def trace(days: str = "40 days", reading: str = "at") -> Trace:
    return gherkin(UNPAID.format(days=days), readings={"deadline_instant": reading})[0].trace


def titles(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter(f"{SVG}title")]


def words(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("ground", [True, False])
def test_the_picture_is_well_formed_and_needs_nothing_from_elsewhere(ground: bool) -> None:
    picture = svg(trace(), ground=ground)
    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    assert "from 18 Jan 2025 09:00" in (root.get("aria-label") or "")
    assert not re.search(r"<script|href=|url\(|\bid=", picture)
    assert picture.count("http") == 1, "the name space of SVG, and no address"


def test_every_state_is_said_in_words_and_has_its_dates_in_a_tooltip() -> None:
    picture = svg(trace())
    assert {"running", "stopped", "deleted", "restricted", "present", "card"} <= set(words(picture))
    tips = titles(picture)
    assert "the service: stopped\nfrom 4 Mar 2025 00:00 to 20 Mar 2025 00:00" in tips
    assert any("$120.00 invoiced (open)" in tip for tip in tips)


def test_deadlines_carry_their_clauses_and_the_days_that_they_are_counted_by() -> None:
    picture = svg(trace())
    assert "BC-29 services stop" in words(picture)
    assert "BC-29: services stop 4 Mar 2025 00:00, 14 days after 18 Feb 2025 00:00" in titles(picture)


def test_states_of_one_lane_differ_by_their_pattern() -> None:
    for kind in {kind for kind, _ in _LOOKS}:
        patterns = [look.pattern for (of, _), look in _LOOKS.items() if of is kind]
        told_apart = {LaneKind.CREDITS: 2, LaneKind.TRIAL: 2}.get(kind, len(patterns))  # the rest is in the words
        assert len(set(patterns)) == told_apart, kind


def test_ink_is_the_colour_of_the_text_around_it() -> None:
    picture = svg(trace())
    assert set(re.findall(r'<text[^>]* fill="([^"]*)"', picture)) == set()
    assert 'fill="currentColor"' in picture
    assert "prefers-color-scheme" not in picture, "inside a page, the page knows its theme"
    assert "prefers-color-scheme: dark" in svg(trace(), ground=True)


def test_no_colour_is_red_against_green_alone() -> None:
    colours = {look.colour for look in _LOOKS.values()}
    greys = sorted(sum(int(c[n : n + 2], 16) * w for n, w in ((1, 0.3), (3, 0.59), (5, 0.11))) for c in colours)
    assert len(greys) >= 5


def test_words_stay_inside_the_picture() -> None:
    picture = svg(trace("10 years"))
    for element in ET.fromstring(picture).iter(f"{SVG}text"):
        x, anchor, said = float(element.get("x", "0")), element.get("text-anchor", "start"), element.text or ""
        width = len(said) * 5.9
        left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
        assert left >= -1, said
        assert left + width <= 966, said


def test_ten_quiet_years_are_drawn_short_and_said_to_be() -> None:
    scale = Scale(START, START + timedelta(days=3650), [START + timedelta(days=n) for n in (14, 30)], 0, 800)
    assert scale.x(START + timedelta(days=30)) > 400
    assert "9 years" in words(svg(trace("10 years")))


def test_places_grow_with_time() -> None:
    scale = Scale(START, START + timedelta(days=400), [START + timedelta(days=n) for n in (3, 90, 200)], 0, 800)
    places = [scale.x(START + timedelta(hours=7 * n)) for n in range(1400)]
    assert places == sorted(places)
    assert len({tick.label for tick in scale.ticks()}) >= 5


def test_what_an_implementation_says_cannot_break_the_picture() -> None:
    odd = trace()
    lanes = tuple(replace(lane, name="<b>\"&'") if lane.kind is LaneKind.SERVICE else lane for lane in odd.lanes)
    picture = svg(replace(odd, lanes=lanes), title="<script>alert(1)</script>")
    assert "<script" not in picture
    ET.fromstring(picture)


def test_the_same_trace_gives_the_same_picture() -> None:
    assert svg(trace()) == svg(gherkin(UNPAID.format(days="40 days"), readings={"deadline_instant": "at"})[0].trace)


def test_a_timeline_shows_itself_as_html_as_picture_and_as_text() -> None:
    bundle = Timeline(trace())._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert set(Timeline(trace())._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert text(trace()).splitlines()[0] == "18 Jan 2025 09:00 to 30 Mar 2025 00:00"
    assert "the service    18 Jan 2025 09:00 running · 4 Mar 2025 00:00 stopped · 20 Mar 2025 00:00 deleted" in text(
        trace()
    )


def test_side_by_side_says_and_frames_what_differs() -> None:
    a, b = trace(), trace("40 days", "end_of_day")
    said = differences(a, b)
    assert "the service: stopped against running, from 4 Mar 2025 00:00 to 5 Mar 2025 00:00" in said
    picture = side_by_side(a, b, names=("one", "other"))
    assert any(tip.startswith("they differ: stopped against running") for tip in titles(picture))
    assert {"one", "other", "they differ"} <= set(words(picture))


def test_side_by_side_of_the_same_marks_nothing() -> None:
    both = SideBySide(trace(), trace())
    assert both.differences == []
    assert "they differ" not in both._repr_mimebundle_()["image/svg+xml"]
    assert "nothing differs" in both._repr_mimebundle_()["text/plain"]


def mark(x: float, *amounts: str, kind: PointKind = PointKind.FAILED) -> tuple[float, list[Point]]:
    return x, [Point(START, kind, "the organization", Decimal(amount)) for amount in amounts]


def paid(x: float, *amounts: str) -> tuple[float, list[Point]]:
    return mark(x, *amounts, kind=PointKind.CHARGED)


ROWS = [
    [mark(400, "120"), mark(453, "120"), paid(465, "120")],
    [mark(300, "120"), mark(312, "120", "120"), mark(340, "120"), mark(380, "45"), mark(395, "45")],
    [mark(n, "33.33") for n in range(LEFT + 5, RIGHT, 14)],
    [mark(n, "71.25") for n in range(LEFT + 3, RIGHT, 49)],
    [mark(200, "120", "45"), mark(260, "45"), mark(320, "45"), paid(930, "10250"), paid(944, "10250")],
    [paid(944, "85.85")],
    [mark(152, "1"), paid(165, "2"), mark(177, "3"), paid(189, "4"), mark(201, "5"), paid(213, "6")],
]


@pytest.mark.parametrize("groups", ROWS)
def test_an_amount_stands_nearest_to_its_own_mark_and_upon_nothing(groups: list[tuple[float, list[Point]]]) -> None:
    boxes = []
    for number, label in _labels(groups).items():
        width = length(label.said)
        left, right = (label.x - width, label.x) if label.ends else (label.x, label.x + width)
        boxes.append((left, right, label.below))
        own = groups[number][0]
        if label.below:
            assert abs(left - own) <= 6
            continue
        assert min(abs(left - own), abs(right - own)) < 10
        for other, (x, _) in enumerate(groups):
            if other != number:
                assert not left - 7 < x < right + 7, label.said
                series = groups[other][1][0].amount == groups[number][1][0].amount
                assert series or min(abs(left - x), abs(right - x)) > 10, label.said
        assert left >= 0
        assert right <= RIGHT + 16
    for a, b in combinations(boxes, 2):
        assert a[2] != b[2] or a[1] <= b[0] or b[1] <= a[0]


def test_marks_beside_one_another_share_an_amount_that_says_how_many_they_are() -> None:
    said = {n: label.said for n, label in _labels(ROWS[0]).items()}
    assert said == {0: "2 \u00d7 $120.00", 2: "$120.00"}
    assert [label.said for label in _labels(ROWS[2]).values()] == [f"{len(ROWS[2])} \u00d7 $33.33"]
    apart = [mark(200, "120"), mark(300, "120")]
    assert {n: label.said for n, label in _labels(apart).items()} == {0: "$120.00", 1: "$120.00"}
    assert _labels([mark(400, "120", "45")])[0].said == "$120.00, $45.00"


def test_marks_stand_beside_each_other_and_near_their_instants() -> None:
    marks = [(500.0, 6.0), (500.0, 8.0), (505.0, 8.0), (900.0, 6.0), (944.0, 8.0), (944.0, 6.0)]
    places = _spread(marks)
    assert places == sorted(places)
    assert max(abs(place - x) for place, (x, _) in zip(places, marks, strict=True)) <= 15
    assert places[-1] <= RIGHT + 4
    assert all(after - before >= 12 for before, after in pairwise(places))


def test_no_deadline_runs_through_the_words_of_another() -> None:
    for xs in ([160, 300, 310, 430, 800, 850, 930], [900, 910, 920, 930, 940], [700, 800], [160, 161, 162, 944]):
        labels = [_Words(float(x), "BC-30 data and services go", (), faded=False) for x in xs]
        rows = _place(labels)
        for a, b in combinations(labels, 2):
            assert a.row != b.row or a.beside(b)
            for upper, lower in ((a, b), (b, a)):
                assert not (upper.row < lower.row and lower.over(upper.x)), (xs, upper.x, lower.x)
        assert rows == 1 + max(label.row for label in labels)
        assert all(label.start >= 0 and label.start + label.width <= RIGHT + 16 for label in labels)


CURED = """
Given it is 18 January 2025
And an organization that pays by card
And a collection of $120.00 from the organization fails at the end of its cycle
When 5 days pass
And the card of the organization approves
And a collection from the organization is attempted
And 20 days pass
Then the organization is not restricted
"""


def test_a_deadline_that_is_no_longer_due_is_struck_out_dotted_and_said_to_be() -> None:
    picture = svg(gherkin(CURED)[0].trace)
    lines = {element.text: element for element in ET.fromstring(picture).iter(f"{SVG}text")}
    struck, due = lines["BC-29 services stop"], lines["BC-23 restricted at once"]
    assert struck.get("text-decoration") == "line-through"
    assert float(struck.get("fill-opacity", "1")) < 1
    assert struck.get("font-weight") is None
    assert (due.get("text-decoration"), due.get("fill-opacity"), due.get("font-weight")) == (None, None, "600")
    assert 'stroke-dasharray="1 5"' in picture
    assert "deadline that is no longer due" in lines
    assert any(tip.startswith("BC-29") and "No longer due: nothing was unpaid" in tip for tip in titles(picture))
    assert "BC-29 services stop (no longer due: nothing was unpaid any more)" in text(gherkin(CURED)[0].trace)
    assert "deadline that is no longer due" not in words(svg(trace()))


def test_what_lies_after_the_last_look_is_in_the_legend() -> None:
    picture = svg(gherkin(UNPAID.format(days="12 days").replace("deleted", "present"))[0].trace)
    assert "not looked at any more" in words(picture)
    assert any(tip.startswith("not looked at after") for tip in titles(picture))
    assert "not looked at any more" not in words(svg(trace()))


def test_words_beside_boxes_do_not_lie_upon_each_other() -> None:
    told = trace()
    data = next(lane for lane in told.lanes if lane.kind is LaneKind.DATA)
    begins = told.begins + timedelta(days=20)
    spans = [replace(data.spans[0], end=begins, state="none")]
    for number, state in enumerate(["present", "deleted", "present", "deleted"]):
        start = begins + number * timedelta(hours=8)
        spans.append(replace(data.spans[0], start=start, end=start + timedelta(hours=8), state=state))
    lanes = tuple(replace(lane, spans=tuple(spans)) if lane is data else lane for lane in told.lanes)
    arrows = [said for said in words(svg(replace(told, lanes=lanes))) if said.endswith("→")]
    assert arrows == ["present →"]
