"""A simple case for each capability: call each of its methods once, where no rule refuses the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from billing_tck.contract.values import (
    CardBehaviour,
    EndCause,
    InvoiceState,
    Marketplace,
    Offer,
    Role,
    ServiceRef,
    Tier,
)
from billing_tck.doctor.session import DoctorSession, format_call

LARGE_CREDITS = Decimal("300.00")
USAGE = Decimal("64.20")
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
MORE_THAN_A_CYCLE = timedelta(days=35)

Case = Callable[[DoctorSession], None]
Call = tuple[str, Mapping[str, object]]


def organization(session: DoctorSession, name: str = "Acme") -> tuple[str, str]:
    """Create an organization with a tier and a service; return its identifier and the service's."""
    made = session.impl.create_organization(name=name)
    session.impl.choose_tier(organization=made.organization, tier=Tier.SCALE)
    return made.organization, session.impl.create_service(organization=made.organization).service


def linked(session: DoctorSession, marketplace: str, offer: Offer = Offer.PAYG) -> tuple[str, str]:
    """Create an organization with a linked marketplace subscription; return its identifier and the subscription's."""
    made = session.impl.create_organization(name="Acme")
    session.impl.choose_tier(organization=made.organization, tier=Tier.SCALE)
    session.impl.create_service(organization=made.organization)
    account = session.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
    bought = session.impl.subscribe(account=account, offer=offer).subscription
    session.impl.link_subscription(subscription=bought, user=made.admin, organization=made.organization)
    return made.organization, bought


def always(session: DoctorSession) -> None:
    """Call every method that belongs to no capability, so that all missing ones are reported at once."""
    made = session.impl.create_organization(name="Acme").organization
    of_it: dict[str, object] = {"organization": made}
    calls: list[Call] = [
        ("choose_tier", {**of_it, "tier": Tier.BASIC}),
        ("record_usage", {**of_it, "amount": USAGE}),
        ("record_usage", {**of_it, "amount": USAGE, "item": "storage"}),
        ("create_service", {**of_it, "replica_memory_gib": 16}),
    ]
    service = session.may_be_missing("create_service", **of_it)
    if isinstance(service, ServiceRef):
        its: dict[str, object] = {"service": service.service}
        commands = ("stop_service", "stop_service", "start_service", "start_service")
        calls += [(method, its) for method in commands]
        calls.append(("scale_service", {**its, "replica_memory_gib": 32}))
    calls += [("choose_tier", {**of_it, "tier": Tier.ENTERPRISE}), ("get_organization", of_it)]
    calls += [("advance_to", {"now": session.now + DAY}), ("get_organization", of_it)]
    session.ask_all(*calls)


def trial(session: DoctorSession) -> None:
    """Start a trial."""
    made, _ = organization(session)
    session.impl.start_trial(organization=made, credits=LARGE_CREDITS)
    session.impl.get_organization(organization=made)


def card(session: DoctorSession) -> None:
    """Add a card of each behaviour, and attempt a collection while nothing is due."""
    made, _ = organization(session)
    session.impl.add_card(organization=made, behaviour=CardBehaviour.APPROVES)
    session.impl.get_organization(organization=made)
    for behaviour in (CardBehaviour.DECLINES, CardBehaviour.EXPIRED, CardBehaviour.INVALID):
        session.impl.set_card_behaviour(organization=made, behaviour=behaviour)
    for limit in (Decimal("20.00"), Decimal("0.01")):
        session.impl.set_card_behaviour(organization=made, behaviour=CardBehaviour.LIMITED, available_credit=limit)
    session.impl.add_card(organization=made, behaviour=CardBehaviour.LIMITED, available_credit=Decimal("500.00"))
    session.impl.attempt_collection(organization=made)
    session.impl.get_organization(organization=made)


def _marketplace(marketplace: str) -> Case:
    def case(session: DoctorSession) -> None:
        """Buy, link and end a subscription; link another one to a new organization."""
        made, bought = linked(session, marketplace)
        session.impl.get_subscription(subscription=bought)
        session.impl.get_organization(organization=made)
        session.impl.end_subscription(subscription=bought, cause=EndCause.CANCELLED)
        session.impl.get_subscription(subscription=bought)
        account = session.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
        order = 'PO 4711/Ü "north" <b>'
        other = session.impl.subscribe(account=account, offer=Offer.PAYG, purchase_order=order).subscription
        session.impl.get_subscription(subscription=other)
        admin = session.impl.create_organization(name="Beta").admin
        new = session.impl.link_subscription(subscription=other, user=admin).organization
        session.impl.get_organization(organization=new)
        session.impl.end_subscription(subscription=other, cause=EndCause.NOT_RENEWED)

    return case


