"""The process of a `python:` implementation, as the kit sees it: its pipes, its output, its limits, its end.

The other side is `isolated_child`.
"""

from __future__ import annotations

import atexit
import io
import mmap
import multiprocessing
import os
import pickle
import select
import signal
import sys
import threading
import warnings
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkContext, SpawnContext
from typing import TYPE_CHECKING

from billing_tck.clock import Real, real_monotonic
from billing_tck.connection import Connection, Revealed
from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers import isolated_child as child
from billing_tck.drivers.call_timeout import METHOD_NAMES, WATCHED, Watch
from billing_tck.drivers.process_output import ErrorLog
from billing_tck.drivers.strays import Guard, at_exit, descendants, end_group, new_mark
from billing_tck.signals import ENDING
from billing_tck.sut import Python

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

Context = ForkContext | SpawnContext
_LOOK = 0.2  # seconds between looks at whether the process still lives and answers
_GRACE = 1.0  # seconds beyond its limit, at most, after which a call that cannot be interrupted is ended
_PASSED_ON = frozenset({"billing_tck", "builtins", "datetime", "decimal", "collections", "types", "pathlib"})
_REAL = {"FakeDatetime": Real.datetime, "FakeDate": Real.date}  # the clock of the process is frozen, not this one


@dataclass(slots=True)
class _Running:
    """A call that is seen to be running: its number, and since when."""

    number: int
    since: float


class ImplementationProcess:
    """The process, and its pipes. `over` says that it has ended, or has to be ended."""

    def __init__(self, spec: str, sut: Python, connection: Connection, revealed: Revealed) -> None:
        context = _context()
        self._timeouts = connection.timeouts
        self._limit = connection.timeouts.start
        requests, self._requests = context.Pipe(duplex=False)
        self._answers, answers = context.Pipe(duplex=False)
        self._output, output = context.Pipe(duplex=False)
        self._watch = _shared(context)
        self._mark = new_mark()
        self._owner = os.getpid()
        self._received = bytearray()
        self._sections: deque[ErrorLog] = deque([ErrorLog()])
        self._unsplit = b""
        self._running = _Running(0, real_monotonic())
        self.over = False
        self._ready = False
        settings = child.Settings(
            spec=spec,
            sut=sut,
            timeouts=connection.timeouts,
            environment=revealed.environment,
            folder=connection.processes.cwd,
            memory=int(connection.processes.memory * 1024**3),
            mark=self._mark,
            parent=self._owner,
            requests=requests,
            answers=answers,
            output=output,
            watch=self._watch,
        )
        self._process: BaseProcess = context.Process(target=child.serve, args=(settings,), name="implementation")
        _start(self._process)
        for end in (requests, answers, output):
            end.close()
        for descriptor in (self._answers.fileno(), self._output.fileno()):
            os.set_blocking(descriptor, False)
        self._poll = select.poll()
        self._poll.register(self._answers.fileno(), select.POLLIN)
        self._poll.register(self._output.fileno(), select.POLLIN)
        self._guard = Guard(self._process.pid or 0, self._mark)
        at_exit(self.end)

    def await_ready(self) -> None:
        """Wait until the implementation is imported. Idempotent. Raises InvalidSutSpec, or ImplementationError."""
        if self._ready:
            return
        match self.receive():
            case ("ready",):
                self._ready = True
                self._limit = self._timeouts.call
            case ("raised", BaseException() as error):
                raise error
            case other:
                raise TypeError(f"unexpected message {other!r:.80}")

    def send(self, *message: object) -> None:
        """Send a request. Raises ImplementationError where the process has ended."""
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        rest = memoryview(child.LENGTH.pack(len(data)) + data)
        try:
            while rest:
                rest = rest[os.write(self._requests.fileno(), rest) :]
        except OSError:
            raise self._ended() from None
        self._running = _Running(0, real_monotonic())

    def receive(self) -> child.Message:
        """Return the next answer. Raises ImplementationError where none comes."""
        next_look = real_monotonic() + _LOOK
        while (message := self._complete()) is None:
            ready = {number for number, _ in self._poll.poll(_LOOK * 1000)}
            if self._output.fileno() in ready:
                self._read_output()
            if self._answers.fileno() in ready:
                chunk = self._read(self._answers)
                if not chunk:
                    raise self._ended()
                self._received += chunk
            elif real_monotonic() >= next_look:
                self._look()
                next_look = real_monotonic() + _LOOK
        return message

    def begin_sections(self) -> None:
        """Forget what was printed so far."""
        self._read_output()
        self._sections = deque([ErrorLog()])

    def next_section(self) -> tuple[str, ...]:
        """Return what was printed for the value that was received last."""
        self._read_output()
        if len(self._sections) > 1:
            self._sections.popleft()  # it ended where this value's section begins
        return self._sections[0].lines()

    def printed(self) -> tuple[str, ...]:
        """Return the last lines that were printed."""
        if not self._output.closed:
            self._read_output()
        return self._sections[-1].lines()

    def end(self) -> None:
        """End the process, and everything that it has started. Idempotent."""
        if os.getpid() != self._owner or self._requests.closed:  # a forked copy of the kit must not end it
            return
        atexit.unregister(self.end)
        below = descendants(self._process.pid or 0)
        self._requests.close()
        self._process.kill()
        end_group(self._process.pid or 0, below, self._mark)
        self._process.join()
        self._guard.dismiss()
        self._answers.close()
        self._output.close()
        self._process.close()

    def _complete(self) -> child.Message | None:
        size = child.LENGTH.size
        if len(self._received) < size:
            return None
        (length,) = child.LENGTH.unpack(self._received[:size])
        if len(self._received) < size + length:
            return None
        data = bytes(self._received[size : size + length])
        del self._received[: size + length]
        try:
            message: child.Message = _Values(io.BytesIO(data)).load()
        except Exception as error:
            self.over = True
            problem = f"the answer cannot be received: {type(error).__name__}: {error}"
            raise ImplementationError(ErrorKind.INVALID, problem) from None
        self._running = _Running(0, real_monotonic())
        return message

    def _look(self) -> None:
        """Raise an error where a call runs for longer than its limit, and was not interrupted in its own process."""
        number, milliseconds = self._watch[0], self._watch[1]
        if number != self._running.number:
            self._running = _Running(number, real_monotonic())
        limit = milliseconds / 1000 if number and milliseconds else self._limit
        if real_monotonic() - self._running.since > limit * 1.25 + min(limit, _GRACE):
            self.over = True
            problem = f"no answer within {limit:g} s, and the call could not be interrupted; its process was ended"
            raise ImplementationError(ErrorKind.TIMEOUT, problem, method=self._method())
        if self._process.exitcode is not None and not self._poll.poll(0):
            raise self._ended()

    def _ended(self) -> ImplementationError:
        self.over = True
        self._read_output()
        self._process.join(1)
        status = self._process.exitcode
        if status is None or status == child.CLOSED:
            why = "the implementation closed files of its process that the kit uses"
        elif status >= 0:
            why = f"the implementation ended its process (status {status})"
        else:
            with suppress(ValueError):
                status = signal.Signals(-status).name  # type: ignore[assignment]
            why = f"the process of the implementation was ended by {status}"
        return ImplementationError(ErrorKind.CRASHED, why, method=self._method())

    def _method(self) -> str:
        """Return the method that runs, or ran last."""
        return METHOD_NAMES[min(self._watch[2], len(METHOD_NAMES) - 1)] if self._watch[0] else ""

    def _read_output(self) -> None:
        while chunk := self._read(self._output):
            data = self._unsplit + chunk
            whole = len(data) - _begun_marker(data)
            first, *sections = data[:whole].split(child.SECTION)
            self._unsplit = data[whole:]
            self._sections[-1].feed(first)
            for section in sections:
                self._sections.append(ErrorLog())
                self._sections[-1].feed(section)

    def _read(self, pipe: Pipe) -> bytes:
        """Return what there is to read; nothing where there is nothing, and at the end of the stream."""
        try:
            chunk = os.read(pipe.fileno(), 1 << 20)
        except BlockingIOError:
            return b""
        except OSError:
            chunk = b""
        if not chunk:
            with suppress(KeyError):
                self._poll.unregister(pipe.fileno())
        return chunk


