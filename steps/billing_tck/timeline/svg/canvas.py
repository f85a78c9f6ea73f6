"""The page that a timeline is drawn on, and its basic elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from billing_tck.timeline.model import Trace
from billing_tck.timeline.svg.axis import Scale

WIDTH, LEFT, RIGHT = 960, 150, 944


ROW, TALL, GAP = 20, 30, 5


SMALL = 11


_WIDE, _MIDDLE, _THIN, _THINNEST = 9.0, 6.8, 4.5, 3.5  # of small text, in the widest of the usual fonts


_WIDTHS = {
    **dict.fromkeys("mwMW%→…", _WIDE),
    **dict.fromkeys("0123456789$×", 7.0),  # noqa: RUF001 - the sign that counts are written with
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 7.4),
    **dict.fromkeys("frt()-/", _THIN),
    **dict.fromkeys(" .,:;'|!ijlI", _THINNEST),
}


_BOLD = 1.1


BLUE, AMBER, RED, GREEN, VIOLET, GREY = "#3b8ed0", "#e69f00", "#d55e00", "#1b9e77", "#8a6fc0", "#808890"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the runs that are drawn, with its name."""

    name: str
    trace: Trace


@dataclass(slots=True)
class Page:
    """The elements drawn so far, and the height of the page."""

    scale: Scale
    y: float = 8
    back: list[str] = field(default_factory=list)
    front: list[str] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)
    rows: list[tuple[float, str]] = field(default_factory=list)  # where each begins, and the letter of its side
    lines: list[tuple[float, str]] = field(default_factory=list)  # of deadlines in the rows to come, and their sides

    def add(self, *elements: str) -> None:
        """Draws elements above what was drawn so far."""
        self.front += elements


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page."""

    x: float
    y: float
    width: float
    height: float

    def drawn(self, attributes: str) -> str:
        """Return the box as an SVG rectangle."""
        place = f'x="{fixed(self.x)}" y="{fixed(self.y)}" width="{fixed(self.width)}" height="{fixed(self.height)}"'
        return f"<rect {place} {attributes}/>"


def fixed(value: float) -> str:
    """Return a length with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def written(x: float, y: float, said: str, *, size: int = SMALL, anchor: str = "start", extra: str = "") -> str:
    """Return text at a position."""
    anchored = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{fixed(x)}" y="{fixed(y)}" font-size="{size}"{anchored}{extra}>{escape(said)}</text>'


def stroke(x1: float, y1: float, x2: float, y2: float, extra: str = "") -> str:
    """Return a straight line."""
    return f'<path d="M{fixed(x1)} {fixed(y1)}L{fixed(x2)} {fixed(y2)}" fill="none" stroke="currentColor"{extra}/>'


def tipped(tip: str, *elements: str) -> str:
    """Return elements with a tooltip."""
    return f"<g><title>{escape(tip)}</title>{''.join(elements)}</g>"


def length(said: str, *, bold: bool = False) -> float:
    """Return an upper estimate of the width of small text."""
    return sum(_WIDTHS.get(character, _MIDDLE) for character in said) * (_BOLD if bold else 1)


def fitted(said: str, room: float) -> str:
    """Return as much of a text as fits, or nothing if that would say nothing."""
    if length(said) <= room:
        return said
    cut = said
    while cut and length(f"{cut}…") > room:
        cut = cut[:-1]
    return f"{cut.rstrip()}…" if len(cut) >= 4 else ""


def draw_label(page: Page, said: str, letter: str = "", height: float = ROW) -> None:
    """Begin a row with its label and the letter of its side."""
    page.rows.append((page.y, letter))
    room = LEFT - 30 if letter else LEFT - 16
    page.add(
        tipped(
            said, written(LEFT - 10 - (16 if letter else 0), page.y + height / 2 + 4, fitted(said, room), anchor="end")
        )
    )
    if letter:
        page.add(written(LEFT - 8, page.y + height / 2 + 4, letter, anchor="end", extra=' font-weight="700"'))
