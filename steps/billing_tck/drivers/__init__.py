"""Drivers carry the contract to an implementation: in process, over standard streams, over HTTP."""

from billing_tck.drivers.base import Driver, Freeze

__all__ = ["Driver", "Freeze"]
