"""A process that the kit starts: in a session of its own, with its log, and ended with everything it started."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.drivers.process_output import ErrorLog
from billing_tck.drivers.strays import MARK, OWN_SESSION, Guard, Process, at_exit, descendants, end_group, new_mark

GRACE = 2.0  # seconds that a process gets to exit on its own


class Child:
    """A running command. Raises ImplementationError where it cannot be started.

    With `piped` its standard input and output are pipes, and its error stream is the log; without, its log has both of
    its output streams, and its input is empty.
    """

    def __init__(
        self, command: Sequence[str], method: str, *, env: Mapping[str, str], cwd: Path | None, piped: bool
    ) -> None:
        self._mark = new_mark()
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if piped else subprocess.STDOUT,
                bufsize=0,
                start_new_session=OWN_SESSION,
                env={**env, MARK: self._mark},
                cwd=cwd,
            )
        except OSError as error:
            raise ImplementationError(ErrorKind.UNREACHABLE, _not_started(command, cwd, error), method=method) from None
        except ValueError as error:  # a null byte in a variable or an argument
            problem = f"{command[0]!r} could not be started: {error}"
            raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method) from None
        self._owner = os.getpid()
        self._log = ErrorLog()
        self._log_stream = _stream(self._child.stderr if piped else self._child.stdout)
        self._exited = threading.Event()
        self._over = False
        self._threads: list[threading.Thread] = []
        self._guard = Guard(self._child.pid, self._mark)
        at_exit(self._end_now)

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe to its standard input."""
        return _stream(self._child.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe from its standard output."""
        return _stream(self._child.stdout)

    @property
    def exited(self) -> threading.Event:
        """Set when the process has exited."""
        return self._exited

    def watch(self, on_exit: Callable[[], None], *more: tuple[str, Callable[[], None]]) -> None:
        """Start the threads that read its log and wait for its exit, and `more`."""
        self._threads = [
            threading.Thread(target=target, name=f"billing-tck {name}", daemon=True)
            for name, target in (
                *more,
                ("log", lambda: self._log.read(self._log_stream)),
                ("exit", lambda: self._await_exit(on_exit)),
            )
        ]
        for thread in self._threads:
            thread.start()

    def mark_log(self) -> None:
        """Leave out of the log what was written so far."""
        self._log.mark()

    def log(self) -> tuple[str, ...]:
        """Return the last lines of the log."""
        return self._log.lines()

    def end(self, grace: float) -> bool:
        """End the process group, and return whether this ended it. Idempotent.

        The process has `grace` seconds to exit on its own.
        """
        if self._over or os.getpid() != self._owner:  # a forked copy of the kit must not end it
            return False
        self._over = True
        atexit.unregister(self._end_now)
        below = descendants(self._child.pid)
        try:
            if self._child.stdin is not None:
                with contextlib.suppress(OSError):
                    self._child.stdin.close()
            elif grace:
                self._signal(signal.SIGTERM)  # it has no input whose end could tell it to exit
            if grace and not self._exited.wait(grace):
                self._signal(signal.SIGTERM)
                self._exited.wait(grace / 4)
        finally:
            self._kill(below)
            if self._exited.wait(GRACE):
                self._child.wait()
            self._guard.dismiss()
            for thread in self._threads:
                thread.join(0.5)  # a process that was not found may hold a stream open
        return True

    def describe_end(self) -> str:
        """Return how the process ended, for a message."""
        if not self._exited.wait(0.5):
            return "the process closed its output, and keeps running"
        status = self._child.wait()
        if status >= 0:
            return f"the process ended with status {status}"
        try:
            return f"the process was ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"the process was ended by signal {-status}"

    def _await_exit(self, on_exit: Callable[[], None]) -> None:
        try:
            if hasattr(os, "waitid"):  # leaves the process to be reaped, so that its group id is not reused
                os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
            else:
                self._child.wait()
        finally:
            self._exited.set()
            on_exit()

    def _end_now(self) -> None:
        self.end(0.0)

    def _kill(self, below: tuple[Process, ...]) -> None:
        if OWN_SESSION:
            end_group(self._child.pid, below, self._mark)
        else:
            self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            if OWN_SESSION:
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _not_started(command: Sequence[str], cwd: Path | None, error: OSError) -> str:
    if cwd is not None and not cwd.is_dir():
        return f"the folder {str(cwd)!r} does not exist, so {command[0]!r} was not started there; correct --cwd"
    return f"{command[0]!r} could not be started: {error.strerror}; check that the command exists and is executable"
