"""What is copied from here into a runtime or a lab: files of the kit, and pure Python packages as installed."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from pathlib import Path

_SUFFIXES = frozenset({".py", ".json"})


def copy_files(sources: Mapping[str, Path], stage: Path) -> None:
    """Copy files to their paths in a stage."""
    for name, path in sources.items():
        _copy(path, stage / name)


def copy_package(package: str, stage: Path) -> None:
    """Copy an installed package; compiled parts of it are left out. Raises PackageNotFoundError."""
    for file in distribution(package).files or ():
        if file.suffix in _SUFFIXES and ".." not in file.parts and ".dist-info" not in file.parts[0]:
            _copy(Path(str(file.locate())), stage / file)


def with_needs(packages: Iterable[str]) -> list[str]:
    """Return installed packages and what they need on every system and without extras, each once."""
    found: dict[str, None] = {}
    waiting = list(packages)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found[name] = None
            needs = [line for line in distribution(name).requires or () if ";" not in line]
            waiting += [word[0] for line in needs if (word := re.match(r"[\w.-]+", line))]
    return sorted(found)


def digest_of(sources: Mapping[str, Path]) -> str:
    """Return a digest of files and their paths in a stage, whatever their line ends."""
    digest = hashlib.sha256()
    for name, path in sources.items():
        digest.update(f"{name}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
