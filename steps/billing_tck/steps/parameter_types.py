"""The words inside phrases: instants, durations, money and who is meant, read once and here alone.

A bare day means nine in the morning of it, in UTC: no scenario depends on midnight by accident.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from billing_tck.contract.values import (
    CardBehaviour,
    DataState,
    EndCause,
    Marketplace,
    MethodKind,
    Offer,
    ServiceState,
    SubscriptionState,
    Tier,
    TrialState,
)

MORNING = time(9, tzinfo=UTC)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "year": timedelta(days=365),
}

_DAY = rf"\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}}"
_CLOCK = r"\d\d:\d\d(?::\d\d)?"
_SPAN = rf"\d[\d,]* (?:{'|'.join(UNITS)})s?"
_MONEY = r"\$\d[\d,]*\.\d\d"


def day(text: str) -> date:
    """`18 January 2025` as a date. Raises ValueError for a day that does not exist."""
    number, month, year = text.split()
    try:
        return date(int(year), MONTHS.index(month) + 1, int(number))
    except ValueError:
        raise ValueError(f"there is no day {text!r}") from None


def instant(text: str) -> datetime:
    """`18 January 2025` (nine in the morning) or `18 January 2025 at 00:00[:00]`, in UTC."""
    of_day, _, clock = text.partition(" at ")
    at = time.fromisoformat(clock).replace(tzinfo=UTC) if clock else MORNING
    return datetime.combine(day(of_day), at)


def span(text: str) -> timedelta:
    """`17 days`, `13 days and 23 hours`, `10 years` (of 365 days)."""
    total = timedelta()
    for part in re.split(r" and |, ", text):
        number, unit = part.split()
        total += int(number.replace(",", "")) * UNITS[unit.removesuffix("s")]
    return total


def money(text: str) -> Decimal:
    """`$9,999.99` as dollars."""
    return Decimal(text.replace("$", "").replace(",", ""))


@dataclass(frozen=True, slots=True)
class Card:
    """What the card network answers, and how much it would still give."""

    behaviour: CardBehaviour
    available_credit: Decimal | None = None


def card(text: str) -> Card:
    """`approves`, `declines`, `has expired`, `is invalid`, or `covers up to $1.00`."""
    if text.startswith("covers up to "):
        return Card(CardBehaviour.LIMITED, money(text.removeprefix("covers up to ")))
    return Card(_CARDS[text])


_CARDS = {
    "approves": CardBehaviour.APPROVES,
    "declines": CardBehaviour.DECLINES,
    "has expired": CardBehaviour.EXPIRED,
    "is invalid": CardBehaviour.INVALID,
}


@dataclass(frozen=True, slots=True)
class PaidBy:
    """What pays for usage, and through which marketplace."""

    kind: MethodKind
    marketplace: Marketplace | None = None


_PAID_BY = {
    "by nobody": PaidBy(MethodKind.NONE),
    "by the trial": PaidBy(MethodKind.TRIAL),
    "by card": PaidBy(MethodKind.CARD),
    "by credits": PaidBy(MethodKind.CREDITS),
    "through AWS": PaidBy(MethodKind.MARKETPLACE, Marketplace.AWS),
    "through GCP": PaidBy(MethodKind.MARKETPLACE, Marketplace.GCP),
    "through Azure": PaidBy(MethodKind.MARKETPLACE, Marketplace.AZURE),
}

Converter = Callable[[str], object]


def _typed(pattern: str, converter: Converter) -> Converter:
    def read(text: str) -> object:
        return converter(text)

    read.pattern = pattern  # type: ignore[attr-defined]
    return read


def _one_of(table: dict[str, object]) -> Converter:
    longest_first = sorted(table, key=len, reverse=True)
    return _typed("|".join(re.escape(word) for word in longest_first), table.__getitem__)


TYPES: dict[str, Converter] = {
    "Instant": _typed(rf"{_DAY}(?: at {_CLOCK})?", instant),
    "Day": _typed(_DAY, day),
    "Span": _typed(rf"{_SPAN}(?:(?: and |, ){_SPAN})*", span),
    "Money": _typed(_MONEY, money),
    "Gib": _typed(r"\d+ GiB", lambda text: int(text.removesuffix(" GiB"))),
    "Count": _one_of({"no": 0, "one": 1, "two": 2, "three": 3, "four": 4}),
    "Pass": _one_of({"pass": True, "passes": True}),
    "Organization": _one_of({name: name for name in ("the organization", "the other organization")}),
    "NewOrganization": _one_of(
        {"an organization": "the organization", "another organization": "the other organization"}
    ),
    "Service": _one_of({name: name for name in ("the service", "the other service", "the new service")}),
    "Subscription": _one_of({name: name for name in ("the subscription", "the other subscription")}),
    "Account": _one_of({name: name for name in ("the account", "the other account")}),
    "NewAccount": _one_of({"an account": "the account", "another account": "the other account"}),
    "Person": _one_of({name: name for name in ("the person", "the admin", "the other admin", "the developer")}),
    "Can": _one_of({"can": True, "cannot": False}),
    "Everything": _one_of({"everything": True, "not everything": False}),
    "Has": _one_of({"is": True, "is not": False}),
    "ServiceState": _one_of({str(state): state for state in ServiceState}),
    "DataState": _one_of({str(state): state for state in DataState}),
    "TrialState": _one_of({"running": TrialState.ACTIVE, "over": TrialState.OVER}),
    "SubscriptionState": _one_of(
        {
            "bought, and not linked": SubscriptionState.SUBSCRIBED,
            "linked": SubscriptionState.LINKED,
            "over": SubscriptionState.ENDED,
        }
    ),
    "Tier": _one_of({str(tier): tier for tier in Tier}),
    "Card": _typed(rf"approves|declines|has expired|is invalid|covers up to {_MONEY}", card),
    "PaidBy": _one_of({**_PAID_BY}),
    "Marketplace": _one_of({"AWS": Marketplace.AWS, "GCP": Marketplace.GCP, "Azure": Marketplace.AZURE}),
    "Offer": _one_of(
        {
            "pay-as-you-go": Offer.PAYG,
            "the free trial": Offer.FREE_TRIAL,
            "a committed offer": Offer.COMMITTED,
        }
    ),
    "Ending": _one_of({"is cancelled": EndCause.CANCELLED, "is not renewed": EndCause.NOT_RENEWED}),
}
