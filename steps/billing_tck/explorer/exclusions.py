"""What the documents leave open without a knob, and what is nobody's business: no history goes there.

Each function says why a call is not tested as things stand; None where it is. `labels` of the answer are those things
of which nothing can be said from there on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from billing_tck.contract.values import ZERO
from billing_tck.explorer.comparator import BY_NOW, NOT_YET, PARTS, Judge
from billing_tck.explorer.history import IDENTIFIERS

if TYPE_CHECKING:
    from billing_tck.reference.oracle import Organization

CAP = 120  # GiB per replica

# Calls that rest on what an earlier one, or a due time, brought about: where effects may show late, they wait for it.
_RESTING = frozenset(
    {
        "start_service",
        "stop_service",
        "create_service",
        "scale_service",
        "record_usage",
        "start_trial",
        "add_card",
        "set_card_behaviour",
        "attempt_collection",
        "pay_invoice",
        "link_subscription",
        "end_subscription",
        "sign_commitment",
        "grant_credits",
        "grant_extension",
        "record_contact",
        "delete_data",
    }
)
_AT_ANY_TIME = frozenset({"record_usage", "end_subscription"})
_ONLY_MONEY = frozenset({"record_usage", "attempt_collection"})
BEYOND = "who bears usage beyond a trial's credits is open"


@dataclass(frozen=True, slots=True)
class Untested:
    """Why a call is not tested, and the labels of what it makes uncertain.

    `soon` says that it is for the time alone: effects may not have shown yet, and two days later they will.
    """

    why: str
    labels: tuple[str, ...] = ()
    soon: bool = False


def untested(judge: Judge, method: str, params: Mapping[str, object]) -> Untested | None:
    """Why a call is not tested as things stand; instants in `params` are absolute."""
    if method == "advance_to":
        return _advance(judge, params)
    speaks_of = tuple(str(value) for name, value in params.items() if name in IDENTIFIERS)
    unknown = _unknown(judge, params, speaks_of)
    if unknown is not None:
        return unknown
    if method in _ONLY_MONEY and _beyond(judge, str(params["organization"])):
        return Untested(BEYOND)
    why = _RULES.get(method, _nothing)(judge, params)
    soon = _too_close(judge, method, params) if judge.late and why is None else None
    if why is None and soon is None:
        return None
    owner = _owner(judge, method, params)
    labels = tuple(dict.fromkeys((*speaks_of, *((owner,) if owner else ()))))
    return Untested(why or soon or "", labels, soon is not None)


def _unknown(judge: Judge, params: Mapping[str, object], speaks_of: tuple[str, ...]) -> Untested | None:
    """A call that speaks of what the rules do not know."""
    for name in params:
        if name in IDENTIFIERS and name != "invoice" and str(params[name]) not in judge.ours:
            return Untested("it speaks of what was never made", speaks_of)
    if "invoice" not in params:
        return None
    if str(params["invoice"]) not in judge.invoices:
        return Untested("an invoice that was not seen", speaks_of)
    owner, place = judge.invoices[str(params["invoice"])]
    if _beyond(judge, owner):
        return Untested(BEYOND)
    if place >= len(judge.oracle.organization(judge.number(owner)).invoices):
        return Untested("an invoice that nothing was due for", (owner,))
    return None


def _beyond(judge: Judge, label: str) -> bool:
    """Whether usage went beyond the trial's credits."""
    notes = judge.notes.get(judge.ours.get(label, ""))
    return notes is not None and notes.overspent_at is not None


def _owner(judge: Judge, method: str, params: Mapping[str, object]) -> str | None:
    from billing_tck.explorer.history import Answer  # noqa: PLC0415

    return judge.owner_of(Answer(judge.oracle.now, method, params, None))


def _organization(judge: Judge, params: Mapping[str, object]) -> Organization:
    return judge.oracle.organization(judge.number(params["organization"]))


def _nothing(judge: Judge, params: Mapping[str, object]) -> str | None:
    return None


