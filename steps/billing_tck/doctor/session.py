"""One examination: every call that is made, what came of it, and what is to be mended."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import cast

from billing_tck.clock import real_perf_counter
from billing_tck.contract import Contract, ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.capabilities import ALWAYS
from billing_tck.contract.encode import encode
from billing_tck.contract.values import Description, OrganizationView
from billing_tck.doctor.advice import mend_of
from billing_tck.doctor.findings import Finding, Weight
from billing_tck.drivers import Driver
from billing_tck.spec.requirements import Register
from billing_tck.text.preview import preview

START = datetime(2025, 1, 8, 9, 0, 0, tzinfo=UTC)
"""Where the clock stands in a plain case: a Wednesday morning, neither first nor last of anything."""

LOG_LINES = 5  # of an error stream, so many are shown beside a finding


class Stopped(Exception):
    """A check cannot go on, because something that it needs did not come; it says what."""


class Examination:
    """The calls of one examination.

    `ask` gives whatever came, `must` what was done (anything else is a finding and ends the check), and `impl` is
    `must` with the contract's types. `about` names the declared capabilities that the present case is about.
    """

    def __init__(self, driver: Driver, register: Register, timeout: float) -> None:
        self.driver = driver
        self.register = register
        self.timeout = timeout
        self.impl: Contract = cast("Contract", _Client(self.must))
        self.description: Description | None = None
        self.about: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self.unfilled: dict[str, None] = {}  # in order, methods that every implementation has and this one not yet
        self.calls = 0
        self.slowest = ("", 0.0)
        self.refusals = 0
        self.lost = False  # it could not be reached any more
        self._gone = False  # since the last reset it ended, and with it all that it had been told
        self._now = self._began = START
        self._known: set[str] = set()

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self._now

    def has(self, *capabilities: str) -> bool:
        """Whether all of these are declared."""
        return self.description is not None and set(capabilities) <= set(self.description.capabilities)

    @property
    def marketplaces(self) -> tuple[str, ...]:
        """The marketplaces that are declared."""
        return tuple(name for name in ("aws", "gcp", "azure") if self.has(f"marketplace.{name}"))

    def fresh(self, now: datetime = START) -> None:
        """Nothing is there any more, and the clock reads `now`."""
        self.impl.reset(now=now)

    def wait(self, span: timedelta) -> None:
        """Time passes."""
        self.impl.advance_to(now=self._now + span)

    def ask(self, method: str, **params: object) -> object:
        """What came of one call: the contract's value, or the exception that stands for something else."""
        if self._gone and method not in ("reset", "describe_implementation"):
            raise Stopped("it gave no answer before, and was begun anew: what it had been told is gone")
        sent = {name: value for name, value in params.items() if value is not None}
        begun = real_perf_counter()
        try:
            outcome = self.driver.call(method, sent)
        except (Refused, Unsupported, ImplementationError) as other:
            outcome = other
        seconds = real_perf_counter() - begun
        self.calls += 1
        if not isinstance(outcome, ImplementationError):  # what gave no answer has a finding of its own
            self.slowest = max(self.slowest, (method, seconds), key=lambda call: call[1])
        self.refusals += isinstance(outcome, Refused)
        if isinstance(outcome, ImplementationError):
            self._gone = self._gone or outcome.kind is not ErrorKind.INVALID  # see the drivers: that alone goes on
        elif method == "reset":
            self._gone = False
        if method in ("reset", "advance_to") and not isinstance(outcome, Exception):
            self._now = cast("datetime", sent["now"])
            self._began = self._now if method == "reset" else self._began
        if isinstance(outcome, OrganizationView):
            self._look_at(outcome, spoken(method, sent))
        return outcome

    def must(self, method: str, **params: object) -> object:
        """The value that came. Anything else becomes a finding, and Stopped is raised."""
        if self.lost:
            raise Stopped("it cannot be reached any more")
        outcome = self.ask(method, **params)
        if not isinstance(outcome, Exception):
            return outcome
        self.judge(outcome, spoken(method, params), method)
        raise Stopped(f"{method} {_in_short(outcome)}")

    def ask_all(self, *calls: tuple[str, Mapping[str, object]]) -> None:
        """Each of these calls must be done; all of them are tried. Raises Stopped, when all were, where one was not."""
        stopped: Stopped | None = None
        for method, params in calls:
            try:
                self.must(method, **params)
            except Stopped as other:
                stopped = stopped or other
        if stopped is not None:
            raise stopped

    def may_be_refused(self, method: str, **params: object) -> object:
        """What came of a call that may be refused as well as done; anything else becomes a finding."""
        outcome = self.ask(method, **params)
        if isinstance(outcome, Exception) and not isinstance(outcome, Refused):
            self.judge(outcome, spoken(method, params), method)
            raise Stopped(f"{method} {_in_short(outcome)}")
        return outcome

    def may_be_missing(self, method: str, **params: object) -> object:
        """The value that came, or None, where that is a finding and the check goes on."""
        try:
            return self.must(method, **params)
        except Stopped:
            return None

    def judge(self, outcome: Exception, called: str, method: str) -> None:
        """The finding that follows from a call that had to be done, and was not."""
        match outcome:
            case ImplementationError():
                self.failed(outcome, called)
            case Refused():
                self.mend(
                    called,
                    f"refused ({outcome.reason}): {outcome.message}",
                    "let it be done: in this plain case nothing in the contract refuses it. Setting up needs no "
                    "billing method, and a command that changes nothing is done",
                    key=f"refused {method}",
                )
            case Unsupported() if method in ALWAYS:
                self.unfilled[method] = None
            case _:
                declared = ", ".join(self.about)
                self.mend(
                    called,
                    f"unsupported, although {declared} is declared",
                    f"fill {method}, or take {declared} out of the capabilities that describe_implementation lists",
                    key=f"unsupported {method}",
                )

    def failed(self, error: ImplementationError, called: str, weight: Weight = Weight.MEND) -> None:
        """The finding of a call that gave nothing to judge; the same one is told once."""
        self.lost = self.lost or error.kind is ErrorKind.UNREACHABLE
        mend = mend_of(error, in_process=self.driver.in_process)
        came = error.message
        if error.kind is ErrorKind.INVALID:
            came = self._not_told_yet(error)
            if not came:
                return
            log: tuple[str, ...] = ()
        else:
            log = (error.log or self.driver.log_tail())[-LOG_LINES:]
        self.find(Finding(weight, called, came, mend, log), f"{error.method} {error.kind} {_alike(came)}")

    def _not_told_yet(self, error: ImplementationError) -> str:
        """Of all the places where an answer does not fit, one of each kind, and none that was told before."""
        new = []
        for fault in error.message.split("; "):
            key = f"{error.method} {_alike(fault)}"
            if key not in self._known and not re.fullmatch(r"and [0-9]+ more", fault):
                self._known.add(key)
                new.append(fault)
        return "; ".join(new)

    def mend(self, called: str, came: str, mend: str, *, key: str = "") -> None:
        """Something that must be mended; `key` tells findings apart that are the same."""
        self.find(Finding(Weight.MEND, called, came, mend), key or called + came)

    def note(self, called: str, came: str, mend: str) -> None:
        """Something worth knowing."""
        self.find(Finding(Weight.NOTE, called, came, mend), called + came)

    def find(self, finding: Finding, key: str) -> None:
        """Keeps a finding, unless the same is kept already."""
        if key not in self._known:
            self._known.add(key)
            self.findings.append(finding)

    def _look_at(self, view: OrganizationView, called: str) -> None:
        """What holds for every view of an organization, whatever the rules are."""
        for name, instants in _dated(view).items():
            for earlier, later in pairwise(instants):
                if later < earlier:
                    self.mend(
                        called,
                        f"{name} are not in order of time: {encode(earlier)} stands before {encode(later)}",
                        f"sort {name} by that instant, the earliest first; so every list of the view",
                        key=f"order {name}",
                    )
            for instant in instants:
                if not self._began <= instant <= self._now:
                    self.mend(
                        called,
                        f"{name} has {encode(instant)}, and the session runs from {encode(self._began)} "
                        f"to {encode(self._now)}",
                        "date things by the clock of reset and advance_to: never by the machine's own clock, never by "
                        "what is still to come, and by nothing from before the last reset",
                        key=f"clock {name}",
                    )
        for name, identifiers in (
            ("services", [service.service for service in view.services]),
            ("invoices", [invoice.invoice for invoice in view.invoices]),
        ):
            if len(set(identifiers)) < len(identifiers):
                self.mend(
                    called,
                    f"{name} has an identifier twice: {', '.join(map(preview, identifiers))}",
                    f"list each of the {name} once, under an identifier of its own",
                    key=f"twice {name}",
                )


