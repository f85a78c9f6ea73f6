"""The reports that a site shows: by implementation, the runs of each in order of time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from billing_tck.reports.wording import implementation_title
from billing_tck.results.aggregate import Report
from billing_tck.results.record import ScenarioRecord
from billing_tck.spec.gherkin import Scenario


@dataclass(frozen=True)
class Implementation:
    """An implementation with its runs, the latest last; `slug` names it in paths."""

    slug: str
    title: str
    sut: str
    runs: tuple[Report, ...]

    @property
    def latest(self) -> Report:
        """Return the latest run."""
        return self.runs[-1]

    @property
    def path(self) -> str:
        """Return its page."""
        return f"implementations/{self.slug}.html"

    @property
    def badge(self) -> str:
        """Return its badge."""
        return f"badges/{self.slug}.svg"

    @cached_property
    def verdicts(self) -> Mapping[str, str]:
        """The verdict on each clause in the latest run: that of its scenarios, or `known`."""
        return self.latest.clause_standings

    @cached_property
    def _records(self) -> Mapping[str, ScenarioRecord]:
        return {record.place: record for record in self.latest.every}

    def record_of(self, scenario: Scenario) -> ScenarioRecord | None:
        """Return what the latest run says of a scenario; None where it was not run."""
        return self._records.get(scenario.place)


def implementations_of(reports: Sequence[Report]) -> tuple[Implementation, ...]:
    """Return the implementations of some reports, each by its name and how it was run; the same report counts once."""
    runs: dict[tuple[str, str], dict[str, Report]] = {}
    for report in reports:
        key = (report.header.implementation.name, report.header.sut)
        runs.setdefault(key, {}).setdefault(report.digest, report)
    titles = [implementation_title(_in_order(found)[-1]) for found in runs.values()]
    slugs: list[str] = []
    made = []
    for (key, found), title in zip(runs.items(), titles, strict=True):
        ordered = _in_order(found)
        named = f"{title} ({key[1]})" if titles.count(title) > 1 else title
        slugs.append(_slug(key[1] if titles.count(title) > 1 else key[0], slugs))
        made.append(Implementation(slugs[-1], named, key[1], ordered))
    return tuple(made)


def _in_order(found: Mapping[str, Report]) -> tuple[Report, ...]:
    return tuple(sorted(found.values(), key=lambda report: (report.header.started, report.digest)))


def _slug(name: str, taken: Sequence[str]) -> str:
    """Return a name for paths, which no other has."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "implementation"
    same = [one for one in taken if one == words or re.fullmatch(rf"{re.escape(words)}-\d+", one)]
    return f"{words}-{len(same) + 1}" if same else words
