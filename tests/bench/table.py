"""Render the measurements as a table, as goals that hold or not, and as a chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from xml.sax.saxutils import escape

from .measure import MEBI, Measured
from .runners import BARE, BEHAVE, CUCUMBER_JS, KIT, KIT_IN_PROCESS, PLAIN, PYTEST_KIT


@dataclass(frozen=True, slots=True)
class Row:
    """One contender and its runs, one for each round."""

    name: str
    runs: tuple[Measured, ...]

    def least(self, what: str) -> float:
        """The smallest figure of that name: what disturbed runs have in common is that they took longer."""
        return min(float(getattr(run, what)) for run in self.runs)

    def middle(self, what: str) -> float:
        """The median."""
        return median(float(getattr(run, what)) for run in self.runs)


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, what it came to, and whether it holds; `holds` is None where it could not be measured."""

    sentence: str
    came: str
    holds: bool | None

    def __str__(self) -> str:
        word = {True: "holds", False: "DOES NOT HOLD", None: "not measured"}[self.holds]
        return f"{word:14} {self.sentence}: {self.came}"


def ratio(rows: Mapping[str, Row], one: str, other: str, what: str) -> float | None:
    """How many times `one` takes what `other` takes, each in its best round: what disturbs a run only ever adds."""
    if one not in rows or other not in rows:
        return None
    return rows[one].least(what) / rows[other].least(what)


def table(rows: Mapping[str, Row], missing: Mapping[str, str], scenarios: int, steps: int) -> Iterator[str]:
    """The table: whole commands, then the run alone; ratios are to the kit's engine, of best rounds."""
    columns = ("", "whole command", "first", "run alone", "steps/s", "scenarios/s", "memory", "whole", "run")
    units = ("", "min   median s", "verdict s", "min   median s", "run alone", "whole", "MiB", "ratio", "ratio")
    lines = [columns, units]
    for row in rows.values():
        lines.append(
            (
                row.name,
                f"{row.least('wall'):.3f}   {row.middle('wall'):.3f}",
                f"{row.least('first'):.3f}",
                f"{row.least('alone'):.3f}   {row.middle('alone'):.3f}",
                f"{scenarios * steps / row.least('alone'):,.0f}",
                f"{scenarios / row.least('wall'):,.0f}",
                f"{row.middle('memory') / MEBI:.0f}",
                f"{ratio(rows, row.name, KIT, 'wall') or 0:.2f}",
                f"{ratio(rows, row.name, KIT, 'alone') or 0:.2f}",
            )
        )
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    for line in lines:
        first, *rest = (f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        yield "  ".join([line[0].ljust(len(first)), *rest])
    for name, why in missing.items():
        yield f"{name}: missing; {why}"


def goals(
    rows: Mapping[str, Row], core: Sequence[Measured], interpreter: int, collected: Sequence[float]
) -> Iterator[Goal]:
    """The goals of speed, each as it came out."""
    for other, times in ((BEHAVE, 2), (CUCUMBER_JS, 3)):
        for what, said in (("alone", "run alone"), ("wall", "whole command")):
            yield _at_least(f"the engine, {times} times the steps a second of {other}, {said}", times,
                            ratio(rows, other, KIT, what))  # fmt: skip
    alone = ratio(rows, KIT_IN_PROCESS, BARE, "alone")
    yield _at_most("the engine, at most 1.5 times the bare driver calls, run alone in process", 1.5, alone)
    for name, limit in ((KIT_IN_PROCESS, 1.25), (KIT, 1.6)):
        sentence = f"{name}: its first verdict, at most {limit:g} times that of the bare calls"
        yield _at_most(sentence, limit, ratio(rows, name, BARE, "first"))
    for what, said in (("alone", "run alone"), ("wall", "whole command")):
        sentence = f"through pytest, at most 1.2 times plain pytest functions, {said}"
        yield _at_most(sentence, 1.2, ratio(rows, PYTEST_KIT, PLAIN, what))
    for what, said, limit in (("wall", "last", 2.0), ("first", "first", 0.5)):
        seconds = [float(getattr(run, what)) for run in core]
        sentence = f"the whole core, from start to the {said} verdict in under {limit:g} s"
        came = f"{min(seconds):.2f} s (median {median(seconds):.2f})" if seconds else "no run"
        yield Goal(sentence, came, min(seconds) < limit if seconds else None)
    if core and interpreter:
        more = (max(run.memory for run in core) - interpreter) / MEBI
        sentence = "the whole core, at most 40 MiB more memory than Python alone"
        yield Goal(sentence, f"{more:.0f} MiB", more <= 40)
    if collected:
        sentence = "through pytest, collected in under 0.5 s"
        yield Goal(sentence, f"{min(collected):.2f} s", min(collected) < 0.5)


def _at_least(sentence: str, limit: float, value: float | None) -> Goal:
    return Goal(sentence, "-" if value is None else f"{value:.2f}", None if value is None else value >= limit)


def _at_most(sentence: str, limit: float, value: float | None) -> Goal:
    return Goal(sentence, "-" if value is None else f"{value:.2f}", None if value is None else value <= limit)


# The chart

_LEFT, _WIDE, _HIGH = 210, 430, 40


def chart(rows: Mapping[str, Row], subtitle: str) -> str:
    """Bars as an SVG: how many times the kit's engine each contender takes, the whole command and the run alone."""
    whole = {name: ratio(rows, name, KIT, "wall") or 0.0 for name in rows}
    alone = {name: ratio(rows, name, KIT, "alone") or 0.0 for name in rows}
    most = max([*whole.values(), *alone.values(), 1.0])
    high = 84 + _HIGH * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + 70} {high}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        f'<rect width="{_LEFT + _WIDE + 70}" height="{high}" fill="#fff"/>',
        '<text x="16" y="26" font-size="16" font-weight="600">Time taken, in times of the kit\'s engine</text>',
        f'<text x="16" y="46" fill="#555">{escape(subtitle)}</text>',
        f'<rect x="{_LEFT}" y="56" width="10" height="10" fill="#1f5f8b"/>'
        f'<text x="{_LEFT + 15}" y="66">whole command</text>',
        f'<rect x="{_LEFT + 130}" y="56" width="10" height="10" fill="#9cc3dd"/>'
        f'<text x="{_LEFT + 145}" y="66">run alone</text>',
    ]
    for place, name in enumerate(rows):
        y = 78 + place * _HIGH
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 20}" text-anchor="end">{escape(name)}</text>')
        for value, down, colour in ((whole[name], 4, "#1f5f8b"), (alone[name], 18, "#9cc3dd")):
            width = max(value / most * _WIDE, 1)
            parts.append(f'<rect x="{_LEFT}" y="{y + down}" width="{width:.1f}" height="12" fill="{colour}"/>')
            parts.append(f'<text x="{_LEFT + width + 5:.1f}" y="{y + down + 10}" font-size="11">{value:.2f}</text>')
    return "\n".join([*parts, "</svg>", ""])
