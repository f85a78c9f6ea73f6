"""Connections to servers as people run them: credentials, https, a start command, several servers, time-outs."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import trustme

from billing_tck.cli.main import main
from billing_tck.clock import real_monotonic
from billing_tck.connect import open_driver
from billing_tck.connection import (
    Connection,
    Http,
    InvalidConnection,
    Processes,
    Timeouts,
    options_of,
    parse_header,
    reveal,
)
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers import Driver
from billing_tck.drivers.server_lock import ServerLock
from billing_tck.engine import parallel
from billing_tck.engine.executors import WorkerPool
from billing_tck.engine.runner import describe
from billing_tck.spec.suite import load_suite
from billing_tck.sut import InvalidSutSpec, parse_sut, shell_syntax
from tests.test_drivers_http import Canned, answer, good, response

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
GUARDED = f"{sys.executable} -m tests.implementations.guarded --port {{port}}"
SERVE = f"{sys.executable} -m billing_tck serve --http {{port}}"
TOKEN = "tok/en+4711=="
NOW = datetime(2025, 1, 7, 9, tzinfo=UTC)
ONE = ("--scenario", "core/trial.feature", "--core")
BEARER = "Authorization: Bearer ${TCK_TOKEN}"


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TCK_TOKEN", TOKEN)
    monkeypatch.setenv("EXPECTED_TOKEN", TOKEN)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return TOKEN


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def running(command: str, *, ready: str = "serving") -> Iterator[str]:
    """A server in a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = command.replace("{port}", str(port)).split()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert ready in process.stdout.readline()
        try:
            yield f"127.0.0.1:{port}/"
        finally:
            process.terminate()


# Credentials


def test_a_token_reaches_the_server_and_nothing_else(secret: str, folder: Path, capsys: pytest.CaptureFixture) -> None:
    words = ["--start", GUARDED, "--header", BEARER, "--report", "out", "--wire", "wire.ndjson", "--verbose"]
    assert main(["run", *ONE, *words]) == 0
    printed = "".join(capsys.readouterr())
    assert "sending TCK_TOKEN to 127.0.0.1 (the server of --start), and nowhere else\n" in printed
    assert "guarded by Bearer ${TCK_TOKEN}" in printed
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}
    assert {"report.html", "report.ndjson", "wire.ndjson"} <= set(written)
    for name, text in {**written, "the terminal": printed}.items():
        assert secret not in text, name


def test_a_refused_token_is_not_repeated_either(
    secret: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("EXPECTED_TOKEN", "another")
    assert main(["run", "--start", GUARDED, "--header", BEARER]) == 3
    printed = "".join(capsys.readouterr())
    assert "expected status 200, got 401" in printed
    assert "Bearer ${TCK_TOKEN} is not valid" in printed
    assert "its log: worker 1 got Bearer ${TCK_TOKEN}" in printed
    assert secret not in printed


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Bearer $TCK_TOKEN", "the header X-Key has $TCK_TOKEN, which is sent as it stands; write ${TCK_TOKEN}"),
        ("Bearer ${TCK_TOKEN", "the header X-Key has a '${' that begins no ${NAME} and no ${file:PATH}"),
    ],
)
def test_a_reference_that_is_not_written_as_one_is_refused(secret: str, value: str, said: str) -> None:
    with pytest.raises(InvalidConnection) as error:
        reveal(Connection(http=Http(headers=(("X-Key", value),))))
    assert said in str(error.value)


def test_a_secret_with_a_dollar_sign_is_sent_as_it_is() -> None:
    headers = (("X-Key", "pa$$word"), ("X-Other", "Bearer $unset_and_secret"))
    assert reveal(Connection(http=Http(headers=headers)), {}).headers == headers


