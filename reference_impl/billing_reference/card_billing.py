"""Pay as you go by card: cycles, charges in arrears, the early charge (BC-13 to BC-22)."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing_reference.facts import Card
from billing_reference.instants import start_of

THRESHOLD = Decimal("10000.00")  # BC-18
ONE_DAY = timedelta(days=1)
SHORTEST_MONTH = 28

CycleStart = Callable[[date, int], date]


def later_of_both(tier: date | None, service: date | None) -> date | None:
    """The first cycle begins on the later of the two days (BC-15)."""
    return max(tier, service) if tier and service else None


def tier_day(tier: date | None, service: date | None) -> date | None:
    """The first cycle begins on the day the tier was first chosen (BC-15)."""
    return tier


def service_day(tier: date | None, service: date | None) -> date | None:
    """The first cycle begins on the day the first service was created (BC-15)."""
    return service


def _month(anchor: date, months: int) -> tuple[int, int]:
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return year, month + 1


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def clamped(anchor: date, months: int) -> date:
    """The anchor day so many months on, or the month's last where it has no such day (BC-39)."""
    year, month = _month(anchor, months)
    return date(year, month, min(anchor.day, _length(year, month)))


def sticky(anchor: date, months: int) -> date:
    """As clamped, but a cycle that was cut short once keeps the earlier day (BC-39)."""
    year, month = _month(anchor, months)
    if anchor.day <= SHORTEST_MONTH:
        return date(year, month, anchor.day)
    shortest = min([anchor.day, *(_length(*_month(anchor, n)) for n in range(1, months + 1))])
    return date(year, month, shortest)


def rolled_over(anchor: date, months: int) -> date:
    """The anchor day so many months on, as many days into the next month as are missing (BC-39)."""
    year, month = _month(anchor, months)
    return date(year, month, 1) + timedelta(days=anchor.day - 1)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A billing cycle, both days included (BC-39)."""

    first_day: date
    last_day: date

    @property
    def end(self) -> datetime:
        """The instant at which it is over and its charge falls due: 00:00 of the day after its last (BC-17)."""
        return start_of(self.last_day + ONE_DAY)


def cycle_of(anchor: date, day: date, start: CycleStart) -> Cycle:
    """The cycle in which a day lies; the first one for a day before them all."""
    months = max(0, (day.year - anchor.year) * 12 + day.month - anchor.month - 2)
    while start(anchor, months + 1) <= day:
        months += 1
    return Cycle(start(anchor, months), start(anchor, months + 1) - ONE_DAY)


def reaches(uninvoiced: Decimal, threshold: Decimal) -> bool:
    """The early charge is due when what is not yet invoiced is at least the threshold (BC-18)."""
    return uninvoiced >= threshold


def exceeds(uninvoiced: Decimal, threshold: Decimal) -> bool:
    """The early charge is due when what is not yet invoiced is more than the threshold (BC-18)."""
    return uninvoiced > threshold


def each_time(early_charges: int) -> bool:
    """The early charge comes each time the uninvoiced amount gets there (BC-18)."""
    return True


def once(early_charges: int) -> bool:
    """The early charge comes once in a cycle (BC-18)."""
    return early_charges == 0


def approved(card: Card, amount: Decimal) -> bool:
    """Whether a charge goes through: a valid card, not expired, with credit for the whole of it (BC-20 to BC-22)."""
    if card.behaviour == "limited":
        return card.available_credit is not None and amount <= card.available_credit
    return card.behaviour == "approves"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBillingRules:
    """The replaceable pieces of the policy of billing by card."""

    anchor: Callable[[date | None, date | None], date | None] = later_of_both
    cycle_start: CycleStart = clamped
    charge_due: Callable[[Cycle], datetime] = lambda cycle: cycle.end
    threshold: Decimal = THRESHOLD
    threshold_reached: Callable[[Decimal, Decimal], bool] = reaches
    early_charge_armed: Callable[[int], bool] = each_time
    early_amount: Callable[[Decimal], Decimal] = lambda owed: owed
    early_charge_restarts_cycle: bool = False
    early_charge_settles: bool = True  # what was charged early is not charged again
    approves: Callable[[Card, Decimal], bool] = approved
    invoice_amount: Callable[[Decimal], Decimal] = lambda owed: owed
    charge_amount: Callable[[Decimal], Decimal] = lambda amount: amount
    charges_nothing_due: bool = False
    keeps_first_day_on_tier_change: bool = True
    invoices_per_service: bool = False
