"""The stdio driver: a process that reads one request per line and answers with one line.

A thread reads its error stream, so that output there never blocks an answer; another thread waits for its exit. The
caller reads the answers itself where the system can wait for a pipe: a thread in between would cost more than all other
work of a call. Elsewhere (on Windows) a thread reads them, and the caller waits on a queue. All waiting is real time
also under a frozen clock, where `Popen.wait(timeout)` would never return.
"""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Mapping, Sequence
from queue import Empty

from billing_tck.clock import real_monotonic
from billing_tck.connection import Connection, Timeouts, reveal
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.base import Closing
from billing_tck.drivers.child import GRACE, Child
from billing_tck.drivers.process_output import ENDED, TOO_LONG, Answers, PolledAnswers, QueuedAnswers
from billing_tck.drivers.strays import OWN_SESSION
from billing_tck.text.preview import preview_bytes


class StdioDriver(Closing):
    """Starts the command at the first call, and again after a call that failed."""

    in_process = False

    def __init__(self, spec: str, command: Sequence[str], connection: Connection | None = None) -> None:
        self.spec = spec
        self._connection = connection or Connection()
        self._revealed = reveal(self._connection)
        self._secrets = self._revealed.secrets if self._revealed.secrets.shown else None
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
                process = self._process = self._start(method)
            if self._secrets is None:
                answer = process.ask(line, method)
            else:
                answer = self._secrets.mask_bytes(process.ask(self._secrets.unmask_bytes(line), method))
            return self._responses.outcome(answer, self._number, method)
        except ImplementationError as error:
            if error.kind is not ErrorKind.INVALID:  # the process is still in step: it keeps running
                self._end(grace=0.0)
            error.log = self.log_tail()
            raise
        except (KeyboardInterrupt, SystemExit):  # the answer would arrive after a later request
            self._end(grace=0.0)
            raise

    def begin_scenario(self, name: str) -> None:
        """See `Driver.begin_scenario`."""
        self._log = ()
        if self._process is not None:
            self._process.child.mark_log()

    def log_tail(self) -> tuple[str, ...]:
        """Return the last lines of the error stream of the current process, or of the previous one."""
        lines = self._process.log() if self._process is not None else self._log
        return lines if self._secrets is None else tuple(map(self._secrets.mask, lines))

    def close(self) -> None:
        """End the process: close its input, and after two seconds terminate, then kill it."""
        self._end(grace=GRACE)

    def _start(self, method: str) -> _Process:
        processes = self._connection.processes
        child = Child(self._command, method, env=self._revealed.environment, cwd=processes.cwd, piped=True)
        return _Process(child, self._connection.timeouts)

    def _end(self, grace: float) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end(grace)
            self._log = process.log()


class _Process:
    """A running command, and its two pipes."""

    def __init__(self, child: Child, timeouts: Timeouts) -> None:
        self.child = child
        self._timeouts = timeouts
        self._stdin = child.stdin
        self._answers: Answers = (
            PolledAnswers(child.stdout) if OWN_SESSION else QueuedAnswers(child.stdout, child.exited)
        )
        if OWN_SESSION:
            os.set_blocking(self._stdin.fileno(), False)
        child.watch(self._answers.ended, *self._answers.threads())

    def ask(self, line: bytes, method: str) -> bytes:
        """Send a line and return the line that answers it. Raises ImplementationError."""
        left = self._timeouts.of(method)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # what it printed before it ended says more
            sent = self._send(line)
            if sent < len(line):
                left = self._send_rest(line[sent:], method, left)
        try:
            answer = self._answers.get(left)
            if answer is ENDED:  # its last output may not have arrived yet
                with contextlib.suppress(Empty):
                    answer = self._answers.get(0.5)
        except Empty:
            raise ImplementationError(ErrorKind.TIMEOUT, self._describe_silence(method), method=method) from None
        if isinstance(answer, bytes):
            return answer
        if answer is TOO_LONG:
            problem = f"the process printed a line of more than {jsonrpc.LONGEST // 1024**2} MiB"
            raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
        problem = f"no answer: {self.child.describe_end()}{self._describe_begun()}"
        raise ImplementationError(ErrorKind.CRASHED, problem, method=method)

    def end(self, grace: float) -> None:
        """End the process; it has `grace` seconds to exit on its own. Idempotent."""
        if self.child.end(grace) and self.child.exited.is_set():
            self._answers.close()

    def log(self) -> tuple[str, ...]:
        """Return the last lines of the error stream."""
        return self.child.log()

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
                option = self._timeouts.option(method)
                problem = f"the process has not read its input within {timeout:g} s (raise the limit with {option})"
                raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method)
        return max(0.0, deadline - real_monotonic())

    def _describe_silence(self, method: str) -> str:
        ended = f"; {self.child.describe_end()}" if self.child.exited.is_set() else ""
        return f"{self._timeouts.silence(method)}{ended}{self._describe_begun()}"

    def _describe_begun(self) -> str:
        begun = self._answers.begun()
        return f"; it printed a line without an end: {preview_bytes(begun)}" if begun else ""
