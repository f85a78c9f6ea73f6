"""A driver that records snapshots of everything that is known, through the contract only.

It moves the clock in pieces, to each midnight and each instant at which something seen to begin may be due, and reads
everything after each piece. One jump leaves the same world as many, and reading changes nothing, so that a recorded
scenario gets the verdict of one that is not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from billing_tck.contract import READS, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import InvoiceState, OrganizationView, SubscriptionView
from billing_tck.steps.world import Caller
from billing_tck.timeline.deadlines import SECOND, deadline_lengths, takes_effect

MOST_MIDNIGHTS = 250
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at one instant.

    `until` is the last instant at which it was the same, `before` that of the snapshot before.
    """

    at: datetime
    until: datetime
    organizations: Mapping[str, OrganizationView]
    subscriptions: Mapping[str, SubscriptionView]
    before: datetime | None


class RecordingDriver:
    """A driver with the same calls and outcomes, which keeps snapshots.

    After a read fails, it takes no more snapshots, so that recording ends no scenario. Without `closely` it does not
    divide the jumps of the clock. The declared `readings` decide when deadlines take effect.
    """

    def __init__(self, driver: Caller, *, closely: bool = True, readings: Mapping[str, str] | None = None) -> None:
        self._driver = driver
        self._readings = readings or {}
        self._closely = closely
        self._forget()

    def _forget(self, now: datetime | None = None) -> None:
        self._now = now
        self._organizations: list[str] = []
        self._subscriptions: list[str] = []
        self._due: set[datetime] = set()
        self._restricted: set[str] = set()
        self._stale = False
        self._failed = False
        self.snapshots: list[Snapshot] = []
        self.count = 0
        self.begins = now
        self.committed: set[str] = set()

    @property
    def now(self) -> datetime | None:
        """The instant of the clock, or None before the first `reset`."""
        return self._now

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        now = params.get("now")
        if method == "advance_to" and isinstance(now, datetime):
            return self._advance(now, params)
        outcome = self._driver.call(method, params)
        if method == "reset" and isinstance(now, datetime):
            self._forget(now)
        elif method not in READS:
            self._remember(method, params, outcome)
            self._stale = True
        return outcome

    def take_snapshot(self) -> None:
        """Read everything that is known."""
        now = self._now
        if now is None or self._failed or not (self._organizations or self._subscriptions):
            return
        self._stale = False
        try:
            organizations = {name: self._view(name) for name in self._organizations}
            subscriptions = {name: self._subscription(name) for name in self._subscriptions}
        except (Refused, Unsupported, ImplementationError, TypeError):
            self._failed = True
            return
        self.count += 1
        last = self.snapshots[-1] if self.snapshots else None
        unchanged = last and (last.organizations, last.subscriptions) == (organizations, subscriptions)
        if last and unchanged and not self._expired(organizations.values(), last.until, now):
            self.snapshots[-1] = replace(last, until=now)
            return
        before = last.until if last else None
        if last and last.at == now:  # several commands at one instant: the last of them counts
            self.snapshots.pop()
            before = last.before
        self.snapshots.append(Snapshot(now, now, organizations, subscriptions, before))
        restricted = {name for name, view in organizations.items() if view.restricted}
        if restricted - self._restricted:  # only from its beginning: a restriction that lasts would add ever more
            self._due_after({now}, set(), now)
        self._restricted = restricted
        self._expect(organizations.values(), subscriptions.values(), now)

    def _view(self, name: str) -> OrganizationView:
        shown = self._driver.call("get_organization", {"organization": name})
        if not isinstance(shown, OrganizationView):
            raise TypeError(f"get_organization gave {shown!r:.80}")
        return shown

    def _subscription(self, name: str) -> SubscriptionView:
        shown = self._driver.call("get_subscription", {"subscription": name})
        if not isinstance(shown, SubscriptionView):
            raise TypeError(f"get_subscription gave {shown!r:.80}")
        return shown

    def _remember(self, method: str, params: Mapping[str, object], outcome: object) -> None:
        for field_name, known in (("organization", self._organizations), ("subscription", self._subscriptions)):
            made = getattr(outcome, field_name, None)
            if isinstance(made, str) and made not in known:
                known.append(made)
        if method == "sign_commitment":
            self.committed.add(str(params["organization"]))

    def _advance(self, target: datetime, params: Mapping[str, object]) -> object:
        if self._stale:
            self.take_snapshot()
        for instant in self._instants_before(target) if self._closely else ():
            self._driver.call("advance_to", {**params, "now": instant})
            self._now = instant
            self.take_snapshot()
        outcome = self._driver.call("advance_to", params)
        self._now = target
        self._stale = True
        return outcome

    def _instants_before(self, target: datetime) -> Iterator[datetime]:
        """Return the instants before `target` for snapshots; what is due is known only as the clock moves on."""
        start = self._now
        if start is None or not (self._organizations or self._subscriptions):
            return
        stride = max(1, math.ceil((target - start) / _DAY / MOST_MIDNIGHTS))
        midnight = datetime.combine(start.date(), time(), UTC) + _DAY
        now = start
        while not self._failed:
            following = min([midnight, *(instant for instant in self._due if instant > now)])
            if following >= target:
                return
            yield following
            now = following
            if midnight <= now:
                midnight += stride * _DAY

    def _expect(
        self, organizations: Iterable[OrganizationView], subscriptions: Iterable[SubscriptionView], now: datetime
    ) -> None:
        """Note the instants at which something may be due, by the documents' numbers of days."""
        begun: set[datetime | None] = set()
        given: set[datetime | None] = set()
        for view in organizations:
            begun |= {view.trial.started_at, view.trial.ended_at, view.unpaid_since}
            begun |= {invoice.issued_at for invoice in view.invoices if invoice.state is InvoiceState.OPEN}
            given |= {view.extension_until, *(grant.expires_at for grant in view.credits)}
            if view.billing_cycle:
                cycle_end = datetime.combine(view.billing_cycle.last_day, time(), UTC) + _DAY
                self._due |= {instant for instant in (cycle_end - SECOND, cycle_end) if instant > now}
        for subscription in subscriptions:
            given.add(subscription.ends_at)
            begun.add(subscription.ends_at)
        self._due_after(begun, given, now)

    def _due_after(self, begun: Iterable[datetime | None], given: Iterable[datetime | None], now: datetime) -> None:
        """Note the ends of what began at an instant, and the ends that are given, each with the second around it."""
        ends = {start + days * _DAY for start in begun if start for days in deadline_lengths()} | {
            end for end in given if end
        }
        due = ends | {takes_effect(end, self._readings) for end in ends}
        self._due |= {instant for end in due for instant in (end - SECOND, end, end + SECOND) if instant > now}

    def _expired(self, organizations: Iterable[OrganizationView], after: datetime, until: datetime) -> bool:
        """Return whether credits expired between two snapshots: no other field need change for that."""
        grants = [grant for view in organizations for grant in view.credits]
        return any(after < takes_effect(grant.expires_at, self._readings) <= until for grant in grants)
