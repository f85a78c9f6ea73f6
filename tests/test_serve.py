"""Any object with the contract's methods can be served over JSON-RPC 2.0, on standard streams and over HTTP."""

import http.client
import io
import json
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing_tck.contract import Refused, Unsupported
from billing_tck.server.jsonrpc_server import RequestHandler, http_server, serve_stdio

NOW = datetime(2025, 1, 7, 9, tzinfo=UTC)


class Shop:
    """An implementation with one of each kind of answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []

    def reset(self, *, now):
        self.asked.append(("reset", {"now": now}))
        return {}

    def add_card(self, **asked):
        self.asked.append(("add_card", asked))
        return {}

    def create_service(self, *, organization, replica_memory_gib=8):
        return {"service": f"{organization}/{replica_memory_gib}"}

    def start_service(self, *, service):
        raise Refused("unpaid_invoice", "pay first")

    def stop_service(self, *, service):
        raise Unsupported

    def pay_invoice(self, *, invoice):
        raise KeyError(invoice)

    def sign_in(self, *, user):
        raise SystemExit(4)

    def verify_email(self, *, user):
        return None

    def get_subscription(self, *, subscription):
        print("noise on standard output")
        state = {"offer": "payg", "state": "linked", "organization": "O-1", "ends_at": NOW}
        return {**state, "marketplace": None, "unknown": object()}


def asked(desk: RequestHandler, method: object, params: object = ..., **more: object) -> dict:
    request = {"jsonrpc": "2.0", "id": 7, "method": method, **({} if params is ... else {"params": params}), **more}
    answer = json.loads(desk.answer(json.dumps(request).encode()))
    assert answer.pop("jsonrpc") == "2.0"
    return answer


def error(code: int, message: str, number: int | None = 7) -> dict:
    return {"id": number, "error": {"code": code, "message": message}}


@pytest.fixture
def desk() -> RequestHandler:
    return RequestHandler(Shop())


def test_parameters_arrive_as_python_values_and_only_those_sent():
    shop = Shop()
    desk = RequestHandler(shop)
    sent = {"organization": "O-1", "behaviour": "limited", "available_credit": "5.00"}
    assert asked(desk, "add_card", sent) == {"id": 7, "result": {}}
    assert asked(desk, "add_card", {"organization": "O-1", "behaviour": "expired"}) == {"id": 7, "result": {}}
    assert shop.asked == [
        ("add_card", {"organization": "O-1", "behaviour": "limited", "available_credit": Decimal(5)}),
        ("add_card", {"organization": "O-1", "behaviour": "expired"}),
    ]


def test_results_leave_as_the_contract_writes_them(desk, capsys):
    assert asked(desk, "create_service", {"organization": "O-1"})["result"] == {"service": "O-1/8"}
    assert asked(desk, "get_subscription", {"subscription": "M-1"})["result"] == {
        "offer": "payg",
        "state": "linked",
        "organization": "O-1",
        "ends_at": "2025-01-07T09:00:00Z",
        "marketplace": None,
    }
    assert capsys.readouterr().out == "noise on standard output\n"


def test_the_clock_is_set_before_the_call():
    shop = Shop()
    shop.asked = order = []
    desk = RequestHandler(shop, lambda now: order.append(("clock", {"now": now})))
    asked(desk, "reset", {"now": "2025-01-07T09:00:00Z"})
    assert order == [("clock", {"now": NOW}), ("reset", {"now": NOW})]


def test_a_refusal_names_its_reason(desk):
    refusal = {"code": 1, "message": "pay first", "data": {"reason": "unpaid_invoice"}}
    assert asked(desk, "start_service", {"service": "S-1"}) == {"id": 7, "error": refusal}


def test_what_is_not_there_is_unsupported(desk):
    assert asked(desk, "stop_service", {"service": "S-1"}) == error(-32601, "stop_service is not supported here")
    assert asked(desk, "delete_data", {"organization": "O"}) == error(-32601, "delete_data is not supported here")
    assert asked(desk, "make_coffee") == error(-32601, 'the contract has no method "make_coffee"')
    assert asked(desk, "__init__") == error(-32601, 'the contract has no method "__init__"')


def test_whatever_is_raised_is_answered_and_reported_on_the_error_stream(desk, capsys):
    assert asked(desk, "pay_invoice", {"invoice": "I-1"}) == error(-32603, "KeyError: 'I-1'")
    assert "Traceback" in capsys.readouterr().err
    assert asked(desk, "sign_in", {"user": "U-1"}) == error(-32603, "SystemExit: 4")
    assert asked(desk, "create_service", {"organization": "O-1"})["result"] == {"service": "O-1/8"}


def test_a_result_that_does_not_fit_is_reported(desk):
    problem = "the result does not fit the contract: verify_email: expected an empty dict {}, got None"
    assert asked(desk, "verify_email", {"user": "U-1"}) == error(-32603, problem)


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("create_service", {}, "create_service: organization: expected a string, got nothing"),
        ("create_service", ..., "create_service: organization: expected a string, got nothing"),
        ("create_service", [], "create_service: params: expected an object, got []"),
        (
            "create_service",
            {"organization": "O", "replica_memory_gib": "8"},
            'create_service: replica_memory_gib: expected an integer, got "8" (remove the quotes)',
        ),
        (
            "create_service",
            {"organization": "O", "size": 1},
            "create_service: size: expected one of organization, replica_memory_gib, got an unknown parameter",
        ),
        (
            "reset",
            {"now": "today"},
            'reset: now: expected an instant in whole seconds of UTC, as "2025-01-18T00:00:00Z", got "today"',
        ),
    ],
)
def test_wrong_parameters_are_named(desk, method, params, words):
    assert asked(desk, method, params) == error(-32602, words)


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        (b"", -32700, "the request is not valid JSON"),
        (b"{", -32700, "the request is not valid JSON"),
        (b"\xff", -32700, "it is not UTF-8"),
        (b'{"id": NaN}', -32700, "NaN is not a JSON value"),
        pytest.param(b"[" * 100_000, -32700, "nested too deeply", id="deep"),
        pytest.param(b" " * (16 * 1024 * 1024 + 1), -32700, "the request has more than 16 MiB", id="long"),
        (b"[]", -32600, "a request must be a JSON object, got []"),
        (b'{"id": 1, "method": "reset"}', -32600, 'a request needs "jsonrpc": "2.0"'),
        (b'{"jsonrpc": "2.0", "method": "reset"}', -32600, "a request needs an integer id, got null"),
        (b'{"jsonrpc": "2.0", "id": true, "method": "reset"}', -32600, "a request needs an integer id, got true"),
        (b'{"jsonrpc": "2.0", "id": "1", "method": "reset"}', -32600, 'a request needs an integer id, got "1"'),
        (b'{"jsonrpc": "2.0", "id": 1}', -32600, "a request needs the name of a method, got null"),
    ],
)
def test_what_is_not_a_request_is_answered(desk, raw, code, words):
    answer = json.loads(desk.answer(raw))
    assert answer["error"]["code"] == code
    assert words in answer["error"]["message"]
    assert answer["id"] == (1 if b'"id": 1' in raw else None)


# Standard streams


def lines(*requests: object) -> io.BytesIO:
    texts = [request if isinstance(request, bytes) else json.dumps(request).encode() for request in requests]
    return io.BytesIO(b"\n".join(texts) + b"\n")


def create(number: int) -> dict:
    return {"jsonrpc": "2.0", "id": number, "method": "create_service", "params": {"organization": "O"}}


def test_a_line_is_answered_with_a_line_until_the_input_ends():
    sink = io.BytesIO()
    too_long = b"x" * (40 * 1024 * 1024)
    serve_stdio(Shop(), requests=lines(create(1), b"", b"garbage", too_long, create(2)), responses=sink)
    answers = [json.loads(line) for line in sink.getvalue().splitlines()]
    assert [answer["id"] for answer in answers] == [1, None, None, 2]
    assert answers[2]["error"]["message"] == "the request has more than 16 MiB"
    assert answers[3]["result"] == {"service": "O/8"}


SERVER = """
import sys
from billing_tck.server.jsonrpc_server import serve_http, serve_stdio

