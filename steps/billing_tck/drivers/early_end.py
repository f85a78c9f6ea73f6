"""While code of an implementation runs in this process, it cannot end the process as if the run had succeeded.

`os._exit`, and `os.exec…`, which replaces the process, end it without running anything of the kit; with status 0 that
would look like a run in which nothing failed. While a driver is open they raise `EarlyEnd` in the thread that runs a
call. In other threads, and between calls, an exit with status 0 gets status 3, and says why. A forked copy of the
process ends as it wishes.

Functions of C that end the process are out of reach. In a process of its own (see `isolated`) an implementation can use
those too, and the kit notices.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

NOTHING_JUDGED = 3
_WRAPPED = ("_exit", "execv", "execve")  # every other os.exec… calls one of these


class EarlyEnd(BaseException):  # not an Exception, which the implementation might catch
    """The implementation tried to end the process."""


class _EarlyEnds:
    """The wrappers around functions that end this process, while any driver is open."""

    def __init__(self) -> None:
        self._open = 0
        self._own: dict[str, Callable[..., NoReturn]] = {}
        self._process = 0
        self._thread: int | None = None

    def forbid(self) -> None:
        """Install the wrappers. Each call of `forbid` needs one of `allow`."""
        self._open += 1
        if self._open > 1:
            return
        self._process = os.getpid()
        for name in _WRAPPED:
            self._own[name] = getattr(os, name)
            setattr(os, name, self._wrapper(name))

    def allow(self) -> None:
        """Restore the functions when no driver is open any more."""
        if self._open == 0:  # `forget` was called in between
            return
        self._open -= 1
        if self._open == 0:
            for name, function in self._own.items():
                setattr(os, name, function)

    def forget(self) -> None:
        """Start without open drivers in a process that is a copy of another one, which may have open drivers."""
        self._open = min(self._open, 1)
        if self._open:
            self.allow()

    def enter(self) -> None:
        """Note that this thread begins to run code of the implementation."""
        self._thread = threading.get_ident()

    def leave(self) -> None:
        """Note that the implementation has returned. A forked copy that comes back ends: the kit is not its to run."""
        self._thread = None
        if os.getpid() != self._process and self._open:
            self.exit(0)

    def exit(self, status: int) -> NoReturn:
        """End this process, as `os._exit` does."""
        self._own.get("_exit", os._exit)(status)

    def _wrapper(self, name: str) -> Callable[..., NoReturn]:
        own = self._own[name]

        def ends(*arguments: object) -> NoReturn:
            words = f"it called os.{name}({', '.join(map(repr, arguments[:1]))}), which ends the process"
            if os.getpid() != self._process:
                own(*arguments)
            elif threading.get_ident() == self._thread:
                raise EarlyEnd(words)
            else:
                print(f"billing-tck: the implementation has ended the process: {words}", file=sys.stderr, flush=True)
                self.exit(NOTHING_JUDGED if name != "_exit" or arguments == (0,) else int(str(arguments[0])))

        return ends


EARLY_ENDS = _EarlyEnds()  # the process has one set of functions
