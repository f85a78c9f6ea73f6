"""The contract's page agrees with the types of the contract."""

from __future__ import annotations

import dataclasses
import enum
import re
import typing
from pathlib import Path

import pytest

import billing_tck
from billing_tck.contract import METHODS, Reason
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import OrganizationView, SubscriptionView

PAGE = (Path(billing_tck.__file__).parent / "docs" / "contract.md").read_text()
ROWS = [line for line in PAGE.split("## 4.")[0].splitlines() if line.startswith("| `")]
NAMES = set(re.findall(r"[a-z_]+(?:\.[a-z]+)?", " ".join(re.findall(r"`([^`]*)`", PAGE))))


def row(method: str) -> str:
    """The row of the tables that begins with a method."""
    found = [line for line in ROWS if f"`{method}`" in line.split("|")[1]]
    assert len(found) == 1, f"{method} stands in {len(found)} rows of the page"
    return found[0]


@pytest.mark.parametrize("method", [m for m in METHODS if not m.startswith("get_")])
def test_each_method_has_a_row_with_its_parameters_and_results(method: str) -> None:
    spec, said = METHODS[method], row(method)
    names = {parameter.name for parameter in spec.parameters}
    names |= {field.name for field in dataclasses.fields(spec.result)}
    assert {name for name in names if name not in said} == set()


@pytest.mark.parametrize("method", [m for m in METHODS if m.startswith("get_")])
def test_each_view_is_described(method: str) -> None:
    assert f"`{method}({METHODS[method].parameters[0].name})`" in PAGE


def fields_of(value: object) -> set[str]:
    """All fields of a view, those of what it holds included."""
    found: set[str] = set()
    for part in typing.get_args(value) or (value,):
        if part is not value:
            found |= fields_of(part)
        elif dataclasses.is_dataclass(part) and isinstance(part, type):
            for name, hint in typing.get_type_hints(part).items():
                found |= {name, *fields_of(hint)}
        elif isinstance(part, type) and issubclass(part, enum.Enum):
            found |= {str(member) for member in part}
    return found


@pytest.mark.parametrize("view", [OrganizationView, SubscriptionView])
def test_each_field_and_each_of_its_words_is_named(view: type) -> None:
    assert fields_of(view) - NAMES == set()


def test_each_reason_and_each_capability_is_named() -> None:
    assert {str(reason) for reason in Reason} - NAMES == set()
    assert {c for c in CAPABILITIES if f"`{c}`" not in PAGE} == set()


def test_a_name_that_the_types_do_not_know_would_be_noticed() -> None:
    assert "frobnicate" not in NAMES
    with pytest.raises(AssertionError, match="0 rows"):
        row("frobnicate")
