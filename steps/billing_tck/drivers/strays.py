"""Processes that must not outlive the kit: those that it starts, and those that these start in turn.

A process that the kit starts leads a session of its own, and has a mark in its environment, which what it starts
inherits. When it ends, the kit ends its group, its descendants in other sessions, and every process with the mark. A
`Guard` does the same when the kit itself was killed. Descendants and marks are found through /proc, where there is one.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

MARK = "BILLING_TCK_PROCESS"  # the variable that marks what the kit has started, and what that starts
OWN_SESSION = os.name == "posix"
_PROC = Path("/proc")
_LINUX: bool = sys.platform == "linux"
_SHELL = Path("/bin/sh")
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_NUMBERS = itertools.count(1)

# It waits for a line. Where none comes before the end of its input, the kit was killed.
_GUARD = """
read -r said && exit
kill -KILL -- "-$1"
for found in $(grep -ls -- "$2" /proc/[0-9]*/environ); do
    process=${found#/proc/}
    kill -KILL "${process%/environ}"
done
"""


class Process(NamedTuple):
    """A process: its number, and when it started (ticks since boot), because numbers are used again."""

    number: int
    started: int


def new_mark() -> str:
    """Return a value for the variable `MARK`, which no other process of this machine has."""
    return f"{os.getpid()}-{next(_NUMBERS)}"


def at_exit(end: Callable[[], None]) -> None:
    """Call a function when this process exits, also in a worker of multiprocessing, which skips `atexit`."""
    atexit.register(end)
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 - loaded already where it is needed

        Finalize(None, end, exitpriority=10)


def end_with_parent(parent: int) -> None:
    """Have the system end this process when its parent has ended; `parent` is the number of that process."""
    if _LINUX:
        import ctypes  # noqa: PLC0415 - only in processes that the kit has started

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the system was asked
            os._exit(1)
        return
    import multiprocessing  # noqa: PLC0415 - only in processes that the kit has started

    process = multiprocessing.parent_process()
    if process is not None:
        threading.Thread(target=_exit_after, args=(process.sentinel,), name="billing-tck parent", daemon=True).start()


def _exit_after(sentinel: int) -> None:
    from multiprocessing.connection import wait  # noqa: PLC0415 - loaded already

    wait([sentinel])
    os._exit(1)


def descendants(root: int) -> tuple[Process, ...]:
    """Return the processes below one in the tree of processes."""
    children: dict[int, list[Process]] = {}
    for process, parent in _processes():
        children.setdefault(parent, []).append(process)
    found, rest = [], [root]
    while rest:
        below = children.pop(rest.pop(), [])
        found += below
        rest += [process.number for process in below]
    return tuple(found)


def end_group(leader: int, below: tuple[Process, ...], mark: str) -> None:
    """Kill the process group of a leader, the descendants it had, and everything with its mark."""
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    for process in below:
        if _started(process.number) == process.started:
            _kill(process.number)
    for number in _marked(mark):
        if number != os.getpid():
            _kill(number)


def end_children() -> None:
    """Kill what is left below this process; for the end of a process in which an implementation has run."""
    for process in descendants(os.getpid()):
        _kill(process.number)


class Guard:
    """Ends a process group, and what has its mark, when this process ends without having dismissed the guard."""

    def __init__(self, leader: int, mark: str) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        if not _SHELL.exists():
            return
        with contextlib.suppress(OSError):
            self._shell = subprocess.Popen(
                [str(_SHELL), "-c", _GUARD, "billing-tck-guard", str(leader), f"{MARK}={mark}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # the signals of a terminal are not for it
            )

    def dismiss(self) -> None:
        """End the guard. Idempotent."""
        shell, self._shell = self._shell, None
        if shell is not None:
            with contextlib.suppress(OSError):
                shell.communicate(b"done\n")


def _processes() -> list[tuple[Process, int]]:
    """Return every process of this machine, with the number of its parent."""
    found = []
    for entry in _PROC.glob("[0-9]*"):
        if (fields := _stat(int(entry.name))) is not None:
            found.append((Process(int(entry.name), int(fields[19])), int(fields[1])))
    return found


def _started(number: int) -> int | None:
    fields = _stat(number)
    return None if fields is None else int(fields[19])


def _stat(number: int) -> list[str] | None:
    """Return the fields that follow the name of a process in /proc (see `man proc`): state, parent …"""
    try:
        text = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _marked(mark: str) -> list[int]:
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def _kill(number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(number, signal.SIGKILL)
