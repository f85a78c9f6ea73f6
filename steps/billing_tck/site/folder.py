"""Write a site to a folder: whole or not at all, and never over files that are not its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.site.manifest import FILE, InvalidManifest, found_files, read_manifest
from billing_tck.text.sanitize import sanitize

_SHOWN = 3


def check_target(folder: Path) -> None:
    """Raise UsageError where a folder holds anything but a site of this kit, or cannot be written."""
    _check_content(folder)
    new = _beside(folder, "new")
    try:
        new.mkdir(parents=True)
        new.rmdir()
    except OSError as error:
        raise _unwritable(folder, error) from None


def _check_content(folder: Path) -> None:
    try:
        if not folder.exists() and not folder.is_symlink():
            return
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder")
        found = set(found_files(folder))
    except OSError as error:
        raise UsageError(f"{sanitize(str(folder))} cannot be read: {error.strerror}") from None
    if not found:
        return
    try:
        manifest = read_manifest(folder)
    except InvalidManifest as error:
        reason = str(error) if FILE in found else f"it has no {FILE}"
        raise UsageError(
            f"{folder} is not empty, and not a site of this kit ({reason}); name another folder, or empty this one"
        ) from None
    foreign = sorted(found - manifest.files.keys() - {FILE})
    if foreign:
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        raise UsageError(
            f"{folder} holds files that are not of the site: {', '.join(foreign[:_SHOWN])}{more}; move them away first"
        )


def write_site(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace a folder, which `check_target` has accepted, by these files. Raises UsageError."""
    target = Path(os.path.realpath(folder))
    new, old = _beside(folder, "new"), _beside(folder, "old")
    try:
        try:
            _write(new, files)
            if target.exists():
                target.rename(old)
            new.rename(target)
        except OSError as error:
            if old.exists() and not target.exists():
                old.rename(target)
            raise _unwritable(folder, error) from None
    finally:
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)


def _beside(folder: Path, name: str) -> Path:
    """Return a folder beside another one, for what is not finished."""
    target = Path(os.path.realpath(folder))
    return target.with_name(f".{target.name}.{name}-{os.getpid()}")


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"{sanitize(str(folder))} cannot be written: {error.strerror}")


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for parent in sorted({(folder / path).parent for path in files}):
        parent.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).write_bytes(content)
