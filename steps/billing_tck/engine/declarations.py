"""Find what an implementation declares that the kit does not know."""

from __future__ import annotations

from collections.abc import Iterator

from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import Description
from billing_tck.spec.requirements import Register
from billing_tck.text.did_you_mean import did_you_mean


def unknown_declarations(description: Description, register: Register) -> Iterator[str]:
    """Yield unknown declarations of an implementation, because their scenarios would not run."""
    for name in description.capabilities:
        if name not in CAPABILITIES:
            hint = did_you_mean(name, CAPABILITIES, count=1)
            yield f"the declared capability {name!r} is not part of the contract; {hint}"
    knobs = {knob.name: {value.name for value in knob.values} for knob in register.knobs}
    for name, value in description.readings.items():
        if name not in knobs:
            yield f"the declared reading {name!r} is not a knob"
        elif value not in knobs[name]:
            yield f"the declared reading {name}={value} is not valid; expected one of {', '.join(sorted(knobs[name]))}"
