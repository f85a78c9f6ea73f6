"""Where the notebooks of the kit are."""

from __future__ import annotations

from pathlib import Path

from billing_tck.errors import KitError

START = "00-start-here.ipynb"


def stored_notebooks() -> Path:
    """Return the folder of the built notebooks: in the installed package, or in the checkout beside the source."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "notebooks", package.parent.parent / "notebooks"):
        if (folder / START).is_file():
            return folder
    raise KitError(f"{package} has no notebooks; install billing-tck again")
