"""The history of an implementation: what each run came to, as a table and as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from billing_tck.results.aggregate import Report
from billing_tck.text.format import format_day

_ORDER = ("conforms", "known", "not_applicable", "errored", "deviates")
_WIDTH, _GAP, _HEIGHT, _LEFT = 56, 16, 140, 8
_MOST = 16


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the report, and how many clauses have each verdict."""

    report: Report
    counts: dict[str, int]


def runs_of(reports: Sequence[Report]) -> tuple[Run, ...]:
    """Return the runs, the latest first."""
    return tuple(Run(report, _counts(report)) for report in reversed(reports))


def _counts(report: Report) -> dict[str, int]:
    found = Counter(report.clause_standings.values())
    return {word: found[word] for word in _ORDER}


def trend(reports: Sequence[Report]) -> Markup:
    """Return the clauses by verdict of each run as stacked bars; nothing for a single run."""
    if len(reports) < 2:
        return Markup()
    shown = reports[-_MOST:]
    counts = [_counts(report) for report in shown]
    most = max(sum(one.values()) for one in counts) or 1
    bars = [_bar(number, one, most, shown[number]) for number, one in enumerate(counts)]
    width = _LEFT + len(shown) * (_WIDTH + _GAP)
    head = f'<svg class="trend" viewBox="0 0 {width} {_HEIGHT + 36}" width="{width}" role="img"'
    label = f"Clauses by verdict in {len(shown)} runs; the table below has the numbers"
    return Markup(f'{head} aria-label="{escape(label)}">{"".join(bars)}</svg>')


def _bar(number: int, counts: dict[str, int], most: int, report: Report) -> str:
    x, y, parts = _LEFT + number * (_WIDTH + _GAP), float(_HEIGHT + 10), []
    for word in _ORDER:
        height = counts[word] / most * _HEIGHT
        if not height:
            continue
        y -= height
        parts.append(f'<rect class="{word}" x="{x}" y="{y:.1f}" width="{_WIDTH}" height="{height:.1f}"/>')
    day = format_day(report.header.started.date())
    middle = x + _WIDTH / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT + 26}" text-anchor="middle" font-size="11">{escape(day[:-5])}</text>')
    return "".join(parts)
