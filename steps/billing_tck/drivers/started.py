"""A server that the kit starts itself: `--start COMMAND`, with `{port}` for the port that it shall listen on."""

from __future__ import annotations

import dataclasses
import http.client
import shlex
import socket
from collections.abc import Mapping
from typing import assert_never

from billing_tck.clock import real_monotonic, real_pause
from billing_tck.connection import Connection, InvalidConnection, reveal
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers.base import Closing
from billing_tck.drivers.child import GRACE, Child
from billing_tck.drivers.http import HttpDriver
from billing_tck.sut import PORT, CommandProblem, InvalidCommand, split_command, split_url

_LOOK_AGAIN = 0.05  # seconds
_SUCCESS = range(200, 300)


class StartedHttpDriver(Closing):
    """Starts the command at the first call and waits until the server answers; starts it again when it has ended."""

    in_process = False

    def __init__(self, spec: str, connection: Connection) -> None:
        self.spec = spec
        self._connection = connection
        self._command = _command(connection.processes.start or "")
        self._secrets = reveal(connection).secrets
        self._child: Child | None = None
        self._driver: HttpDriver | None = None
        self._log: tuple[str, ...] = ()
        self._scenario = ""
        if PORT not in spec:
            split_url(spec)

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        try:
            if self._child is not None and self._child.exited.is_set():
                self._stop(grace=0.0)
            driver = self._driver or self._start(method)
            return driver.call(method, params)
        except ImplementationError as error:
            if self._child is not None and self._child.exited.wait(0.2):
                error.message = f"{error.message}; {self._child.describe_end()}"
            error.log = self.log_tail()
            raise

    def begin_scenario(self, name: str) -> None:
        """See `Driver.begin_scenario`."""
        self._scenario = name
        self._log = ()
        if self._child is not None:
            self._child.mark_log()
        if self._driver is not None:
            self._driver.begin_scenario(name)

    def log_tail(self) -> tuple[str, ...]:
        """Return the last lines that the server printed."""
        lines = self._child.log() if self._child is not None else self._log
        return tuple(map(self._secrets.mask, lines))

    def close(self) -> None:
        """End the server: ask it to terminate, and kill it after two seconds."""
        self._stop(grace=GRACE)

    def _start(self, method: str) -> HttpDriver:
        url = self.spec.replace(PORT, str(_free_port())) if PORT in self.spec else self.spec
        parts = split_url(url)
        host, port = parts.hostname or "", parts.port or 80
        if PORT not in self.spec and _listens(host, port):
            problem = f"something listens on {host}:{port} already, so that --start cannot; end it, or use {PORT}"
            raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method)
        command = [word.replace(PORT, str(port)) for word in self._command]
        own = tuple((name, value.replace(PORT, str(port))) for name, value in self._connection.processes.env)
        processes = dataclasses.replace(self._connection.processes, env=own)
        connection = dataclasses.replace(self._connection, processes=processes)
        environment = reveal(connection).environment
        child = self._child = Child(command, method, env=environment, cwd=processes.cwd, piped=False)
        child.watch(lambda: None)
        try:
            self._await_ready(child, url, method)
            driver = HttpDriver(url, dataclasses.replace(connection, locked=True))  # no other run knows its port
        except BaseException:
            self._stop(grace=0.0)
            raise
        driver.begin_scenario(self._scenario)
        self._driver = driver
        return driver

    def _await_ready(self, child: Child, url: str, method: str) -> None:
        parts = split_url(url)
        host, port = parts.hostname or "", parts.port or 80
        seconds = self._connection.timeouts.start
        deadline = real_monotonic() + seconds
        health = self._connection.processes.health
        state = "it does not listen"
        while not child.exited.is_set():
            if health is None and _listens(host, port):
                return
            if health is not None:
                state = _health(host, port, health)
                if not state:
                    return
            if real_monotonic() >= deadline:
                problem = (
                    f"the server of --start was not ready at {host}:{port} within {seconds:g} s: {state}; raise the "
                    f"limit with --start-timeout, or {self._other_fix()}"
                )
                raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method)
            real_pause(_LOOK_AGAIN)
        problem = f"the server of --start is not running: {child.describe_end()}"
        raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method)

    def _other_fix(self) -> str:
        """Return what to do, besides waiting longer, about a server that is not ready."""
        processes = self._connection.processes
        configured = [processes.start or "", *(value for _, value in processes.env)]
        if PORT in self.spec and not any(PORT in text for text in configured):
            return f"write {PORT} in the command or in --env, where the server reads its port"
        return "correct the path of --health" if processes.health is not None else "correct the port of the command"

    def _stop(self, grace: float) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None
        child, self._child = self._child, None
        if child is not None:
            child.end(grace)
            self._log = child.log()


def _command(start: str) -> list[str]:
    """Return the words of a start command. Raises InvalidConnection."""
    try:
        return split_command(start)
    except InvalidCommand as error:
        raise InvalidConnection(f"--start: {error.problem}{_fix_for(error.kind, start)}") from None


def _fix_for(problem: CommandProblem, start: str) -> str:
    match problem:
        case CommandProblem.EMPTY:
            return f", as in --start 'uvicorn app:app --port {PORT}'"
        case CommandProblem.QUOTES:
            return "; close every quote"
        case CommandProblem.SHELL:
            return f"; write sh -c {shlex.quote(start)}, and set variables with --env NAME=VALUE"
        case never:
            assert_never(never)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _health(host: str, port: int, path: str) -> str:
    """Return what keeps a server from being ready, an empty text where it is."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path if path.startswith("/") else f"/{path}")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"GET {path} failed ({type(error).__name__})"
    finally:
        connection.close()
    return "" if status in _SUCCESS else f"GET {path} answered {status}"
