"""Implementations behind HTTP: one request in the body of a POST, one response in the body of a 200.

It connects to what the spec names and to nothing else: no proxy, no redirect. Headers and body leave in one piece, on
one connection that is kept alive.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import select
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from billing_tck.clock import real_monotonic
from billing_tck.contract import READS, ErrorKind, ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.base import Closing
from billing_tck.sut import split_url
from billing_tck.text.preview import preview_bytes
from billing_tck.version import __version__

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What may be asked a second time, should it be unknown whether the first time was heard: it changes nothing, or to the
# same effect. The rest might count twice.
REPEATABLE = READS | {"reset", "advance_to"}


class HttpDriver(Closing):
    """POSTs to one URL, and connects anew after a call that failed."""

    in_process = False

    def __init__(self, spec: str, *, timeout: float = 10.0) -> None:
        self.spec = spec
        self._timeout = timeout
        self._number = 0
        self._socket: socket.socket | None = None
        url = split_url(spec)
        port = url.port
        self._tls = url.scheme == "https"
        self._host = cast("str", url.hostname)
        self._port = port if port is not None else (443 if self._tls else 80)
        host = f"[{self._host}]" if ":" in self._host else self._host.encode("idna").decode()
        target = quote(url.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{url.query}" if url.query else "")
        self._head = (
            f"POST {target} HTTP/1.1\r\nHost: {host}{f':{port}' if port is not None else ''}\r\n"
            f"User-Agent: billing-tck/{__version__}\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
            "Accept-Encoding: identity\r\nConnection: keep-alive\r\nContent-Length: "
        ).encode("ascii")

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        self._number += 1
        body = jsonrpc.request(self._number, method, params)
        message = b"%b%d\r\n\r\n%b" % (self._head, len(body), body)
        try:
            raw = self._exchange(message, method)
        except BaseException:
            self.close()
            raise
        try:
            return jsonrpc.outcome(raw, self._number, method)
        except ImplementationError:
            self.close()  # who talks nonsense may be about to hang up: the next question gets a connection of its own
            raise

    def close(self) -> None:
        """Closes the connection."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _exchange(self, message: bytes, method: str) -> bytes:
        deadline = real_monotonic() + self._timeout
        used = self._socket is not None
        if self._socket is not None and _stale(self._socket):
            self.close()
            used = False
        try:
            try:
                return self._ask(message, method, deadline)
            except _Unanswered as unanswered:
                # A server may close an idle connection just when it is used again. A reset says that nobody read the
                # request; a plain end leaves it open, and then only what may be repeated is asked again.
                if not used or not (unanswered.unread or method in REPEATABLE):
                    raise
                self.close()
                return self._ask(message, method, deadline)
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
            problem = f"the answer is no HTTP: {type(error).__name__}: {preview_bytes(str(error).encode())}"
            raise ImplementationError(ErrorKind.MALFORMED, problem, method=method) from None

    def _ask(self, message: bytes, method: str, deadline: float) -> bytes:
        connection = self._socket
        if connection is None:
            connection = self._socket = self._connect(method)
        stream = _Answer(connection, deadline)
        try:
            if connection.gettimeout() != self._timeout:  # each setting is a call of the system
                connection.settimeout(self._timeout)
            connection.sendall(message)
            body = stream.plain_body()
        except ConnectionError:
            if stream.began:
                raise
            raise _Unanswered(unread=True) from None
        if body is not None:
            return body
        response = http.client.HTTPResponse(cast("socket.socket", stream), method="POST")
        try:
            try:
                response.begin()
            except ConnectionError as error:
                if stream.began:
                    raise
                unread = not isinstance(error, http.client.RemoteDisconnected)
                raise _Unanswered(unread=unread) from None
            body = response.read(jsonrpc.LONGEST + 1)
            if len(body) > jsonrpc.LONGEST:
                problem = f"the answer has more than {jsonrpc.LONGEST // 1024**2} MiB"
                raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
            if response.length:
                raise http.client.IncompleteRead(body, response.length)
            if response.status != 200:
                raise _other_status(response, body, method)
            if response.will_close:
                self.close()
            return body
        finally:
            response.close()

    def _connect(self, method: str) -> socket.socket:
        try:
            connection = socket.create_connection((self._host, self._port), timeout=self._timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                import ssl  # noqa: PLC0415 - twenty milliseconds that only https pays

                try:
                    return ssl.create_default_context().wrap_socket(connection, server_hostname=self._host)
                except BaseException:
                    connection.close()
                    raise
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            problem = f"{self.spec} could not be reached: {why}; see that the server runs, and on this host and port"
            raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method) from None
        return connection


_PLAIN = re.compile(
    rb"HTTP/1\.1 200 [^\r\n]*(?:\r\n[!-9;-~]+:[^\r\n]*)*\r\ncontent-length: *(\d{1,8}) *(?:\r\n[!-9;-~]+:[^\r\n]*)*",
    re.I,
)


class _Unanswered(Exception):
    """The connection ended before anything of an answer came; `unread` where nobody can have read the request."""

    def __init__(self, *, unread: bool) -> None:
        self.unread = unread


class _Answer(io.RawIOBase):
    """What comes back on a socket, until a deadline, however slowly it drips."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._read = b""  # and not handed on yet
        self.began = False

    def plain_body(self) -> bytes | None:
        """The body of a plain answer: status 200, its length said, the connection kept.

        None for any other; it is then read from its beginning as a stream. Most answers are plain, and http.client
        takes longer over one than the kit over all the rest of a call.
        """
        data = self._connection.recv(65536)
        self._read, self.began = data, bool(data)
        head, _, body = data.partition(b"\r\n\r\n")
        found = _PLAIN.fullmatch(head)
        if found is None or b"transfer-encoding" in (lower := head.lower()) or b"\nconnection:" in lower:
            return None
        length = int(found[1])
        if len(body) > length or length > jsonrpc.LONGEST or lower.count(b"\ncontent-length") > 1:
            return None
        while len(body) < length:
            self._connection.settimeout(_left(self._deadline))
            data = self._connection.recv(length - len(body))
            if not data:
                return None
            self._read += data
            body += data
        return body

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._read:
            view = memoryview(buffer).cast("B")
            count = min(len(view), len(self._read))
            view[:count], self._read = self._read[:count], self._read[count:]
            return count
        self._connection.settimeout(_left(self._deadline))
        count = self._connection.recv_into(buffer)
        self.began = self.began or count > 0
        return count


def _left(deadline: float) -> float:
    left = deadline - real_monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _stale(connection: socket.socket) -> bool:
    """Whether a connection that nothing is expected on has something to say: its end, or what nobody asked for."""
    try:
        if not hasattr(select, "poll"):
            return bool(select.select([connection], [], [], 0)[0])
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True


def _other_status(response: http.client.HTTPResponse, body: bytes, method: str) -> ImplementationError:
    told = f"the server answers {response.status} {response.reason}, and must answer 200"
    if 300 <= response.status < 400:
        told += f"; it redirects to {response.getheader('Location', 'nowhere')}: name the right URL, none is followed"
    elif body:
        told += f"; it says {preview_bytes(body)}"
    return ImplementationError(ErrorKind.CRASHED, preview_bytes(told.encode(), 1000), method=method)
