"""Methods of the contract: cards, collection, credits, contracts and support."""

from datetime import datetime
from typing import Literal

from billing.debts import clear, delete_for_debt, is_protected, settle_invoice
from billing.desk import Answer, Desk, InvoiceKey, Money, OrganizationKey, Refused, SubscriptionKey
from billing.invoicing import collect, report_fee
from billing.methods import card_counts, configured
from billing.tables import Card, Contact, Grant, Invoice, Organization, Subscription

Behaviour = Literal["approves", "declines", "expired", "invalid", "limited"]


def add_card(
    desk: Desk, organization: OrganizationKey, behaviour: Behaviour, available_credit: Money | None = None
) -> Answer:
    """Put a card on file, in place of any earlier one."""
    customer = desk.settled(organization)
    customer.cards.append(Card(behaviour=behaviour, available=available_credit))
    if desk.readings.card_replacement == "collects_at_once":
        collect_all(desk, customer)
    method_added(desk, customer, card=True)
    return {}


def set_card_behaviour(
    desk: Desk, organization: OrganizationKey, behaviour: Behaviour, available_credit: Money | None = None
) -> Answer:
    """Set what the card network answers; a card that begins to count by it is as good as a new one."""
    customer = desk.settled(organization)
    if customer.card is None:
        raise Refused("other", "there is no card on file")
    counted = card_counts(customer.card, desk.readings)
    customer.card.behaviour, customer.card.available = behaviour, available_credit
    method_added(desk, customer, card=not counted)
    return {}


def method_added(
    desk: Desk, organization: Organization, *, card: bool = False, linked: bool = False, credited: bool = False
) -> None:
    """End what a new billing method ends: a lapse after the trial, what the end of a subscription or contract began."""
    if configured(organization, desk.now, desk.readings):
        organization.lapsed = False
    pays = linked or (card and card_counts(organization.card, desk.readings))
    began_by_end = [each for each in organization.open_debts if each.invoice is None]
    ended = [each for each in began_by_end if pays or (credited and each.of_commitment)]
    clear(organization, ended, desk.now, desk.readings)
    desk.close(organization)


def lift_by_method(desk: Desk, organization: Organization) -> None:
    """End all restrictions, where a new contract or subscription does so; what is open stays open."""
    if desk.readings.arrears_cure == "method_lifts":
        clear(organization, organization.open_debts, desk.now, desk.readings)


def collect_all(desk: Desk, organization: Organization) -> None:
    """Try every open invoice once."""
    for invoice in organization.open_invoices:
        collect(organization, invoice, desk.now, desk.readings)


def attempt_collection(desk: Desk, organization: OrganizationKey) -> Answer:
    """Try every open invoice once, and say whether nothing is due any more."""
    customer = desk.settled(organization)
    collect_all(desk, customer)
    desk.close(customer)
    return {"collected": not customer.open_invoices}


def pay_invoice(desk: Desk, invoice: InvoiceKey) -> Answer:
    """Record a payment by other means."""
    customer = desk.settled(desk.find(Invoice, invoice).organization_id)
    subject = desk.find(Invoice, invoice)
    if subject.state == "open":
        settle_invoice(customer, subject, desk.now, desk.readings)
        desk.close(customer)
    return {}


def sign_commitment(
    desk: Desk,
    organization: OrganizationKey,
    credits: Money,  # noqa: A002 - the contract's name
    expires_at: datetime,
    subscription: SubscriptionKey | None = None,
) -> Answer:
    """Sign a contract: direct, or as a private offer of a marketplace, which is told the fee (BC-51)."""
    customer = desk.settled(organization)
    source = None if subscription is None else desk.find(Subscription, subscription)
    if source is not None and (source not in customer.linked or source.offer != "committed"):
        raise Refused("other", "the subscription is not a commitment of this organization")
    grant = add_grant(desk, customer, Grant(committed=True, amount=credits, expires_at=expires_at, subscription=source))
    customer.fell_back = False
    if source is not None:
        grant.fee_unreported = credits // 2 if desk.readings.fee_report == "as_offered" else 0
        report_fee(customer, source, desk.now, credits - grant.fee_unreported)
        if desk.readings.commitment_term == "ends_with_term":
            source.ends_at = max(each.expires_at for each in customer.grants if each.subscription is source)
    lift_by_method(desk, customer)
    method_added(desk, customer, credited=True)
    return {"commitment": f"grant-{grant.id}"}


def grant_credits(desk: Desk, organization: OrganizationKey, amount: Money, expires_at: datetime) -> Answer:
    """Grant a refund or a top-up."""
    customer = desk.settled(organization)
    grant = add_grant(desk, customer, Grant(committed=False, amount=amount, expires_at=expires_at))
    method_added(desk, customer, credited=True)
    return {"grant": f"grant-{grant.id}"}


def add_grant(desk: Desk, organization: Organization, grant: Grant) -> Grant:
    """Add credits, and pay open invoices with them where they cure arrears."""
    grant.granted_at, grant.left = desk.now, grant.amount
    organization.grants.append(grant)
    desk.add(grant)
    for invoice in organization.open_invoices if desk.readings.arrears_cure == "credits_pay" else []:
        if invoice.amount <= grant.left:
            grant.left -= invoice.amount
            settle_invoice(organization, invoice, desk.now, desk.readings)
    return grant


def grant_extension(desk: Desk, organization: OrganizationKey, until: datetime) -> Answer:
    """Put off the deletion (BC-32); without a debt it has no effect."""
    customer = desk.settled(organization)
    if customer.open_debts:
        customer.extension_until = until
    desk.close(customer)
    return {}


def record_contact(desk: Desk, organization: OrganizationKey) -> Answer:
    """Record that the customer has been reached about unpaid invoices (BC-65)."""
    desk.add(Contact(organization_id=organization, at=desk.now))
    return {}


def delete_data(desk: Desk, organization: OrganizationKey) -> Answer:
    """Delete by hand; customers with a commitment must have been reached before (BC-65)."""
    customer = desk.settled(organization)
    debts = customer.open_debts
    failed_at = min((each.issued_at for each in customer.open_invoices), default=desk.now)
    reached = any(each.at >= failed_at for each in customer.contacts)
    if not reached and all(is_protected(customer, each, desk.now, desk.readings) for each in debts):
        raise Refused("not_contacted", "the customer has not been reached about the unpaid invoices")
    delete_for_debt(customer, desk.now, desk.readings)
    desk.close(customer)
    return {}
