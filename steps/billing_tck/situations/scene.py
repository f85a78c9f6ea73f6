"""One organization in the search: its view, what calls said about it, and the calls that can be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from billing_tck.contract import Refused
from billing_tck.contract.values import OrganizationView, SubscriptionView
from billing_tck.situations.deadlines import Deadline, deadlines_in
from billing_tck.situations.facts import Facts
from billing_tck.situations.situation import Situation, situation_of
from billing_tck.steps.world import Caller

START = datetime(2025, 1, 9, 10, tzinfo=UTC)
"""The instant at which every history of the map begins: not the first day of a cycle, not midnight."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the organization at one instant; `view` and `facts` are None before there is one."""

    now: datetime
    admin: str = ""
    facts: Facts | None = None
    view: OrganizationView | None = None
    subscriptions: tuple[SubscriptionView, ...] = ()
    deadlines: tuple[Deadline, ...] = ()

    @property
    def situation(self) -> Situation | None:
        """Return the situation, or None before there is an organization."""
        if self.view is None or self.facts is None:
            return None
        return situation_of(self.view, self.subscriptions, self.facts, self.deadlines, self.now)

    @property
    def organization(self) -> str:
        """Return the identifier of the organization; an empty text before there is one."""
        return "" if self.facts is None else self.facts.organization


def seen(driver: Caller, scene: Scene) -> Scene:
    """Return the scene with its views read again."""
    if scene.facts is None:
        return scene
    view = called(driver, "get_organization", {"organization": scene.organization}, OrganizationView)
    subscriptions = tuple(
        called(driver, "get_subscription", {"subscription": number}, SubscriptionView)
        for number in scene.facts.subscriptions
    )
    deadlines = tuple(deadlines_in(view, subscriptions))
    return replace(scene, view=view, subscriptions=subscriptions, deadlines=deadlines)


def called(driver: Caller, method: str, params: Mapping[str, object], kind: type[T]) -> T:
    """Return the result of a call that is never refused. Raises TypeError for a result of another type."""
    result = driver.call(method, params)
    if not isinstance(result, kind):
        raise TypeError(f"{method}: expected {kind.__name__}, got {result!r:.80}")
    return result


def attempted(driver: Caller, method: str, params: Mapping[str, object]) -> object:
    """Return the result of a call, or its refusal."""
    try:
        return driver.call(method, params)
    except Refused as refusal:
        return refusal
