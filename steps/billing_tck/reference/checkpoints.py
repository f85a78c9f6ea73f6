"""The reference on a virtual clock, whose state can be saved and restored: for searches that branch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from billing_reference.build import assemble
from billing_reference.service import BillingService
from billing_tck.reference.oracle import VirtualClockDriver


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The instant of the clock, and the state of the reference, which no later call changes."""

    now: datetime
    state: bytes


class RestorableReference(VirtualClockDriver):
    """The reference under readings, the default ones where nothing is said, with checkpoints of its whole state."""

    def __init__(self, readings: Mapping[str, str] | None = None) -> None:
        self._readings = dict(readings or {})
        self._billing = self._assemble(lambda: self._now)
        super().__init__("reference", self._assemble)

    def _assemble(self, clock: Callable[[], datetime]) -> BillingService:
        self._billing = assemble(self._readings, clock)
        return self._billing

    def save(self) -> Checkpoint:
        """Return a checkpoint of the present state."""
        return Checkpoint(self._now, self._billing.save())

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint of this driver."""
        self._now = checkpoint.now
        self._billing.restore(checkpoint.state)
