"""The stdio driver: a process that reads one request per line and answers with one line.

A thread reads its error stream, so that output there never blocks an answer; another thread waits for its exit. The
caller reads the answers itself where the system can wait for a pipe: a thread in between would cost more than all other
work of a call. Elsewhere (on Windows) a thread reads them, and the caller waits on a queue. All waiting is real time
also under a frozen clock, where `Popen.wait(timeout)` would never return.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from queue import Empty

from billing_tck.clock import real_monotonic
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.base import Closing
from billing_tck.drivers.process_output import ENDED, TOO_LONG, Answers, ErrorLog, PolledAnswers, QueuedAnswers
from billing_tck.text.preview import preview_bytes

GRACE = 2.0  # seconds that a process gets to exit by itself

_OWN_GROUP = os.name == "posix"


class StdioDriver(Closing):
    """Starts the command at the first call, and again after a call that failed."""

    in_process = False

    def __init__(self, spec: str, command: Sequence[str], *, timeout: float = 10.0) -> None:
        self.spec = spec
        self._timeout = timeout
        self._command = list(command)
        self._process: _Process | None = None
        self._log: tuple[str, ...] = ()
        self._number = 0
        self._responses = jsonrpc.Responses()

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        self._number += 1
        line = jsonrpc.request(self._number, method, params) + b"\n"
        process = self._process
        try:
            if process is None:
                process = self._process = _Process(self._command, method)
            return self._responses.outcome(process.ask(line, method, self._timeout), self._number, method)
        except ImplementationError as error:
            if error.kind is not ErrorKind.INVALID:  # the process is still in step: it keeps running
                self._end(grace=0.0)
            error.log = self.log_tail()
            raise
        except (KeyboardInterrupt, SystemExit):  # the answer would arrive after a later request
            self._end(grace=0.0)
            raise

    def log_tail(self) -> tuple[str, ...]:
        """Return the last lines of the error stream of the current process, or of the previous one."""
        return self._process.log() if self._process is not None else self._log

    def close(self) -> None:
        """End the process: close its input, and after two seconds terminate, then kill it."""
        self._end(grace=GRACE)

    def _end(self, grace: float) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end(grace)
            self._log = process.log()


class _Process:
    """A running command, in its own process group."""

    def __init__(self, command: list[str], method: str) -> None:
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=_OWN_GROUP,
            )
        except OSError as error:
            problem = (
                f"{command[0]!r} could not be started: {error.strerror}; see that the command is there and can be run"
            )
            raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method) from None
        stdin, stdout, stderr = self._child.stdin, self._child.stdout, self._child.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        self._owner = os.getpid()
        self._stdin = stdin
        self._log = ErrorLog(stderr)
        self._exited = threading.Event()
        self._over = False
        self._answers: Answers = PolledAnswers(stdout) if _OWN_GROUP else QueuedAnswers(stdout, self._exited)
        if _OWN_GROUP:
            os.set_blocking(stdin.fileno(), False)
        _at_exit(self)
        self._readers = [
            threading.Thread(target=target, args=arguments, name=f"billing-tck {name}", daemon=True)
            for name, target, arguments in (
                *self._answers.threads(),
                ("stderr", self._log.read, ()),
                ("exit", self._await_exit, ()),
            )
        ]
        for reader in self._readers:
            reader.start()

    def ask(self, line: bytes, method: str, timeout: float) -> bytes:
        """Send a line and return the line that answers it. Raises ImplementationError."""
        left = timeout
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # what it printed before it ended says more
            sent = self._send(line)
            if sent < len(line):
                left = self._send_rest(line[sent:], method, timeout)
        try:
            answer = self._answers.get(left)
            if answer is ENDED:  # its last output may not have arrived yet
                with contextlib.suppress(Empty):
                    answer = self._answers.get(0.5)
        except Empty:
            raise ImplementationError(ErrorKind.TIMEOUT, self._describe_silence(timeout), method=method) from None
        if isinstance(answer, bytes):
            return answer
        if answer is TOO_LONG:
            problem = f"the process printed a line of more than {jsonrpc.LONGEST // 1024**2} MiB"
            raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
        problem = f"no answer: {self._describe_end()}{self._describe_begun()}"
        raise ImplementationError(ErrorKind.CRASHED, problem, method=method)

    def end(self, grace: float) -> None:
        """End the process group; it has `grace` seconds to exit by itself. Idempotent."""
        if self._over or os.getpid() != self._owner:  # a forked copy of the kit must not end it
            return
        self._over = True
        atexit.unregister(self.end)
        try:
            with contextlib.suppress(OSError):
                self._stdin.close()
            if grace and not self._exited.wait(grace):
                self._signal(signal.SIGTERM)
                self._exited.wait(grace / 4)
        finally:
            self._signal(signal.SIGKILL if _OWN_GROUP else signal.SIGTERM)
            if self._exited.wait(GRACE):
                self._child.wait()
            for reader in self._readers:
                reader.join(0.5)  # a process outside the group may hold a stream open
            if self._exited.is_set():
                self._answers.close()

    def log(self) -> tuple[str, ...]:
        """Return the last lines of the error stream."""
        return self._log.lines()

    def _send(self, data: bytes) -> int:
        try:
            return os.write(self._stdin.fileno(), data)
        except BlockingIOError:  # the process does not read, and its pipe is full
            return 0

    def _send_rest(self, data: bytes, method: str, timeout: float) -> float:
        """Send the rest of a line; return the seconds that are left for the answer."""
        deadline = real_monotonic() + timeout
        while data:
            listening = self._answers.listening()  # a process that waits to be read does not read
            left = max(0.0, deadline - real_monotonic())
            said, taking, _ = select.select(listening, [self._stdin], [], left)
            if said:
                self._answers.take()
            if taking:
                data = data[self._send(data) :]
            elif not said:
                problem = f"the process has not read its input within {timeout:g} s"
                raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method)
        return max(0.0, deadline - real_monotonic())

    def _await_exit(self) -> None:
        try:
            if hasattr(os, "waitid"):  # leaves the process to be reaped, so that its group id is not reused
                os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
            else:
                self._child.wait()
        finally:
            self._exited.set()
            self._answers.ended()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            if _OWN_GROUP:
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)

    def _describe_silence(self, timeout: float) -> str:
        ended = f"; {self._describe_end()}" if self._exited.is_set() else ""
        return f"no answer within {timeout:g} s{ended}{self._describe_begun()}"

    def _describe_begun(self) -> str:
        begun = self._answers.begun()
        return f"; it printed a line without an end: {preview_bytes(begun)}" if begun else ""

    def _describe_end(self) -> str:
        if not self._exited.wait(0.5):
            return "the process closed its output, and keeps running"
        status = self._child.wait()
        if status >= 0:
            return f"the process ended with status {status}"
        try:
            return f"the process was ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"the process was ended by signal {-status}"


def _at_exit(process: _Process) -> None:
    """End the process when this one exits, also in a worker of multiprocessing, which skips `atexit`."""
    atexit.register(process.end, 0.0)
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 - loaded already where it is needed

        Finalize(process, process.end, args=(0.0,), exitpriority=10)
