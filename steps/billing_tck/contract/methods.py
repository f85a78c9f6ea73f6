"""The methods of the contract, version 1: names, parameters and results.

The protocol below is the source of the table of methods, the client that steps call, the checks of results, and the
machine-readable document that `billing-tck contract` prints.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from billing_tck.contract.values import (
    AccountRef,
    CardBehaviour,
    Collected,
    CommitmentRef,
    Description,
    EndCause,
    GrantRef,
    Marketplace,
    Nothing,
    Offer,
    OrganizationCreated,
    OrganizationRef,
    OrganizationView,
    Role,
    ServiceRef,
    SubscriptionRef,
    SubscriptionView,
    Tier,
    UserRef,
)

VERSION = "1"


class Contract(Protocol):
    """The methods that an implementation offers to the kit.

    Each method returns a value of its annotation, or raises `Refused` or `Unsupported`. (An in-process implementation
    returns a dict of the same fields, which the kit decodes.)
    """

    # The session

    def describe_implementation(self) -> Description:
        """Describe the implementation: name, capabilities and readings. Always the first call."""
        ...

    def reset(self, *, now: datetime) -> Nothing:
        """Forget everything, and set the clock to `now`."""
        ...

    def advance_to(self, *, now: datetime) -> Nothing:
        """Move the clock to the same or a later instant, and apply everything due up to and including it."""
        ...

    # People and organizations

    def register_user(self, *, email: str) -> UserRef:
        """Register a user, whose address is not verified yet (AWS-22)."""
        ...

    def verify_email(self, *, user: str) -> Nothing:
        """Verify the address of a user (AWS-22)."""
        ...

    def sign_in(self, *, user: str) -> Nothing:
        """Sign a user in; refused until the address is verified (AWS-22, AWS-25)."""
        ...

    def provide_business_info(self, *, user: str) -> Nothing:
        """Store a new user's business information (AWS-24)."""
        ...

    def create_organization(self, *, name: str) -> OrganizationCreated:
        """Create an organization and its admin, who is verified, signed in and has given business information."""
        ...

    def add_member(self, *, organization: str, role: Role) -> UserRef:
        """Add a member, who is verified, signed in and has given business information (AWS-04)."""
        ...

    def start_trial(self, *, organization: str, credits: Decimal) -> Nothing:  # noqa: A002 - the contract's name
        """Begin the 30-day trial now, with the given credits (BC-02, BC-03)."""
        ...

    def choose_tier(self, *, organization: str, tier: Tier) -> Nothing:
        """Choose or change the organization's tier (BC-15, BC-16)."""
        ...

    # Services and usage

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> ServiceRef:
        """Create a service, which runs and has data from now on (BC-15, BC-27)."""
        ...

    def start_service(self, *, service: str) -> Nothing:
        """Start a stopped service (BC-25, BC-26)."""
        ...

    def stop_service(self, *, service: str) -> Nothing:
        """Stop a running service, as its owner does."""
        ...

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Nothing:
        """Set the memory of each replica, in GiB (BC-24)."""
        ...

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Nothing:
        """Record usage that is already priced. It accrues now, in any state of the services."""
        ...

    # Cards and collection

    def add_card(
        self, *, organization: str, behaviour: CardBehaviour, available_credit: Decimal | None = None
    ) -> Nothing:
        """Put a card on file, replacing any earlier card (BC-05); never refused."""
        ...

    def set_card_behaviour(
        self, *, organization: str, behaviour: CardBehaviour, available_credit: Decimal | None = None
    ) -> Nothing:
        """Set the card network's answer from now on (BC-20, BC-21, BC-22), without attempting a charge."""
        ...

    def attempt_collection(self, *, organization: str) -> Collected:
        """Try to collect every open invoice once by the configured method (BC-28)."""
        ...

    def pay_invoice(self, *, invoice: str) -> Nothing:
        """Pay an invoice in full by other means, such as a bank transfer (BC-48)."""
        ...

    # Marketplaces

    def open_marketplace_account(
        self, *, marketplace: Marketplace, may_purchase: bool = True, signed_in: bool = True
    ) -> AccountRef:
        """Open an account on a marketplace; it may lack the right to purchase or be signed out (AWS-02, AWS-03)."""
        ...

    def subscribe(self, *, account: str, offer: Offer, purchase_order: str | None = None) -> SubscriptionRef:
        """Buy a subscription, which is not linked yet (AWS-10, AWS-11, AWS-15)."""
        ...

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> OrganizationRef:
        """Link a subscription to an organization, or to a new one (AWS-17, AWS-26, AWS-27, AWS-28)."""
        ...

    def end_subscription(self, *, subscription: str, cause: EndCause) -> Nothing:
        """End a subscription now (BC-41, BC-42)."""
        ...

    # Contracts, credits, support

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> CommitmentRef:
        """Sign a commitment: grant its credits now, through a `committed` subscription or directly (BC-47, BC-50)."""
        ...

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> GrantRef:
        """Grant credits in addition to existing ones, such as a refund or a top-up (BC-55, BC-67)."""
        ...

    def grant_extension(self, *, organization: str, until: datetime) -> Nothing:
        """Postpone deletion for unpaid invoices to `until`, if that is later than day 30 (BC-32)."""
        ...

    def record_contact(self, *, organization: str) -> Nothing:
        """Record that the vendor has contacted the customer about unpaid invoices (BC-65)."""
        ...

    def delete_data(self, *, organization: str) -> Nothing:
        """Delete data manually; refused without a contact if there ever was a commitment (BC-65)."""
        ...

    # Views

    def get_organization(self, *, organization: str) -> OrganizationView:
        """Return the whole view of an organization; changes nothing."""
        ...

    def get_subscription(self, *, subscription: str) -> SubscriptionView:
        """Return the view of a subscription; changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method; `required` if it has no default."""

    name: str
    type: object
    required: bool
    default: object


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the contract."""

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    result: type[object]


def _methods() -> Mapping[str, Method]:
    table: dict[str, Method] = {}
    for name, function in vars(Contract).items():
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        hints = typing.get_type_hints(function)
        parameters = tuple(
            Parameter(p.name, hints[p.name], p.default is p.empty, None if p.default is p.empty else p.default)
            for p in inspect.signature(function).parameters.values()
            if p.name != "self"
        )
        summary = (inspect.getdoc(function) or "").partition("\n")[0]  # none where PYTHONOPTIMIZE=2 drops docstrings
        table[name] = Method(name, summary, parameters, hints["return"])
    return MappingProxyType(table)


METHODS: Mapping[str, Method] = _methods()
READS = frozenset({"describe_implementation", "get_organization", "get_subscription"})
