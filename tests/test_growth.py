"""Costs grow at most linearly. The bounds allow for busy machines; quadratic growth would exceed all of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .bench import growth
from .bench.points import Growth

SLACK = 4.0


def retried(measure: object, bound: float) -> Growth:
    """A row within the bound, measured up to three times: somebody else may have had the processor meanwhile."""
    assert callable(measure)
    for _ in range(3):
        row: Growth = measure()
        if row.worst <= bound:
            break
    return row


def test_ten_times_the_scenarios_cost_about_ten_times_as_much() -> None:
    assert retried(lambda: growth.scenarios((50, 500, 2_000)), SLACK).worst <= SLACK


def test_no_definition_makes_a_step_slower() -> None:
    assert retried(lambda: growth.definitions((10, 100, 1_000)), SLACK).worst <= SLACK


def test_no_organization_makes_another_slower() -> None:
    assert retried(lambda: growth.organizations((10, 100, 500)), SLACK).worst <= SLACK


def test_a_long_jump_costs_no_more_for_each_of_its_days() -> None:
    lengths = {"a day": timedelta(days=1), "a year": timedelta(days=365), "ten years": timedelta(days=3_650)}
    assert retried(lambda: growth.jumps(lengths), SLACK).worst <= SLACK


@pytest.mark.slow
def test_a_run_keeps_nothing_of_the_scenarios_that_are_done() -> None:
    after_a_tenth, after_all = growth.kept_memory(5_000)
    assert after_all <= after_a_tenth * 1.05


@pytest.mark.parametrize("count", [1, 3])
def test_the_contenders_run_the_same_steps(count: int) -> None:
    from .bench.generate import STEPS, Drawn  # noqa: PLC0415

    for number in range(count):
        drawn = Drawn(number)
        assert len(list(drawn.steps())) == len(list(drawn.calls())) == STEPS
        assert sum("CALL(" in line for line in drawn.function()) == STEPS
