"""`billing-tck notebooks`: write the kit's notebooks to a folder."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from platform import python_version

from billing_tck.errors import UsageError
from billing_tck.spec.notebooks import START, stored_notebooks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the target folder."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or an empty folder")


def main(args: argparse.Namespace) -> int:
    """Write the notebooks and print how to open them."""
    notebooks = sorted(stored_notebooks().glob("*.ipynb"))
    folder: Path = args.folder
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new or an empty folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty, nothing was written; name a new or an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for notebook in notebooks:
            (folder / notebook.name).write_bytes(_for_this_python(notebook.read_bytes()))
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; name another folder") from None
    print(f"wrote {len(notebooks)} notebooks to {folder}")
    print("next:")
    print("  pip install 'billing-tck[notebooks]'")
    print(f"  jupyter lab {shlex.quote(str(folder / START))}")
    return 0


def _for_this_python(notebook: bytes) -> bytes:
    """Return a notebook with the version of this Python, which JupyterLab would otherwise change when it opens it."""
    version = python_version().encode()
    return re.sub(rb'("pygments_lexer": "ipython3",\s*"version": ")[^"]*', rb"\g<1>" + version, notebook)
