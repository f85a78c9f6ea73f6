"""What readings change, as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from billing_tck.impact.consequences import Change, Consequence, Happening, Impact
from billing_tck.impact.instants import AHEAD
from billing_tck.text.format import format_count, format_day, format_instant

_WIDE = 110


def render_text(impact: Impact) -> str:
    """Return the consequences, the most severe first."""
    base, value = impact.names
    knobs = ", ".join(f"{knob}={value_of}" for knob, value_of in impact.readings)
    lines = [f"what {knobs} changes, against {', '.join(f'{knob}={old}' for knob, old in impact.base)}"]
    shown: dict[tuple[Happening, ...], int] = {}
    for number, one in enumerate(impact.consequences, start=1):
        lines += ["", f"{number}. {one.kind}", *_wrapped(sentence(one.change, base, value), "   ")]
        if one.history in shown:
            lines.append(f"   after the same as in {shown[one.history]}")
            continue
        shown[one.history] = number
        lines += _history(one.history)
        if one.also:
            lines += _wrapped("also: " + "; ".join(also(change, base, value) for change in one.also), "   ")
    found = format_count(len(impact.consequences), "consequence")
    if not impact.consequences:
        found = "this search found no difference"
    return "\n".join([*lines, "", f"{found} in {format_count(impact.histories, 'history', 'histories')}"])


def sentence(change: Change, base: str, value: str) -> str:
    """Return what a customer notices under the readings, and under the base, with the dates."""
    under_base, under_value = outcomes(change)
    return f"Under {value}, {under_value}; under {base}, {under_base}."


def outcomes(change: Change) -> tuple[str, str]:
    """Return what a customer notices under the base, and under the readings, with the dates."""
    base = _dated(change.under_base, change.when[0], change.base_since)
    value = _dated(change.under_value, change.when[1], change.value_since)
    further = ""
    if change.later is not None:
        further = f" until {format_instant(change.later)}"
    elif change.lasting:
        further = f", also {AHEAD.days} days later"
    if change.worse_under_value is None:
        return base, value
    return (base + further, value) if change.worse_under_value else (base, value + further)


def also(change: Change, base: str, value: str) -> str:
    """Return a further difference in short."""
    return f"{change.under_value} ({value}), {change.under_base} ({base})"


def history_lines(history: Sequence[Happening]) -> Iterator[tuple[str, str]]:
    """Yield each day of a history and what happens on it, in words."""
    for day, happened in groupby(history, key=lambda one: format_day(one.at.date())):
        yield day, "; ".join(one.words for one in happened)


def _history(history: Sequence[Happening]) -> Iterator[str]:
    for day, words in history_lines(history):
        yield from textwrap.wrap(words, _WIDE, initial_indent=f"   {day:>11}  ", subsequent_indent=" " * 16)


def _dated(words: str, when: str, since: datetime | None) -> str:
    return words if since is None else f"{words} {when} {format_instant(since)}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDE, initial_indent=indent, subsequent_indent=indent)


def render_json(impact: Impact) -> str:
    """Return everything for machines."""
    content = {
        "base": dict(impact.base),
        "readings": dict(impact.readings),
        "consequences": [_json_consequence(one, *impact.names) for one in impact.consequences],
        "histories": impact.histories,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _json_consequence(one: Consequence, base: str, value: str) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        "severity": one.severity,
        "sentence": sentence(one.change, base, value),
        "worse_under_value": one.worse_under_value,
        "history": [{"at": happened.at.isoformat(), "words": happened.words} for happened in one.history],
        "change": _json_change(one.change),
        "also": [_json_change(change) for change in one.also],
    }


def _json_change(change: Change) -> dict[str, object]:
    instants = (change.base_since, change.value_since, change.later)
    base_since, value_since, later = (None if at is None else at.isoformat() for at in instants)
    return {
        "name": change.name,
        "under_base": change.under_base,
        "under_value": change.under_value,
        "base_since": base_since,
        "value_since": value_since,
        "later": later,
    }
