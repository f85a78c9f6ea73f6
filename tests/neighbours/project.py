"""A small project of a user: scenarios of the kit against an implementation with a fault, and tests of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .plugins import Neighbour

FAULT = "faulty:stop-after-21-days"
ARGUMENTS = ("billing_tck/core/unpaid_invoices.feature", "test_own.py", "test_neighbour.py")
CONFIGURATION = f'[run]\nsut = "{FAULT}"\n'

# pytest warns where a plugin is loaded by a name that a module of the standard library has: html and socket.
INI = """[pytest]
filterwarnings =
    error
    ignore:Module already imported so cannot be rewritten
"""

RECORDER = """
import json, time
from datetime import UTC, datetime
import pytest

SEEN = []

def real(item):
    off = abs(datetime.now(UTC).timestamp() - time.clock_gettime(time.CLOCK_REALTIME))
    assert off < 60, f"{item.nodeid}: the clock is off by {off:.0f} s"

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    real(item)

@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    real(item)

def pytest_runtest_logreport(report):
    properties = dict(report.user_properties)
    SEEN.append([report.nodeid, report.when, report.outcome, properties.get("scenario"), properties.get("verdict")])

def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        with open("seen.json", "w", encoding="utf-8") as file:
            json.dump(SEEN, file)
"""

OWN = """
import time
from datetime import UTC, datetime

def test_the_day_is_today():
    assert abs(datetime.now(UTC).timestamp() - time.clock_gettime(time.CLOCK_REALTIME)) < 60

def test_time_passes():
    began, counted = time.time(), time.perf_counter()
    time.sleep(0.01)
    assert time.time() > began
    assert time.perf_counter() > counted
"""

Report = tuple[str, str, str, str | None, str | None]
"""What pytest reports of one phase of a test: node id, phase, outcome, and the scenario and its verdict."""

HEAD = "import time\nfrom datetime import date\n\nimport pytest\n\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a project's run: the verdicts of each scenario, the results of its own tests, and the last lines."""

    verdicts: dict[str, frozenset[str]]
    own: dict[str, str]
    counted: tuple[str, ...]
    statuses: tuple[int, ...]
    output: str


def write_project(folder: Path, neighbour: Neighbour | None) -> None:
    """Write the files of the project."""
    folder.mkdir(parents=True)
    (folder / "billing-tck.toml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    (folder / "recorder.py").write_text(RECORDER, encoding="utf-8")
    (folder / "conftest.py").write_text(HEAD + (neighbour.conftest if neighbour else ""), encoding="utf-8")
    (folder / "test_own.py").write_text(OWN, encoding="utf-8")
    (folder / "test_neighbour.py").write_text(HEAD + (neighbour.tests if neighbour else ""), encoding="utf-8")


def run_project(python: Path, folder: Path, plugins: Sequence[str] | None, neighbour: Neighbour | None) -> Outcome:
    """Run pytest in the project; `plugins` are loaded by name, or all that are installed where that is None."""
    write_project(folder, neighbour)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHON"))}
    environment["PYTHONPATH"] = str(folder)
    words = [str(python), "-m", "pytest", "-p", "recorder"]
    if plugins is not None:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        words += [word for plugin in ("billing_tck", *plugins) for word in ("-p", plugin)]
    seen: list[Report] = []
    outputs, statuses = [], []
    for options in neighbour.runs if neighbour else ((),):
        (folder / "seen.json").unlink(missing_ok=True)
        result = subprocess.run(
            [*words, *ARGUMENTS, *options],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        outputs.append(result.stdout + result.stderr)
        statuses.append(result.returncode)
        if (folder / "seen.json").exists():
            seen += json.loads((folder / "seen.json").read_text(encoding="utf-8"))
    output = "\n".join(outputs)
    counted = tuple(re.findall(r"^billing rules: (.*)$", output, flags=re.MULTILINE))
    return Outcome(_verdicts(seen), _own(seen), counted, tuple(statuses), output)


def _verdicts(seen: Sequence[Report]) -> dict[str, frozenset[str]]:
    """Return the verdicts of each scenario: one for each test, that of its last attempt."""
    last = {nodeid: (scenario, verdict) for nodeid, _, _, scenario, verdict in seen if verdict is not None}
    found: dict[str, set[str]] = {}
    for scenario, verdict in last.values():
        assert scenario is not None
        assert verdict is not None
        found.setdefault(scenario, set()).add(verdict)
    return {scenario: frozenset(verdicts) for scenario, verdicts in found.items()}


def _own(seen: Sequence[Report]) -> dict[str, str]:
    """Return the result of each of the project's own tests: that of the last attempt, the worst of its phases."""
    results: dict[str, str] = {}
    for nodeid, when, outcome, scenario, _ in seen:
        if scenario is None and (when == "call" or outcome == "failed"):
            results[nodeid] = outcome
    return results
