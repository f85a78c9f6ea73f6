"""JSON-RPC 2.0 as the contract uses it: one request at a time, named parameters, integer ids. Validates strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn

from billing_tck.contract import METHODS, ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.decode import decode_result
from billing_tck.contract.encode import encode
from billing_tck.contract.violations import Violation, ViolationKind
from billing_tck.text.preview import preview, preview_bytes, preview_text

REFUSED = 1
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
NO_METHOD = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

LONGEST = 32 * 1024 * 1024  # bytes of an answer: 100,000 invoices take about 16 MiB
LONGEST_REQUEST = 16 * 1024 * 1024

_USUAL = ((b'{"jsonrpc":"2.0","id":', b',"result":'), (b'{"jsonrpc": "2.0", "id": ', b', "result": '))
_SHORT, _MANY = 4096, 4096  # bytes of a result that is remembered, and how many are

_TOLD = 500  # characters of an error's message


class NotJson(ValueError):
    """Bytes that are not a JSON text; the message says why."""


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"the name {preview(twice)} is twice in one object")
    return result


def _no_constant(name: str) -> object:
    raise NotJson(f"{name} is not a JSON value")


_read = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode
write = json.JSONEncoder(separators=(",", ":"), default=encode, allow_nan=False).encode


def parse(raw: bytes) -> object:
    """Return the JSON value of a message. Raises NotJson."""
    try:
        return _read(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotJson(f"it is not UTF-8 (byte {error.start} is 0x{raw[error.start]:02x})") from None
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}" if raw.strip() else "it is empty") from None
    except ValueError as error:  # a number with thousands of digits
        raise NotJson(str(error)) from None


def request(number: int, method: str, params: Mapping[str, object]) -> bytes:
    """Return the bytes of one request, without a line end."""
    named = write(params if isinstance(params, dict) else dict(params))
    return f'{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{named}}}'.encode()


class Responses:
    """The responses to the requests of one driver.

    Most results of a run equal one of an earlier scenario, so that the values of short ones are remembered.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[str, bytes], object] = {}  # (method, what follows the id); values are immutable

    def outcome(self, raw: bytes, number: int, method: str) -> object:
        """Return the result of request `number`.

        Raises Refused, Unsupported, or ImplementationError: MALFORMED where the message is not a response to this
        request, INVALID for a result or a reason that the contract does not have, CRASHED for any other error code.
        """
        rest = _result_of(raw, number)
        if rest is None:
            return _outcome(raw, number, method)
        value = self._values.get((method, rest))
        if value is None:
            value = _outcome(raw, number, method)
            if len(rest) <= _SHORT:
                if len(self._values) >= _MANY:
                    self._values.clear()
                self._values[method, rest] = value
        return value


def _result_of(raw: bytes, number: int) -> bytes | None:
    """Return what follows the id in a response of one of the two usual forms, None in any other."""
    for head, middle in _USUAL:
        begin = b"%b%d%b" % (head, number, middle)
        if raw.startswith(begin):
            return raw[len(begin) :]
    return None


def _outcome(raw: bytes, number: int, method: str) -> object:
    try:
        response = parse(raw)
    except NotJson as error:
        raise _malformed(method, f"the answer is not JSON: {error}", raw) from None
    if not isinstance(response, dict):
        raise _malformed(method, "the answer is not a JSON object", raw)
    if response.get("jsonrpc") != "2.0":
        raise _malformed(method, 'the answer is not JSON-RPC 2.0: it needs "jsonrpc": "2.0"', raw)
    if ("result" in response) == ("error" in response):
        both = "both a result and an error" if "result" in response else "neither a result nor an error"
        raise _malformed(method, f"the answer has {both}; it needs exactly one", raw)
    answered = response.get("id", "nothing")
    if type(answered) is not int or answered != number:
        if answered is None and "error" in response:
            _raise_error(response["error"], method, raw)  # it could not read the request: its error says why
        if "id" not in response:
            raise _malformed(method, f"the answer has no id; expected {number}", raw)
        quoted = " (remove the quotes)" if answered == str(number) else ""
        raise _malformed(method, f"the answer has the id {preview(answered)}; expected {number}{quoted}", raw)
    if "error" in response:
        _raise_error(response["error"], method, raw)
    return decode_result(METHODS[method], response["result"], wire=True)


def _raise_error(error: object, method: str, raw: bytes) -> NoReturn:
    if not isinstance(error, dict):
        raise _malformed(method, "the error is not an object with code and message", raw)
    code, message = error.get("code"), error.get("message")
    if type(code) is not int:
        raise _malformed(method, f"the error's code: expected an integer, got {preview(code)}", raw)
    if not isinstance(message, str):
        raise _malformed(method, f"the error's message: expected a string, got {preview(message)}", raw)
    if code == NO_METHOD:
        raise Unsupported(preview_text(message, _TOLD))
    if code != REFUSED:
        hint = f"a refusal has code {REFUSED} and its reason in data.reason"
        said = f"error {code}: {preview_text(message, _TOLD)} ({hint})"
        raise ImplementationError(ErrorKind.CRASHED, said, method=method)
    data = error.get("data")
    reason = data.get("reason") if isinstance(data, dict) else None
    if not isinstance(reason, str) or reason not in Reason.__members__.values():
        came = preview(reason) if isinstance(data, dict) and "reason" in data else "nothing"
        wrong = Violation("data.reason of a refusal", came, f"one of {', '.join(Reason)}", ViolationKind.REASON)
        raise ImplementationError(ErrorKind.INVALID, str(wrong), method=method, violations=[wrong])
    raise Refused(reason, preview_text(message, _TOLD))


def _malformed(method: str, problem: str, raw: bytes) -> ImplementationError:
    return ImplementationError(ErrorKind.MALFORMED, f"{problem}; it began {preview_bytes(raw)}", method=method)
