"""Random lawful histories: commands of the contract, amounts and waits, as values to be played to any implementation.

A history names objects by their order (`service 0` of an organization), so that the same history can be played to two
implementations, in other steps, at other times, or without one of its organizations. It stays within what the contract
defines: no second trial, one linked subscription at a time, no manual deletion if nothing is unpaid. The player leaves
out commands beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from billing_tck.contract import Refused
from billing_tck.contract.capabilities import CAPABILITIES

Call = Callable[[str, Mapping[str, object]], Mapping[str, Any]]
Pace = Callable[[timedelta], Iterable[timedelta]]
View = Mapping[str, Any]

DAY = timedelta(days=1)
ORGANIZATIONS = ("the first", "the second")


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes; with `midnight` it passes on to the next midnight."""

    span: timedelta
    midnight: bool = False

    def end(self, now: datetime) -> datetime:
        """Where the clock stands afterwards."""
        end = now + self.span
        return end if not self.midnight else datetime.combine(end.date() + DAY, time(), UTC)


@dataclass(frozen=True, slots=True)
class Command:
    """A request for an organization; `params` without the names, which the player puts in place."""

    method: str
    organization: str
    params: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.params)
        return f"{self.organization}: {self.method}({said})"


Step = Wait | Command


@dataclass(frozen=True, slots=True)
class History:
    """Where the clock stands first, and what happens."""

    start: datetime
    steps: tuple[Step, ...]

    def without(self, organization: str) -> History:
        """The same, as if that organization had never been; all waits stay."""
        kept = (s for s in self.steps if isinstance(s, Wait) or s.organization != organization)
        return History(self.start, tuple(kept))

    def moved(self, by: timedelta) -> History:
        """The same, so much later."""
        return History(self.start + by, self.steps)

    @property
    def length(self) -> timedelta:
        """How long it takes, a day too much for each wait until midnight."""
        waits = (s for s in self.steps if isinstance(s, Wait))
        return sum((w.span + (DAY if w.midnight else 0 * DAY) for w in waits), 0 * DAY)


def in_one(span: timedelta) -> Iterable[timedelta]:
    """All of a wait in one jump."""
    return (span,)


