"""What went wrong while a run was reported: the verdicts are known by then, and no failure may lose them."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from billing_tck.contract import ImplementationError
from billing_tck.errors import UsageError
from billing_tck.spec.applicability import UnreachableError
from billing_tck.text.preview import brief
from billing_tck.text.sanitize import sanitize, sanitize_lines

OUTPUT_FAILED, KIT_BROKEN = 3, 4


@dataclass(frozen=True, slots=True)
class Failure:
    """A part of a report that could not be made, and the exit status of a run in which that happens."""

    what: str
    error: Exception
    times: int = 1

    @property
    def status(self) -> int:
        """The exit status: 0 where the implementation did not answer again, whose verdicts are known."""
        match self.error:
            case UnreachableError() | ImplementationError() | UsageError():
                return 0
            case OSError():
                return OUTPUT_FAILED
            case _:
                return KIT_BROKEN

    @property
    def traceback(self) -> str:
        """The traceback, safe to print."""
        return sanitize_lines("".join(traceback.format_exception(self.error)))

    def __str__(self) -> str:
        what = f"{self.what} (and {self.times - 1} more)" if self.times > 1 else self.what
        match self.error:
            case OSError(strerror=str(why)):
                return sanitize(f"{what} could not be written: {why}")
            case UnreachableError() | ImplementationError() | UsageError():
                return sanitize(f"{what} could not be made: {brief(self.error)}")
            case _:
                return sanitize(f"error in the kit: {what} could not be made: {brief(self.error)}")


class Failures:
    """Collects failures. Of the same kind of error in the same kind of part, only the first is kept."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, type[Exception]], Failure] = {}

    def __iter__(self) -> Iterator[Failure]:
        return iter(self._found.values())

    @property
    def status(self) -> int:
        """The worst of the statuses, 0 without a failure."""
        return max((failure.status for failure in self), default=0)

    @contextlib.contextmanager
    def of(self, what: str, kind: str = "") -> Iterator[None]:
        """Collect an exception of the block, which then ends, instead of raising it."""
        try:
            yield
        except Exception as error:  # the verdicts are known, and the error is reported beside them
            key = (kind or what, type(error))
            first = self._found.get(key)
            times = 1 if first is None else first.times + 1
            self._found[key] = Failure(what, error) if first is None else Failure(first.what, first.error, times)
