"""What a step sees: the implementation, the clock, and the names that the scenario uses.

Every scenario has a world of its own; nothing outlives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NoReturn, Protocol, cast

from billing_tck.contract import METHODS, READS, Contract, ImplementationError, Refused, Unsupported
from billing_tck.contract.capabilities import CAPABILITIES, needed_for
from billing_tck.contract.values import Description
from billing_tck.errors import ScenarioError
from billing_tck.results.calls import KIND_OF_FIELD, THINGS, Entry
from billing_tck.results.verdicts import Deviation, UndeclaredCapability
from billing_tck.spec.applicability import MissingCapability
from billing_tck.text.format import format_instant

START = datetime(2025, 1, 7, 9, 0, 0, tzinfo=UTC)
"""Where the clock stands in a scenario that does not say when it begins: neither first nor last of anything."""

ANY_DESCRIPTION = Description("an implementation", "0", "1", tuple(CAPABILITIES), {}, "PT0S")
OBSERVING = READS | {"attempt_collection"}
_WITHOUT_CLOCK = frozenset({"describe_implementation", "reset"})
_MOVES = frozenset({"reset", "advance_to"})
_ON_A_MARKETPLACE = frozenset({"open_marketplace_account", "subscribe"})


class Caller(Protocol):
    """What the world needs of a driver."""

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """The value that the contract promises; or `Refused`, `Unsupported`, `ImplementationError` is raised."""
        ...


class World:
    """One scenario's world.

    `impl`   the implementation, as the contract types it; each call is kept in the timeline
    `now`    where the clock stands
    `names`  spoken name -> identifier, filled by the steps; the timeline and the reports speak the names
    `facts`  free scratch for the steps of one scenario
    """

    def __init__(self, driver: Caller, description: Description = ANY_DESCRIPTION) -> None:
        self._driver = driver
        self._now: datetime | None = None
        self._marketplaces: dict[str, str] = {}
        self._observed = False
        self._looks: dict[tuple[object, ...], object] = {}
        self.description = description
        self.timeline: list[Entry] = []
        self.names = Names(self.timeline)
        self.facts: dict[str, object] = {}
        self.remarks: list[str] = []
        self.checks = 0
        self.impl: Contract = cast("Contract", _Client(self))

    @property
    def now(self) -> datetime:
        """Where the clock stands; `START` as long as nothing has set it."""
        return self._now or START

    def reset(self, instant: datetime) -> None:
        """Forgets everything at the implementation; the clock reads `instant`."""
        self.call("reset", {"now": instant})

    def advance_to(self, instant: datetime) -> None:
        """Moves the clock to `instant`, which is not earlier than now."""
        if instant < self.now:
            raise ScenarioError(
                f"the clock stands at {format_instant(self.now)} and does not go back to {format_instant(instant)}",
                "Name a later day, or begin with it",
            )
        self.call("advance_to", {"now": instant})

    def refused(self, request: Callable[[], object]) -> Refused | None:
        """What the implementation says to a request that it may refuse: the refusal, or None where it was done."""
        self._observed = True
        try:
            request()
        except Refused as refusal:
            return refusal
        return None

    def expect(self, ok: bool, expected: str, observed: str) -> None:
        """One comparison with what the implementation showed; both sides in words, as they follow these labels.

        Raises Deviation where `ok` is false. Counts as a check where the scenario has looked at the implementation.
        """
        if self._observed:
            self.checks += 1
        if not ok:
            raise Deviation(expected, observed)

    def remark(self, text: str) -> None:
        """Something worth saying that changes no verdict, such as a refusal with another reason; said once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """One call of the contract, kept in the timeline; parameters that are None are left out.

        What was looked at is not looked at again before something else is done: reading has no effect, and a view
        stays what it is.
        """
        if self._now is None and method not in _WITHOUT_CLOCK:
            self.reset(START)
        sent = {name: value for name, value in params.items() if value is not None}
        at = cast("datetime", sent["now"]) if method in _MOVES else self.now
        look = (method, *sent.items()) if method in READS else None
        if look is None:
            self._looks.clear()
        elif look in self._looks:
            return self._looks[look]
        try:
            outcome = self._driver.call(method, sent)
        except (Refused, ImplementationError) as failure:
            self.timeline.append(Entry(at, method, sent, failure))
            raise
        except Unsupported as failure:
            self.timeline.append(Entry(at, method, sent, failure))
            self._unsupported(method, sent)
        self.timeline.append(Entry(at, method, sent, outcome))
        if method in _MOVES:
            self._now = at
        if look is not None:
            self._looks[look] = outcome
        if method in OBSERVING:
            self._observed = True
        if method in _ON_A_MARKETPLACE:
            self._remember_marketplace(sent, outcome)
        return outcome

    def _unsupported(self, method: str, sent: Mapping[str, object]) -> NoReturn:
        of = self._marketplaces.get(str(sent.get("account") or sent.get("subscription")))
        needed = needed_for(method, sent, of)
        if undeclared := needed.difference(self.description.capabilities):
            raise UndeclaredCapability(tuple(map(MissingCapability, sorted(undeclared)))) from None
        why = f"although it declares {', '.join(sorted(needed))}" if needed else "although every implementation has it"
        raise Deviation("done", f"unsupported, {why}") from None

    def _remember_marketplace(self, sent: Mapping[str, object], outcome: object) -> None:
        for field in ("account", "subscription"):
            made = getattr(outcome, field, None)
            if isinstance(made, str):
                of = sent.get("marketplace") or self._marketplaces.get(str(sent.get("account")))
                if of is not None:
                    self._marketplaces[made] = str(of)


