"""The calls of the doctor to an implementation, and the findings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from billing_tck.clock import real_perf_counter
from billing_tck.connection import Timeouts
from billing_tck.contract import Contract, ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.capabilities import ALWAYS
from billing_tck.contract.client import client
from billing_tck.contract.encode import encode
from billing_tck.contract.values import Description, OrganizationView
from billing_tck.contract.violations import SHOWN
from billing_tck.doctor.advice import fix_for
from billing_tck.doctor.findings import Finding, Severity
from billing_tck.drivers import Driver
from billing_tck.spec.requirements import Register
from billing_tck.sut import is_url
from billing_tck.text.preview import preview

START = datetime(2025, 1, 8, 9, 0, 0, tzinfo=UTC)
"""The clock at the beginning of a case: a Wednesday morning, far from the ends of a month."""

LOG_LINES = 5  # of the error stream, shown with a finding


class Stopped(Exception):
    """A check cannot go on; the message says why."""


class DoctorSession:
    """The calls to one implementation, and the findings.

    `ask` returns any outcome. `must` returns a result; any other outcome is a finding and ends the check. `impl` is
    `must` with the contract's types. `about` names the declared capabilities of the current case.
    """

    def __init__(self, driver: Driver, register: Register, timeouts: Timeouts) -> None:
        self.driver = driver
        self.register = register
        self.timeouts = timeouts
        self.impl: Contract = client(lambda method, params: self.must(method, **params))
        self.description: Description | None = None
        self.about: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self.unsupported: dict[str, None] = {}  # required methods, in order
        self.calls = 0
        self.slowest_of: dict[str, float] = {}  # seconds, by method
        self.refusals = 0
        self.lost = False  # the implementation is not reachable any more
        self._gone = False  # since the last reset it ended, and lost its state
        self._now = self._began = START
        self._known: set[str] = set()

    @property
    def now(self) -> datetime:
        """The current instant of the clock."""
        return self._now

    @property
    def slowest(self) -> tuple[str, float]:
        """The slowest method, and its seconds."""
        return max(self.slowest_of.items(), key=lambda call: call[1], default=("", 0.0))

    def has(self, *capabilities: str) -> bool:
        """Return whether all of these capabilities are declared."""
        return self.description is not None and set(capabilities) <= set(self.description.capabilities)

    @property
    def marketplaces(self) -> tuple[str, ...]:
        """The marketplaces that are declared."""
        return tuple(name for name in ("aws", "gcp", "azure") if self.has(f"marketplace.{name}"))

    def fresh(self, now: datetime = START) -> None:
        """Reset the implementation to `now`."""
        self.impl.reset(now=now)

    def wait(self, span: timedelta) -> None:
        """Advance the clock."""
        self.impl.advance_to(now=self._now + span)

    def ask(self, method: str, **params: object) -> object:
        """Return the outcome of a call: a value of the contract, or the exception in its place."""
        if self._gone and method not in ("reset", "describe_implementation"):
            raise Stopped("an earlier call got no answer, and the restarted implementation has lost its state")
        sent = {name: value for name, value in params.items() if value is not None}
        begun = real_perf_counter()
        try:
            outcome = self.driver.call(method, sent)
        except (Refused, Unsupported, ImplementationError) as other:
            outcome = other
        seconds = real_perf_counter() - begun
        self.calls += 1
        if not isinstance(outcome, ImplementationError):  # a call without an answer has its own finding
            self.slowest_of[method] = max(seconds, self.slowest_of.get(method, 0.0))
        self.refusals += isinstance(outcome, Refused)
        if isinstance(outcome, ImplementationError):
            self._gone = self._gone or outcome.kind is not ErrorKind.INVALID  # drivers restart it after any other error
        elif method == "reset":
            self._gone = False
        now = sent.get("now")
        if method in ("reset", "advance_to") and isinstance(now, datetime) and not isinstance(outcome, Exception):
            self._now = now
            self._began = self._now if method == "reset" else self._began
        if isinstance(outcome, OrganizationView):
            self._check_view(outcome, format_call(method, sent))
        return outcome

    def must(self, method: str, **params: object) -> object:
        """Return the result of a call. Report any other outcome as a finding, and raise Stopped."""
        if self.lost:
            raise Stopped("the implementation is not reachable any more")
        outcome = self.ask(method, **params)
        if not isinstance(outcome, Exception):
            return outcome
        self.judge(outcome, format_call(method, params), method)
        raise Stopped(f"{method} {_in_short(outcome)}")

    def ask_all(self, *calls: tuple[str, Mapping[str, object]]) -> None:
        """Make all of these calls, then raise Stopped if one of them failed."""
        stopped: Stopped | None = None
        for method, params in calls:
            try:
                self.must(method, **params)
            except Stopped as other:
                stopped = stopped or other
        if stopped is not None:
            raise stopped

    def may_be_refused(self, method: str, **params: object) -> object:
        """Return the outcome of a call that may succeed or be refused; report any other as a finding."""
        outcome = self.ask(method, **params)
        if isinstance(outcome, Exception) and not isinstance(outcome, Refused):
            self.judge(outcome, format_call(method, params), method)
            raise Stopped(f"{method} {_in_short(outcome)}")
        return outcome

    def may_be_missing(self, method: str, **params: object) -> object:
        """Return the result of a call, or report a finding and return None."""
        try:
            return self.must(method, **params)
        except Stopped:
            return None

    def judge(self, outcome: Exception, call: str, method: str) -> None:
        """Report the finding of a call that should have succeeded."""
        match outcome:
            case ImplementationError():
                self.failed(outcome, call)
            case Refused():
                self.report(
                    call,
                    f"refused ({outcome.reason}): {outcome.message}",
                    "accept the call: the contract has no reason to refuse it here. Creating services needs no billing "
                    "method, and a command that changes nothing succeeds",
                    key=f"refused {method}",
                )
            case Unsupported() if method in ALWAYS:
                self.unsupported[method] = None
            case _:
                declared = ", ".join(self.about)
                self.report(
                    call,
                    f"unsupported, although {declared} is declared",
                    f"implement {method}, or remove {declared} from the capabilities of describe_implementation",
                    key=f"unsupported {method}",
                )

    def failed(self, error: ImplementationError, call: str, severity: Severity = Severity.ERROR) -> None:
        """Report a call without a valid answer, unless the same was reported before."""
        self.lost = self.lost or error.kind is ErrorKind.UNREACHABLE
        fix = fix_for(error, in_process=self.driver.in_process, over_http=is_url(self.driver.spec))
        outcome = error.message
        if error.kind is ErrorKind.INVALID:
            outcome = self._new_violations(error)
            if not outcome:
                return
            log: tuple[str, ...] = ()
        else:
            log = (error.log or self.driver.log_tail())[-LOG_LINES:]
        self.find(Finding(severity, call, outcome, fix, log), f"{error.method} {error.kind} {_alike(outcome)}")

    def _new_violations(self, error: ImplementationError) -> str:
        """Return the violations of an answer that were not reported before; one of each kind."""
        new: list[str] = []
        for text in map(str, error.violations) if error.violations else (error.message,):
            key = f"{error.method} {_alike(text)}"
            if key not in self._known:
                self._known.add(key)
                new.append(text)
        more = len(new) - SHOWN
        return "; ".join(new[:SHOWN]) + (f"; and {more} more" if more > 0 else "")

    def report(self, call: str, outcome: str, fix: str, *, key: str = "") -> None:
        """Add an error; findings with the same `key` are reported once."""
        self.find(Finding(Severity.ERROR, call, outcome, fix), key or call + outcome)

    def note(self, call: str, outcome: str, fix: str) -> None:
        """Add a note."""
        self.find(Finding(Severity.NOTE, call, outcome, fix), call + outcome)

    def find(self, finding: Finding, key: str) -> None:
        """Add a finding, unless one with the same key exists."""
        if key not in self._known:
            self._known.add(key)
            self.findings.append(finding)

    def _check_view(self, view: OrganizationView, call: str) -> None:
        """Check what holds for every view of an organization, whatever the rules are."""
        for name, instants in _dated(view).items():
            for earlier, later in pairwise(instants):
                if later < earlier:
                    self.report(
                        call,
                        f"{name} are not in chronological order: {encode(earlier)} is listed before {encode(later)}",
                        f"sort {name} by that instant, earliest first, like every list of the view",
                        key=f"order {name}",
                    )
            for instant in instants:
                if not self._began <= instant <= self._now:
                    self.report(
                        call,
                        f"{name} has {encode(instant)}, and the session runs from {encode(self._began)} "
                        f"to {encode(self._now)}",
                        "date events by the clock of reset and advance_to, never by the machine's own clock; no event "
                        "can be in the future, or before the last reset",
                        key=f"clock {name}",
                    )
        for name, identifiers in (
            ("services", [service.service for service in view.services]),
            ("invoices", [invoice.invoice for invoice in view.invoices]),
        ):
            if len(set(identifiers)) < len(identifiers):
                self.report(
                    call,
                    f"{name} lists an identifier twice: {', '.join(map(preview, identifiers))}",
                    f"list each of the {name} once, with a unique identifier",
                    key=f"twice {name}",
                )


def _dated(view: OrganizationView) -> Mapping[str, list[datetime]]:
    """Return the past instants in a view, list by list."""
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
    """Remove the values and positions in which equal messages differ."""
    return re.sub(r"got .*|[0-9]+", "", message)


def format_call(method: str, params: Mapping[str, object]) -> str:
    """Return a call as text: `start_trial(organization="O-1", credits="300.00")`."""
    given = (f"{name}={preview(encode(value))}" for name, value in params.items() if value is not None)
    return f"{method}({', '.join(given)})"


def _in_short(outcome: Exception) -> str:
    match outcome:
        case Refused():
            return "was refused"
        case Unsupported():
            return "is unsupported"
    return "gave no valid answer"
