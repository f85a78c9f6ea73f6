"""Calls whose outcome is open and decided by no knob: neither explored nor judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from billing_tck.explorer import exclusions_of_contracts as contracts
from billing_tck.explorer import exclusions_of_services as services
from billing_tck.explorer.history import IDENTIFIERS
from billing_tck.explorer.mirror import BY_NOW, NOT_YET, Mirror
from billing_tck.reference.oracle import Organization
from billing_tck.situations.labels import COMMANDS

# Commands that depend on the effects of earlier ones. Where effects may show late, they wait for these.
_DEPENDING = COMMANDS - {"create_organization", "choose_tier"}
_AT_ANY_TIME = frozenset({"record_usage", "end_subscription"})
_ONLY_MONEY = frozenset({"record_usage", "attempt_collection"})

_RULES: Mapping[str, Callable[[Mirror, Mapping[str, object]], str | None]] = MappingProxyType(
    {
        "record_usage": services.record_usage,
        "start_trial": services.start_trial,
        "create_service": services.create_service,
        "start_service": services.start_service,
        "stop_service": services.stop_service,
        "scale_service": services.scale_service,
        "add_card": services.add_card,
        "set_card_behaviour": services.set_card_behaviour,
        "attempt_collection": services.attempt_collection,
        "subscribe": contracts.subscribe,
        "link_subscription": contracts.link_subscription,
        "end_subscription": contracts.end_subscription,
        "sign_commitment": contracts.sign_commitment,
        "grant_credits": contracts.grant_credits,
        "grant_extension": contracts.grant_extension,
        "record_contact": contracts.record_contact,
        "delete_data": contracts.delete_data,
    }
)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a call is not tested, and the labels of what is uncertain after it.

    `temporary` says that only the time is wrong: effects may not show yet, and will two days later.
    """

    why: str
    labels: tuple[str, ...] = ()
    temporary: bool = False


def exclusion_of(mirror: Mirror, method: str, params: Mapping[str, object]) -> Exclusion | None:
    """Return why a call is not tested as things stand, or None if it is; instants in `params` are absolute."""
    if method == "advance_to":
        return _advance(mirror, params)
    labels = tuple(str(value) for name, value in params.items() if name in IDENTIFIERS)
    unknown = _unknown(mirror, params, labels)
    if unknown is not None:
        return unknown
    if method in _ONLY_MONEY and services.is_overspent(mirror, params["organization"]):
        return Exclusion(services.OVERSPENT)
    rule = _RULES.get(method)
    why = rule(mirror, params) if rule is not None else None
    too_close = _too_close(mirror, method, params) if mirror.late and why is None else None
    if why is None and too_close is None:
        return None
    owner = mirror.owner_of(params)
    uncertain = tuple(dict.fromkeys((*labels, *((owner,) if owner else ()))))
    return Exclusion(why or too_close or "", uncertain, temporary=too_close is not None)


def _unknown(mirror: Mirror, params: Mapping[str, object], labels: tuple[str, ...]) -> Exclusion | None:
    """Exclude a call that uses what the reference does not have."""
    for name in params:
        if name in IDENTIFIERS and name != "invoice" and str(params[name]) not in mirror.ours:
            return Exclusion(f"no call before it made the {name}", labels)
    if "invoice" not in params:
        return None
    if str(params["invoice"]) not in mirror.invoices:
        return Exclusion("no view before it shows the invoice", labels)
    owner, place = mirror.invoices[str(params["invoice"])]
    if services.is_overspent(mirror, owner):
        return Exclusion(services.OVERSPENT)
    if place >= len(mirror.invoices_of(owner)):
        return Exclusion("nothing was due for the invoice", (owner,))
    return None


def _too_close(mirror: Mirror, method: str, params: Mapping[str, object]) -> str | None:
    """Return why a command comes too close to a due time or to another command, where effects may show late."""
    owner = mirror.owner_of(params)
    if method not in _DEPENDING or owner is None or owner not in mirror.ours:
        return None
    number, now = mirror.ours[owner], mirror.oracle.now
    notes = mirror.notes.get(number)
    if notes is not None and notes.disturbed is not None and now < notes.disturbed + BY_NOW:
        return "effects of an earlier command may not show yet"
    if method in _AT_ANY_TIME:
        return None
    fell_due, due = mirror.oracle.fell_due.get(number), mirror.oracle.shows_next(mirror.oracle.organization(number))
    if fell_due is not None and now < fell_due + BY_NOW:
        return "effects of what was due may not show yet"
    if due is not None and now > due - NOT_YET:
        return "something is due soon"
    return None


def _advance(mirror: Mirror, params: Mapping[str, object]) -> Exclusion | None:
    """Exclude organizations for which the outcome of time passing is open."""
    target = params["now"]
    uncertain: list[str] = []
    why = ""
    for number, organization in mirror.oracle.organizations().items():
        label = mirror.labels.get(number, number)
        if _retry_would_collect(mirror, organization):
            why = "when an implementation retries the collection of an unpaid invoice is open"
            uncertain.append(label)
        linked = mirror.oracle.linked(organization)
        end = mirror.oracle.free_trial_end(linked) if linked is not None else None
        if end is not None and isinstance(target, datetime) and target >= end and not mirror.pays_by_card(organization):
            why = contracts.FREE_TRIAL_END
            uncertain.append(label)
    return Exclusion(why, tuple(uncertain)) if uncertain else None


def _retry_would_collect(mirror: Mirror, organization: Organization) -> bool:
    return any(mirror.oracle.covers(organization, invoice.amount) for invoice in organization.open_invoices)
