"""The World of a scenario: the implementation, the clock, and the names that its steps use.

Every scenario has its own World; nothing survives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NoReturn, Protocol

from billing_tck.contract import READS, Contract, ImplementationError, Refused, Unsupported
from billing_tck.contract.capabilities import CAPABILITIES, needed_for
from billing_tck.contract.client import client
from billing_tck.contract.values import Description
from billing_tck.errors import ScenarioError
from billing_tck.results.calls import KIND_OF_FIELD, OBJECTS, Entry
from billing_tck.results.verdicts import Deviation, UndeclaredCapability
from billing_tck.spec.applicability import MissingCapability
from billing_tck.text.format import format_instant
from billing_tck.text.preview import shorten

MOST_TOLD = 2_000  # characters of what was expected or observed: there may be 100,000 invoices
START = datetime(2025, 1, 7, 9, 0, 0, tzinfo=UTC)
"""The instant at which a scenario without a date begins: not the first or last day of a week, month or cycle."""

ANY_DESCRIPTION = Description("an implementation", "0", "1", tuple(CAPABILITIES), {}, "PT0S")
OBSERVING = READS | {"attempt_collection"}
_WITHOUT_CLOCK = frozenset({"describe_implementation", "reset"})
_MOVES = frozenset({"reset", "advance_to"})
_IDENTIFIERS = tuple(sorted((*OBJECTS, *KIND_OF_FIELD)))
_ON_A_MARKETPLACE = frozenset({"open_marketplace_account", "subscribe"})


class Caller(Protocol):
    """The part of a driver that the World uses."""

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """Return the result of a method. Raises Refused, Unsupported or ImplementationError."""
        ...


class World:
    """The state of one scenario.

    `impl`   the implementation, typed as the contract; each call is recorded in `timeline`
    `now`    the instant of the clock
    `names`  name in the scenario -> identifier, filled by the steps; the timeline and the reports use the names
    `facts`  storage for the steps of this scenario
    """

    def __init__(self, driver: Caller, description: Description = ANY_DESCRIPTION) -> None:
        self._driver = driver
        self._now = START
        self._begun = False
        self._marketplaces: dict[str, str] = {}
        self._observed = False
        self._reads: dict[tuple[object, ...], object] = {}
        self.description = description
        self.timeline: list[Entry] = []
        self.names = Names(self.timeline)
        self.facts: dict[str, object] = {}
        self.remarks: list[str] = []
        self.checks = 0

    @property
    def impl(self) -> Contract:
        """The methods of the contract. Made when it is asked for: kept, it would keep the world until a collection."""
        return client(self.call)

    @property
    def now(self) -> datetime:
        """The instant of the clock; `START` until it is set."""
        return self._now

    def reset(self, instant: datetime) -> None:
        """Begin at `instant`. The implementation is reset before its next call, so that a scenario resets it once.

        The most expensive call for a database, it is not made for a Background whose instant a Given replaces.
        """
        self._now = instant
        self._begun = False

    def advance_to(self, instant: datetime) -> None:
        """Move the clock to `instant`. Raises ScenarioError if it is earlier than now."""
        if instant < self.now:
            raise ScenarioError(
                f"the clock is at {format_instant(self.now)} and cannot go back to {format_instant(instant)}",
                "Use a later day, or begin the scenario with it",
            )
        self.call("advance_to", {"now": instant})

    def refused(self, request: Callable[[], object]) -> Refused | None:
        """Make a request that the implementation may refuse; return the refusal, or None if it was accepted."""
        self._observed = True
        try:
            request()
        except Refused as refusal:
            return refusal
        return None

    def expect(self, ok: bool, expected: str, observed: str) -> None:
        """Raise Deviation unless `ok`; `expected` and `observed` are sentences.

        It counts as a check if the scenario has observed the implementation: read a view or made a refusable request.
        """
        if self._observed:
            self.checks += 1
        if not ok:
            raise Deviation(shorten(expected, MOST_TOLD), shorten(observed, MOST_TOLD))

    def remark(self, text: str) -> None:
        """Add a remark, such as a refusal with another reason. It changes no verdict and is reported once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """Call a method of the contract and record it in the timeline; leave out parameters that are None.

        A read that is repeated before any other call returns the first result: reading has no effect.
        """
        if not self._begun and method not in _WITHOUT_CLOCK:
            self._begun = True
            self.call("reset", {"now": self._now})
        sent = dict(params)
        if None in sent.values():
            sent = {name: value for name, value in sent.items() if value is not None}
        at = self._now
        if method in _MOVES and isinstance(now := sent.get("now"), datetime):
            at = now
        read = (method, *sent.items()) if method in READS else None
        if read is None:
            self._reads.clear()
        elif read in self._reads:
            return self._reads[read]
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
        if read is not None:
            self._reads[read] = outcome
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
    """The names of a scenario: name -> identifier.

    `spoken()` is the inverse. An implementation may give a service and an organization the same identifier, so a name
    is stored with the kind of object that the implementation last returned for it.
    """

    def __init__(self, timeline: list[Entry]) -> None:
        super().__init__()
        self._timeline = timeline
        self._spoken: dict[tuple[str, str], str] = {}

    def __missing__(self, name: str) -> str:
        known = f"the scenario has introduced {', '.join(self)}" if self else "the scenario has introduced no name yet"
        raise ScenarioError(f"{name!r} is not introduced before this step; {known}", "Introduce it with a Given", name)

    def __setitem__(self, name: str, identifier: str) -> None:
        super().__setitem__(name, identifier)
        for kind in self._kinds(identifier):
            if (kind, identifier) not in self._spoken:
                self._spoken[kind, identifier] = name
                return

    def spoken(self) -> Mapping[tuple[str, str], str]:
        """Return (kind of object, identifier) -> name in the scenario."""
        return dict(self._spoken)

    def _kinds(self, identifier: str) -> list[str]:
        """Return the kinds of object that the latest result with this identifier gives it."""
        for entry in reversed(self._timeline):
            fields = [field for field in _IDENTIFIERS if getattr(entry.outcome, field, None) == identifier]
            kinds = [KIND_OF_FIELD.get(field, field) for field in fields]
            if kinds:
                # Of `{organization, admin}` the organization is the one that a step names first.
                return sorted(kinds, key=lambda kind: kind != "organization")
        return []
