"""Implementations behind HTTP: one POST per call, and a failing server costs one call."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing_tck.clock import frozen, real_monotonic
from billing_tck.connect import open_driver
from billing_tck.contract import ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.values import Nothing, ServiceRef
from billing_tck.server.jsonrpc_server import http_server
from billing_tck.sut import InvalidSutSpec

NOW = datetime(2025, 1, 7, 9, tzinfo=UTC)


class Shop:
    def reset(self, *, now):
        assert now == NOW
        return {}

    def create_service(self, *, organization, replica_memory_gib=8):
        return {"service": f"{organization}/{replica_memory_gib}"}

    def start_service(self, *, service):
        raise Refused("memory_cap", "too much")

    def record_usage(self, *, organization, amount, item="compute"):
        raise LookupError(f"{organization} {amount} {item}")


@contextmanager
def shop() -> Iterator[str]:
    with http_server(Shop()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


Reply = Callable[[socket.socket, bytes], bool]


class Canned:
    """A server that does with each request what the next of its replies says; the last one goes on."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[bytes] = []
        self.connections = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/tck"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Canned":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection:
                    connection.settimeout(0.02)
                    while (request := self._request(connection)) is not None:
                        self.requests.append(request)
                        reply = self.replies[0] if len(self.replies) == 1 else self.replies.pop(0)
                        if not reply(connection, request):
                            break

    def _request(self, connection: socket.socket) -> bytes | None:
        data = b""
        while not self._over.is_set():
            try:
                chunk = connection.recv(65536)
            except TimeoutError:
                continue
            if not chunk:
                return None
            data += chunk
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) == int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
                return data
        return None

    def wait(self, seconds: float = 0.0) -> None:
        self._over.wait(seconds)


def answer(request: bytes, **more: object) -> bytes:
    number = json.loads(request.partition(b"\r\n\r\n")[2])["id"]
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": {}, **more}).encode()


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def good(connection: socket.socket, request: bytes) -> bool:
    connection.sendall(response(answer(request)))
    return True


def says(data: bytes, *, stays: bool = False) -> Reply:
    def reply(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(data)
        return stays

    return reply


def hangs_up(connection: socket.socket, request: bytes) -> bool:
    return False


def resets(connection: socket.socket, request: bytes) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return False


def start(driver) -> object:
    return driver.call("start_service", {"service": "S-1"})


def failure(driver) -> ImplementationError:
    with pytest.raises(ImplementationError) as error:
        start(driver)
    assert error.value.method == "start_service"
    return error.value


def test_values_go_out_and_come_back():
    with shop() as url, open_driver(url) as driver:
        assert driver.call("reset", {"now": NOW}) == Nothing()
        assert driver.call("create_service", {"organization": "Ω", "replica_memory_gib": 12}) == ServiceRef("Ω/12")
        with pytest.raises(Refused) as refused:
            start(driver)
        assert (refused.value.reason, refused.value.message) == (Reason.MEMORY_CAP, "too much")
        with pytest.raises(Unsupported):
            driver.call("delete_data", {"organization": "O-1"})
        with pytest.raises(ImplementationError, match=r"error -32603: LookupError: O 5\.50 compute") as error:
            driver.call("record_usage", {"organization": "O", "amount": Decimal("5.50")})
        assert error.value.kind is ErrorKind.CRASHED
        assert driver.log_tail() == ()
        assert not driver.in_process


def test_a_call_is_one_post_in_one_piece_on_a_connection_that_stays():
    with Canned(good) as server, open_driver(f"{server.url}?key=1") as driver:
        for _ in range(3):
            assert start(driver) == Nothing()
    assert server.connections == 1
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /tck?key=1 HTTP/1.1"
    assert {"Content-Type: application/json", "Connection: keep-alive", f"Host: 127.0.0.1:{server.port}"} <= set(
        headers
    )
    assert json.loads(body) == {"jsonrpc": "2.0", "id": 1, "method": "start_service", "params": {"service": "S-1"}}


def test_a_chunked_answer_and_one_that_ends_with_the_connection_are_read():
    def chunked(connection: socket.socket, request: bytes) -> bool:
        body = answer(request)
        half = len(body) // 2
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        return True

    def until_the_end(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + answer(request))
        return False

    with Canned(chunked, until_the_end, good) as server, open_driver(server.url) as driver:
        for _ in range(3):
            assert start(driver) == Nothing()


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (hangs_up, ErrorKind.CRASHED, "the server closed the connection without an answer"),
        (resets, ErrorKind.CRASHED, "the server closed the connection without an answer"),
        (
            says(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"),
            ErrorKind.CRASHED,
            "the connection broke in the middle",
        ),
        (
            says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
            ErrorKind.CRASHED,
            "the connection broke in the middle",
        ),
        (
            says(b"SSH-2.0-OpenSSH_9\r\n"),
            ErrorKind.MALFORMED,
            "the answer is not HTTP: BadStatusLine: SSH-2.0-OpenSSH_9",
        ),
        (says(b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000), ErrorKind.MALFORMED, "the answer is not HTTP: LineTooLong"),
        (
            says(response(b"<h1>\x1b[31mOops</h1>" + b"x" * 300, "500 Internal Server Error")),
            ErrorKind.CRASHED,
            r"expected status 200, got 500 Internal Server Error; the body is <h1>\\x1b\[31mOops</h1>x+…",
        ),
        (says(response(b"", "204 No Content")), ErrorKind.CRASHED, "expected status 200, got 204 No Content$"),
        (
            says(response(b"", "302 Found", "Location: http://127.0.0.1:1/")),
            ErrorKind.CRASHED,
            "got 302 Found, a redirect to http://127.0.0.1:1/, which is not followed; give the URL",
        ),
        (says(response(b"hello")), ErrorKind.MALFORMED, "the answer is not JSON: .* it began hello"),
        (says(response(b"")), ErrorKind.MALFORMED, r"the answer is not JSON: .* it began \(empty\)"),
        (
            says(response(b'{"jsonrpc": "2.0", "id": 99, "result": {}}')),
            ErrorKind.MALFORMED,
            "the answer has the id 99; expected 1",
        ),
    ],
)
def test_a_trouble_costs_one_call(reply, kind, words):
    with Canned(reply, good) as server, open_driver(server.url) as driver:
        error = failure(driver)
        assert error.kind is kind
        with pytest.raises(ImplementationError, match=words):
            raise error
        assert str(error).isprintable()
        assert start(driver) == Nothing()
        assert len(server.requests) == 2


