"""The runtime of a playground: a folder that `bundle` makes once, and what of it a site takes.

`runtime.json` says what it was made from, and has the SHA-256 digest of each file.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from billing_tck.site.made_folder import MadeFolder
from billing_tck.site.playground.npm import pyodide_version
from billing_tck.site.playground.stage import kit_files
from billing_tck.text.files import digest_of_files

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
KIND = MadeFolder("runtime", ABOUT, "billing_tck.site.playground.bundle")


def read_runtime(folder: Path) -> dict[str, bytes]:
    """Return the files of a playground by their path in the site. Raises UsageError for a runtime that does not fit."""
    found = KIND.read(folder, source_digest(), pyodide_version(), FILES)
    return {**{f"{FOLDER}/runtime/{name}": content for name, content in found.items()}, **assets()}


def assets() -> dict[str, bytes]:
    """Return the scripts and the style of the panel, by their path in the site."""
    package = files("billing_tck.site.playground")
    return {f"{FOLDER}/{name}": (package / name).read_bytes().replace(b"\r\n", b"\n") for name in _ASSETS}


def write_about(folder: Path) -> None:
    """Write `runtime.json` beside the files that it lists."""
    KIND.write_about(folder, source_digest(), pyodide_version())


def source_digest() -> str:
    """Return a digest of everything of the kit that is in a runtime."""
    return digest_of_files(sources().items())


def sources() -> Mapping[str, Path]:
    """Return the files of the kit that go into a runtime, by their path in it: Python, features and requirements."""
    return kit_files("*.py", _UNUSED)
