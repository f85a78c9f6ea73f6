"""The reference implementation of the documented billing rules, and its faulty variants.

The policy states the rules; the ledger applies them to the state of one world; the service is the contract around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from billing_reference.batch_settlement import SWEEPS, settling_in_batches
from billing_reference.build import assemble
from billing_reference.readings import DEFAULTS, READINGS, UnknownReading
from billing_reference.service import BillingService
from billing_reference.session import CAPABILITIES, system_clock

if TYPE_CHECKING:
    from billing_reference.faults import FAULTS, Fault, UnknownFault

__all__ = [
    "CAPABILITIES",
    "DEFAULTS",
    "FAULTS",
    "READINGS",
    "SWEEPS",
    "BillingService",
    "Fault",
    "UnknownFault",
    "UnknownReading",
    "build",
]


def __getattr__(name: str) -> object:
    """Load the catalogue of faults when it is first used: the reference itself starts without it."""
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
    """Return an implementation of the contract, in process.

    `readings` are values of knobs, the default where nothing is said; `fault` is the name of one deliberate mistake,
    which may declare readings of its own; `late` is the name of a daily sweep (`SWEEPS`) after which effects show;
    `clock` gives the present instant, by default the system's. Raises UnknownReading, UnknownFault or ValueError; the
    message says what exists.
    """
    clock = clock or system_clock
    if fault is None:
        service = assemble(readings or {}, clock)
    else:
        from billing_reference.faults import find_fault  # noqa: PLC0415 - as above

        wrong = find_fault(fault)
        service = assemble({**wrong.declares, **(readings or {})}, clock, parts=wrong.parts, done=wrong.does)
    return service if late is None else settling_in_batches(service, late)
