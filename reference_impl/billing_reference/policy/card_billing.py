"""Pay as you go by card: billing cycles, charges in arrears, the early charge (BC-13 to BC-22)."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from billing_reference.state import Card
from billing_reference.time import Deadlines, start_of

ONE_DAY = timedelta(days=1)
SHORTEST_MONTH = 28


class Cycle(NamedTuple):
    """A billing cycle, both days included (BC-39)."""

    first_day: date
    last_day: date

    @property
    def end(self) -> datetime:
        """The instant at which the cycle is over: 00:00 UTC of the day after its last day."""
        return start_of(self.last_day + ONE_DAY)


def month_after(anchor: date, months: int) -> tuple[int, int]:
    """Return the year and the month that come so many months after the month of the anchor."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return year, month + 1


@cache
def length_of(year: int, month: int) -> int:
    """Return the number of days of a month."""
    return calendar.monthrange(year, month)[1]


class CardBillingPolicy(Deadlines):
    """The rules of billing by card under the default readings."""

    EARLY_CHARGE_THRESHOLD = Decimal("10000.00")  # BC-18

    def anchor(self, tier_day: date | None, service_day: date | None) -> date | None:
        """BC-15: the first cycle begins when the tier is chosen and the first service exists: the later day counts."""
        return max(tier_day, service_day) if tier_day and service_day else None

    def cycle_start(self, anchor: date, months: int) -> date:
        """BC-39: a cycle begins on the same day of each month, or on the last day of a month that lacks it."""
        year, month = month_after(anchor, months)
        return date(year, month, min(anchor.day, length_of(year, month)))

    def cycle(self, anchor: date, day: date) -> Cycle:
        """BC-39: the cycle in which a day lies; the first cycle for an earlier day."""
        months = max(0, (day.year - anchor.year) * 12 + day.month - anchor.month - 2)
        first = self.cycle_start(anchor, months)
        following = self.cycle_start(anchor, months + 1)
        while following <= day:
            months += 1
            first, following = following, self.cycle_start(anchor, months + 1)
        return Cycle(first, following - ONE_DAY)

    def charge_due(self, cycle: Cycle) -> datetime:
        """BC-17: the card is charged at the end of the cycle."""
        return cycle.end

    def early_charge_due(self, uninvoiced: Decimal) -> bool:
        """BC-18: the card is charged early when the uninvoiced amount reaches USD 10,000."""
        return uninvoiced >= self.EARLY_CHARGE_THRESHOLD

    def early_charge_repeats(self, early_charges: int) -> bool:
        """BC-18: the early charge repeats each time the uninvoiced amount gets there within a cycle."""
        return True

    def card_counts(self, card: Card) -> bool:
        """BC-05, BC-20: any card on file counts as a billing method, whatever the network would answer."""
        return True

    def card_approves(self, card: Card, amount: Decimal) -> bool:
        """BC-20 to BC-22: the card is valid, has not expired, and has credit for the whole amount."""
        if card.behaviour == "limited":
            return card.available_credit is not None and amount <= card.available_credit
        return card.behaviour == "approves"


class UsableCardCounts(CardBillingPolicy):
    """`card_validity=usable`."""

    def card_counts(self, card: Card) -> bool:
        """BC-20, BC-21: a card that is expired or invalid does not count as a billing method."""
        return card.behaviour not in {"expired", "invalid"}


class AuthorisedCardCounts(CardBillingPolicy):
    """`card_validity=authorised`."""

    def card_counts(self, card: Card) -> bool:
        """BC-20 to BC-22: a card counts while the network approves it, or a part of its limit is available."""
        return card.behaviour == "approves" or (card.behaviour == "limited" and bool(card.available_credit))


class AnchorOnTier(CardBillingPolicy):
    """`cycle_anchor=tier`."""

    def anchor(self, tier_day: date | None, service_day: date | None) -> date | None:
        """BC-15: the first cycle begins on the day the tier is first chosen."""
        return tier_day


class AnchorOnFirstService(CardBillingPolicy):
    """`cycle_anchor=first_service`."""

    def anchor(self, tier_day: date | None, service_day: date | None) -> date | None:
        """BC-15: the first cycle begins on the day the first service is created."""
        return service_day


class StickyMonthEnd(CardBillingPolicy):
    """`month_end=sticky`."""

    def cycle_start(self, anchor: date, months: int) -> date:
        """BC-39: a cycle that was shortened once keeps the earlier day."""
        year, month = month_after(anchor, months)
        if anchor.day <= SHORTEST_MONTH:
            return date(year, month, anchor.day)
        shortest = min([anchor.day, *(length_of(*month_after(anchor, n)) for n in range(1, months + 1))])
        return date(year, month, shortest)


class RolloverMonthEnd(CardBillingPolicy):
    """`month_end=rollover`."""

    def cycle_start(self, anchor: date, months: int) -> date:
        """BC-39: a cycle begins as many days into the next month as its month lacks."""
        year, month = month_after(anchor, months)
        return date(year, month, 1) + timedelta(days=anchor.day - 1)


class EarlyChargeBeyondThreshold(CardBillingPolicy):
    """`threshold_comparison=exceeds`."""

    def early_charge_due(self, uninvoiced: Decimal) -> bool:
        """BC-18: the card is charged early when the uninvoiced amount exceeds USD 10,000."""
        return uninvoiced > self.EARLY_CHARGE_THRESHOLD


class EarlyChargeOncePerCycle(CardBillingPolicy):
    """`threshold_rearm=once_per_cycle`."""

    def early_charge_repeats(self, early_charges: int) -> bool:
        """BC-18: the early charge comes once in a cycle."""
        return early_charges == 0
