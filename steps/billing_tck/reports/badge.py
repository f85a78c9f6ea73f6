"""A badge: `badge.json` for shields' endpoint, and `badge.svg` for where nothing from outside is fetched."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from pathlib import Path

from billing_tck.results.aggregate import new_clauses
from billing_tck.results.record import Report

JSON, SVG = "badge.json", "badge.svg"
LABEL = "billing rules"
_COLOURS = {
    "conforms": ("brightgreen", "#1d7a46"),
    "known": ("blue", "#4b4a99"),
    "deviates": ("red", "#b3261e"),
    "out_of_date": ("red", "#b3261e"),
    "errored": ("orange", "#8a5a00"),
    "nothing": ("lightgrey", "#5b656b"),
}
_WIDE, _NARROW = frozenset("mwMW"), frozenset("fijlt.,:;'!|() 1")


def badge_message(report: Report) -> str:
    """What the badge says; of a run of a part, that it is one."""
    count = Counter(report.clauses.values())
    part = "" if report.everything else " (a part)"
    green = count["conforms"]
    conform = f"{green} clause{'s' * (green != 1)} conform{'s' * (green == 1)}"
    match report.verdict:
        case "conforms":
            return f"{conform}{part}"
        case "known":
            return f"{conform}, {count['deviates']} known to deviate{part}"
        case "deviates":
            new = len(new_clauses(report))
            return f"{new} clause{'s' * (new != 1)} deviate{'s' * (new == 1)}{part}"
        case "out_of_date":
            return f"known deviations out of date{part}"
        case "errored":
            return f"errored{part}"
        case _:
            return "nothing checked"


def badge_json(report: Report) -> dict[str, object]:
    """What shields' endpoint badge reads."""
    return {
        "schemaVersion": 1,
        "label": LABEL,
        "message": badge_message(report),
        "color": _COLOURS[report.verdict][0],
        "isError": report.verdict in {"deviates", "out_of_date", "errored", "nothing"},
    }


def badge_svg(report: Report) -> str:
    """The badge as a picture."""
    message, colour = badge_message(report), _COLOURS[report.verdict][1]
    left, right = _width(LABEL), _width(message)
    said = escape(f"{LABEL}: {message}")
    font = 'font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{said}">'
        f"<title>{said}</title>"
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#44494d"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        f'<g fill="#fff" text-anchor="middle" {font}>'
        f'<text x="{left / 2:g}" y="14" textLength="{left - 12}">{LABEL}</text>'
        f'<text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{escape(message)}</text></g></svg>\n'
    )


def _width(text: str) -> int:
    """The room that a text takes, about as its letters are in most fonts."""
    return round(sum(10.5 if c in _WIDE else 4.2 if c in _NARROW else 7 for c in text)) + 12


def write_badge(folder: Path, report: Report) -> None:
    """Writes `badge.json` and `badge.svg`."""
    (folder / JSON).write_text(json.dumps(badge_json(report)) + "\n", encoding="utf-8")
    (folder / SVG).write_text(badge_svg(report), encoding="utf-8")
