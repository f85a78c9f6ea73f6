"""A consequence with its dates: when each of the two changed, and when the other comes to show the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from billing_tck.contract.values import DataState, OrganizationView
from billing_tck.impact.consequences import Change, Consequence, Happening
from billing_tck.impact.facts import Fact, Facts, Kind, facts_of
from billing_tck.impact.twin import Look, Twin
from billing_tck.inference.actions import ACTIONS
from billing_tck.reference.checkpoints import Checkpoint, RestorableReference
from billing_tck.situations.scene import START, Scene

AHEAD = timedelta(days=400)
"""How far the one that is better off is looked at, to see whether it comes to the same."""

_SECOND = timedelta(seconds=1)
_LASTING = frozenset({Kind.DATA, Kind.SERVICE})


def consequence_of(
    before: Mapping[str, str],
    after: Mapping[str, str],
    kind: Kind,
    history: Sequence[str],
    names: Sequence[str],
) -> Consequence:
    """Play a history again, and return what differs after it, with its dates."""
    twin = Twin(RestorableReference(before), RestorableReference(after))
    twin.call("reset", {"now": START})
    scene, happened = Scene(START), list[Happening]()
    earlier, begun, saved = twin.looks, START, twin.save()
    for name in history:
        earlier, begun, saved = twin.looks, scene.now, twin.save()
        twin.begin()
        taken = ACTIONS[name].play(twin, scene)
        if taken is None:
            raise ValueError(f"{name} is not possible in a history that was found")
        scene = taken.scene
        happened.append(Happening(scene.now, ACTIONS[name].words))
    passed = (begun, scene.now) if scene.now > begun else None
    sides = (
        Side(twin.base, saved.base, facts_of(earlier[0]), facts_of(twin.looks[0]), passed, twin.organizations[0]),
        Side(twin.other, saved.other, facts_of(earlier[1]), facts_of(twin.looks[1]), passed, twin.organizations[1]),
    )
    ends = twin.save()
    changes = tuple(_change(sides, (ends.base, ends.other), name, scene.now) for name in names)
    return Consequence(kind, tuple(happened), changes[0], changes[1:])


class Side:
    """One of the two: its driver, its state before the last action, and its facts before and after it."""

    def __init__(  # noqa: PLR0917 - the fields of one side
        self,
        driver: RestorableReference,
        saved: Checkpoint,
        earlier: Facts,
        later: Facts,
        passed: tuple[datetime, datetime] | None,
        organization: str,
    ) -> None:
        self.driver, self.saved, self.earlier, self.facts = driver, saved, earlier, later
        self.passed, self.organization = passed, organization

    def since(self, name: str) -> datetime | None:
        """Return when a fact came to be as it is, if time passing made it so."""
        fact, before = self.facts[name], self.earlier.get(name)
        dated = fact.kind in {Kind.DATES, Kind.REST}  # their words have dates of their own
        if self.passed is None or before is None or before.value == fact.value or dated:
            return None
        return self.first(self.saved, *self.passed, name, lambda found: found.value == fact.value)

    def first(
        self, saved: Checkpoint, start: datetime, end: datetime, name: str, is_so: Callable[[Fact], bool]
    ) -> datetime | None:
        """Return the first instant between two at which something is so of a fact; None if it is not so at the end."""
        if not self._shows(saved, end, name, is_so):
            return None
        while end - start > _SECOND:
            middle = start + timedelta(seconds=(end - start) // _SECOND // 2)
            if self._shows(saved, middle, name, is_so):
                end = middle
            else:
                start = middle
        return end

    def _shows(self, saved: Checkpoint, now: datetime, name: str, is_so: Callable[[Fact], bool]) -> bool:
        self.driver.restore(saved)
        self.driver.call("advance_to", {"now": now})
        view = self.driver.call("get_organization", {"organization": self.organization})
        if not isinstance(view, OrganizationView):
            return False
        lost = (self.earlier if saved is self.saved else self.facts).get("data")
        look = Look(view, lost=view.data is DataState.DELETED or (lost is not None and lost.harm > 0))
        found = facts_of(look).get(name)
        return found is not None and is_so(found)


def _change(sides: tuple[Side, Side], ends: tuple[Checkpoint, Checkpoint], name: str, now: datetime) -> Change:
    """Return how a fact differs, with its dates."""
    base, value = sides
    first, second = base.facts[name], value.facts[name]
    later = None
    lasting = first.kind in _LASTING and first.harm != second.harm and not name.startswith("outcome")
    if lasting:
        better, end = (base, ends[0]) if first.harm < second.harm else (value, ends[1])
        harm = max(first.harm, second.harm)
        later = better.first(end, now, now + AHEAD, name, lambda found: found.harm >= harm)
    worse = None if first.harm == second.harm else second.harm > first.harm
    since = base.since(name), value.since(name)
    return Change(name, first.words, second.words, (first.when, second.when), *since, later, worse, lasting)