def _dated(view: OrganizationView) -> Mapping[str, list[datetime]]:
    """The instants in a view that lie in the past, list by list."""
    dates = {
        "invoices (issued_at)": [invoice.issued_at for invoice in view.invoices],
        "charges (at)": [charge.at for charge in view.charges],
        "credits (granted_at)": [grant.granted_at for grant in view.credits],
        "marketplace_reports (at)": [report.at for report in view.marketplace_reports],
        "contacts": list(view.contacts),
        "trial (started_at, ended_at)": [at for at in (view.trial.started_at, view.trial.ended_at) if at is not None],
    }
    return {name: instants for name, instants in dates.items() if instants}


def _alike(message: str) -> str:
    """What is the same in messages that differ in values and places alone."""
    return re.sub(r"^the result does not fit the contract: |got .*|[0-9]+", "", message)


class _Client:
    """The contract's methods by name."""

    def __init__(self, call: Callable[..., object]) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Callable[..., object]:
        return functools.partial(self._call, name)


def spoken(method: str, params: Mapping[str, object]) -> str:
    """A call as it is told: `start_trial(organization="O-1", credits="300.00")`."""
    given = (f"{name}={preview(encode(value))}" for name, value in params.items() if value is not None)
    return f"{method}({', '.join(given)})"


def _in_short(outcome: Exception) -> str:
    match outcome:
        case Refused():
            return "was refused"
        case Unsupported():
            return "is unsupported"
    return "gave no answer that can be used"
