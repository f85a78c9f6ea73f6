"""Correct values that are written otherwise than in the features: dates, amounts, spans of time."""

from __future__ import annotations

import re
from datetime import date

from billing_tck.steps.parameter_types import MONTHS, UNITS
from billing_tck.text.did_you_mean import nearest

_AMOUNT = re.compile(r"\$\d[\d,]*(?:\.\d*)?")
_DATE = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\.? ([A-Za-z]{3,})\.?,? (\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_SPAN = re.compile(r"\b(an?|one|\d+) (week|month|day|hour|year)s?\b")
_UNIT = re.compile(r"\b(\d[\d,]*) ([A-Za-z]+)\b")
_UNITS = (*UNITS, "week", "month")
_DAYS = {"week": 7, "month": 30}
_SHORT = {"can't": "cannot", "won't": "will not"}
_NOT = re.compile(r"\b(\w+)n't\b")


def corrected(text: str) -> tuple[str, list[str]]:
    """Return a text with its values as the features write them, and hints about those that were written otherwise."""
    hints: list[str] = []

    def cents(found: re.Match[str]) -> str:
        whole, point, rest = found[0].rstrip(",").rstrip(".").partition(".")
        if point and len(rest) == len("00"):
            return found[0]
        corrected_text = f"{whole}.{rest[:2]:0<2}"
        hints.append(f"the cents are missing: write {corrected_text} for {whole + point + rest}")
        return corrected_text + ("," if found[0].endswith(",") else "")

    def day(found: re.Match[str]) -> str:
        return _day(found[0], found[1], found[2], found[3], hints)

    def month_first(found: re.Match[str]) -> str:
        return _day(found[0], found[2], found[1], found[3], hints) if _month(found[1]) else found[0]

    def iso(found: re.Match[str]) -> str:
        try:
            of = date.fromisoformat(found[0])
        except ValueError:
            return found[0]
        return _day(found[0], str(of.day), MONTHS[of.month - 1], str(of.year), hints)

    for short, long in _SHORT.items():
        text = text.replace(short, long)
    text = _NOT.sub(r"\1 not", text.replace("\u2019", "'"))
    text = _UNIT.sub(lambda found: _unit(found[0], found[1], found[2], hints), text)
    text = _SPAN.sub(lambda found: _in_days(found[0], found[1], found[2], hints), _AMOUNT.sub(cents, text))
    return _ISO.sub(iso, _MONTH_FIRST.sub(month_first, _DATE.sub(day, text))), hints


def _unit(written: str, number: str, word: str, hints: list[str]) -> str:
    several = number != "1"
    near = nearest(word.lower(), [unit + "s" * several for unit in _UNITS], count=1, cutoff=0.75)
    if word.removesuffix("s") in _UNITS or not near:
        return written
    hints.append(f"{word!r} is no unit of time: {near[0]} is meant")
    return f"{number} {near[0]}"


def _in_days(written: str, number: str, unit: str, hints: list[str]) -> str:
    count = int(number) if number.isdigit() else 1
    if unit in ("week", "month"):
        days = f"{count * _DAYS[unit]} days"
        hints.append(f"time is counted in days: write {days} for {written}")
        return days
    return written if number.isdigit() else f"1 {unit}"


def _month(word: str) -> str | None:
    """Return the month that a word names or abbreviates."""
    title = word.capitalize()
    begun = [month for month in MONTHS if month.startswith(title)]
    return begun[0] if len(begun) == 1 else next(iter(nearest(title, MONTHS, count=1, cutoff=0.6)), None)


def _day(written: str, number: str, word: str, year: str, hints: list[str]) -> str:
    month = _month(word)
    if month is None:
        if word not in ("day", "days", "of"):
            hints.append(f"{word!r} is no month")
        return written
    corrected_text = f"{number} {month} {year}"
    if word != month:
        hints.append(f"{word!r} is no month: {month} is meant")
    elif corrected_text != written:
        hints.append(f"write the day as {corrected_text}")
    return corrected_text
