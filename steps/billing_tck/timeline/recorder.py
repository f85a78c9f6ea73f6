"""What a scenario looked like from outside while it ran: states over time, charges, invoices, reports, deadlines.

A trace is made of observations through the contract alone, so that it can be had of every implementation.
`RecordingDriver` stands between a scenario and a driver. It lets the clock move in pieces (each midnight, and each
instant at which something that was just seen to begin may fall due) and reads everything that is known after each
piece. One jump leaves the same world as many, and reading changes nothing, so a recorded scenario gets the verdict of
an unrecorded one; `observe` runs it both ways, keeps the verdict of the unrecorded run, and says where they differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from billing_tck.clock import Real
from billing_tck.contract import READS, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import (
    ZERO,
    BillingMethod,
    DataState,
    Description,
    InvoiceState,
    MethodKind,
    OrganizationView,
    ReportKind,
    SubscriptionView,
    TrialState,
)
from billing_tck.engine.runner import record_of_world, run_scenario, run_step
from billing_tck.errors import NothingChecked
from billing_tck.results.calls import Entry, tell
from billing_tck.results.record import ScenarioRecord, format_verdict, record_of
from billing_tck.results.verdicts import Conforms, Deviates, NotApplicable, Verdict
from billing_tck.spec.applicability import missing_requirements
from billing_tck.spec.gherkin import Scenario, Step
from billing_tck.steps.registry import Vocabulary
from billing_tck.steps.world import Caller, World
from billing_tck.text.format import format_value
from billing_tck.text.preview import preview_text
from billing_tck.timeline.deadlines import DAYS, SECOND, Deadline, Observed, deadlines_of, falls

MOST_MIDNIGHTS = 250
_DAY = timedelta(days=1)
_CLOCK = frozenset({"reset", "advance_to"})


class LaneKind(StrEnum):
    """What a lane tells of."""

    METHOD = "billing method"
    TRIAL = "trial credits"
    CREDITS = "credits"
    SUBSCRIPTION = "subscription"
    SERVICE = "service"
    RESTRICTIONS = "restrictions"
    DATA = "data"
    CYCLE = "billing cycle"


class PointKind(StrEnum):
    """What happened at one instant."""

    CHARGED = "charge succeeded"
    FAILED = "charge failed"
    INVOICE = "invoice"
    USAGE_REPORT = "usage reported"
    COMMITMENT_REPORT = "commitment reported"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Span:
    """One state that lasted from `start` (included) to `end`; `amount` goes with lanes of money.

    `unseen` is the last instant at which it was not so yet, where the change happened unseen between two looks.
    """

    start: datetime
    end: datetime
    state: str
    amount: Decimal | None = None
    unseen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """The states of one thing, in order of time; `organization` and `name` are the scenario's own names."""

    kind: LaneKind
    organization: str
    name: str
    spans: tuple[Span, ...]

    def at(self, instant: datetime) -> Span | None:
        """The state at an instant; None where nothing was known of it yet."""
        found = None
        for span in self.spans:
            if span.start <= instant:
                found = span
        return found


