"""The clauses that a difference is about, from the field that differs and the state of the reference there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from types import MappingProxyType

from billing_tck.contract.values import BillingMethod, MethodKind, ServiceState, SubscriptionState, TrialState
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.difference import Difference, InvoiceShown, differ_in_dates_only
from billing_tck.reference.oracle import Organization

_DONE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "register_user": ("AWS-22",),
        "verify_email": ("AWS-22",),
        "sign_in": ("AWS-22", "AWS-25"),
        "provide_business_info": ("AWS-24",),
        "create_organization": ("BC-10",),
        "add_member": ("AWS-04",),
        "start_trial": ("BC-02",),
        "choose_tier": ("BC-16",),
        "create_service": ("BC-27", "BC-01"),
        "start_service": ("BC-25", "BC-01"),
        "stop_service": ("BC-25",),
        "scale_service": ("BC-24",),
        "record_usage": ("BC-13",),
        "add_card": ("BC-05",),
        "set_card_behaviour": ("BC-20",),
        "attempt_collection": ("BC-28",),
        "pay_invoice": ("BC-23",),
        "open_marketplace_account": ("BC-33",),
        "subscribe": ("AWS-11", "AWS-14", "AWS-05"),
        "link_subscription": ("AWS-27", "AWS-28", "AWS-17"),
        "end_subscription": ("BC-41", "BC-42"),
        "sign_commitment": ("BC-47", "BC-67"),
        "grant_credits": ("BC-55", "BC-67"),
        "grant_extension": ("BC-32",),
        "record_contact": ("BC-65",),
        "delete_data": ("BC-65",),
    }
)
"""The clauses that allow a call which was refused."""

_PLAIN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "card": ("BC-05",),
        "trial_end": ("BC-02", "BC-03"),
        "trial_credits": ("BC-03",),
        "memory": ("BC-24",),
        "services": ("BC-27",),
        "cycle": ("BC-15", "BC-17", "BC-39"),
        "attempted": ("BC-17", "BC-10"),
        "tried_again": ("BC-28",),
        "tried_on": ("BC-28",),
        "collected": ("BC-28", "BC-23"),
        "credits": ("BC-55", "BC-58"),
        "fees": ("BC-51",),
        "usage": ("BC-36", "AWS-29"),
        "item": ("BC-36",),
        "lines": ("BC-36",),
        "contacts": ("BC-65",),
        "tier": ("BC-16",),
        "uninvoiced": ("BC-13",),
        "unpaid_since": ("BC-29",),
        "extension_until": ("BC-32",),
        "sub_offer": ("AWS-11",),
        "sub_organization": ("AWS-28",),
        "sub_marketplace": ("BC-33",),
    }
)


_AFTER: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = MappingProxyType(
    {
        "attempt_collection": (("BC-28", "BC-23", "BC-11"), frozenset({"restricted", "invoices", "charged"})),
        "pay_invoice": (("BC-23",), frozenset({"restricted", "invoices", "charged"})),
        "add_card": (("BC-28", "BC-11"), frozenset({"restricted", "invoices", "charged"})),
        "link_subscription": (("AWS-27", "AWS-28"), frozenset({"restricted", "invoices", "charged"})),
        "grant_extension": (("BC-32",), frozenset({"service", "data"})),
        "delete_data": (("BC-65",), frozenset({"service", "data"})),
    }
)
"""The clauses of the latest call, and the fields that it changes."""

_UNPAID = frozenset({"restricted", "service", "data", "invoices", "charged"})


def clauses_of(difference: Difference, comparator: Comparator, after: str = "") -> tuple[str, ...]:
    """Return the clauses that a difference is about, the most specific first.

    `comparator` stands at the difference. `after` is the method of the call before it, whose clauses come first if it
    changes the field that differs.
    """
    number = comparator.ours.get(difference.organization)
    organization = None if number is None else comparator.oracle.organization(number)
    cited = _cited(difference, comparator, organization)
    brought, changes = _AFTER.get(after, ((), frozenset()))
    if difference.field not in _UNPAID:
        brought = ()
    ordered = (*brought, *cited) if difference.field in changes else (*cited, *brought)
    return tuple(dict.fromkeys(ordered))


def _cited(  # noqa: PLR0911 - one line for each field
    difference: Difference, comparator: Comparator, organization: Organization | None
) -> tuple[str, ...]:
    name = difference.field
    if name == "outcome":
        return _of_outcome(difference, comparator, organization)
    if name == "billed":
        return _of_method(difference, organization)
    if name in {"sub_state", "sub_ends"}:
        return _of_subscription(difference, comparator)
    if organization is None:
        return _PLAIN.get(name, ("BC-10",))
    if name == "service":
        return _of_service(difference, organization)
    if name == "data":
        return _of_data(organization)
    if name == "trial":
        used_up = organization.trial is not None and organization.trial.used >= organization.trial.credits
        over = difference.expected is TrialState.OVER
        return ("BC-03",) if used_up and over else ("BC-02", "BC-03")
    if name == "restricted":
        return ("BC-23", *_fallen_back(organization, "BC-63"), *_ended(organization, "BC-44"))
    if name in {"invoices", "charged"}:
        of_money, early = _of_money(organization), _early(difference)
        return (*of_money, *early) if organization.grants else (*early, *of_money)
    if name == "card" and organization.subscriptions:
        return ("BC-41", "BC-05")
    if name == "usage" and any(held.ended_at is not None for held in organization.subscriptions):
        return ("BC-36", "BC-41", "AWS-29")
    if name == "credits" and not any(grant.commitment for grant in organization.grants):
        return ("BC-55", "BC-67")
    return _PLAIN.get(name, ("BC-10",))


def _of_outcome(  # noqa: PLR0911 - one line for each call
    difference: Difference, comparator: Comparator, organization: Organization | None
) -> tuple[str, ...]:
    method = difference.method
    if difference.observed == "unsupported" or difference.expected != "refused":
        if method == "link_subscription":
            return _of_allowed_link(difference)
        return _when_done(method, organization)
    if method in {"create_service", "start_service"} and organization is not None:
        if organization.trial_lapse is not None:
            return ("BC-01", "BC-08")
        if method == "start_service" and not comparator.oracle.restricted(organization):
            return ("BC-31",)
        own = ("BC-27",) if method == "create_service" else ("BC-25", "BC-26")
        return (*own, *_fallen_back(organization, "BC-63"), *_ended(organization, "BC-44"))
    match method:
        case "scale_service":
            return ("BC-24",)
        case "subscribe":
            return ("AWS-05", "AWS-02", "AWS-03")
        case "sign_in":
            return ("AWS-22",)
        case "link_subscription":
            return _of_refused_link(difference, comparator)
    return _when_done(method, organization)


def _of_allowed_link(difference: Difference) -> tuple[str, ...]:
    target = ("AWS-27", "AWS-04") if "organization" in difference.params else ("AWS-26",)
    return (*target, "AWS-28", "AWS-17")


def _of_refused_link(difference: Difference, comparator: Comparator) -> tuple[str, ...]:
    user = comparator.ours.get(str(difference.params.get("user")))
    bought = comparator.ours.get(str(difference.params.get("subscription")))
    if user is not None and not all(comparator.oracle.user(user)[:2]):
        return ("AWS-22",)
    if bought is not None:
        subscription = comparator.oracle.subscription(bought)
        if comparator.oracle.ended(subscription):
            return ("AWS-13", "AWS-06")
        if subscription.organization is not None:
            return ("AWS-06",)
    return ("AWS-04",)


def _when_done(method: str, organization: Organization | None) -> tuple[str, ...]:
    had_trial = organization is not None and organization.trial is not None
    if method in {"create_service", "start_service"} and had_trial:
        return ("BC-01", *_DONE[method])
    return _DONE.get(method, ("BC-10",))


def _of_method(  # noqa: PLR0911 - one line for each method
    difference: Difference, organization: Organization | None
) -> tuple[str, ...]:
    expected = difference.expected.kind if isinstance(difference.expected, BillingMethod) else None
    committed = organization is not None and bool(organization.commitments)
    observed = difference.observed.kind if isinstance(difference.observed, BillingMethod) else None
    if observed is MethodKind.MARKETPLACE and not committed and expected in {MethodKind.NONE, MethodKind.CARD}:
        over = organization is not None and any(held.ended_at for held in organization.subscriptions)
        return ("BC-41", "BC-42") if over else ("AWS-16", "AWS-28", "AWS-30")
    if MethodKind.TRIAL in (expected, observed):
        return ("BC-02", "BC-03")
    match expected:
        case MethodKind.CREDITS:
            return ("BC-55", "BC-56") if not committed else ("BC-07", "BC-55")
        case MethodKind.MARKETPLACE:
            return ("BC-61",) if committed else ("AWS-30", "AWS-29", "BC-06")
        case _:
            if committed:
                return ("BC-58", "BC-59", "BC-60")
            if organization is not None and organization.grants:
                return ("BC-55", "BC-58", "BC-59")
            if organization is not None and organization.subscriptions:
                return ("BC-41", "BC-42", "AWS-13")
            return ("BC-05", "BC-02")


def _of_subscription(difference: Difference, comparator: Comparator) -> tuple[str, ...]:
    committed = comparator.oracle.subscription(comparator.number(difference.of)).offer == "committed"
    if difference.field == "sub_ends":
        return ("BC-62",) if committed else ("AWS-12", "AWS-13")
    if SubscriptionState.ENDED not in (difference.expected, difference.observed):
        return ("AWS-28", "AWS-15")
    return ("BC-62",) if committed else ("AWS-13", "AWS-12")


def _of_service(difference: Difference, organization: Organization) -> tuple[str, ...]:
    debt, lapse = organization.debt, organization.trial_lapse
    if debt is None and organization.commitments and difference.expected == "running":
        return ("BC-58", "BC-64")
    deleted = ServiceState.DELETED in (difference.expected, difference.observed)
    if deleted:
        if organization.commitments:
            return ("BC-66",)
        extended = ("BC-32",) if debt is not None and debt.extension_until is not None else ()
        return (*extended, "BC-31", *_ended(organization, "BC-46"))
    if lapse is not None or (debt is None and organization.trial is not None):
        return ("BC-08",)
    extended = ("BC-32",) if debt is not None and debt.extension_until is not None else ()
    return ("BC-29", *_fallen_back(organization, "BC-64"), *_ended(organization, "BC-45"), *extended)


def _of_data(organization: Organization) -> tuple[str, ...]:
    debt = organization.debt
    if organization.commitments:
        return ("BC-66",)
    if debt is None and organization.trial is not None:
        return ("BC-09",)
    extended = ("BC-32",) if debt is not None and debt.extension_until is not None else ()
    return (*extended, "BC-30", *_ended(organization, "BC-46"))


def _early(difference: Difference) -> tuple[str, ...]:
    """Return the clause of the early charge if an invoice differs that is due within a cycle."""
    if not (isinstance(difference.expected, tuple) and isinstance(difference.observed, tuple)):
        return ()
    wanted, shown = list(difference.expected), list(difference.observed)
    if differ_in_dates_only(difference.expected, difference.observed) or len(shown) > len(wanted):
        differing = [invoice for invoice in shown if invoice not in wanted] if len(shown) > len(wanted) else []
    else:
        differing = [invoice for invoice in wanted if invoice not in shown]
    instants = [invoice.issued_at for invoice in differing if isinstance(invoice, InvoiceShown)]
    return ("BC-18",) if any(at.time() != time() for at in instants) else ()


def _of_money(organization: Organization) -> tuple[str, ...]:
    if organization.commitments:
        return ("BC-58", "BC-60")
    if organization.grants:
        return ("BC-58", "BC-56")
    if organization.early_charges:
        return ("BC-18",)
    if organization.subscriptions:
        return ("AWS-29", "BC-41")
    if organization.trial is not None and not organization.invoices:
        return ("BC-03",)
    return ("BC-17", "BC-10", "BC-20") if not organization.open_invoices else ("BC-23", "BC-17", "BC-20")


def _fallen_back(organization: Organization, clause: str) -> tuple[str, ...]:
    return (clause,) if organization.commitments else ()


def _ended(organization: Organization, clause: str) -> tuple[str, ...]:
    over = any(subscription.ended_at is not None for subscription in organization.subscriptions)
    return (clause,) if over and organization.card is None else ()
