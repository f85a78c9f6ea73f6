"""Values and contexts of an implementation cannot break the kit's own arithmetic."""

from __future__ import annotations

import decimal
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing_reference import build
from billing_tck.connect import open_driver
from billing_tck.contract import ImplementationError
from billing_tck.contract.readers import SCALARS
from billing_tck.drivers.in_process import PythonDriver
from billing_tck.engine.runner import run
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load

IN_PROCESS = [
    (datetime, datetime(9999, 12, 31, tzinfo=UTC), "a year from 1000 to 9998"),
    (datetime, datetime(1, 1, 1, tzinfo=UTC), "a year from 1000 to 9998"),
    (date, date(999, 12, 31), "a year from 1000 to 9998"),
    (Decimal, Decimal(10) ** 18, "an amount of at most 18 digits before the point"),
    (Decimal, Decimal("1E+999999"), "an amount of at most 18 digits before the point"),
    (int, 10**9, "an integer of at most 9 digits"),
]
ON_THE_WIRE = [
    (datetime, "9999-12-31T23:59:59Z", "a year from 1000 to 9998"),
    (date, "0001-01-01", "a year from 1000 to 9998"),
    (Decimal, "9" * 19 + ".99", "an amount of at most 18 digits before the point"),
    (Decimal, "9" * 10**6, "an amount of at most 18 digits before the point"),
    (int, 10**4000, "an integer of at most 9 digits"),
]


@pytest.mark.parametrize(
    ("wire", "kind", "value", "expected"),
    [(False, *row) for row in IN_PROCESS] + [(True, *row) for row in ON_THE_WIRE],
    ids=lambda value: str(value)[:40],
)
def test_a_value_out_of_bounds_is_an_error_of_the_implementation(
    wire: bool, kind: type, value: object, expected: str
) -> None:
    violations: list = []
    assert SCALARS[kind](wire).read(value, (None, "amount"), violations) is None
    assert [violation.expected for violation in violations] == [expected]
    assert len(str(violations[0])) < 500


@pytest.mark.parametrize(
    ("kind", "value"),
    [(datetime, datetime(9998, 12, 31, tzinfo=UTC)), (date, date(1000, 1, 1)), (Decimal, Decimal(10) ** 18 - 1)],
)
def test_the_bounds_themselves_are_valid(kind: type, value: object) -> None:
    violations: list = []
    assert SCALARS[kind](False).read(value, (None, "amount"), violations) == value
    assert violations == []


class Careless:
    """The reference, by way of a decimal context of its own that it never restores."""

    def __init__(self) -> None:
        self._inner = build(readings={}, fault=None, late=None)
        decimal.getcontext().prec = 28
        self.seen: set[int] = set()

    def __getattr__(self, name: str) -> object:
        method = getattr(self._inner, name)

        def call(**arguments: object) -> object:
            self.seen.add(decimal.getcontext().prec)
            decimal.getcontext().prec = 28
            try:
                return method(**arguments)
            finally:
                decimal.getcontext().prec = 4

        return call


def test_a_decimal_context_that_is_changed_gives_no_false_deviation() -> None:
    implementation = Careless()
    with PythonDriver("python:x:y", lambda: implementation) as driver:
        scenarios = [s for s in load_suite().scenarios if s.family in ("card_billing", "unpaid_invoices")]
        verdicts = {record.verdict.word for record in run(scenarios, driver, vocabulary=load())}
    assert verdicts == {"conforms", "not_applicable"}
    assert decimal.getcontext().prec == 28
    assert implementation.seen == {28, 4}  # it keeps its own from call to call


def test_a_context_that_a_module_chooses_when_it_is_imported_is_its_own(tmp_path, monkeypatch) -> None:
    (tmp_path / "precise.py").write_text(
        "import decimal\n"
        "decimal.getcontext().prec = 50\n"
        "class Make:\n"
        "    def describe_implementation(self):\n"
        "        raise ValueError(f'precision {decimal.getcontext().prec}')\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with open_driver("python:precise:Make") as driver, pytest.raises(ImplementationError, match="precision 50"):
        driver.call("describe_implementation", {})
    assert decimal.getcontext().prec == 28