@dataclass(frozen=True, slots=True)
class Point:
    """Something with a date and, mostly, an amount; `detail` says more in words, `state` is an invoice's."""

    at: datetime
    kind: PointKind
    organization: str
    amount: Decimal | None
    detail: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the scenario did, in words."""

    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the scenario asked at one instant; `answered` is whether the answer was the expected one."""

    at: datetime
    step: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """All that was seen of one run of one scenario, between the first instant and the last."""

    begins: datetime
    ends: datetime
    organizations: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    points: tuple[Point, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    acts: tuple[Act, ...] = ()
    questions: tuple[Question, ...] = ()
    looks: int = 0

    def lane(self, kind: LaneKind | str, name: str = "the organization") -> Lane:
        """The lane of this kind that tells of `name` (an organization, a service, a subscription).

        Raises KeyError with the lanes that there are.
        """
        for lane in self.lanes:
            if lane.kind == kind and name in (lane.name, lane.organization):
                return lane
        known = ", ".join(f"{lane.kind} of {lane.name}" for lane in self.lanes)
        raise KeyError(f"there is no lane {kind!s} of {name}; there are: {known or 'none'}")

    def state(self, kind: LaneKind | str, instant: datetime, name: str = "the organization") -> str:
        """What the lane said at an instant; an empty word where nothing was known of it yet."""
        span = self.lane(kind, name).at(instant)
        return span.state if span else ""

    def since(self, kind: LaneKind | str, state: str, name: str = "the organization") -> datetime | None:
        """When a lane was first seen in a state; None where it never was."""
        return next((span.start for span in self.lane(kind, name).spans if span.state == state), None)

    def deadline(self, clause: str, organization: str | None = None) -> Deadline:
        """The first deadline of a clause; KeyError with those that there are."""
        for deadline in self.deadlines:
            if deadline.clause == clause and organization in (None, deadline.organization):
                return deadline
        known = ", ".join(dict.fromkeys(deadline.clause for deadline in self.deadlines))
        raise KeyError(f"no deadline of {clause} was seen to run; there are: {known or 'none'}")

    def total(self, kind: PointKind | str) -> Decimal:
        """The sum of all points of a kind."""
        return sum((point.amount for point in self.points if point.kind == kind and point.amount), ZERO)


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that was known, as it was seen at one instant; `until` is the last one at which it was the same."""

    at: datetime
    until: datetime
    organizations: Mapping[str, OrganizationView]
    subscriptions: Mapping[str, SubscriptionView]
    before: datetime | None


class RecordingDriver:
    """A driver that looks on: the same calls and outcomes, with observations kept in `looks`.

    What an implementation fails to show is not looked at again, so that looking ends no scenario. Where it does not
    look `closely`, it leaves the clock's jumps whole. `readings` are those that the implementation declares: by them
    it knows when to look.
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
        self._stale = False
        self._blind = False
        self.looks: list[Look] = []
        self.count = 0
        self.begins = now
        self.committed: set[str] = set()

    @property
    def now(self) -> datetime | None:
        """Where the clock stands; None before the first `reset`."""
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
            self._learn(method, params, outcome)
            self._stale = True
        return outcome

    def look(self) -> None:
        """Looks at everything that is known, as it is now."""
        now = self._now
        if now is None or self._blind or not (self._organizations or self._subscriptions):
            return
        self._stale = False
        try:
            organizations = {name: self._view(name) for name in self._organizations}
            subscriptions = {name: self._subscription(name) for name in self._subscriptions}
        except (Refused, Unsupported, ImplementationError, TypeError):
            self._blind = True
            return
        self.count += 1
        last = self.looks[-1] if self.looks else None
        alike = last and (last.organizations, last.subscriptions) == (organizations, subscriptions)
        if last and alike and not self._expired(organizations.values(), last.until, now):
            self.looks[-1] = replace(last, until=now)
            return
        before = last.until if last else None
        if last and last.at == now:  # several commands at one instant: the last of them counts
            self.looks.pop()
            before = last.before
        self.looks.append(Look(now, now, organizations, subscriptions, before))
        self._foresee(organizations.values(), subscriptions.values(), now)

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

    def _learn(self, method: str, params: Mapping[str, object], outcome: object) -> None:
        for field_name, known in (("organization", self._organizations), ("subscription", self._subscriptions)):
            made = getattr(outcome, field_name, None)
            if isinstance(made, str) and made not in known:
                known.append(made)
        if method == "sign_commitment":
            self.committed.add(str(params["organization"]))

    def _advance(self, target: datetime, params: Mapping[str, object]) -> object:
        if self._stale:
            self.look()
        for instant in self._stops(target) if self._closely else ():
            self._driver.call("advance_to", {**params, "now": instant})
            self._now = instant
            self.look()
        outcome = self._driver.call("advance_to", params)
        self._now = target
        self._stale = True
        return outcome

    def _stops(self, target: datetime) -> Iterator[datetime]:
        """The instants before `target` at which to look; what falls due is known only as the clock moves on."""
        start = self._now
        if start is None or not (self._organizations or self._subscriptions):
            return
        stride = max(1, math.ceil((target - start) / _DAY / MOST_MIDNIGHTS))
        midnight = datetime.combine(start.date(), time(), UTC) + _DAY
        now = start
        while not self._blind:
            following = min([midnight, *(instant for instant in self._due if instant > now)])
            if following >= target:
                return
            yield following
            now = following
            if midnight <= now:
                midnight += stride * _DAY

    def _foresee(
        self, organizations: Iterable[OrganizationView], subscriptions: Iterable[SubscriptionView], now: datetime
    ) -> None:
        """Notes the instants at which something may fall due, by the documents' numbers of days."""
        begun: set[datetime | None] = set()
        given: set[datetime | None] = set()
        for view in organizations:
            begun |= {view.trial.started_at, view.trial.ended_at, view.unpaid_since}
            begun |= {invoice.issued_at for invoice in view.invoices if invoice.state is InvoiceState.OPEN}
            begun |= {now} if view.restricted else set()
            given |= {view.extension_until, *(grant.expires_at for grant in view.credits)}
            if view.billing_cycle:
                cycle_end = datetime.combine(view.billing_cycle.last_day, time(), UTC) + _DAY
                self._due |= {instant for instant in (cycle_end - SECOND, cycle_end) if instant > now}
        for subscription in subscriptions:
            given.add(subscription.ends_at)
            begun.add(subscription.ends_at)
        ends = {start + days * _DAY for start in begun if start for days in DAYS} | {end for end in given if end}
        due = ends | {falls(end, self._readings) for end in ends}
        self._due |= {instant for end in due for instant in (end - SECOND, end, end + SECOND) if instant > now}

    def _expired(self, organizations: Iterable[OrganizationView], after: datetime, until: datetime) -> bool:
        """Whether credits expired between two looks: nothing else of an organization need change for that."""
        grants = [grant for view in organizations for grant in view.credits]
        return any(after < falls(grant.expires_at, self._readings) <= until for grant in grants)


@dataclass(frozen=True, slots=True)
class Observation:
    """A scenario that was run and watched: its record, how each step went, and the trace.

    `asked` is whether it looked at anything at all; a scenario that did not, proves nothing.
    """

    scenario: Scenario
    record: ScenarioRecord
    outcomes: tuple[str, ...]
    trace: Trace | None
    asked: bool = True

    @property
    def verdict(self) -> Verdict:
        """What the scenario came to."""
        return self.record.verdict

    @property
    def conforms(self) -> bool:
        """Whether it asked something, and every answer was the expected one."""
        return self.asked and isinstance(self.record.verdict, Conforms)


DONE, HELD, FAILED, UNREACHED = "done", "holds", "fails", "not reached"


def observe(
    scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary, *, closely: bool = True
) -> Observation:
    """Runs one scenario twice: as the command line would, for the verdict, and watched, for the trace.

    A trace that is not watched `closely` is had much sooner, and knows no more than what the steps came by.
    Raises KitFault where the fault is the kit's own (an undefined step). A scenario without a Then is run as well.
    """
    missing = missing_requirements(scenario, description)
    if missing:
        skipped = tuple(UNREACHED for _ in scenario.steps)
        return Observation(scenario, record_of(scenario, NotApplicable(missing)), skipped, None)
    asks = any(step.kind == "then" for step in scenario.steps)
    plain = _plain_run(scenario, driver, description, vocabulary) if asks else None
    watching = RecordingDriver(driver, closely=closely, readings=description.readings)
    world = World(watching, description)
    story = StepLog()
    verdict: Verdict = Conforms()
    for step in scenario.steps:
        begun = len(world.timeline)
        ended = run_step(step, scenario, world, vocabulary)
        story.tell(step, world, world.timeline[begun:], ended)
        if ended is not None:
            verdict = ended
            break
    watching.look()
    watched = record_of_world(scenario, verdict, world, 0.0)
    record = plain or watched
    if plain and plain.verdict.word != verdict.word:
        remark = f"looked at more often, it came to another verdict: {format_verdict(verdict.word)}"
        record = replace(plain, remarks=(*plain.remarks, remark))
    outcomes = _outcomes(scenario.steps, record.verdict, story)
    names = dict(watched.names or {})
    trace = _trace(watching, names, story, world)
    return Observation(scenario, record, outcomes, trace, asked=bool(world.checks) or asks)


def _plain_run(
    scenario: Scenario, driver: Caller, description: Description, vocabulary: Vocabulary
) -> ScenarioRecord | None:
    """Return the record as the engine gives it, or None where the scenario checked nothing."""
    try:
        return replace(run_scenario(scenario, driver, description, vocabulary), seconds=0.0)
    except NothingChecked:
        return None


def _outcomes(steps: Sequence[Step], verdict: Verdict, story: StepLog) -> tuple[str, ...]:
    ended = len(story.questions_asked) - 1 if not isinstance(verdict, Conforms) else len(steps)
    if isinstance(verdict, Deviates):
        ended = next((n for n, step in enumerate(steps) if step.line == verdict.line), ended)
    said = []
    for number, step in enumerate(steps):
        if number < ended:
            said.append(HELD if step.kind == "then" else DONE)
        else:
            said.append(FAILED if number == ended else UNREACHED)
    return tuple(said)


@dataclass(slots=True)
class StepLog:
    """What was done and asked, step by step."""

    entries: list[Entry] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    questions_asked: list[Step] = field(default_factory=list)

    def tell(self, step: Step, world: World, entries: Sequence[Entry], ended: Verdict | None) -> None:
        """One step that was run, with the calls that it made."""
        self.questions_asked.append(step)
        if step.kind == "then":
            self.questions.append(Question(plainly(world.now), step.text, ended is None))
        self.entries += entries


def plainly(instant: datetime) -> datetime:
    """An instant of the real type: under a frozen clock some are of another, which shows when they are printed."""
    utc = instant.astimezone(UTC)
    return Real.datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, tzinfo=UTC)