class Names(dict[str, str]):
    """Spoken name -> identifier, as the steps keep it.

    `spoken()` is the way back. An implementation may give a service and an organization the same identifier, so that a
    name is kept with the kind of thing that the implementation last handed out under it.
    """

    def __init__(self, timeline: list[Entry]) -> None:
        super().__init__()
        self._timeline = timeline
        self._spoken: dict[tuple[str, str], str] = {}

    def __missing__(self, name: str) -> str:
        known = f"what it has introduced is {', '.join(self)}" if self else "it has introduced nothing yet"
        raise ScenarioError(f"nothing before this step is called {name!r}; {known}", "Introduce it with a Given", name)

    def __setitem__(self, name: str, identifier: str) -> None:
        super().__setitem__(name, identifier)
        for kind in self._kinds(identifier):
            if (kind, identifier) not in self._spoken:
                self._spoken[kind, identifier] = name
                return

    def spoken(self) -> Mapping[tuple[str, str], str]:
        """(kind of thing, identifier) -> the name that the scenario calls it by."""
        return dict(self._spoken)

    def _kinds(self, identifier: str) -> list[str]:
        """The kinds of things that the latest answer speaking of this identifier knows it as."""
        for entry in reversed(self._timeline):
            fields = {f: getattr(entry.outcome, f, None) for f in (*THINGS, *KIND_OF_FIELD)}
            kinds = [KIND_OF_FIELD.get(field, field) for field, value in sorted(fields.items()) if value == identifier]
            if kinds:
                # Of `{organization, admin}` the organization is the one that a step names first.
                return sorted(kinds, key=lambda kind: kind != "organization")
        return []


def _method(name: str) -> Callable[..., object]:
    def call(client: _Client, **params: object) -> object:
        return client.world.call(name, params)

    call.__name__ = name
    call.__doc__ = METHODS[name].summary
    return call


class _Client:
    """The contract's methods, each passing its parameters on to the world."""

    __slots__ = ("world",)

    def __init__(self, world: World) -> None:
        self.world = world


for _name in METHODS:
    setattr(_Client, _name, _method(_name))
