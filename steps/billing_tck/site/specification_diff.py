"""How two specifications differ: clauses, scenarios, and what customers notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from billing_tck.impact.consequences import Impact
from billing_tck.impact.search import impact_of
from billing_tck.impact.stored import stored_impact
from billing_tck.reference.oracle import DEFAULTS
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.sides import Frozen, Readings
from billing_tck.spec.baseline import Baseline
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Knob


@dataclass(frozen=True, slots=True)
class KnobDiff:
    """An open question that the sides answer differently, and what that alone changes for customers."""

    knob: Knob
    a: str
    b: str
    impact: Impact


@dataclass(frozen=True, slots=True)
class ReadingsDiff:
    """Two sets of readings: the questions, the clauses that they affect, and the scenarios of one side only.

    `together` is what all the answers change at once.
    """

    names: tuple[str, str]
    knobs: tuple[KnobDiff, ...]
    together: Impact
    clauses: tuple[str, ...]
    only: tuple[tuple[Scenario, ...], tuple[Scenario, ...]]
    both: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A scenario whose name is in both baselines with another text, or that only one of them has."""

    file: str
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BaselineDiff:
    """Two baselines: scenarios and clauses that were added, removed or changed from A to B."""

    names: tuple[str, str]
    added: tuple[Rewritten, ...]
    removed: tuple[Rewritten, ...]
    changed: tuple[Rewritten, ...]
    same: int
    clauses_added: tuple[str, ...]
    clauses_removed: tuple[str, ...]
    clauses_changed: tuple[str, ...]
    withdrawn: tuple[tuple[str, str], ...]


def diff_of(
    sides: tuple[Readings, Readings] | tuple[Frozen, Frozen], catalogue: Catalogue
) -> ReadingsDiff | BaselineDiff:
    """Return how the second side differs from the first."""
    a, b = sides
    if isinstance(a, Readings):
        assert isinstance(b, Readings)
        return readings_diff(a, b, catalogue)
    assert isinstance(b, Frozen)
    return baseline_diff(a, b)


def readings_diff(a: Readings, b: Readings, catalogue: Catalogue) -> ReadingsDiff:
    """Return how two sets of readings differ."""
    changed = [knob for knob in catalogue.register.knobs if a.values[knob.name] != b.values[knob.name]]
    knobs = tuple(KnobDiff(knob, a.values[knob.name], b.values[knob.name], _alone(knob.name, a, b)) for knob in changed)
    applies = [[_applies(scenario, side.values) for scenario in catalogue.scenarios] for side in (a, b)]
    pairs = list(zip(catalogue.scenarios, *applies, strict=True))
    only = (
        tuple(scenario for scenario, in_a, in_b in pairs if in_a and not in_b),
        tuple(scenario for scenario, in_a, in_b in pairs if in_b and not in_a),
    )
    affected = {clause for knob in changed for clause in knob.clauses}
    affected |= {clause for some in only for scenario in some for clause in scenario.clauses}
    return ReadingsDiff(
        (a.name, b.name),
        knobs,
        knobs[0].impact if len(knobs) == 1 else impact_of(b.values, a.values),
        tuple(clause for clause in catalogue.clauses if clause in affected),
        only,
        sum(in_a and in_b for _, in_a, in_b in pairs),
    )


def _alone(knob: str, a: Readings, b: Readings) -> Impact:
    """Return what one answer changes; the search is stored where everything else is as by default."""
    if dict(a.values) == dict(DEFAULTS):
        return stored_impact(knob, b.values[knob])
    return impact_of({knob: b.values[knob]}, a.values)


def _applies(scenario: Scenario, values: Mapping[str, str]) -> bool:
    """Return whether a scenario applies under readings: of several values of a knob that it names, one must be so."""
    return all(values[knob] in wanted for knob, wanted in scenario.values_by_knob.items())


def baseline_diff(a: Frozen, b: Frozen) -> BaselineDiff:
    """Return how two baselines differ."""
    before, after = a.baseline, b.baseline
    gone = list(_beyond(before, after))
    new = list(_beyond(after, before))
    names = {(one.file, one.name) for one in gone} & {(one.file, one.name) for one in new}
    clauses = (before.clauses, after.clauses)
    titles = {fingerprint: name for (_, fingerprint), name in {**before.scenarios, **after.scenarios}.items()}
    return BaselineDiff(
        (a.name, b.name),
        added=_without(new, names),
        removed=_without(gone, names),
        changed=tuple(one for one in new if (one.file, one.name) in names),
        same=len(before.scenarios.keys() & after.scenarios.keys()),
        clauses_added=tuple(one for one in clauses[1] if one not in clauses[0]),
        clauses_removed=tuple(one for one in clauses[0] if one not in clauses[1]),
        clauses_changed=tuple(one for one in clauses[1] if one in clauses[0] and clauses[0][one] != clauses[1][one]),
        withdrawn=tuple((titles.get(key, key), reason) for key, reason in after.withdrawn.items()),
    )


def _beyond(one: Baseline, other: Baseline) -> Iterator[Rewritten]:
    for (file, fingerprint), name in one.scenarios.items():
        if (file, fingerprint) not in other.scenarios:
            yield Rewritten(file, name, fingerprint)


def _without(found: Sequence[Rewritten], names: set[tuple[str, str]]) -> tuple[Rewritten, ...]:
    return tuple(one for one in found if (one.file, one.name) not in names)
