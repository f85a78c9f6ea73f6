"""Implementations behind standard streams: a process that reads one request a line and answers with one.

Its error stream has a thread that reads it, so that a flood there never blocks an answer; another thread waits for its
end. Its answers are read by the caller itself where the system can wait for a pipe: a thread in between would cost more
than all that the kit does with a call. Elsewhere (on Windows) a thread reads them, and the caller waits on a queue. All
waiting is real time also under a frozen clock, where `Popen.wait(timeout)` would wait for ever.
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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import IO, Protocol

from billing_tck.clock import real_monotonic
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.base import Closing
from billing_tck.text.preview import preview_bytes, preview_text

LOG_LINES = 50
LOG_WIDTH = 500
UNREAD_LINES = 16  # nobody asked for; behind so many the process has to wait
GRACE = 2.0  # seconds that a process gets to exit by itself

_ENDED = object()  # instead of a line: the process has exited
_CLOSED = object()  # its standard output was closed
_TOO_LONG = object()  # a line went on and on

_OWN_GROUP = os.name == "posix"


class StdioDriver(Closing):
    """Starts the command once, at the first call, and again after a call that failed."""

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
            if error.kind is not ErrorKind.INVALID:  # an answer with a wrong field was an answer: it goes on
                self._end(grace=0.0)
            error.log = self.log_tail()
            raise
        except (KeyboardInterrupt, SystemExit):  # the answer would come later, when something else was asked
            self._end(grace=0.0)
            raise

    def log_tail(self) -> tuple[str, ...]:
        """The last lines of the error stream of the process that runs, or of the last one that ran."""
        return self._process.log() if self._process is not None else self._log

    def close(self) -> None:
        """Ends the process: its input is closed; after two seconds it is terminated, then killed."""
        self._end(grace=GRACE)

    def _end(self, grace: float) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end(grace)
            self._log = process.log()


class _Process:
    """One running command, in a process group of its own."""

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
        self._log = _Log(stderr)
        self._exited = threading.Event()
        self._over = False
        self._answers: _Answers = _PolledAnswers(stdout) if _OWN_GROUP else _QueuedAnswers(stdout, self._exited)
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
        """One line to the process, and the line that it answers. ImplementationError where there is none in time."""
        left = timeout
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # what it said before it went says more
            sent = self._send(line)
            if sent < len(line):
                left = self._send_rest(line[sent:], method, timeout)
        try:
            answer = self._answers.get(left)
            if answer is _ENDED:  # its last words may still be on their way
                with contextlib.suppress(Empty):
                    answer = self._answers.get(0.5)
        except Empty:
            raise ImplementationError(ErrorKind.TIMEOUT, self._silence(timeout), method=method) from None
        if isinstance(answer, bytes):
            return answer
        if answer is _TOO_LONG:
            problem = f"it printed a line of more than {jsonrpc.LONGEST // 1024**2} MiB"
            raise ImplementationError(ErrorKind.MALFORMED, problem, method=method)
        problem = f"no answer: {self._end_in_words()}{self._begun_in_words()}"
        raise ImplementationError(ErrorKind.CRASHED, problem, method=method)

    def end(self, grace: float) -> None:
        """Ends the whole group, in so many seconds where it goes by itself, and forgets it; idempotent."""
        if self._over or os.getpid() != self._owner:  # a forked copy of the kit does not own the process
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
                reader.join(0.5)  # what escaped from the group may hold a stream open
            if self._exited.is_set():
                self._answers.close()

    def log(self) -> tuple[str, ...]:
        """The last lines of the error stream."""
        return self._log.lines()

    def _send(self, data: bytes) -> int:
        try:
            return os.write(self._stdin.fileno(), data)
        except BlockingIOError:  # it does not read, and its pipe is full
            return 0

    def _send_rest(self, data: bytes, method: str, timeout: float) -> float:
        """Sends what the pipe did not take at once; the seconds that are left for the answer."""
        deadline = real_monotonic() + timeout
        while data:
            listening = self._answers.listening()  # who waits to be read may not read before
            left = max(0.0, deadline - real_monotonic())
            said, taking, _ = select.select(listening, [self._stdin], [], left)
            if said:
                self._answers.take()
            if taking:
                data = data[self._send(data) :]
            elif not said:
                problem = f"it has not read its input within {timeout:g} s"
                raise ImplementationError(ErrorKind.TIMEOUT, problem, method=method)
        return max(0.0, deadline - real_monotonic())

    def _await_exit(self) -> None:
        try:
            if hasattr(os, "waitid"):  # leaves the process to be reaped, so that its group's number stays its own
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

    def _silence(self, timeout: float) -> str:
        ended = f"; {self._end_in_words()}" if self._exited.is_set() else ""
        return f"no answer within {timeout:g} s{ended}{self._begun_in_words()}"

    def _begun_in_words(self) -> str:
        begun = self._answers.begun()
        return f"; it printed a line without its end: {preview_bytes(begun)}" if begun else ""

    def _end_in_words(self) -> str:
        if not self._exited.wait(0.5):
            return "it closed its output, and runs on"
        status = self._child.wait()
        if status >= 0:
            return f"the process ended with status {status}"
        try:
            return f"the process was ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"the process was ended by signal {-status}"


class _Answers(Protocol):
    """The lines that a process prints."""

    def threads(self) -> tuple[tuple[str, Callable[[], None], tuple[()]], ...]:
        """The threads that it needs: a name, what it runs, and with what."""
        ...

    def get(self, timeout: float) -> bytes | object:
        """The next line, or `_ENDED`, `_CLOSED` or `_TOO_LONG`; Empty where there is none in time."""
        ...

    def listening(self) -> list[int]:
        """The stream that `take` would read, where it may be read now."""
        ...

    def take(self) -> None:
        """Reads what is there, for later."""
        ...

    def begun(self) -> bytes:
        """The beginning of a line that has no end yet."""
        ...

    def ended(self) -> None:
        """Told once the process has exited."""
        ...

    def close(self) -> None:
        """Lets go of the stream."""
        ...


class _PolledAnswers:
    """Read by whoever waits for an answer, with no thread in between."""

    def __init__(self, stdout: IO[bytes]) -> None:
        self._stdout = stdout
        self._woken, self._wake = os.pipe()  # becomes readable when the process has exited
        self._poll = select.poll()
        self._poll.register(stdout.fileno(), select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        self._lines: deque[bytes | object] = deque()
        self._begun = bytearray()
        self._open = True

    def threads(self) -> tuple[tuple[str, Callable[[], None], tuple[()]], ...]:
        return ()

    def get(self, timeout: float) -> bytes | object:
        deadline = real_monotonic() + timeout
        left = timeout
        while not self._lines:
            ready = [number for number, _ in self._poll.poll(left * 1000)]
            if self._open and self._stdout.fileno() in ready:  # its last words go before its end
                self.take()
            elif ready:
                self._poll.unregister(self._woken)
                return _ENDED
            elif left <= 0:
                raise Empty
            left = max(0.0, deadline - real_monotonic())
        return self._lines.popleft()

    def listening(self) -> list[int]:
        return [self._stdout.fileno()] if self._open and len(self._lines) <= UNREAD_LINES else []

    def take(self) -> None:
        chunk = os.read(self._stdout.fileno(), 65536)
        if not chunk:
            self._over(_CLOSED)
        elif not self._begun and chunk.find(b"\n") == len(chunk) - 1:  # one line, as it should be
            self._lines.append(chunk)
        else:
            self._begun += chunk
            if b"\n" in chunk:
                *lines, rest = self._begun.split(b"\n")
                self._lines.extend(map(bytes, lines))
                self._begun = bytearray(rest)
            if len(self._begun) > jsonrpc.LONGEST:
                self._over(_TOO_LONG)

    def _over(self, said: object) -> None:
        self._poll.unregister(self._stdout.fileno())
        self._open = False
        self._lines.append(said)

    def begun(self) -> bytes:
        return bytes(self._begun[:1000])

    def ended(self) -> None:
        os.write(self._wake, b".")

    def close(self) -> None:
        self._stdout.close()
        os.close(self._woken)
        os.close(self._wake)


class _QueuedAnswers:
    """Read by a thread, for systems that cannot wait for a pipe."""

    def __init__(self, stdout: IO[bytes], exited: threading.Event) -> None:
        self._stdout = stdout
        self._exited = exited
        self._lines: SimpleQueue[bytes | object] = SimpleQueue()
        self._begun = bytearray()

    def threads(self) -> tuple[tuple[str, Callable[[], None], tuple[()]], ...]:
        return (("stdout", self._read, ()),)

    def get(self, timeout: float) -> bytes | object:
        return self._lines.get(timeout=timeout)

    def listening(self) -> list[int]:
        return []

    def take(self) -> None:
        raise NotImplementedError("the thread takes what there is")

    def begun(self) -> bytes:
        return bytes(self._begun[:1000])

    def ended(self) -> None:
        self._lines.put(_ENDED)

    def close(self) -> None:
        """The thread closes the stream when it has read all of it."""

    def _read(self) -> None:
        begun = self._begun
        with self._stdout:
            while chunk := os.read(self._stdout.fileno(), 65536):
                if b"\n" in chunk:
                    *lines, rest = (begun + chunk).split(b"\n")
                    for line in lines:
                        self._lines.put(bytes(line))
                    begun[:] = rest
                else:
                    begun += chunk
                if self._lines.qsize() > UNREAD_LINES and self._exited.wait():
                    return
                if len(begun) > jsonrpc.LONGEST:
                    self._lines.put(_TOO_LONG)
                    return
        self._lines.put(_CLOSED)


class _Log:
    """The last lines of an error stream, each cut: a flood costs no memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lines: deque[bytes] = deque(maxlen=LOG_LINES)
        self._begun = b""
        self._lock = threading.Lock()

    def read(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 65536):
                *complete, begun = chunk.split(b"\n")
                with self._lock:
                    for line in complete[-LOG_LINES - 1 :] if len(complete) > LOG_LINES else complete:
                        self._lines.append((self._begun + line)[: LOG_WIDTH * 4])
                        self._begun = b""
                    self._begun = (self._begun + begun)[: LOG_WIDTH * 4]

    def lines(self) -> tuple[str, ...]:
        with self._lock:
            lines = [*self._lines, self._begun] if self._begun else list(self._lines)
        return tuple(_log_line(line) for line in lines[-LOG_LINES:])


def _log_line(line: bytes) -> str:
    return preview_text(line.decode(errors="backslashreplace").rstrip("\r").expandtabs(4), LOG_WIDTH)


def _at_exit(process: _Process) -> None:
    """Ends the process with this one, also where this one is a worker of multiprocessing, which skips `atexit`."""
    atexit.register(process.end, 0.0)
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 - loaded already where it is needed

        Finalize(process, process.end, args=(0.0,), exitpriority=10)