# From looks to lanes

_METHODS: Mapping[MethodKind, str] = {
    MethodKind.NONE: "nobody",
    MethodKind.TRIAL: "the trial",
    MethodKind.CARD: "card",
    MethodKind.CREDITS: "credits",
}
_MARKETPLACES = {"aws": "AWS", "gcp": "GCP", "azure": "Azure"}
_ORDER = tuple(LaneKind)


def _trace(
    watching: RecordingDriver, names: Mapping[tuple[str, str], str], story: StepLog, world: World
) -> Trace | None:
    if watching.begins is None:
        return None
    begins, ends = plainly(watching.begins), plainly(watching.now or world.now)
    looks = watching.looks
    readings = world.description.readings
    spoken = _Spoken(names)
    states: dict[tuple[LaneKind, str, str], list[Span]] = {}
    for number, look in enumerate(looks):
        until = looks[number + 1].at if number + 1 < len(looks) else ends
        for key, (state, amount) in _states(look, spoken, readings):
            _extend(states.setdefault(key, []), look, plainly(until), state, amount)
    lanes = [Lane(kind, organization, name, tuple(spans)) for (kind, organization, name), spans in states.items()]
    lanes = [lane for lane in lanes if _telling(lane)]
    organizations = tuple(dict.fromkeys(spoken.organization(name) for look in looks for name in look.organizations))
    lanes.sort(key=lambda lane: (_index(organizations, lane.organization), _ORDER.index(lane.kind)))
    last = {name: view for look in looks for name, view in look.organizations.items()}
    points = [point for name, view in last.items() for point in _points(spoken.organization(name), view, spoken)]
    observed = [
        Observed(
            plainly(look.at),
            {spoken.organization(name): view for name, view in look.organizations.items()},
            {spoken.subscription(name): view for name, view in look.subscriptions.items()},
        )
        for look in looks
    ]
    committed = frozenset(spoken.organization(name) for name in watching.committed)
    found = deadlines_of(observed, committed, readings)
    deadlines = [replace(d, at=plainly(d.at), since=plainly(d.since)) for d in found]
    acts = [entry for entry in story.entries if entry.method not in _CLOCK]
    return Trace(
        begins=begins,
        ends=ends,
        organizations=organizations,
        lanes=tuple(lanes),
        points=tuple(sorted(points, key=lambda point: point.at)),
        deadlines=tuple(deadlines),
        acts=tuple(Act(plainly(at), sentence) for entry in acts for at, sentence in tell([entry], names)),
        questions=tuple(story.questions),
        looks=watching.count,
    )


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The scenario's own names of identifiers."""

    names: Mapping[tuple[str, str], str]

    def organization(self, identifier: str) -> str:
        return self.names.get(("organization", identifier), f"organization {preview_text(identifier, 40)}")

    def subscription(self, identifier: str) -> str:
        return self.names.get(("subscription", identifier), f"subscription {preview_text(identifier, 40)}")

    def service(self, identifier: str) -> str:
        return self.names.get(("service", identifier), f"service {preview_text(identifier, 40)}")


