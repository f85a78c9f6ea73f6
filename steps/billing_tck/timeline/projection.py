"""Project recorded snapshots to a trace: lanes of states, points, and deadlines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from billing_tck.contract.values import (
    ZERO,
    BillingMethod,
    Credits,
    MethodKind,
    OrganizationView,
    ReportKind,
    TrialState,
)
from billing_tck.steps.world import World
from billing_tck.text.format import format_value
from billing_tck.text.preview import preview_text
from billing_tck.timeline.deadlines import SECOND, Observed, deadlines_of, takes_effect
from billing_tck.timeline.model import Action, Check, Deadline, Lane, LaneKind, Point, PointKind, Span, Trace, unfreeze
from billing_tck.timeline.recorder import RecordingDriver, Snapshot

Key = tuple[LaneKind, str, str]
State = tuple[str, Decimal | None]

_TRIALS = {TrialState.NONE: "none", TrialState.ACTIVE: "running", TrialState.OVER: "over"}
_SUBSCRIPTIONS = {"subscribed": "bought, not linked", "linked": "linked", "ended": "ended"}
_METHODS: Mapping[MethodKind, str] = {
    MethodKind.NONE: "none",
    MethodKind.TRIAL: "the trial",
    MethodKind.CARD: "card",
    MethodKind.CREDITS: "credits",
}
_MARKETPLACES = {"aws": "AWS", "gcp": "GCP", "azure": "Azure"}


def project(
    recorder: RecordingDriver,
    names: Mapping[tuple[str, str], str],
    actions: Sequence[Action],
    checks: Sequence[Check],
    world: World,
) -> Trace | None:
    """Return the trace of a recorded run, or None if its clock was never set."""
    if recorder.begins is None:
        return None
    begins, ends = unfreeze(recorder.begins), unfreeze(recorder.now or world.now)
    snapshots, readings, spoken = recorder.snapshots, world.description.readings, _Spoken(names)
    organizations = tuple(
        dict.fromkeys(spoken.organization(name) for snapshot in snapshots for name in snapshot.organizations)
    )
    last = {name: view for snapshot in snapshots for name, view in snapshot.organizations.items()}
    points = [point for name, view in last.items() for point in _points(spoken.organization(name), view, spoken)]
    return Trace(
        begins=begins,
        ends=ends,
        organizations=organizations,
        lanes=tuple(_lanes(snapshots, ends, spoken, readings, organizations)),
        points=tuple(sorted(points, key=lambda point: point.at)),
        deadlines=tuple(_deadlines(recorder, spoken, readings)),
        actions=tuple(actions),
        checks=tuple(checks),
        snapshots=recorder.count,
    )


def _lanes(
    snapshots: Sequence[Snapshot],
    ends: datetime,
    spoken: _Spoken,
    readings: Mapping[str, str],
    organizations: Sequence[str],
) -> list[Lane]:
    states: dict[Key, list[Span]] = {}
    for number, snapshot in enumerate(snapshots):
        until = snapshots[number + 1].at if number + 1 < len(snapshots) else ends
        for key, (state, amount) in _states(snapshot, spoken, readings):
            _extend(states.setdefault(key, []), snapshot, unfreeze(until), state, amount)
    lanes = [Lane(kind, organization, name, tuple(spans)) for (kind, organization, name), spans in states.items()]
    order = tuple(LaneKind)
    return sorted(
        (lane for lane in lanes if _says_anything(lane)),
        key=lambda lane: (_index(organizations, lane.organization), order.index(lane.kind)),
    )


def _deadlines(recorder: RecordingDriver, spoken: _Spoken, readings: Mapping[str, str]) -> list[Deadline]:
    observed = [
        Observed(
            unfreeze(snapshot.at),
            {spoken.organization(name): view for name, view in snapshot.organizations.items()},
            {spoken.subscription(name): view for name, view in snapshot.subscriptions.items()},
        )
        for snapshot in recorder.snapshots
    ]
    committed = frozenset(spoken.organization(name) for name in recorder.committed)
    found = deadlines_of(observed, committed, readings)
    return [replace(one, at=unfreeze(one.at), since=unfreeze(one.since)) for one in found]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The names in the scenario, by identifiers."""

    names: Mapping[tuple[str, str], str]

    def organization(self, identifier: str) -> str:
        return self.names.get(("organization", identifier), f"organization {preview_text(identifier, 40)}")

    def subscription(self, identifier: str) -> str:
        return self.names.get(("subscription", identifier), f"subscription {preview_text(identifier, 40)}")

    def service(self, identifier: str) -> str:
        return self.names.get(("service", identifier), f"service {preview_text(identifier, 40)}")


