"""Make the lab of a site, its notebooks in the browser: python -m billing_tck.site.lab.bundle FOLDER.

JupyterLite builds the pages. The kernel is Pyodide, from the runtime of the playground, with the packages of
`packages.py`. All of it comes from PyPI and npm now, and nothing is loaded from there later.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.site.lab.lab_folder import APPS, KIND, PYODIDE, notebooks, write_about
from billing_tck.site.lab.packages import KERNEL, write_packages
from billing_tck.site.playground.npm import install_pyodide, run_command

_EXTENSIONS = (KERNEL, "jupyterlab-widgets")
_KERNEL_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},  # dark where the system is
}
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "frame-src 'self' data: blob:; form-action 'none'"
)
"""What the page may load: JupyterLab needs scripts and styles inline, and nothing from elsewhere."""
_HEAD = '<meta charset="utf-8">'
_EPOCH = "1577836800"  # the date of all files: 1 January 2020


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the lab; return the exit status."""
    return KIND.command(arguments, __doc__ or "", make_lab, "--runtime RUNTIME --lab")


def make_lab(folder: Path) -> int:
    """Write a lab; return its size in bytes. Raises UsageError."""
    extensions = [_installed(name, "labextensions/@*/*/package.json")[0].parent for name in _EXTENSIONS]
    icons = _installed("jupyter-server", "static/favicons/*.ico")
    if foreign := KIND.foreign_files(folder):
        raise UsageError(f"{folder} holds {foreign[0]}, which is not of a lab; name another folder, or empty this one")
    with tempfile.TemporaryDirectory() as name:
        private = Path(name)
        pyodide, lite = install_pyodide(private), private / "lite"
        write_lite(lite, pyodide)
        _build(lite, private, extensions)
        out = private / "out"
        (out / "static" / "favicons").mkdir()
        for icon in icons:
            shutil.copyfile(icon, out / "static" / "favicons" / icon.name)
        for app in APPS:
            close_page(out / app / "index.html")
        write_about(out)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(out, folder)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write_lite(lite: Path, pyodide: Path) -> None:
    """Write what JupyterLite builds from: notebooks, settings, and its Pyodide."""
    contents, python = lite / "contents", lite / PYODIDE
    contents.mkdir(parents=True)
    python.mkdir(parents=True)
    for path in notebooks():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"]["kernelspec"] = {
            "name": "python",
            "display_name": "Python (Pyodide)",
            "language": "python",
        }
        (contents / path.name).write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write_packages(python, pyodide)
    (python / "pyodide.mjs").write_bytes((files(__package__) / "python.mjs").read_bytes())
    packages = json.loads((python / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    loaded = sorted([*packages, "jedi"])  # which `python.mjs` leaves out; the kernel would look for it at PyPI
    options = {"disablePyPIFallback": True, "loadPyodideOptions": {"packages": loaded}}
    config = {"appName": "billing-tck notebooks", "litePluginSettings": {_KERNEL_PLUGIN: options}}
    _write_json(lite / "jupyter-lite.json", {"jupyter-lite-schema-version": 0, "jupyter-config-data": config})
    _write_json(lite / "overrides.json", _SETTINGS)


def _build(lite: Path, private: Path, extensions: list[Path]) -> None:
    """Run JupyterLite, with no settings and no extensions of the user."""
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(lite)]
    command += [f"--LiteBuildConfig.apps={app}" for app in APPS]
    command += ["--output-dir", str(private / "out"), "--contents", str(lite / "contents")]
    command += ["--no-sourcemaps", "--no-unused-shared-packages", "--no-libarchive"]
    command += ["--ignore-sys-prefix", *(f"--LiteBuildConfig.federated_extensions={path}" for path in extensions)]
    own = {name: str(private / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    run_command(command, lite, {**os.environ, **own, "SOURCE_DATE_EPOCH": _EPOCH})


def _installed(package: str, pattern: str) -> list[Path]:
    """Return the files of an installed package that match a pattern. Raises UsageError where there are none."""
    try:
        found = [file for file in distribution(package).files or () if file.match(pattern)]
    except PackageNotFoundError:
        found = []
    if not found:
        raise UsageError(f"{package} is not installed; a lab is made with: pip install 'billing-tck[lab]'")
    return [Path(str(file.locate())).resolve() for file in found]


def close_page(page: Path) -> None:
    """Allow a page to load from its own origin only, and name its icon, for which browsers ask elsewhere otherwise."""
    text = page.read_text(encoding="utf-8")
    if text.count(_HEAD) != 1:
        raise UsageError(f"the page of JupyterLite has no {_HEAD}; install the version that the extra `lab` names")
    own = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><link rel="icon" href="./favicon.ico">'
    page.write_text(text.replace(_HEAD, f"{_HEAD}{own}"), encoding="utf-8")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
