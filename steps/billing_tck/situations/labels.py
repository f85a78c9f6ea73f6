"""The labels of transitions: which call was made, with its parameters in classes, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from billing_tck.contract.values import CardBehaviour, Collected, OrganizationView
from billing_tck.situations.deadlines import Deadline, cycle_end

LONG = timedelta(days=60)
LARGE = Decimal("10000.00")  # BC-18
CAP = 120  # BC-24, GiB per replica

DONE, REFUSED, COLLECTED, NOT_COLLECTED = "done", "refused", "collected", "not collected"
"""How a call ends."""

COMMANDS = frozenset(
    {
        "create_organization",
        "start_trial",
        "choose_tier",
        "create_service",
        "start_service",
        "stop_service",
        "scale_service",
        "record_usage",
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
"""The commands about an organization; those about people and accounts change nothing that its view shows."""


def label_of_call(method: str, params: Mapping[str, object], offer: str | None = None) -> str:
    """Return the label of a command; `offer` is that of the subscription that it links."""
    match method:
        case "scale_service":
            gib = params["replica_memory_gib"]
            return f"{method}:{'above the cap' if isinstance(gib, int) and gib > CAP else 'within the cap'}"
        case "record_usage":
            amount = params["amount"]
            return f"{method}:{'large' if isinstance(amount, Decimal) and amount >= LARGE else 'small'}"
        case "add_card" | "set_card_behaviour":
            return f"{method}:{'pays' if params['behaviour'] == CardBehaviour.APPROVES else 'fails'}"
        case "link_subscription":
            return f"{method}:{offer}"
        case "sign_commitment":
            return f"{method}:{'direct' if params.get('subscription') is None else 'marketplace'}"
    return method


def label_of_wait(view: OrganizationView, deadlines: Sequence[Deadline], now: datetime, target: datetime) -> str:
    """Return the label of a move of the clock, from the view before it."""
    ahead = [at for at, _ in deadlines if at > now]
    if target in ahead:
        return "wait:to a deadline"
    if target == cycle_end(view):
        return "wait:to the end of the cycle"
    if target - now >= LONG:
        return "wait:long"
    return "wait:past a deadline" if ahead and min(ahead) < target else "wait:short"


def ending_of(outcome: object) -> str:
    """Return how a call ended."""
    if isinstance(outcome, Exception):
        return REFUSED
    if isinstance(outcome, Collected):
        return COLLECTED if outcome.collected else NOT_COLLECTED
    return DONE
