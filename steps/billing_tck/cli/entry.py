"""The command `billing-tck`: import the command line, and run it.

An interrupt, or a module that is missing, ends with its documented status even while the command line is imported. A
request to terminate is an interrupt: what the kit has started ends with it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

from billing_tck.signals import ENDING

KIT_BROKEN, INTERRUPTED = 4, 130


def main() -> int:
    """Run the command line of this process; return the exit status."""
    try:
        _end_when_asked()
        from billing_tck.cli.main import main as command_line  # noqa: PLC0415 - see the module's docstring

        return _without_what_is_left(command_line())
    except KeyboardInterrupt:
        _complain("interrupted")
        return _without_what_is_left(INTERRUPTED)
    except Exception as error:  # a part of the kit that is missing or damaged; every other end is one of `command_line`
        _complain(f"billing-tck: error in the kit: {error!r:.300}; its installation is damaged: reinstall billing-tck")
        return KIT_BROKEN


def _without_what_is_left(status: int) -> int:
    """Return the status, without processes and threads that an implementation in this process has left running.

    After an interrupt the process ends here: where it came in the middle of an `exec`, as of a dataclass, Python would
    end with the signal instead of the status, although the interrupt was handled.
    """
    if _has_children():
        from billing_tck.drivers.strays import end_children  # noqa: PLC0415 - only where there are some

        end_children()
    own = threading.main_thread()
    if status == INTERRUPTED or any(thread is not own and not thread.daemon for thread in threading.enumerate()):
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(status)
    return status


def _has_children() -> bool:
    """Return whether this process has started others that still run, where the system lists them."""
    try:
        return any((task / "children").read_bytes() for task in Path("/proc/self/task").iterdir())
    except OSError:
        return False


def _end_when_asked() -> None:
    """Treat a request to terminate, and the end of the terminal, as Ctrl-C, unless they are ignored already."""
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _complain(message: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, message.encode("ascii", "backslashreplace") + b"\n")
