"""The values of the contract: frozen dataclasses and enumerations.

Longer than other modules because it defines every value, in the order of the contract page.

Instants are aware datetimes in UTC, in whole seconds; days are dates of UTC; money is a Decimal of US dollars, not
negative, with at most two decimals; memory is GiB per replica; identifiers are strings of the implementation's choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

ZERO = Decimal("0.00")


class MethodKind(StrEnum):
    """What pays for usage now."""

    NONE = "none"
    TRIAL = "trial"
    CARD = "card"
    MARKETPLACE = "marketplace"
    CREDITS = "credits"


class Marketplace(StrEnum):
    """A cloud marketplace that the documents name (BC-33)."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"


class TrialState(StrEnum):
    """The state of an organization's trial (BC-02, BC-03)."""

    NONE = "none"
    ACTIVE = "active"
    OVER = "over"


class ServiceState(StrEnum):
    """What a service does."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


class DataState(StrEnum):
    """What became of an organization's data."""

    NONE = "none"
    PRESENT = "present"
    DELETED = "deleted"


class InvoiceState(StrEnum):
    """Whether an invoice is paid."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class ReportKind(StrEnum):
    """What is reported to a marketplace: usage (BC-36), or a commitment (BC-51)."""

    USAGE = "usage"
    COMMITMENT = "commitment"


class Offer(StrEnum):
    """What is bought on a marketplace (AWS-11, BC-50)."""

    PAYG = "payg"
    FREE_TRIAL = "free_trial"
    COMMITTED = "committed"


class SubscriptionState(StrEnum):
    """How far a subscription is: bought, linked to an organization, or ended."""

    SUBSCRIBED = "subscribed"
    LINKED = "linked"
    ENDED = "ended"


class CardBehaviour(StrEnum):
    """What the card network answers to a charge (BC-20, BC-21, BC-22)."""

    APPROVES = "approves"
    DECLINES = "declines"
    EXPIRED = "expired"
    INVALID = "invalid"
    LIMITED = "limited"


class Tier(StrEnum):
    """The tiers of an organization (BC-16)."""

    BASIC = "basic"
    SCALE = "scale"
    ENTERPRISE = "enterprise"


class Role(StrEnum):
    """What a member may do in an organization (AWS-04)."""

    ADMIN = "admin"
    DEVELOPER = "developer"


class EndCause(StrEnum):
    """The cause of a subscription's end; no rule distinguishes the two (BC-41, BC-42)."""

    CANCELLED = "cancelled"
    NOT_RENEWED = "not_renewed"


@dataclass(frozen=True, slots=True)
class Description:
    """An implementation's description of itself.

    `settles_within` is an ISO 8601 duration of at most 24 hours: how late an effect may show after its due time.
    """

    name: str
    version: str
    contract: str
    capabilities: tuple[str, ...]
    readings: dict[str, str]
    settles_within: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The empty object: it was done."""


@dataclass(frozen=True, slots=True)
class UserRef:
    """A new user."""

    user: str


@dataclass(frozen=True, slots=True)
class OrganizationCreated:
    """A new organization and the user who administers it."""

    organization: str
    admin: str


@dataclass(frozen=True, slots=True)
class OrganizationRef:
    """An organization that was linked or made."""

    organization: str


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """A new service."""

    service: str


@dataclass(frozen=True, slots=True)
class AccountRef:
    """A new account on a marketplace."""

    account: str


@dataclass(frozen=True, slots=True)
class SubscriptionRef:
    """A new subscription."""

    subscription: str


@dataclass(frozen=True, slots=True)
class CommitmentRef:
    """A new commitment."""

    commitment: str


@dataclass(frozen=True, slots=True)
class GrantRef:
    """A new grant of credits."""

    grant: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection attempt led to: `collected` is true when nothing is due any more."""

    collected: bool


@dataclass(frozen=True, slots=True)
class BillingMethod:
    """The billing method that pays for usage now; `marketplace` goes with kind `marketplace`, and with `credits`."""

    kind: MethodKind
    marketplace: Marketplace | None

    def contradiction(self) -> str | None:
        """Return what is inconsistent in this value, as text, or None."""
        if self.kind is MethodKind.MARKETPLACE and self.marketplace is None:
            return "kind 'marketplace' needs a marketplace"
        if self.kind not in (MethodKind.MARKETPLACE, MethodKind.CREDITS) and self.marketplace is not None:
            return f"kind '{self.kind}' goes with marketplace null"
        return None


_TRIAL_FIELDS: Mapping[TrialState, tuple[str, ...]] = MappingProxyType(
    {
        TrialState.NONE: (),
        TrialState.ACTIVE: ("started_at", "credits_left"),
        TrialState.OVER: ("started_at", "ended_at", "credits_left"),
    }
)


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial of an organization; all but `state` null where there never was one."""

    state: TrialState
    started_at: datetime | None
    ended_at: datetime | None
    credits_left: Decimal | None

    def contradiction(self) -> str | None:
        """Return what is inconsistent in this value, as text, or None."""
        wanted = _TRIAL_FIELDS[self.state]
        given = [name for name in _TRIAL_FIELDS[TrialState.OVER] if getattr(self, name) is not None]
        missing = [name for name in wanted if name not in given]
        surplus = [name for name in given if name not in wanted]
        if missing:
            return f"state '{self.state}' needs {', '.join(missing)}"
        if surplus:
            return f"state '{self.state}' goes with {', '.join(surplus)} null"
        return None


@dataclass(frozen=True, slots=True)
class BillingCycle:
    """The current cycle, both days included (BC-15, BC-39)."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Service:
    """A service; memory in GiB per replica."""

    service: str
    state: ServiceState
    replica_memory_gib: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a card or the customer owes directly for a cycle; issued at the due time of its charge."""

    invoice: str
    issued_at: datetime
    amount: Decimal
    state: InvoiceState
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt on a card."""

    at: datetime
    amount: Decimal
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Credits:
    """One grant of credits; the trial's own are not among them (BC-55)."""

    amount: Decimal
    left: Decimal
    granted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MarketplaceReport:
    """One line reported to a marketplace (BC-36, BC-51)."""

    subscription: str
    at: datetime
    kind: ReportKind
    item: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """Everything that can be seen of an organization; lists in order of time."""

    billing_method: BillingMethod
    card_on_file: bool
    trial: Trial
    billing_cycle: BillingCycle | None
    restricted: bool
    services: tuple[Service, ...]
    data: DataState
    invoices: tuple[Invoice, ...]
    charges: tuple[Charge, ...]
    credits: tuple[Credits, ...]
    marketplace_reports: tuple[MarketplaceReport, ...]
    contacts: tuple[datetime, ...]
    tier: Tier | None = None
    uninvoiced: Decimal | None = None
    unpaid_since: datetime | None = None
    extension_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A marketplace subscription; `ends_at` null while no end is known."""

    offer: Offer
    state: SubscriptionState
    organization: str | None
    ends_at: datetime | None
    marketplace: Marketplace | None = None
