"""What is copied from here into a runtime or a lab: files of the kit, and pure Python packages as installed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from billing_tck.spec.suite import features_dir

_SUFFIXES = frozenset({".py", ".json"})


def kit_files(pattern: str, unused: Collection[str]) -> dict[str, Path]:
    """Return files of the kit by their path in a stage, in order: those of a pattern, and the features.

    Packages of the kit that are `unused` are left out.
    """
    return dict(sorted(_kit_files(pattern, unused)))


def _kit_files(pattern: str, unused: Collection[str]) -> Iterator[tuple[str, Path]]:
    for package in ("billing_tck", "billing_reference"):
        home = Path(str(files(package)))
        for path in home.rglob(pattern):
            place = path.relative_to(home)
            if path.is_file() and "__pycache__" not in place.parts and place.parts[0] not in unused:
                yield f"{package}/{place.as_posix()}", path
    features = features_dir()
    for path in [*features.glob("*.toml"), features / "compiled.cache", *features.rglob("*.feature")]:
        yield f"billing_tck/features/{path.relative_to(features).as_posix()}", path


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


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