@pytest.mark.parametrize("command", ["run", "explore"])
def test_a_refused_call_is_printed_with_what_to_do(command: str, capsys: pytest.CaptureFixture) -> None:
    def refuse(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(response(b"no", status="401 Unauthorized"))
        return True

    with Canned(refuse) as server:
        assert main([command, "--sut", server.url]) == 3
    assert "  fix: send credentials: --header 'Authorization: Bearer ${TOKEN}'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "doctor", "explore"])
def test_a_variable_that_is_not_set_is_wrong_usage_and_nothing_is_sent(
    command: str, capsys: pytest.CaptureFixture
) -> None:
    with Canned(good) as server:
        assert main([command, "--sut", server.url, "--header", "X-Key: ${TCK_ABSENT}"]) == 2
    assert server.connections == 0
    said = capsys.readouterr().err
    assert "the header X-Key uses ${TCK_ABSENT}, but TCK_ABSENT is not set in the environment" in said
    assert "sending" not in said


def test_a_secret_may_stand_in_a_file_and_headers_in_the_configuration(folder: Path) -> None:
    Path("token.txt").write_text(f"{TOKEN}\n", encoding="utf-8")
    Path("billing-tck.toml").write_text(
        "[run.http]\nheaders = { Authorization = 'Bearer ${file:token.txt}', X-Tenant = 'acme' }\n", encoding="utf-8"
    )
    with Canned(good) as server:
        main(["run", "--sut", server.url])
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert f"Authorization: Bearer {TOKEN}" in head
    assert "X-Tenant: acme" in head


def test_headers_are_given_as_lines_too_and_the_command_line_wins(folder: Path) -> None:
    Path("billing-tck.toml").write_text("[run.http]\nheaders = ['X-A: 1', 'X-B: 2']\nuser = 'kit:pass'\n")
    with Canned(good) as server:
        main(["run", "--sut", server.url, "--header", "x-a: 3"])
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert ("x-a: 3" in head, "X-A: 1" in head, "X-B: 2" in head) == (True, False, True)
    assert "Authorization: Basic a2l0OnBhc3M=" in head


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("no colon", "expected 'Name: value'"),
        ("Content-Length: 3", "the kit sets Content-Length itself"),
        ("X: a\nY: b", "line break or a control character"),
        ("Bad Name: x", "expected 'Name: value'"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(header: str, said: str) -> None:
    with pytest.raises(InvalidConnection, match=said):
        parse_header(header)


def test_the_command_that_repeats_a_run_has_references_and_no_secrets() -> None:
    http = Http(headers=(("Authorization", "Bearer ${TOKEN}"), ("X-Key", "literal")), user="kit:literal")
    words = options_of(Connection(Timeouts(3, reset=9), http, Processes(env=(("DB", "secret"),))))
    assert words == [
        *("--timeout", "3", "--reset-timeout", "9"),
        *("--header", "Authorization: Bearer ${TOKEN}", "--header", "X-Key: …", "--user", "kit:…", "--env", "DB=…"),
    ]


def test_an_identifier_that_contains_the_token_comes_back_as_it_was() -> None:
    def echo(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(response(answer(request, result={"service": f"S-{TOKEN}"})))
        return True

    connection = Connection(http=Http(headers=(("Authorization", f"Bearer {TOKEN}"), ("X-Token", TOKEN))))
    with Canned(echo) as server, open_driver(server.url, connection=connection) as driver:
        made = driver.call("create_service", {"organization": "O-1"})
        assert TOKEN not in repr(made)
        driver.call("create_service", {"organization": made.service})
    assert json.loads(server.requests[1].partition(b"\r\n\r\n")[2])["params"]["organization"] == f"S-{TOKEN}"


def test_a_literal_tenant_is_no_secret() -> None:
    assert not reveal(Connection(http=Http(headers=(("X-Tenant", "acme"),))), {}).secrets.shown


# https


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name in ("127.0.0.1", "client@example.com"):
        authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return folder


def test_https_with_a_certificate_of_ones_own_and_one_of_the_client(
    secret: str, folder: Path, certificates: Path, capsys: pytest.CaptureFixture
) -> None:
    ca, client = str(certificates / "ca.pem"), str(certificates / "client@example.com.pem")
    server = f"{GUARDED} --tls {certificates / '127.0.0.1.pem'} --clients {ca}"
    with running(server) as address:
        words = ["run", *ONE, "--sut", f"HTTPS://{address}", "--header", BEARER]
        assert main([*words, "--ca-file", ca, "--client-cert", client]) == 0
        capsys.readouterr()
        assert main([*words, "--ca-file", ca]) == 3
        assert "--client-cert" in capsys.readouterr().err
        assert main(words) == 3
        assert "its certificate is not trusted" in (said := capsys.readouterr().err)
        assert "--ca-file" in said
        assert main([*words, "--ca-file", str(ROOT / "README.md")]) == 2
        assert "--ca-file" in capsys.readouterr().err


# A server that the kit starts


def test_a_started_server_is_waited_for_and_ended(secret: str, folder: Path, capsys: pytest.CaptureFixture) -> None:
    words = ["--start", f"{GUARDED} --ready-after 2", "--health", "/ready", "--header", BEARER]
    assert main(["run", *ONE, *words]) == 0
    assert "Conforms" in capsys.readouterr().out


@pytest.mark.slow
def test_a_server_that_ends_is_started_again_and_its_log_is_shown(
    secret: str, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ["--start", f"{GUARDED} --exit-after 60", "--header", BEARER]
    assert main(["run", *ONE, *words]) == 3
    printed = capsys.readouterr().out
    assert "the process ended with status 7" in printed
    assert "worker 1 got Bearer ${TCK_TOKEN}" in printed
    counted = printed.rpartition("Errored")[2]
    assert "scenario" in counted
    assert "  conforms" in printed


def test_each_worker_starts_a_server_of_its_own(secret: str, folder: Path) -> None:
    words = ["--start", GUARDED, "--header", BEARER, "--workers", "2", "--wire", "wire.ndjson"]
    assert main(["run", *ONE, *words]) == 0
    lines = [json.loads(line) for line in Path("wire.ndjson").read_text(encoding="utf-8").splitlines()]
    assert {line["worker"] for line in lines} == {"1", "2"}
    assert all(line["method"] and "seconds" in line for line in lines)


def test_a_worker_keeps_its_server_for_the_whole_run(secret: str, folder: Path) -> None:
    words = ["--start", f"{GUARDED} --starts {folder}", "--header", BEARER, "--workers", "2", "--family", "trial"]
    assert main(["run", *words]) == 0
    started = [path.name.split()[0] for path in folder.glob("* started")]
    assert sorted(started) in (["1", "1", "2"], ["1", "1"], ["1", "2"])  # one describes it; a worker may get no part
    ended = [path.name.split()[0] for path in folder.glob("* ended")]
    assert sorted(ended) == sorted(started)  # each was asked to terminate, and had the time to


def test_a_command_that_ends_or_never_listens_is_not_reachable(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["run", "--start", "sh -c 'echo no database >&2; exit 4'"]) == 3
    said = capsys.readouterr().err
    assert "the server of --start is not running: the process ended with status 4" in said
    assert "its log: no database" in said
    assert main(["run", "--start", "sleep 60", "--start-timeout", "0.3"]) == 3
    said = capsys.readouterr().err
    assert "was not ready" in said
    assert "or write {port} in the command or in --env" in said
    assert main(["run", "--start", "sh -c 'sleep 60' {port}", "--start-timeout", "0.3"]) == 3
    assert "or correct the port of the command" in capsys.readouterr().err


def test_a_health_check_that_fails_is_named_with_the_end_of_the_log(
    secret: str, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ["--start", f"{GUARDED} --ready-after 1000", "--start-timeout", "3", "--header", BEARER]
    assert main(["run", *words, "--health", "/absent"]) == 3
    said = capsys.readouterr().err
    assert "GET /absent answered 503; raise the limit with --start-timeout, or correct the path of --health" in said
    noisy = "sh -c 'seq 40; exec sleep 60' {port}"
    assert main(["run", "--start", noisy, "--start-timeout", "0.5"]) == 3
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  its log: ")]
    assert lines[0] == "  its log: (30 lines before)"
    assert lines[-1] == "  its log: 40"
    assert len(lines) == 11


def test_a_port_that_is_taken_is_named(folder: Path, capsys: pytest.CaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["run", "--start", "sleep 60", "--sut", f"http://127.0.0.1:{port}/"]) == 3
    assert f"something listens on 127.0.0.1:{port} already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "piece"),
    [
        ("node server.mjs", None),
        ("python -c 'a; b | c'", None),
        ("PORT=1 node x", "PORT=1"),
        ("a && b", "&&"),
        ("a | b", "|"),
        ("a > log", ">"),
        ("echo $HOME", "$H"),
    ],
)
def test_shell_syntax_is_found_outside_quotes(command: str, piece: str | None) -> None:
    assert shell_syntax(command) == piece


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "the command is missing"),
        ("python 'a", "cannot split the command into words: No closing quotation"),
        ("python 'a; b", "cannot split the command into words: No closing quotation"),
        ("cd x && y", "'&&' is shell syntax, and the kit starts the command without a shell"),
    ],
)
def test_a_command_that_cannot_be_started_is_refused_wherever_it_is_given(command: str, said: str) -> None:
    with pytest.raises(InvalidSutSpec) as sut:
        parse_sut(f"stdio:{command}")
    with pytest.raises(InvalidConnection) as start:
        open_driver("http://127.0.0.1:{port}/", connection=Connection(processes=Processes(start=command)))
    assert said in str(sut.value)
    assert said in str(start.value)


def test_shell_syntax_is_refused_with_what_to_write() -> None:
    with pytest.raises(InvalidSutSpec, match="sh -c 'a && b'"):
        parse_sut("stdio:a && b")


def test_processes_get_their_environment_and_folder(folder: Path) -> None:
    answers = (
        "import json, os, sys\n"
        "for line in sys.stdin:\n"
        "    name = f\"{os.getcwd()} {os.environ['DB']} {os.environ['BILLING_TCK_WORKER']}\"\n"
        "    result = dict(name=name, version='1', contract='1', capabilities=[], readings={}, settles_within='PT0S')\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': json.loads(line)['id'], 'result': result}), flush=True)\n"
    )
    (folder / "sub").mkdir()
    (folder / "sub" / "mine.py").write_text(answers, encoding="utf-8")
    processes = Processes(env=(("DB", "one"),), cwd=folder / "sub")
    spec = f"stdio:{sys.executable} mine.py"
    with open_driver(spec, connection=Connection(processes=processes)) as driver:
        description = driver.call("describe_implementation", {})
    assert description.name == f"{folder / 'sub'} one 1"


FAULT = f"sh -c 'exec {SERVE} --fault $FAULT'"


def test_the_command_that_repeats_a_scenario_leaves_to_the_file_what_stands_there(
    folder: Path, capsys: pytest.CaptureFixture
) -> None:
    content = f'[run]\nstart = "{FAULT}"\nworkers = 2\ntimeout = 9\nfamily = "trial"\n'
    Path("mine.toml").write_text(f"{content}[run.env]\nFAULT = 'trial-of-14-days'\n", encoding="utf-8")
    assert main(["run", "--config", "mine.toml", "--reset-timeout", "7"]) == 1
    printed = capsys.readouterr().out
    again = next(line.split(maxsplit=1)[1] for line in printed.splitlines() if line.split()[:1] == ["again"])
    assert again.startswith(
        "billing-tck run --sut 'http://127.0.0.1:{port}/' --config mine.toml --reset-timeout 7 --sc"
    )
    assert main(shlex.split(again)[1:]) == 1
    assert "Deviates in 1 of 1 scenario" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "doctor", "explore"])
