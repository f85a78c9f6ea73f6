"""The next thing to do: random, lawful, and near what decides: deadlines, thresholds, cycle ends, month ends.

A history follows a plot: which calls are likely. What is chosen depends on the plot, the reference's state and the
random numbers alone, so that one seed gives one history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from types import MappingProxyType

from billing_tck.contract.capabilities import needed_for
from billing_tck.contract.values import ZERO
from billing_tck.explorer.history import Act, act, wait
from billing_tck.explorer.runner import Play
from billing_tck.reference.oracle import Organization

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
CENT = Decimal("0.01")
THRESHOLD = Decimal("10000.00")  # BC-18

SHORTEST, LONGEST = 8, 44  # acts after the set-up
MOST_ORGANIZATIONS, MOST_SERVICES, MOST_BOUGHT = 2, 3, 2  # as many as the vocabulary has names for
TRIES = 12
MANY = 70  # steps of a wait in many steps

SPANS = tuple(DAY * days for days in (1, 2, 3, 5, 6, 7, 9, 10, 12, 13, 14, 15, 20, 21, 25, 29, 30, 31, 32, 44, 45, 60))
LONG = tuple(DAY * days for days in (70, 90, 100, 180, 365, 400, 500, 730, 2600, 3700))
STARTS = (
    (2025, 1, 7),
    (2025, 1, 18),
    (2025, 1, 31),
    (2024, 1, 30),
    (2024, 2, 1),
    (2024, 2, 29),
    (2025, 2, 5),
    (2025, 3, 8),
    (2025, 3, 30),
    (2025, 5, 31),
    (2025, 8, 31),
    (2025, 10, 26),
    (2025, 11, 12),
    (2025, 12, 15),
    (2026, 12, 31),
)
CLOCKS = (9, 9, 9, 0, 14, 23)

_SETTING_UP = (
    "card",
    "debt",
    "trial",
    "beside",
    "marketplace",
    "aftermath",
    "commitment",
    "credits",
    "onboarding",
    "mixed",
)
"""The plots, by what they are about."""

_EVERYWHERE = {
    "create_service": 2.0,
    "start_service": 2.5,
    "stop_service": 1.2,
    "scale_service": 2.0,
    "record_usage": 9.0,
    "choose_tier": 0.6,
}
_CARD = {"add_card": 1.5, "set_card_behaviour": 2.0, "attempt_collection": 2.5, "pay_invoice": 1.5}
_MARKET = {"open_marketplace_account": 1.0, "subscribe": 2.0, "link_subscription": 3.0, "end_subscription": 1.6}
_CREDITS = {"sign_commitment": 2.5, "grant_credits": 1.6}
_VENDOR = {"grant_extension": 1.2, "record_contact": 1.0, "delete_data": 0.5}
_PEOPLE = {
    "register_user": 2.0,
    "verify_email": 2.0,
    "sign_in": 2.5,
    "provide_business_info": 2.0,
    "add_member": 2.5,
}

WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "card": {**_EVERYWHERE, **_CARD, "record_usage": 14.0},
        "debt": {**_EVERYWHERE, **_CARD, **_VENDOR, "set_card_behaviour": 3.0},
        "trial": {**_EVERYWHERE, "start_trial": 6.0, "add_card": 0.5, "grant_credits": 0.3, "subscribe": 0.3}
        | {"link_subscription": 0.6, "open_marketplace_account": 0.3, "sign_commitment": 0.3},
        # a trial beside what pays after it
        "beside": {
            "create_service": 1.0,
            "start_service": 2.5,
            "record_usage": 5.0,
            "add_card": 1.5,
            "grant_credits": 2.0,
        }
        | {"open_marketplace_account": 2.0, "subscribe": 2.0, "link_subscription": 3.0, "end_subscription": 3.0}
        | {"sign_commitment": 1.0, "start_trial": 1.0},
        # what follows the end of a subscription where no card is on file
        "aftermath": {"create_service": 1.5, "start_service": 2.0, "record_usage": 4.0, "add_card": 1.0}
        | {"open_marketplace_account": 2.0, "subscribe": 2.5, "link_subscription": 3.5, "end_subscription": 4.0}
        | {"grant_extension": 2.0, "grant_credits": 0.7, "pay_invoice": 1.0, "scale_service": 1.0, "stop_service": 0.5},
        "marketplace": {**_EVERYWHERE, **_MARKET, "add_card": 0.6, "grant_credits": 0.2},
        "commitment": {**_EVERYWHERE, **_MARKET, **_CREDITS, **_VENDOR, "add_card": 0.7, "pay_invoice": 0.8}
        | {"attempt_collection": 0.8, "set_card_behaviour": 0.6},
        "credits": {**_EVERYWHERE, **_CREDITS, **_CARD, "grant_credits": 4.0},
        "onboarding": {
            **_MARKET,
            **_PEOPLE,
            "open_marketplace_account": 2.0,
            "record_usage": 2.0,
            "create_service": 1.0,
        }
        | {"choose_tier": 1.0, "add_card": 0.5},
        "mixed": {**_EVERYWHERE, **_CARD, **_MARKET, **_CREDITS, **_VENDOR, **_PEOPLE, "start_trial": 1.5},
    }
)


@dataclass(slots=True)
class Plot:
    """What a history is about, and how it likes to wait."""

    name: str
    acts: int
    waiting: float
    near: float  # how often a wait aims at a due time
    organizations: int
    small: bool  # amounts that stay far below the threshold
    offer: str
    marketplace: str


class Generator:
    """Chooses the acts of one history. The same `random`, capabilities and reference give the same acts."""

    def __init__(self, random: Random, capabilities: frozenset[str], *, late: bool) -> None:
        self.random = random
        self.capabilities = capabilities
        self.late = late
        self.plot = self._plot()
        self._todo: list[Act] = []
        self._made: dict[str, int] = {}
        self._accounts: dict[str, str] = {}  # label -> marketplace
        self._bought: dict[str, tuple[str, str]] = {}  # label -> account, offer
        self._organizations: list[tuple[str, str]] = []  # label, admin
        self._services: list[str] = []  # of the first organization
        self._people: list[str] = []
        self._linked: list[tuple[str, str]] = []  # organizations that a link may have made
        self._left = self.plot.acts
        self._set_up()

    def start(self) -> datetime:
        """Where the clock begins."""
        pick = self.random
        hour = pick.choice(CLOCKS)
        minute, second = (59, 59) if hour == 23 and pick.random() < 0.5 else (0, 0)
        if pick.random() < 0.5:
            return datetime(*pick.choice(STARTS), hour, minute, second, tzinfo=UTC)
        return datetime(2024, 1, 1, hour, minute, second, tzinfo=UTC) + DAY * pick.randrange(1100)

    def __call__(self, play: Play) -> Act | None:
        """The next act, possible as things stand; None where the history ends."""
        # A link may have been refused: only what was made can be spoken of.
        self._organizations += [made for made in self._linked if made[0] in play.judge.ours]
        self._linked.clear()
        while self._todo:
            first = self._todo.pop(0)
            if play.possible(first):
                return self._remember(first)
        if self._left <= 0:
            return None
        self._left -= 1
        if self.random.random() < self.plot.waiting:
            waiting = self._wait(play)
            if waiting is not None:
                return waiting
        for _ in range(TRIES):
            chosen = self._command(play)
            if chosen is not None and play.possible(chosen):
                self._follow(play, chosen)
                return self._remember(chosen)
        return self._wait(play)

    # The plot

    def _plot(self) -> Plot:
        pick = self.random
        needs = {
            "card": {"card"},
            "debt": {"card"},
            "trial": {"trial"},
            "beside": {"trial"},
            "commitment": {"commitment.direct", "commitment.marketplace"},
            "credits": {"credits"},
        }
        plots = [name for name in _SETTING_UP if not needs.get(name) or needs[name] & self.capabilities]
        markets = [name for name in ("aws", "gcp", "azure") if f"marketplace.{name}" in self.capabilities]
        if not markets:
            plots = [name for name in plots if name not in {"marketplace", "aftermath", "onboarding"}]
        name = pick.choice(plots)
        offers = {"commitment": ("committed",), "aftermath": ("payg",), "beside": ("payg",)}
        return Plot(
            name,
            pick.randint(SHORTEST, LONGEST),
            pick.choice((0.3, 0.45, 0.6)),
            pick.choice((0.35, 0.7, 0.9)),
            2 if pick.random() < 0.35 else 1,
            pick.random() < 0.7,
            pick.choice(offers.get(name, ("payg", "payg", "payg", "free_trial", "committed"))),
            pick.choice(markets) if markets else "",
        )

    def _new(self, kind: str) -> str:
        self._made[kind] = self._made.get(kind, 0) + 1
        return f"{kind}-{self._made[kind]}"

    def _set_up(self) -> None:
        """The first acts: an organization, mostly with a tier, a service, and what the plot is about."""
        pick, name = self.random, self.plot.name
        if name == "onboarding" and pick.random() < 0.4:
            if "onboarding" in self.capabilities and pick.random() < 0.6:
                self._register_and_link()
            return
        for number in range(self.plot.organizations):
            organization = self._new("organization")
            self._todo.append(act("create_organization", (organization, self._new("user")), name=organization))
            self._todo += self._anchors(organization, number)
            self._todo += self._methods(organization, number)

    def _register_and_link(self) -> None:
        """A new customer's way in: registered, verified, signed in, described, and linked to a new organization."""
        person, account, bought = self._new("user"), self._new("account"), self._new("subscription")
        self._new("person")
        self._todo = [
            act("register_user", (person,), email="ada@example.com"),
            act("verify_email", user=person),
            act("sign_in", user=person),
            act("provide_business_info", user=person),
            act("open_marketplace_account", (account,), marketplace=self.plot.marketplace),
            act("subscribe", (bought,), account=account, offer="payg"),
            act("link_subscription", (self._new("organization"),), subscription=bought, user=person),
        ]

    def _anchors(self, organization: str, number: int) -> list[Act]:
        pick = self.random
        tier = act("choose_tier", organization=organization, tier=pick.choice(("basic", "scale", "enterprise")))
        service = act("create_service", (self._new("service"),), organization=organization)
        if pick.random() < 0.12:
            return []
        acts = [tier, service] if pick.random() < 0.75 else [service, tier]
        if pick.random() < 0.15:
            acts.insert(1, wait(DAY * pick.choice((1, 3, 6))))
        if number == 0 and pick.random() < 0.4:
            acts.append(act("create_service", (self._new("service"),), organization=organization))
        if pick.random() < 0.1:
            acts.insert(0, wait(DAY * pick.choice((1, 2, 5))))
        return acts

    def _methods(self, organization: str, number: int) -> list[Act]:
        pick, name = self.random, self.plot.name
        card = act("add_card", organization=organization, behaviour="approves")
        bad = pick.choice(_BAD)
        acts: list[Act] = []
        if name in {"card", "debt"} and pick.random() < 0.9:
            acts.append(card)
            if name == "debt":
                acts.append(act("record_usage", organization=organization, amount=self._price()))
                if pick.random() < 0.85:
                    acts.append(act("set_card_behaviour", organization=organization, behaviour=bad))
        if name in {"trial", "beside"} and pick.random() < 0.9:
            acts.append(act("start_trial", organization=organization, credits=pick.choice(_CREDIT_AMOUNTS)))
        linked = {"marketplace": 0.8, "commitment": 0.8, "aftermath": 1.0, "beside": 0.3}.get(name, 0.0)
        if self.plot.marketplace and pick.random() < linked:
            account, bought = self._new("account"), self._new("subscription")
            offer = self.plot.offer
            acts += [
                act("open_marketplace_account", (account,), marketplace=self.plot.marketplace),
                act("subscribe", (bought,), account=account, offer=offer),
                act(
                    "link_subscription",
                    subscription=bought,
                    user=f"user-{number + 1}",
                    organization=organization,
                ),
            ]
            if pick.random() < (0.9 if offer == "free_trial" else 0.25) and name != "aftermath":
                acts.insert(0, card)
            if offer == "committed":
                acts.append(self._commits(organization, bought))
        elif name == "commitment" and pick.random() < 0.9:
            acts.append(self._commits(organization, None))
            if pick.random() < 0.35:
                acts.append(act("add_card", organization=organization, behaviour=pick.choice(("approves", bad))))
        if name == "credits" and pick.random() < 0.8:
            acts.append(card)
        return [one for one in acts if self._able(one)]

    def _commits(self, organization: str, subscription: str | None) -> Act:
        pick = self.random
        return act(
            "sign_commitment",
            organization=organization,
            credits=pick.choice(_CREDIT_AMOUNTS),
            expires_at=self._term(),
            subscription=subscription,
        )

    def _term(self) -> timedelta:
        pick = self.random
        days = pick.choice((20, 45, 70, 120, 365, 400, 1000)) + pick.randrange(8)
        return DAY * days + HOUR * pick.choice((0, 0, 1, 5))

    # Waits

    def _wait(self, play: Play) -> Act | None:
        pick = self.random
        span: timedelta | None = None
        if pick.random() < self.plot.near:
            span = self._to_a_due_time(play)
        if span is None:
            share = pick.random()
            if share < 0.07:
                span = pick.choice(LONG)
            elif share < 0.2:
                span = HOUR * pick.choice((1, 2, 5, 11, 15)) + timedelta(minutes=pick.choice((0, 0, 30)))
            else:
                span = pick.choice(SPANS)
        if self.late and span < 2 * DAY and pick.random() < 0.8:
            span += 2 * DAY
        waiting = wait(span)
        if pick.random() < 0.004 and play.possible(waiting):  # one long wait in many steps
            waiting = wait(DAY * pick.choice((1, 2, 6)))
            self._todo += [waiting] * MANY
        return waiting if play.possible(waiting) else self._mend(play)

    def _to_a_due_time(self, play: Play) -> timedelta | None:
        pick, oracle = self.random, play.judge.oracle
        due = sorted({at for owner in oracle.organizations().values() for at in oracle.upcoming(owner)})
        if not due:
            return None
        at = due[min(int(pick.expovariate(0.9)), len(due) - 1)]
        if self.late:
            offset = pick.choice((-DAY, -DAY, 2 * DAY, 2 * DAY, 3 * DAY, DAY * pick.randrange(2, 20)))
        else:
            offset = pick.choice(
                (
                    timedelta(),
                    timedelta(),
                    timedelta(),
                    -SECOND,
                    -SECOND,
                    SECOND,
                    DAY,
                    -DAY,
                    HOUR * 9,
                    DAY * pick.randrange(2, 40),
                )
            )
        span = at + offset - play.now
        return span if span > timedelta() else None

    def _mend(self, play: Play) -> Act | None:
        """Where waiting would lead where nothing is tested: what leads out of it."""
        for label, _ in self._organizations:
            for one in (
                act("attempt_collection", organization=label),
                act("add_card", organization=label, behaviour="approves"),
            ):
                if self._able(one) and play.possible(one) and label in play.judge.ours:
                    owner = play.judge.oracle.organization(play.judge.ours[label])
                    if owner.open_invoices or (owner.subscriptions and owner.card is None):
                        return one
        return None

    # Commands

    def _able(self, one: Act) -> bool:
        named = one.named
        account = str(named.get("account", ""))
        bought = self._bought.get(str(named.get("subscription", "")))
        marketplace = self._accounts.get(bought[0] if bought else account)
        return needed_for(one.method, named, marketplace) <= self.capabilities

    def _command(self, play: Play) -> Act | None:
        weights = WEIGHTS[self.plot.name]
        method = self.random.choices(list(weights), list(weights.values()))[0]
        if not self._organizations and method not in _WITHOUT_ORGANIZATION:
            return None
        made = _BUILD[method](self, play)
        return made if made is not None and self._able(made) else None

    def _follow(self, play: Play, chosen: Act) -> None:
        """Where an own retry would now collect what is open, it is collected at once, so that no schedule matters."""
        if chosen.method in {"add_card", "set_card_behaviour"} and chosen.named.get("behaviour") in _GOOD:
            label = str(chosen.named["organization"])
            if play.judge.oracle.organization(play.judge.ours[label]).open_invoices:
                self._todo.append(act("attempt_collection", organization=label))
        again = {"debt": 0.5, "commitment": 0.25, "aftermath": 0.25}.get(self.plot.name, 0.0)
        if chosen.method in {"pay_invoice", "attempt_collection"} and self.random.random() < again:
            self._run_up(str(chosen.named["organization"]))

    def _run_up(self, label: str) -> None:
        """Another debt: a card that pays no more, usage, and the end of the cycle."""
        bad = self.random.choice(_BAD)
        self._todo += [
            one
            for one in (
                act("set_card_behaviour", organization=label, behaviour=bad),
                act("record_usage", organization=label, amount=self._price()),
                wait(DAY * 31),
            )
            if self._able(one)
        ]

    def _remember(self, one: Act) -> Act:
        named = one.named
        match one.method:
            case "create_organization":
                self._organizations.append((one.makes[0], one.makes[1]))
            case "create_service" if named["organization"] == self._first():
                self._services.append(one.makes[0])
            case "open_marketplace_account":
                self._accounts[one.makes[0]] = str(named["marketplace"])
            case "subscribe":
                self._bought[one.makes[0]] = (str(named["account"]), str(named["offer"]))
            case "register_user" | "add_member":
                self._people.append(one.makes[0])
            case "link_subscription" if one.makes and len(self._organizations) < MOST_ORGANIZATIONS:
                self._linked.append((one.makes[0], str(named["user"])))
        return one

    def _first(self) -> str:
        return self._organizations[0][0] if self._organizations else ""

    def _some(self) -> str:
        labels = [label for label, _ in self._organizations]
        return labels[0] if len(labels) == 1 or self.random.random() < 0.6 else labels[1]

    def _facts(self, play: Play, label: str) -> Organization | None:
        number = play.judge.ours.get(label)
        return None if number is None else play.judge.oracle.organization(number)

    def _price(self) -> Decimal:
        """Some amount, with cents that occur once."""
        pick = self.random
        dollars = pick.choice((1, 20, 33, 64, 120, 250, 312, 480, 745, 990))
        if not self.plot.small and pick.random() < 0.4:
            dollars = pick.choice((1000, 1200, 4999, 5000, 6200, 9000, 9999, 10000, 10001, 10250, 12000, 25000))
        return Decimal(dollars) + CENT * pick.randrange(100)

    def _usage(self, play: Play) -> Act | None:
        pick, label = self.random, self._some()
        owner = self._facts(play, label)
        if owner is None:
            return None
        amount = self._price()
        share = pick.random()
        nearby = self._amounts_that_decide(play, owner)
        if nearby and share < 0.4:
            amount = pick.choice(nearby)
        item = pick.choice(("storage", "transfer")) if pick.random() < 0.2 else None
        return act("record_usage", organization=label, amount=amount, item=item)

    def _amounts_that_decide(self, play: Play, owner: Organization) -> Sequence[Decimal]:
        decide: list[Decimal] = []
        trial = owner.trial
        if trial is not None and trial.ended_at is None:
            decide += [trial.credits - trial.used] * 2
        left = [grant.left for grant in owner.grants if grant.left]
        decide += left
        if len(left) > 1:
            decide.append(sum(left, ZERO))
        if not self.plot.small or self.random.random() < 0.3:
            decide.append(THRESHOLD - owner.owed)
        amounts = [amount + CENT * self.random.choice((-1, 0, 0, 1, 4050)) for amount in decide]
        return [amount for amount in amounts if amount > ZERO]

    def _card_act(self, play: Play) -> Act | None:
        return self._behaviour(play, "add_card")

    def _set_card_act(self, play: Play) -> Act | None:
        return self._behaviour(play, "set_card_behaviour")

    def _behaviour(self, play: Play, method: str) -> Act | None:
        pick, label = self.random, self._some()
        owner = self._facts(play, label)
        if owner is None:
            return None
        again = self.plot.name == "debt" and not owner.open_invoices and pick.random() < 0.6
        behaviour = pick.choice(_BAD if again else _BEHAVIOURS)
        credit = None
        if behaviour == "limited":
            opened = sum((invoice.amount for invoice in owner.open_invoices), ZERO)
            due = [amount for amount in (owner.owed, opened) if amount]
            credit = pick.choice((max(due), max(due) + 1, CENT * 50, CENT * 50)) if due else CENT
        return act(method, organization=label, behaviour=behaviour, available_credit=credit)

    def _of_some(self, method: str) -> Callable[[Play], Act | None]:
        return lambda play: act(method, organization=self._some())

    def _service_act(self, method: str) -> Act | None:
        return act(method, service=self.random.choice(self._services)) if self._services else None

    def _scale(self, play: Play) -> Act | None:
        if not self._services:
            return None
        owner = self._facts(play, self._first())
        near = owner is not None and play.judge.oracle.restricted(owner) and self.random.random() < 0.7
        gib = self.random.choice((120, 120, 121, 124) if near else (8, 16, 64, 116, 120, 121, 124, 236, 240, 360))
        return act("scale_service", service=self.random.choice(self._services), replica_memory_gib=gib)

    def _create(self, play: Play) -> Act | None:
        label = self._some()
        owner = self._facts(play, label)
        if owner is None or len(owner.services) >= MOST_SERVICES:
            return None
        return act("create_service", (self._new("service"),), organization=label)

    def _trial(self, play: Play) -> Act | None:
        credit = self.random.choice(_CREDIT_AMOUNTS)
        return act("start_trial", organization=self._some(), credits=credit)

    def _tier(self, play: Play) -> Act | None:
        return act("choose_tier", organization=self._some(), tier=self.random.choice(("basic", "scale", "enterprise")))

    def _account(self, play: Play) -> Act | None:
        pick = self.random
        if len(self._accounts) >= MOST_BOUGHT:
            return None
        markets = [name for name in ("aws", "gcp", "azure") if f"marketplace.{name}" in self.capabilities]
        if not markets:
            return None
        share = pick.random() if self.plot.name in {"onboarding", "mixed"} else 1.0
        return act(
            "open_marketplace_account",
            (self._new("account"),),
            marketplace=self.plot.marketplace if pick.random() < 0.6 else pick.choice(markets),
            may_purchase=False if share < 0.12 else None,
            signed_in=False if 0.12 <= share < 0.24 else None,
        )

    def _subscribe(self, play: Play) -> Act | None:
        pick = self.random
        if not self._accounts or len(self._bought) >= MOST_BOUGHT:
            return None
        offer = self.plot.offer if pick.random() < 0.6 else pick.choice(("payg", "free_trial", "committed"))
        order = "PO-4711" if pick.random() < 0.1 else None
        account = pick.choice(list(self._accounts))
        return act("subscribe", (self._new("subscription"),), account=account, offer=offer, purchase_order=order)

    def _link(self, play: Play) -> Act | None:
        pick = self.random
        bought = [label for label in self._bought if label in play.judge.ours]
        if not bought:
            return None
        people = [admin for _, admin in self._organizations]
        if self._people and pick.random() < 0.5:
            people = list(self._people)
        if not people:
            return None
        subscription, user = pick.choice(bought), pick.choice(people)
        organization = self._some() if self._organizations else ""
        if pick.random() < 0.4:
            user = next((admin for label, admin in self._organizations if label == organization), user)
        taken = play.judge.oracle.subscription(play.judge.ours[subscription]).organization is not None
        room = len(self._organizations) < MOST_ORGANIZATIONS
        if not self._organizations or (pick.random() < 0.2 and (taken or room)):
            return act("link_subscription", (self._new("organization"),), subscription=subscription, user=user)
        return act("link_subscription", subscription=subscription, user=user, organization=organization)

    def _end(self, play: Play) -> Act | None:
        bought = [label for label in self._bought if label in play.judge.ours]
        if not bought:
            return None
        subscription = self.random.choice(bought)
        if play.judge.oracle.ended(play.judge.oracle.subscription(play.judge.ours[subscription])):
            return None
        return act(
            "end_subscription", subscription=subscription, cause=self.random.choice(("cancelled", "not_renewed"))
        )

    def _commit(self, play: Play) -> Act | None:
        label = self._some()
        place = [known for known, _ in self._organizations].index(label)
        bought = list(self._bought)
        # The vocabulary calls the subscription of the first organization `the subscription`.
        own = bought[place] if place < len(bought) else None
        return self._commits(label, own if own is not None and self.random.random() < 0.6 else None)

    def _grant(self, play: Play) -> Act | None:
        amount = self.random.choice(_CREDIT_AMOUNTS)
        return act("grant_credits", organization=self._some(), amount=amount, expires_at=self._term())

    def _extension(self, play: Play) -> Act | None:
        return act("grant_extension", organization=self._some(), until=self._until(play))

    def _until(self, play: Play) -> timedelta:
        pick = self.random
        return DAY * pick.choice((2, 5, 10, 20, 25, 40, 45, 60, 80, 100, 150)) + HOUR * pick.choice((0, 0, 3))

    def _member(self, play: Play) -> Act | None:
        if self._made.get("member"):
            return None
        self._new("member")
        role = self.random.choice(("admin", "developer"))
        return act("add_member", (self._new("user"),), organization=self._first(), role=role)

    def _register(self, play: Play) -> Act | None:
        if self._made.get("person"):
            return None
        self._new("person")
        return act("register_user", (self._new("user"),), email="ada@example.com")

    def _person(self, method: str) -> Act | None:
        return act(method, user=self.random.choice(self._people)) if self._people else None


