"""Read and write the files that people name: regular files only, of a bounded size, and never one that blocks.

A FIFO blocks the process that opens it, and a device may never end. Both are an OSError here, with a message like that
of any other file that cannot be read.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

LARGEST = 1 << 30  # bytes of a file that is read
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
_CLOEXEC: int = getattr(os, "O_CLOEXEC", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)
_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISLNK, "a link"),
)


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """Return the content of a regular file. Raises OSError, also for what is not a regular file."""
    with _opened(path, os.O_RDONLY) as file:
        status = os.fstat(file.fileno())
        check_regular(path, status, largest)
        data = file.read(status.st_size + 1)  # memory for all that is asked for is reserved at once
        if len(data) > status.st_size:  # it has grown, or its size is not known, as in /proc
            data += file.read(largest + 1 - len(data))
    if len(data) > largest:
        raise _too_large(path, largest)
    return data


def read_text(path: Path, largest: int = LARGEST) -> str:
    """Return the content of a UTF-8 file with `\\n` as its line ends. Raises OSError or UnicodeDecodeError."""
    return read_bytes(path, largest).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def open_text(path: Path) -> TextIO:
    """Open a UTF-8 file of any size to read it line by line, with line ends as they are. Raises OSError."""
    file = _opened(path, os.O_RDONLY)
    try:
        check_regular(path, os.fstat(file.fileno()), sys.maxsize)
        return io.TextIOWrapper(file, "utf-8-sig", newline="")
    except BaseException:
        file.close()
        raise


def check_readable(path: Path) -> None:
    """Check that a library can read a file without waiting for it. Raises OSError."""
    with _opened(path, os.O_RDONLY) as file:
        check_regular(path, os.fstat(file.fileno()))


def check_regular(path: Path, status: os.stat_result, largest: int = LARGEST) -> None:
    """Raise OSError where a status is not that of a regular file, or the file is too large."""
    kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), None)
    if kind is not None:
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    if status.st_size > largest:
        raise _too_large(path, largest)


def open_output(path: Path, *, append: bool = False, buffering: int = -1) -> BinaryIO:
    """Open a file for writing, emptied unless it is appended to.

    Raises OSError, also for a FIFO and a folder; a device, such as `/dev/stdout`, can be written to.
    """
    file = _opened(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else 0), "ab" if append else "wb", buffering)
    try:
        status = os.fstat(file.fileno())
        if not stat.S_ISCHR(status.st_mode):
            check_regular(path, status, 1 << 62)
            if not append:
                file.truncate(0)
        if _NONBLOCK:
            os.set_blocking(file.fileno(), True)
    except BaseException:
        file.close()
        raise
    return file


def write_text(path: Path, text: str) -> None:
    """Write a file as UTF-8. Raises OSError."""
    with open_output(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def replace_text(path: Path, text: str) -> None:
    """Replace a file whole: where that fails, as on a full disk, it stays as it was. Raises OSError."""
    with replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that replaces the one at a path when the context ends without an error. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open_output(unfinished) as file:
            yield file
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _opened(path: Path, flags: int, mode: str = "rb", buffering: int = -1) -> BinaryIO:
    try:
        descriptor = os.open(path, flags | _NONBLOCK | _CLOEXEC | _BINARY, 0o666)
    except ValueError:  # a null byte
        raise OSError(errno.EINVAL, "its name has a null byte", str(path)) from None
    except OSError as error:
        if error.errno == errno.ENXIO:  # a FIFO without a reader, or a socket
            raise OSError(errno.EINVAL, "it is a FIFO or a socket, not a file", str(path)) from None
        raise
    try:
        return open(descriptor, mode, buffering)  # type: ignore[return-value] # noqa: PTH123 - a descriptor has no path
    except OSError as error:
        os.close(descriptor)
        if error.errno == errno.EISDIR:
            raise OSError(errno.EISDIR, "it is a folder, not a file", str(path)) from None
        raise


def _too_large(path: Path, largest: int) -> OSError:
    return OSError(errno.EINVAL, f"it is larger than {largest:,} bytes", str(path))


def digest_of_files(named: Iterable[tuple[str, Path]]) -> str:
    """Return a digest of files and their names, whatever their line ends. Raises OSError."""
    digest = hashlib.sha256()
    for name, path in named:
        digest.update(f"{name}\0".encode() + read_bytes(path).replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
