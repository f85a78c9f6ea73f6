"""A time limit on calls that run in process.

A periodic timer checks whether the same call is still running, so the calls themselves have no overhead. This needs
the main thread, `signal.setitimer`, and a SIGALRM that no other code uses (pytest-timeout does). Without these there
is no limit, and Ctrl-C ends a call that hangs.
"""

from __future__ import annotations

import itertools
import signal
import threading
from types import FrameType
from typing import Protocol

from billing_tck.contract import METHODS

METHOD_NAMES = ("", *METHODS)
WATCHED = 3
_METHODS = {name: number for number, name in enumerate(METHOD_NAMES)}
_NUMBERS = itertools.count(1)
_TICKS = 4  # ticks of the timer per time limit


class Watch(Protocol):
    """Integers that two processes share."""

    def __getitem__(self, index: int, /) -> int: ...

    def __setitem__(self, index: int, value: int, /) -> None: ...


class CallTimeout(BaseException):  # not an Exception, which the interrupted code might catch
    """The call has exceeded the time limit."""


class CallWatchdog:
    """Interrupts a call that exceeds the limit, at most a quarter of the limit too late.

    `shared` is memory that another process can see: the number of the running call, its limit in milliseconds, and the
    number of its method in `METHOD_NAMES`.
    """

    def __init__(self) -> None:
        self.running = 0  # the number of the call that runs, 0 between calls
        self.shared: Watch | None = None
        self._seen = 0
        self._ticks = 0

    def begin(self, method: str = "") -> None:
        """Note that a call begins; without a method that of the factory."""
        self.running = next(_NUMBERS)
        if self.shared is not None:
            self.shared[2] = _METHODS[method]
            self.shared[0] = self.running

    def end(self) -> None:
        """Note that it has returned."""
        self.running = 0
        if self.shared is not None:
            self.shared[0] = 0

    def arm(self, seconds: float) -> None:
        """Limit each call to this number of seconds, if the process allows it."""
        if self.shared is not None:
            self.shared[1] = int(seconds * 1000)
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGALRM)
        if handler == signal.SIG_DFL and signal.getitimer(signal.ITIMER_REAL)[0] == 0:
            signal.signal(signal.SIGALRM, self._tick)
        elif handler != self._tick:
            return  # other code uses the alarm
        signal.setitimer(signal.ITIMER_REAL, seconds / _TICKS, seconds / _TICKS)

    def disarm(self) -> None:
        """Stop the timer and restore the default handler."""
        if (
            hasattr(signal, "setitimer")
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGALRM) == self._tick
        ):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        if not self.running:
            return
        if self.running != self._seen:
            self._seen, self._ticks = self.running, 0
        self._ticks += 1
        if self._ticks > _TICKS:
            self._seen = 0
            raise CallTimeout


WATCH = CallWatchdog()  # the process has one alarm
