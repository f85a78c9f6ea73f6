"""The page that a timeline is drawn on, and its basic elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from html import escape
from math import fsum

from billing_tck.timeline.model import Trace
from billing_tck.timeline.svg.axis import Scale


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide a picture is and where its axis runs; `stacked` has the labels of rows above them."""

    name: str
    width: int
    left: int
    right: int
    stacked: bool = False


WIDE, MIDDLE, NARROW = (
    Layout("wide", 960, 150, 944),
    Layout("middle", 640, 138, 628),
    Layout("narrow", 318, 22, 304, True),
)
LAYOUTS = (WIDE, MIDDLE, NARROW)
LEFT, RIGHT = WIDE.left, WIDE.right
RIM = 12  # how far text may reach beyond the axis

ROW, TALL, GAP = 20, 30, 5
LINE = 14  # from one line of text to the next
SMALL = 12
LABEL_ROW = "label"  # of a row that has only a label

_WIDE, _MIDDLE, _THIN, _THINNEST = 9.0, 6.8, 4.5, 3.5  # of text of 11 pixels, in the widest of the usual fonts


_WIDTHS = {
    **dict.fromkeys("mwMW%→…", _WIDE),
    **dict.fromkeys("0123456789$×", 7.0),  # noqa: RUF001 - the sign that counts are written with
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 7.4),
    **dict.fromkeys("frt()-/", _THIN),
    **dict.fromkeys(" .,:;'|!ijlI", _THINNEST),
}


_BOLD = 1.1
MOST_NOTED = 4  # lines of the text of a focused mark
NOTED = "@NOTED@"  # stands for the place of that text, until it is known


BLUE, AMBER, RED, GREEN, VIOLET, GREY = "#3b8ed0", "#e69f00", "#d55e00", "#1b9e77", "#8a6fc0", "#808890"


class Marks(Enum):
    """How the marks of a picture show their text.

    With TOOLTIPS it stands alone. The marks of the others can be focused: with NOTES the picture shows the text below
    itself, with LABELS the page shows it.
    """

    TOOLTIPS = auto()
    NOTES = auto()
    LABELS = auto()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the runs that are drawn, with its name."""

    name: str
    trace: Trace


@dataclass(slots=True)
class Page:
    """The elements drawn so far, and the height of the page."""

    scale: Scale
    layout: Layout = WIDE
    marks: Marks = Marks.TOOLTIPS
    y: float = 8
    noted: float = 0  # where the text of a focused mark stands
    back: list[str] = field(default_factory=list)
    front: list[str] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)
    rows: list[tuple[float, str]] = field(default_factory=list)  # where each begins, and the letter of its side
    lines: list[tuple[float, str]] = field(default_factory=list)  # of deadlines in the rows to come, and their sides

    @property
    def left(self) -> int:
        """Where the axis begins."""
        return self.layout.left

    @property
    def right(self) -> int:
        """Where the axis ends."""
        return self.layout.right

    def mark(self, tip: str, *elements: str) -> str:
        """Return elements with a text, which `marks` says how to show."""
        attributes = f'class="billing-mark" tabindex="0" role="img" aria-label="{escape(tip)}"'
        if self.marks is Marks.TOOLTIPS:
            return tipped(tip, *elements)
        if self.marks is Marks.LABELS:
            return f"<g {attributes}>{''.join(elements)}</g>"
        rows = [row for line in tip.split("\n") for row in wrapped(line, self.layout.width - 16)]
        if len(rows) > MOST_NOTED:
            rows = [*rows[: MOST_NOTED - 1], "…"]
        spans = "".join(f'<tspan x="8" dy="{LINE if n else 0}">{escape(row)}</tspan>' for n, row in enumerate(rows))
        note = f'<text class="billing-note" y="{NOTED}" font-size="{SMALL}">{spans}</text>'
        return f"<g {attributes}><title>{escape(tip)}</title>{''.join(elements)}{note}</g>"

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
    return fsum(_WIDTHS.get(character, _MIDDLE) for character in said) * SMALL / 11 * (_BOLD if bold else 1)


def wrapped(said: str, room: float, *, bold: bool = False) -> tuple[str, ...]:
    """Return a text in lines that fit; a longer word has a line of its own."""
    lines: list[str] = []
    for word in said.split(" "):
        if lines and length(f"{lines[-1]} {word}", bold=bold) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def fitted(said: str, room: float) -> str:
    """Return as much of a text as fits, or nothing if that would say nothing."""
    if length(said) <= room:
        return said
    cut = said
    while cut and length(f"{cut}…") > room:
        cut = cut[:-1]
    return f"{cut.rstrip()}…" if len(cut) >= 4 else ""


def draw_label(page: Page, said: str, letter: str = "", height: float = ROW) -> None:
    """Begin a row with its label and the letter of its side; in a stacked picture the label is above the row."""
    if page.layout.stacked:
        if letter != "B":
            page.rows.append((page.y, LABEL_ROW))
            page.add(written(8, page.y + LINE - 4, fitted(said, page.right - 8), extra=' fill-opacity="0.85"'))
            page.y += LINE
        page.rows.append((page.y, letter))
    else:
        page.rows.append((page.y, letter))
        room = page.left - 30 if letter else page.left - 16
        label = fitted(said, room)
        place = page.left - 10 - (16 if letter else 0)
        text = written(place, page.y + height / 2 + 4, label, anchor="end")
        page.add(text if label == said else page.mark(said, text))
    if letter:
        page.add(written(page.left - 8, page.y + height / 2 + 4, letter, anchor="end", extra=' font-weight="700"'))
