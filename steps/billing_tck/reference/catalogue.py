"""The catalogue of the reference's faults, and the reference itself for a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import billing_reference
from billing_reference import FAULTS, SWEEPS, build

__all__ = ["SWEEPS", "FaultEntry", "catalogue", "code_folder", "served"]


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A deliberate mistake that the reference can make: its name, a sentence, and the clauses that it violates.

    `declares` are the readings that it declares, if they differ from the defaults.
    """

    name: str
    sentence: str
    clauses: tuple[str, ...]
    family: str
    declares: tuple[tuple[str, str], ...] = ()


def catalogue() -> tuple[FaultEntry, ...]:
    """Return every fault, in the order of the families."""
    return tuple(
        FaultEntry(f.name, f.sentence, tuple(f.clauses), str(f.family), tuple(f.declares.items()))
        for f in FAULTS.values()
    )


def code_folder() -> Path:
    """Return the folder of the reference's code; that of its faults is `faults` in it."""
    return Path(str(billing_reference.__file__)).parent


def served(
    *, readings: Mapping[str, str], fault: str | None, late: str | None
) -> tuple[object, Callable[[datetime], None]]:
    """Return the reference on a clock that the caller sets: the implementation, and the function that sets its clock.

    Raises ValueError if a fault, knob or value does not exist; the message lists those that do.
    """
    now = [datetime(2025, 1, 1, tzinfo=UTC)]

    def set_clock(instant: datetime) -> None:
        now[0] = instant

    return build(readings=readings, fault=fault, late=late, clock=lambda: now[0]), set_clock
