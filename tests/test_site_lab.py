"""The notebooks of a site: the folder of a lab, what it is made from, and the pages that lead to it.

`python -m tests.browser.site_lab` runs them in a browser.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from billing_tck.cli.main import main
from billing_tck.errors import UsageError
from billing_tck.site import links
from billing_tck.site.build import Content, build
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.lab import bundle, packages
from billing_tck.site.lab.lab_folder import ABOUT, APPS, PYODIDE, notebooks, read_lab, source_digest, write_about
from billing_tck.site.manifest import FILE
from billing_tck.site.playground.stage import with_needs
from billing_tck.spec.notebooks import START
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.version import __version__

from .made_folders import damage
from .test_playground import made as made_runtime
from .test_site import Links

FOLDER = links.LAB
PAGE = "notebooks/index.html"


def made(folder: Path) -> Path:
    """Write a lab that holds the notebooks, and nothing that can run."""
    for path in notebooks():
        _write(folder / "files" / path.name, path.read_bytes())
    for app in APPS:
        _write(folder / app / "index.html", app.encode())
    _write(folder / PYODIDE / "pyodide.mjs", b"script")
    write_about(folder)
    return folder


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    return read_lab(made(tmp_path_factory.mktemp("lab")))


@cache
def _catalogue() -> Catalogue:
    suite = load_suite()  # with some of its scenarios, since timelines take most of the time
    return Catalogue(replace(suite, scenarios=suite.scenarios[::60]), load_register(features_dir()))


@pytest.fixture(scope="module")
def site(lab: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return build(Content(_catalogue(), lab=lab), processes=1)


def test_a_lab_becomes_files_of_the_site_that_the_manifest_lists(
    lab: Mapping[str, bytes], site: Mapping[str, bytes]
) -> None:
    assert {f"{FOLDER}/{PAGE}", f"{FOLDER}/files/{START}"} < lab.keys() < site.keys()
    listed = json.loads(site[FILE])["files"]
    assert {path: hashlib.sha256(content).hexdigest() for path, content in lab.items()}.items() <= listed.items()


def test_every_notebook_has_a_link_with_what_it_is_about_the_first_to_read_first(site: Mapping[str, bytes]) -> None:
    page = site[links.NOTEBOOKS].decode()
    targets = [urlsplit(target) for target in Links(page.encode()).targets if FOLDER + "/" in target]
    opened = [one for one in targets if one.query]
    assert {one.path for one in opened} == {f"{FOLDER}/{PAGE}"}
    assert {one.path for one in targets} <= site.keys()
    named = [parse_qs(one.query)["path"][0] for one in opened]
    assert named[0] == START
    assert sorted(named) == [path.name for path in notebooks()]
    titles = re.findall(r'ipynb">([^<]+)</a><br><span class="soft">([^<]+)</span>', page)
    assert len(titles) == len(named)
    assert titles[0][0] == "Start here"


def test_the_first_page_the_guide_and_the_families_lead_to_the_notebooks(site: Mapping[str, bytes]) -> None:
    for path in (links.INDEX, links.GUIDE):
        assert links.NOTEBOOKS in Links(site[path]).targets
    target = f"../{links.notebook_path('trial.ipynb')}"
    assert target in Links(site[links.family_path("trial")]).targets
    assert f'"{links.NOTEBOOKS}"' in site[links.SEARCH].decode()


def test_a_site_without_a_lab_has_no_link_to_notebooks() -> None:
    site = build(Content(_catalogue()), processes=1)
    assert [path for path in site if path.startswith((f"{FOLDER}/", links.NOTEBOOKS))] == []
    targets = {target for path, page in site.items() if path.endswith(".html") for target in Links(page).targets}
    assert [target for target in targets if f"{FOLDER}/" in target or links.NOTEBOOKS in target] == []


def test_a_lab_needs_a_runtime(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", str(tmp_path / "site"), "--lab", str(made(tmp_path / "lab"))]) == 2
    assert "--lab needs --runtime FOLDER" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("missing", "is not a lab"),
        ("not JSON", "is not JSON"),
        ("a list", "is not a JSON object"),
        ("another version", "another version of the kit"),
        ("another Pyodide", "another version of the kit"),
        ("no digests", "does not list the files"),
        ("a notebook less", "does not list the files"),
        ("a changed file", "index.html was changed"),
        ("a missing file", "index.html cannot be read"),
        ("a file outside", "is not in the folder of the lab"),
    ],
)
def test_a_lab_that_does_not_fit_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, said: str
) -> None:
    folder, runtime = made(tmp_path / "lab"), made_runtime(tmp_path / "runtime")
    about = folder / ABOUT
    content = json.loads(about.read_text())
    match change:
        case "another Pyodide":
            about.write_text(json.dumps({**content, "pyodide": "0.1.0"}))
        case "no digests":
            about.write_text(json.dumps({**content, "files": []}))
        case "a notebook less":
            del content["files"][f"files/{START}"]
            about.write_text(json.dumps(content))
        case "a changed file":
            (folder / PAGE).write_bytes(b"x")
        case "a missing file":
            (folder / PAGE).unlink()
        case "a file outside":
            (tmp_path / "secret").write_text("")
            content["files"]["../secret"] = hashlib.sha256().hexdigest()
            about.write_text(json.dumps(content))
        case _:
            damage(about, change, source_digest())
    assert main(["site", str(tmp_path / "site"), "--runtime", str(runtime), "--lab", str(folder)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "python -m billing_tck.site.lab.bundle FOLDER" in error
    assert not (tmp_path / "site").exists()


# How it is made


def test_without_the_extra_a_lab_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(bundle, "distribution", missing)
    assert bundle.main([str(tmp_path / "lab")]) == 2
    assert "pip install 'billing-tck[lab]'" in capsys.readouterr().err


def test_without_npm_a_lab_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundle, "_installed", lambda *_: [tmp_path])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bundle.main([str(tmp_path / "lab")]) == 2
    assert "npm not found" in capsys.readouterr().err


def test_a_folder_with_other_files_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_installed", lambda *_: [tmp_path])
    folder = made(tmp_path / "lab")
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds mine.txt, which is not of a lab"):
        bundle.make_lab(folder)
    assert (folder / "mine.txt").read_text() == "mine"


def test_the_kit_is_a_wheel_with_its_features_its_templates_and_what_it_needs(tmp_path: Path) -> None:
    packages.write_kit(tmp_path)
    (wheel,) = tmp_path.iterdir()
    assert wheel.name == f"billing_tck-{__version__}-py3-none-any.whl"
    found = set(zipfile.ZipFile(wheel).namelist())
    assert {"billing_tck/jupyter/magics.py", "billing_tck/features/compiled.cache", "jinja2/environment.py"} <= found
    assert {"billing_tck/jupyter/templates/cell_errors.html.j2", "freezegun/api.py", "markupsafe/_native.py"} <= found
    assert not [name for name in found if name.startswith(("billing_tck/site/", "billing_tck/docs/"))]
    assert not [name for name in found if name.endswith((".so", ".pyd", ".pyc"))]


def test_what_a_package_needs_comes_with_it() -> None:
    found = with_needs(["jinja2", "freezegun"])
    assert {"freezegun", "jinja2", "markupsafe", "python-dateutil"} <= set(found)
    assert "babel" not in found, "of an extra"


def test_every_package_of_pypi_has_a_version_and_a_digest() -> None:
    lines = (Path(packages.__file__).parent / "wheels.txt").read_text().splitlines()
    listed = [line for line in lines if not line.startswith("#")]
    assert len(listed) > 10
    assert [line for line in listed if not re.fullmatch(r"[a-z_]+==[\d.]+ --hash=sha256:[0-9a-f]{64}", line)] == []


def test_a_wheel_of_the_lock_has_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        packages, "download_wheels", lambda folder: _write(folder / "some_name-1.2-py3-none-any.whl", b"x")
    )
    monkeypatch.setattr(packages, "kernel_wheels", list)
    monkeypatch.setattr(packages, "write_kit", lambda _: None)
    monkeypatch.setattr(packages, "write_compiled", lambda *_: None)
    (tmp_path / "pyodide-lock.json").write_text(json.dumps({"info": {"python": "3.14"}, "packages": {"other": {}}}))
    folder = tmp_path / "out"
    folder.mkdir()
    packages.write_packages(folder, tmp_path)
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    assert lock["info"] == {"python": "3.14"}
    (entry,) = lock["packages"].values()
    assert entry["name"] == "some-name"
    assert entry["file_name"] == "some_name-1.2-py3-none-any.whl"
    assert entry["sha256"] == hashlib.sha256(b"x").hexdigest()


def test_what_a_notebook_loads_is_compiled_and_the_rest_of_the_library_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiled(command: list[str], folder: Path) -> None:
        out = Path(command[-1])
        _write(out / "packages" / "kit" / "__pycache__" / "a.cpython-314.pyc", b"compiled")
        _write(out / "library" / "used.pyc", b"compiled")

    monkeypatch.setattr(packages, "run_command", compiled)
    monkeypatch.setattr(packages, "find_command", str)
    with zipfile.ZipFile(tmp_path / "python_stdlib.zip", "w") as library:
        for name in ("used.py", "other.py"):
            library.writestr(name, "source")
    folder = tmp_path / "made"
    folder.mkdir()
    packages.write_compiled(folder, tmp_path)
    wheel = f"billing_tck_compiled-{__version__}-py3-none-any.whl"
    assert {path.name for path in folder.iterdir()} == {"python_stdlib.zip", wheel}
    found = zipfile.ZipFile(folder / "python_stdlib.zip")
    assert {name: found.read(name) for name in found.namelist()} == {"used.pyc": b"compiled", "other.py": b"source"}
    names = zipfile.ZipFile(folder / wheel).namelist()
    assert "kit/__pycache__/a.cpython-314.pyc" in names
    assert f"billing_tck_compiled-{__version__}.dist-info/METADATA" in names


def test_the_page_may_load_from_its_own_origin_only(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text('<head><title>x</title><meta charset="utf-8"></head>')
    bundle.close_page(page)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page.read_text())
    sources = {word for rule in policy.split(";") for word in rule.split()[1:]}
    assert sources == {"'self'", "'unsafe-inline'", "'unsafe-eval'", "'none'", "data:", "blob:"}


def test_a_page_of_jupyterlite_that_cannot_be_closed_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<head></head>")
    with pytest.raises(UsageError, match="install the version that the extra `lab` names"):
        bundle.close_page(page)


def test_scripts_name_no_address_elsewhere() -> None:
    script = (Path(bundle.__file__).parent / "python.mjs").read_text()
    assert not re.findall(r"https?:|//[\w-]+\.\w", script)
