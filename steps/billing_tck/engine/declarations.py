"""Find what an implementation declares that the kit does not know, and the scenarios that depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billing_tck.contract import ErrorKind
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import Description
from billing_tck.results.verdicts import Errored
from billing_tck.spec.applicability import MissingReading, missing_requirements
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Register
from billing_tck.text.did_you_mean import did_you_mean


def unknown_declarations(description: Description, register: Register) -> Iterator[str]:
    """Yield the unknown names of an implementation's declarations: it is not known which scenarios they are about."""
    for name in description.capabilities:
        if name not in CAPABILITIES:
            hint = did_you_mean(name, CAPABILITIES, count=1)
            yield f"the declared capability {name!r} is not part of the contract; {hint}"
    knobs = [knob.name for knob in register.knobs]
    for name in description.readings:
        if name not in knobs:
            yield f"the declared reading {name!r} is not a knob; {did_you_mean(name, knobs, count=1)}"


def unknown_values(description: Description, register: Register) -> dict[str, Errored]:
    """Return the knobs that are declared with an unknown value, and the verdict of the scenarios of each."""
    known = {knob.name: [value.name for value in knob.values] for knob in register.knobs}
    return {
        knob: Errored(
            f"the declared reading {knob}={value} is not valid; expected one of {', '.join(known[knob])}",
            ErrorKind.INVALID,
        )
        for knob, value in description.readings.items()
        if knob in known and value not in known[knob]
    }


def undecided(scenario: Scenario, description: Description, unknown: Mapping[str, Errored]) -> Errored | None:
    """Return the verdict of a scenario of which only the unknown value of a knob decides whether it applies."""
    found = [unknown.get(knob) for knob, _ in scenario.reading]
    verdict = next((verdict for verdict in found if verdict is not None), None)
    if verdict is None:
        return None
    others = missing_requirements(scenario, description)
    decided = any(not isinstance(missing, MissingReading) or missing.knob not in unknown for missing in others)
    return None if decided else verdict