def test_the_reference_is_not_used_where_a_file_above_names_an_implementation(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (folder / "billing-tck.toml").write_text("[run]\nstart = 'node server.mjs'\n", encoding="utf-8")
    (folder / "sub" / "empty").mkdir(parents=True)
    monkeypatch.chdir(folder / "sub" / "empty")
    assert main([command]) == 2
    said = capsys.readouterr().err
    assert f"{folder / 'billing-tck.toml'} names the implementation 'node server.mjs', but is not read from" in said
    assert main([command, "--sut", "http://127.0.0.1:1/"]) == 3
    (folder / "billing-tck.toml").write_text("[run]\ntimeout = 3\n", encoding="utf-8")
    assert main(["run", *ONE, "--clause", "BC-02"]) == 0


# Several servers, and one server for several runs


def test_a_scenario_of_several_servers_is_repeated_on_one(folder: Path, capsys: pytest.CaptureFixture) -> None:
    serve = f"{SERVE} --fault trial-of-14-days"
    with running(serve, ready="listening") as one, running(serve, ready="listening") as two:
        content = f"[run]\nsut = ['http://{one}', 'http://{two}']\nworkers = 2\n"
        Path("billing-tck.toml").write_text(content, encoding="utf-8")
        assert main(["run", "--clause", "BC-02", "--core"]) == 1
        printed = capsys.readouterr().out
        again = next(line.split(maxsplit=1)[1] for line in printed.splitlines() if line.split()[:1] == ["again"])
        assert again.startswith(f"billing-tck run --sut http://{one} --scenario ")
        assert main(shlex.split(again)[1:]) == 1


def test_several_servers_serve_several_workers(folder: Path, capsys: pytest.CaptureFixture) -> None:
    with running(SERVE, ready="listening") as one, running(SERVE, ready="listening") as two:
        suts = ["--sut", f"http://{one}", "--sut", f"http://{two}"]
        assert main(["run", *ONE, *suts, "--wire", "wire.ndjson"]) == 0
        lines = [json.loads(line) for line in Path("wire.ndjson").read_text(encoding="utf-8").splitlines()]
        assert {line["worker"] for line in lines} == {"1", "2"}
        assert main(["run", *ONE, *suts[:2], "--workers", "2"]) == 2
        assert "needs a server for each worker" in capsys.readouterr().err
        assert main(["run", *ONE, *suts[:2], *suts[:2]]) == 2


def test_a_second_run_on_the_same_server_is_refused(folder: Path, capsys: pytest.CaptureFixture) -> None:
    hold = "from billing_tck.drivers.server_lock import ServerLock; import sys; ServerLock(sys.argv[1]).acquire();"
    with Canned(good) as server:
        command = [sys.executable, "-c", f"{hold} print('held', flush=True); sys.stdin.read()", server.url]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            assert main(["run", "--sut", server.url]) == 3
            assert f"another run (process {other.pid}) is using {server.url}" in capsys.readouterr().err
            other.communicate()
        lock = ServerLock(server.url)
        lock.acquire()
        lock.release()
    assert server.connections == 0


# Time-outs, and servers that are away


def late(seconds: float) -> object:
    def reply(connection: socket.socket, request: bytes) -> bool:
        threading.Event().wait(seconds)
        connection.sendall(response(answer(request)))
        return True

    return reply


def timed_out(driver: object, method: str = "start_service") -> ImplementationError:
    with pytest.raises(ImplementationError) as error:
        driver.call(method, {"now": NOW} if method == "reset" else {"service": "S-1"})
    assert error.value.kind is ErrorKind.TIMEOUT
    return error.value


def test_after_a_timeout_the_call_is_waited_for_before_the_next(folder: Path) -> None:
    with Canned(late(0.6), good) as server, open_driver(server.url, timeout=0.4) as driver:
        driver.begin_scenario("core/trial.feature:12")
        timed_out(driver)
        driver.call("reset", {"now": NOW})
    assert len(server.requests) == 2


@pytest.mark.slow
def test_a_call_that_still_runs_is_named_and_the_next_scenario_is_not_sent(folder: Path) -> None:
    with Canned(late(30), good) as server, open_driver(server.url, timeout=0.2) as driver:
        driver.begin_scenario("core/trial.feature:12")
        timed_out(driver)
        said = str(timed_out(driver, "reset"))
        assert len(server.requests) == 1
    assert "reset was not sent: the call start_service of the scenario core/trial.feature:12 has got no answer" in said
    assert "within 0.4 s and may still be running (raise the limit with --timeout)" in said


def test_reset_and_advance_to_have_limits_of_their_own() -> None:
    with Canned(late(0.5)) as server:
        connection = Connection(Timeouts(call=0.1, reset=5))
        with open_driver(server.url, connection=connection) as driver:
            driver.call("reset", {"now": NOW})
            assert "no answer within 0.1 s (raise the limit with --timeout)" in str(timed_out(driver))
    assert Timeouts(1, advance_to=3).option("advance_to") == "--advance-timeout"


def test_a_server_that_is_away_for_a_while_is_waited_for_before_a_reset() -> None:
    with Canned(good) as first, open_driver(first.url, timeout=5) as driver:
        driver.call("reset", {"now": NOW})
        port = first.port
        first.__exit__()

        def come_back() -> None:
            threading.Event().wait(0.5)
            with socket.create_server(("127.0.0.1", port)) as listener:
                connection, _ = listener.accept()
                with connection:
                    request = connection.recv(65536)
                    good(connection, request)

        returning = threading.Thread(target=come_back)
        returning.start()
        begun = real_monotonic()
        driver.call("reset", {"now": NOW})
        assert real_monotonic() - begun > 0.2
        returning.join()
        first.__init__()
        first.__enter__()


def closing(connection: socket.socket, request: bytes) -> bool:
    """End the connection without an answer."""
    return False


def test_a_server_that_accepts_and_closes_while_it_restarts_is_asked_again_for_a_reset() -> None:
    with Canned(good, closing, closing, good) as server, open_driver(server.url, timeout=5) as driver:
        driver.call("reset", {"now": NOW})
        driver.call("reset", {"now": NOW})
    assert len(server.requests) == 4


def test_a_server_that_closes_every_connection_has_crashed() -> None:
    with Canned(good, closing) as server, open_driver(server.url, timeout=5) as driver:
        driver.call("reset", {"now": NOW})
        with pytest.raises(ImplementationError) as error:
            driver.call("reset", {"now": NOW})
    assert error.value.kind is ErrorKind.CRASHED


def test_a_server_that_does_not_come_back_is_reported_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with Canned(good) as server, open_driver(server.url, timeout=0.3) as driver:
        driver.call("reset", {"now": NOW})
        server.__exit__()
        with pytest.raises(ImplementationError) as error:
            driver.call("reset", {"now": NOW})
        server.__init__()
        server.__enter__()
    assert error.value.kind is ErrorKind.UNREACHABLE
    assert "within 0.3 s: Connection refused; check that the server runs" in str(error.value)


def test_a_worker_waits_for_a_server_that_has_described_itself_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a run has a driver of its own, which may begin while the server is away."""
    opened: list[Connection] = []

    class Here(Executor):
        def submit(self, fn: Callable[..., T], /, *args: object, **kwargs: object) -> Future[T]:
            future: Future[T] = Future()
            future.set_result(fn(*args, **kwargs))
            return future

    def opening(sut: str, *, connection: Connection) -> Driver:
        opened.append(connection)
        return open_driver(sut)

    monkeypatch.setattr(parallel, "workers", lambda *_: nullcontext(WorkerPool(Here(), 1)))
    monkeypatch.setattr(parallel, "open_driver", opening)
    with open_driver("reference") as driver:
        description = describe(driver)
    scenarios = load_suite().scenarios[:4]
    records = list(parallel.run_parallel(scenarios, ["reference"], Connection(), description, count=1))
    assert len(records) == len(scenarios)
    assert all(connection.answered for connection in opened)
    with Canned(good) as server:
        server.__exit__()
        away = Connection(Timeouts(call=0.3), answered=True)
        with open_driver(server.url, connection=away) as driver, pytest.raises(ImplementationError) as error:
            driver.call("reset", {"now": NOW})
        server.__init__()
        server.__enter__()
    assert "within 0.3 s: Connection refused" in str(error.value)


def test_the_first_call_to_a_server_that_is_away_fails_at_once() -> None:
    with open_driver("http://127.0.0.1:1/") as driver, pytest.raises(ImplementationError) as error:
        driver.call("describe_implementation", {})
    assert "check that the server runs" in str(error.value)
