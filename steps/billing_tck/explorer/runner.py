"""Play one history against an implementation and compare every answer with the reference's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from billing_tck.contract import ImplementationError, Refused, Unsupported
from billing_tck.contract.values import (
    Description,
    InvoiceState,
    OrganizationView,
)
from billing_tck.engine.runner import describe
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.exclusions import exclusion_of
from billing_tck.explorer.history import IDENTIFIERS, INSTANTS, Answer, Command, History, relabelled
from billing_tck.explorer.inference import Assignment, explain, known_readings
from billing_tck.spec.applicability import settles_within
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
_CHANGES_SUBSCRIPTION = frozenset({"subscribe", "link_subscription", "end_subscription"})
MADE: Mapping[str, tuple[str, ...]] = {
    "create_organization": ("organization", "admin"),
    "register_user": ("user",),
    "add_member": ("user",),
    "create_service": ("service",),
    "open_marketplace_account": ("account",),
    "subscribe": ("subscription",),
    "link_subscription": ("organization",),
}
"""The fields of a result that later calls use as identifiers."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An implementation: how it is called, what it declares, how late its effects may show."""

    driver: Caller
    description: Description
    settles: timedelta


def subject_of(driver: Caller) -> Subject:
    """Return an implementation as it describes itself, with the readings that the kit knows."""
    description = describe(driver)
    known = replace(description, readings=known_readings(description))
    return Subject(driver, known, settles_within(description))


@dataclass(slots=True)
class Played:
    """A history as far as it was played, with the answers and what differs in the end."""

    history: History
    answers: list[Answer] = field(default_factory=list)
    differences: tuple[Difference, ...] = ()
    assignment: Assignment = field(default_factory=dict)
    command_count: int = 0
    error: ImplementationError | None = None


Tells = Callable[[Played], bool]
"""Whether a scenario expresses what differs; a history goes on where none does."""


