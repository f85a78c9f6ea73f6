"""Run all checks in order, and summarize them as a diagnosis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from billing_tck.connection import Timeouts
from billing_tck.contract.values import Description
from billing_tck.doctor.cases import Case
from billing_tck.doctor.checks import (
    NotDescribed,
    answers_plain_calls,
    declares_what_it_answers,
    describes_itself,
    refuses_in_the_contracts_words,
    unknown_methods_are_unsupported,
)
from billing_tck.doctor.clock_checks import (
    forgets,
    goes_back_with_reset,
    reads_without_effect,
    stands_still,
    takes_odd_instants,
)
from billing_tck.doctor.edge_value_checks import MANY, keeps_many_apart, takes_odd_amounts, takes_odd_texts
from billing_tck.doctor.equivalence_checks import ends_alike_in_jumps_and_steps, orders_its_lists
from billing_tck.doctor.findings import Finding, Severity, count_of
from billing_tck.doctor.session import DoctorSession, Stopped
from billing_tck.drivers import Driver
from billing_tck.spec.requirements import Register

SLOW = 0.5  # of the timeout
NEEDED = frozenset({"reset", "create_organization"})  # without which nothing else can be tried

CHECKS: Mapping[str, Case] = MappingProxyType(
    {
        "describe_implementation is valid": describes_itself,
        "declared capabilities work in a simple case": answers_plain_calls,
        "undeclared capabilities are unsupported": declares_what_it_answers,
        "unknown methods are unsupported": unknown_methods_are_unsupported,
        "reading has no effect": reads_without_effect,
        "advance_to the current instant changes nothing": stands_still,
        "reset removes everything": forgets,
        "reset accepts earlier and distant instants": goes_back_with_reset,
        "unusual instants": takes_odd_instants,
        "unusual amounts": takes_odd_amounts,
        "unusual texts": takes_odd_texts,
        f"{MANY} organizations": keeps_many_apart,
        "one jump and daily steps end in the same state": ends_alike_in_jumps_and_steps,
        "lists are in chronological order": orders_its_lists,
        "refusals have a valid reason": refuses_in_the_contracts_words,
    }
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The findings of one check; `stopped` says why it did not run to the end."""

    name: str
    findings: tuple[Finding, ...]
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of all checks."""

    description: Description | None
    findings: tuple[Finding, ...]
    unsupported: tuple[str, ...]
    calls: int
    slowest: tuple[str, float]
    reached: bool

    @property
    def errors(self) -> int:
        """The number of errors."""
        return count_of(self.findings, Severity.ERROR)


def examine(
    driver: Driver,
    register: Register,
    *,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
    on_check: Callable[[CheckResult], None] = lambda _: None,
) -> Diagnosis:
    """Run every check, and pass each result to `on_check`.

    `timeouts` are those of a run; a driver with longer ones shows how long a slow call really takes.
    """
    session = DoctorSession(driver, register, timeouts)
    reached = True
    for name, check in CHECKS.items():
        before, stopped = len(session.findings), ""
        try:
            check(session)
        except Stopped as why:
            stopped = str(why)
        except NotDescribed as unspeakable:
            reached = unspeakable.reached
        on_check(CheckResult(name, tuple(session.findings[before:]), stopped))
        if session.lost or session.description is None or NEEDED & session.unsupported.keys():
            break
    _missing_methods(session)
    _slow(session)
    return Diagnosis(
        session.description,
        tuple(session.findings),
        tuple(session.unsupported),
        session.calls,
        session.slowest,
        reached and not session.lost,
    )


def _missing_methods(session: DoctorSession) -> None:
    """Report required methods that are unsupported: an error as soon as any capability is declared."""
    if not session.unsupported or session.description is None:
        return
    declared = session.description.capabilities
    finding = Finding(
        Severity.ERROR if declared else Severity.TODO,
        ", ".join(session.unsupported),
        "unsupported"
        + (f", while {', '.join(declared)} is declared" if declared else "")
        + ("; nothing else can be checked without it" if NEEDED & session.unsupported.keys() else ""),
        "implement it: every implementation needs it, whatever it declares"
        if len(session.unsupported) == 1
        else "implement them: every implementation needs them, whatever it declares",
    )
    session.find(finding, "unsupported")


def _slow(session: DoctorSession) -> None:
    """Report calls that take longer than a run waits, and those that come near."""
    for method, seconds in session.slowest_of.items():
        limit, option = session.timeouts.of(method), session.timeouts.option(method)
        outcome = f"answered after {seconds:.1f} s; a run waits {limit:g} s"
        fix = f"answer sooner, or run with {option} {math.ceil(2 * seconds)}"
        if seconds > limit:
            session.report(
                method, f"{outcome}, so every scenario with this call would error", fix, key=f"slow {method}"
            )
        elif seconds > SLOW * limit:
            session.note(method, outcome, fix)
