"""The Python packages of a lab: wheels from PyPI by their digests, the kernel's own wheels, and the kit."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.site.lab.lab_folder import sources
from billing_tck.site.playground.npm import find_command, run_command
from billing_tck.site.playground.stage import copy_files, copy_package, with_needs
from billing_tck.version import __version__

PACKAGES = ("cattrs", "cucumber-tag-expressions", "freezegun", "gherkin-official", "jinja2", "parse")
"""What the kit imports in a notebook, beside the packages of `wheels.txt`; what these need is added."""
KERNEL = "jupyterlite-pyodide-kernel"
_NEWEST = ("--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any")
_DATE = (2020, 1, 1, 0, 0, 0)


def write_packages(folder: Path, pyodide: Path) -> None:
    """Write the wheels, `pyodide-lock.json` and the standard library; `pyodide` is the installed npm package."""
    download_wheels(folder)
    for path in kernel_wheels():
        shutil.copyfile(path, folder / path.name)
    write_kit(folder)
    write_lock(folder, pyodide)
    write_compiled(folder, pyodide)
    write_lock(folder, pyodide)


def write_lock(folder: Path, pyodide: Path) -> None:
    """Write the list of the wheels in a folder."""
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    lock["packages"] = dict(_entry(path) for path in sorted(folder.glob("*.whl")))
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")


def download_wheels(folder: Path) -> None:
    """Download the wheels of `wheels.txt` from PyPI; pip refuses one with another digest. Raises UsageError."""
    listed = str(files(__package__) / "wheels.txt")
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", *_NEWEST, "--dest", str(folder)]
    run_command(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options, "-r", listed], folder
    )


def kernel_wheels() -> list[Path]:
    """Return the wheels of the kernel of JupyterLite: itself, and some that stand in for other packages."""
    listed = [file for file in distribution(KERNEL).files or () if file.match("static/pypi/*.whl")]
    latest = {file.name.partition("-")[0]: Path(str(file.locate())) for file in sorted(listed, key=str)}
    if not latest:
        raise UsageError(f"{KERNEL} has no wheels; install it again: pip install 'billing-tck[lab]'")
    return list(latest.values())


def write_kit(folder: Path) -> None:
    """Write the kit, and the packages that it needs as they are installed here, as one wheel."""
    stage = folder / "stage"
    copy_files(sources(), stage)
    for package in with_needs(PACKAGES):
        copy_package(package, stage)
    _write_wheel(stage, folder, "billing_tck")


def write_compiled(folder: Path, pyodide: Path) -> None:
    """Write a wheel with the compiled form of what a notebook loads, and the standard library with the same of it."""
    out = folder / "out"
    for name in ("packages", "library"):
        (out / name).mkdir(parents=True)
    node, script = find_command("node"), str(files(__package__) / "compile.mjs")
    run_command([node, script, str(pyodide), str(folder), str(out)], folder)
    _write_wheel(out / "packages", folder, "billing_tck_compiled")
    with zipfile.ZipFile(pyodide / "python_stdlib.zip") as library:
        content = {
            name: library.read(name) for name in library.namelist() if not (out / "library" / f"{name}c").exists()
        }
    _write_zip(folder / "python_stdlib.zip", content | _read(out / "library"))
    shutil.rmtree(out)


def _write_wheel(stage: Path, folder: Path, name: str) -> None:
    """Write what is in a stage as a wheel of this version of the kit, and remove the stage."""
    about = f"{name}-{__version__}.dist-info"
    metadata = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {__version__}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    content = _read(stage) | {f"{about}/{file}": text.encode() for file, text in metadata.items()}
    _write_zip(folder / f"{name}-{__version__}-py3-none-any.whl", content)
    shutil.rmtree(stage)


def _read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _write_zip(path: Path, content: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name, _DATE), content[name], zipfile.ZIP_DEFLATED)


def _entry(wheel: Path) -> tuple[str, dict[str, object]]:
    """Return the entry of a wheel in `pyodide-lock.json`."""
    name, version = wheel.name.split("-")[:2]
    key = name.replace("_", "-").lower()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return key, {
        "name": key,
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": digest,
        "package_type": "package",
        "imports": [],
        "depends": [],
        "unvendored_tests": False,
    }
