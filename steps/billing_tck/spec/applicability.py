"""Decide whether a scenario applies to an implementation, from what the implementation declares."""

from __future__ import annotations

import re
from datetime import timedelta

from billing_tck.contract.values import Description
from billing_tck.spec.gherkin import Scenario

_DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class UnreachableError(Exception):
    """The implementation did not say what it is: there is nothing to run against. `log` ends its error stream."""

    def __init__(self, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log


def settles_within(description: Description) -> timedelta:
    """How late an effect may show; UnreachableError where it is no duration of at most 24 hours."""
    match = _DURATION.fullmatch(description.settles_within)
    if match is None:
        raise UnreachableError(f"settles_within: expected a duration as PT0S, got {description.settles_within!r:.40}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if span > timedelta(hours=24):
        raise UnreachableError(f"settles_within: expected at most PT24H, got {description.settles_within}")
    return span


def missing_requirements(scenario: Scenario, description: Description) -> tuple[str, ...]:
    """What the implementation does not declare and the scenario is about, in words; empty where it is applicable."""
    missing = [f"capability {name}" for name in sorted(scenario.needs.difference(description.capabilities))]
    wanted: dict[str, list[str]] = {}
    for knob, value in scenario.reading:
        wanted.setdefault(knob, []).append(value)
    for knob, values in wanted.items():
        declared = description.readings.get(knob)
        if declared not in values:
            missing.append(f"reading {knob}={'|'.join(values)} ({declared or 'undeclared'})")
    if scenario.exact and settles_within(description):
        missing.append(f"effects at their due time (settles_within {description.settles_within})")
    return tuple(missing)