class Play:
    """A history while it is played.

    `assignment` gives inferred values of undeclared knobs. `aside` are differences that no scenario expresses, kept
    while the history goes on. `over` says that inferred values lead to what is not tested, or are too many to try.
    `beside` are answers of earlier histories that the inferred values have to explain, too; no views are read after the
    first `unread` commands.
    """

    def __init__(
        self,
        subject: Subject,
        start: datetime,
        assignment: Assignment | None = None,
        tells: Tells | None = None,
        *,
        beside: Sequence[Answer] = (),
        unread: int = 0,
    ) -> None:
        self.subject = subject
        self._tells = tells
        self._beside = beside
        self._unread = unread
        self.assignment = dict(assignment or {})
        self.comparator = self._new_comparator()
        self.start = self.now = start
        self.commands: list[Command] = []
        self.answers: list[Answer] = []
        self.aside: tuple[Difference, ...] = ()
        self.over = False
        self._refuted = False  # no values of undeclared knobs explain `aside`, nor anything after it
        self.command_count = 0
        self._theirs: dict[str, str] = {}
        self._labels: dict[tuple[str, str], str] = {}
        self._call("reset", {}, start)

    def _new_comparator(self) -> Comparator:
        readings = {**self.assignment, **self.subject.description.readings}
        return Comparator(readings, self.subject.settles, tells_wanted=False)

    def possible(self, command: Command) -> bool:
        """Return whether a command uses labels that exist and is tested as things stand."""
        if command.method == "pay_invoice":
            label = str(command.named["organization"])
            if label not in self.comparator.ours:
                return False
            return bool(self.comparator.oracle.organization(self.comparator.ours[label]).open_invoices)
        return exclusion_of(self.comparator, command.method, self._absolute(command)) is None

    def do(self, command: Command) -> tuple[Difference, ...]:
        """Do a command and read what it may change; return what differs and no undeclared knob explains."""
        self.commands.append(command)
        self.command_count += 1
        if command.method == "pay_invoice":
            found = self._pay(command)
        elif command.method == "advance_to":
            found = self._call("advance_to", {}, self.now + (command.wait or timedelta()))
        else:
            found = self._call(command.method, self._absolute(command), self.now, command.makes)
        return found or (() if self.over or self.command_count <= self._unread else self._read(command))

    def _read(self, command: Command) -> tuple[Difference, ...]:
        for kind, label in self._views_after(command):
            found = self._call(f"get_{kind}", {kind: label}, self.now)
            if found:
                return found
        return ()

    def _views_after(self, command: Command) -> Iterable[tuple[str, str]]:
        comparator = self.comparator
        if command.method == "advance_to":
            for number, organization in comparator.oracle.organizations().items():
                yield "organization", comparator.labels[number]
                for subscription in organization.subscriptions:
                    yield "subscription", comparator.labels[subscription.id]
            return
        owner = comparator.owner_of(command.named)
        if owner is None and command.method in {"create_organization", "link_subscription"}:
            owner = next(iter(command.makes), None)
        if owner is not None and owner in comparator.ours:
            yield "organization", owner
        label = command.makes[0] if command.method == "subscribe" else str(command.named.get("subscription"))
        if command.method in _CHANGES_SUBSCRIPTION and label in comparator.ours:
            yield "subscription", label

    def _pay(self, command: Command) -> tuple[Difference, ...]:
        label = str(command.named["organization"])
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

    def _absolute(self, command: Command) -> dict[str, object]:
        return {
            name: self.now + value if name in INSTANTS and isinstance(value, timedelta) else value
            for name, value in command.params
        }

    def _call(
        self, method: str, params: dict[str, object], at: datetime, makes: tuple[str, ...] = ()
    ) -> tuple[Difference, ...]:
        """Make one call on both sides; return what differs and is not explained."""
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
        found = self.comparator.take(answer)
        return self._unexplained(found) if found else ()

    def _unexplained(self, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
        optional = all(difference.optional for difference in found)
        if optional and self.aside:
            return ()
        if not self._refuted:
            declared, settles = self.subject.description.readings, self.subject.settles
            answers = [*self._beside, *self.answers]
            explanation = explain(answers, declared, settles, self.assignment, optional=optional)
            if explanation.untestable or explanation.undecided:
                self.over = not optional
                return ()
            if explanation.comparator is not None:
                self.assignment = dict(explanation.assignment)
                self.comparator = explanation.comparator
                return ()
            self._refuted = not optional
        if optional:
            self.aside = found
            return ()
        hard = tuple(difference for difference in found if not difference.optional)
        if self._tells is None or hard[0].field == "outcome" or self._tells(self._played(hard)):
            return hard
        if not self.aside or self.aside[0].optional:
            self.aside = hard
        return ()

    def _played(self, differences: tuple[Difference, ...]) -> Played:
        return Played(
            History(self.start, tuple(self.commands)),
            self.answers,
            differences,
            dict(self.assignment),
            self.command_count,
        )

    def played(self, differences: tuple[Difference, ...]) -> Played:
        """Return the history as played, with what was put aside if nothing better differs."""
        return self._played(differences or self.aside)

    def _labelled(self, method: str, outcome: object, makes: tuple[str, ...]) -> object:
        """Return the outcome with labels in place of the implementation's identifiers."""
        for label, name in zip(makes, MADE.get(method, ()), strict=False):
            identifier = str(getattr(outcome, name))
            kind = KIND_OF_RESULT[name]
            self._theirs[label] = identifier
            self._labels[kind, identifier] = label
        return relabelled(outcome, lambda kind, identifier: self._labels.get((kind, identifier), identifier))


Chooser = Callable[[Play], Command | None]


def play(
    subject: Subject,
    start: datetime,
    choose: Chooser,
    assignment: Assignment | None = None,
    tells: Tells | None = None,
    *,
    beside: Sequence[Answer] = (),
    unread: int = 0,
) -> Played:
    """Play what `choose` returns until it returns None or something differs; for the options see `Play`."""
    begun: Play | None = None
    try:
        begun = Play(subject, start, assignment, tells, beside=beside, unread=unread)
        differences: tuple[Difference, ...] = ()
        while not differences and not begun.over and (command := choose(begun)) is not None:
            differences = begun.do(command)
    except ImplementationError as error:
        commands = tuple(begun.commands) if begun is not None else ()
        command_count = begun.command_count if begun is not None else 1
        answers = begun.answers if begun is not None else []
        return Played(History(start, commands), answers, (), dict(assignment or {}), command_count, error)
    return begun.played(differences)


def replay(
    subject: Subject, history: History, assignment: Assignment | None = None, tells: Tells | None = None
) -> Played:
    """Play a history as it is written, without what is not possible or not tested as things stand."""
    commands = iter(history.commands)

    def choose(now: Play) -> Command | None:
        return next((command for command in commands if now.possible(command)), None)

    return play(subject, history.start, choose, assignment, tells)
