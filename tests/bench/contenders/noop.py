"""The implementation that every contender in Python calls: it does nothing, and notes when it was asked.

What is noted goes to the file that BENCH_NOTES names: when the first call came, the first scenario's last call and the
very last call, on the clock of the whole machine, and the memory at the first and at the last call.
"""

import atexit
import json
import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

CALLS_OF_A_SCENARIO = 8
START = datetime(2025, 1, 7, 9, tzinfo=UTC)


class Notes:
    """When the calls came. Its clock is kept in a class, where a frozen clock does not reach it."""

    clock = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.calls = 0
        self.first = self.first_scenario = self.last = 0.0
        self.memory_first = 0
        self.expected = int(os.environ.get("BENCH_CALLS", "0"))
        if os.environ.get("BENCH_NOTES"):
            atexit.register(self.write)

    def called(self) -> None:
        """One more call came."""
        self.calls += 1
        self.last = self.clock()
        if self.calls == 1:
            self.first, self.memory_first = self.last, _memory()
        elif self.calls == CALLS_OF_A_SCENARIO:
            self.first_scenario = self.last
        if self.calls == self.expected:
            self.write()  # a process of an implementation is ended without its exit functions

    def write(self) -> None:
        """Keeps what was noted; nothing where the calls came to another process."""
        path = Path(os.environ["BENCH_NOTES"])
        if not self.calls:
            return
        said = {name: value for name, value in vars(self).items() if not callable(value)}
        path.write_text(json.dumps(said | {"memory_last": _memory()}))


def _memory() -> int:
    """The memory that this process holds now, in bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


NOTES = Notes()

_VIEW = {
    "billing_method": {"kind": "none", "marketplace": None},
    "card_on_file": False,
    "trial": {"state": "none", "started_at": None, "ended_at": None, "credits_left": None},
    "billing_cycle": None,
    "restricted": False,
    "services": [],
    "data": "none",
    "invoices": [],
    "charges": [],
    "credits": [],
    "marketplace_reports": [],
    "contacts": [],
    "tier": "scale",
}


class NoOp:
    """The methods of the contract that the features need."""

    def describe_implementation(self) -> dict[str, object]:
        """Who answers."""
        return {
            "name": "no-op",
            "version": "1",
            "contract": "1",
            "capabilities": [],
            "readings": {},
            "settles_within": "PT0S",
        }

    def reset(self, *, now: datetime) -> dict[str, object]:
        """Nothing."""
        NOTES.called()
        return {}

    def advance_to(self, *, now: datetime) -> dict[str, object]:
        """Nothing."""
        NOTES.called()
        return {}

    def create_organization(self, *, name: str) -> dict[str, object]:
        """Always the same."""
        NOTES.called()
        return {"organization": "o1", "admin": "u1"}

    def record_usage(self, *, organization: str, amount: Decimal) -> dict[str, object]:
        """Nothing."""
        NOTES.called()
        return {}

    def get_organization(self, *, organization: str) -> dict[str, object]:
        """Always the same."""
        NOTES.called()
        return _VIEW


def build() -> NoOp:
    """The factory that a driver asks."""
    return NoOp()