def test_an_answer_of_more_than_32_mib_is_refused():
    def endless(connection: socket.socket, request: bytes) -> bool:
        connection.settimeout(10)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(64):
                connection.sendall(b" " * 1024 * 1024)
        return False

    with Canned(endless, good) as server, open_driver(server.url) as driver:
        error = failure(driver)
        assert (error.kind, error.message) == (ErrorKind.MALFORMED, "the answer has more than 32 MiB")
        assert start(driver) == Nothing()


def silence(connection: socket.socket, request: bytes) -> bool:
    connection.settimeout(5)
    with contextlib.suppress(OSError):
        connection.recv(1)
    return False


def drips(connection: socket.socket, request: bytes) -> bool:
    with contextlib.suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            connection.sendall(bytes([byte]))
            threading.Event().wait(0.05)
    return False


@pytest.mark.parametrize("reply", [silence, drips])
@pytest.mark.parametrize("stands_still", [False, True])
def test_no_answer_in_time_is_a_timeout_however_it_drips(reply, stands_still):
    freeze = frozen(NOW) if stands_still else contextlib.nullcontext()
    with Canned(reply, good) as server, freeze, open_driver(server.url, timeout=0.3) as driver:
        began = real_monotonic()
        error = failure(driver)
        assert (error.kind, error.message) == (
            ErrorKind.TIMEOUT,
            "no answer within 0.3 s (raise the limit with --timeout)",
        )
        assert real_monotonic() - began > 0.25
        driver.close()
        assert start(driver) == Nothing()


def test_a_connection_that_was_closed_while_idle_is_opened_again():
    def closes(connection: socket.socket, request: bytes) -> bool:
        good(connection, request)
        return False

    with Canned(closes) as server, open_driver(server.url) as driver:
        for _ in range(3):
            assert start(driver) == Nothing()
            server.wait(0.1)  # until the end of the connection has arrived
        assert server.connections == len(server.requests) == 3


def test_what_changes_something_is_not_asked_twice():
    with Canned(good, hangs_up, good) as server, open_driver(server.url) as driver:
        assert start(driver) == Nothing()
        assert failure(driver).message == "the server closed the connection without an answer"
        assert len(server.requests) == 2
        assert start(driver) == Nothing()


@pytest.mark.parametrize("reply", [hangs_up, resets])
def test_what_may_be_repeated_is_asked_once_more_on_a_new_connection(reply):
    with Canned(good, reply, good) as server, open_driver(server.url) as driver:
        assert start(driver) == Nothing()
        assert driver.call("reset", {"now": NOW}) == Nothing()
        assert (len(server.requests), server.connections) == (3, 2)
        assert server.requests[1] == server.requests[2]


def test_nothing_is_asked_twice_on_a_new_connection():
    with Canned(hangs_up) as server, open_driver(server.url) as driver, pytest.raises(ImplementationError):
        driver.call("reset", {"now": NOW})
    assert len(server.requests) == 1


def test_a_server_that_closes_is_obeyed():
    def closes(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(response(answer(request), "200 OK", "Connection: close"))
        return False

    with Canned(closes) as server, open_driver(server.url) as driver:
        for _ in range(3):
            assert start(driver) == Nothing()
        assert server.connections == 3


def test_a_server_that_does_not_run_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with open_driver(f"http://127.0.0.1:{port}/") as driver:
        error = failure(driver)
    assert error.kind is ErrorKind.UNREACHABLE
    assert error.message == (
        f"cannot reach http://127.0.0.1:{port}/: Connection refused; check that the server runs on this host and port"
    )


def test_https_to_a_server_without_it_is_unreachable():
    with Canned(good) as server, open_driver(server.url.replace("http:", "https:"), timeout=1) as driver:
        assert failure(driver).kind is ErrorKind.UNREACHABLE


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with Canned(good) as server, open_driver(server.url) as driver:
        assert start(driver) == Nothing()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("http://", "the host is missing"),
        ("http:/127.0.0.1/", "the host is missing"),
        ("http:8080", "the host is missing"),
        ("http://127.0.0.1:80800/", "invalid URL: Port out of range"),
        ("http://127.0.0.1:port/", "invalid URL: Port could not be cast"),
        ("http://[::1/", "invalid URL: Invalid IPv6 URL"),
        ("http://me:secret@127.0.0.1/", "a user and password in the URL are not sent"),
        ("http://127.0.0.1/a b", "a URL has no spaces or control characters"),
        ("http://127.0.0.1/\r\nX: y", "a URL has no spaces or control characters"),
        ("http://127.0.0.1/?é", "the query has characters that must be escaped with %"),
    ],
)
def test_a_url_that_is_none_is_wrong_usage(spec, words):
    with pytest.raises(InvalidSutSpec) as bad:
        open_driver(spec)
    assert words in str(bad.value)
    assert "http://HOST:PORT/PATH" in str(bad.value)