def _too_close(judge: Judge, method: str, params: Mapping[str, object]) -> str | None:
    """Where effects may show late: no command near a due time, or on what a command has just brought about."""
    owner = _owner(judge, method, params)
    if method not in _RESTING or owner is None or owner not in judge.ours:
        return None
    number, now = judge.ours[owner], judge.oracle.now
    organization = judge.oracle.organization(number)
    notes = judge.notes.get(number)
    if notes is not None and notes.disturbed is not None and now < notes.disturbed + BY_NOW:
        return "what a command brought about may not have shown yet"
    if method in _AT_ANY_TIME:
        return None
    fell_due, due = judge.oracle.fell_due.get(number), judge.oracle.shows_next(organization)
    if fell_due is not None and now < fell_due + BY_NOW:
        return "what fell due may not have shown yet"
    if due is not None and now > due - NOT_YET:
        return "something is about to fall due"
    return None


# Time


def _advance(judge: Judge, params: Mapping[str, object]) -> Untested | None:
    target = params["now"]
    uncertain: list[str] = []
    why = ""
    for number, organization in judge.oracle.organizations().items():
        label = judge.labels.get(number, number)
        if _pays_at_its_own_time(judge, organization):
            why = "when an implementation tries an unpaid invoice again by itself is its own affair"
            uncertain.append(label)
        linked = judge.oracle.linked(organization)
        end = judge.oracle.free_trial_end(linked) if linked is not None else None
        if end is not None and isinstance(target, datetime) and target >= end and organization.card is None:
            why = "what the end of a free trial means for an organization without another method is open"
            uncertain.append(label)
    return Untested(why, tuple(uncertain)) if uncertain else None


def _pays_at_its_own_time(judge: Judge, organization: Organization) -> bool:
    """Whether an own retry would collect something that is open."""
    return any(judge.oracle.covers(organization, invoice.amount) for invoice in organization.open_invoices)


# Services and usage


