"""The deadlines that the documents set, as instants: counted from what was seen to begin, by the register's numbers.

What is computed here is only shown beside what was observed; no verdict rests on it.
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

_DAYS = re.compile(r"(\d+) (day|week)s?\b")
_COUNTED = ("BC-02", "BC-09", "BC-29", "BC-30", "BC-45", "BC-46", "BC-64", "AWS-13")


@cache
def documented() -> Mapping[str, int]:
    """How many days the register's clauses give, for those whose deadlines are drawn."""
    register = load_register(features_dir())
    days: dict[str, int] = {}
    for clause in _COUNTED:
        match = _DAYS.search(register.clause(clause).numbers or "")
        if match is None:
            raise ValueError(f"the clause {clause} of the register gives no number of days or weeks")
        days[clause] = int(match[1]) * (7 if match[2] == "week" else 1)
    return days


DAYS = tuple(sorted(set(documented().values())))
SECOND = timedelta(seconds=1)


def falls(instant: datetime, readings: Mapping[str, str]) -> datetime:
    """When a deadline takes effect whose time is up at an instant, by the reading `deadline_instant`.

    That is the instant itself where nothing is declared. A day of UTC is over when the next one begins; an instant at
    midnight is the first of its day.
    """
    match readings.get("deadline_instant"):
        case "after":
            return instant + SECOND
        case "end_of_day":
            following = instant.astimezone(UTC) + timedelta(days=1)
            return following.replace(hour=0, minute=0, second=0, microsecond=0)
    return instant


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant that the documents set: what happens then, since when it is counted, and what became of it.

    `at` is when it takes effect, as the implementation reads it. `standing` is empty where nothing stood in its way,
    else why it did not bite.
    """

    at: datetime
    since: datetime
    clause: str
    organization: str
    text: str
    days: int | None = None
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen at one instant, by the scenario's own names."""

    at: datetime
    organizations: Mapping[str, OrganizationView]
    subscriptions: Mapping[str, SubscriptionView]


@dataclass(frozen=True, slots=True)
class _Course:
    """What was seen of one organization, in order of time."""

    name: str
    views: Sequence[tuple[datetime, OrganizationView]]
    committed: bool
    ended: Sequence[datetime]
    readings: Mapping[str, str]

    @property
    def clock(self) -> str:
        """The reading `unpaid_clock`, empty where none is declared."""
        return self.readings.get("unpaid_clock", "")

    def falls(self, instant: datetime) -> datetime:
        """See `falls`."""
        return falls(instant, self.readings)

    def at(self, instant: datetime) -> OrganizationView:
        """The latest view not after an instant, or the first of all."""
        seen = [view for at, view in self.views if at <= instant]
        return seen[-1] if seen else self.views[0][1]

    def before(self, instant: datetime) -> OrganizationView:
        """The latest view from before an instant, or the first of all."""
        return self.at(instant - SECOND)


def deadlines_of(
    looks: Sequence[Observed], committed: Iterable[str], readings: Mapping[str, str] | None = None
) -> list[Deadline]:
    """The deadlines of every organization and subscription that was seen, in order of time, each once.

    `readings` are those that the implementation declares: when in a day a deadline takes effect, and, with several
    invoices unpaid, what still runs.
    """
    declared = readings or {}
    found: dict[tuple[str, str, datetime], Deadline] = {}
    with_commitment = set(committed)
    names = dict.fromkeys(name for look in looks for name in look.organizations)
    for name in names:
        views = [(look.at, look.organizations[name]) for look in looks if name in look.organizations]
        course = _Course(name, views, name in with_commitment, _ends(looks), declared)
        for deadline in (*_of_trial(course), *_of_debt(course), *_of_credits(course), *_of_extension(course)):
            key = (name, deadline.clause, deadline.at)
            if key not in found or found[key].standing:  # of several at one instant, one that is due
                found[key] = deadline
    for deadline in _of_subscriptions(looks, declared):
        found.setdefault((deadline.organization, deadline.clause, deadline.at), deadline)
    return sorted(found.values(), key=lambda deadline: (deadline.at, deadline.clause))


