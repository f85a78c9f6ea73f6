"""The catalogue of faults, and the policy that they override."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path

import pytest

import billing_reference
from billing_reference import FAULTS, READINGS, UnknownFault, UnknownReading, build
from billing_reference.faults.fault import Fault, constant
from billing_reference.ledger import Ledger
from billing_reference.policy import Policy
from billing_reference.readings import KNOBS
from billing_reference.service import BillingService

PACKAGE = Path(billing_reference.__file__).parent


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_a_fault_states_what_is_wrong_and_differs_from_the_reference(fault: Fault) -> None:
    assert fault.sentence.endswith(".")
    assert fault.clauses
    assert fault.family in {*(knob.family for knob in KNOBS.values()), "aws_onboarding"}
    assert fault.parts or fault.does
    build(fault=fault.name)


def overrides(part: type) -> set[str]:
    """The names that a part defines and that the reference has as well."""
    own = {name for base in part.__mro__ if "faults" in base.__module__ for name in vars(base)}
    return {name for name in own if not name.startswith("__") and hasattr_of_reference(name)}


def hasattr_of_reference(name: str) -> bool:
    return any(hasattr(kind, name) for kind in (Policy, Ledger, BillingService))


def test_each_part_of_a_fault_overrides_something_of_the_reference() -> None:
    idle = [fault.name for fault in FAULTS.values() for part in fault.parts if not overrides(part)]
    assert idle == []


def test_a_constant_that_the_policy_does_not_have_is_refused() -> None:
    with pytest.raises(AttributeError, match="STOP_AFTERWARDS"):
        constant("some-fault", "Something is wrong.", "BC-29", STOP_AFTERWARDS=7)


def names_used(folder: str) -> set[str]:
    """Every attribute that the modules of a folder of the reference read."""
    files = (PACKAGE / folder).glob("*.py")
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_the_reference_uses_every_rule_of_the_policy_so_that_none_is_there_for_a_fault_only() -> None:
    rules = {name for base in Policy.__mro__[1:-1] for name in vars(base) if not name.startswith("__")}
    assert len(rules) > 40
    assert rules - names_used("policy") - names_used("ledger") - names_used(".") == set()


def test_each_piece_of_a_reading_overrides_a_rule_and_has_no_rule_of_its_own() -> None:
    pieces = [piece for knob in KNOBS.values() for piece in knob.values.values() if piece is not None]
    assert len(pieces) == sum(len(values) - 1 for values in READINGS.values())
    for piece in pieces:
        own = {name for name in vars(piece) if not name.startswith("__")}
        assert own, piece
        assert all(hasattr(Policy, name) for name in own), piece


def test_policies_have_no_state() -> None:
    assert vars(Policy()) == {}
    for _, method in inspect.getmembers(Policy, inspect.isfunction):
        assigned = [n for n in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(method)))) if stores_attribute(n)]
        assert assigned == [], method


def stores_attribute(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)


def test_what_does_not_exist_is_named_with_what_does() -> None:
    with pytest.raises(UnknownFault, match="stop-after-21-days"):
        build(fault="stop-after-21-day")
    with pytest.raises(UnknownReading, match="did you mean 'unpaid_clock'"):
        build(readings={"unpaid_clocks": "per_invoice"})
    with pytest.raises(UnknownReading, match="until_all_paid"):
        build(readings={"unpaid_clock": "until_all"})
    with pytest.raises(ValueError, match="before_midnight"):
        build(late="evening")
