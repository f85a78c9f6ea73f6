"""Drivers carry the contract to an implementation: in process, over standard streams, over HTTP."""

from billing_tck.drivers.base import Driver, Freeze, StreamingDriver, Task

__all__ = ["Driver", "Freeze", "StreamingDriver", "Task"]
