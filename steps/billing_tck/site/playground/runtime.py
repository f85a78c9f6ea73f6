"""The runtime of a playground: a folder that `bundle` makes once, and what of it a site takes.

`runtime.json` says what it was made from, and has the SHA-256 digest of each file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.spec.suite import features_dir
from billing_tck.text.files import read_bytes, read_text
from billing_tck.text.json_text import read_json
from billing_tck.text.sanitize import sanitize
from billing_tck.version import __version__

ABOUT = "runtime.json"
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide-lock.json", "pyodide.wasm.bin", "snapshot.bin", "LICENSES.txt")
"""Of a runtime. `.bin` are compressed with gzip: with another ending, some servers would decompress them themselves."""
FOLDER = "playground"
_ASSETS = ("playground.js", "playground.css", "worker.js")
"""What the browser loads; the rest of the package is Python."""
_UNUSED = frozenset(
    {"adapters", "audit", "cli", "decisions", "doctor", "explorer", "export", "jupyter", "pytest_plugin", "selftest"}
)
"""Packages of the kit that a playground does not use."""
AGAIN = "make it again: python -m billing_tck.site.playground.bundle FOLDER"


def read_runtime(folder: Path) -> dict[str, bytes]:
    """Return the files of a playground by their path in the site. Raises UsageError for a runtime that does not fit."""
    about = _about(folder)
    if about.get("source") != source_digest():
        raise UsageError(f"{folder} was made from another version of the kit; {AGAIN}")
    digests = about.get("files")
    if not isinstance(digests, dict) or set(digests) != set(FILES):
        raise UsageError(f"{folder / ABOUT} does not list the files of a runtime; {AGAIN}")
    found = {}
    for name in FILES:
        try:
            content = read_bytes(folder / name)
        except OSError as error:
            raise UsageError(f"{folder / name} cannot be read: {error.strerror}; {AGAIN}") from None
        if hashlib.sha256(content).hexdigest() != digests[name]:
            raise UsageError(f"{folder / name} was changed since it was made; {AGAIN}")
        found[f"{FOLDER}/runtime/{name}"] = content
    return {**found, **assets()}


def assets() -> dict[str, bytes]:
    """Return the scripts and the style of the panel, by their path in the site."""
    package = files("billing_tck.site.playground")
    return {f"{FOLDER}/{name}": (package / name).read_bytes().replace(b"\r\n", b"\n") for name in _ASSETS}


def write_about(folder: Path, pyodide: str) -> None:
    """Write `runtime.json` beside the files that it lists."""
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    about = {"kit": __version__, "pyodide": pyodide, "source": source_digest(), "files": digests}
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def source_digest() -> str:
    """Return a digest of everything of the kit that is in a runtime."""
    digest = hashlib.sha256()
    for name, path in sources().items():
        digest.update(f"{name}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def sources() -> Mapping[str, Path]:
    """Return the files of the kit that go into a runtime, by their path in it: Python, features and requirements."""
    return dict(sorted(_sources()))


def _sources() -> Iterator[tuple[str, Path]]:
    for package in ("billing_tck", "billing_reference"):
        home = Path(str(files(package)))
        for path in home.rglob("*.py"):
            place = path.relative_to(home)
            if place.parts[0] not in _UNUSED:
                yield f"{package}/{place.as_posix()}", path
    features = features_dir()
    for path in [*features.glob("*.toml"), features / "compiled.cache", *features.rglob("*.feature")]:
        yield f"billing_tck/features/{path.relative_to(features).as_posix()}", path


def _about(folder: Path) -> dict[str, object]:
    try:
        about = read_json(read_text(folder / ABOUT))
    except OSError as error:
        raise UsageError(f"{folder} is not a runtime: {ABOUT} cannot be read: {error.strerror}; {AGAIN}") from None
    except ValueError as error:
        raise UsageError(f"{sanitize(str(folder / ABOUT))} is not JSON: {error}; {AGAIN}") from None
    if not isinstance(about, dict):
        raise UsageError(f"{folder / ABOUT} is not a JSON object; {AGAIN}")
    return about
