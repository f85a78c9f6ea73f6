"""What the steps do, for every contender in Python but the kit: calls of the kit's own driver, in process."""

import atexit
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from noop import START

from billing_tck.connect import open_driver

DRIVER = open_driver("python:noop:build")
atexit.register(DRIVER.close)  # a timer of its time limit would end a process that takes long to exit
CALL: Callable[..., Any] = DRIVER.call
DAY = timedelta(days=1)


def clock_stands(state: SimpleNamespace, day: int) -> None:
    """Everything is forgotten; the clock reads a day."""
    state.now = START + day * DAY
    CALL("reset", {"now": state.now})


def organization(state: SimpleNamespace, name: str) -> None:
    """There is an organization."""
    state.organization = CALL("create_organization", {"name": name}).organization


def uses(state: SimpleNamespace, dollars: int) -> None:
    """It uses so much."""
    CALL("record_usage", {"organization": state.organization, "amount": Decimal(dollars)})


def days_pass(state: SimpleNamespace, days: int) -> None:
    """The clock moves on."""
    state.now += days * DAY
    CALL("advance_to", {"now": state.now})


def tier_is(state: SimpleNamespace, tier: str) -> None:
    """What is seen is compared with what is expected."""
    assert CALL("get_organization", {"organization": state.organization}).tier == tier
