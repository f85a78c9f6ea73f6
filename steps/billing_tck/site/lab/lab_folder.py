"""The folder of a lab, which `bundle` makes once, and what of it a site takes.

`lab.json` says what it was made from, and has the SHA-256 digest of each file.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from billing_tck.site.links import LAB
from billing_tck.site.made_folder import MadeFolder
from billing_tck.site.playground.npm import pyodide_version
from billing_tck.site.playground.stage import kit_files
from billing_tck.spec.notebooks import stored_notebooks
from billing_tck.text.files import digest_of_files

ABOUT = "lab.json"
KIND = MadeFolder("lab", ABOUT, "billing_tck.site.lab.bundle")
APPS = ("lab", "notebooks", "tree")
"""Of JupyterLite: JupyterLab, the page of one notebook, and the list of files that its logo opens."""
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
    beside = {path.name: path for path in [*notebooks(), *sorted(own.glob("*.*"))]}
    return digest_of_files((sources() | beside).items())


def sources() -> dict[str, Path]:
    """Return the files of the kit that a notebook can use, by their path among the packages of a lab."""
    return kit_files("*", _UNUSED)


def notebooks() -> list[Path]:
    """Return the notebooks of the kit."""
    return sorted(stored_notebooks().glob("*.ipynb"))
