"""The timeline is a picture that stands alone, says everything in words too, and never leans on colour."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from xml.etree import ElementTree as ET

import pytest

from billing_tck.chart import SideBySide, Timeline, differences, side_by_side, svg, text
from billing_tck.chart.lanes import _LOOKS
from billing_tck.chart.scale import Scale
from billing_tck.jupyter import gherkin
from billing_tck.trace import LaneKind, Trace

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