def aws_free_trial(session: DoctorSession) -> None:
    """Buy and link a free trial on AWS."""
    made, bought = linked(session, "aws", Offer.FREE_TRIAL)
    session.impl.get_subscription(subscription=bought)
    session.impl.get_organization(organization=made)


def commitment_direct(session: DoctorSession) -> None:
    """Sign a contract with the vendor."""
    made, _ = organization(session)
    session.impl.sign_commitment(organization=made, credits=Decimal("5000.00"), expires_at=session.now + YEAR)
    session.impl.get_organization(organization=made)


def commitment_marketplace(session: DoctorSession) -> None:
    """Accept a private offer on the first marketplace that is declared."""
    made, bought = linked(session, session.marketplaces[0], Offer.COMMITTED)
    session.impl.sign_commitment(
        organization=made, credits=Decimal("5000.00"), expires_at=session.now + YEAR, subscription=bought
    )
    session.impl.get_subscription(subscription=bought)
    session.impl.get_organization(organization=made)


def credits_granted(session: DoctorSession) -> None:
    """Grant credits twice."""
    made, _ = organization(session)
    for amount in (Decimal("75.00"), Decimal("12.50")):
        session.impl.grant_credits(organization=made, amount=amount, expires_at=session.now + YEAR)
    session.impl.get_organization(organization=made)


def onboarding(session: DoctorSession) -> None:
    """Sign up a user, add members of both roles, and open accounts that cannot buy."""
    user = session.impl.register_user(email="ada@example.com").user
    session.impl.verify_email(user=user)
    session.impl.sign_in(user=user)
    session.impl.provide_business_info(user=user)
    made, _ = organization(session)
    for role in (Role.DEVELOPER, Role.ADMIN):
        session.impl.add_member(organization=made, role=role)
    for marketplace in session.marketplaces[:1]:
        session.impl.open_marketplace_account(marketplace=Marketplace(marketplace), may_purchase=False)
        session.impl.open_marketplace_account(marketplace=Marketplace(marketplace), signed_in=False)


def extension(session: DoctorSession) -> None:
    """Grant an extension while nothing is unpaid: the call succeeds without effect."""
    made, _ = organization(session)
    session.impl.grant_extension(organization=made, until=session.now + timedelta(days=60))
    session.impl.get_organization(organization=made)


def pay_invoice(session: DoctorSession) -> None:
    """Pay the invoice of a cycle without a billing method."""
    made, _ = organization(session)
    session.impl.record_usage(organization=made, amount=USAGE)
    session.wait(MORE_THAN_A_CYCLE)
    for invoice in session.impl.get_organization(organization=made).invoices:
        if invoice.state is InvoiceState.OPEN:
            session.impl.pay_invoice(invoice=invoice.invoice)
            session.impl.pay_invoice(invoice=invoice.invoice)
            session.impl.get_organization(organization=made)
            return
    session.note(
        format_call("get_organization", {"organization": made}),
        "no open invoice, 35 days after usage without a billing method",
        "nothing, if the rules are not implemented yet; pay_invoice was not tried, because there was no invoice",
    )


def manual_deletion(session: DoctorSession) -> None:
    """Contact the customer and delete the data by hand; the call may be refused."""
    made, _ = organization(session)
    session.impl.record_contact(organization=made)
    session.impl.get_organization(organization=made)
    session.may_be_refused("delete_data", organization=made)


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "trial": trial,
        "card": card,
        "marketplace.aws": _marketplace("aws"),
        "marketplace.gcp": _marketplace("gcp"),
        "marketplace.azure": _marketplace("azure"),
        "aws_free_trial": aws_free_trial,
        "commitment.direct": commitment_direct,
        "commitment.marketplace": commitment_marketplace,
        "credits": credits_granted,
        "onboarding": onboarding,
        "extension": extension,
        "pay_invoice": pay_invoice,
        "manual_deletion": manual_deletion,
    }
)

REQUIRES_ONE_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws_free_trial": ("marketplace.aws",),
        "commitment.marketplace": ("marketplace.aws", "marketplace.gcp", "marketplace.azure"),
    }
)
"""Capabilities that need at least one of some others."""
