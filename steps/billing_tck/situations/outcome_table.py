"""What happens to an organization, for each billing method and each event: a table made by running scenarios.

Each cell is a small scenario in the phrases of the features; its text is the state at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

from billing_tck.connect import open_unfrozen
from billing_tck.contract.values import ZERO, CardBehaviour, EndCause, Marketplace, Offer
from billing_tck.engine.runner import describe
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.card_billing import card_answers, pays_by_card
from billing_tck.steps.commitments import direct_commitment, marketplace_commitment
from billing_tck.steps.gherkin_cell import read_cell
from billing_tck.steps.marketplace import pays_through, subscribes_and_links, subscription_ends
from billing_tck.steps.organizations import creates_service, organization_without_method, uses
from billing_tck.steps.parameter_types import ORGANIZATIONS, SUBSCRIPTIONS, CardResponse
from billing_tck.steps.registry import load
from billing_tck.steps.step_call import StepCall, call
from billing_tck.steps.time_passing import cycle_ends, it_is, time_passes
from billing_tck.steps.trial import on_trial
from billing_tck.text.format import format_day, format_money
from billing_tck.timeline.model import LaneKind, PointKind, Trace
from billing_tck.timeline.observation import trace_of

Steps = Sequence[StepCall]

_ORGANIZATION = ORGANIZATIONS[0]
_START = datetime(2025, 1, 18, 9, tzinfo=UTC)
_LAST_DAY_OF_CYCLE = datetime(2025, 2, 17, 9, tzinfo=UTC)
_TERM = datetime(2025, 3, 20, 9, tzinfo=UTC)
_CREDIT = Decimal("500.00")
_DATED = frozenset({"stopped", "deleted", "restricted"})


def _pass(days: int) -> StepCall:
    return call(time_passes, span=timedelta(days=days), passes="plural")


def _uses(dollars: int) -> StepCall:
    return call(uses, organization=_ORGANIZATION, amount=Decimal(dollars))


_END = call(cycle_ends, organization=_ORGANIZATION)
_CYCLE = (_END, _pass(3))
_USES, _USES_MORE = _uses(40), _uses(600)
_AFTER_THE_TERM = call(it_is, instant=_TERM + timedelta(days=2))
_LAST_DAY = call(it_is, instant=_LAST_DAY_OF_CYCLE)
_DECLINES = call(card_answers, organization=_ORGANIZATION, card=CardResponse(CardBehaviour.DECLINES))
_CANCELLED = call(subscription_ends, subscription=SUBSCRIPTIONS[0], cause=EndCause.CANCELLED)
_BY_CARD = call(pays_by_card, organization=_ORGANIZATION)

_MARKETPLACES = {"AWS": Marketplace.AWS, "GCP": Marketplace.GCP, "Azure": Marketplace.AZURE}

METHODS: Mapping[str, Steps] = {
    "nothing yet": (
        call(organization_without_method, organization=_ORGANIZATION),
        call(creates_service, organization=_ORGANIZATION),
    ),
    "a trial": (call(on_trial, organization=_ORGANIZATION, amount=Decimal("300.00")),),
    "a card": (_BY_CARD,),
    **{
        name: (call(pays_through, organization=_ORGANIZATION, marketplace=marketplace),)
        for name, marketplace in _MARKETPLACES.items()
    },
    "AWS, a card behind it": (
        _BY_CARD,
        call(subscribes_and_links, organization=_ORGANIZATION, offer=Offer.PAYG, marketplace=Marketplace.AWS),
    ),
    "a direct commitment": (call(direct_commitment, organization=_ORGANIZATION, amount=_CREDIT, until=_TERM),),
    "a commitment through AWS": (
        call(
            marketplace_commitment,
            organization=_ORGANIZATION,
            amount=_CREDIT,
            until=_TERM,
            marketplace=Marketplace.AWS,
        ),
    ),
}
_ALL = tuple(METHODS)
_WITH_CARD = ("a card", "AWS, a card behind it")
_SUBSCRIBED = (*_MARKETPLACES, "AWS, a card behind it", "a commitment through AWS")
_COMMITTED = ("a direct commitment", "a commitment through AWS")

# How each method comes to a debt at the end of a cycle. A trial comes to none: it ends, and nothing can be used then.
_DEBTS: Mapping[str, Steps] = {
    "nothing yet": (_USES, _END),
    "a card": (_DECLINES, _USES, _END),
    **dict.fromkeys(_MARKETPLACES, (_LAST_DAY, _CANCELLED, _USES, _END)),
    "AWS, a card behind it": (_LAST_DAY, _CANCELLED, _DECLINES, _USES, _END),
    "a direct commitment": (_USES_MORE, _END),
    "a commitment through AWS": (_LAST_DAY, _CANCELLED, _USES_MORE, _END),
}


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its steps, the methods for which it can happen, and the steps before it by method."""

    steps: Steps
    methods: Sequence[str] = _ALL
    first: Mapping[str, Steps] = field(default_factory=dict)

    def course(self, method: str) -> Steps:
        """Return all its steps for a method."""
        return (*self.first.get(method, ()), *self.steps)


