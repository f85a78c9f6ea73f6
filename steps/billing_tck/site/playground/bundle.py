"""Make the runtime of a playground: python -m billing_tck.site.playground.bundle FOLDER.

npm installs Pyodide, as its lock file says (`npm.py`). The kit and the packages that it needs are those that are
installed here; all of them are pure Python. Node.js starts Pyodide with them and stores its memory (`build.mjs`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.site.playground.npm import find_command, install_pyodide, pyodide_version, run_command
from billing_tck.site.playground.runtime import ABOUT, FILES, KIND, sources, write_about
from billing_tck.site.playground.stage import copy_files, copy_package

PACKAGES = ("gherkin-official", "parse", "typing-extensions")
"""What a run imports beside the standard library."""
_LICENSES = """\
pyodide {pyodide}: Mozilla Public License 2.0, https://github.com/pyodide/pyodide
CPython: PSF License Agreement, https://docs.python.org/3/license.html
{packages}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the runtime; return the exit status."""
    return KIND.command(arguments, __doc__ or "", make_runtime, "--runtime")


def make_runtime(folder: Path) -> int:
    """Write a runtime; return its size in bytes. Raises UsageError."""
    _, node = find_command("npm"), find_command("node")
    if folder.exists() and {path.name for path in folder.iterdir()} - {ABOUT, *FILES}:
        raise UsageError(f"{folder} holds files that are not of a runtime; name another folder, or empty this one")
    with tempfile.TemporaryDirectory() as name:
        private = Path(name)
        pyodide, stage, out = install_pyodide(private), private / "stage", private / "out"
        out.mkdir()
        write_stage(stage)
        run_command([node, str(files(__package__) / "build.mjs"), str(pyodide), str(stage), str(out)], private)
        (out / "LICENSES.txt").write_text(_licenses(), encoding="utf-8")
        write_about(out)
        folder.mkdir(parents=True, exist_ok=True)
        for path in out.iterdir():
            shutil.move(path, folder / path.name)
    return sum(path.stat().st_size for path in folder.iterdir())


def write_stage(stage: Path) -> None:
    """Write what Python imports when a runtime is made: the kit, and the packages that it needs."""
    copy_files({**sources(), "prepare.py": Path(str(files(__package__) / "prepare.py"))}, stage)
    for package in PACKAGES:
        copy_package(package, stage)


def _licenses() -> str:
    listed = [distribution(package) for package in PACKAGES]
    lines = [f"{one.metadata['Name']} {one.version}: {_license_of(one.metadata)}" for one in listed]
    return _LICENSES.format(pyodide=pyodide_version(), packages="\n".join(lines))


def _license_of(metadata: object) -> str:
    get = getattr(metadata, "get")  # noqa: B009
    return str(get("License-Expression") or get("License") or "see its page on PyPI").partition("\n")[0]


if __name__ == "__main__":
    raise SystemExit(main())
