"""Draw the timeline of a trace: plain SVG, without a library, a script or the network.

States differ by pattern, outline and text, never by colour alone. All ink has the colour of the surrounding text, so
that the picture is legible on light and dark backgrounds; `ground=True` adds a background, for pictures that stand
alone. Patterns are drawn as lines, not referenced by name, so that any number of timelines can share a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from billing_tck.text.format import format_instant
from billing_tck.timeline.model import Trace
from billing_tck.timeline.svg.canvas import LAYOUTS, WIDE, Layout, Marks, Side
from billing_tck.timeline.svg.diff import differences
from billing_tck.timeline.svg.labels import MONEY_ROWS, acts_words, deadline_words, label_of, point_words, span_words
from billing_tck.timeline.svg.layout import draw

__all__ = [
    "NOT_MATHEMATICS",
    "STYLE",
    "Timeline",
    "TimelinePair",
    "differences",
    "responsive",
    "side_by_side",
    "svg",
    "text",
]

STYLE = """\
.billing-timelines { container-type: inline-size; min-width: 300px; max-width: 960px; }
.billing-timelines > svg { display: none; width: 100%; height: auto; }
.billing-timelines > svg.narrow { display: block; max-width: 440px; }
@container (min-width: 590px) {
  .billing-timelines > svg.narrow { display: none; }
  .billing-timelines > svg.middle { display: block; max-width: 780px; }
}
@container (min-width: 880px) {
  .billing-timelines > svg.middle { display: none; }
  .billing-timelines > svg.wide { display: block; }
}
.billing-timeline .billing-note { display: none; }
.billing-timeline .billing-mark:focus-visible { outline: 2px solid; outline-offset: 1px; }
.billing-timeline .billing-mark:focus-visible .billing-note { display: block; }
.billing-timeline:has(.billing-mark:focus-visible) .billing-legend { visibility: hidden; }
"""
"""The rules of pages with timelines: the width that fits, and the text of a mark that has the focus."""

NOT_MATHEMATICS = "mathjax_ignore tex2jax_ignore"  # classes that MathJax 3 and MathJax 2 leave as they are


def svg(
    trace: Trace, *, title: str = "", ground: bool = False, layout: Layout = WIDE, marks: Marks = Marks.NOTES
) -> str:
    """Return the timeline as an SVG element; with `ground` it can stand alone, as a file or an `<img>`."""
    return draw([Side("", trace)], title, ground, layout, marks)


def side_by_side(
    a: Trace,
    b: Trace,
    *,
    names: tuple[str, str] = ("A", "B"),
    ground: bool = False,
    layout: Layout = WIDE,
    marks: Marks = Marks.NOTES,
) -> str:
    """Return two runs over one axis: what is equal drawn once, what differs drawn twice and marked."""
    return draw([Side(names[0], a), Side(names[1], b)], "", ground, layout, marks)


def responsive(trace: Trace, title: str = "") -> str:
    """Return the timeline for a page with the rules of `STYLE`: in three widths, of which the page shows one."""
    return _in_all_widths(lambda layout: svg(trace, title=title, layout=layout))


def _in_all_widths(draw: Callable[[Layout], str]) -> str:
    return f'<div class="billing-timelines {NOT_MATHEMATICS}">{"".join(map(draw, LAYOUTS))}</div>'


def text(trace: Trace) -> str:
    """Return the timeline as plain text, for where there are no pictures."""
    lines = [f"{format_instant(trace.begins)} to {format_instant(trace.ends)}"]
    story: dict[datetime, list[str]] = {}
    for at, count in Counter(action.at for action in trace.actions).items():
        story[at] = [acts_words(count)]
    for check in trace.checks:
        story.setdefault(check.at, []).append(f"check that {'held' if check.holds else 'FAILED'}")
    events = " · ".join(f"{format_instant(at)} {', '.join(texts)}" for at, texts in sorted(story.items()))
    rows = [("scenario", events)] if events else []
    several = len(trace.organizations) > 1
    for lane in trace.lanes:
        label = label_of(lane.kind, lane.name) + (f" ({lane.organization})" if several else "")
        said = [f"{format_instant(span.start)} {span_words(lane.kind, span)}" for span in lane.spans]
        rows.append((label, " · ".join(said)))
    for label, kinds in MONEY_ROWS:
        points = [point for point in trace.points if point.kind in kinds]
        if points:
            rows.append((label, " · ".join(f"{format_instant(p.at)} {point_words(p)}" for p in points)))
    for deadline in trace.deadlines:
        after = ", after the end" if deadline.at > trace.ends else ""
        rows.append(("deadline", f"{format_instant(deadline.at)} {deadline_words(deadline)}{after}"))
    width = max((len(label) for label, _ in rows), default=0)
    return "\n".join([*lines, *(f"  {label:<{width}}  {said}" for label, said in rows)])


@dataclass(frozen=True, slots=True)
class Timeline:
    """A trace that displays itself: with tooltips in a notebook, elsewhere as a picture or as text."""

    trace: Trace
    title: str = ""

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        alone = svg(self.trace, title=self.title, ground=True)
        return _bundle(responsive(self.trace, self.title), alone, text(self.trace), include, exclude)


@dataclass(frozen=True, slots=True)
class TimelinePair:
    """Two traces of one scenario, with what differs between them."""

    a: Trace
    b: Trace
    names: tuple[str, str] = ("A", "B")

    @property
    def differences(self) -> list[str]:
        """What differs, as text."""
        return differences(self.a, self.b)

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        said = self.differences or ["nothing differs"]
        plain = "\n".join([f"A  {self.names[0]}", f"B  {self.names[1]}", *(f"  {line}" for line in said)])

        def drawn(layout: Layout) -> str:
            return side_by_side(self.a, self.b, names=self.names, layout=layout)

        alone = side_by_side(self.a, self.b, names=self.names, ground=True)
        return _bundle(_in_all_widths(drawn), alone, plain, include, exclude)


def _bundle(
    html: str, alone: str, plain: str, include: Iterable[str] | None, exclude: Iterable[str] | None
) -> dict[str, str]:
    bundle = {"text/html": f"<style>{STYLE}</style>{html}", "image/svg+xml": alone, "text/plain": plain}
    wanted = set(include or bundle) - set(exclude or ())
    return {kind: value for kind, value in bundle.items() if kind in wanted}