def _index(organizations: Sequence[str], name: str) -> int:
    return organizations.index(name) if name in organizations else len(organizations)


def _extend(spans: list[Span], look: Look, until: datetime, state: str, amount: Decimal | None) -> None:
    at = plainly(look.at)
    last = spans[-1] if spans else None
    if last and last.state == state and last.amount == amount:
        spans[-1] = replace(last, end=until)
        return
    before = plainly(look.before) if look.before and last else None
    unseen = before if before and at - before > SECOND else None
    spans.append(Span(at, until, state, amount, unseen))


def _telling(lane: Lane) -> bool:
    """Whether a lane says anything: what never came up in a scenario is left out."""
    silent = {LaneKind.TRIAL: "none", LaneKind.CREDITS: "none", LaneKind.DATA: "none", LaneKind.CYCLE: ""}
    return any(span.state != silent.get(lane.kind) for span in lane.spans)


def _states(
    look: Look, spoken: _Spoken, readings: Mapping[str, str]
) -> Iterator[tuple[tuple[LaneKind, str, str], tuple[str, Decimal | None]]]:
    for identifier, view in look.organizations.items():
        name = spoken.organization(identifier)
        trial = view.trial
        running = trial.state is TrialState.ACTIVE
        said = {TrialState.NONE: "none", TrialState.ACTIVE: "running", TrialState.OVER: "over"}[trial.state]
        valid = [grant for grant in view.credits if falls(grant.expires_at, readings) > look.at]
        left = sum((grant.left for grant in valid), ZERO)
        credit = ("none" if not view.credits else "left" if left else "used up" if valid else "expired", left)
        cycle = view.billing_cycle
        yield (LaneKind.METHOD, name, name), (_method(view.billing_method), None)
        yield (LaneKind.TRIAL, name, name), (said, trial.credits_left if running else None)
        yield (LaneKind.CREDITS, name, name), (credit[0], credit[1] if view.credits else None)
        for service in view.services:
            yield (LaneKind.SERVICE, name, spoken.service(service.service)), (str(service.state), None)
        yield (LaneKind.RESTRICTIONS, name, name), ("restricted" if view.restricted else "not restricted", None)
        yield (LaneKind.DATA, name, name), (str(view.data), None)
        dates = f"{format_value(cycle.first_day)} to {format_value(cycle.last_day)}" if cycle else ""
        yield (LaneKind.CYCLE, name, name), (dates, None)
    for identifier, subscription in look.subscriptions.items():
        of = spoken.organization(subscription.organization) if subscription.organization else ""
        words = {"subscribed": "bought, not linked", "linked": "linked", "ended": "ended"}
        owner = of or _first(look, spoken)
        yield (LaneKind.SUBSCRIPTION, owner, spoken.subscription(identifier)), (words[subscription.state], None)


