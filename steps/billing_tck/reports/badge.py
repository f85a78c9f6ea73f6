"""A badge: `badge.json` for the endpoint of shields.io, and `badge.svg` for pages that fetch nothing."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from pathlib import Path
from typing import assert_never

from billing_tck.results.aggregate import Report, RunVerdict
from billing_tck.text.files import replace_text
from billing_tck.text.format import format_count

JSON, SVG = "badge.json", "badge.svg"
LABEL = "billing rules"
_COLOURS = {
    RunVerdict.CONFORMS: ("brightgreen", "#1d7a46"),
    RunVerdict.KNOWN: ("blue", "#4b4a99"),
    RunVerdict.DEVIATES: ("red", "#b3261e"),
    RunVerdict.OUT_OF_DATE: ("red", "#b3261e"),
    RunVerdict.ERRORED: ("orange", "#8a5a00"),
    RunVerdict.NOTHING: ("lightgrey", "#5b656b"),
}
_WIDE, _NARROW = frozenset("mwMW"), frozenset("fijlt.,:;'!|() 1")


def badge_message(report: Report) -> str:
    """Return the text of the badge; for a run of a part, it says so."""
    count = Counter(report.clauses.values())
    part = "" if report.everything else " (a part)"
    green = count["conforms"]
    conform = f"{format_count(green, 'clause')} conform{'s' * (green == 1)}"
    match report.verdict:
        case RunVerdict.CONFORMS:
            return f"{conform}{part}"
        case RunVerdict.KNOWN:
            return f"{conform}, {count['deviates']} known to deviate{part}"
        case RunVerdict.DEVIATES:
            new = len(report.new_clauses)
            return f"{format_count(new, 'clause')} deviate{'s' * (new == 1)}{part}"
        case RunVerdict.OUT_OF_DATE:
            return f"known deviations out of date{part}"
        case RunVerdict.ERRORED:
            return f"errored{part}"
        case RunVerdict.NOTHING:
            return "nothing checked"
        case _:
            assert_never(report.verdict)


def badge_json(report: Report) -> dict[str, object]:
    """Return the content of `badge.json`."""
    return {
        "schemaVersion": 1,
        "label": LABEL,
        "message": badge_message(report),
        "color": _COLOURS[report.verdict][0],
        "isError": report.verdict not in {RunVerdict.CONFORMS, RunVerdict.KNOWN},
    }


def badge_svg(report: Report) -> str:
    """Return the badge as an image."""
    return draw_badge(badge_message(report), _COLOURS[report.verdict][1])


def draw_badge(message: str, colour: str) -> str:
    """Return a badge with a message, on a colour as CSS writes it."""
    left, right = _width(LABEL), _width(message)
    text = escape(f"{LABEL}: {message}")
    font = 'font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{text}">'
        f"<title>{text}</title>"
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#44494d"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        f'<g fill="#fff" text-anchor="middle" {font}>'
        f'<text x="{left / 2:g}" y="14" textLength="{left - 12}">{LABEL}</text>'
        f'<text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{escape(message)}</text></g></svg>\n'
    )


def _width(text: str) -> int:
    """Return the width of a text, about as most fonts have it."""
    return round(sum(10.5 if c in _WIDE else 4.2 if c in _NARROW else 7 for c in text)) + 12


def write_badge(folder: Path, report: Report) -> None:
    """Write `badge.json` and `badge.svg`."""
    replace_text(folder / JSON, json.dumps(badge_json(report)) + "\n")
    replace_text(folder / SVG, badge_svg(report))
