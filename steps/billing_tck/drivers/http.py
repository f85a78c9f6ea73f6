"""The HTTP driver: one request in the body of a POST, one response in the body of a 200.

It connects only to what `--sut` names: no proxy, no redirect.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import select
import socket
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from billing_tck.clock import real_monotonic
from billing_tck.contract import READS, ErrorKind, ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.base import Closing
from billing_tck.sut import split_url
from billing_tck.text.preview import preview, preview_bytes, preview_text
from billing_tck.version import __version__

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Safe to send again where it is unknown whether the server has read the first request.
REPEATABLE = READS | {"reset", "advance_to"}
_HEADERS: Mapping[str, str] = {
    "User-Agent": f"billing-tck/{__version__}",
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
}


class HttpDriver(Closing):
    """POSTs to one URL over a persistent connection, and reconnects after a call that failed."""

    in_process = False

    def __init__(self, spec: str, *, timeout: float = 10.0) -> None:
        self.spec = spec
        self._timeout = timeout
        self._number = 0
        self._responses = jsonrpc.Responses()
        self._connection: _Connection | None = None
        self._url = split_url(spec)
        self._target = quote(self._url.path or "/", safe="/%:@!$&'()*+,;=~-._")
        self._target += f"?{self._url.query}" if self._url.query else ""

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        self._number += 1
        try:
            raw = self._exchange(jsonrpc.request(self._number, method, params), method)
        except BaseException:
            self.close()
            raise
        try:
            return self._responses.outcome(raw, self._number, method)
        except ImplementationError:
            self.close()  # after an invalid answer the connection may be out of step
            raise

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def _exchange(self, body: bytes, method: str) -> bytes:
        deadline = real_monotonic() + self._timeout
        if self._connection is not None and (self._connection.sock is None or _stale(self._connection.sock)):
            self.close()
        reused = self._connection is not None
        try:
            try:
                return self._ask(body, method, deadline)
            except _Unanswered as unanswered:
                # A server may close an idle connection just when it is used again. After a reset the request was not
                # read; after a plain end it may have been, and only what is repeatable is sent again.
                if not reused or not (unanswered.unread or method in REPEATABLE):
                    raise
                self.close()
                return self._ask(body, method, deadline)
        except _Unanswered:
            problem = "the server closed the connection without an answer"
            raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from None
        except TimeoutError:
            problem = f"no answer within {self._timeout:g} s"
            raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method) from None
        except (http.client.IncompleteRead, ConnectionError) as error:
            problem = f"the connection broke in the middle of the answer ({type(error).__name__})"
            raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from None
        except (http.client.HTTPException, OSError, ValueError) as error:
            problem = f"the answer is not HTTP: {type(error).__name__}: {preview_bytes(str(error).encode())}"
            raise ImplementationError(ErrorKind.MALFORMED, problem, method=method) from None

    def _ask(self, body: bytes, method: str, deadline: float) -> bytes:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect(method)
        try:
            connection.sock.settimeout(_left(deadline))
            connection.post(self._target, body)
        except ConnectionError:
            raise _Unanswered(unread=True) from None
        try:
            response = connection.getresponse()
        except http.client.RemoteDisconnected:
            raise _Unanswered(unread=False) from None
        except ConnectionResetError:
            raise _Unanswered(unread=True) from None
        try:
            return _body(response, method)
        finally:
            response.close()

    def _connect(self, method: str) -> _Connection:
        try:
            connection = self._new_connection()
            connection.response_class = _Response
            connection.connect()
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            problem = f"cannot reach {self.spec}: {why}; check that the server runs on this host and port"
            raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method) from None
        return connection

    def _new_connection(self) -> _Connection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            import ssl  # noqa: PLC0415 - twenty milliseconds that only https pays

            context = ssl.create_default_context()
            return _SecureConnection(host, self._url.port, timeout=self._timeout, context=context)
        return _Connection(host, self._url.port, timeout=self._timeout)


class _Unanswered(Exception):
    """The connection ended before an answer began; `unread` where the server cannot have read the request."""

    def __init__(self, *, unread: bool) -> None:
        self.unread = unread


class _Connection(http.client.HTTPConnection):
    """A connection that sends head and body in one packet: two would wake the server twice."""

    _held: bytearray | None = None

    def post(self, target: str, body: bytes) -> None:
        self._held = bytearray()
        try:
            self.request("POST", target, body, _HEADERS)
            message = bytes(self._held)
        finally:
            self._held = None
        self.sock.sendall(message)

    def send(self, data: object) -> None:
        if self._held is not None and isinstance(data, bytes):
            self._held += data
        else:
            super().send(data)  # type: ignore[arg-type] # whatever http.client itself sends


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Response(http.client.HTTPResponse):
    """A response that must be complete within the time-out of its socket, however slowly its bytes arrive."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None):
        super().__init__(cast("socket.socket", _Stream(sock)), debuglevel, method, url)


class _Stream(io.RawIOBase):
    """The bytes of a socket until a deadline."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._raw = connection.makefile("rb", buffering=0)  # keeps the socket open where http.client closes it
        self._deadline = real_monotonic() + (connection.gettimeout() or 0.0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, 65536)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._connection.settimeout(_left(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _body(response: http.client.HTTPResponse, method: str) -> bytes:
    """Return the body of a response that has status 200, is complete and is not too long."""
    body = response.read(jsonrpc.LONGEST + 1)
    if len(body) > jsonrpc.LONGEST:
        problem = f"the answer has more than {jsonrpc.LONGEST // 1024**2} MiB"
        raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    if response.status != HTTPStatus.OK:
        raise _wrong_status(response, body, method)
    if encoding := response.getheader("Content-Encoding"):
        problem = f"the answer has Content-Encoding {preview(encoding)}; the kit asks for identity"
        raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
    return body


def _left(deadline: float) -> float:
    left = deadline - real_monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _stale(connection: socket.socket) -> bool:
    """Whether an idle connection has something to read: its end, or bytes that were not asked for."""
    try:
        if not hasattr(select, "poll"):
            return bool(select.select([connection], [], [], 0)[0])
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True


def _wrong_status(response: http.client.HTTPResponse, body: bytes, method: str) -> ImplementationError:
    problem = f"expected status 200, got {response.status} {response.reason}"
    if 300 <= response.status < 400:
        location = response.getheader("Location", "nowhere")
        problem += f", a redirect to {location}, which is not followed; give the URL that it leads to"
    elif body:
        problem += f"; the body is {preview_bytes(body)}"
    return ImplementationError(ErrorKind.CRASHED, preview_text(problem, 1000), method=method)
