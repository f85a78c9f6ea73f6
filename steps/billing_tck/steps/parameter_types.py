"""The parameter types of step definitions: instants, durations, money, names and states.

A day without a time means 09:00 UTC of that day, so that no scenario depends on midnight by accident.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

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
from billing_tck.results.calls import CARD_PHRASES
from billing_tck.text.format import format_money

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


def _write_day(day: date) -> str:
    """Return a day as phrases write it: `18 January 2025`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _write_instant(at: datetime) -> str:
    """Return an instant as phrases write it: a bare day for nine in the morning, else with the time."""
    if at.timetz() == MORNING:
        return _write_day(at)
    return f"{_write_day(at)} at {at:%H:%M:%S}" if at.second else f"{_write_day(at)} at {at:%H:%M}"


def write_span(span: timedelta) -> str:
    """Return a span as phrases write it: `17 days`, `13 days and 23 hours`."""
    seconds = span.seconds
    counts = ((span.days, "day"), (seconds // 3600, "hour"), (seconds // 60 % 60, "minute"), (seconds % 60, "second"))
    parts = [f"{count:,} {unit}{'s' * (count != 1)}" for count, unit in counts if count]
    return ", ".join([*parts[:-2], " and ".join(parts[-2:])]) if parts else "0 days"


def money(text: str) -> Decimal:
    """`$9,999.99` as dollars."""
    return Decimal(text.replace("$", "").replace(",", ""))


@dataclass(frozen=True, slots=True)
class CardResponse:
    """The answer of the card network to a charge, and the credit that is left on a limited card."""

    behaviour: CardBehaviour
    available_credit: Decimal | None = None


def card(text: str) -> CardResponse:
    """`will be approved`, `will be declined`, `has expired`, `is invalid`, or `covers up to $1.00`."""
    behaviour = next(known for known, phrase in CARD_PHRASES.items() if text.startswith(phrase))
    if behaviour is CardBehaviour.LIMITED:
        return CardResponse(behaviour, money(text.removeprefix(CARD_PHRASES[behaviour]).strip()))
    return CardResponse(behaviour)


def _write_card(card: CardResponse) -> str:
    """Return a card as phrases write it."""
    credit = f" {format_money(card.available_credit or Decimal(0))}" if card.behaviour is CardBehaviour.LIMITED else ""
    return CARD_PHRASES[card.behaviour] + credit


@dataclass(frozen=True, slots=True)
class PaidBy:
    """What pays for usage, and through which marketplace."""

    kind: MethodKind
    marketplace: Marketplace | None = None


_PAID_BY = {
    "has no billing method": PaidBy(MethodKind.NONE),
    "is billed by the trial": PaidBy(MethodKind.TRIAL),
    "is billed by card": PaidBy(MethodKind.CARD),
    "is billed by credits": PaidBy(MethodKind.CREDITS),
    "is billed through AWS": PaidBy(MethodKind.MARKETPLACE, Marketplace.AWS),
    "is billed through GCP": PaidBy(MethodKind.MARKETPLACE, Marketplace.GCP),
    "is billed through Azure": PaidBy(MethodKind.MARKETPLACE, Marketplace.AZURE),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ParameterType:
    """A type of the values in phrases: a pattern, and how a value is read from text and written as text.

    `write` raises ValueError for a value that phrases have no words for.
    """

    pattern: str
    read: Callable[[str], object]
    write: Callable[[object], str]

    def __call__(self, text: str) -> object:
        """Read a value, as `parse` wants its converters to do."""
        return self.read(text)


def _typed(pattern: str, kind: type[T], read: Callable[[str], T], write: Callable[[T], str]) -> ParameterType:
    def checked(value: object) -> str:
        if not isinstance(value, kind):
            raise ValueError(f"expected a {kind.__name__}, got {value!r}")
        return write(value)

    return ParameterType(pattern, read, checked)


def _one_of(table: dict[str, object]) -> ParameterType:
    texts = {value: text for text, value in table.items()}

    def write(value: object) -> str:
        if value not in texts:
            raise ValueError(f"expected one of {', '.join(map(str, texts))}, got {value!r}")
        return texts[value]

    longest_first = sorted(table, key=len, reverse=True)
    return ParameterType("|".join(re.escape(word) for word in longest_first), table.__getitem__, write)


ORGANIZATIONS = ("the organization", "the other organization")
SERVICES = ("the service", "the other service", "the new service")
SUBSCRIPTIONS = ("the subscription", "the other subscription")
ACCOUNTS = ("the account", "the other account")
ADMINS = ("the admin", "the other admin")
DEVELOPER, NEW_USER = "the developer", "the new user"

TYPES: dict[str, ParameterType] = {
    "Instant": _typed(rf"{_DAY}(?: at {_CLOCK})?", datetime, instant, _write_instant),
    "Day": _typed(_DAY, date, day, _write_day),
    "Span": _typed(rf"{_SPAN}(?:(?: and |, ){_SPAN})*", timedelta, span, write_span),
    "Money": _typed(_MONEY, Decimal, money, format_money),
    "Gib": _typed(r"\d+ GiB", int, lambda text: int(text.removesuffix(" GiB")), lambda gib: f"{gib} GiB"),
    "Count": _one_of({"no": 0, "one": 1, "two": 2, "three": 3, "four": 4}),
    "Pass": _one_of({"pass": "plural", "passes": "singular"}),
    "Organization": _one_of({name: name for name in ORGANIZATIONS}),
    "NewOrganization": _one_of(
        {"an organization": "the organization", "another organization": "the other organization"}
    ),
    "Service": _one_of({name: name for name in SERVICES}),
    "Subscription": _one_of({name: name for name in SUBSCRIPTIONS}),
    "Account": _one_of({name: name for name in ACCOUNTS}),
    "NewAccount": _one_of({"an account": "the account", "another account": "the other account"}),
    "Person": _one_of({name: name for name in (NEW_USER, *ADMINS, DEVELOPER)}),
    "Can": _one_of({"can": True, "cannot": False}),
    "Has": _one_of({"is": True, "is not": False}),
    "ServiceState": _one_of({str(state): state for state in ServiceState}),
    "DataState": _one_of({str(state): state for state in DataState}),
    "TrialState": _one_of({"active": TrialState.ACTIVE, "over": TrialState.OVER}),
    "SubscriptionState": _one_of(
        {
            "is bought but not linked": SubscriptionState.SUBSCRIBED,
            "is linked": SubscriptionState.LINKED,
            "has ended": SubscriptionState.ENDED,
        }
    ),
    "Tier": _one_of({str(tier): tier for tier in Tier}),
    "Card": _typed("|".join(CARD_PHRASES.values()) + rf" {_MONEY}", CardResponse, card, _write_card),
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
