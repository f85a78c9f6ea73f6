"""Billing through a marketplace, and what follows when a subscription ends (BC-33 to BC-46)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from billing_reference.card_billing import Cycle
from billing_reference.facts import ZERO, Metered, Report, Subscription, Usage
from billing_reference.instants import DAY, HOUR, hour_of

DELETE_AFTER_STOP_AT_END = 14 * DAY  # the value `stops_at_end` of the knob `marketplace_end`
REPORT_AFTER = HOUR  # BC-36: the hour of the usage is reported when it is over


class EndConsequence(StrEnum):
    """What the end of a subscription brings when nothing else pays (BC-44)."""

    RESTRICTS_AT_END = "restricts_at_end"
    RESTRICTS_AT_DUE = "restricts_at_due"
    STOPS_AT_END = "stops_at_end"


def report_due(metered: Metered, after: timedelta) -> datetime:
    """When the report of some usage falls due: at the end of its hour (BC-36)."""
    return hour_of(metered.at) + after


def line_per_item(hour: Sequence[Metered], due: datetime) -> list[Report]:
    """One line for each record of an item (BC-36)."""
    return [Report(line.subscription, due, "usage", line.item, line.amount) for line in hour]


def line_per_hour(hour: Sequence[Metered], due: datetime) -> list[Report]:
    """One line for the hour, whatever was used in it (BC-36)."""
    total = sum((line.amount for line in hour), ZERO)
    return [Report(hour[0].subscription, due, "usage", "usage", total)]


def linked_and_running(subscription: Subscription, *, ended: bool) -> bool:
    """A subscription pays from the instant it is linked until it ends (AWS-16, AWS-29, BC-41)."""
    return subscription.linked_at is not None and not ended


def over_at_once(ended_at: datetime, at: datetime) -> bool:
    """A subscription that someone ended is over from that instant on (BC-41, BC-42)."""
    return ended_at <= at


def whatever_it_is(usage: Usage) -> bool:
    """Which usage of a linked organization goes to the marketplace: all of it (AWS-29)."""
    return True


def nothing_owed(amount: Decimal) -> Decimal:
    """What is owed directly of usage that goes to the marketplace: nothing (AWS-29)."""
    return ZERO


def same_cycle(cycle: Cycle, day: date) -> Cycle:
    """The cycle under a marketplace is that of direct billing (BC-35)."""
    return cycle


def nothing_else_pays(*, card: bool, subscription: bool, trial: bool, credits: bool) -> bool:  # noqa: A002
    """The end of a subscription has consequences when nothing else pays (BC-44)."""
    return not (card or subscription or trial or credits)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceRules:
    """The replaceable pieces of the policy of billing through a marketplace."""

    pays: Callable[..., bool] = linked_and_running
    over: Callable[[datetime, datetime], bool] = over_at_once
    covers: Callable[[Usage], bool] = whatever_it_is
    owed_as_well: Callable[[Decimal], Decimal] = nothing_owed
    cycle: Callable[[Cycle, date], Cycle] = same_cycle
    report_after: timedelta = REPORT_AFTER
    report_due: Callable[[Metered, timedelta], datetime] = report_due
    report_lines: Callable[[Sequence[Metered], datetime], list[Report]] = line_per_item
    reported: Callable[[Sequence[Report]], Sequence[Report]] = list
    reports_after_end: bool = True  # what was used before the end is still reported
    end_consequence: EndConsequence = EndConsequence.RESTRICTS_AT_END
    lapses: Callable[..., bool] = nothing_else_pays
    delete_after_stop_at_end: timedelta = DELETE_AFTER_STOP_AT_END
    moves_uninvoiced: bool = False
    end_takes_card_away: bool = False
    restarts_cycle: bool = False
