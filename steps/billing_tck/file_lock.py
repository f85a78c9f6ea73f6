"""Lock files among the processes of one machine."""

from __future__ import annotations

try:
    import fcntl
except ImportError:  # Windows: runs are not kept apart
    fcntl = None  # type: ignore[assignment]

CAN_LOCK = fcntl is not None


def lock(descriptor: int) -> bool:
    """Take the lock of an open file without waiting, and return whether no other process has it.

    The operating system releases it when the file is closed, or the process ends. Where there are no locks, every
    process gets it.
    """
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
