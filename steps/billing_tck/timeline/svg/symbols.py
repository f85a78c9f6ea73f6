"""The marks of events: each kind has its own shape."""

from __future__ import annotations

from billing_tck.contract.values import InvoiceState
from billing_tck.timeline.model import Point, PointKind
from billing_tck.timeline.svg.canvas import GREEN, RED, VIOLET, fixed, written


def triangle(x: float, y: float) -> str:
    """Return the mark of an action."""
    return f'<path d="M{fixed(x - 5)} {fixed(y - 4)}h10l-5 8.5z" fill="currentColor" fill-opacity="0.75"/>'


def counted(x: float, y: float, count: int) -> str:
    """Return the mark of several actions."""
    return triangle(x, y) + written(x, y - 6.5, str(count), size=12, anchor="middle", extra=' font-weight="600"')


def verdict_mark(x: float, y: float, fine: bool) -> str:
    """Return the mark of a check: a tick in a circle, or a cross in a square."""
    if fine:
        mark = f"M{fixed(x - 4)} {fixed(y)}l3 3.5l5.5 -7"
        ink = f'fill="{GREEN}" fill-opacity="0.25" stroke="currentColor"'
        ring = f'<circle cx="{fixed(x)}" cy="{fixed(y)}" r="7.5" {ink}/>'
    else:
        mark = f"M{fixed(x - 3.5)} {fixed(y - 3.5)}l7 7m0 -7l-7 7"
        ring = (
            f'<rect x="{fixed(x - 7.5)}" y="{fixed(y - 7.5)}" width="15" height="15" '
            f'fill="{RED}" fill-opacity="0.35" stroke="currentColor" stroke-width="1.5"/>'
        )
    return ring + f'<path d="{mark}" fill="none" stroke="currentColor" stroke-width="1.8"/>'


def mark_name(point: Point) -> str:
    """Return the name of a point in the legend."""
    return f"invoice {point.state}" if point.kind is PointKind.INVOICE else str(point.kind)


def shape(x: float, y: float, point: Point) -> str:
    """Return the mark of a point."""
    ink = 'stroke="currentColor" stroke-width="1.5"'
    match point.kind:
        case PointKind.CHARGED:
            return f'<circle cx="{fixed(x)}" cy="{fixed(y)}" r="5.5" fill="{GREEN}" fill-opacity="0.8" {ink}/>'
        case PointKind.FAILED:
            cross = f"M{fixed(x - 5)} {fixed(y - 5)}l10 10m0 -10l-10 10"
            return f'<path d="{cross}" fill="none" stroke="{RED}" stroke-width="5" stroke-opacity="0.45"/>' + (
                f'<path d="{cross}" fill="none" stroke="currentColor" stroke-width="2"/>'
            )
        case PointKind.INVOICE:
            box = f'<rect x="{fixed(x - 4.5)}" y="{fixed(y - 6)}" width="9" height="12"'
            if point.state == InvoiceState.PAID:
                return f'{box} fill="currentColor" fill-opacity="0.7" {ink}/>'
            void = (
                f'<path d="M{fixed(x - 4.5)} {fixed(y + 6)}l9 -12" {ink}/>' if point.state == InvoiceState.VOID else ""
            )
            return f'{box} fill="none" pointer-events="all" {ink}/>{void}'
        case PointKind.USAGE_REPORT | PointKind.COMMITMENT_REPORT:
            usage = point.kind is PointKind.USAGE_REPORT
            fill = f'fill="{VIOLET}" fill-opacity="0.8"' if usage else 'fill="none" pointer-events="all"'
            return f'<path d="M{fixed(x)} {fixed(y - 6.5)}l6 6.5l-6 6.5l-6 -6.5z" {fill} {ink}/>'
        case PointKind.CONTACT:
            return f'<path d="M{fixed(x - 6)} {fixed(y - 4.5)}h12v9h-12zl6 5l6 -5" fill="none" {ink}/>'
