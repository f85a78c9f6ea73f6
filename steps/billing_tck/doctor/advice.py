"""How to fix a call whose answer cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.contract.violations import ViolationKind

_WIRE_ANSWER = '{"jsonrpc": "2.0", "id": <the id of the request>, "result": …}'
_FIXES: Mapping[ViolationKind, tuple[str, str]] = MappingProxyType(  # in process, and on the wire
    {
        ViolationKind.MONEY: (
            'return a Decimal with at most two decimals, Decimal("12.50"), never negative; not a float or a str',
            'send a decimal string with at most two decimals, "12.50", never negative; not a JSON number. Count in '
            "cents or in decimals, not in floating point",
        ),
        ViolationKind.INSTANT: (
            "return an aware datetime in UTC without microseconds: datetime.now(UTC), never datetime.now() or utcnow()",
            'send whole seconds of UTC with a Z, "2025-01-18T00:00:00Z"; no fractions, local times or numbers',
        ),
        ViolationKind.REASON: (
            "raise Refused with one of these reasons; `other` is always accepted",
            "send one of these reasons in "
            'the error\'s data, {"code": 1, "message": "…", "data": {"reason": "other"}}; `other` is always accepted',
        ),
        ViolationKind.MISSING: (
            "add the missing field: every required field must be present, None where it has no value",
            "add the missing field: every required field must be present, null where it has no value",
        ),
        ViolationKind.DAY: ("return a date", 'send a day, "2025-01-18", without a time'),
        ViolationKind.CONTRADICTION: ("make the fields consistent", "make the fields consistent"),
    }
)
_ANY_FIX = "return the value that is named as expected"


def fix_for(error: ImplementationError, *, in_process: bool, over_http: bool) -> str:  # noqa: PLR0911 - one line for each kind
    """Return how to fix such a call, for readers who do not know the code of the kit."""
    if error.status is not None:
        return fix_for_status(error.status)
    match error.kind:
        case ErrorKind.UNREACHABLE:
            return "check that the adapter can be started, or that its server runs at this address"
        case ErrorKind.TIMEOUT if over_http and error.method == "describe_implementation":
            return (
                "raise the limit with --timeout if the first call takes longer than others: the check waits for three "
                "times the limit, a run for the limit itself"
            )
        case ErrorKind.TIMEOUT if not in_process and error.method == "describe_implementation":
            return (
                "over standard streams, flush after each line (Python flush=True, Perl $| = 1, C fflush): a buffered "
                "answer never arrives. Otherwise answer sooner, or raise the limit with --timeout"
            )
        case ErrorKind.TIMEOUT:
            return (
                "answer sooner, or raise the limit with --timeout. An advance_to of years is valid: move from one "
                "due time to the next, not second by second"
            )
        case ErrorKind.MALFORMED:
            return f"answer each request with one JSON object, {_WIRE_ANSWER}, on one line over standard streams. " + (
                "Print nothing else on standard output: write logs to standard error"
            )
        # Python's own message: the exception of the implementation has no other mark of a missing time zone.
        case ErrorKind.CRASHED if "naive and offset-aware" in error.message:
            return "use aware datetimes everywhere: datetime.now(UTC), never datetime.now() or utcnow()"
        case ErrorKind.CRASHED if in_process:
            return (
                "catch every other exception: a method returns its result, or raises Refused or Unsupported of "
                "billing_tck.contract"
            )
        case ErrorKind.CRASHED:
            return (
                "answer with a result, with error code 1 (refused) or with error code -32601 (unsupported); any "
                "other code, and a process that ends, is an error of the adapter"
            )
    side = 0 if in_process else 1
    fixes = {_FIXES[violation.kind][side]: None for violation in error.violations if violation.kind in _FIXES}
    return "; ".join(fixes) or _ANY_FIX


def fix_for_status(status: int) -> str:  # noqa: PLR0911 - one line for each kind
    """Return how to fix a call that was answered with an HTTP status other than 200, or with a web page."""
    match status:
        case 200:
            return (
                "the URL serves a web page: give the path at which the server speaks JSON-RPC, as "
                "--sut http://HOST:PORT/PATH; behind a login page, send credentials with --header or --user"
            )
        case 401 | 403:
            return (
                "send credentials: --header 'Authorization: Bearer ${TOKEN}' with TOKEN in the environment, or "
                "--user 'NAME:${PASSWORD}'; where they are sent already, check that they are valid for this server"
            )
        case 404 | 405 | 501:
            return (
                "correct the path in --sut, or the server's routes: the contract is spoken at one URL, with POST for "
                "every call"
            )
        case 407:
            return "a proxy answered: the kit uses none itself, so give the URL of the server behind it"
        case 413 | 415:
            return "accept a small body of application/json, at most a few kilobytes"
        case 429:
            return "let the kit through your rate limit: a run makes thousands of calls, one after the other"
        case 502 | 503 | 504:
            return "a gateway or proxy answered for a server that is not running: start it, or give its own URL"
        case redirect if 300 <= redirect < 400:
            return "give the URL that it leads to: redirects are not followed, so that credentials go nowhere else"
    return "answer with status 200 whatever the outcome; refusals and errors belong into the body"
