"""The Python packages of a lab: wheels from PyPI by their digests, the kernel's own wheels, and the kit."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.site.lab.lab_folder import sources
from billing_tck.site.playground.npm import run_command
from billing_tck.site.playground.stage import copy_files, copy_package, with_needs
from billing_tck.version import __version__

PACKAGES = ("cattrs", "cucumber-tag-expressions", "freezegun", "gherkin-official", "jinja2", "parse")
"""What the kit imports in a notebook, beside the packages of `wheels.txt`; what these need is added."""
KERNEL = "jupyterlite-pyodide-kernel"
_NEWEST = ("--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any")
_DATE = (2020, 1, 1, 0, 0, 0)


def write_packages(folder: Path, pyodide: Path) -> None:
    """Write the wheels and `pyodide-lock.json`; `pyodide` is the installed npm package."""
    download_wheels(folder)
    for path in kernel_wheels():
        shutil.copyfile(path, folder / path.name)
    write_kit(folder)
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
    about = stage / f"billing_tck-{__version__}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: billing-tck\nVersion: {__version__}\n")
    (about / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (about / "RECORD").write_text("")
    with zipfile.ZipFile(folder / f"billing_tck-{__version__}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in sorted(path for path in stage.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(path.relative_to(stage).as_posix(), _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(info, path.read_bytes())
    shutil.rmtree(stage)


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
