"""JSON-RPC 2.0 as the contract uses it: one request at a time, by name, with integer ids. Strict in what it accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn

from billing_tck.contract import METHODS, ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.codec import decode_result, encode
from billing_tck.text.preview import preview, preview_bytes, preview_text

REFUSED = 1
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
NO_METHOD = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

LONGEST = 16 * 1024 * 1024  # bytes of one message

_USUAL = ((b'{"jsonrpc":"2.0","id":', b',"result":'), (b'{"jsonrpc": "2.0", "id": ', b', "result": '))
_understood: dict[tuple[str, bytes], object] = {}  # (method, what follows the number) -> the value, which never changes
_SHORT, _MANY = 4096, 4096

_TOLD = 500  # characters of an error's message


class NotJson(ValueError):
    """Bytes that are no JSON text; says in words what is wrong with them."""


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"the name {preview(twice)} stands twice in one object")
    return result


def _no_constant(name: str) -> object:
    raise NotJson(f"{name} is no JSON value")


_read = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode
write = json.JSONEncoder(separators=(",", ":"), default=encode, allow_nan=False).encode


def parse(raw: bytes) -> object:
    """The JSON value of a message; NotJson where it is none."""
    try:
        return _read(raw.decode())
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
    """The bytes of one request, without a line's end."""
    named = write(params if isinstance(params, dict) else dict(params))
    return f'{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{named}}}'.encode()


def outcome(raw: bytes, number: int, method: str) -> object:
    """What a response says about request `number`: the contract's value, or the exception of what happened instead.

    Raises Refused, Unsupported, or ImplementationError: MALFORMED for what is no response to this request,
    INVALID for a result or a reason that the contract does not know, CRASHED for any other error code.

    Most results of a run are word for word those of an earlier scenario: what was understood once is not read again.
    """
    rest = _result_of(raw, number)
    if rest is None:
        return _outcome(raw, number, method)
    value = _understood.get((method, rest))
    if value is None:
        value = _outcome(raw, number, method)
        if len(rest) <= _SHORT:
            if len(_understood) >= _MANY:
                _understood.clear()
            _understood[method, rest] = value
    return value


def forget() -> None:
    """Forgets what was understood, as at the beginning of a run."""
    _understood.clear()


def _result_of(raw: bytes, number: int) -> bytes | None:
    """All that follows the number in an answer of one of the two usual forms; None in any other."""
    for head, middle in _USUAL:
        begin = b"%b%d%b" % (head, number, middle)
        if raw.startswith(begin):
            return raw[len(begin) :]
    return None


def _outcome(raw: bytes, number: int, method: str) -> object:
    try:
        response = parse(raw)
    except NotJson as error:
        raise _malformed(method, f"the answer is no JSON: {error}", raw) from None
    if not isinstance(response, dict):
        raise _malformed(method, "the answer is no JSON object", raw)
    if response.get("jsonrpc") != "2.0":
        raise _malformed(method, 'the answer is no JSON-RPC 2.0: it needs "jsonrpc": "2.0"', raw)
    if ("result" in response) == ("error" in response):
        both = "both a result and an error" if "result" in response else "neither a result nor an error"
        raise _malformed(method, f"the answer has {both}; it needs exactly one", raw)
    answered = response.get("id", "nothing")
    if type(answered) is not int or answered != number:
        if answered is None and "error" in response:
            _raise_error(response["error"], method, raw)  # it could not even read the request: its error says why
        if "id" not in response:
            raise _malformed(method, f"the answer has no id; asked was {number}", raw)
        quoted = " (leave the quotes away)" if answered == str(number) else ""
        raise _malformed(method, f"the answer has the id {preview(answered)}, asked was {number}{quoted}", raw)
    if "error" in response:
        _raise_error(response["error"], method, raw)
    return decode_result(METHODS[method], response["result"], wire=True)


def _raise_error(error: object, method: str, raw: bytes) -> NoReturn:
    if not isinstance(error, dict):
        raise _malformed(method, "the error is no object with code and message", raw)
    code, message = error.get("code"), error.get("message")
    if type(code) is not int:
        raise _malformed(method, f"the error's code is {preview(code)}, and must be an integer", raw)
    if not isinstance(message, str):
        raise _malformed(method, f"the error's message is {preview(message)}, and must be a string", raw)
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
        problem = f"a refusal names its reason in data.reason: expected one of {', '.join(Reason)}, got {came}"
        raise ImplementationError(ErrorKind.INVALID, problem, method=method)
    raise Refused(reason, preview_text(message, _TOLD))


def _malformed(method: str, problem: str, raw: bytes) -> ImplementationError:
    return ImplementationError(ErrorKind.MALFORMED, f"{problem}; it began {preview_bytes(raw)}", method=method)
