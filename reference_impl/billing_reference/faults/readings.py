"""Faults of readings: what is declared is one value of a knob, what is done is another.

Each is lawful in itself and wrong beside its declaration, so that only the edges of the reading can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from billing_reference.faults.fault import Fault
from billing_reference.readings import PIECES

_CLAUSES: dict[str, tuple[str, ...]] = {
    "deadline_instant": ("BC-29", "BC-02", "BC-08", "BC-09", "BC-30", "BC-31"),
    "trial_exhausted": ("BC-03",),
    "trial_deletion_origin": ("BC-09",),
    "no_method_create": ("BC-01",),
    "cycle_anchor": ("BC-15",),
    "month_end": ("BC-39",),
    "threshold_comparison": ("BC-18",),
    "threshold_rearm": ("BC-18",),
    "card_replacement": ("BC-28",),
    "unpaid_clock": ("BC-29",),
    "extension_scope": ("BC-32",),
    "extension_end": ("BC-32",),
    "restart_after_payment": ("BC-29",),
    "marketplace_end": ("BC-44", "BC-45", "BC-46"),
    "report_lines": ("BC-36",),
    "usage_before_linking": ("AWS-29",),
    "credit_order": ("BC-55",),
    "commitment_expiry_fallback": ("BC-61",),
    "commitment_protection": ("BC-66",),
}
"""The clauses that the edges of a knob test."""

_OTHERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("marketplace_end", "stops_at_end"): ("BC-45", "BC-46"),
    ("restart_after_payment", "automatic"): ("BC-29", "BC-45"),
}
"""Where the edges of one value test others."""


def misdeclared() -> Iterator[Fault]:
    """For each knob, every value declared with every other one done."""
    for knob, values in PIECES.items():
        for declared in values:
            for done, pieces in values.items():
                if done != declared:
                    yield Fault(
                        f"says-{_kebab(knob)}-{_kebab(declared)}-does-{_kebab(done)}",
                        f"Declares {knob}={declared}, and does as {done} says.",
                        _OTHERS.get((knob, declared), _CLAUSES[knob]),
                        pieces,
                        declares={knob: declared},
                        family=_family(pieces),
                    )


def _family(pieces: object) -> str:
    name = next(iter(pieces), "") if isinstance(pieces, dict) else ""
    return str(name).rpartition(".")[0] or "general"


def _kebab(name: str) -> str:
    return name.replace("_", "-")
