"""One history against an implementation, beside the reference on the same clock, every answer judged as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from billing_tck.contract import ImplementationError, Refused, Unsupported
from billing_tck.contract.values import (
    Description,
    InvoiceState,
    MarketplaceReport,
    OrganizationView,
    Service,
    SubscriptionView,
)
from billing_tck.explorer.comparator import Difference, Judge
from billing_tck.explorer.exclusions import untested
from billing_tck.explorer.history import IDENTIFIERS, INSTANTS, Act, Answer, History
from billing_tck.explorer.inference import Assignment, explain
from billing_tck.steps.world import Caller

T = TypeVar("T")

KIND_OF_RESULT = {
    "organization": "organization",
    "admin": "user",
    "user": "user",
    "service": "service",
    "account": "account",
    "subscription": "subscription",
}
_LOOKS_AT_SUBSCRIPTION = frozenset({"subscribe", "link_subscription", "end_subscription"})
MADE: Mapping[str, tuple[str, ...]] = {
    "create_organization": ("organization", "admin"),
    "register_user": ("user",),
    "add_member": ("user",),
    "create_service": ("service",),
    "open_marketplace_account": ("account",),
    "subscribe": ("subscription",),
    "link_subscription": ("organization",),
}
"""The fields of a result that are handed out and spoken of later."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The implementation: how it is called, what it declares, how late its effects may show."""

    driver: Caller
    description: Description
    settles: timedelta


@dataclass(slots=True)
class Played:
    """What came of a history: what was done of it, what was answered, and what differs in the end."""

    history: History
    answers: list[Answer] = field(default_factory=list)
    differences: tuple[Difference, ...] = ()
    assignment: Assignment = field(default_factory=dict)
    commands: int = 0
    error: ImplementationError | None = None


Tells = Callable[[Played], bool]
"""Whether what differs can be told in phrases; a history goes on where it cannot."""


