"""Billing through a marketplace, and what follows when a subscription ends (BC-33 to BC-46)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing_reference.state import ZERO, Metered, Methods, Report, Subscription
from billing_reference.time import DAY, HOUR, Deadlines, hour_of


class MarketplacePolicy(Deadlines):
    """The rules of billing through a marketplace under the default readings."""

    REPORT_AFTER = HOUR  # BC-36
    RESTRICTS_AT_END = True  # BC-44
    STOPS_AT_END = False  # BC-45
    DELETE_AFTER_STOP_AT_END = 14 * DAY  # BC-46, under `marketplace_end=stops_at_end`
    LINK_MOVES_UNINVOICED = False  # AWS-29

    def subscription_pays(self, subscription: Subscription, *, ended: bool) -> bool:
        """AWS-16, AWS-29, BC-41: a subscription pays from the instant it is linked until it ends."""
        return subscription.linked_at is not None and not ended

    def subscription_over(self, ended_at: datetime, at: datetime) -> bool:
        """BC-41, BC-42: a subscription that is cancelled or not renewed ends at once."""
        return ended_at <= at

    def report_due(self, usage_at: datetime) -> datetime:
        """BC-36: usage is reported when its hour is over."""
        return hour_of(usage_at) + self.REPORT_AFTER

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        """BC-36: usage is reported line by line: one line for each record of an item."""
        return [Report(line.subscription, due, "usage", line.item, line.amount) for line in hour]

    def end_lapses(self, methods: Methods, *, trial_active: bool) -> bool:
        """BC-44: the end of a subscription has consequences if nothing else can pay."""
        return not (any(methods) or trial_active)

    def deletion_after_end(self, lapse_since: datetime) -> datetime | None:
        """BC-46: a deletion that counts from the end of the subscription, beside that of the unpaid invoices."""
        return self.deadline(lapse_since, self.DELETE_AFTER_STOP_AT_END) if self.STOPS_AT_END else None


class EndRestrictsAtDue(MarketplacePolicy):
    """`marketplace_end=restricts_at_due`: nothing follows until an amount falls due and cannot be collected (BC-44)."""

    RESTRICTS_AT_END = False


class EndStopsAtEnd(MarketplacePolicy):
    """`marketplace_end=stops_at_end`: services stop at the end, and are deleted 14 days later (BC-45, BC-46)."""

    STOPS_AT_END = True


class ReportLinePerHour(MarketplacePolicy):
    """`report_lines=per_hour`."""

    def report_lines(self, hour: Sequence[Metered], due: datetime) -> Sequence[Report]:
        """BC-36: usage is reported hour by hour: one line for all items of an hour."""
        total = sum((line.amount for line in hour), ZERO)
        return [Report(hour[0].subscription, due, "usage", "usage", total)]


class LinkMovesUninvoiced(MarketplacePolicy):
    """`usage_before_linking=moves_to_marketplace`: uninvoiced usage is reported at the link (AWS-29)."""

    LINK_MOVES_UNINVOICED = True
