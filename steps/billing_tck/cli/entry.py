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
from pathlib import Path
from typing import NoReturn

from billing_tck.signals import ENDING

KIT_BROKEN, INTERRUPTED = 4, 130


def main() -> int:
    """Run the command line of this process; return the exit status."""
    try:
        _end_when_asked()
        from billing_tck.cli.main import main as command_line  # noqa: PLC0415 - see the module's docstring

        _ended(command_line())
    except KeyboardInterrupt:
        _complain("interrupted")
        _ended(INTERRUPTED)
    except Exception as error:  # a part of the kit that is missing or damaged; every other end is one of `command_line`
        _complain(f"billing-tck: error in the kit: {error!r:.300}; its installation is damaged: reinstall billing-tck")
        return KIT_BROKEN


def _ended(status: int) -> NoReturn:
    """End the process with a status, without processes and threads that an implementation in it has left running.

    It ends here: Python would free every object first, which takes a tenth of a short run. After an interrupt in the
    middle of an `exec`, as of a dataclass, it would also end with the signal instead of the status.
    """
    if _has_children():
        from billing_tck.drivers.strays import end_children  # noqa: PLC0415 - only where there are some

        end_children()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


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