EVENTS: Mapping[str, Event] = {
    "nothing used, the cycle is over": Event(_CYCLE),
    "$40.00 used, the cycle is over": Event((_USES, *_CYCLE)),
    "a trial's 30 days pass unused": Event((_pass(33),)),
    "$600.00 used, the cycle is over": Event((_USES_MORE, *_CYCLE)),
    "the card declines at the cycle's end": Event((_DECLINES, _USES, *_CYCLE), _WITH_CARD),
    "17 days after the cycle that was not paid": Event((_pass(17),), tuple(_DEBTS), _DEBTS),
    "33 days after the cycle that was not paid": Event((_pass(33),), tuple(_DEBTS), _DEBTS),
    "the subscription is cancelled, $40.00 used, 5 days pass": Event((_CANCELLED, _USES, _pass(5)), _SUBSCRIBED),
    "… 20 days pass": Event((_CANCELLED, _USES, _pass(20)), _SUBSCRIBED),
    "… 36 days pass": Event((_CANCELLED, _USES, _pass(36)), _SUBSCRIBED),
    "the subscription is cancelled, nothing used, 36 days pass": Event((_CANCELLED, _pass(36)), _SUBSCRIBED),
    "the term is over, nothing used": Event((_AFTER_THE_TERM, *_CYCLE), _COMMITTED),
    "the term is over, then $40.00 used": Event((_AFTER_THE_TERM, _USES, *_CYCLE), _COMMITTED),
}


@cache
def table_scenarios() -> Mapping[tuple[str, str], Scenario]:
    """Return the scenario of each event and method."""
    begins = call(it_is, instant=_START)
    made = {}
    for event, what in EVENTS.items():
        for method in what.methods:
            givens = [f"And {step.text}" for step in METHODS[method]]
            whens = [f"When {step.text}" for step in what.course(method)]
            made[event, method] = read_cell("\n".join([f"Given {begins.text}", *givens, *whens]), load())[0]
    return made


def reference_outcomes() -> dict[tuple[str, str], str]:
    """Run the table against the reference under its default readings."""
    with closing(open_unfrozen("reference")) as driver:
        described = describe(driver)
        return {
            key: outcome(trace_of(scenario, driver, described, load())) for key, scenario in table_scenarios().items()
        }


def outcome(trace: Trace | None) -> str:
    """Return what is seen at the end, the most severe first, with the day since when."""
    if trace is None:
        return "not applicable"
    said = [
        _since(trace, "data", LaneKind.DATA),
        _since(trace, "service", LaneKind.SERVICE, "the service"),
    ]
    if trace.state(LaneKind.RESTRICTIONS, trace.ends) == "restricted":
        said.append(_since(trace, "", LaneKind.RESTRICTIONS))
    owed = sum((p.amount or ZERO for p in trace.points if p.kind is PointKind.INVOICE and p.state == "open"), ZERO)
    for amount, words in (
        (owed, "owed"),
        (trace.total(PointKind.CHARGED), "charged"),
        (trace.total(PointKind.USAGE_REPORT), "reported"),
    ):
        said += [f"{format_money(amount)} {words}"] if amount else []
    return "; ".join([*said, f"billed by {trace.state(LaneKind.METHOD, trace.ends)}"])


def _since(trace: Trace, label: str, kind: LaneKind, name: str = "the organization") -> str:
    """Return the state of a lane at the end, with the day since when where it is not as in the beginning."""
    state = trace.state(kind, trace.ends, name)
    since = trace.since(kind, state, name)
    day = f" since {format_day(since.date())}" if since is not None and state in _DATED else ""
    return f"{label} {state}{day}".lstrip()
