"""A state diagram as SVG: boxes for nodes, arrows that are as thick as they are covered, clauses on the arrows."""

from __future__ import annotations

from html import escape
from math import sqrt

from billing_tck.situations.diagram import Arrow, Diagram, Node
from billing_tck.situations.geometry import Curve, Placed, Rectangle, place

_COLUMN, _ROW, _MARGIN, _TOP = 250.0, 172.0, 96.0, 96.0
_BOX, _TALL, _CHARACTERS = 148.0, 52.0, 21
_LETTER, _LINE = 5.9, 13.0
_NAMED = 2
"""The clauses on an arrow; the tooltip lists all."""

_STYLE = """
:root{color:#1f2430;background:#fff;--box:#eef3fb;--line:#2f6fb2;--never:#9a6b00;--paper:#fff}
@media (prefers-color-scheme:dark){
:root{color:#e6e8ee;background:#14171d;--box:#222a38;--line:#7db4ec;--never:#d9a53a;--paper:#14171d}}
text{fill:currentColor;font-family:system-ui,sans-serif}
.box{fill:var(--box);stroke:currentColor}
.reached{fill:none;stroke:var(--line)}
.never{fill:none;stroke:var(--never);stroke-dasharray:5 4}
.tip{fill:var(--line)} .nevertip{fill:var(--never)}
.label{font-size:10.5px;text-anchor:middle}
.paper{fill:var(--paper);fill-opacity:.86}
"""


def render_svg(diagram: Diagram) -> str:
    """Return the diagram as an SVG document."""
    boxes = {node.place.name: _box(node) for node in diagram.nodes}
    labels = [_label_of(arrow) for arrow in diagram.arrows]
    sizes = [(max(map(len, lines)) * _LETTER + 4, len(lines) * _LINE) for lines in labels]
    placed = place(boxes, [(arrow.source, arrow.target) for arrow in diagram.arrows], sizes)
    width = max(area.x + area.width / 2 for area in [*boxes.values(), *(one.label for one in placed)]) + 22
    height = max(box.y for box in boxes.values()) + _TOP
    title = f"The life of an organization: {diagram.family.replace('_', ' ')}"
    left_out = f" Arrows that none reaches and that are left out: {diagram.hidden}." if diagram.hidden else ""
    explained = (
        "Number of situations or transitions: reached by scenarios / on the map. The thicker, the more are reached; "
        f"dashed: none.{left_out}"
    )
    arrows = [_arrow(arrow, one) for arrow, one in zip(diagram.arrows, placed, strict=True)]
    texts = [_texts(lines, one.label) for lines, one in zip(labels, placed, strict=True)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}{_markers()[0]}</style>",
            _markers()[1],
            f'<text x="16" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
            f'<text x="16" y="{height - 12:.0f}" font-size="11">{escape(explained)}</text>',
            *arrows,
            *(_drawn(node, boxes[node.place.name]) for node in diagram.nodes),
            *texts,
            "</svg>\n",
        ]
    )


def _markers() -> tuple[str, str]:
    """Return the style and the definitions of the tips of arrows."""
    size = 'markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11"'
    shape = f'viewBox="0 0 8 8" refX="7" refY="4" orient="auto" {size}'
    tips = "".join(
        f'<marker id="{name}" {shape}><path class="{name}" d="M0 0L8 4L0 8Z"/></marker>' for name in ("tip", "nevertip")
    )
    return ".reached{marker-end:url(#tip)} .never{marker-end:url(#nevertip)}", f"<defs>{tips}</defs>"


def _box(node: Node) -> Rectangle:
    return Rectangle(_MARGIN + node.place.column * _COLUMN, _TOP + node.place.row * _ROW, _BOX, _TALL)


def _drawn(node: Node, box: Rectangle) -> str:
    lines = _wrapped(node.place.name)
    count = [f"{node.covered:,} / {node.situations:,}"] if node.situations else []
    first = box.y + 4 - (len(lines) + len(count) - 1) * _LINE / 2
    texts = [
        f'<text x="{box.x:.1f}" y="{first + number * _LINE:.1f}" font-size="{11 if number < len(lines) else 10}" '
        f'text-anchor="middle">{escape(line)}</text>'
        for number, line in enumerate([*lines, *count])
    ]
    corner = f'x="{box.x - box.width / 2:.1f}" y="{box.y - box.height / 2:.1f}"'
    shape = f'<rect class="box" {corner} width="{box.width:.0f}" height="{box.height:.0f}" rx="9"/>'
    return shape + "".join(texts)


def _wrapped(name: str) -> list[str]:
    """Return a name in at most two lines of about the same length."""
    if len(name) <= _CHARACTERS:
        return [name]
    spaces = [place for place, character in enumerate(name) if character == " "]
    middle = min(spaces, key=lambda place: abs(place - len(name) / 2))
    return [name[:middle], name[middle + 1 :]]


def _arrow(arrow: Arrow, placed: Placed) -> str:
    kind = "reached" if arrow.covered else "never"
    width = 1 + 6 * sqrt(arrow.share)
    named = f" ({', '.join(arrow.clauses)})" if arrow.clauses else ""
    tip = f"{arrow.source} → {arrow.target}: {arrow.covered:,} of {arrow.transitions:,} transitions reached{named}"
    return (
        f'<path class="{kind}" stroke-width="{width:.1f}" d="{_path(placed.curve)}"><title>{escape(tip)}</title></path>'
    )


def _path(curve: Curve) -> str:
    (x, y), (across, down), (end_x, end_y) = curve.start, curve.control, curve.end
    return f"M{x:.1f} {y:.1f}Q{across:.1f} {down:.1f} {end_x:.1f} {end_y:.1f}"


def _label_of(arrow: Arrow) -> list[str]:
    count = f"{arrow.covered:,}/{arrow.transitions:,}"
    if not arrow.clauses:
        return [count]
    more = len(arrow.clauses) - _NAMED
    return [" ".join(arrow.clauses[:_NAMED]) + (f" +{more}" if more > 0 else ""), count]


def _texts(lines: list[str], label: Rectangle) -> str:
    first = label.y + 4 - (len(lines) - 1) * _LINE / 2
    corner = f'x="{label.x - label.width / 2:.1f}" y="{label.y - label.height / 2:.1f}"'
    paper = f'<rect class="paper" {corner} width="{label.width:.1f}" height="{label.height:.1f}" rx="3"/>'
    return paper + "".join(
        f'<text class="label" x="{label.x:.1f}" y="{first + number * _LINE:.1f}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
