"""A limit on calls that run in process, which costs a call nothing: a timer looks whether the same call still runs.

It needs signals, hence the main thread of a system that has them, and a SIGALRM that nobody else uses (pytest-timeout
does). Elsewhere a call that hangs is its owner's to interrupt: Ctrl-C ends it.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

_TICKS = 4  # of the timer in the time that a call may take


class CallTimeout(BaseException):  # no Exception, so that the code it interrupts does not swallow it
    """The call has run for too long."""


class CallWatchdog:
    """Counts calls, and interrupts one that outlasts the limit (by a quarter of it at most)."""

    def __init__(self) -> None:
        self.running = 0  # the number of the call that runs, 0 between calls
        self._seen = 0
        self._ticks = 0

    def arm(self, seconds: float) -> None:
        """From now on calls may take so many seconds each, where this can be watched."""
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGALRM)
        if handler == signal.SIG_DFL and signal.getitimer(signal.ITIMER_REAL)[0] == 0:
            signal.signal(signal.SIGALRM, self._tick)
        elif handler != self._tick:
            return  # somebody else's alarm
        signal.setitimer(signal.ITIMER_REAL, seconds / _TICKS, seconds / _TICKS)

    def disarm(self) -> None:
        """Gives the alarm back."""
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
