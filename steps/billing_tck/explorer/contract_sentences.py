"""The sentence of the contract that a difference breaks, for those that break no clause."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.difference import Difference, differ_in_dates_only

_DATED = (
    "Effects are dated, and what follows from them is counted, from their due time, not from when they were processed."
)
_IDLE = "Commands that change nothing are done, not refused: {}."
_NOT_WITHOUT = "Before the end of a trial, and without a trial, no command is refused for want of a billing method."
_NEVER: Mapping[str, str] = MappingProxyType(
    {
        "stop_service": "Stopping a service is refused only for a deleted one.",
        "scale_service": "Scaling a service is refused only above the cap while restricted, and for a deleted one.",
        "record_usage": "Usage is accepted whatever state the services are in.",
        "add_card": "add_card is never refused.",
    }
)
_CHANGES_NOTHING: Mapping[str, str] = MappingProxyType(
    {
        "start_service": "starting a running service",
        "stop_service": "stopping a stopped one",
        "scale_service": "scaling a service to its present size",
        "pay_invoice": "paying an invoice that is not open",
        "verify_email": "verifying again",
        "sign_in": "signing in again",
        "provide_business_info": "giving business information again",
    }
)


def contract_of(difference: Difference, comparator: Comparator) -> str | None:
    """Return the sentence of the contract that a difference breaks, or None if it is about a clause.

    `comparator` stands at the difference.
    """
    if difference.field == "invoices":
        return _DATED if differ_in_dates_only(difference.expected, difference.observed) else None
    if difference.field != "outcome" or difference.method.startswith("get_"):
        return None
    if difference.observed == "unsupported":
        return f"Every method of a declared capability is supported: {difference.method}."
    if difference.expected == "done":
        return _of_refusal(difference, comparator)
    service = comparator.ours.get(str(difference.params.get("service")))
    number = comparator.ours.get(difference.organization)
    held = comparator.oracle.organization(number).services if number is not None else []
    if any(one.id == service and one.state == "deleted" for one in held):
        return "Starting, stopping or scaling a deleted service is refused."
    return "Ending a subscription that has ended is refused." if difference.method == "end_subscription" else None


def _of_refusal(difference: Difference, comparator: Comparator) -> str | None:
    """Return the sentence of the contract that allows a call which was refused."""
    method = difference.method
    if comparator.idle and method in _CHANGES_NOTHING:
        return _IDLE.format(_CHANGES_NOTHING[method])
    number = comparator.ours.get(difference.organization)
    if method in {"create_service", "start_service"} and number is not None:
        organization = comparator.oracle.organization(number)
        pays = any(comparator.oracle.configured(organization).values())
        never_had_one = organization.trial is None and not organization.subscriptions
        allowed = comparator.oracle.readings.get("no_method_service") != "always"
        return _NOT_WITHOUT if allowed and never_had_one and not pays else None
    if (
        method == "scale_service"
        and number is not None
        and comparator.oracle.restricted(comparator.oracle.organization(number))
    ):
        return None
    return _NEVER.get(method)
