"""The state of one world: people, organizations, services, invoices, credits and purchases.

The ledger is the only writer; the policy reads. Instants are aware and in UTC, money is a Decimal of US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

ZERO = Decimal("0.00")


class Methods(NamedTuple):
    """Which billing methods an organization has configured (BC-01); `any(methods)` says whether it has one."""

    card: bool
    subscription: bool
    credits: bool


class Standing(NamedTuple):
    """What decides whether an organization may run services for want of a billing method (BC-01).

    `lapsed` says that a trial ended with no method, and that none has been configured since; `configured` that one is
    configured now.
    """

    trial: Literal["none", "active", "over"]
    lapsed: bool
    configured: bool


@dataclass(slots=True)
class User:
    """A person, and the steps of registration completed so far (AWS-22, AWS-24)."""

    id: str
    email: str
    verified: bool = False
    signed_in: bool = False
    business_info: bool = False


@dataclass(slots=True)
class Trial:
    """The trial of an organization; `ended_at` is None while it is active (BC-02, BC-03)."""

    started_at: datetime
    credits: Decimal
    used: Decimal = ZERO
    ended_at: datetime | None = None


@dataclass(slots=True)
class TrialLapse:
    """A trial that ended with no billing method configured (BC-08, BC-09).

    `ended_at` is the instant from which later deadlines count.
    """

    started_at: datetime
    ended_at: datetime
    deleted: bool = False


@dataclass(slots=True)
class Card:
    """The card on file, and how the card network answers for it (BC-20, BC-21, BC-22)."""

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
    """Priced usage of one item."""

    at: datetime
    item: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PendingUsage:
    """Usage that credits pay at the end of its billing cycle, and the method that pays for what they do not cover."""

    usage: Usage
    subscription: str | None
    trial: bool


@dataclass(slots=True)
class Invoice:
    """An amount owed directly for a cycle.

    `failed_at` is the due time of its failed charge; `lifted` says that another billing method lifted its consequences.
    """

    id: str
    issued_at: datetime
    amount: Decimal
    first_day: date
    last_day: date
    state: str = "open"
    failed_at: datetime | None = None
    retries: int = 0
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt on a card."""

    at: datetime
    amount: Decimal
    succeeded: bool


@dataclass(slots=True)
class Grant:
    """Credits; `commitment` if a contract granted them, `subscription` if that contract went through a marketplace.

    `end_applied` says that the consequences of their end have been applied.
    """

    id: str
    amount: Decimal
    left: Decimal
    granted_at: datetime
    expires_at: datetime
    commitment: bool = False
    subscription: str | None = None
    used_up_at: datetime | None = None
    end_applied: bool = False


@dataclass(slots=True)
class Account:
    """An account on a marketplace (AWS-02, AWS-03)."""

    id: str
    marketplace: str
    may_purchase: bool
    signed_in: bool


@dataclass(slots=True)
class Subscription:
    """A marketplace subscription: bought, then linked, then ended."""

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
    """The time from the first failure to pay until nothing is unpaid (BC-23, BC-28 to BC-32).

    `lapse_since` is the end of a subscription or contract that restricts while nothing else pays (BC-44, BC-63), and
    `lapse_of_commitment` says that it was a commitment;
    `after_commitment` marks the first debt after a fall-back from a commitment (BC-66);
    `found_running` lists the services that the stop for this debt found running.
    """

    since: datetime
    lapse_since: datetime | None = None
    lapse_of_commitment: bool = False
    after_commitment: bool = False
    stopped: bool = False
    deleted: bool = False
    extension_until: datetime | None = None
    found_running: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Organization:
    """Everything known about one organization."""

    id: str
    name: str
    created_at: datetime
    members: dict[str, str] = field(default_factory=dict)
    tier: str | None = None
    tier_day: date | None = None
    service_day: date | None = None
    trial: Trial | None = None
    trial_lapse: TrialLapse | None = None  # until a billing method is configured
    deletion_after_trial: TrialLapse | None = None  # until it is due: only then the billing methods decide
    card: Card | None = None
    services: list[Service] = field(default_factory=list)
    data: str = "none"
    pending: list[PendingUsage] = field(default_factory=list)
    uninvoiced: list[Usage] = field(default_factory=list)
    early_charges: dict[date, int] = field(default_factory=dict)  # by the first day of the cycle
    invoices: list[Invoice] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    metered: list[Metered] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    future_reports: list[Report] = field(default_factory=list)  # the parts of a fee that are reported later
    contacts: list[datetime] = field(default_factory=list)
    debt: Debt | None = None
    fall_backs_judged: set[datetime] = field(default_factory=set)  # each fall-back protects one debt at most

    @property
    def trial_active(self) -> bool:
        """Whether a trial is running."""
        return self.trial is not None and self.trial.ended_at is None

    @property
    def owed(self) -> Decimal:
        """The amount owed directly and not invoiced yet."""
        return sum((usage.amount for usage in self.uninvoiced), ZERO)

    @property
    def open_invoices(self) -> list[Invoice]:
        """The invoices that can be collected or paid, oldest first."""
        return [invoice for invoice in self.invoices if invoice.state == "open"]

    @property
    def unpaid_invoices(self) -> list[Invoice]:
        """The open invoices that have consequences, oldest first (BC-23)."""
        return [invoice for invoice in self.invoices if invoice.state == "open" and not invoice.lifted]

    @property
    def commitments(self) -> list[Grant]:
        """The grants that commitments brought, oldest first."""
        return [grant for grant in self.grants if grant.commitment]


@dataclass(slots=True)
class State:
    """The state of one world, and the number of the latest identifier."""

    users: dict[str, User] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    invoices: dict[str, tuple[str, Invoice]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    count: int = 0

    def new_id(self, kind: str) -> str:
        """Return an identifier that this world has not used before."""
        self.count += 1
        return f"{kind}-{self.count}"
