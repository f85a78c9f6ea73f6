"""The folder of a lab, which `bundle` makes once, and what of it a site takes.

`lab.json` says what it was made from, and has the SHA-256 digest of each file.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from billing_tck.site.links import LAB
from billing_tck.site.made_folder import MadeFolder
from billing_tck.site.playground.npm import pyodide_version
from billing_tck.site.playground.stage import digest_of
from billing_tck.spec.notebooks import stored_notebooks
from billing_tck.spec.suite import features_dir

ABOUT = "lab.json"
KIND = MadeFolder("lab", ABOUT, "billing_tck.site.lab.bundle")
APPS = ("lab", "notebooks", "tree")
"""Of JupyterLite: JupyterLab, a notebook by itself, and the list of files that its logo leads to."""
PYODIDE = "static/pyodide"
"""Where JupyterLite looks for Pyodide, and loads `pyodide.mjs`."""
_UNUSED = frozenset({"adapters", "docs", "export", "features", "notebooks", "pytest_plugin", "selftest", "site"})
"""Folders of the kit that a notebook does not use; the features are taken from where they are."""


def read_lab(folder: Path) -> dict[str, bytes]:
    """Return the files of a lab by their path in the site. Raises UsageError for a lab that does not fit."""
    needed = [
        *(f"{app}/index.html" for app in APPS),
        f"{PYODIDE}/pyodide.mjs",
        *(f"files/{path.name}" for path in notebooks()),
    ]
    found = KIND.read(folder, source_digest(), pyodide_version(), needed)
    return {f"{LAB}/{name}": content for name, content in found.items()}


def write_about(folder: Path) -> None:
    """Write `lab.json` beside the files that it lists."""
    KIND.write_about(folder, source_digest(), pyodide_version())


def source_digest() -> str:
    """Return a digest of everything of the kit that is in a lab."""
    own = Path(str(files(__package__)))
    return digest_of(sources() | {path.name: path for path in [*notebooks(), *sorted(own.glob("*.*"))]})


def sources() -> dict[str, Path]:
    """Return the files of the kit that a notebook can use, by their path among the packages of a lab."""
    return dict(sorted(_sources()))


def _sources() -> Iterator[tuple[str, Path]]:
    for package in ("billing_tck", "billing_reference"):
        home = Path(str(files(package)))
        for path in home.rglob("*"):
            place = path.relative_to(home)
            if path.is_file() and "__pycache__" not in place.parts and place.parts[0] not in _UNUSED:
                yield f"{package}/{place.as_posix()}", path
    features = features_dir()
    for path in [*features.glob("*.toml"), features / "compiled.cache", *features.rglob("*.feature")]:
        yield f"billing_tck/features/{path.relative_to(features).as_posix()}", path


def notebooks() -> list[Path]:
    """Return the notebooks of the kit."""
    return sorted(stored_notebooks().glob("*.ipynb"))
