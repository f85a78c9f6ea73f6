"""The timeline picture is self-contained, has a full text alternative, and does not depend on colour."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import combinations, pairwise
from random import Random
from xml.etree import ElementTree as ET

import pytest

from billing_tck.jupyter import beside, gherkin
from billing_tck.timeline.model import LaneKind, Point, PointKind, Trace
from billing_tck.timeline.svg import Timeline, TimelinePair, differences, side_by_side, svg, text
from billing_tck.timeline.svg.axis import Scale
from billing_tck.timeline.svg.canvas import LAYOUTS, LEFT, RIGHT, RIM, Layout, length
from billing_tck.timeline.svg.deadline_labels import DeadlineLabel, leader, place_labels
from billing_tck.timeline.svg.events import _labels, _spread
from billing_tck.timeline.svg.labels import deadline_tip, format_day
from billing_tck.timeline.svg.lanes import _STYLES

SVG = "{http://www.w3.org/2000/svg}"
UNPAID = """
Given it is 18 January 2025
And an organization that pays by card
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When {days} pass
Then the organization's data is deleted
"""
START = datetime(2025, 1, 18, 9, tzinfo=UTC)


@cache
def trace(days: str = "40 days", reading: str = "at") -> Trace:
    return gherkin(UNPAID.format(days=days), readings={"deadline_instant": reading})[0].trace


def titles(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter(f"{SVG}title")]


def shown(picture: str) -> list[ET.Element]:
    """The texts that are shown; not those of marks that have the focus."""
    return [element for element in ET.fromstring(picture).iter(f"{SVG}text") if element.get("class") != "billing-note"]


def words(picture: str) -> list[str]:
    return [element.text or "" for element in shown(picture)]


@pytest.mark.parametrize("ground", [True, False])
def test_the_picture_is_well_formed_and_needs_nothing_from_elsewhere(ground: bool) -> None:
    picture = svg(trace(), ground=ground)
    root = ET.fromstring(picture)
    assert root.get("role") == ("img" if ground else "group")
    assert (root.findtext(f"{SVG}title") or "").startswith("Timeline from 18 Jan 2025 09:00")
    assert "at the end billed by card, the service deleted" in (root.findtext(f"{SVG}desc") or "")
    assert "checks: 1 held, 0 failed" in (root.findtext(f"{SVG}desc") or "")
    assert "from 18 Jan 2025 09:00" in (root.get("aria-label") or "")
    assert not re.search(r"<script|href=|url\(|\bid=", picture)
    assert picture.count("http") == 1, "the name space of SVG, and no address"


def test_every_state_is_reported_in_words_and_has_its_dates_in_a_tooltip() -> None:
    picture = svg(trace())
    assert {"running", "stopped", "deleted", "restricted", "present", "card"} <= set(words(picture))
    tips = titles(picture)
    assert "the service: stopped\nfrom 4 Mar 2025 00:00 to 20 Mar 2025 00:00" in tips
    assert any("$120.00 invoiced (open)" in tip for tip in tips)


def test_deadlines_carry_their_clauses_and_the_days_that_they_are_counted_by() -> None:
    picture = svg(trace())
    assert "BC-29 services stop, 4 Mar" in words(picture)
    assert "BC-29: services stop 4 Mar 2025 00:00, 14 days after 18 Feb 2025 00:00" in titles(picture)


def test_states_of_one_lane_differ_by_their_pattern() -> None:
    for kind in {kind for kind, _ in _STYLES}:
        patterns = [look.pattern for (of, _), look in _STYLES.items() if of is kind]
        told_apart = {LaneKind.CREDITS: 2, LaneKind.TRIAL: 2}.get(kind, len(patterns))  # the rest is in the words
        assert len(set(patterns)) == told_apart, kind


def test_ink_is_the_colour_of_the_text_around_it() -> None:
    picture = svg(trace())
    assert set(re.findall(r'<text[^>]* fill="([^"]*)"', picture)) == set()
    assert 'fill="currentColor"' in picture
    assert "prefers-color-scheme" not in picture, "inside a page, the page knows its theme"
    assert "prefers-color-scheme: dark" in svg(trace(), ground=True)


def test_no_colour_is_red_against_green_alone() -> None:
    colours = {look.colour for look in _STYLES.values()}
    greys = sorted(sum(int(c[n : n + 2], 16) * w for n, w in ((1, 0.3), (3, 0.59), (5, 0.11))) for c in colours)
    assert len(greys) >= 5


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_words_stay_inside_the_picture_whole_and_in_a_size_that_can_be_read(layout: Layout) -> None:
    for drawn in (trace("10 years"), trace(), gherkin(TRIAL.format(days=46))[0].trace):
        for element in shown(svg(drawn, layout=layout)):
            x, anchor, said = float(element.get("x", "0")), element.get("text-anchor", "start"), element.text or ""
            width = len(said) * 5.9
            left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
            assert left >= -4, said
            assert left + width <= layout.width + 6, said
            assert float(element.get("font-size", "0")) >= 11
            assert "…" not in said


def test_ten_quiet_years_are_drawn_short_and_marked_as_such() -> None:
    scale = Scale(START, START + timedelta(days=3650), [START + timedelta(days=n) for n in (14, 30)], 0, 800)
    assert scale.x(START + timedelta(days=30)) > 400
    assert "9 years" in words(svg(trace("10 years")))


def test_places_grow_with_time() -> None:
    scale = Scale(START, START + timedelta(days=400), [START + timedelta(days=n) for n in (3, 90, 200)], 0, 800)
    places = [scale.x(START + timedelta(hours=7 * n)) for n in range(1400)]
    assert places == sorted(places)
    assert len({tick.label for tick in scale.ticks()}) >= 5


def test_text_of_an_implementation_cannot_break_the_picture() -> None:
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
    assert [width in bundle["text/html"] for width in ("timeline wide", "timeline middle", "timeline narrow")] == [
        True
    ] * 3
    assert set(Timeline(trace())._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert text(trace()).splitlines()[0] == "18 Jan 2025 09:00 to 30 Mar 2025 00:00"
    assert "the service    18 Jan 2025 09:00 running · 4 Mar 2025 00:00 stopped · 20 Mar 2025 00:00 deleted" in text(
        trace()
    )


def test_side_by_side_states_and_frames_what_differs() -> None:
    a, b = trace(), trace("40 days", "end_of_day")
    said = differences(a, b)
    assert "the service: stopped against running, from 4 Mar 2025 00:00 to 5 Mar 2025 00:00" in said
    picture = side_by_side(a, b, names=("one", "other"))
    assert any(tip.startswith("difference: stopped against running") for tip in titles(picture))
    assert {"one", "other", "difference"} <= set(words(picture))


def test_side_by_side_of_the_same_marks_nothing() -> None:
    both = TimelinePair(trace(), trace())
    assert both.differences == []
    assert "difference" not in both._repr_mimebundle_()["image/svg+xml"]
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
def test_an_amount_is_nearest_to_its_own_mark_and_covers_nothing(groups: list[tuple[float, list[Point]]]) -> None:
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


def test_marks_beside_one_another_share_an_amount_that_states_how_many_they_are() -> None:
    said = {n: label.said for n, label in _labels(ROWS[0]).items()}
    assert said == {0: "2 \u00d7 $120.00", 2: "$120.00"}
    assert [label.said for label in _labels(ROWS[2]).values()] == [f"{len(ROWS[2])} \u00d7 $33.33"]
    apart = [mark(200, "120"), mark(300, "120")]
    assert {n: label.said for n, label in _labels(apart).items()} == {0: "$120.00", 1: "$120.00"}
    assert _labels([mark(400, "120", "45")])[0].said == "$120.00, $45.00"


def test_marks_are_side_by_side_and_near_their_instants() -> None:
    marks = [(500.0, 6.0), (500.0, 8.0), (505.0, 8.0), (900.0, 6.0), (944.0, 8.0), (944.0, 6.0)]
    places = _spread(marks)
    assert places == sorted(places)
    assert max(abs(place - x) for place, (x, _) in zip(places, marks, strict=True)) <= 15
    assert places[-1] <= RIGHT + 4
    assert all(after - before >= 12 for before, after in pairwise(places))


def assert_placed_well(labels: list[DeadlineLabel], right: float = RIGHT) -> None:
    """In the order of dates, none over another, none cut, and no line through a text."""
    height = place_labels(labels, right)
    assert [label.row for label in labels] == sorted(label.row for label in labels)
    for a, b in combinations(labels, 2):
        assert b.row >= a.below or (b.row == a.row and a.start + a.width <= b.start)
    for label in labels:
        assert " ".join(label.lines) == label.said
        assert 0 <= label.start <= label.start + label.width <= right + RIM
        for top, bottom in [] if label.beyond else leader(label, labels, height):
            assert not any(o.over(label.x) and o.row < bottom and o.below > top for o in labels if o is not label)


def test_no_deadline_runs_through_the_words_of_another() -> None:
    for xs in ([160, 300, 310, 430, 800, 850, 930], [900, 910, 920, 930, 940], [700, 800], [160, 161, 162, 944]):
        assert_placed_well([DeadlineLabel(float(x), "BC-30 data and services go", (), faded=False) for x in xs])


def test_the_line_of_a_text_that_ends_exactly_beside_it_is_whole() -> None:
    for number in range(2_000):
        label = DeadlineLabel(300 + number / 3.1, "BC-55 credits expire, 1 Jan", (), faded=False)
        height = place_labels([label], label.x + 5)
        assert label.start < label.x - 10
        assert leader(label, [label], height) == [(label.row, height)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_deadlines_however_many_are_in_the_order_of_dates_and_no_line_runs_through_words(layout: Layout) -> None:
    random = Random(7)
    sayings = [
        "BC-30 data and services go, 20 Mar",
        "A: BC-02 the trial is over, 31 Mar 09:00",
        "BC-55 credits expire, 1 Jan; BC-56 the commitment ends; BC-57 the subscription ends on that day",
    ]
    for _ in range(400):
        xs = sorted(random.uniform(layout.left, layout.right) for _ in range(random.randint(1, 6)))
        labels = [DeadlineLabel(x, random.choice(sayings), (), faded=False) for x in xs]
        for said in random.sample(sayings, random.randint(0, 2)):
            labels.append(DeadlineLabel(layout.right + RIM, f"{said} →", (), faded=False, beyond=True))
        assert_placed_well(labels, layout.right)


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (datetime(2025, 3, 4, tzinfo=UTC), "4 Mar"),
        (datetime(2025, 3, 31, 9, tzinfo=UTC), "31 Mar 09:00"),
        (datetime(2025, 3, 4, 0, 0, 1, tzinfo=UTC), "4 Mar 00:00:01"),
        (datetime(2026, 1, 4, tzinfo=UTC), "4 Jan 2026"),
        (datetime(2026, 1, 4, 9, tzinfo=UTC), "4 Jan 2026 09:00"),
    ],
)
def test_a_day_is_reported_with_its_hour_and_its_year_where_they_are_needed(instant: datetime, said: str) -> None:
    assert format_day(instant, 2025) == said


def test_a_deadline_is_drawn_as_the_implementation_reads_it() -> None:
    picture = svg(trace("40 days", "end_of_day"))
    assert {"BC-29 services stop, 5 Mar", "BC-30 data and services go, 21 Mar"} <= set(words(picture))
    said = "BC-29: services stop 5 Mar 2025 00:00, when the day 14 days after 18 Feb 2025 00:00 is over"
    assert said in titles(picture)
    tip = deadline_tip(trace("40 days", "after").deadline("BC-29"))
    assert tip == "BC-29: services stop 4 Mar 2025 00:00:01, one second later than 14 days after 18 Feb 2025 00:00"


def test_each_side_has_its_own_deadlines_and_their_lines_stay_in_its_rows() -> None:
    a, b = trace(), trace("40 days", "end_of_day")
    picture = side_by_side(a, b)
    labels = [said for said in words(picture) if "BC-" in said]
    assert sorted(labels) == [
        "A: BC-29 services stop, 4 Mar",
        "A: BC-30 data and services go, 20 Mar",
        "B: BC-29 services stop, 5 Mar",
        "B: BC-30 data and services go, 21 Mar",
        "BC-23 restricted at once, 18 Feb",
    ]
    root = ET.fromstring(picture)
    rows = {
        (each.get("y"), each.text)
        for each in shown(picture)
        if each.text in {"A", "B"} and each.get("text-anchor") == "end"
    }
    assert len(rows) == 4
    own = dict.fromkeys("AB", 0)
    lines: dict[str, list[tuple[float, float]]] = {}
    for line in root.iter(f"{SVG}path"):
        if line.get("stroke-dasharray") == "6 3" and (place := re.match(r"M(\S+) (\S+)L\1 (\S+)$", line.get("d", ""))):
            lines.setdefault(place[1], []).append((float(place[2]), float(place[3])))
    lines = {x: parts for x, parts in lines.items() if len(parts) > 1}
    assert len(lines) == 4
    for parts in lines.values():
        crossed = {letter for y, letter in rows for top, bottom in parts if top < float(y or 0) - 4 < bottom}
        assert len(crossed) == 1
        own[str(crossed.pop())] += 1
    assert own == {"A": 2, "B": 2}
    said = "BC-29 services stop 4 Mar 2025 00:00 against BC-29 services stop 5 Mar 2025 00:00"
    assert f"deadline: {said}" in differences(a, b)


def test_a_deadline_that_only_one_side_still_has_to_keep_is_distinguished() -> None:
    picture = side_by_side(trace(), gherkin(CURED)[0].trace)
    assert {"A: BC-29 services stop, 4 Mar", "B: BC-29 services stop, 4 Mar"} <= set(words(picture))
    struck = {e.text for e in ET.fromstring(picture).iter(f"{SVG}text") if e.get("text-decoration")}
    assert struck == {"B: BC-29 services stop, 4 Mar", "B: BC-30 data and services go, 20 Mar"}


def crossed(picture: str) -> list[str]:
    """The words that the frame of a difference, or its sign, runs through."""
    root = ET.fromstring(picture)
    found = []
    boxes = []
    for each in shown(picture):
        x, y, said = float(each.get("x", "0")), float(each.get("y", "0")), each.text or ""
        width = length(said)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[each.get("text-anchor", "start")]
        boxes.append((left, left + width, y, said))
    for group in root.iter(f"{SVG}g"):
        if not (group.findtext(f"{SVG}title") or "").startswith("difference"):
            continue
        frame, sign = group.find(f"{SVG}rect"), group.find(f"{SVG}circle")
        assert frame is not None
        assert sign is not None
        x, y, width, height = (float(frame.get(name, "0")) for name in ("x", "y", "width", "height"))
        cx, cy = float(sign.get("cx", "0")), float(sign.get("cy", "0"))
        for left, right, base, said in boxes:
            if y < base < y + height + 8 and any(left < rim < right for rim in (x, x + width)):
                found.append(said)
            if left < cx + 6 and right > cx - 6 and base + 1 > cy - 6 and base - 8 < cy + 6:
                found.append(f"{said} below the sign")
    return found


TRIAL = """
Given it is 1 March 2025
And an organization with an active trial and $300.00 of trial credits
When {days} days pass
Then the organization's data is present
"""


@pytest.mark.parametrize(
    "sides",
    [
        lambda: (trace(), trace("40 days", "end_of_day")),
        lambda: (trace("15 days"), trace("15 days", "end_of_day")),
        lambda: [
            gherkin(TRIAL.format(days=30), readings={"deadline_instant": r})[0].trace for r in ("at", "end_of_day")
        ],
        lambda: [
            gherkin(TRIAL.format(days=46), readings={"deadline_instant": r})[0].trace for r in ("at", "end_of_day")
        ],
        lambda: [
            gherkin(UNPAID.format(days="32 days"), sut=s)[0].trace for s in ("reference", "faulty:stop-after-21-days")
        ],
        lambda: [gherkin(CURED.replace("5 days", f"{n} days"))[0].trace for n in (5, 7)],
        lambda: [gherkin(CURED.replace("5 days", f"{n} days"))[0].trace for n in (3, 15)],
    ],
)
def test_no_frame_runs_through_words(sides: Callable[[], Sequence[Trace]]) -> None:
    picture = side_by_side(*sides())
    assert "difference" in words(picture)
    assert crossed(picture) == []


def test_an_amount_does_not_touch_bars() -> None:
    bars = [(389.0, 395.0), (405.0, 411.0)]
    for groups in ([mark(400, "120")], [mark(400, "120"), mark(460, "45")], [mark(385, "1"), mark(400, "120")]):
        labels = _labels(groups, bars)
        assert labels
        for label in labels.values():
            left = label.x - length(label.said) if label.ends else label.x
            assert all(left + length(label.said) <= start or end <= left for start, end in bars)


def test_what_is_done_at_once_is_counted_and_listed() -> None:
    drawn = trace()
    at_once = [act for act in drawn.actions if act.at == drawn.begins]
    assert len(at_once) == 6
    root = ET.fromstring(svg(drawn))
    (group,) = [g for g in root.iter(f"{SVG}g") if "the organization is created" in (g.findtext(f"{SVG}title") or "")]
    assert group.findtext(f"{SVG}text") == "6"
    assert (group.findtext(f"{SVG}title") or "").count("\n") == 5
    assert "several actions at once" in words(svg(drawn))
    single = svg(replace(drawn, actions=drawn.actions[:1]))
    assert "action" in words(single)
    assert "1" not in words(single)
    assert "scenario       18 Jan 2025 09:00 6 actions · 30 Mar 2025 00:00 check that held" in text(drawn)


def test_a_deadline_that_lies_far_after_the_end_is_named_at_the_right_edge() -> None:
    drawn = gherkin(TRIAL.format(days=38))[0].trace
    picture = svg(drawn)
    coming = next(e for e in shown(picture) if e.text == "BC-09 the data is deleted, 14 Apr 09:00 →")
    assert RIGHT < float(coming.get("x", "0")) + length(coming.text or "", bold=True) <= RIGHT + RIM + 1
    lines = set(re.findall(r'M(\S+) \S+L\1 \S+" [^>]*stroke-dasharray="6 3"', picture))
    assert len(lines - {"0"}) == 2, "of the trial's end, and in the legend"
    assert "14 Apr 2025 09:00 BC-09 the data is deleted, after the end" in text(drawn)
    assert "31 Mar 2025 09:00 BC-02 the trial is over\n" in f"{text(drawn)}\n"


def test_every_deadline_of_the_text_is_in_the_picture() -> None:
    for drawn in (trace("12 days"), trace(), gherkin(CURED)[0].trace, gherkin(TRIAL.format(days=38))[0].trace):
        tips = "\n".join(titles(svg(drawn)))
        for deadline in drawn.deadlines:
            assert deadline_tip(deadline) in tips


CURED = """
Given it is 18 January 2025
And an organization that pays by card
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When 5 days pass
And the organization's card will be approved
And the vendor attempts to collect from the organization
And 20 days pass
Then the organization is not restricted
"""


def test_a_deadline_that_is_no_longer_due_is_struck_out_dotted_and_marked_as_such() -> None:
    picture = svg(gherkin(CURED)[0].trace)
    lines = {element.text: element for element in ET.fromstring(picture).iter(f"{SVG}text")}
    struck, due = lines["BC-29 services stop, 4 Mar"], lines["BC-23 restricted at once, 18 Feb"]
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
    assert "no longer observed" in words(picture)
    assert any(tip.startswith("not observed after") for tip in titles(picture))
    assert "no longer observed" not in words(svg(trace()))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_words_of_states_that_are_too_short_stand_below_whole_and_not_upon_each_other(layout: Layout) -> None:
    drawn = trace()
    data = next(lane for lane in drawn.lanes if lane.kind is LaneKind.DATA)
    begins = drawn.begins + timedelta(days=20)
    spans = [replace(data.spans[0], end=begins, state="none")]
    for number, state in enumerate(["present", "deleted", "present", "deleted"]):
        start = begins + number * timedelta(hours=8)
        spans.append(replace(data.spans[0], start=start, end=start + timedelta(hours=8), state=state))
    lanes = tuple(replace(lane, spans=tuple(spans)) if lane is data else lane for lane in drawn.lanes)
    below = [e for e in shown(svg(replace(drawn, lanes=lanes), layout=layout)) if e.text in ("present", "deleted")]
    places = [(float(e.get("x", "0")), float(e.get("y", "0")), length(e.text or "")) for e in below]
    assert len(places) >= 4
    for (x, y, width), (other_x, other_y, other_width) in combinations(places, 2):
        assert abs(y - other_y) >= 12 or x + width <= other_x or other_x + other_width <= x


def test_the_line_of_an_amount_does_not_run_through_its_words() -> None:
    text = "Given it is 1 March 2025\nAnd an organization with an active trial and $300.00 of trial credits\n"
    for used in (1, 40, 150, 280, 299):
        story = f"{text}When 10 days pass\nAnd the organization uses ${used}.00\nAnd 9 days pass"
        picture = svg(gherkin(story)[0].trace)
        levels = {
            float(y) for y in re.findall(r'd="M\S+ (\S+)L\S+ \1" fill="none" stroke="currentColor" stroke-w', picture)
        }
        for element in shown(picture):
            if re.fullmatch(r"\$[\d.]+( left)?", element.text or ""):
                base = float(element.get("y", "0"))
                assert not any(base - 9 < level < base + 1 for level in levels), (used, element.text)


def test_a_day_has_hours_on_its_axis() -> None:
    story = TRIAL.format(days=1).replace("1 days", "3 hours").replace("the organization's data is present", "{}")
    picture = svg(gherkin(story.format("the organization's trial is active"))[0].trace)
    assert {"09:00", "10:00", "11:00", "12:00", "1 Mar 2025"} <= set(words(picture))


def test_what_is_drawn_short_is_in_the_legend() -> None:
    assert "time drawn shorter than it is" in words(svg(trace("10 years")))
    assert "time drawn shorter than it is" not in words(svg(trace()))


def test_each_mark_can_be_reached_by_keyboard_and_shows_its_tooltip() -> None:
    root = ET.fromstring(svg(trace()))
    marks = [element for element in root.iter(f"{SVG}g") if element.get("tabindex") == "0"]
    assert len(marks) > 15
    for element in marks:
        note = next(child for child in element if child.get("class") == "billing-note")
        first = "".join(note.itertext())
        assert element.get("role") == "img"
        assert (element.get("aria-label") or "").split() == (element.findtext(f"{SVG}title") or "").split()
        assert (element.get("aria-label") or "").split()[0] in first
    assert not [element for element in ET.fromstring(svg(trace(), ground=True)).iter() if element.get("tabindex")]


def test_readings_are_described_in_the_head_of_a_picture() -> None:
    pair = beside("BC-09", "deadline_instant=end_of_day")
    assert pair.names == (
        "the reference: exactly n times 24 hours after its start",
        "the reference: at the end of the UTC day that contains that instant",
    )
    faulty = beside("BC-29", "faulty:stop-after-21-days").names
    assert faulty is not None
    assert faulty[0] == "the reference"
    assert faulty[1].startswith("with a fault: ")


def test_nothing_is_drawn_where_there_is_nothing_to_see() -> None:
    assert gherkin("Given it is 18 January 2025\nWhen 3 days pass")[0].timeline is None