def in_steps(step: timedelta, at_most: int = 60) -> Pace:
    """A wait in steps of such a length, of longer ones where there would be too many."""

    def pace(span: timedelta) -> Iterator[timedelta]:
        size = max(step, timedelta(seconds=span.total_seconds() // at_most))
        while span > size:
            yield size
            span -= size
        yield span

    return pace


@dataclass(slots=True)
class Party:
    """What the player knows of an organization: the identifiers that it was given, and what it asked for."""

    id: str
    admin: str
    services: list[str] = field(default_factory=list)
    subscriptions: list[str] = field(default_factory=list)
    offers: dict[str, str] = field(default_factory=dict)
    linked: str | None = None
    trial_credits: Decimal | None = None
    card: bool = False
    committed: bool = False
    subscription_ended: bool = False
    free_trial: bool = False
    deleted_by_hand: bool = False
    used: Decimal = Decimal("0.00")


class Player:
    """Plays a history to an implementation, and looks.

    `call` asks the implementation and returns plain dicts; `set_clock` gets each instant before the call. `looks` are
    taken after each step, and of a wait after each part of it.
    """

    def __init__(
        self,
        call: Call,
        set_clock: Callable[[datetime], None],
        *,
        pace: Pace = in_one,
        look: Callable[[Player], None] | None = None,
    ) -> None:
        self._call = call
        self._set_clock = set_clock
        self._pace = pace
        self._look = look
        self.now = datetime.min.replace(tzinfo=UTC)
        self.parties: dict[str, Party] = {}
        self.outcomes: list[tuple[Step, str]] = []

    def play(self, history: History) -> Player:
        """All of it; returns the player, who can be asked for the views."""
        self.now = history.start
        self._set_clock(history.start)
        self._call("reset", {"now": history.start})
        for step in history.steps:
            self.take(step)
        return self

    def take(self, step: Step) -> None:
        """One step."""
        if isinstance(step, Wait):
            for part in self._pace(step.end(self.now) - self.now):
                self._advance(part)
        else:
            outcome = self._ask(step)
            self.outcomes.append((step, outcome))
            self._looked()

    def _advance(self, span: timedelta) -> None:
        self.now += span
        self._set_clock(self.now)
        self._call("advance_to", {"now": self.now})
        self._looked()

    def _looked(self) -> None:
        if self._look is not None:
            self._look(self)

    def view(self, organization: str) -> View:
        """What can be seen of an organization, its identifiers replaced by names that any implementation shares."""
        party = self.parties[organization]
        shown = dict(self._call("get_organization", {"organization": party.id}))
        names = {
            id_: f"{kind} {n}" for kind in ("service", "subscription") for n, id_ in enumerate(self._of(party, kind))
        }
        shown["services"] = [{**s, "service": names.get(s["service"])} for s in shown["services"]]
        shown["invoices"] = [{**i, "invoice": n} for n, i in enumerate(shown["invoices"])]
        reports = [{**r, "subscription": names.get(r["subscription"])} for r in shown["marketplace_reports"]]
        shown["marketplace_reports"] = reports
        return shown

    def views(self) -> dict[str, View]:
        """All that can be seen."""
        return {organization: self.view(organization) for organization in self.parties}

    def _of(self, party: Party, kind: str) -> list[str]:
        return party.services if kind == "service" else party.subscriptions

    def _party(self, organization: str) -> Party:
        if organization not in self.parties:
            made = self._call("create_organization", {"name": organization})
            self.parties[organization] = Party(str(made["organization"]), str(made["admin"]))
        return self.parties[organization]

    def _ask(self, command: Command) -> str:
        party = self._party(command.organization)
        params = dict(command.params)
        act = getattr(self, f"_{command.method}", None)
        try:
            if act is not None:
                done = act(party, params)
            else:
                self._call(command.method, {"organization": party.id, **params})
                done = True
        except Refused as refusal:
            return f"refused ({refusal.reason})"
        return "done" if done else "left out"

    # The commands that name things, or that the contract does not allow everywhere

    def _create_service(self, party: Party, params: dict[str, object]) -> bool:
        party.services.append(str(self._call("create_service", {"organization": party.id, **params})["service"]))
        return True

    def _service_command(self, method: str, party: Party, params: dict[str, Any]) -> bool:
        if not party.services:
            return False
        service = party.services[params.pop("number") % len(party.services)]
        self._call(method, {"service": service, **params})
        return True

    def _start_service(self, party: Party, params: dict[str, object]) -> bool:
        return self._service_command("start_service", party, params)

    def _stop_service(self, party: Party, params: dict[str, object]) -> bool:
        return self._service_command("stop_service", party, params)

    def _scale_service(self, party: Party, params: dict[str, object]) -> bool:
        return self._service_command("scale_service", party, params)

    def _record_usage(self, party: Party, params: dict[str, Any]) -> bool:
        party.used += params["amount"]
        self._call("record_usage", {"organization": party.id, **params})
        return True

    def _start_trial(self, party: Party, params: dict[str, Any]) -> bool:
        if party.trial_credits is not None:
            return False
        party.trial_credits = params["credits"]
        self._call("start_trial", {"organization": party.id, **params})
        return True

    def _add_card(self, party: Party, params: dict[str, object]) -> bool:
        party.card = True
        self._call("add_card", {"organization": party.id, **params})
        return True

    def _set_card_behaviour(self, party: Party, params: dict[str, object]) -> bool:
        if party.card:
            self._call("set_card_behaviour", {"organization": party.id, **params})
        return party.card

    def _pay_invoice(self, party: Party, params: dict[str, object]) -> bool:
        shown = self._call("get_organization", {"organization": party.id})
        unpaid = [invoice["invoice"] for invoice in shown["invoices"] if invoice["state"] == "open"]
        if unpaid:
            self._call("pay_invoice", {"invoice": unpaid[0]})
        return bool(unpaid)

    def _subscribe(self, party: Party, params: dict[str, object]) -> bool:
        if party.linked is not None and self._runs(party.linked):
            return False
        account = self._call("open_marketplace_account", {"marketplace": params["marketplace"]})["account"]
        bought = str(self._call("subscribe", {"account": account, "offer": params["offer"]})["subscription"])
        party.subscriptions.append(bought)
        party.offers[bought] = str(params["offer"])
        party.linked = bought
        party.free_trial = party.free_trial or params["offer"] == "free_trial"
        link = {"subscription": bought, "user": party.admin, "organization": party.id}
        self._call("link_subscription", link)
        return True

    def _runs(self, subscription: str) -> bool:
        return str(self._call("get_subscription", {"subscription": subscription})["state"]) == "linked"

    def _end_subscription(self, party: Party, params: dict[str, object]) -> bool:
        if party.linked is None or not self._runs(party.linked):
            return False
        party.subscription_ended = True
        self._call("end_subscription", {"subscription": party.linked, **params})
        return True

    def _sign_commitment(self, party: Party, params: dict[str, Any]) -> bool:
        asked: dict[str, object] = {"organization": party.id, "credits": params["credits"]}
        asked["expires_at"] = self.now + params["term"]
        if params["through_marketplace"]:
            linked = party.linked
            if linked is None or party.offers[linked] != "committed" or not self._runs(linked):
                return False
            asked["subscription"] = linked
        party.committed = True
        self._call("sign_commitment", asked)
        return True

    def _grant_credits(self, party: Party, params: dict[str, Any]) -> bool:
        asked = {"organization": party.id, "amount": params["amount"], "expires_at": self.now + params["term"]}
        self._call("grant_credits", asked)
        return True

    def _grant_extension(self, party: Party, params: dict[str, Any]) -> bool:
        self._call("grant_extension", {"organization": party.id, "until": self.now + params["term"]})
        return True

    def _delete_data(self, party: Party, params: dict[str, object]) -> bool:
        if not self._call("get_organization", {"organization": party.id})["restricted"]:
            return False
        self._call("delete_data", {"organization": party.id})
        party.deleted_by_hand = True
        return True


# Strategies


def _money(*edges: str) -> st.SearchStrategy[Decimal]:
    cents = st.integers(1, 70_000).map(lambda n: Decimal(n) / 100)
    return st.one_of(st.sampled_from([Decimal(edge) for edge in edges]), cents)


AMOUNTS = _money("0.01", "100.00", "300.00", "300.01", "1200.10", "9999.99", "10000.00", "10000.01", "25000.50")
CREDITS = _money("100.00", "300.00", "1000.55")
TERMS = st.one_of(
    st.sampled_from([timedelta(hours=5), DAY, 20 * DAY, 45 * DAY, 365 * DAY]),
    st.integers(1, 200_000).map(lambda n: timedelta(minutes=n)),
)
SPANS = st.one_of(
    st.sampled_from([timedelta(seconds=1), timedelta(hours=1), DAY, 2 * DAY, 5 * DAY]),
    st.sampled_from([n * DAY for n in (13, 14, 15, 16, 29, 30, 31, 32, 47, 100)]),
    st.integers(1, 60_000).map(lambda n: timedelta(minutes=n)),
)
WAITS = st.one_of(st.builds(Wait, SPANS), st.builds(Wait, SPANS, st.just(True)), st.just(Wait(0 * DAY, True)))
STARTS = st.builds(
    lambda day, clock: datetime.combine(day, clock, UTC),
    st.one_of(st.dates(date(2023, 1, 1), date(2027, 12, 31)), st.sampled_from([date(2024, 1, 31), date(2025, 1, 30)])),
    st.one_of(
        st.sampled_from([time(0), time(9), time(23, 59, 59)]), st.times().map(lambda t: t.replace(microsecond=0))
    ),
)


def _card() -> dict[str, st.SearchStrategy[object]]:
    return {"behaviour": st.sampled_from(["approves", "approves", "declines", "declines", "expired", "invalid"])}


def _kinds() -> dict[str, tuple[frozenset[str], int, dict[str, st.SearchStrategy[Any]]]]:
    """Each command: the capabilities it needs, how often it comes beside the others, its parameters."""
    nothing: dict[str, st.SearchStrategy[Any]] = {}
    number = {"number": st.integers(0, 3)}
    marketplaces = ["aws", "gcp", "azure"]
    return {
        "choose_tier": (frozenset(), 1, {"tier": st.sampled_from(["basic", "scale", "enterprise"])}),
        "create_service": (frozenset(), 1, {"replica_memory_gib": st.sampled_from([8, 120])}),
        "start_service": (frozenset(), 2, number),
        "stop_service": (frozenset(), 1, number),
        "scale_service": (frozenset(), 1, {**number, "replica_memory_gib": st.sampled_from([8, 120, 124, 236])}),
        "record_usage": (frozenset(), 8, {"amount": AMOUNTS, "item": st.sampled_from(["compute", "storage"])}),
        "start_trial": (frozenset({"trial"}), 1, {"credits": CREDITS}),
        "add_card": (frozenset({"card"}), 2, _card()),
        "set_card_behaviour": (frozenset({"card"}), 2, _card()),
        "attempt_collection": (frozenset({"card"}), 2, nothing),
        "pay_invoice": (frozenset({"pay_invoice"}), 2, nothing),
        "subscribe": (
            frozenset({*(f"marketplace.{m}" for m in marketplaces), "commitment.marketplace"}),
            3,
            {"marketplace": st.sampled_from(marketplaces), "offer": st.sampled_from(["payg", "committed"])},
        ),
        "end_subscription": (
            frozenset({*(f"marketplace.{m}" for m in marketplaces)}),
            2,
            {"cause": st.sampled_from(["cancelled", "not_renewed"])},
        ),
        "sign_commitment": (
            frozenset({"commitment.direct", "commitment.marketplace"}),
            3,
            {"credits": CREDITS, "term": TERMS, "through_marketplace": st.booleans()},
        ),
        "grant_credits": (frozenset({"credits"}), 1, {"amount": CREDITS, "term": TERMS}),
        "grant_extension": (frozenset({"extension"}), 1, {"term": TERMS}),
        "record_contact": (frozenset({"manual_deletion"}), 1, nothing),
        "delete_data": (frozenset({"manual_deletion"}), 1, nothing),
    }


def _free_trials(organization: str) -> st.SearchStrategy[Command]:
    return st.just(Command("subscribe", organization, (("marketplace", "aws"), ("offer", "free_trial"))))


def commands(
    organization: str, capabilities: Collection[str] = tuple(CAPABILITIES), among: Collection[str] | None = None
) -> st.SearchStrategy[Command]:
    """Requests for an organization, of an implementation that can do so much; where said, among these methods alone."""
    often: list[st.SearchStrategy[Command]] = []
    for method, (needs, weight, params) in _kinds().items():
        if needs.issubset(capabilities) and (among is None or method in among):
            values = st.fixed_dictionaries(params).map(lambda drawn: tuple(drawn.items()))
            often += [st.builds(Command, st.just(method), st.just(organization), values)] * weight
    if among is None and {"marketplace.aws", "aws_free_trial"}.issubset(capabilities):
        often.append(_free_trials(organization))
    return st.one_of(often)


def _set_up(organization: str) -> tuple[Command, ...]:
    tier = Command("choose_tier", organization, (("tier", "scale"),))
    return tier, Command("create_service", organization, (("replica_memory_gib", 8),))


def beginnings(organization: str, capabilities: Collection[str]) -> st.SearchStrategy[tuple[Command, ...]]:
    """How an organization begins: bare, or with a tier, a service and each way to pay that there is."""

    def one(method: str, **params: object) -> Command:
        return Command(method, organization, tuple(params.items()))

    def signed(through_marketplace: bool) -> st.SearchStrategy[Command]:
        return st.builds(
            lambda credits_of_it, term: one(
                "sign_commitment", credits=credits_of_it, term=term, through_marketplace=through_marketplace
            ),
            CREDITS,
            TERMS,
        )

    bought = [one("subscribe", marketplace="gcp", offer=offer) for offer in ("payg", "committed")]
    cards = st.sampled_from([one("add_card", behaviour=answer) for answer in ("approves", "declines")])
    ways: dict[str, st.SearchStrategy[tuple[Command, ...]]] = {
        "card": st.tuples(cards),
        "trial": st.tuples(st.builds(lambda amount: one("start_trial", credits=amount), CREDITS)),
        "marketplace.gcp": st.just((bought[0],)),
        "commitment.direct": st.one_of(st.tuples(signed(False)), st.tuples(cards, signed(False))),
        "commitment.marketplace": st.tuples(st.just(bought[1]), signed(True)),
    }
    known = [ways[capability] for capability in ways if capability in capabilities]
    tier, service = _set_up(organization)
    paid = [way.map(lambda asked: (tier, *asked, service)) for way in known]  # no service without a billing method
    return st.one_of(st.just(()), st.just(_set_up(organization)), *paid)


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    organizations: tuple[str, ...] = ORGANIZATIONS,
    capabilities: Collection[str] = tuple(CAPABILITIES),
    longest: int = 24,
) -> History:
    """Lawful histories of one or several organizations, of an implementation that can do so much."""
    one = st.one_of(*(commands(organization, capabilities) for organization in organizations))
    begun = [command for organization in organizations for command in draw(beginnings(organization, capabilities))]
    steps = draw(st.lists(st.one_of(one, one, WAITS), min_size=longest // 3, max_size=longest))
    return History(draw(STARTS), (*begun, *steps))
