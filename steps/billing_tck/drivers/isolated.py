"""Python implementations in a separate process, so that they cannot end the kit or lose its verdicts.

The process may end (`os._exit`, a signal, a crash in C), hang, change its clock, folder, decimal context or signals,
close files, start threads and processes, and use up its memory: the call is errored, and the next call finds a new
process. A task such as a whole run can be carried out there, next to the implementation, so that its calls cost no
message each.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress

from billing_tck.connection import Connection, reveal
from billing_tck.contract import ImplementationError
from billing_tck.drivers.base import StreamingDriver, Task
from billing_tck.drivers.isolated_process import ImplementationProcess
from billing_tck.sut import Python


class IsolatedDriver(StreamingDriver):
    """Starts the process at once, and again after one that ended.

    A wrong `--sut` shows at once too, unless it is not to `wait`: then it shows at the first call, or in `wait_ready`.
    """

    def __init__(self, spec: str, sut: Python, connection: Connection, *, wait: bool = True) -> None:
        self.spec = spec
        self._sut = sut
        self._connection = connection
        self._revealed = reveal(connection)
        self._process: ImplementationProcess | None = None
        self._log: tuple[str, ...] = ()
        self._start()
        if wait:
            self.wait_ready()

    def prepare(self, task: Callable[[], object]) -> None:
        """Run a function of the kit in the process as soon as it is ready, while nothing else is asked of it."""
        if self._process is not None:
            with suppress(ImplementationError):  # a process that has ended already shows when it is waited for
                self._process.send("prepare", task)

    def wait_ready(self) -> None:
        """Wait until the implementation is imported. Raises InvalidSutSpec, or ImplementationError."""
        self._current()

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        process = self._current()
        try:
            process.send("call", method, dict(params))
            match process.receive():
                case ("result", result):
                    return result
                case ("raised", BaseException() as error):
                    raise error
                case other:
                    raise TypeError(f"unexpected message {other!r:.80}")
        except ImplementationError as error:
            error.method = error.method or method
            error.log = process.printed()
            if process.over:
                self._end()
            raise
        except (KeyboardInterrupt, SystemExit):  # the answer would arrive after a later request
            self._end()
            raise

    def stream(self, task: Task, *arguments: object) -> Generator[tuple[object, tuple[str, ...]], None, None]:
        """See `StreamingDriver.stream`."""
        process = self._current()
        process.begin_sections()
        finished = False
        try:
            process.send("stream", task, arguments)
            while True:
                match process.receive():
                    case ("item", item):
                        yield item, process.next_section()
                    case ("end",):
                        finished = True
                        return
                    case ("raised", ImplementationError() as error):
                        error.log = process.next_section()
                        raise error
                    case ("raised", BaseException() as error):
                        raise error
                    case other:
                        raise TypeError(f"unexpected message {other!r:.80}")
        except ImplementationError as error:
            error.log = error.log or process.printed()
            raise
        finally:
            if not finished:  # it may still be at work
                self._end()

    def begin_scenario(self, name: str) -> None:
        """See `Driver.begin_scenario`."""
        self._log = ()
        if self._process is not None:
            self._process.begin_sections()

    def log_tail(self) -> tuple[str, ...]:
        """Return what the implementation printed last."""
        return self._process.printed() if self._process is not None else self._log

    def close(self) -> None:
        """End the process."""
        self._end()

    def _start(self) -> ImplementationProcess:
        self._process = ImplementationProcess(self.spec, self._sut, self._connection, self._revealed)
        return self._process

    def _current(self) -> ImplementationProcess:
        process = self._process or self._start()
        try:
            process.await_ready()
        except BaseException:
            self._end()
            raise
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._log = process.printed()
            process.end()
