"""Virtual environments: each Python of the machine, with the lowest and the newest versions of our dependencies."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".neighbours"
OLDEST = (3, 11)

_PROBE = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.prefix == sys.base_prefix)"
_LIST = """
import importlib.metadata as m, json, sys
found = {}
for name in sys.argv[1:]:
    d = m.distribution(name)
    found[name] = [d.version, [e.name for e in d.entry_points if e.group == "pytest11"]]
print(json.dumps(found))
"""


class SetupError(Exception):
    """An environment cannot be made; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One Python with one set of our dependencies. `installed` has the version and the plugins of each neighbour."""

    python: Path
    minor: str
    versions: str
    installed: dict[str, tuple[str, tuple[str, ...]]]

    @property
    def name(self) -> str:
        """Its name in the table."""
        return f"{self.minor} {self.versions}"


def pythons() -> dict[str, Path]:
    """Return every Python that the kit supports, by minor version: of this process, of the path, and of pyenv."""
    found: dict[tuple[int, int], Path] = {}
    for candidate in _candidates():
        answer = subprocess.run([candidate, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=False)
        words = answer.stdout.split()
        if answer.returncode == 0 and len(words) == 3 and words[2] == "True":
            version = int(words[0]), int(words[1])
            if version >= OLDEST:
                found.setdefault(version, candidate)
    return {f"{major}.{minor}": path for (major, minor), path in sorted(found.items())}


def _candidates() -> Iterator[Path]:
    yield Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    names = [f"python3.{minor}" for minor in range(OLDEST[1], OLDEST[1] + 10)]
    pyenv = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    yield from sorted(Path(pyenv).glob("versions/*/bin/python3"))
    yield from (Path(found) for name in names if (found := shutil.which(name)))


def lowest_versions() -> list[str]:
    """Return a requirement for each of our dependencies that takes the lowest version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = []
    for requirement in project["dependencies"]:
        match = re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,<[\d.]+)?", requirement)
        if match is None:
            raise SetupError(f"no lowest version in {requirement!r}: write it as name>=1.2")
        lowest.append(f"{match[1]}=={match[2]}")
    return lowest


def build_wheel() -> Path:
    """Build the kit as it is installed by users."""
    shutil.rmtree(FOLDER / "dist", ignore_errors=True)
    _pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(FOLDER / "dist"), str(ROOT))
    return next((FOLDER / "dist").glob("billing_tck-*.whl"))


def make(python: Path, minor: str, versions: str, wheel: Path, distributions: Sequence[str]) -> Environment:
    """Return an environment with the kit and its neighbours, which is made where it is not there yet."""
    folder = FOLDER / f"{minor}-{versions}"
    inside = folder / "bin" / "python"
    pins = lowest_versions() if versions == "lowest" else []
    wanted = "\n".join([*pins, *distributions])
    made = folder / "made.txt"
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _checked([str(python), "-m", "venv", str(folder)], f"a virtual environment of {python}")
        _pip(inside, "install", *pins, str(wheel), *distributions)
        made.write_text(wanted, encoding="utf-8")
    else:
        _pip(inside, "install", "--no-deps", "--force-reinstall", str(wheel))
    listed = _checked([str(inside), "-c", _LIST, *distributions], f"the plugins in {folder}")
    installed = {name: (version, tuple(plugins)) for name, (version, plugins) in json.loads(listed).items()}
    return Environment(inside, minor, versions, installed)


def _pip(python: Path, command: str, *words: str) -> None:
    call = [str(python), "-m", "pip", "--disable-pip-version-check", command, "--quiet", *words]
    _checked(call, f"{command} for {python}")


def _checked(command: Sequence[str], what: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    if result.returncode:
        said = [line for line in result.stderr.splitlines() if line.strip()] or ["no message"]
        errors = [line for line in said if line.startswith("ERROR")] or said[-1:]
        raise SetupError(f"{what} failed: {' '.join(errors)}")
    return result.stdout
