"""The deadlines that the documents set, as instants counted from observed beginnings by the register's numbers.

They are only displayed beside what was observed; no verdict depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from billing_tck.contract.values import (
    InvoiceState,
    MethodKind,
    Offer,
    OrganizationView,
    SubscriptionState,
    SubscriptionView,
)
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.timeline.model import Deadline

_DAYS = re.compile(r"(\d+) (day|week)s?\b")
_COUNTED = ("BC-02", "BC-09", "BC-29", "BC-30", "BC-45", "BC-46", "BC-64", "AWS-13")


@cache
def documented() -> Mapping[str, int]:
    """Return the number of days of each clause whose deadlines are drawn."""
    register = load_register(features_dir())
    days: dict[str, int] = {}
    for clause in _COUNTED:
        match = _DAYS.search(register.clause(clause).numbers or "")
        if match is None:
            raise ValueError(f"clause {clause}: the register gives no number of days or weeks")
        days[clause] = int(match[1]) * (7 if match[2] == "week" else 1)
    return days


@cache
def deadline_lengths() -> tuple[int, ...]:
    """Return the distinct numbers of days of all deadlines, in ascending order."""
    return tuple(sorted(set(documented().values())))


SECOND = timedelta(seconds=1)


def takes_effect(instant: datetime, readings: Mapping[str, str]) -> datetime:
    """Return when a deadline at an instant takes effect under the reading `deadline_instant`.

    Undeclared, it is the instant itself. A UTC day ends when the next one begins; midnight is the first instant of a
    day.
    """
    match readings.get("deadline_instant"):
        case "after":
            return instant + SECOND
        case "end_of_day":
            following = instant.astimezone(UTC) + timedelta(days=1)
            return following.replace(hour=0, minute=0, second=0, microsecond=0)
    return instant


@dataclass(frozen=True, slots=True)
class Observed:
    """What was observed at one instant, by the names in the scenario."""

    at: datetime
    organizations: Mapping[str, OrganizationView]
    subscriptions: Mapping[str, SubscriptionView]


@dataclass(frozen=True, slots=True)
class _Course:
    """What was observed of one organization, in order of time."""

    name: str
    views: Sequence[tuple[datetime, OrganizationView]]
    committed: bool
    ended: Sequence[datetime]
    readings: Mapping[str, str]

    @property
    def clock(self) -> str:
        """The reading `unpaid_clock`, or an empty text if it is undeclared."""
        return self.readings.get("unpaid_clock", "")

    @property
    def protected_until(self) -> datetime | None:
        """The end of the last credits under `commitment_protection=while_in_force`, or None for no end."""
        if self.readings.get("commitment_protection") != "while_in_force":
            return None
        expiry = max((grant.expires_at for _, view in self.views for grant in view.credits), default=None)
        return min((end for end in (expiry, max(self.ended, default=None)) if end is not None), default=None)

    def takes_effect(self, instant: datetime) -> datetime:
        """See `takes_effect`."""
        return takes_effect(instant, self.readings)

    def at(self, instant: datetime) -> OrganizationView:
        """Return the latest view not after an instant, or the first one."""
        seen = [view for at, view in self.views if at <= instant]
        return seen[-1] if seen else self.views[0][1]

    def before(self, instant: datetime) -> OrganizationView:
        """Return the latest view before an instant, or the first one."""
        return self.at(instant - SECOND)


def deadlines_of(
    snapshots: Sequence[Observed], committed: Iterable[str], readings: Mapping[str, str] | None = None
) -> list[Deadline]:
    """Return the deadlines of all observed organizations and subscriptions, in order of time, each once.

    The declared `readings` decide when a deadline takes effect, and which ones run with several open invoices.
    """
    declared = readings or {}
    found: dict[tuple[str, str, datetime], Deadline] = {}
    with_commitment = set(committed)
    names = dict.fromkeys(name for snapshot in snapshots for name in snapshot.organizations)
    for name in names:
        views = [
            (snapshot.at, snapshot.organizations[name]) for snapshot in snapshots if name in snapshot.organizations
        ]
        course = _Course(name, views, name in with_commitment, _ends(snapshots), declared)
        for deadline in (*_of_trial(course), *_of_debt(course), *_of_credits(course), *_of_extension(course)):
            key = (name, deadline.clause, deadline.at)
            if key not in found or found[key].standing:  # of several at one instant, one that is due
                found[key] = deadline
    for deadline in _of_subscriptions(snapshots, declared):
        found.setdefault((deadline.organization, deadline.clause, deadline.at), deadline)
    return sorted(found.values(), key=lambda deadline: (deadline.at, deadline.clause))


def _ends(snapshots: Sequence[Observed]) -> list[datetime]:
    """Return the instants at which subscriptions were first observed as ended."""
    ended: dict[str, datetime] = {}
    for snapshot in snapshots:
        for name, view in snapshot.subscriptions.items():
            if view.state is SubscriptionState.ENDED:
                ended.setdefault(name, view.ends_at or snapshot.at)
    return list(ended.values())


def _after(clause: str, since: datetime) -> datetime:
    return since + timedelta(days=documented()[clause])


def _of_trial(course: _Course) -> Iterator[Deadline]:
    started = next((view.trial.started_at for _, view in course.views if view.trial.started_at), None)
    if started is None:
        return
    full = _after("BC-02", started)
    end = course.takes_effect(full)
    ended = next((view.trial.ended_at for _, view in course.views if view.trial.ended_at), None)
    early = ended is not None and ended < end
    yield Deadline(
        end,
        started,
        "BC-02",
        course.name,
        "the trial is over",
        documented()["BC-02"],
        "its credits ended it before" if early else "",
    )
    if ended is None:
        return
    from_actual_end = course.readings.get("trial_deletion_origin") != "nominal_end"
    since = ended if early and from_actual_end else full
    deletion = course.takes_effect(_after("BC-09", since))
    pays = _configured(course.before(deletion), course.readings)
    standing = "a billing method was configured" if pays else ""
    yield Deadline(deletion, since, "BC-09", course.name, "the data is deleted", documented()["BC-09"], standing)


def _configured(view: OrganizationView, readings: Mapping[str, str]) -> bool:
    """Return whether a billing method is configured; a card that pays for usage counts under any `card_validity`."""
    any_card = readings.get("card_validity", "on_file") == "on_file"
    return (any_card and view.card_on_file) or view.billing_method.kind not in (MethodKind.NONE, MethodKind.TRIAL)


def _of_debt(course: _Course) -> Iterator[Deadline]:
    for since in _failures(course):
        marketplace = since in course.ended
        stop, delete = ("BC-45", "BC-46") if marketplace else ("BC-29", "BC-30")
        at_once = "BC-44" if marketplace else "BC-63" if course.committed else "BC-23"
        stop = "BC-64" if course.committed else stop
        yield Deadline(since, since, at_once, course.name, "restricted at once", 0)
        at = course.takes_effect(_after(stop, since))
        yield Deadline(at, since, stop, course.name, "services stop", documented()[stop], _paid(course, since, at))
        at = course.takes_effect(_after(delete, since))
        standing = _paid(course, since, at)
        protected_until = course.protected_until
        if course.committed and (protected_until is None or protected_until > at):
            yield Deadline(at, since, "BC-66", course.name, "data stays, by contract", None, standing)
            if protected_until is None:
                continue
            at, standing = protected_until, _paid(course, since, protected_until)
        until = course.before(at).extension_until
        of_this_debt = next((seen for seen, view in course.views if view.extension_until == until), at) >= since
        if not standing and until and course.takes_effect(until) > at and of_this_debt:
            standing = "put off by an extension (BC-32)"
        yield Deadline(at, since, delete, course.name, "data and services go", documented()[delete], standing)


def _failures(course: _Course) -> list[datetime]:
    """Return since when something was unpaid: the restricting end of a subscription, or the oldest open invoice."""
    starts: dict[datetime, None] = {}
    current: datetime | None = None
    for at, view in course.views:
        issued = [invoice.issued_at for invoice in view.invoices if invoice.state is InvoiceState.OPEN]
        if not view.restricted and not issued:
            current = None
        elif current is None or (current not in course.ended and course.clock != "until_all_paid"):
            latest = [end for end in course.ended if end <= at]
            current = min(issued, default=view.unpaid_since or current or (max(latest) if latest else at))
            starts.setdefault(current)
    return list(starts)


def _paid(course: _Course, since: datetime, at: datetime) -> str:
    """Return why a deadline of the debt since `since` has no effect: it was paid before."""
    invoiced = any(invoice.issued_at == since for _, view in course.views for invoice in view.invoices)
    between = [view for instant, view in course.views if since <= instant < at]
    owing = [_owes(view, invoiced=invoiced) for view in between]
    if any(before and not after for before, after in pairwise(owing)):
        return "nothing was unpaid any more"
    own = [i for view in between[-1:] for i in view.invoices if i.issued_at == since]
    if course.clock == "per_invoice" and own and all(invoice.state is not InvoiceState.OPEN for invoice in own):
        return "its invoice was paid"
    return ""


def _owes(view: OrganizationView, *, invoiced: bool) -> bool:
    """Return whether anything is unpaid: an invoice, or what restricts without one."""
    return any(invoice.state is InvoiceState.OPEN for invoice in view.invoices) or (view.restricted and not invoiced)


def _of_credits(course: _Course) -> Iterator[Deadline]:
    grants: dict[datetime, datetime] = {}
    for _, view in course.views:
        for grant in view.credits:
            grants.setdefault(grant.expires_at, grant.granted_at)
    for expires, granted in grants.items():
        at = course.takes_effect(expires)
        left = [grant.left for grant in course.before(at).credits if grant.expires_at == expires]
        standing = "they were used up before" if left and not any(left) else ""
        yield Deadline(at, granted, "BC-55", course.name, "credits expire", None, standing)


def _of_extension(course: _Course) -> Iterator[Deadline]:
    granted: dict[datetime, datetime] = {}
    for at, view in course.views:
        if view.extension_until:
            granted.setdefault(view.extension_until, at)
    for until, since in granted.items():
        at = course.takes_effect(until)
        held = course.before(at).extension_until
        standing = "" if held == until else "another took its place" if held else _paid(course, since, at)
        yield Deadline(at, since, "BC-32", course.name, "the extension ends", None, standing)


def _of_subscriptions(snapshots: Sequence[Observed], readings: Mapping[str, str]) -> Iterator[Deadline]:
    """Return the end of each free trial bought on a marketplace."""
    seen: dict[str, datetime] = {}
    for snapshot in snapshots:
        for name, view in snapshot.subscriptions.items():
            if view.offer is Offer.FREE_TRIAL and name not in seen:
                seen[name] = snapshot.at
                owner = view.organization or next(iter(snapshot.organizations), name)
                known = owner if owner in snapshot.organizations else next(iter(snapshot.organizations), name)
                at = takes_effect(_after("AWS-13", snapshot.at), readings)
                yield Deadline(at, snapshot.at, "AWS-13", known, "the free trial on AWS ends", documented()["AWS-13"])
