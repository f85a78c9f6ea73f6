"""One run at a time for each server: a second one would reset the clock and the data of the first."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from billing_tck.contract import ErrorKind, ImplementationError
from billing_tck.file_lock import CAN_LOCK, lock
from billing_tck.sut import split_url


class ServerLock:
    """A lock on the host and port of a URL, among the runs of this machine.

    Drivers of one process share it. The operating system releases it when the process ends, however it ends. Raises
    InvalidSutSpec for a URL that is none.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        address = split_url(url).netloc.lower()
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        user = os.getuid() if hasattr(os, "getuid") else 0
        self._path = Path(tempfile.gettempdir()) / f"billing-tck-{user}-{name}.lock"
        self._descriptor: int | None = None

    def acquire(self, method: str = "describe_implementation") -> None:
        """Take the lock. Idempotent. Raises ImplementationError where another process has it."""
        if self._descriptor is not None or not CAN_LOCK:
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(self._path, flags, 0o600)
        except OSError:  # no folder for temporary files, or something else under this name: run without a lock
            return
        if not lock(descriptor):
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            if holder == str(os.getpid()):
                return
            problem = (
                f"another run (process {holder or 'unknown'}) is using {self._url}; wait until it ends, or give each "
                "run a server of its own"
            )
            raise ImplementationError(ErrorKind.UNREACHABLE, problem, method=method)
        if not self._is_current(descriptor):  # its last holder has just removed it
            os.close(descriptor)
            self.acquire(method)
            return
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock, and remove its file. Idempotent."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()  # while it is locked, so that no other process has locked it
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None

    def _is_current(self, descriptor: int) -> bool:
        """Return whether an open file is the one that has the path."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat(follow_symlinks=False))
        except OSError:
            return False
