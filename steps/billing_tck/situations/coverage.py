"""Which situations and transitions of the map the scenarios reach, by part, by family and by clause.

Each scenario is run against the reference under the readings that it tests. What it reaches outside the map is counted
apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product

from billing_tck.connect import open_unfrozen
from billing_tck.engine.runner import describe, run_scenario
from billing_tck.errors import KitError
from billing_tck.results.verdicts import Conforms
from billing_tck.situations.map_file import SituationMap
from billing_tck.situations.observer import Observer
from billing_tck.situations.search import Transition
from billing_tck.situations.situation import Situation
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.registry import Vocabulary

PARTS = ("core", "edge")


@dataclass(frozen=True, slots=True)
class Walked:
    """A scenario and the transitions that it led to, in order."""

    scenario: Scenario
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Situations and transitions of the map that were reached."""

    situations: frozenset[Situation]
    transitions: frozenset[Transition]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The map, and what the scenarios reach of it.

    `outside` counts, for each part, the transitions that are not on the map.
    """

    known: SituationMap
    walked: tuple[Walked, ...]
    parts: Mapping[str, Reached]
    families: Mapping[str, Reached]
    clauses: Mapping[str, Reached]
    outside: Mapping[str, int]

    @property
    def all(self) -> Reached:
        """Return what any scenario reaches."""
        return reached(self.known, self.walked)


def walk(
    scenarios: Iterable[Scenario], vocabulary: Vocabulary, on_scenario: Callable[[], None] | None = None
) -> list[Walked]:
    """Run scenarios against the reference, each under the readings that it tests; return their transitions.

    Raises KitError for a scenario that does not conform there.
    """
    by_readings: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        for readings in _combinations(scenario):
            by_readings.setdefault(readings, []).append(scenario)
    walked = []
    for readings, group in by_readings.items():
        with closing(open_unfrozen(f"reference:{readings}" if readings else "reference")) as driver:
            description, observer = describe(driver), Observer(driver)
            for scenario in group:
                record = run_scenario(scenario, observer, description, vocabulary)
                if not isinstance(record.verdict, Conforms):
                    raise KitError(f"{scenario.place}: the reference does not conform under {readings or 'defaults'}")
                walked.append(Walked(scenario, tuple(observer.forget())))
                if on_scenario is not None:
                    on_scenario()
    return walked


def _combinations(scenario: Scenario) -> list[str]:
    """Return the combinations of readings under which a scenario runs; it may name several values of one knob."""
    values: dict[str, list[str]] = {}
    for knob, value in scenario.reading:
        values.setdefault(knob, []).append(f"{knob}={value}")
    return [",".join(chosen) for chosen in product(*values.values())]


def coverage_of(known: SituationMap, walked: Sequence[Walked]) -> Coverage:
    """Return what scenarios reach of a map."""
    parts = {part: [one for one in walked if one.scenario.part == part] for part in PARTS}
    families: dict[str, list[Walked]] = {}
    clauses: dict[str, list[Walked]] = {}
    for one in walked:
        families.setdefault(one.scenario.family, []).append(one)
        for clause in one.scenario.clauses:
            clauses.setdefault(clause, []).append(one)
    outside = {
        part: len({step for one in group for step in one.transitions} - known.transitions.keys())
        for part, group in parts.items()
    }
    return Coverage(
        known,
        tuple(walked),
        {part: reached(known, group) for part, group in parts.items()},
        {family: reached(known, families[family]) for family in sorted(families)},
        {clause: reached(known, clauses[clause]) for clause in sorted(clauses)},
        outside,
    )


def reached(known: SituationMap, walked: Iterable[Walked]) -> Reached:
    """Return the situations and transitions of the map that were reached."""
    steps = {step for one in walked for step in one.transitions}
    situations = {step.after for step in steps}
    return Reached(frozenset(situations & known.situations.keys()), frozenset(steps & known.transitions.keys()))
