"""The outcomes of a call that carry no result.

    Refused         the system says no, as the rules want: an outcome like any other
    Unsupported     the implementation has no such thing
    ImplementationError
                    there was no answer to judge: nothing about the rules follows from it

An in-process implementation raises the first two; everything else that it raises is an `ImplementationError`.
"""

from __future__ import annotations

from enum import StrEnum


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
    """The system says no, as the rules want.

    `reason` is one of `Reason` (a string will do); `message` is for people and may be empty.
    Raises ValueError for a reason that the contract does not know.
    """

    def __init__(self, reason: Reason | str = Reason.OTHER, message: str = "") -> None:
        try:
            self.reason = Reason(reason)
        except ValueError:
            known = ", ".join(Reason)
            raise ValueError(f"{reason!r} is no reason of the contract; it knows: {known}") from None
        self.message = message
        super().__init__(f"{self.reason}: {message}" if message else str(self.reason))

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        return type(self), (str(self.reason), self.message)


class Unsupported(Exception):
    """The implementation has no such method or parameter."""


class ErrorKind(StrEnum):
    """What went wrong where no answer could be judged."""

    CRASHED = "crashed"  # an exception that the contract does not know, another error code, a dead process
    TIMEOUT = "timeout"  # no answer in time
    MALFORMED = "malformed"  # an answer that is no JSON-RPC 2.0, or the answer to another question
    INVALID = "invalid"  # a result that does not fit the contract's types
    UNREACHABLE = "unreachable"  # it could not be started or connected to


class ImplementationError(Exception):
    """No answer to judge; the scenario has errored.

    `method` is the contract's method that was called, `log` the last lines of the implementation's error stream.
    """

    def __init__(self, kind: ErrorKind, message: str, *, method: str = "", log: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.message = message
        self.method = method
        self.log = log
        super().__init__(message)

    def __str__(self) -> str:
        where = f"{self.method}: " if self.method else ""
        return f"{where}{self.message}"
