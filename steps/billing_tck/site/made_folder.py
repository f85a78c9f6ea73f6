"""Folders that are made once for each version of the kit, and that a site takes over: a runtime, a lab.

Such a folder has a file that says what it was made from, with the SHA-256 digest of each other file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.text.files import read_bytes, read_text
from billing_tck.text.json_text import read_json
from billing_tck.text.sanitize import sanitize
from billing_tck.version import __version__


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """A kind of folder: what it is called, the file that describes it, and the module that makes it."""

    kind: str
    about: str
    module: str

    @property
    def again(self) -> str:
        """Return how to repair a folder."""
        return f"make it again: python -m {self.module} FOLDER"

    def command(self, arguments: Sequence[str] | None, about: str, make: Callable[[Path], int], after: str) -> int:
        """Make the folder that is named on a command line; return the exit status.

        `about` is the docstring of the module, `make` returns a size in bytes, and `after` is the option of a site,
        which is printed in the end.
        """
        parser = argparse.ArgumentParser(description=about.partition("\n")[0])
        wanted = f"the folder to write, new, empty or an older {self.kind}"
        parser.add_argument("folder", type=Path, metavar="FOLDER", help=wanted)
        folder: Path = parser.parse_args(arguments).folder
        try:
            size = make(folder)
        except UsageError as error:
            print(error, file=sys.stderr)
            return 2
        print(f"{folder}: {size / 1_000_000:.1f} MB; billing-tck site DIR {after} {folder}")
        return 0

    def write_about(self, folder: Path, source: str, pyodide: str) -> None:
        """Describe the files of a folder; `source` is a digest of what they were made from."""
        digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(self._in(folder))}
        about = {"kit": __version__, "pyodide": pyodide, "source": source, "files": digests}
        (folder / self.about).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    def read(self, folder: Path, source: str, pyodide: str, needed: Collection[str]) -> dict[str, bytes]:
        """Return the files of a folder by their path in it. Raises UsageError for one that does not fit.

        `needed` are files that it must have.
        """
        about = self._about(folder)
        if about.get("source") != source or about.get("pyodide") != pyodide:
            raise UsageError(f"{folder} was made from another version of the kit; {self.again}")
        digests = about.get("files")
        if not isinstance(digests, dict) or not digests.keys() >= set(needed):
            raise UsageError(f"{folder / self.about} does not list the files of a {self.kind}; {self.again}")
        return {str(name): self._checked(folder, str(name), digest) for name, digest in digests.items()}

    def foreign_files(self, folder: Path) -> list[str]:
        """Return the files of a folder that are not of this kind of folder."""
        found = set(self._in(folder))
        if not found:
            return []
        try:
            digests = self._about(folder).get("files")
        except UsageError:
            return sorted(found)
        return sorted(found - set(digests if isinstance(digests, dict) else ()))

    def _in(self, folder: Path) -> Iterator[str]:
        for path in folder.rglob("*"):
            if path.is_file() and (name := path.relative_to(folder).as_posix()) != self.about:
                yield name

    def _checked(self, folder: Path, name: str, digest: object) -> bytes:
        place = sanitize(str(folder / name))
        if name.startswith("/") or ".." in name.replace("\\", "/").split("/"):
            raise UsageError(f"{place} is not in the folder of the {self.kind}; {self.again}")
        try:
            content = read_bytes(folder / name)
        except OSError as error:
            raise UsageError(f"{place} cannot be read: {error.strerror}; {self.again}") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise UsageError(f"{place} was changed since it was made; {self.again}")
        return content

    def _about(self, folder: Path) -> dict[str, object]:
        place = sanitize(str(folder / self.about))
        try:
            about = read_json(read_text(folder / self.about))
        except OSError as error:
            why = f"{self.about} cannot be read: {error.strerror}"
            raise UsageError(f"{sanitize(str(folder))} is not a {self.kind}: {why}; {self.again}") from None
        except ValueError as error:
            raise UsageError(f"{place} is not JSON: {error}; {self.again}") from None
        if not isinstance(about, dict):
            raise UsageError(f"{place} is not a JSON object; {self.again}")
        return about
