"""The catalogue of faults: implementations that break one rule each, on purpose."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType, ModuleType

from billing_reference.faults import (
    aws_onboarding,
    card_billing,
    commitments,
    marketplace,
    trial,
    unpaid_invoices,
    views,
)
from billing_reference.faults.fault import Fault
from billing_reference.faults.readings import misdeclared
from billing_reference.readings import complete

__all__ = ["FAULTS", "Fault", "UnknownFault", "find_fault"]

FAMILIES = {
    "trial": trial.MODULES,
    "card_billing": card_billing.MODULES,
    "unpaid_invoices": unpaid_invoices.MODULES,
    "marketplace": marketplace.MODULES,
    "aws_onboarding": aws_onboarding.MODULES,
    "commitments": commitments.MODULES,
    "general": (views,),  # each of its faults names its family
}


class UnknownFault(ValueError):
    """The name of a fault that does not exist; the message names the nearest."""


def _declared_in(module: ModuleType) -> Iterator[Fault]:
    """Yield the faults of a module, in the order in which it declares them."""
    for value in vars(module).values():
        for found in value if isinstance(value, tuple) else (value,):
            if isinstance(found, Fault):
                yield found


def _catalogue() -> Iterator[Fault]:
    described = set()
    for family, modules in FAMILIES.items():
        for fault in (fault for module in modules for fault in _declared_in(module)):
            if not fault.parts:
                described.add(_readings(fault))
            yield fault if fault.family else replace(fault, family=family)
    yield from (fault for fault in misdeclared() if _readings(fault) not in described)


def _readings(fault: Fault) -> tuple[object, ...]:
    """Return the readings that a fault declares and does: two faults of the same readings are one."""
    declared = complete(fault.declares)
    return tuple(declared.items()), tuple({**declared, **fault.does}.items())


def _by_name() -> Mapping[str, Fault]:
    table: dict[str, Fault] = {}
    for fault in _catalogue():
        if table.setdefault(fault.name, fault) is not fault:
            raise ValueError(f"two faults have the name {fault.name!r}")
    return MappingProxyType(table)


FAULTS: Mapping[str, Fault] = _by_name()


def find_fault(name: str) -> Fault:
    """Return the fault of this name. Raises UnknownFault."""
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise UnknownFault(f"fault {name!r} does not exist; {hint}`billing-tck faults` lists all {len(FAULTS)}")
    return FAULTS[name]
