"""The process of a `python:` implementation: its side of the protocol that `isolated` speaks.

Messages are pickled tuples, each after its length in four bytes. The kit sends

    ("prepare", function)                   run a function of the kit, without an answer: it loads what comes next
    ("call", method, parameters)            one call of the contract
    ("stream", function, arguments)         run `function(driver, *arguments)` here, a generator; function and arguments
                                            pickle, and the function is one of the kit's

and the process answers with `("ready",)` when the implementation is imported, then with `("result", value)`,
`("raised", exception)`, and for each value of a generator `("item", value)`, at its end `("end",)`.

What the implementation prints goes to a pipe, with `SECTION` before each value of a generator.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import signal
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from billing_tck.connection import Timeouts
from billing_tck.contract import ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.drivers.base import Driver
from billing_tck.drivers.call_timeout import WATCH, Watch
from billing_tck.drivers.early_end import EARLY_ENDS
from billing_tck.drivers.exceptions import describe_exception
from billing_tck.drivers.factory import find_factory
from billing_tck.drivers.in_process import PythonDriver
from billing_tck.drivers.strays import MARK, end_with_parent
from billing_tck.signals import ENDING
from billing_tck.sut import Python

LENGTH = struct.Struct(">I")
SECTION = b"\x1ebilling-tck section\x1e\n"
CLOSED = 99  # the exit status of a process that cannot use its pipes any more
Message = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process needs to know, and its ends of the pipes."""

    spec: str
    sut: Python
    timeouts: Timeouts
    environment: Mapping[str, str]
    folder: Path | None
    memory: int  # bytes
    mark: str
    parent: int
    requests: Pipe
    answers: Pipe
    output: Pipe
    watch: Watch


def serve(settings: Settings) -> None:
    """Import the implementation and answer until there are no more requests; never returns."""
    status = 1
    try:
        _prepare(settings)
        _answer(settings)
        status = 0
    except (EOFError, OSError):  # the kit has gone, or the implementation has closed the pipes
        status = CLOSED
    finally:
        EARLY_ENDS.exit(status)  # whatever threads the implementation has left running


def _prepare(settings: Settings) -> None:
    """Leave the kit's session, terminal and folder, and limit the memory."""
    EARLY_ENDS.forget()
    os.setsid()
    end_with_parent(settings.parent)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # blocked until here, where it has left the kit's session
    for descriptor in (1, 2):
        os.dup2(settings.output.fileno(), descriptor)
    sys.stdout, sys.stderr = _printer(1), _printer(2)
    os.environ.clear()
    os.environ.update({**settings.environment, MARK: settings.mark})
    if settings.folder is not None:
        os.chdir(settings.folder)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
        allowed = settings.memory if hardest == resource.RLIM_INFINITY else min(settings.memory, hardest)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, hardest))
    WATCH.shared = settings.watch


def _printer(descriptor: int) -> io.TextIOWrapper:
    stream = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(stream), "utf-8", "backslashreplace", line_buffering=True)


def _answer(settings: Settings) -> None:
    pipe = _Pipe(settings)
    try:
        factory = find_factory(settings.spec, settings.sut)
        driver = PythonDriver(settings.spec, factory, timeouts=settings.timeouts)
    except Exception as error:
        pipe.send("raised", error)
        return
    pipe.send("ready")
    with driver:
        while True:
            _answer_one(pipe.receive(), driver, pipe)


def _answer_one(request: Message, driver: PythonDriver, pipe: _Pipe) -> None:
    match request:
        case ("prepare", function) if callable(function):
            with contextlib.suppress(Exception):  # what is wrong shows again where it is needed
                function()
        case ("call", str(method), dict(params)):
            try:
                pipe.send("result", driver.call(method, params))
            except BaseException as error:
                pipe.send("raised", _passed_on(error, method))
        case ("stream", function, tuple(arguments)) if callable(function):
            try:
                for item in pipe.sections(function(driver, *arguments)):
                    pipe.send("item", item)
            except (BrokenPipeError, EOFError):
                raise
            except BaseException as error:
                pipe.send("raised", _passed_on(error, ""))
            else:
                pipe.send("end")


def _passed_on(error: BaseException, method: str) -> BaseException:
    """Return an exception that the kit can receive: without classes of the implementation."""
    match error:
        case Refused():
            return Refused(error.reason, str(error.message))
        case Unsupported():
            return Unsupported(str(error))
        case Exception() if type(error).__module__.startswith("billing_tck."):
            return error
        case _:  # Ctrl-C does not reach this process: the implementation has raised this, or used up the memory
            return ImplementationError(ErrorKind.CRASHED, describe_exception(error), method=method)


class _Pipe:
    """The pipes to the kit."""

    def __init__(self, settings: Settings) -> None:
        self._requests, self._answers = settings.requests, settings.answers
        self._output = settings.output.fileno()

    def receive(self) -> Message:
        """Return the next request. Raises EOFError when the kit has gone."""
        (length,) = LENGTH.unpack(self._read(LENGTH.size))
        request: Message = pickle.loads(self._read(length))
        return request

    def send(self, *message: object) -> None:
        """Send an answer, after what was printed so far."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the implementation may have closed or replaced them
                stream.flush()
        try:
            data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            problem = f"the answer cannot be passed on: {describe_exception(error)}"
            data = pickle.dumps(("raised", ImplementationError(ErrorKind.INVALID, problem)))
        rest = memoryview(LENGTH.pack(len(data)) + data)
        while rest:
            rest = rest[os.write(self._answers.fileno(), rest) :]

    def sections(self, items: Iterator[object]) -> Iterator[object]:
        """Yield the values of a generator, and begin a section of the printed lines before each."""
        while True:
            with contextlib.suppress(OSError):
                os.write(self._output, SECTION)
            try:
                item = next(items)
            except StopIteration:
                return
            yield item

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            chunk = os.read(self._requests.fileno(), count - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)


__all__ = ["LENGTH", "SECTION", "Driver", "Message", "Settings", "serve"]