class _Values(pickle.Unpickler):
    """Reads what the process sends: values of the kit, and of the standard library."""

    def find_class(self, module_name: str, global_name: str, /) -> object:
        """Return a class. Raises UnpicklingError for one that belongs to neither."""
        if module_name == "freezegun.api" and global_name in _REAL:
            return _REAL[global_name]
        if module_name.partition(".")[0] in _PASSED_ON:
            return super().find_class(module_name, global_name)
        raise pickle.UnpicklingError(f"it holds an object of {module_name}.{global_name}")


def _context() -> Context:
    """Return how processes are started: a copy of this one where that is safe, because that is fast."""
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    copied = sys.platform == "linux" and all(each.name.startswith("billing-tck ") for each in others)
    return multiprocessing.get_context("fork") if copied else multiprocessing.get_context("spawn")


def _shared(context: Context) -> Watch:
    """Return memory that this process shares with one that it starts."""
    if context.get_start_method() == "fork":
        return memoryview(mmap.mmap(-1, 8 * WATCHED)).cast("Q")
    array: Watch = context.RawArray("Q", WATCHED)
    return array


def _start(process: BaseProcess) -> None:
    """Start a process that gets no signal before it has left this session."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside the kit's threads, which only wait
            process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begun_marker(data: bytes) -> int:
    """Return how many bytes at the end may be the beginning of a marker."""
    longest = min(len(data), len(child.SECTION) - 1)
    return next((size for size in range(longest, 0, -1) if data.endswith(child.SECTION[:size])), 0)