def _index(organizations: Sequence[str], name: str) -> int:
    return organizations.index(name) if name in organizations else len(organizations)


def _extend(spans: list[Span], snapshot: Snapshot, until: datetime, state: str, amount: Decimal | None) -> None:
    at = unfreeze(snapshot.at)
    last = spans[-1] if spans else None
    if last and last.state == state and last.amount == amount:
        spans[-1] = replace(last, end=until)
        return
    before = unfreeze(snapshot.before) if snapshot.before and last else None
    unseen = before if before and at - before > SECOND else None
    spans.append(Span(at, until, state, amount, unseen))


def _says_anything(lane: Lane) -> bool:
    """Return whether a lane has information; a state that never occurs in the scenario is left out."""
    silent = {LaneKind.TRIAL: "none", LaneKind.CREDITS: "none", LaneKind.DATA: "none", LaneKind.CYCLE: ""}
    return any(span.state != silent.get(lane.kind) for span in lane.spans)


def _states(snapshot: Snapshot, spoken: _Spoken, readings: Mapping[str, str]) -> Iterator[tuple[Key, State]]:
    for identifier, view in snapshot.organizations.items():
        name = spoken.organization(identifier)
        yield (LaneKind.METHOD, name, name), (_method(view.billing_method), None)
        running = view.trial.state is TrialState.ACTIVE
        yield (LaneKind.TRIAL, name, name), (_TRIALS[view.trial.state], view.trial.credits_left if running else None)
        yield (LaneKind.CREDITS, name, name), _credits(view.credits, snapshot.at, readings)
        for service in view.services:
            yield (LaneKind.SERVICE, name, spoken.service(service.service)), (str(service.state), None)
        yield (LaneKind.RESTRICTIONS, name, name), ("restricted" if view.restricted else "not restricted", None)
        yield (LaneKind.DATA, name, name), (str(view.data), None)
        cycle = view.billing_cycle
        dates = f"{format_value(cycle.first_day)} to {format_value(cycle.last_day)}" if cycle else ""
        yield (LaneKind.CYCLE, name, name), (dates, None)
    for identifier, subscription in snapshot.subscriptions.items():
        linked = spoken.organization(subscription.organization) if subscription.organization else ""
        owner = linked or _first(snapshot, spoken)
        state = _SUBSCRIPTIONS[subscription.state]
        yield (LaneKind.SUBSCRIPTION, owner, spoken.subscription(identifier)), (state, None)


def _credits(grants: Sequence[Credits], at: datetime, readings: Mapping[str, str]) -> State:
    if not grants:
        return "none", None
    valid = [grant for grant in grants if takes_effect(grant.expires_at, readings) > at]
    left = sum((grant.left for grant in valid), ZERO)
    return ("left" if left else "used up" if valid else "expired"), left


def _first(snapshot: Snapshot, spoken: _Spoken) -> str:
    return next((spoken.organization(name) for name in snapshot.organizations), "")


def _method(method: BillingMethod) -> str:
    through = _MARKETPLACES.get(str(method.marketplace), "")
    if method.kind is MethodKind.MARKETPLACE:
        return f"{through} Marketplace" if through == "AWS" else f"{through} marketplace"
    return _METHODS[method.kind] + (f" ({through})" if through else "")


def _points(name: str, view: OrganizationView, spoken: _Spoken) -> Iterator[Point]:
    for charge in view.charges:
        yield Point(
            unfreeze(charge.at), PointKind.CHARGED if charge.succeeded else PointKind.FAILED, name, charge.amount
        )
    for invoice in view.invoices:
        dates = f"for {format_value(invoice.first_day)} to {format_value(invoice.last_day)}"
        yield Point(unfreeze(invoice.issued_at), PointKind.INVOICE, name, invoice.amount, dates, str(invoice.state))
    for line in view.marketplace_reports:
        kind = PointKind.USAGE_REPORT if line.kind is ReportKind.USAGE else PointKind.COMMITMENT_REPORT
        under = f"{preview_text(line.item, 40)}, under {spoken.subscription(line.subscription)}"
        yield Point(unfreeze(line.at), kind, name, line.amount, under)
    for contact in view.contacts:
        yield Point(unfreeze(contact), PointKind.CONTACT, name, None, "the vendor reached the customer")
