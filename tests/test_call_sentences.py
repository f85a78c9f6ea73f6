"""The calls of a scenario as sentences."""

from __future__ import annotations

from datetime import timedelta

from billing_tck.contract.values import Nothing
from billing_tck.results.calls import Entry, describe_calls
from billing_tck.steps.world import START

HOUR = timedelta(hours=1)


def advances(*hours: int) -> list[Entry]:
    entries, at = [Entry(START, "reset", {"now": START}, Nothing())], START
    for step in hours:
        at += step * HOUR
        entries.append(Entry(at, "advance_to", {"now": at}, Nothing()))
    return entries


def printed(*hours: int) -> list[str]:
    return [sentence for _, sentence in describe_calls(advances(*hours), {})]


def test_a_few_steps_are_reported_one_by_one() -> None:
    assert printed(12, 12) == ["12 hours later"] * 2


def test_many_equal_steps_are_reported_in_one_line() -> None:
    assert printed(*[12] * 32) == ["16 days later, in 32 steps of 12 hours"]


def test_a_jump_before_many_steps_keeps_its_own_line() -> None:
    assert printed(48, *[1] * 10) == ["2 days later", "10 hours later, in 10 steps of 1 hour"]
