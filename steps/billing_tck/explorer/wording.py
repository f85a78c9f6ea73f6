"""Differences as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType

from billing_tck.contract.values import BillingMethod, Credits
from billing_tck.explorer.difference import Difference, InvoiceShown, PartialFee, TriedOn
from billing_tck.text.format import format_instant, format_money

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "trial_end": "trial ended",
        "trial_credits": "trial credits left:",
        "sub_ends": "an end on",
        "sub_state": "subscription",
        "sub_offer": "offer",
        "sub_organization": "linked to",
        "sub_marketplace": "on",
        "unpaid_since": "unpaid since",
        "extension_until": "an extension until",
        "uninvoiced": "not invoiced yet:",
        "charged": "charged",
        "usage": "usage reported:",
        "fees": "commitment reported:",
        "item": "usage of the item reported:",
        "lines": "lines of usage:",
        "cycle": "billing cycle",
        "tier": "tier",
    }
)
_SAY_WHOSE = frozenset({"usage", "fees", "item"})


def words_of(difference: Difference) -> tuple[str, str]:
    """Return what was expected and what was observed, as text."""
    return (
        format_field(difference.field, difference.of, difference.expected),
        format_field(difference.field, difference.of, difference.observed),
    )


def format_field(field: str, of: str, value: object) -> str:
    """Return a value of a field as text."""
    formatted = _FORMATS[field](of, value) if field in _FORMATS else None
    if formatted is not None:
        return formatted
    label = _LABELS.get(field, field)
    match value:
        case Decimal():
            return f"{label} {format_money(value)}" + (f" ({of})" if field in _SAY_WHOSE else "")
        case datetime():
            return f"{label} {format_instant(value)}"
        case None:
            return f"{label.rstrip(':')}: nothing"
    return f"{label} {value}"


# One function for each field that needs more than its label; None where the value is not of the field's type


def _outcome(of: str, value: object) -> str:
    return f"{of.replace('_', ' ')}: {value}"


def _either(yes: str, no: str) -> Callable[[str, object], str | None]:
    return lambda of, value: (yes if value else no) if isinstance(value, bool) else None


def _of_service(of: str, value: object) -> str:
    return f"{of}: {value}"


def _memory(of: str, value: object) -> str:
    return f"{of}: {value} GiB per replica"


def _services(of: str, value: object) -> str | None:
    return f"{value} service{'s' * (value != 1)}" if isinstance(value, int) else None


def _plain(label: str) -> Callable[[str, object], str]:
    return lambda of, value: f"{label} {value}"


def _billed(of: str, value: object) -> str | None:
    if not isinstance(value, BillingMethod):
        return None
    return f"billed by {value.kind}" + (f" through {value.marketplace}" if value.marketplace else "")


def _cycle(of: str, value: object) -> str | None:
    if not isinstance(value, tuple):
        return None
    first, last = value
    return f"a billing cycle from {_day(first)} to {_day(last)}"


def _invoices(of: str, value: object) -> str | None:
    if isinstance(value, Decimal):  # a sum: of what is owed, or of all invoices
        return f"{of}: {format_money(value)}"
    return ("; ".join(map(_invoice, value)) or "no invoice") if isinstance(value, tuple) else None


def _invoice(value: object) -> str:
    if not isinstance(value, InvoiceShown):
        return str(value)
    days = f", for {_day(value.days[0])} to {_day(value.days[1])}" if value.days else ""
    state = "paid" if value.paid else "open"
    return f"an invoice of {format_money(value.amount)}, {state}, dated {format_instant(value.issued_at)}{days}"


def _credits(of: str, value: object) -> str | None:
    if isinstance(value, Decimal):
        return f"credits left: {format_money(value)}"
    if not isinstance(value, tuple):
        return None
    grants = [grant for grant in value if isinstance(grant, Credits)]
    return ", ".join(map(_grant, grants)) or "no credits"


def _grant(grant: Credits) -> str:
    return f"{format_money(grant.left)} of {format_money(grant.amount)} until {format_instant(grant.expires_at)}"


def _tried_on(of: str, value: object) -> str | None:
    if not isinstance(value, TriedOn):
        return None
    return f"the card was {'' if value.tried else 'not '}tried after {format_instant(value.since)}"


def _fees(of: str, value: object) -> str | None:
    if not isinstance(value, PartialFee):
        return None
    within = "more than nothing and no more than" if value.within else "nothing, or more than"
    return f"commitment reported: {within} {format_money(value.limit)} ({of})"


def _contacts(of: str, value: object) -> str | None:
    return "contacts: " + (", ".join(map(format_instant, value)) or "none") if isinstance(value, tuple) else None


def _day(day: object) -> str:
    """Return a day as instants are formatted, without the time."""
    return format_instant(datetime.combine(day, time(), UTC)).rsplit(" ", 1)[0] if isinstance(day, date) else str(day)


_FORMATS: Mapping[str, Callable[[str, object], str | None]] = MappingProxyType(
    {
        "outcome": _outcome,
        "collected": _either("the full amount due is collected", "the full amount due is not collected"),
        "card": _either("a card on file", "no card on file"),
        "billed": _billed,
        "restricted": _either("restricted", "not restricted"),
        "service": _of_service,
        "memory": _memory,
        "services": _services,
        "data": _plain("data"),
        "trial": _plain("trial"),
        "cycle": _cycle,
        "invoices": _invoices,
        "credits": _credits,
        "attempted": _either("a charge was attempted", "no charge was attempted"),
        "tried_again": _either(
            "the card was tried again within 30 days", "the card was not tried again within 30 days"
        ),
        "tried_on": _tried_on,
        "fees": _fees,
        "contacts": _contacts,
    }
)