def _usage(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization, amount = _organization(judge, params), params["amount"]
    notes = judge.notes.get(judge.number(params["organization"]))
    if organization.tier_day is None or organization.service_day is None:
        return "who pays for usage before the first cycle is open"
    if notes is not None and notes.overspent_at is not None:
        return BEYOND
    trial = organization.trial
    if trial is not None and trial.ended_at is None and any(judge.oracle.configured(organization).values()):
        return "who pays while a trial runs beside another method is open"
    if not isinstance(amount, Decimal) or amount <= ZERO:
        return "usage of nothing"
    card = organization.card
    if card is not None and card.behaviour == "limited":
        return _parts(judge, organization, card.available_credit or ZERO, amount)
    return None


def _start_trial(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization, amount = _organization(judge, params), params["credits"]
    if organization.trial is not None:
        return "a second trial"
    if organization.invoices or organization.uninvoiced or organization.debt is not None:
        return "a trial of an organization that owes already"
    return None if isinstance(amount, Decimal) and amount > ZERO else "a trial of nothing"


def _create_service(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization = _organization(judge, params)
    if judge.oracle.readings["no_method_create"] == "accepted" and _beyond(judge, str(params["organization"])):
        return BEYOND
    lapse = organization.trial_lapse
    if lapse is not None and lapse.deleted:
        return "creating a service after a trial whose data was deleted"
    if lapse is not None and any(
        judge.oracle.configured(organization).values()
    ):  # never so: a method ends what the trial's end began
        return "a lapse beside a method"
    return None


def _service(judge: Judge, params: Mapping[str, object]) -> tuple[Organization, str, str, int] | str:
    label = str(params["service"])
    number = judge.number(label)
    for key, organization in judge.oracle.organizations().items():
        for service in organization.services:
            if service.id == number:
                notes = judge.notes.get(key)
                if notes is not None and (number in notes.gone or notes.by_hand):
                    return "whether a service outlives its data is open"
                if notes is not None and number in notes.state_undefined:
                    return "the state of a service that was created without a method is open"
                return organization, number, service.state, service.replica_memory_gib
    return "a service of nobody"


def _start_service(judge: Judge, params: Mapping[str, object]) -> str | None:
    found = _service(judge, params)
    return found if isinstance(found, str) else _left(judge, found)


def _left(judge: Judge, found: tuple[Organization, str, str, int], *, scaled: bool = False) -> str | None:
    """A service that the end of the trial stopped, once a method has come: whether it runs is open."""
    organization, number, state, _ = found
    notes = judge.notes.get(organization.id)
    if notes is None or number not in notes.left or state == "deleted":
        return None
    open_here = scaled or judge.oracle.restricted(organization)
    return "what becomes of stopped services when a card comes after the trial is open" if open_here else None


def _stop_service(judge: Judge, params: Mapping[str, object]) -> str | None:
    found = _service(judge, params)
    if isinstance(found, str):
        return found
    organization, _, state, _ = found
    if state == "deleted":
        return None
    if state == "stopped" and (judge.oracle.restricted(organization) or organization.trial_lapse is not None):
        return "stopping what was stopped for debt"
    return _left(judge, found)


def _scale_service(judge: Judge, params: Mapping[str, object]) -> str | None:
    found = _service(judge, params)
    if isinstance(found, str):
        return found
    organization, _, state, memory = found
    if _left(judge, found, scaled=True) is not None:
        return _left(judge, found, scaled=True)
    if state == "stopped":
        return "scaling a service that is stopped"
    if judge.oracle.restricted(organization) and memory > CAP:
        return "scaling down from above the cap while restricted"
    return None


# Cards and collection


def _parts(judge: Judge, organization: Organization, credit: Decimal, more: Decimal = ZERO) -> str | None:
    """A limited card covers all that is due, or a hundredth of it at most."""
    opened = [invoice.amount for invoice in organization.open_invoices]
    due = [amount for amount in (*opened, sum(opened, ZERO), organization.owed + more) if amount]
    if all(amount <= credit for amount in due) or all(amount >= PARTS * credit for amount in due):
        return None
    return "a card that covers a part of what is due"


def _card(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization = _organization(judge, params)
    notes = judge.notes.get(organization.id)
    if notes is not None and notes.overspent_at is not None:
        return BEYOND
    credit = params.get("available_credit")
    if params.get("behaviour") == "limited":
        if not isinstance(credit, Decimal):
            return "a limited card without a limit"
        return _parts(judge, organization, credit)
    return None


def _set_card(judge: Judge, params: Mapping[str, object]) -> str | None:
    if _organization(judge, params).card is None:
        return "there is no card on file"
    return _card(judge, params)


def _collection(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization = _organization(judge, params)
    configured = judge.oracle.configured(organization)
    if organization.open_invoices and (configured["credits"] or configured["subscription"]):
        return "by which of several methods an unpaid invoice is collected is open"
    return None


def _pay_invoice(judge: Judge, params: Mapping[str, object]) -> str | None:
    return None


# Marketplaces


def _subscribe(judge: Judge, params: Mapping[str, object]) -> str | None:
    account = judge.number(params["account"])
    running, marketplace = judge.oracle.held(account), judge.oracle.marketplace_of(account)
    if params["offer"] == "free_trial" and marketplace != "aws":
        return "a free trial beyond AWS"
    if not running:
        return None
    if marketplace == "aws" and params["offer"] == "payg" and all(held.offer == "payg" for held in running):
        return None  # refused
    return "several subscriptions of one account"


def _link(judge: Judge, params: Mapping[str, object]) -> str | None:
    bought = judge.oracle.subscription(judge.number(params["subscription"]))
    verified, signed_in, described = judge.oracle.user(judge.number(params["user"]))
    if verified and signed_in and not described:
        return "linking without having described the business"
    if not (verified and signed_in) or judge.oracle.ended(bought) or bought.organization is not None:
        return None  # refused
    if "organization" not in params:
        return None
    organization = _organization(judge, params)
    if organization.members.get(judge.number(params["user"])) != "admin":
        return None  # refused
    return _link_open(judge, organization, bought.offer)


def _link_open(judge: Judge, organization: Organization, offer: str) -> str | None:
    notes = judge.notes.get(organization.id)
    if notes is not None and notes.overspent_at is not None:
        return BEYOND
    if judge.oracle.linked(organization) is not None:
        return "an organization with two subscriptions"
    if organization.open_invoices:
        return "linking in arrears"
    if organization.uninvoiced and (organization.card is None or (notes is not None and notes.cardless)):
        return "linking with usage that nobody paid for"
    if offer == "free_trial" and organization.card is None:
        return "what the end of a free trial means for an organization without another method is open"
    return None


def _end(judge: Judge, params: Mapping[str, object]) -> str | None:
    bought = judge.oracle.subscription(judge.number(params["subscription"]))
    if bought.organization is None or judge.oracle.ended(bought):
        return None
    organization = judge.oracle.organization(bought.organization)
    if bought.offer == "committed" and judge.oracle.unspent(organization, bought.id):
        return "credits when their subscription ends before they expire"
    if bought.offer == "free_trial" and organization.card is None:
        return "what the end of a free trial means for an organization without another method is open"
    protects_one = judge.oracle.readings["commitment_protection"] == "fallback_debt"
    if bought.offer == "committed" and protects_one and organization.fall_backs_judged:
        return "whether the end of its subscription is another fall-back from a commitment is open"
    return None


# Contracts, credits, support


def _commitment(judge: Judge, params: Mapping[str, object]) -> str | None:
    owner = _organization(judge, params)
    owing = owner.debt is not None or owner.uninvoiced
    if judge.oracle.readings["commitment_protection"] == "fallback_debt" and (owner.commitments or owing):
        return "which debt is protected, of several commitments or beside an older debt, is open"
    if "subscription" in params:
        bought = judge.oracle.subscription(judge.number(params["subscription"]))
        if bought.organization != judge.number(params["organization"]) or bought.offer != "committed":
            return "a commitment through a subscription that is none of the organization's"
        if judge.oracle.ended(bought):
            return "a commitment through a subscription that is over"
        grants = judge.oracle.organization(bought.organization).grants
        if any(grant.subscription == bought.id and grant.expires_at <= judge.oracle.now for grant in grants):
            return "a second commitment after the first has expired"
    return _grant(judge, params)


def _grant(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization, expires = _organization(judge, params), params["expires_at"]
    if not isinstance(expires, datetime) or expires <= judge.oracle.now:
        return "credits that have expired already"
    notes = judge.notes.get(organization.id)
    if notes is not None and notes.overspent_at is not None:
        return BEYOND
    for grant in organization.grants:
        if grant.expires_at == expires or grant.granted_at == judge.oracle.now:
            return "which of two equal grants is used first is open"
    return None


def _extension(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization, until = _organization(judge, params), params["until"]
    if _beyond(judge, str(params["organization"])):
        return BEYOND
    if not isinstance(until, datetime) or until <= judge.oracle.now:
        return "an extension that is over already"
    if organization.debt is not None and organization.data == "deleted":
        return "an extension after the deletion"
    running = organization.debt.extension_until if organization.debt is not None else None
    if running is not None and until < running:
        return "whether an extension that ends before the one at hand takes its place is open"
    return None


def _contact(judge: Judge, params: Mapping[str, object]) -> str | None:
    since = judge.oracle.unpaid_since(_organization(judge, params))
    return "a contact at the instant of the failure" if since == judge.oracle.now else None


def _delete(judge: Judge, params: Mapping[str, object]) -> str | None:
    organization = _organization(judge, params)
    if _beyond(judge, str(params["organization"])):
        return BEYOND
    if not judge.oracle.restricted(organization):
        return "deleting by hand where nothing is unpaid"
    return None if organization.data == "present" else "deleting by hand what is deleted"


_RULES = {
    "record_usage": _usage,
    "start_trial": _start_trial,
    "create_service": _create_service,
    "start_service": _start_service,
    "stop_service": _stop_service,
    "scale_service": _scale_service,
    "add_card": _card,
    "set_card_behaviour": _set_card,
    "attempt_collection": _collection,
    "pay_invoice": _pay_invoice,
    "subscribe": _subscribe,
    "link_subscription": _link,
    "end_subscription": _end,
    "sign_commitment": _commitment,
    "grant_credits": _grant,
    "grant_extension": _extension,
    "record_contact": _contact,
    "delete_data": _delete,
}
