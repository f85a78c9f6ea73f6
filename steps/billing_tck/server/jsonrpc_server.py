"""Serve a Python implementation over JSON-RPC 2.0, on standard streams or over HTTP.

    serve_stdio(implementation, set_clock)
    serve_http(implementation, set_clock, port)

`implementation` is any object with the contract's methods, so this is also the shortest way to write an adapter.
`set_clock(now)` is called before each `reset` and `advance_to`; it is None if those calls suffice. An exception of the
implementation becomes an error response, and the server goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import BinaryIO

from billing_tck.contract import METHODS, Refused, Unsupported
from billing_tck.contract.decode import decode, decode_params
from billing_tck.contract.encode import encode
from billing_tck.contract.violations import ContractViolation
from billing_tck.drivers import jsonrpc
from billing_tck.text.preview import preview

SetClock = Callable[[datetime], None]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MOVES = frozenset({"reset", "advance_to"})


class RequestHandler:
    """Answers requests for one implementation, one at a time."""

    def __init__(self, implementation: object, set_clock: SetClock | None = None) -> None:
        self._implementation = implementation
        self._set_clock = set_clock
        self._lock = threading.Lock()

    def answer(self, raw: bytes) -> bytes:
        """Return the response to one request, without a newline. Every problem becomes an error response."""
        number: object = None
        try:
            if len(raw) > jsonrpc.LONGEST_REQUEST:
                raise _Error(jsonrpc.PARSE_ERROR, f"the request has more than {jsonrpc.LONGEST_REQUEST // 1024**2} MiB")
            try:
                request = jsonrpc.parse(raw)
            except jsonrpc.NotJson as error:
                raise _Error(jsonrpc.PARSE_ERROR, f"the request is not valid JSON: {error}") from None
            if isinstance(request, dict) and type(request.get("id")) is int:
                number = request["id"]
            method, params = _parse_request(request)
            with self._lock:
                result = self._call(method, params)
            return jsonrpc.write({"jsonrpc": "2.0", "id": number, "result": result}).encode()
        except _Error as error:
            body: dict[str, object] = {"code": error.code, "message": error.message}
            if error.reason is not None:
                body["data"] = {"reason": error.reason}
            return jsonrpc.write({"jsonrpc": "2.0", "id": number, "error": body}).encode()

    def _call(self, method: str, params: object) -> object:
        contract = METHODS[method]
        try:
            arguments = decode_params(contract, params)
        except ContractViolation as violation:
            raise _Error(jsonrpc.INVALID_PARAMS, f"{method}: {violation}") from None
        try:
            function = getattr(self._implementation, method, None)
            if function is None:
                raise Unsupported(f"{method} is not supported here")
            now = arguments.get("now")
            if method in _MOVES and self._set_clock is not None and isinstance(now, datetime):
                self._set_clock(now)
            return encode(decode(contract.result, function(**arguments), wire=False, where=method))
        except Refused as refused:
            raise _Error(jsonrpc.REFUSED, refused.message, str(refused.reason)) from None
        except Unsupported as unsupported:
            raise _Error(jsonrpc.NO_METHOD, str(unsupported) or f"{method} is not supported here") from None
        except ContractViolation as violation:
            raise _Error(jsonrpc.INTERNAL_ERROR, f"the result does not fit the contract: {violation}") from None
        except (Exception, SystemExit) as error:
            traceback.print_exc(file=sys.stderr)
            raise _Error(jsonrpc.INTERNAL_ERROR, f"{type(error).__name__}: {error}") from None


def _parse_request(request: object) -> tuple[str, object]:
    """Return the method and the parameters of a request. Raises _Error."""
    if not isinstance(request, dict):
        raise _Error(jsonrpc.INVALID_REQUEST, f"a request must be a JSON object, got {preview(request)}")
    method = request.get("method")
    if request.get("jsonrpc") != "2.0":
        raise _Error(jsonrpc.INVALID_REQUEST, 'a request needs "jsonrpc": "2.0"')
    if type(request.get("id")) is not int:
        raise _Error(jsonrpc.INVALID_REQUEST, f"a request needs an integer id, got {preview(request.get('id'))}")
    if not isinstance(method, str):
        raise _Error(jsonrpc.INVALID_REQUEST, f"a request needs the name of a method, got {preview(method)}")
    if method not in METHODS:
        raise _Error(jsonrpc.NO_METHOD, f"the contract has no method {preview(method)}")
    return method, request.get("params", {})


class _Error(Exception):
    """An error response: code, message and, for a refusal, the reason."""

    def __init__(self, code: int, message: str, reason: str | None = None) -> None:
        self.code = code
        self.message = message
        self.reason = reason


class _Stop(BaseException):
    """A signal that stops the server."""


@contextlib.contextmanager
def _until_signalled() -> Iterator[None]:
    """Run the body until it ends or SIGINT or SIGTERM arrives; neither raises an exception."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stop

    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)} if main else {}
    try:
        yield
    except _Stop:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# Standard streams ----------------------------------------------------------------------------------------------------


