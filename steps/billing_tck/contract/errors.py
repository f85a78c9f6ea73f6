"""The outcomes of a call that carry no result.

    Refused              the system refuses the request, as the rules demand: an outcome like any other
    Unsupported          the implementation lacks the method or parameter
    ImplementationError  there is no answer to judge, so nothing about the rules follows

An in-process implementation raises the first two; any other exception becomes an `ImplementationError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from billing_tck.contract.violations import Violation


class Reason(StrEnum):
    """Why a request was refused. Scenarios demand a refusal, never one particular reason."""

    UNPAID_INVOICE = "unpaid_invoice"
    NO_BILLING_METHOD = "no_billing_method"
    MEMORY_CAP = "memory_cap"
    NOT_ADMIN = "not_admin"
    NOT_PERMITTED = "not_permitted"
    NOT_SIGNED_IN = "not_signed_in"
    NOT_VERIFIED = "not_verified"
    NO_BUSINESS_INFO = "no_business_info"
    ALREADY_SUBSCRIBED = "already_subscribed"
    ALREADY_LINKED = "already_linked"
    NOT_CONTACTED = "not_contacted"
    DELETED = "deleted"
    ENDED = "ended"
    OTHER = "other"


class Refused(Exception):
    """The system refuses a request, as the rules demand.

    `reason` is one of `Reason` (its string is accepted); `message` is for people and may be empty.
    Raises ValueError for a reason that the contract does not define.
    """

    def __init__(self, reason: Reason | str = Reason.OTHER, message: str = "") -> None:
        try:
            self.reason = Reason(reason)
        except ValueError:
            known = ", ".join(Reason)
            raise ValueError(f"{reason!r} is not a reason of the contract; expected one of {known}") from None
        self.message = message
        super().__init__(f"{self.reason}: {message}" if message else str(self.reason))

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        return type(self), (str(self.reason), self.message)


class Unsupported(Exception):
    """The implementation has no such method or parameter."""


class ErrorKind(StrEnum):
    """Why an answer cannot be judged."""

    CRASHED = "crashed"  # an exception or error code outside the contract, or a process that ended
    TIMEOUT = "timeout"  # no answer in time
    MALFORMED = "malformed"  # an answer that is not JSON-RPC 2.0, or answers another request
    INVALID = "invalid"  # a result that does not fit the contract's types
    UNREACHABLE = "unreachable"  # it could not be started or connected to


class ImplementationError(Exception):
    """No answer to judge: the scenario errored.

    `method` is the method that was called, `log` the last lines of the implementation's error stream; `violations` are
    the parts of an invalid answer that do not fit the contract; `status` is that of an HTTP response other than 200.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        method: str = "",
        log: tuple[str, ...] = (),
        violations: Sequence[Violation] = (),
        status: int | None = None,
    ) -> None:
        self.kind = kind
        self.message = message
        self.method = method
        self.log = log
        self.violations = tuple(violations)
        self.status = status
        super().__init__(kind, message)  # what it is made from, so that it can come from a worker process

    def __str__(self) -> str:
        where = f"{self.method}: " if self.method else ""
        return f"{where}{self.message}"
