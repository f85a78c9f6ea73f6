"""How to fix a call that gave no answer that can be judged."""

from __future__ import annotations

from billing_tck.contract import ErrorKind, ImplementationError

_WIRE_ANSWER = '{"jsonrpc": "2.0", "id": <the id that was asked>, "result": …}'
_INVALID: tuple[tuple[str, str, str], ...] = (  # words of the message; what to mend in process, and on the wire
    (
        "US dollars",
        'hand over a Decimal with at most two decimals, Decimal("12.50"): no float, no str, and never below zero',
        'send a decimal string with at most two decimals, "12.50": no JSON number, and never below zero. Count in '
        "cents or in decimals, not in floating point",
    ),
    (
        "instant",
        "hand over an aware datetime in UTC without microseconds: datetime.now(UTC), never datetime.now() or utcnow()",
        'send whole seconds of UTC with a Z, "2025-01-18T00:00:00Z": no fractions, no local time, no number',
    ),
    (
        "aware datetime",
        "hand over an aware datetime in UTC without microseconds: datetime.now(UTC), never datetime.now() or utcnow()",
        'send whole seconds of UTC with a Z, "2025-01-18T00:00:00Z": no fractions, no local time, no number',
    ),
    (
        "a refusal",
        "raise Refused with one of these reasons; `other` always will do",
        "name one of these reasons in "
        'the error\'s data, {"code": 1, "message": "…", "data": {"reason": "other"}}; `other` always will do',
    ),
    (
        "got nothing",
        "put the missing field in: every field of the contract's table is there, None where it has no value",
        "put the missing field in: every field of the contract's table is there, null where it has no value",
    ),
    ("a day", "hand over a date", 'send a day, "2025-01-18", without a time'),
    ("goes with", "let the fields agree as the message says", "let the fields agree as the message says"),
)


def mend_of(error: ImplementationError, *, in_process: bool) -> str:  # noqa: PLR0911 - one line for each kind
    """Return how to fix such a call, for readers who do not know the code of the kit."""
    match error.kind:
        case ErrorKind.UNREACHABLE:
            return "see that the adapter can be started, or that its server runs at this address"
        case ErrorKind.TIMEOUT if not in_process and error.method == "describe_implementation":
            return (
                "over standard streams, flush after each line (Python flush=True, Perl $| = 1, C fflush): an answer "
                "that waits in a buffer never arrives. Else answer sooner, or give more time with --timeout"
            )
        case ErrorKind.TIMEOUT:
            return (
                "answer sooner, or give more time with --timeout. An advance_to of years is legal: let it go from one "
                "due time to the next, not second by second"
            )
        case ErrorKind.MALFORMED:
            return f"answer each request with one JSON object, {_WIRE_ANSWER}, on one line over standard streams. " + (
                "Print nothing else on standard output: logs go to standard error"
            )
        case ErrorKind.CRASHED if "naive and offset-aware" in error.message:
            return "keep every datetime aware: datetime.now(UTC), never datetime.now() or utcnow()"
        case ErrorKind.CRASHED if in_process:
            return (
                "let no other exception out: a method returns its result, or raises Refused or Unsupported of "
                "billing_tck.contract"
            )
        case ErrorKind.CRASHED:
            return (
                "answer with a result, with error code 1 (refused) or with error code -32601 (unsupported); every "
                "other code, and a process that ends, is an error of the adapter"
            )
    found = {here if in_process else there: None for words, here, there in _INVALID if words in error.message}
    return "; ".join(found) or "return the value that is named as expected"
