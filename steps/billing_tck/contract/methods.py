"""The methods of the contract, version 1: the one place that names them, their parameters and their results.

Everything else is derived from the protocol below: the table of methods, the client that the steps call, the checks
of what comes back, and the machine-readable document that `billing-tck contract` prints.
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
    """What an implementation lets the kit do and see.

    Each method returns the value of its annotation, or raises `Refused` or `Unsupported`. (An in-process
    implementation returns the plain dict of the same fields; the kit makes the value of it.)
    """

    # The session

    def describe_implementation(self) -> Description:
        """Who answers, what it can do, which readings it takes; the first call of all."""
        ...

    def reset(self, *, now: datetime) -> Nothing:
        """Forgets everything; the clock reads `now`."""
        ...

    def advance_to(self, *, now: datetime) -> Nothing:
        """Moves the clock to the same or a later instant; everything due up to and including it has happened."""
        ...

    # People and organizations

    def register_user(self, *, email: str) -> UserRef:
        """A person who has not verified the address yet (AWS-22)."""
        ...

    def verify_email(self, *, user: str) -> Nothing:
        """The address of a user is verified (AWS-22)."""
        ...

    def sign_in(self, *, user: str) -> Nothing:
        """A user signs in; refused until the address is verified (AWS-22, AWS-25)."""
        ...

    def provide_business_info(self, *, user: str) -> Nothing:
        """A new user says what the business is (AWS-24)."""
        ...

    def create_organization(self, *, name: str) -> OrganizationCreated:
        """A new organization, and its admin: verified, signed in, business information given."""
        ...

    def add_member(self, *, organization: str, role: Role) -> UserRef:
        """A new member: verified, signed in, business information given (AWS-04)."""
        ...

    def start_trial(self, *, organization: str, credits: Decimal) -> Nothing:  # noqa: A002 - the contract's name
        """The 30-day trial begins now, with so much to use (BC-02, BC-03)."""
        ...

    def choose_tier(self, *, organization: str, tier: Tier) -> Nothing:
        """The organization's tier is chosen, or changed (BC-15, BC-16)."""
        ...

    # Services and usage

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> ServiceRef:
        """A new service: running, with data from now on (BC-15, BC-27)."""
        ...

    def start_service(self, *, service: str) -> Nothing:
        """A stopped service runs again (BC-25, BC-26)."""
        ...

    def stop_service(self, *, service: str) -> Nothing:
        """A running service is stopped by its owner."""
        ...

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Nothing:
        """The memory of each replica becomes so many GiB (BC-24)."""
        ...

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Nothing:
        """Usage, already priced, accrues at this instant, whatever state the services are in."""
        ...

    # Cards and collection

    def add_card(
        self, *, organization: str, behaviour: CardBehaviour, available_credit: Decimal | None = None
    ) -> Nothing:
        """The card on file from now on, in place of any earlier one (BC-05); never refused."""
        ...

    def set_card_behaviour(
        self, *, organization: str, behaviour: CardBehaviour, available_credit: Decimal | None = None
    ) -> Nothing:
        """What the card network answers from now on (BC-20, BC-21, BC-22); makes no attempt of its own."""
        ...

    def attempt_collection(self, *, organization: str) -> Collected:
        """Tries every open invoice once by the configured method (BC-28)."""
        ...

    def pay_invoice(self, *, invoice: str) -> Nothing:
        """One invoice is paid in full by other means, as by bank transfer (BC-48)."""
        ...

    # Marketplaces

    def open_marketplace_account(
        self, *, marketplace: Marketplace, may_purchase: bool = True, signed_in: bool = True
    ) -> AccountRef:
        """An account on a marketplace, with or without the right to purchase, signed in or not (AWS-02, AWS-03)."""
        ...

    def subscribe(self, *, account: str, offer: Offer, purchase_order: str | None = None) -> SubscriptionRef:
        """A subscription is bought, and not linked yet (AWS-10, AWS-11, AWS-15)."""
        ...

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> OrganizationRef:
        """The user completes the set-up, for an organization or for a new one (AWS-17, AWS-26, AWS-27, AWS-28)."""
        ...

    def end_subscription(self, *, subscription: str, cause: EndCause) -> Nothing:
        """The subscription ends now (BC-41, BC-42)."""
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
        """Committed spend: credits granted now, through a `committed` subscription or directly (BC-47, BC-50)."""
        ...

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> GrantRef:
        """A refund or a top-up, beside what is there (BC-55, BC-67)."""
        ...

    def grant_extension(self, *, organization: str, until: datetime) -> Nothing:
        """Deletion for unpaid invoices happens at the later of day 30 and `until` (BC-32)."""
        ...

    def record_contact(self, *, organization: str) -> Nothing:
        """The vendor has reached the customer about unpaid invoices (BC-65)."""
        ...

    def delete_data(self, *, organization: str) -> Nothing:
        """The vendor deletes by hand; refused without contact where there ever was a commitment (BC-65)."""
        ...

    # What can be seen

    def get_organization(self, *, organization: str) -> OrganizationView:
        """Everything that can be seen of an organization; changes nothing."""
        ...

    def get_subscription(self, *, subscription: str) -> SubscriptionView:
        """A subscription; changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method; `required` where it has no default."""

    name: str
    type: object
    required: bool
    default: object


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the contract."""

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
        summary = (inspect.getdoc(function) or "").splitlines()[0]
        table[name] = Method(name, summary, parameters, hints["return"])
    return MappingProxyType(table)


METHODS: Mapping[str, Method] = _methods()
READS = frozenset({"describe_implementation", "get_organization", "get_subscription"})
