"""When to stop asking: too many scenarios in a row without an answer, or without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from billing_tck.contract import ErrorKind
from billing_tck.results.verdicts import Conforms, Deviates, Errored, NotApplicable, Verdict

MAX_CONSECUTIVE_TIMEOUTS = 5
SKIPPED: Mapping[ErrorKind, str] = MappingProxyType(
    {
        ErrorKind.TIMEOUT: f"skipped: {MAX_CONSECUTIVE_TIMEOUTS} scenarios in a row timed out",
        ErrorKind.UNREACHABLE: f"skipped: not reachable in {MAX_CONSECUTIVE_TIMEOUTS} scenarios in a row",
    }
)


class Silence:
    """Counts the scenarios in a row that ended for want of an answer; those that do not apply change nothing."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._why = ErrorKind.TIMEOUT

    def count(self, verdict: Verdict) -> None:
        """Count one more scenario."""
        match verdict:
            case Errored(kind=ErrorKind.TIMEOUT | ErrorKind.UNREACHABLE as kind):
                self._in_a_row, self._why = self._in_a_row + 1, kind
            case Conforms() | Deviates() | Errored():
                self._in_a_row = 0
            case NotApplicable():
                pass

    @property
    def skipped(self) -> Errored | None:
        """The verdict of the scenarios that are not run any more; None while they are run."""
        return Errored(SKIPPED[self._why], self._why) if self._in_a_row >= MAX_CONSECUTIVE_TIMEOUTS else None
