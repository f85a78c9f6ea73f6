"""The HTTP driver: one request in the body of a POST, one response in the body of a 200.

It connects only to what `--sut` names, with no proxy and no redirect, so that credentials go to no other host.
Responses are read by `http.client`.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import SplitResult, quote

from billing_tck.clock import real_monotonic, real_pause
from billing_tck.connection import Connection, reveal
from billing_tck.contract import READS, ErrorKind, ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.base import Closing
from billing_tck.drivers.peer import Peer, Tls, connect
from billing_tck.drivers.server_lock import ServerLock
from billing_tck.sut import split_url
from billing_tck.text.preview import preview, preview_bytes, preview_text
from billing_tck.version import __version__

# Safe to send again where it is unknown whether the server has read the first request.
REPEATABLE = READS | {"reset", "advance_to"}
_RETRY = 0.1  # seconds between two attempts to reach a server that is away
_RESTART = 1.0  # seconds for which a server that ends or starts may accept connections without an answer


class HttpDriver(Closing):
    """POSTs to one URL over a persistent connection, and reconnects after a call that failed.

    Before a `reset` it waits for a server that has answered before and is away now, and for a call that was not
    answered in time, since that call may still be running.
    """

    in_process = False

    def __init__(self, spec: str, connection: Connection | None = None) -> None:
        self.spec = spec
        self._settings = connection or Connection()
        self._timeouts = self._settings.timeouts
        self._url = split_url(spec)
        revealed = reveal(self._settings)
        self._secrets = revealed.secrets if revealed.secrets.shown else None
        self._head = _head(self._url, revealed.headers)
        self._tls = Tls.of(self._settings.http) if self._url.scheme == "https" else None
        self._lock = None if self._settings.locked else ServerLock(spec)
        self._number = 0
        self._responses = jsonrpc.Responses()
        self._peer: Peer | None = None
        self._answered = self._settings.answered
        self._scenario = ""
        self._running: tuple[str, str] | None = None  # a call without an answer: its method and its scenario

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        self._number += 1
        body = jsonrpc.request(self._number, method, params)
        try:
            if self._secrets is None:
                return self._responses.outcome(self._exchange(body, method), self._number, method)
            raw = self._secrets.mask_bytes(self._exchange(self._secrets.unmask_bytes(body), method))
            return self._responses.outcome(raw, self._number, method)
        except ImplementationError as error:
            if self._running is None:  # after an invalid answer the connection may be out of step
                self._disconnect()
            if self._secrets is not None:
                error.message = self._secrets.mask(error.message)
            raise
        except (KeyboardInterrupt, SystemExit):
            self._disconnect()
            raise

    def begin_scenario(self, name: str) -> None:
        """See `Driver.begin_scenario`."""
        self._scenario = name

    def close(self) -> None:
        """Close the connection, and let others use the server."""
        self._disconnect()
        self._running = None
        if self._lock is not None:
            self._lock.release()

    def _disconnect(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def _exchange(self, body: bytes, method: str) -> bytes:
        if self._running is not None:
            self._await_running(method)
        deadline = real_monotonic() + self._timeouts.of(method)
        peer = self._peer
        if peer is not None and peer.stale():
            self._disconnect()
            peer = None
        reused = peer is not None
        message = b"%b%d\r\n\r\n%b" % (self._head, len(body), body)
        try:
            try:
                return self._ask(message, method, deadline)
            except _Unanswered as unanswered:
                # A server may close an idle connection just when it is used again. After a reset the request was not
                # read; after a plain end it may have been, and only what is repeatable is sent again.
                if self._answered and method == "reset":
                    return self._ask_while_it_restarts(message, method, deadline)
                if not reused or not (unanswered.unread or method in REPEATABLE):
                    raise
                self._disconnect()
                return self._ask(message, method, deadline)
        except _Unanswered:
            problem = "the server closed the connection without an answer"
            if self._tls is not None and not self._answered:
                problem += f"; {Tls.CERTIFICATE}"
            raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from None
        except TimeoutError:
            if self._peer is not None:
                self._running = (method, self._scenario)
            raise ImplementationError(ErrorKind.TIMEOUT, self._timeouts.silence(method), method=method) from None
        except (http.client.IncompleteRead, ConnectionError) as error:
            problem = f"the connection broke in the middle of the answer ({type(error).__name__})"
            raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from None
        except (http.client.HTTPException, OSError, ValueError) as error:
            if self._tls is not None and self._tls.failed(error):
                raise self._unreachable(error, method) from None
            problem = f"the answer is not HTTP: {type(error).__name__}: {preview_bytes(str(error).encode())}"
            raise ImplementationError(ErrorKind.MALFORMED, problem, method=method) from None

    def _ask_while_it_restarts(self, message: bytes, method: str, deadline: float) -> bytes:
        """Ask again for a while: a server that ends or starts may accept a connection and close it."""
        last = min(deadline, real_monotonic() + _RESTART)
        while True:
            self._disconnect()
            try:
                return self._ask(message, method, deadline)
            except _Unanswered:
                if real_monotonic() >= last:
                    raise
                real_pause(_RETRY)

    def _ask(self, message: bytes, method: str, deadline: float) -> bytes:
        peer = self._peer
        if peer is None:
            peer = self._peer = self._connect(method, deadline)
        try:
            peer.send(message, deadline)
        except ConnectionError:
            raise _Unanswered(unread=True) from None
        try:
            response = peer.response()
        except http.client.RemoteDisconnected:
            raise _Unanswered(unread=False) from None
        except ConnectionResetError:
            raise _Unanswered(unread=True) from None
        body = _body(response, method)
        if response.will_close:
            self._disconnect()
        self._answered = True
        return body

    def _connect(self, method: str, deadline: float) -> Peer:
        """Return a connection; before a reset, wait for a server that is away until the deadline."""
        if self._lock is not None:
            self._lock.acquire(method)
        cause: OSError | UnicodeError | None = None
        while True:
            try:
                return connect(self._url, self._tls, deadline)
            except (OSError, UnicodeError) as error:
                if cause is None or not isinstance(error, TimeoutError):  # the last attempt may have had no time left
                    cause = error
                left = deadline - real_monotonic()
                if not (self._answered and method == "reset" and left > 0):
                    raise self._unreachable(cause, method) from None
                real_pause(min(_RETRY, left))

    def _unreachable(self, error: Exception, method: str) -> ImplementationError:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        fix = "check that the server runs on this host and port"
        if self._tls is not None:
            why, fix = self._tls.explain(error, why, fix)
        waited = f" within {self._timeouts.of(method):g} s" if self._answered and method == "reset" else ""
        return ImplementationError(
            ErrorKind.UNREACHABLE, f"cannot reach {self.spec}{waited}: {why}; {fix}", method=method
        )

    def _await_running(self, method: str) -> None:
        """Wait once more for a call that was not answered in time. Raises ImplementationError where it still runs."""
        assert self._running is not None
        earlier, scenario = self._running
        self._running = None
        peer, self._peer = self._peer, None
        if peer is None:
            return
        try:
            seconds = self._timeouts.of(earlier)
            if not peer.readable(seconds):
                where = f" of the scenario {scenario}" if scenario else ""
                problem = (
                    f"{method} was not sent: the call {earlier}{where} has got no answer within {2 * seconds:g} s and "
                    f"may still be running (raise the limit with {self._timeouts.option(earlier)})"
                )
                raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method)
        finally:
            peer.close()


class _Unanswered(Exception):
    """The connection ended before an answer began; `unread` where the server cannot have read the request."""

    def __init__(self, *, unread: bool) -> None:
        self.unread = unread


def _head(url: SplitResult, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Return the head of every request, up to the number of the length of its body."""
    host = url.hostname or ""
    host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    host += f":{url.port}" if url.port is not None else ""
    target = quote(url.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{url.query}" if url.query else "")
    fields = {
        "Host": host,
        "User-Agent": f"billing-tck/{__version__}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "keep-alive",
    }
    given = {name.lower() for name, _ in headers}
    lines = [(name, value) for name, value in fields.items() if name.lower() not in given]
    text = "".join(f"{name}: {value}\r\n" for name, value in (*lines, *headers))
    return f"POST {target} HTTP/1.1\r\n{text}Content-Length: ".encode("ascii")


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
    if body.lstrip()[:1] == b"<":
        problem = f"expected JSON, got a web page; it begins {preview_bytes(body)}"
        raise ImplementationError(ErrorKind.MALFORMED, problem, method=method, status=response.status)
    if encoding := response.getheader("Content-Encoding"):
        problem = (
            f"the answer has Content-Encoding {preview(encoding)}, although the request accepts identity alone; "
            "send the body as it is"
        )
        raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
    return body


def _wrong_status(response: http.client.HTTPResponse, body: bytes, method: str) -> ImplementationError:
    problem = f"expected status 200, got {response.status} {response.reason}"
    if 300 <= response.status < 400:
        location = response.getheader("Location", "nowhere")
        problem += f", a redirect to {location}, which is not followed; give the URL that it leads to"
    elif body:
        problem += f"; the body is {preview_bytes(body)}"
    return ImplementationError(ErrorKind.CRASHED, preview_text(problem, 1000), method=method, status=response.status)
