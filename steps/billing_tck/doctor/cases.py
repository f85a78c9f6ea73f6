"""A plain case for each capability: every method that it brings, called once where nothing can be against it."""

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
from billing_tck.doctor.session import Examination, spoken

PLENTY = Decimal("300.00")
USAGE = Decimal("64.20")
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
AFTER_A_CYCLE = timedelta(days=35)

Case = Callable[[Examination], None]
Call = tuple[str, Mapping[str, object]]


def organization(ex: Examination, name: str = "Acme") -> tuple[str, str]:
    """An organization with a tier and a service, as nearly every case begins; its identifier and the service's."""
    made = ex.impl.create_organization(name=name)
    ex.impl.choose_tier(organization=made.organization, tier=Tier.SCALE)
    return made.organization, ex.impl.create_service(organization=made.organization).service


def linked(ex: Examination, marketplace: str, offer: Offer = Offer.PAYG) -> tuple[str, str]:
    """An organization whose marketplace subscription is linked; its identifier and the subscription's."""
    made = ex.impl.create_organization(name="Acme")
    ex.impl.choose_tier(organization=made.organization, tier=Tier.SCALE)
    ex.impl.create_service(organization=made.organization)
    account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
    bought = ex.impl.subscribe(account=account, offer=offer).subscription
    ex.impl.link_subscription(subscription=bought, user=made.admin, organization=made.organization)
    return made.organization, bought


def always(ex: Examination) -> None:
    """What every implementation has; each method is tried, so that all that are missing come to light at once."""
    made = ex.impl.create_organization(name="Acme").organization
    of_it: dict[str, object] = {"organization": made}
    calls: list[Call] = [
        ("choose_tier", {**of_it, "tier": Tier.BASIC}),
        ("record_usage", {**of_it, "amount": USAGE}),
        ("record_usage", {**of_it, "amount": USAGE, "item": "storage"}),
        ("create_service", {**of_it, "replica_memory_gib": 16}),
    ]
    service = ex.may_be_missing("create_service", **of_it)
    if isinstance(service, ServiceRef):
        its: dict[str, object] = {"service": service.service}
        commands = ("stop_service", "stop_service", "start_service", "start_service")
        calls += [(method, its) for method in commands]
        calls.append(("scale_service", {**its, "replica_memory_gib": 32}))
    calls += [("choose_tier", {**of_it, "tier": Tier.ENTERPRISE}), ("get_organization", of_it)]
    calls += [("advance_to", {"now": ex.now + DAY}), ("get_organization", of_it)]
    ex.ask_all(*calls)


def trial(ex: Examination) -> None:
    """A trial begins."""
    made, _ = organization(ex)
    ex.impl.start_trial(organization=made, credits=PLENTY)
    ex.impl.get_organization(organization=made)


def card(ex: Examination) -> None:
    """A card of each behaviour, and an attempt while nothing is due."""
    made, _ = organization(ex)
    ex.impl.add_card(organization=made, behaviour=CardBehaviour.APPROVES)
    ex.impl.get_organization(organization=made)
    for behaviour in (CardBehaviour.DECLINES, CardBehaviour.EXPIRED, CardBehaviour.INVALID):
        ex.impl.set_card_behaviour(organization=made, behaviour=behaviour)
    for limit in (Decimal("20.00"), Decimal("0.01")):
        ex.impl.set_card_behaviour(organization=made, behaviour=CardBehaviour.LIMITED, available_credit=limit)
    ex.impl.add_card(organization=made, behaviour=CardBehaviour.LIMITED, available_credit=Decimal("500.00"))
    ex.impl.attempt_collection(organization=made)
    ex.impl.get_organization(organization=made)