class Shop:
    def create_service(self, *, organization):
        print("noise on standard output")
        return {"service": organization}

"""


def python(serve: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    source = SERVER + textwrap.dedent(serve)
    return subprocess.Popen([sys.executable, "-c", source], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_what_the_implementation_prints_does_not_mix_with_the_answers():
    with python('serve_stdio(Shop())\nprint("served")') as server:
        out, err = server.communicate(json.dumps(create(1)) + "\n" + json.dumps(create(2)) + "\n", timeout=20)
    *answers, last = out.splitlines()
    assert [json.loads(answer)["id"] for answer in answers] == [1, 2]
    assert last == "served"
    assert err.count("noise on standard output") == 2
    assert server.returncode == 0


def test_a_kit_that_went_away_is_no_error():
    with python("serve_stdio(Shop())") as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.close()
        server.stdin.write((json.dumps(create(1)) + "\n") * 3)
        server.stdin.close()
        assert server.wait(timeout=20) == 0
        assert server.stderr is not None
        assert "Traceback" not in server.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("serve", ["serve_http(Shop())", "print('up', flush=True); serve_stdio(Shop())"])
def test_a_signal_ends_it_cleanly(number, serve):
    with python(serve) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        first = server.stdout.readline()
        if "listening" in first:
            assert first.startswith("listening on http://127.0.0.1:")
        else:
            server.stdin.write(json.dumps(create(1)) + "\n")
            server.stdin.flush()
            server.stdout.readline()  # it serves: a signal that came earlier would meet Python starting up
        server.send_signal(number)
        assert server.wait(timeout=20) == 0
        assert server.stderr is not None
        assert "Traceback" not in server.stderr.read()


# HTTP


@contextmanager
def listening(implementation: object) -> Iterator[http.client.HTTPConnection]:
    with http_server(implementation) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        try:
            yield connection
        finally:
            connection.close()
            server.shutdown()
            thread.join()


def posted(connection, body, path="/", method="POST", **headers):
    connection.request(method, path, body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    return response.status, json.loads(response.read() or b"null"), response


def test_requests_are_answered_on_one_connection():
    with listening(Shop()) as connection:
        for number in (1, 2):
            status, answer, response = posted(connection, json.dumps(create(number)))
            assert (status, answer["id"], answer["result"]) == (200, number, {"service": "O/8"})
            assert response.getheader("Content-Type") == "application/json"
            assert not response.will_close


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "words"),
    [
        ("POST", "/other", {}, 404, "/other does not exist; send requests to /"),
        ("GET", "/", {}, 405, "GET is not supported; send requests with POST to /"),
        ("DELETE", "/", {}, 405, "DELETE is not supported"),
        ("BREW", "/", {}, 405, "Unsupported method"),
        ("POST", "/", {"Content-Length": "many"}, 411, "a request needs a Content-Length"),
        ("POST", "/", {"Content-Length": "17000000"}, 413, "a request may have at most 16 MiB"),
        ("POST", "/", {"Content-Length": "9" * 5000}, 413, "a request may have at most 16 MiB"),
    ],
)
def test_what_is_not_a_post_to_the_root_is_answered_in_json(method, path, headers, status, words):
    with listening(Shop()) as connection:
        answered, body, response = posted(connection, b"", path, method, **headers)
        assert (answered, response.getheader("Content-Type")) == (status, "application/json")
        assert words in body["error"]
        assert (response.getheader("Allow") == "POST") == (status == 405)
        assert posted(connection, json.dumps(create(1)))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Host": "evil.example"}, 403, "the Host 'evil.example' is not this machine"),
        ({"Host": "evil.example:8080"}, 403, "is not this machine"),
        ({"Origin": "http://evil.example"}, 403, "requests of web pages are not answered"),
        ({"Content-Type": "text/plain"}, 415, "send the request as Content-Type: application/json"),
        ({"Content-Type": ""}, 415, "application/json"),
        ({"Transfer-Encoding": "chunked"}, 400, "no Transfer-Encoding"),
    ],
)
def test_a_request_that_a_web_page_could_send_is_not_answered(headers, status, words):
    with listening(Shop()) as connection:
        answered, body, _ = posted(connection, json.dumps(create(1)), **headers)
        assert (answered, words in body["error"]) == (status, True)
        for host in ("localhost", "127.0.0.1:1", "[::1]:9"):
            assert posted(connection, json.dumps(create(1)), Host=host)[0] == 200


def test_several_connections_are_served_at_once():
    with listening(Shop()) as connection:
        assert posted(connection, json.dumps(create(1)))[0] == 200
        other = http.client.HTTPConnection(connection.host, connection.port, timeout=10)
        assert posted(other, json.dumps(create(2)))[0] == 200
        other.close()


def test_it_listens_on_this_machine_only():
    with http_server(Shop()) as server:
        assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("taken", [True, False])
def test_a_port_that_is_not_available_is_reported(taken):
    with http_server(Shop()) as server:
        port = server.server_port if taken else 99_999
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is not available: .*; choose another, or 0"):
            http_server(Shop(), port=port)