class Play:
    """A history while it is played.

    `assignment` gives values for knobs that are not declared, as far as something is supposed of them.
    """

    def __init__(
        self, subject: Subject, start: datetime, assignment: Assignment | None = None, tells: Tells | None = None
    ) -> None:
        self.subject = subject
        self._tells = tells
        self.assignment = dict(assignment or {})
        self.judge = self._judge()
        self.start = self.now = start
        self.acts: list[Act] = []
        self.answers: list[Answer] = []
        self.aside: tuple[Difference, ...] = ()  # the first that no phrase tells: something better may follow
        self.over = False  # values of undeclared knobs lead where nothing is tested, or are too many to try
        self._refuted = False  # no value of an undeclared knob explains what was put aside, nor anything after it
        self.commands = 0
        self._theirs: dict[str, str] = {}
        self._labels: dict[tuple[str, str], str] = {}
        self._call("reset", {}, start)

    def _judge(self) -> Judge:
        return Judge({**self.assignment, **self.subject.description.readings}, self.subject.settles)

    def possible(self, act: Act) -> bool:
        """Whether an act speaks of what there is, and is tested as things stand."""
        if act.method == "pay_invoice":
            label = str(act.named["organization"])
            if label not in self.judge.ours:
                return False
            return bool(self.judge.oracle.organization(self.judge.ours[label]).open_invoices)
        return untested(self.judge, act.method, self._absolute(act)) is None

    def do(self, act: Act) -> tuple[Difference, ...]:
        """Does it, and looks; what differs, where no value of an undeclared knob explains it."""
        self.acts.append(act)
        self.commands += 1
        if act.method == "pay_invoice":
            found = self._pay(act)
        elif act.method == "advance_to":
            found = self._call("advance_to", {}, self.now + (act.wait or timedelta()))
        else:
            found = self._call(act.method, self._absolute(act), self.now, act.makes)
        return found or (() if self.over else self._look(act))

    def _look(self, act: Act) -> tuple[Difference, ...]:
        for kind, label in self._seen_after(act):
            found = self._call(f"get_{kind}", {kind: label}, self.now)
            if found:
                return found
        return ()

    def _seen_after(self, act: Act) -> Iterable[tuple[str, str]]:
        judge = self.judge
        if act.method == "advance_to":
            for number, organization in judge.oracle.organizations().items():
                yield "organization", judge.labels[number]
                for subscription in organization.subscriptions:
                    yield "subscription", judge.labels[subscription.id]
            return
        owner = judge.owner_of(Answer(self.now, act.method, act.named, None))
        if owner is None and act.method == "link_subscription" and act.makes and act.makes[0] in judge.ours:
            owner = act.makes[0]
        if owner is not None and owner in judge.ours:
            yield "organization", owner
        label = act.makes[0] if act.method == "subscribe" else str(act.named.get("subscription"))
        if act.method in _LOOKS_AT_SUBSCRIPTION and label in judge.ours:
            yield "subscription", label

    def _pay(self, act: Act) -> tuple[Difference, ...]:
        label = str(act.named["organization"])
        found = self._call("get_organization", {"organization": label}, self.now)
        if found:
            return found
        view = self.answers[-1].outcome
        invoices = view.invoices if isinstance(view, OrganizationView) else ()
        opened = [invoice for invoice in invoices if invoice.state is InvoiceState.OPEN]
        if not opened:
            return ()
        oldest = min(opened, key=lambda invoice: invoice.issued_at)
        return self._call("pay_invoice", {"invoice": oldest.invoice}, self.now)

    def _absolute(self, act: Act) -> dict[str, object]:
        return {
            name: self.now + value if name in INSTANTS and isinstance(value, timedelta) else value
            for name, value in act.params
        }

    def _call(
        self, method: str, params: dict[str, object], at: datetime, makes: tuple[str, ...] = ()
    ) -> tuple[Difference, ...]:
        """One call, on both sides; what differs and is not explained."""
        sent: dict[str, object] = {
            name: self._theirs[str(value)] if name in IDENTIFIERS and name != "invoice" else value
            for name, value in params.items()
        }
        if method in {"reset", "advance_to"}:
            sent["now"] = at
        outcome: object
        try:
            outcome = self._labelled(method, self.subject.driver.call(method, sent), makes)
        except (Refused, Unsupported) as said:
            outcome = said
        self.now = at
        answer = Answer(at, method, params, outcome, makes)
        self.answers.append(answer)
        found = self.judge.take(answer)
        return self._unexplained(found) if found else ()

    def _unexplained(self, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
        soft = all(difference.soft for difference in found)
        if soft and self.aside:
            return ()
        if not self._refuted:
            declared, settles = self.subject.description.readings, self.subject.settles
            explanation = explain(self.answers, declared, settles, self.assignment, soft=soft)
            if explanation.untestable or explanation.undecided:
                self.over = not soft
                return ()
            if explanation.judge is not None:
                self.assignment = dict(explanation.assignment)
                self.judge = explanation.judge
                return ()
            self._refuted = not soft
        if soft:
            self.aside = found
            return ()
        hard = tuple(difference for difference in found if not difference.soft)
        if self._tells is None or hard[0].field == "outcome" or self._tells(self._played(hard)):
            return hard
        if not self.aside or self.aside[0].soft:
            self.aside = hard
        return ()

    def _played(self, differences: tuple[Difference, ...]) -> Played:
        return Played(
            History(self.start, tuple(self.acts)), self.answers, differences, dict(self.assignment), self.commands
        )

    def played(self, differences: tuple[Difference, ...]) -> Played:
        """What came of it; where nothing better differed, what was put aside."""
        return self._played(differences or self.aside)

    def _labelled(self, method: str, outcome: object, makes: tuple[str, ...]) -> object:
        """The outcome with labels for the identifiers of the implementation."""
        for label, name in zip(makes, MADE.get(method, ()), strict=False):
            identifier = str(getattr(outcome, name))
            kind = KIND_OF_RESULT[name]
            self._theirs[label] = identifier
            self._labels[kind, identifier] = label
        return relabelled(outcome, self._labels)


def relabelled(outcome: object, labels: Mapping[tuple[str, str], str]) -> object:
    """An outcome with labels for the identifiers of the implementation; `labels` go by kind and identifier."""
    if isinstance(outcome, OrganizationView):
        services = tuple(
            Service(labels.get(("service", s.service), s.service), s.state, s.replica_memory_gib)
            for s in outcome.services
        )
        reports = tuple(
            MarketplaceReport(
                labels.get(("subscription", r.subscription), r.subscription), r.at, r.kind, r.item, r.amount
            )
            for r in outcome.marketplace_reports
        )
        return _replaced(outcome, services=services, marketplace_reports=reports)
    if isinstance(outcome, SubscriptionView) and outcome.organization is not None:
        label = labels.get(("organization", outcome.organization), outcome.organization)
        return _replaced(outcome, organization=label)
    return outcome


def _replaced(value: T, **changes: object) -> T:
    """The same frozen value with some fields replaced."""
    fields = type(value).__dataclass_fields__  # type: ignore[attr-defined] # both views are dataclasses
    return type(value)(**{name: changes.get(name, getattr(value, name)) for name in fields})


Chooser = Callable[[Play], Act | None]


def play(
    subject: Subject,
    start: datetime,
    choose: Chooser,
    assignment: Assignment | None = None,
    tells: Tells | None = None,
) -> Played:
    """Plays what `choose` says until it has no more, or until something differs."""
    begun: Play | None = None
    try:
        begun = Play(subject, start, assignment, tells)
        differences: tuple[Difference, ...] = ()
        while not differences and not begun.over and (act := choose(begun)) is not None:
            differences = begun.do(act)
    except ImplementationError as error:
        acts = tuple(begun.acts) if begun is not None else ()
        commands = begun.commands if begun is not None else 1
        answers = begun.answers if begun is not None else []
        return Played(History(start, acts), answers, (), dict(assignment or {}), commands, error)
    return begun.played(differences)


def replay(
    subject: Subject, history: History, assignment: Assignment | None = None, tells: Tells | None = None
) -> Played:
    """Plays a history as it is written; what is not possible, or not tested, as things stand is left out."""
    acts = iter(history.acts)

    def choose(now: Play) -> Act | None:
        return next((act for act in acts if now.possible(act)), None)

    return play(subject, history.start, choose, assignment, tells)