def _ends(looks: Sequence[Observed]) -> list[datetime]:
    """The instants at which subscriptions were first seen to have ended."""
    ended: dict[str, datetime] = {}
    for look in looks:
        for name, view in look.subscriptions.items():
            if view.state is SubscriptionState.ENDED:
                ended.setdefault(name, view.ends_at or look.at)
    return list(ended.values())


def _after(clause: str, since: datetime) -> datetime:
    return since + timedelta(days=documented()[clause])


def _of_trial(course: _Course) -> Iterator[Deadline]:
    started = next((view.trial.started_at for _, view in course.views if view.trial.started_at), None)
    if started is None:
        return
    full = _after("BC-02", started)
    end = course.falls(full)
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
    deletion = course.falls(_after("BC-09", since))
    pays = _configured(course.before(deletion))
    standing = "a billing method was configured" if pays else ""
    yield Deadline(deletion, since, "BC-09", course.name, "the data is deleted", documented()["BC-09"], standing)


def _configured(view: OrganizationView) -> bool:
    return view.card_on_file or view.billing_method.kind not in (MethodKind.NONE, MethodKind.TRIAL)


def _of_debt(course: _Course) -> Iterator[Deadline]:
    for since in _failures(course):
        marketplace = since in course.ended
        stop, delete = ("BC-45", "BC-46") if marketplace else ("BC-29", "BC-30")
        at_once = "BC-44" if marketplace else "BC-63" if course.committed else "BC-23"
        stop = "BC-64" if course.committed else stop
        yield Deadline(since, since, at_once, course.name, "restricted at once", 0)
        at = course.falls(_after(stop, since))
        yield Deadline(at, since, stop, course.name, "services stop", documented()[stop], _paid(course, since, at))
        at = course.falls(_after(delete, since))
        standing = _paid(course, since, at)
        if course.committed:
            yield Deadline(at, since, "BC-66", course.name, "data stays, by contract", None, standing)
            continue
        until = course.before(at).extension_until
        of_this_debt = next((seen for seen, view in course.views if view.extension_until == until), at) >= since
        if not standing and until and course.falls(until) > at and of_this_debt:
            standing = "put off by an extension (BC-32)"
        yield Deadline(at, since, delete, course.name, "data and services go", documented()[delete], standing)


def _failures(course: _Course) -> list[datetime]:
    """Since when something was unpaid: the end of a subscription that restricted, else the oldest open invoice."""
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
    """Why a deadline of the debt that began at `since` is not due: it was paid before, whatever is unpaid by then."""
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
    """Whether anything is unpaid: an invoice, or what restricts without one."""
    return any(invoice.state is InvoiceState.OPEN for invoice in view.invoices) or (view.restricted and not invoiced)


def _of_credits(course: _Course) -> Iterator[Deadline]:
    grants: dict[datetime, datetime] = {}
    for _, view in course.views:
        for grant in view.credits:
            grants.setdefault(grant.expires_at, grant.granted_at)
    for expires, granted in grants.items():
        at = course.falls(expires)
        left = [grant.left for grant in course.before(at).credits if grant.expires_at == expires]
        standing = "they were used up before" if left and not any(left) else ""
        yield Deadline(at, granted, "BC-55", course.name, "credits expire", None, standing)


def _of_extension(course: _Course) -> Iterator[Deadline]:
    granted: dict[datetime, datetime] = {}
    for at, view in course.views:
        if view.extension_until:
            granted.setdefault(view.extension_until, at)
    for until, since in granted.items():
        at = course.falls(until)
        held = course.before(at).extension_until
        standing = "" if held == until else "another took its place" if held else _paid(course, since, at)
        yield Deadline(at, since, "BC-32", course.name, "the extension ends", None, standing)


def _of_subscriptions(looks: Sequence[Observed], readings: Mapping[str, str]) -> Iterator[Deadline]:
    """The end of each free trial that was bought on a marketplace."""
    seen: dict[str, datetime] = {}
    for look in looks:
        for name, view in look.subscriptions.items():
            if view.offer is Offer.FREE_TRIAL and name not in seen:
                seen[name] = look.at
                owner = view.organization or next(iter(look.organizations), name)
                known = owner if owner in look.organizations else next(iter(look.organizations), name)
                at = falls(_after("AWS-13", look.at), readings)
                yield Deadline(at, look.at, "AWS-13", known, "the free trial on AWS ends", documented()["AWS-13"])
