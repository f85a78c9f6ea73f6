"""Faults of the family."""

from billing_reference.faults.fault import Fault

FAULTS: tuple[Fault, ...] = ()
