"""A driver that notes each transition that calls lead to, for every organization of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from billing_tck.contract import Refused
from billing_tck.contract.values import OrganizationCreated, OrganizationRef, SubscriptionRef
from billing_tck.situations.facts import Facts
from billing_tck.situations.labels import COMMANDS, DONE, ending_of, label_of_call, label_of_wait
from billing_tck.situations.scene import START, Scene, seen
from billing_tck.situations.search import Transition
from billing_tck.steps.world import Caller

_OWNED = ("service", "invoice", "subscription")


class Observer:
    """A driver with the same calls and outcomes. `transitions` are those since the last `forget`, in order."""

    def __init__(self, driver: Caller) -> None:
        self._driver = driver
        self.transitions: list[Transition] = []
        self._begin(START)

    def forget(self) -> list[Transition]:
        """Return the transitions, and begin a new list."""
        noted, self.transitions = self.transitions, []
        return noted

    def _begin(self, now: datetime) -> None:
        self._now = now
        self._scenes: dict[str, Scene] = {}
        self._offers: dict[str, str] = {}

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        now = params.get("now")
        if method == "reset" and isinstance(now, datetime):
            self._begin(now)
        if method == "advance_to" and isinstance(now, datetime):
            return self._advance(params, now)
        if method not in COMMANDS:
            outcome = self._driver.call(method, params)
            if isinstance(outcome, SubscriptionRef):
                self._offers[outcome.subscription] = str(params["offer"])
            return outcome
        return self._command(method, params)

    def _advance(self, params: Mapping[str, object], now: datetime) -> object:
        outcome = self._driver.call("advance_to", params)
        moved = now > self._now
        for number, scene in self._scenes.items():
            if moved and scene.view is not None:
                label = label_of_wait(scene.view, scene.deadlines, self._now, now)
                self._note(number, scene, label, DONE, replace(scene, now=now))
        self._now = now
        return outcome

    def _command(self, method: str, params: Mapping[str, object]) -> object:
        offer = self._offers.get(str(params.get("subscription")))
        label = label_of_call(method, params, offer)
        number = self._owner(params)
        before = self._scenes.get(number, Scene(self._now))
        try:
            outcome = self._driver.call(method, params)
        except Refused as refusal:
            if number:
                self._note(number, before, label, ending_of(refusal), before)
            raise
        facts = before.facts
        if isinstance(outcome, (OrganizationCreated, OrganizationRef)) and facts is None:
            number = outcome.organization
            facts = Facts(number)
        if facts is not None:
            facts = facts.after(method, params, self._now)
            self._note(number, before, label, ending_of(outcome), replace(before, facts=facts, now=self._now))
        return outcome

    def _note(self, number: str, before: Scene, label: str, ending: str, after: Scene) -> None:
        after = self._scenes[number] = seen(self._driver, after)
        situation = after.situation
        if situation is None:
            return
        transition = Transition(before.situation, label, ending, situation)
        if transition.shows:
            self.transitions.append(transition)

    def _owner(self, params: Mapping[str, object]) -> str:
        """Return the organization that a command is about; an empty text if there is none yet."""
        if "organization" in params:
            return str(params["organization"])
        wanted = {name: str(params[name]) for name in _OWNED if name in params}
        for number, scene in self._scenes.items():
            if scene.view is None or scene.facts is None:
                continue
            owned = {
                "service": {service.service for service in scene.view.services},
                "invoice": {invoice.invoice for invoice in scene.view.invoices},
                "subscription": set(scene.facts.subscriptions),
            }
            if any(identifier in owned[name] for name, identifier in wanted.items()):
                return number
        return ""
