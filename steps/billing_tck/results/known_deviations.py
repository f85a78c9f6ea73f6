"""Known deviations: entries with a reason and dates that keep a deviation from failing the run.

A known deviation stays a deviation in every total and report. An entry that no longer deviates, names nothing or has
expired fails the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from billing_tck.config import KnownDeviationEntry
from billing_tck.errors import Diagnostic, Place
from billing_tck.spec.gherkin import Scenario
from billing_tck.text.did_you_mean import nearest
from billing_tck.text.format import format_day

What = Literal["clause", "scenario"]


@dataclass(frozen=True, slots=True)
class KnownDeviation:
    """An entry of `billing-tck.toml`, resolved against the scenarios.

    `until` is the last day on which the entry is valid, `place` is where it is written (`billing-tck.toml:12`),
    `covers` has the places of its scenarios, and `nothing` is the reason if there are none.
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
        """Return whether the entry is valid on a day; its last day is included."""
        return self.until is None or today <= self.until

    @property
    def dates(self) -> str:
        """The first and the last day, as text."""
        return f"since {format_day(self.since)}" + (f", until {format_day(self.until)}" if self.until else "")


def resolve(
    entries: Iterable[KnownDeviationEntry | KnownDeviation],
    scenarios: Sequence[Scenario],
    clauses: Mapping[str, str | None],
) -> tuple[KnownDeviation, ...]:
    """Return the entries with what they cover.

    `clauses` are the known ids, each with the reason why no scenario covers it, or None.
    """
    return tuple(_resolved(entry, scenarios, clauses) for entry in entries)


def _resolved(
    entry: KnownDeviationEntry | KnownDeviation, scenarios: Sequence[Scenario], clauses: Mapping[str, str | None]
) -> KnownDeviation:
    if entry.what == "clause":
        covers = tuple(s.place for s in scenarios if entry.name in s.clauses)
        known = list(dict.fromkeys([*clauses, *(c for s in scenarios for c in s.clauses)]))
        excluded = clauses.get(entry.name)
        nothing = f"it has no scenario: {excluded}" if excluded else f"clause {entry.name!r} does not exist"
    else:
        covers = tuple(s.place for s in scenarios if entry.name in names_of(s))
        known = [s.name for s in scenarios] + [s.place for s in scenarios]
        excluded, nothing = None, f"scenario {entry.name!r} does not exist"
    resolved = KnownDeviation(entry.what, entry.name, entry.reason, entry.since, entry.until, str(entry.place), covers)
    if covers:
        return resolved
    near = () if excluded else nearest(entry.name, known)
    return replace(resolved, nothing=nothing + (f"; nearest: {'; '.join(near)}" if near else ""))


def names_of(scenario: Scenario) -> frozenset[str]:
    """Return all names of a scenario: its own, its outline's, `file:line`, and the label in reports."""
    names = {scenario.name, scenario.place, f"{scenario.place}: {scenario.name}"}
    if scenario.outline is not None:
        names |= {scenario.outline, f"{scenario.file}:{scenario.definition}"}
    return frozenset(names)


def known_for(place: str, entries: Iterable[KnownDeviation], today: date) -> KnownDeviation | None:
    """Return the entry that covers the scenario at `place` today; an entry for the scenario comes first."""
    fitting = [entry for entry in entries if place in entry.covers and entry.in_force(today)]
    return min(fitting, key=lambda entry: entry.what != "scenario", default=None)


def troubles(
    entries: Iterable[KnownDeviation], verdicts: Mapping[str, str], today: date
) -> tuple[tuple[Diagnostic, ...], tuple[KnownDeviation, ...]]:
    """Return what is wrong with the entries, and the entries of which this run ran only a part.

    `verdicts` are the words of the verdicts by the scenarios' places. Whether an entry still deviates is only judged
    where all of its scenarios were run.
    """
    wrong: list[Diagnostic] = []
    partly_run: list[KnownDeviation] = []
    for entry in entries:
        words = [verdicts[place] for place in entry.covers if place in verdicts]
        diagnostic = _out_of_date(entry, words, today)
        if diagnostic is not None:
            wrong.append(diagnostic)
        elif words and len(words) < len(entry.covers) and "deviates" not in words:
            partly_run.append(entry)
    return tuple(wrong), tuple(partly_run)


def _out_of_date(entry: KnownDeviation, words: Sequence[str], today: date) -> Diagnostic | None:
    """Return why an entry does not hold, given the verdicts of those of its scenarios that were run."""

    def diagnostic(message: str, fix: str) -> Diagnostic:
        return Diagnostic(Place(entry.place), f"{entry.name} {message}", fix)

    whole, one = len(words) == len(entry.covers), len(words) == 1
    if not entry.covers:
        return diagnostic(f"names nothing: {entry.nothing}", "Correct the name, or remove the entry")
    if whole and set(words) == {"not_applicable"}:
        said = "its scenario is not applicable" if one else f"none of its {len(words)} scenarios is applicable"
        return diagnostic(f"cannot deviate: {said}", "Remove the entry")
    if whole and set(words) <= {"conforms", "not_applicable"}:
        said = "its scenario conforms" if one else f"none of its {len(words)} scenarios does"
        return diagnostic(f"no longer deviates: {said}", "Remove the entry")
    if not entry.in_force(today) and entry.until is not None:
        fix = f"Today is {format_day(today)}: fix the implementation, or give the entry a new date"
        return diagnostic(f"expired on {format_day(entry.until)}", fix)
    return None
