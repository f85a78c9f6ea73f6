"""A connection to an HTTP server: TCP or TLS, with a deadline for each exchange. `http.client` parses the responses."""

from __future__ import annotations

import http.client
import io
import select
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import SplitResult

from billing_tck.clock import real_monotonic
from billing_tck.connection import Http, InvalidConnection
from billing_tck.text.files import check_readable

if TYPE_CHECKING:
    import ssl

    from _typeshed import WriteableBuffer

# A server that sends head and body in two packets waits for the acknowledgement of the first, which Linux delays by
# 40 ms unless this option is set before each read.
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificates of https connections."""

    CERTIFICATE: ClassVar[str] = "if it asks for a certificate of the client, give one with --client-cert"
    context: ssl.SSLContext

    @classmethod
    def of(cls, settings: Http) -> Tls:
        """Return the certificates of a connection. Raises InvalidConnection for a file that cannot be used."""
        import ssl  # noqa: PLC0415 - twenty milliseconds that only https pays

        context = ssl.create_default_context()
        if settings.ca_file is not None:
            try:
                check_readable(settings.ca_file)
                context.load_verify_locations(cafile=settings.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise _unusable("--ca-file", settings.ca_file, error, "a certificate in PEM form") from None
        if settings.client_key is not None:
            try:
                check_readable(settings.client_key)
            except OSError as error:
                raise _unusable("--client-key", settings.client_key, error, "a private key in PEM form") from None
        if settings.client_cert is not None:
            try:
                check_readable(settings.client_cert)
                context.load_cert_chain(settings.client_cert, settings.client_key)
            except (OSError, ssl.SSLError) as error:
                expected = "a certificate in PEM form, with its private key there or in --client-key"
                raise _unusable("--client-cert", settings.client_cert, error, expected) from None
        return cls(context)

    def failed(self, error: Exception) -> bool:
        """Whether an error is one of TLS: since version 1.3 a missing certificate shows only after the handshake."""
        import ssl  # noqa: PLC0415 - loaded already

        return isinstance(error, ssl.SSLError)

    def explain(self, error: Exception, why: str, fix: str) -> tuple[str, str]:
        """Return the reason and the fix for a connection that failed."""
        import ssl  # noqa: PLC0415 - loaded already

        if isinstance(error, ssl.SSLCertVerificationError):
            fix = "name the certificate of its authority with --ca-file, or correct the host in the URL"
            return f"its certificate is not trusted ({error.verify_message})", fix
        if isinstance(error, ssl.SSLError):
            return (
                f"TLS: {error.reason or error}",
                f"check that the server speaks https; {self.CERTIFICATE}",
            )
        return why, fix


def _unusable(option: str, path: object, error: Exception, expected: str) -> InvalidConnection:
    import ssl  # noqa: PLC0415 - loaded already

    why = str(getattr(error, "strerror", None) or error)
    if isinstance(error, ssl.SSLError):
        why = error.reason or "not a certificate"
    return InvalidConnection(f"{option} {str(path)!r} cannot be used: {why}; expected {expected}")


def connect(url: SplitResult, tls: Tls | None, deadline: float) -> Peer:
    """Return a connection to the host of a URL. Raises OSError, which includes errors of TLS."""
    host = url.hostname or ""
    port = url.port or (443 if tls is not None else 80)
    connection = socket.create_connection((host, port), timeout=_left(deadline))
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            connection.settimeout(_left(deadline))
            connection = tls.context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
    return Peer(connection)


class Peer:
    """The server's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._stream = _Stream(connection)
        self._reader = _Reader(self._stream, 65536)
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(connection, select.POLLIN)

    def send(self, message: bytes, deadline: float) -> None:
        """Send a whole request; what follows must be read before the same deadline."""
        self._stream.deadline = deadline
        self._socket.settimeout(_left(deadline))
        self._socket.sendall(message)

    def response(self) -> http.client.HTTPResponse:
        """Return the next response, with its head read."""
        response = http.client.HTTPResponse(cast("socket.socket", self), method="POST")
        response.begin()
        return response

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the stream that a response is read from: it outlives the response."""
        return self._reader

    def readable(self, seconds: float) -> bool:
        """Wait until there is something to read: bytes, or the end of the connection."""
        try:
            if self._poll is None:
                return bool(select.select([self._socket], [], [], seconds)[0])
            return bool(self._poll.poll(seconds * 1000))
        except (OSError, ValueError):
            return True

    def stale(self) -> bool:
        """Whether an idle connection has something to read: its end, or bytes that were not asked for."""
        return self.readable(0)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class _Reader(io.BufferedReader):
    """A buffer that stays open when `http.client` has read a response to its end."""

    def close(self) -> None:
        """Do nothing: the connection closes the stream."""


class _Stream(io.RawIOBase):
    """The bytes of a socket until a deadline, however slowly they arrive."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._socket.settimeout(_left(self.deadline))
        if _QUICK_ACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        return self._socket.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - real_monotonic()
    if left <= 0:
        raise TimeoutError
    return left