def _marketplace(marketplace: str) -> Case:
    def case(ex: Examination) -> None:
        """A subscription bought, linked and ended; another one linked to an organization that it makes."""
        made, bought = linked(ex, marketplace)
        ex.impl.get_subscription(subscription=bought)
        ex.impl.get_organization(organization=made)
        ex.impl.end_subscription(subscription=bought, cause=EndCause.CANCELLED)
        ex.impl.get_subscription(subscription=bought)
        account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
        order = 'PO 4711/Ü "north" <b>'
        other = ex.impl.subscribe(account=account, offer=Offer.PAYG, purchase_order=order).subscription
        ex.impl.get_subscription(subscription=other)
        admin = ex.impl.create_organization(name="Beta").admin
        new = ex.impl.link_subscription(subscription=other, user=admin).organization
        ex.impl.get_organization(organization=new)
        ex.impl.end_subscription(subscription=other, cause=EndCause.NOT_RENEWED)

    return case


def aws_free_trial(ex: Examination) -> None:
    """A free trial on AWS, bought and linked."""
    made, bought = linked(ex, "aws", Offer.FREE_TRIAL)
    ex.impl.get_subscription(subscription=bought)
    ex.impl.get_organization(organization=made)


def commitment_direct(ex: Examination) -> None:
    """A contract with the vendor."""
    made, _ = organization(ex)
    ex.impl.sign_commitment(organization=made, credits=Decimal("5000.00"), expires_at=ex.now + YEAR)
    ex.impl.get_organization(organization=made)


def commitment_marketplace(ex: Examination) -> None:
    """A private offer accepted on the first marketplace that is declared."""
    made, bought = linked(ex, ex.marketplaces[0], Offer.COMMITTED)
    ex.impl.sign_commitment(
        organization=made, credits=Decimal("5000.00"), expires_at=ex.now + YEAR, subscription=bought
    )
    ex.impl.get_subscription(subscription=bought)
    ex.impl.get_organization(organization=made)


def credits_granted(ex: Examination) -> None:
    """Two grants."""
    made, _ = organization(ex)
    for amount in (Decimal("75.00"), Decimal("12.50")):
        ex.impl.grant_credits(organization=made, amount=amount, expires_at=ex.now + YEAR)
    ex.impl.get_organization(organization=made)


def onboarding(ex: Examination) -> None:
    """A person from the first click to the end of the sign-up, members of both roles, and a buyer without rights."""
    user = ex.impl.register_user(email="ada@example.com").user
    ex.impl.verify_email(user=user)
    ex.impl.sign_in(user=user)
    ex.impl.provide_business_info(user=user)
    made, _ = organization(ex)
    for role in (Role.DEVELOPER, Role.ADMIN):
        ex.impl.add_member(organization=made, role=role)
    for marketplace in ex.marketplaces[:1]:
        ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace), may_purchase=False)
        ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace), signed_in=False)


def extension(ex: Examination) -> None:
    """More time, granted while nothing is unpaid: it is done, and has no effect."""
    made, _ = organization(ex)
    ex.impl.grant_extension(organization=made, until=ex.now + timedelta(days=60))
    ex.impl.get_organization(organization=made)


def pay_invoice(ex: Examination) -> None:
    """The invoice of a cycle that nobody could be charged for is paid by other means."""
    made, _ = organization(ex)
    ex.impl.record_usage(organization=made, amount=USAGE)
    ex.wait(AFTER_A_CYCLE)
    for invoice in ex.impl.get_organization(organization=made).invoices:
        if invoice.state is InvoiceState.OPEN:
            ex.impl.pay_invoice(invoice=invoice.invoice)
            ex.impl.pay_invoice(invoice=invoice.invoice)
            ex.impl.get_organization(organization=made)
            return
    ex.note(
        spoken("get_organization", {"organization": made}),
        "no open invoice, 35 days after usage that nobody could be charged for",
        "nothing, if the rules are still to be filled: pay_invoice could not be tried, as there was none to pay",
    )


def manual_deletion(ex: Examination) -> None:
    """A customer who was reached, and a deletion by hand; whether it is refused is for the rules to say."""
    made, _ = organization(ex)
    ex.impl.record_contact(organization=made)
    ex.impl.get_organization(organization=made)
    ex.may_be_refused("delete_data", organization=made)


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

BESIDE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws_free_trial": ("marketplace.aws",),
        "commitment.marketplace": ("marketplace.aws", "marketplace.gcp", "marketplace.azure"),
    }
)
"""Capabilities that stand beside another one, of which one at least is needed."""
