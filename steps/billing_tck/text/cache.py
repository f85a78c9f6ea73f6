"""The user's cache folder: files that can be made again, and whose loss or damage is no error.

Each begins with a digest of the rest. A file that does not match it, for whatever reason, counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from billing_tck.text.files import read_bytes

MOST = 32
"""Files of one kind that are kept: the oldest go first."""

LARGEST = 1 << 25  # bytes of a file


def cache_folder() -> Path:
    """Return the folder of the kit's caches, which need not exist: in XDG_CACHE_HOME, else in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "billing-tck"


def read_cached(path: Path) -> str | None:
    """Return the text that was written to a file, or None where it is absent or was changed."""
    try:
        digest, _, data = read_bytes(path, LARGEST).partition(b"\n")
        return data.decode() if hashlib.sha256(data).hexdigest().encode() == digest else None
    except (OSError, UnicodeDecodeError):
        return None


def sealed(text: str) -> bytes:
    """Return a text as it stands in a file that `read_cached` reads."""
    data = text.encode()
    return hashlib.sha256(data).hexdigest().encode() + b"\n" + data


def write_cached(path: Path, text: str, *, among: str = "") -> None:
    """Write a text to a file, whole or not at all. What cannot be written is left out.

    `among` is the pattern of the files of its kind, of which the oldest go.
    """
    data = sealed(text)
    if len(data) > LARGEST:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.replace(path)
    if among:
        prune(path.parent, among)


def prune(folder: Path, pattern: str) -> None:
    """Remove the oldest files of a pattern, so that `MOST` remain."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST]:
            path.unlink()
