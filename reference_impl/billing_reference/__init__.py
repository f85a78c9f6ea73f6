"""The reference implementation of the documented billing rules, and its faulty variants.

A policy of pure functions over facts, and one thin shell that keeps the facts, reads the clock, and catches up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from billing_reference.late import SWEEPS, settling_late
from billing_reference.readings import DEFAULTS, READINGS, UnknownReading, complete, rules_under
from billing_reference.shell import CAPABILITIES, Billing, system_clock

if TYPE_CHECKING:
    from billing_reference.faults import FAULTS, Fault, UnknownFault

__all__ = [
    "CAPABILITIES",
    "DEFAULTS",
    "FAULTS",
    "READINGS",
    "SWEEPS",
    "Billing",
    "Fault",
    "UnknownFault",
    "UnknownReading",
    "build",
]


def __getattr__(name: str) -> object:
    """The catalogue of faults is loaded when it is asked for: who runs the reference itself does not wait for it."""
    if name not in {"FAULTS", "Fault", "UnknownFault"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from billing_reference import faults  # noqa: PLC0415

    return getattr(faults, name)


def build(
    *,
    readings: Mapping[str, str] | None = None,
    fault: str | None = None,
    late: str | None = None,
    clock: Callable[[], datetime] | None = None,
) -> object:
    """An implementation of the contract, in process.

    `readings` are the values of knobs, the default where nothing is said; `fault` is the name of one deliberate
    mistake, which may declare readings of its own; `late` the name of a daily sweep (`SWEEPS`) after which effects
    show; `clock` gives the present instant, by default the system's. Raises UnknownReading, UnknownFault or
    ValueError, each naming what is known.
    """
    wrong = None if fault is None else _fault(fault)
    taken = complete({**(wrong.declares if wrong else {}), **(readings or {})})
    rules = rules_under(taken)
    make: type[Billing] = Billing
    if wrong is not None:
        rules = rules.replaced(wrong.pieces)
        make = wrong.shell or Billing
    billing = make(rules, taken, clock or system_clock)
    return billing if late is None else settling_late(billing, late)


def _fault(name: str) -> Fault:
    from billing_reference.faults import find_fault  # noqa: PLC0415 - as above

    return find_fault(name)
