"""The catalogue of faults: implementations that break one rule each, on purpose."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from billing_reference.faults import (
    aws_onboarding,
    card_billing,
    commitments,
    marketplace,
    trial,
    unpaid_invoices,
)
from billing_reference.faults.fault import Fault

__all__ = ["FAULTS", "Fault", "UnknownFault", "find_fault"]


class UnknownFault(ValueError):
    """No fault has this name; the message names the nearest."""


def _catalogue() -> Iterator[tuple[str, Fault]]:
    for family in (trial, card_billing, unpaid_invoices, marketplace, aws_onboarding, commitments):
        for fault in family.FAULTS:
            yield fault.name, replace(fault, family=family.__name__.rpartition(".")[2])


def _unique(pairs: Iterator[tuple[str, Fault]]) -> Mapping[str, Fault]:
    table: dict[str, Fault] = {}
    for name, fault in pairs:
        if name in table:
            raise ValueError(f"two faults are called {name!r}")
        table[name] = fault
    return MappingProxyType(table)


FAULTS: Mapping[str, Fault] = _unique(_catalogue())


def find_fault(name: str) -> Fault:
    """The fault of this name. Raises UnknownFault."""
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise UnknownFault(f"no fault is called {name!r}: {hint}`billing-tck faults` lists all {len(FAULTS)}")
    return FAULTS[name]