def _first(look: Look, spoken: _Spoken) -> str:
    return next((spoken.organization(name) for name in look.organizations), "")


def _method(method: BillingMethod) -> str:
    through = _MARKETPLACES.get(str(method.marketplace), "")
    if method.kind is MethodKind.MARKETPLACE:
        return f"{through} Marketplace" if through == "AWS" else f"{through} marketplace"
    return _METHODS[method.kind] + (f" ({through})" if through else "")


def _points(name: str, view: OrganizationView, spoken: _Spoken) -> Iterator[Point]:
    for charge in view.charges:
        yield Point(
            plainly(charge.at), PointKind.CHARGED if charge.succeeded else PointKind.FAILED, name, charge.amount
        )
    for invoice in view.invoices:
        dates = f"for {format_value(invoice.first_day)} to {format_value(invoice.last_day)}"
        yield Point(plainly(invoice.issued_at), PointKind.INVOICE, name, invoice.amount, dates, str(invoice.state))
    for line in view.marketplace_reports:
        kind = PointKind.USAGE_REPORT if line.kind is ReportKind.USAGE else PointKind.COMMITMENT_REPORT
        under = f"{preview_text(line.item, 40)}, under {spoken.subscription(line.subscription)}"
        yield Point(plainly(line.at), kind, name, line.amount, under)
    for contact in view.contacts:
        yield Point(plainly(contact), PointKind.CONTACT, name, None, "the vendor reached the customer")


__all__ = [
    "DONE",
    "FAILED",
    "HELD",
    "UNREACHED",
    "Act",
    "DataState",
    "Deadline",
    "Lane",
    "LaneKind",
    "Observation",
    "Point",
    "PointKind",
    "Question",
    "RecordingDriver",
    "Span",
    "Trace",
    "observe",
]
