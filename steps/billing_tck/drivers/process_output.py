"""Read what a process prints: its answers line by line, and the end of its error stream."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import IO, Protocol

from billing_tck.clock import real_monotonic
from billing_tck.drivers import jsonrpc
from billing_tck.text.preview import preview_text

LOG_LINES, LOG_WIDTH = 50, 500
UNREAD_LINES = 16  # unrequested lines that are kept; a process that writes more has to wait
ENDED = object()  # instead of a line: the process has exited
CLOSED = object()  # its standard output was closed
TOO_LONG = object()  # the line has no end


class Answers(Protocol):
    """The lines that a process prints."""

    def threads(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Return the threads that it needs: a name and a function."""
        ...

    def get(self, timeout: float) -> bytes | object:
        """Return the next line, or `ENDED`, `CLOSED` or `TOO_LONG`; Raises Empty where there is none in time."""
        ...

    def listening(self) -> list[int]:
        """Return the stream that `take` would read, where it may be read now."""
        ...

    def take(self) -> None:
        """Read what is there, for later."""
        ...

    def begun(self) -> bytes:
        """Return the beginning of a line that has no end yet."""
        ...

    def ended(self) -> None:
        """Note that the process has exited."""
        ...

    def close(self) -> None:
        """Close the stream."""
        ...


class PolledAnswers:
    """Lines that the caller reads itself while it waits for an answer, without a thread."""

    def __init__(self, stdout: IO[bytes]) -> None:
        self._stdout = stdout
        self._woken, self._wake = os.pipe()  # becomes readable when the process has exited
        self._poll = select.poll()
        self._poll.register(stdout.fileno(), select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        self._lines: deque[bytes | object] = deque()
        self._begun = bytearray()
        self._open = True

    def threads(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """See `Answers.threads`."""
        return ()

    def get(self, timeout: float) -> bytes | object:
        """See `Answers.get`."""
        deadline = real_monotonic() + timeout
        left = timeout
        while not self._lines:
            ready = [number for number, _ in self._poll.poll(left * 1000)]
            if self._open and self._stdout.fileno() in ready:  # what it printed last comes before its end
                self.take()
            elif ready:
                self._poll.unregister(self._woken)
                return ENDED
            elif left <= 0:
                raise Empty
            left = max(0.0, deadline - real_monotonic())
        return self._lines.popleft()

    def listening(self) -> list[int]:
        """See `Answers.listening`."""
        return [self._stdout.fileno()] if self._open and len(self._lines) <= UNREAD_LINES else []

    def take(self) -> None:
        """See `Answers.take`."""
        chunk = os.read(self._stdout.fileno(), 65536)
        if not chunk:
            self._over(CLOSED)
        elif not self._begun and chunk.find(b"\n") == len(chunk) - 1:  # one line: the usual case
            self._lines.append(chunk)
        else:
            self._begun += chunk
            if b"\n" in chunk:
                *lines, rest = self._begun.split(b"\n")
                self._lines.extend(map(bytes, lines))
                self._begun = bytearray(rest)
            if len(self._begun) > jsonrpc.LONGEST:
                self._over(TOO_LONG)

    def _over(self, said: object) -> None:
        self._poll.unregister(self._stdout.fileno())
        self._open = False
        self._lines.append(said)

    def begun(self) -> bytes:
        """See `Answers.begun`."""
        return bytes(self._begun[:1000])

    def ended(self) -> None:
        """See `Answers.ended`."""
        os.write(self._wake, b".")

    def close(self) -> None:
        """See `Answers.close`."""
        self._stdout.close()
        os.close(self._woken)
        os.close(self._wake)


class QueuedAnswers:
    """Lines that a thread reads, for systems that cannot wait for a pipe."""

    def __init__(self, stdout: IO[bytes], exited: threading.Event) -> None:
        self._stdout = stdout
        self._exited = exited
        self._lines: SimpleQueue[bytes | object] = SimpleQueue()
        self._begun = bytearray()

    def threads(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """See `Answers.threads`."""
        return (("stdout", self._read),)

    def get(self, timeout: float) -> bytes | object:
        """See `Answers.get`."""
        return self._lines.get(timeout=timeout)

    def listening(self) -> list[int]:
        """See `Answers.listening`."""
        return []

    def take(self) -> None:
        """See `Answers.take`."""
        raise NotImplementedError("the thread reads what there is")

    def begun(self) -> bytes:
        """See `Answers.begun`."""
        return bytes(self._begun[:1000])

    def ended(self) -> None:
        """See `Answers.ended`."""
        self._lines.put(ENDED)

    def close(self) -> None:
        """Do nothing: the thread closes the stream when it has read all of it."""

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
                    self._lines.put(TOO_LONG)
                    return
        self._lines.put(CLOSED)


class ErrorLog:
    """The last lines of an error stream, shortened, so that their memory is bounded."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=LOG_LINES)
        self._begun = b""
        self._fresh = 0  # lines since `mark`
        self._lock = threading.Lock()

    def read(self, stream: IO[bytes]) -> None:
        """Read a stream to its end."""
        with stream:
            while chunk := os.read(stream.fileno(), 65536):
                self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        """Add what was read."""
        *complete, begun = chunk.split(b"\n")
        with self._lock:
            for line in complete[-LOG_LINES - 1 :] if len(complete) > LOG_LINES else complete:
                self._lines.append((self._begun + line)[: LOG_WIDTH * 4])
                self._begun = b""
            self._fresh += len(complete)
            self._begun = (self._begun + begun)[: LOG_WIDTH * 4]

    def mark(self) -> None:
        """Leave out what was written so far: another scenario begins."""
        with self._lock:
            self._fresh = 0

    def lines(self) -> tuple[str, ...]:
        """Return the last lines since the last mark."""
        with self._lock:
            lines = list(self._lines)[max(0, len(self._lines) - self._fresh) :]
            lines += [self._begun] if self._begun else []
        return tuple(_log_line(line) for line in lines[-LOG_LINES:])


def _log_line(line: bytes) -> str:
    return preview_text(line.decode(errors="backslashreplace").rstrip("\r").expandtabs(4), LOG_WIDTH)
