"""pytest as a process, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .toy import EDGE, FEATURE, write_features

REPOSITORY = Path(__file__).resolve().parent.parent

TOY_CONFTEST = f"""
import sys
sys.path.insert(0, {str(REPOSITORY)!r})
from tests.toy import vocabulary
from billing_tck.steps import registry
words = vocabulary()
registry.load = lambda: words
"""

TOY = ("--sut", "python:tests.toy:in_process", "features")


def run_pytest(
    folder: Path, *words: str, env: Mapping[str, str] | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """pytest as a process in `folder`, without the configuration of the checkout; `text` is its standard input."""
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", *words]
    if "--pyargs" not in words and "-c" not in words:
        ini = folder / "pytest.ini"
        if not ini.exists():
            ini.write_text("[pytest]\n", encoding="utf-8")
        command += ["-c", "pytest.ini"]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def outcomes(result: subprocess.CompletedProcess[str]) -> str:
    """pytest's last line without the time that it took."""
    return result.stdout.splitlines()[-1].strip("= ").rpartition(" in ")[0]


def write_toy(folder: Path) -> Path:
    """Make a folder in which `pytest --sut python:tests.toy:in_process features` runs the toy."""
    write_features(folder / "features", FEATURE, EDGE)
    (folder / "conftest.py").write_text(TOY_CONFTEST, encoding="utf-8")
    return folder


def another_toy(folder: Path, stop_after: int) -> None:
    """A toy that stops services on another day, as `python:another_toy:in_process`."""
    source = (REPOSITORY / "tests" / "toy.py").read_text(encoding="utf-8")
    changed = source.replace("toy = Toy()", f"toy = Toy(stop_after={stop_after})")
    (folder / "another_toy.py").write_text(changed, encoding="utf-8")
