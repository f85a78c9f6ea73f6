"""What is known of people, organizations, services and purchases: the facts that the policies judge.

Only the shell changes them. Instants are aware and in UTC, money is a Decimal of US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(slots=True)
class User:
    """A person, and how far the registration has come (AWS-22, AWS-24)."""

    id: str
    email: str
    verified: bool = False
    signed_in: bool = False
    business_info: bool = False


@dataclass(slots=True)
class Trial:
    """The trial of an organization; `ended_at` is None while it runs (BC-02, BC-03)."""

    started_at: datetime
    credits: Decimal
    used: Decimal = ZERO
    ended_at: datetime | None = None


@dataclass(slots=True)
class TrialLapse:
    """A trial that ended with no billing method configured, from the instant its end is counted from (BC-08, BC-09)."""

    started_at: datetime
    ended_at: datetime
    deleted: bool = False


@dataclass(slots=True)
class Card:
    """The card on file, as the card network answers for it (BC-20, BC-21, BC-22)."""

    behaviour: str
    available_credit: Decimal | None


@dataclass(slots=True)
class Service:
    """A service; memory in GiB per replica."""

    id: str
    organization: str
    replica_memory_gib: int
    state: str = "running"


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage that is owed directly and not invoiced yet."""

    at: datetime
    item: str
    amount: Decimal


@dataclass(slots=True)
class Invoice:
    """What is owed directly for a cycle; `failed_at` is the due time of the charge that failed, if it did."""

    id: str
    issued_at: datetime
    amount: Decimal
    first_day: date
    last_day: date
    state: str = "open"
    failed_at: datetime | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt on a card."""

    at: datetime
    amount: Decimal
    succeeded: bool


@dataclass(slots=True)
class Grant:
    """Credits; `subscription` where a marketplace commitment granted them, `commitment` where any commitment did."""

    id: str
    amount: Decimal
    left: Decimal
    granted_at: datetime
    expires_at: datetime
    commitment: bool = False
    subscription: str | None = None
    used_up_at: datetime | None = None


@dataclass(slots=True)
class Account:
    """An account on a marketplace (AWS-02, AWS-03)."""

    id: str
    marketplace: str
    may_purchase: bool
    signed_in: bool


@dataclass(slots=True)
class Subscription:
    """A marketplace subscription: bought, perhaps linked, perhaps ended."""

    id: str
    account: str
    marketplace: str
    offer: str
    bought_at: datetime
    purchase_order: str | None = None
    organization: str | None = None
    linked_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Metered:
    """Usage that awaits its report to the marketplace."""

    subscription: str
    at: datetime
    item: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """One line reported to a marketplace (BC-36, BC-51)."""

    subscription: str
    at: datetime
    kind: str
    item: str
    amount: Decimal


@dataclass(slots=True)
class Debt:
    """What runs from the first thing left unpaid until nothing is (BC-23, BC-28 to BC-32).

    `lapse_since` is the end of a marketplace subscription that restricts while nothing else pays (BC-44);
    `found_running` are the services that a stop for this debt found running.
    """

    since: datetime
    lapse_since: datetime | None = None
    after_commitment: bool = False
    stopped: bool = False
    deleted: bool = False
    extension_until: datetime | None = None
    found_running: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Organization:
    """Everything known of one organization."""

    id: str
    name: str
    created_at: datetime
    members: dict[str, str] = field(default_factory=dict)
    tier: str | None = None
    tier_day: date | None = None
    service_day: date | None = None
    trial: Trial | None = None
    trial_lapse: TrialLapse | None = None
    card: Card | None = None
    services: list[Service] = field(default_factory=list)
    data: str = "none"
    uninvoiced: list[Usage] = field(default_factory=list)
    early_charges: dict[date, int] = field(default_factory=dict)
    invoices: list[Invoice] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    metered: list[Metered] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    contacts: list[datetime] = field(default_factory=list)
    debt: Debt | None = None
    fall_backs_judged: set[datetime] = field(default_factory=set)

    @property
    def owed(self) -> Decimal:
        """What is owed directly and not invoiced yet."""
        return sum((usage.amount for usage in self.uninvoiced), ZERO)

    @property
    def open_invoices(self) -> list[Invoice]:
        """The invoices that are not paid, oldest first."""
        return [invoice for invoice in self.invoices if invoice.state == "open"]

    @property
    def commitments(self) -> list[Grant]:
        """The grants that commitments brought, oldest first."""
        return [grant for grant in self.grants if grant.commitment]
