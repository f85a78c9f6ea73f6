"""Pyodide, Python compiled to WebAssembly, from npm: `package.json` names the version, `package-lock.json` its digest.

Another version: `npm install --package-lock-only pyodide@VERSION` in this folder, then `make runtime browser`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from billing_tck.errors import UsageError

_FILES = ("package.json", "package-lock.json")
_LONGEST = 300  # characters of a line of an error: Pyodide's scripts have one of a million


def pyodide_version() -> str:
    """Return the version of Pyodide that a runtime has."""
    version: str = json.loads((files(__package__) / "package.json").read_text(encoding="utf-8"))["dependencies"][
        "pyodide"
    ]
    return version


def install_pyodide(private: Path) -> Path:
    """Install Pyodide in a folder, with its digest checked; return where it is. Raises UsageError."""
    npm = find_command("npm")
    for name in _FILES:
        (private / name).write_bytes((files(__package__) / name).read_bytes())
    run_command([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], private)
    return private / "node_modules" / "pyodide"


def find_command(name: str) -> str:
    """Return the path of a command of Node.js. Raises UsageError where there is none."""
    found = shutil.which(name)
    if found is None:
        raise UsageError(f"{name} not found: this needs Node.js 20 or later, and npm")
    return found


def run_command(command: list[str], folder: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command in a folder. Raises UsageError with the end of what it printed where it fails."""
    done = subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        said = "\n".join([line for line in (done.stdout + done.stderr).splitlines() if len(line) < _LONGEST][-20:])
        raise UsageError(f"{Path(command[0]).name} ended with status {done.returncode}:\n{said}")