_BAD = ("declines", "expired", "invalid")
_BEHAVIOURS = ("approves", "approves", "approves", "limited", "declines", *_BAD)
_GOOD = frozenset({"approves", "limited"})
_WITHOUT_ORGANIZATION = frozenset(
    {
        "register_user",
        "verify_email",
        "sign_in",
        "provide_business_info",
        "open_marketplace_account",
        "subscribe",
        "link_subscription",
        "end_subscription",
    }
)
_CREDIT_AMOUNTS = tuple(Decimal(text) for text in ("60.40", "100.00", "150.25", "300.00", "500.75", "12000.00"))

Build = Callable[[Generator, Play], Act | None]

_BUILD: Mapping[str, Build] = MappingProxyType(
    {
        "create_service": Generator._create,
        "start_service": lambda generator, play: generator._service_act("start_service"),
        "stop_service": lambda generator, play: generator._service_act("stop_service"),
        "scale_service": Generator._scale,
        "record_usage": Generator._usage,
        "choose_tier": Generator._tier,
        "start_trial": Generator._trial,
        "add_card": Generator._card_act,
        "set_card_behaviour": Generator._set_card_act,
        "attempt_collection": lambda generator, play: generator._of_some("attempt_collection")(play),
        "pay_invoice": lambda generator, play: generator._of_some("pay_invoice")(play),
        "open_marketplace_account": Generator._account,
        "subscribe": Generator._subscribe,
        "link_subscription": Generator._link,
        "end_subscription": Generator._end,
        "sign_commitment": Generator._commit,
        "grant_credits": Generator._grant,
        "grant_extension": Generator._extension,
        "record_contact": lambda generator, play: generator._of_some("record_contact")(play),
        "delete_data": lambda generator, play: generator._of_some("delete_data")(play),
        "register_user": Generator._register,
        "verify_email": lambda generator, play: generator._person("verify_email"),
        "sign_in": lambda generator, play: generator._person("sign_in"),
        "provide_business_info": lambda generator, play: generator._person("provide_business_info"),
        "add_member": Generator._member,
    }
)
