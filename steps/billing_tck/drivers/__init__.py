"""Carry the contract to an implementation: in process, over standard streams, over HTTP."""

from billing_tck.drivers.base import Driver, Freeze, InvalidSutSpec

__all__ = ["Driver", "Freeze", "InvalidSutSpec"]
