"""What the doctor says of servers that do not speak the contract at all: the first minutes of most people."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from tests.test_drivers_http import Canned, Reply, answer, good, response

PAGE = b"<!doctype html><title>Sign in</title>"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def replies(status: str, body: bytes = b"", *headers: str) -> Reply:
    def reply(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(response(body, status, *headers))
        return True

    return reply


@pytest.mark.parametrize(
    ("reply", "outcome", "fix"),
    [
        (replies("401 Unauthorized"), "got 401 Unauthorized", "--header 'Authorization: Bearer ${TOKEN}'"),
        (replies("404 Not Found", b"no such page"), "the body is no such page", "correct the path in --sut"),
        (replies("405 Method Not Allowed"), "got 405", "with POST"),
        (replies("302 Found", b"", "Location: /login"), "a redirect to /login", "give the URL that it leads to"),
        (replies("407 Proxy Authentication Required"), "got 407", "a proxy answered"),
        (replies("503 Service Unavailable"), "got 503", "a server that is not running"),
        (replies("429 Too Many Requests"), "got 429", "rate limit"),
        (replies("500 Internal Server Error", b"KeyError: 'x'"), "KeyError: 'x'", "answer with status 200"),
        (replies("200 OK", PAGE, "Content-Type: text/html"), "got a web page", "the URL serves a web page"),
    ],
)
def test_a_server_that_does_not_speak_the_contract(
    reply: Reply, outcome: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Canned(reply) as server:
        main(["doctor", "--sut", server.url])
    printed = capsys.readouterr().out
    assert outcome in printed
    assert fix in printed


def test_a_server_that_is_not_there_is_not_reachable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--sut", "http://127.0.0.1:1/"]) == 3
    assert "check that the adapter can be started, or that its server runs" in capsys.readouterr().out


def test_a_first_call_that_is_slow_is_told_how_to_wait_longer(capsys: pytest.CaptureFixture[str]) -> None:
    checked = threading.Event()
    with Canned(lambda connection, request: not checked.wait(60)) as server:
        assert main(["doctor", "--sut", server.url, "--timeout", "0.1"]) == 3
        checked.set()
    printed = capsys.readouterr().out
    assert "no answer within 0.3 s" in printed
    assert "raise the limit with --timeout if the first call takes longer" in printed
    assert "standard streams" not in printed


def test_a_compressed_answer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def gzipped(connection: socket.socket, request: bytes) -> bool:
        connection.sendall(response(answer(request), "200 OK", "Content-Encoding: gzip"))
        return True

    with Canned(gzipped) as server:
        assert main(["doctor", "--sut", server.url]) == 1
    assert 'Content-Encoding "gzip", although the request accepts identity alone' in capsys.readouterr().out


def test_the_configuration_of_the_folder_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with Canned(good) as server:
        Path("billing-tck.toml").write_text(f"[run]\nsut = '{server.url}'\n", encoding="utf-8")
        main(["doctor"])
    assert f"checking {server.url}" in capsys.readouterr().out