def serve_stdio(
    implementation: object,
    set_clock: SetClock | None = None,
    *,
    requests: BinaryIO | None = None,
    responses: BinaryIO | None = None,
) -> None:
    """Answer one request per line until the input ends, or SIGINT or SIGTERM arrives.

    The default streams are those of the process; what the implementation prints then goes to standard error, because
    standard output carries the responses.
    """
    handler = RequestHandler(implementation, set_clock)
    with _until_signalled(), contextlib.suppress(BrokenPipeError), contextlib.ExitStack() as stack:
        source = requests or sys.stdin.buffer
        sink = responses or stack.enter_context(_own_stdout())
        while line := source.readline(jsonrpc.LONGEST_REQUEST + 2):
            if line.isspace():
                continue
            answer = handler.answer(line.rstrip(b"\r\n"))
            while not line.endswith(b"\n") and line:  # too long: skip the rest of the line
                line = source.readline(jsonrpc.LONGEST_REQUEST)
            sink.write(answer + b"\n")
            sink.flush()


@contextlib.contextmanager
def _own_stdout() -> Iterator[BinaryIO]:
    """Reserve standard output for responses; redirect what is printed to standard error."""
    sys.stdout.flush()
    answers = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(answers, "wb", closefd=False) as stream, contextlib.redirect_stdout(sys.stderr):
            yield stream
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os.dup2(answers, 1)
        os.close(answers)


# HTTP ----------------------------------------------------------------------------------------------------------------


def serve_http(implementation: object, set_clock: SetClock | None = None, port: int = 0) -> None:
    """Answer POSTs to / on 127.0.0.1 until SIGINT or SIGTERM arrives; port 0 takes a free one.

    The first line on standard output is `listening on http://127.0.0.1:PORT/`. Raises OSError if the port is not free.
    """
    with http_server(implementation, set_clock, port) as server, _until_signalled():
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


def http_server(implementation: object, set_clock: SetClock | None = None, port: int = 0) -> ThreadingHTTPServer:
    """Return the server of `serve_http`, listening but not serving yet, to run it in a thread."""
    try:
        return _Server(("127.0.0.1", port), RequestHandler(implementation, set_clock))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OSError(
            f"port {port} of 127.0.0.1 is not available: {why}; choose another, or 0 for a free one"
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: RequestHandler) -> None:
        self.request_handler = handler
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):  # a client may disconnect
            traceback.print_exc(file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write per response: a second would wait for the acknowledgement of the first
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        if (refused := self._refused()) is not None:
            return self._send_problem(*refused, hang_up=True)
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return self._send_problem(HTTPStatus.LENGTH_REQUIRED, "a request needs a Content-Length", hang_up=True)
        if len(length) > 12 or int(length) > jsonrpc.LONGEST_REQUEST:
            problem = f"a request may have at most {jsonrpc.LONGEST_REQUEST // 1024**2} MiB"
            return self._send_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem, hang_up=True)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        if self.path.partition("?")[0] != "/":
            return self._send_problem(HTTPStatus.NOT_FOUND, f"{self.path} does not exist; send requests to /")
        return self._send(HTTPStatus.OK, self.server.request_handler.answer(body))

    def _refused(self) -> tuple[HTTPStatus, str] | None:
        """Return why a request is not answered: a web page that is open in a browser could have sent it.

        Such a page cannot set the Host of its request, nor leave out its Origin, nor send JSON without asking first.
        """
        host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host") or ""
        if host.strip("[]").lower() not in LOOPBACK:
            return HTTPStatus.FORBIDDEN, f"the Host {host[:100]!r} is not this machine; use 127.0.0.1 or localhost"
        if (origin := self.headers.get("Origin")) is not None:
            return HTTPStatus.FORBIDDEN, f"requests of web pages are not answered (Origin {origin[:100]!r})"
        if self.headers.get_content_type() != "application/json":
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the request as Content-Type: application/json"
        if "Transfer-Encoding" in self.headers or len(self.headers.get_all("Content-Length") or ()) > 1:
            return HTTPStatus.BAD_REQUEST, "send one Content-Length, and no Transfer-Encoding"
        return None

    def _other(self) -> None:
        problem = f"{self.command} is not supported; send requests with POST to /"
        self._send_problem(HTTPStatus.METHOD_NOT_ALLOWED, problem, hang_up=True)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _other  # noqa: N815 - the names are http.server's

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send an error that http.server found, as JSON like the others."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self._send_problem(status, message or status.phrase, hang_up=True)

    def _send_problem(self, status: HTTPStatus, problem: str, *, hang_up: bool = False) -> None:
        self.close_connection = self.close_connection or hang_up
        self._send(status, json.dumps({"error": problem}).encode())

    def _send(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Print no line per request, so that problems remain visible."""
