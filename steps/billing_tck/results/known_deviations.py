"""Known deviations: what an implementation's own people know, with a reason and dates, so that it fails no run.

A known deviation stays a deviation in every total and report. An entry must be true: one that no longer deviates, names
nothing, or has run out, fails the run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from billing_tck.spec.gherkin import Scenario
from billing_tck.text.format import format_day

What = Literal["clause", "scenario"]


@dataclass(frozen=True, slots=True)
class KnownDeviation:
    """One entry: a clause or a scenario that is known to deviate, why, since when, and the last day on which it may.

    `place` is where the entry stands (`billing-tck.toml:12`). `covers` are the places of the scenarios that it speaks
    of, and `nothing` says why there are none.
    """

    what: What
    name: str
    reason: str
    since: date
    until: date | None = None
    place: str = ""
    covers: tuple[str, ...] = ()
    nothing: str = ""

    def in_force(self, today: date) -> bool:
        """Whether it still excuses anything; its last day is included."""
        return self.until is None or today <= self.until

    @property
    def dates(self) -> str:
        """Since when and until when, in words."""
        return f"since {format_day(self.since)}" + (f", until {format_day(self.until)}" if self.until else "")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with an entry, and what mends it."""

    entry: KnownDeviation
    what: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.entry.place}: " if self.entry.place else ""
        return f"{place}{self.entry.name} {self.what}. {self.mend}."


def resolve(
    entries: Iterable[KnownDeviation], scenarios: Sequence[Scenario], clauses: Mapping[str, str | None]
) -> tuple[KnownDeviation, ...]:
    """The entries with what they cover; `clauses` are the known ids, each with why no scenario covers it, or None."""
    return tuple(_resolved(entry, scenarios, clauses) for entry in entries)


def _resolved(
    entry: KnownDeviation, scenarios: Sequence[Scenario], clauses: Mapping[str, str | None]
) -> KnownDeviation:
    if entry.what == "clause":
        covers = tuple(s.place for s in scenarios if entry.name in s.clauses)
        known = list(dict.fromkeys([*clauses, *(c for s in scenarios for c in s.clauses)]))
        excluded = clauses.get(entry.name)
        nothing = f"it has no scenario: {excluded}" if excluded else f"there is no clause {entry.name!r}"
    else:
        covers = tuple(s.place for s in scenarios if entry.name in names_of(s))
        known = [s.name for s in scenarios] + [s.place for s in scenarios]
        excluded, nothing = None, f"there is no scenario {entry.name!r}"
    if covers:
        return replace(entry, covers=covers)
    near = [] if excluded else difflib.get_close_matches(entry.name, known, 3, 0.5)
    return replace(entry, nothing=nothing + (f"; nearest: {'; '.join(near)}" if near else ""))


def names_of(scenario: Scenario) -> frozenset[str]:
    """All that a scenario may be called by: its name, its outline's, `file:line`, or both as the reports say it."""
    names = {scenario.name, scenario.place, f"{scenario.place}: {scenario.name}"}
    if scenario.outline is not None:
        names |= {scenario.outline, f"{scenario.file}:{scenario.definition}"}
    return frozenset(names)


def known_for(place: str, entries: Iterable[KnownDeviation], today: date) -> KnownDeviation | None:
    """The entry that excuses a deviation of the scenario at `place` today; one for the scenario goes first."""
    fitting = [entry for entry in entries if place in entry.covers and entry.in_force(today)]
    return min(fitting, key=lambda entry: entry.what != "scenario", default=None)


def troubles(
    entries: Iterable[KnownDeviation], verdicts: Mapping[str, str], today: date
) -> tuple[tuple[Trouble, ...], tuple[KnownDeviation, ...]]:
    """What is wrong with the entries, and the entries that this run did not look at in whole.

    `verdicts` are the words of the verdicts by the scenarios' places. Whether an entry still deviates is only judged
    where all its scenarios were run.
    """
    found: list[Trouble] = []
    unseen: list[KnownDeviation] = []
    for entry in entries:
        words = [verdicts[place] for place in entry.covers if place in verdicts]
        whole, one = len(words) == len(entry.covers), len(words) == 1
        if not entry.covers:
            found.append(Trouble(entry, f"names nothing: {entry.nothing}", "Mend the name, or take the entry out"))
        elif whole and set(words) == {"not_applicable"}:
            said = "its scenario is not applicable" if one else f"none of its {len(words)} scenarios is applicable"
            found.append(Trouble(entry, f"cannot deviate: {said}", "Take the entry out"))
        elif whole and set(words) <= {"conforms", "not_applicable"}:
            said = "its scenario conforms" if one else f"none of its {len(words)} scenarios does"
            found.append(Trouble(entry, f"no longer deviates: {said}", "Take the entry out"))
        elif not entry.in_force(today) and entry.until is not None:
            what = f"has run out: it was known until {format_day(entry.until)}, and today is {format_day(today)}"
            found.append(Trouble(entry, what, "Mend the implementation, or give the entry a new date"))
        elif not whole and "deviates" not in words:
            unseen.append(entry)
    return tuple(found), tuple(unseen)
