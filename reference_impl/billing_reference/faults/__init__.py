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
    shown,
    trial,
    unpaid_invoices,
)
from billing_reference.faults.fault import Fault
from billing_reference.faults.readings import misdeclared
from billing_reference.readings import complete

__all__ = ["FAULTS", "Fault", "UnknownFault", "find_fault"]


class UnknownFault(ValueError):
    """No fault has this name; the message names the nearest."""


def _catalogue() -> Iterator[tuple[str, Fault]]:
    by_hand: list[Fault] = []
    for family in (trial, card_billing, unpaid_invoices, marketplace, aws_onboarding, commitments):
        for fault in family.FAULTS:
            by_hand.append(fault)
            yield fault.name, replace(fault, family=family.__name__.rpartition(".")[2])
    for fault in shown.FAULTS:
        yield fault.name, fault
    for fault in misdeclared():
        if not any(_same(fault, known) for known in by_hand):
            yield fault.name, fault


def _same(fault: Fault, known: Fault) -> bool:
    """Whether a fault of the defaults was described already, in words of its own."""
    declared = complete(known.declares) == complete(fault.declares)
    return declared and known.shell is None and dict(known.pieces) == dict(fault.pieces)


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
