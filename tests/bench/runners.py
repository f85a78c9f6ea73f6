"""The contenders: the command of each, and the reason if it cannot run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CUCUMBER = "@cucumber/cucumber@12"
KIT, PYTEST_KIT = "the kit's engine", "the kit through pytest"
KIT_IN_PROCESS = "the kit's engine, --in-process"
WITHOUT_HOOKS = "through pytest, pytest-bdd's hooks stubbed"
WITHOUT_EXECUTION = "through pytest, its execution stubbed"
PLAIN, PLAIN_ALONE, BARE = "plain pytest, same plugins", "plain pytest, no plugins", "bare driver calls"
BDD, BEHAVE, CUCUMBER_JS = "pytest-bdd", "behave", "cucumber-js"

QUIET = ("-q", "-p", "no:cacheprovider")
PLUGINS = ("-p", "pytest_bdd.plugin", "-p", "billing_tck.pytest_plugin.plugin")


@dataclass(frozen=True, slots=True)
class Contender:
    """One row of the table: its command, to be run in `folder`; or the reason why it is missing."""

    name: str
    command: tuple[str, ...] = ()
    folder: str = "."
    missing: str = ""


def in_python() -> list[Contender]:
    """Those that need nothing but what the kit is tested with, the kit first."""
    python, pytest = sys.executable, (sys.executable, "-m", "pytest", *QUIET)
    sut = ("--sut", "python:noop:build")
    kit = (python, "kit_command.py", "run", "--features", "features", *sut)
    return [
        Contender(KIT, kit),
        Contender(KIT_IN_PROCESS, (*kit, "--in-process")),
        Contender(PYTEST_KIT, (*pytest, *PLUGINS, *sut, "features"), "kit_pytest"),
        Contender(WITHOUT_HOOKS, (*pytest, *PLUGINS, *sut, "features"), "kit_without_hooks"),
        Contender(
            WITHOUT_EXECUTION, ("env", "BENCH_STUB=execution", *pytest, *PLUGINS, *sut, "features"), "kit_without_hooks"
        ),
        Contender(BDD, (*pytest, "-p", "pytest_bdd.plugin"), "pytest_bdd"),
        Contender(PLAIN, (*pytest, *PLUGINS), "functions"),
        Contender(PLAIN_ALONE, pytest, "functions"),
        Contender(BARE, (python, "bare_calls.py", "calls.json")),
    ]


def contenders(tools: Path) -> list[Contender]:
    """All of them, the kit first. What comes from npm is installed into `tools`."""
    behave = importlib.util.find_spec("behave")
    cucumber, why = _cucumber(tools.resolve())
    return [
        *in_python(),
        Contender(BEHAVE, (sys.executable, "-m", "behave", "--format", "progress"), "behave")
        if behave
        else Contender(BEHAVE, missing="it is not installed: pip install 'billing-tck[bench]'"),
        Contender(
            CUCUMBER_JS, (str(cucumber), "--format", "progress", "--require", "steps.cjs", "features"), "cucumber"
        )
        if cucumber
        else Contender(CUCUMBER_JS, missing=why),
    ]


def environment(folder: Path, tools: Path) -> Mapping[str, str]:
    """What every contender finds: no plugins but those named, no colours, the shared modules."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONPATH": str(folder),
        "NODE_PATH": str(tools.resolve() / "node_modules"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "NO_COLOR": "1",
        "TERM": "xterm",
    }


def _cucumber(tools: Path) -> tuple[Path | None, str]:
    """The command of cucumber-js, installed where it is not there yet; or why there is none."""
    command = tools / "node_modules" / ".bin" / "cucumber-js"
    if command.exists():
        return command, ""
    npm = shutil.which("npm")
    if npm is None:
        return None, "npm is not installed, so that cucumber-js cannot be"
    tools.mkdir(parents=True, exist_ok=True)
    said = subprocess.run(
        [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(tools), CUCUMBER],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if said.returncode or not command.exists():
        return None, f"npm could not install it: {(said.stderr or said.stdout).strip()[-200:]}"
    return command, ""
