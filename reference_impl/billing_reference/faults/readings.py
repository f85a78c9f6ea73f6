"""Faults of readings: an implementation declares one value of a knob and takes another.

Each is lawful in itself and wrong beside its declaration, so that only the edge scenarios of the reading detect it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from billing_reference.faults.fault import Fault
from billing_reference.readings import KNOBS

OTHER_CLAUSES: dict[tuple[str, str], tuple[str, ...]] = {
    ("marketplace_end", "stops_at_end"): ("BC-45", "BC-46"),
    ("restart_after_payment", "automatic"): ("BC-29", "BC-45"),
}
"""The clauses of one value, where its edge scenarios test others than those of its knob."""


def misdeclared() -> Iterator[Fault]:
    """For each knob, every value declared with every other one taken."""
    for name, knob in KNOBS.items():
        for declared, done in permutations(knob.values, 2):
            yield Fault(
                f"says-{name}-{declared}-does-{done}".replace("_", "-"),
                f"Declares {name}={declared}, and does as {done} says.",
                OTHER_CLAUSES.get((name, declared), knob.clauses),
                declares={name: declared},
                does={name: done},
                family=knob.family,
            )
