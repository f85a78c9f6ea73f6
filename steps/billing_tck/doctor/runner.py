"""All checks in their order, and what the examination as a whole comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from billing_tck.contract.values import Description
from billing_tck.doctor.cases import Case
from billing_tck.doctor.checks import (
    Unspeakable,
    answers_plain_calls,
    declares_what_it_answers,
    describes_itself,
    knows_what_it_has_not,
    refuses_in_the_contracts_words,
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
from billing_tck.doctor.findings import Finding, Weight, said_of
from billing_tck.doctor.session import Examination, Stopped
from billing_tck.drivers import Driver
from billing_tck.spec.requirements import Register

SLOW = 0.5  # of the timeout
NEEDED = frozenset({"reset", "create_organization"})  # without which nothing else can be tried

CHECKS: Mapping[str, Case] = MappingProxyType(
    {
        "it describes itself": describes_itself,
        "what is declared is answered, in a plain case": answers_plain_calls,
        "what is not declared is unsupported": declares_what_it_answers,
        "a method that nobody knows is unsupported": knows_what_it_has_not,
        "reading twice": reads_without_effect,
        "the clock may stand still": stands_still,
        "reset forgets": forgets,
        "reset goes back, and far away": goes_back_with_reset,
        "odd instants": takes_odd_instants,
        "odd amounts": takes_odd_amounts,
        "odd texts": takes_odd_texts,
        f"{MANY} organizations": keeps_many_apart,
        "one jump and many steps end alike": ends_alike_in_jumps_and_steps,
        "lists are in order of time": orders_its_lists,
        "a refusal is a refusal": refuses_in_the_contracts_words,
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """How one check went: the findings that it added, and why it could not be made to the end."""

    name: str
    findings: tuple[Finding, ...]
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the examination as a whole came to."""

    description: Description | None
    findings: tuple[Finding, ...]
    unfilled: tuple[str, ...]
    calls: int
    slowest: tuple[str, float]
    reached: bool

    @property
    def mends(self) -> int:
        """How many findings must be mended."""
        return said_of(self.findings, Weight.MEND)


def examine(
    driver: Driver, register: Register, *, timeout: float = 10.0, on_check: Callable[[Checked], None] = lambda _: None
) -> Diagnosis:
    """Makes every check, each told to `on_check` as soon as it is made."""
    ex = Examination(driver, register, timeout)
    reached = True
    for name, check in CHECKS.items():
        before, stopped = len(ex.findings), ""
        try:
            check(ex)
        except Stopped as why:
            stopped = str(why)
        except Unspeakable as unspeakable:
            reached = unspeakable.reached
        on_check(Checked(name, tuple(ex.findings[before:]), stopped))
        if ex.lost or ex.description is None or NEEDED & ex.unfilled.keys():
            break
    _still_to_fill(ex)
    _slow(ex)
    return Diagnosis(
        ex.description, tuple(ex.findings), tuple(ex.unfilled), ex.calls, ex.slowest, reached and not ex.lost
    )


def _still_to_fill(ex: Examination) -> None:
    """Methods that every implementation has in the end: a must as soon as anything is declared."""
    if not ex.unfilled or ex.description is None:
        return
    declared = ex.description.capabilities
    finding = Finding(
        Weight.MEND if declared else Weight.FILL,
        ", ".join(ex.unfilled),
        "unsupported"
        + (f", while {', '.join(declared)} is declared" if declared else "")
        + ("; nothing else could be tried without it" if NEEDED & ex.unfilled.keys() else ""),
        "fill it: it belongs to no capability, and every implementation has it"
        if len(ex.unfilled) == 1
        else "fill them: they belong to no capability, and every implementation has them",
    )
    ex.find(finding, "unfilled")


def _slow(ex: Examination) -> None:
    method, seconds = ex.slowest
    if seconds > SLOW * ex.timeout:
        came = f"an answer after {seconds:.1f} s; the kit waits for {ex.timeout:g} s"
        ex.note(method, came, "answer sooner, or give every run more time with --timeout")
