"""Decide whether a scenario applies to an implementation, from what the implementation declares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from billing_tck.contract.values import Description
from billing_tck.spec.gherkin import Scenario

_DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class UnreachableError(Exception):
    """The implementation did not describe itself, so nothing can be run.

    `log` is the end of its error stream, `status` that of an HTTP response other than 200.
    """

    def __init__(self, message: str, log: tuple[str, ...] = (), status: int | None = None) -> None:
        super().__init__(message)
        self.log = log
        self.status = status


@dataclass(frozen=True, slots=True)
class MissingCapability:
    """A capability that the implementation does not declare."""

    name: str


@dataclass(frozen=True, slots=True)
class MissingReading:
    """A reading that the implementation does not declare: any of `values` would do; `declared` is its own, if any."""

    knob: str
    values: tuple[str, ...]
    declared: str | None


@dataclass(frozen=True, slots=True)
class LateEffects:
    """Effects show later than the scenario needs, which must see them at their due time."""

    settles_within: str


MissingRequirement = MissingCapability | MissingReading | LateEffects


def format_missing(missing: MissingRequirement) -> str:
    """Return a missing requirement as text: `capability card`, `reading knob=at|after (undeclared)`."""
    match missing:
        case MissingCapability(name):
            return f"capability {name}"
        case MissingReading(knob, values, declared):
            return f"reading {knob}={'|'.join(values)} ({declared or 'undeclared'})"
        case LateEffects(settles_within):
            return f"effects at their due time (settles_within {settles_within})"
        case _:
            assert_never(missing)


def settles_within(description: Description) -> timedelta:
    """Return how late an effect may show; UnreachableError where it is not a duration of at most 24 hours."""
    match = _DURATION.fullmatch(description.settles_within)
    if match is None:
        raise UnreachableError(f"settles_within: expected a duration as PT0S, got {description.settles_within!r:.40}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if span > timedelta(hours=24):
        raise UnreachableError(f"settles_within: expected at most PT24H, got {description.settles_within}")
    return span


def missing_requirements(scenario: Scenario, description: Description) -> tuple[MissingRequirement, ...]:
    """Return what the scenario needs and the implementation does not declare; empty where the scenario applies."""
    missing: list[MissingRequirement] = [
        MissingCapability(name) for name in sorted(scenario.needs.difference(description.capabilities))
    ]
    for knob, values in scenario.values_by_knob.items():
        declared = description.readings.get(knob)
        if declared not in values:
            missing.append(MissingReading(knob, values, declared))
    if scenario.exact and settles_within(description):
        missing.append(LateEffects(description.settles_within))
    return tuple(missing)
