"""A history while it is generated: what it has made so far, and the random choices that several commands share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random

from billing_tck.contract.capabilities import needed_for
from billing_tck.explorer.history import Command, command
from billing_tck.explorer.profiles import Profile
from billing_tck.explorer.runner import Play
from billing_tck.reference.oracle import Organization

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
CENT = Decimal("0.01")
MOST_ORGANIZATIONS, MOST_SERVICES, MOST_BOUGHT = 2, 3, 2  # the number of names that steps have
FAILING = ("declines", "expired", "invalid")
CREDIT_AMOUNTS = tuple(Decimal(text) for text in ("60.40", "100.00", "150.25", "300.00", "500.75", "12000.00"))
TIERS = ("basic", "scale", "enterprise")


@dataclass(slots=True)
class Draft:
    """What a history has made so far, by labels.

    `organizations` are pairs of label and admin, `services` those of the first organization, `bought` maps
    subscriptions to account and offer. `linked` are organizations that a link may have made.
    """

    random: Random
    capabilities: frozenset[str]
    profile: Profile
    made: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    bought: dict[str, tuple[str, str]] = field(default_factory=dict)
    organizations: list[tuple[str, str]] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    linked: list[tuple[str, str]] = field(default_factory=list)

    def new(self, kind: str) -> str:
        """Return a new label of a kind."""
        self.made[kind] = self.made.get(kind, 0) + 1
        return f"{kind}-{self.made[kind]}"

    def remember(self, chosen: Command) -> Command:
        """Keep what a command makes; return the command."""
        named = chosen.named
        for label in chosen.makes:  # also where another gave it
            kind, _, number = label.rpartition("-")
            self.made[kind] = max(self.made.get(kind, 0), int(number) if number.isdecimal() else 0)
        match chosen.method:
            case "create_organization":
                self.organizations.append((chosen.makes[0], chosen.makes[1]))
            case "create_service" if named["organization"] == self.first():
                self.services.append(chosen.makes[0])
            case "open_marketplace_account":
                self.accounts[chosen.makes[0]] = str(named["marketplace"])
            case "subscribe":
                self.bought[chosen.makes[0]] = (str(named["account"]), str(named["offer"]))
            case "register_user" | "add_member":
                self.people.append(chosen.makes[0])
            case "link_subscription" if chosen.makes and len(self.organizations) < MOST_ORGANIZATIONS:
                self.linked.append((chosen.makes[0], str(named["user"])))
        return chosen

    def confirm_links(self, play: Play) -> None:
        """Keep the organizations that links have made; a link may have been refused."""
        self.organizations += [made for made in self.linked if made[0] in play.comparator.ours]
        self.linked.clear()

    def is_supported(self, chosen: Command) -> bool:
        """Return whether the implementation declares what a command needs."""
        named = chosen.named
        bought = self.bought.get(str(named.get("subscription", "")))
        marketplace = self.accounts.get(bought[0] if bought else str(named.get("account", "")))
        return needed_for(chosen.method, named, marketplace) <= self.capabilities

    def first(self) -> str:
        """Return the label of the first organization, or an empty one."""
        return self.organizations[0][0] if self.organizations else ""

    def some(self) -> str:
        """Return the label of one of the organizations."""
        labels = [label for label, _ in self.organizations]
        return labels[0] if len(labels) == 1 or self.random.random() < 0.6 else labels[1]

    def known_subscriptions(self, play: Play) -> list[str]:
        """Return the subscriptions that were really bought."""
        return [label for label in self.bought if label in play.comparator.ours]

    def price(self) -> Decimal:
        """Return some amount, with cents that occur once."""
        dollars = self.random.choice((1, 20, 33, 64, 120, 250, 312, 480, 745, 990))
        if not self.profile.small and self.random.random() < 0.4:
            dollars = self.random.choice((1000, 1200, 4999, 5000, 6200, 9000, 9999, 10000, 10001, 10250, 12000, 25000))
        return Decimal(dollars) + CENT * self.random.randrange(100)

    def term(self) -> timedelta:
        """Return for how long credits are usable."""
        days = self.random.choice((20, 45, 70, 120, 365, 400, 1000)) + self.random.randrange(8)
        return DAY * days + HOUR * self.random.choice((0, 0, 1, 5))

    def commitment(self, organization: str, subscription: str | None) -> Command:
        """Return the signing of a commitment."""
        return command(
            "sign_commitment",
            organization=organization,
            credits=self.random.choice(CREDIT_AMOUNTS),
            expires_at=self.term(),
            subscription=subscription,
        )


def facts(play: Play, label: str) -> Organization | None:
    """Return the reference's state of an organization, or None if it was never created."""
    number = play.comparator.ours.get(label)
    return None if number is None else play.comparator.oracle.organization(number)
