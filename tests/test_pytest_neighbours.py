"""The plugin beside other code in one pytest run: the clock, fixtures, repeated tests, and how Python was started.

What other plugins do is written out here in a few lines, so that these tests need none of them; `make neighbours` runs
the plugins themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from freezegun import api, freeze_time

import billing_reference
import billing_tck
from billing_tck.clock import Clock, frozen

from .neighbours.__main__ import Cell, table
from .neighbours.environments import Environment, lowest_versions
from .neighbours.judgement import wrong_alone, wrong_beside
from .neighbours.plugins import NEIGHBOURS
from .neighbours.project import Outcome
from .pytest_runs import TOY, TOY_CONFTEST, outcomes, run_pytest, write_toy

# Several runs of pytest in a test, also on a busy machine.
pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

NOW = datetime(2025, 1, 7, 9, 0, tzinfo=UTC)

REAL_TIME = """
import time
from datetime import UTC, datetime
import pytest

def real():
    return abs(datetime.now(UTC).timestamp() - time.clock_gettime(time.CLOCK_REALTIME)) < 60

@pytest.fixture(autouse=True)
def around():
    assert real()
    yield
    assert real()

def pytest_runtest_setup():
    assert real()

@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    assert real()
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy(tmp_path)


def conftest(folder: Path, text: str) -> None:
    (folder / "conftest.py").write_text(TOY_CONFTEST + text, encoding="utf-8")


# The clock


def test_own_tests_and_fixtures_see_real_time(toy: Path) -> None:
    conftest(toy, REAL_TIME)
    (toy / "test_own.py").write_text(
        "import asyncio, time\nfrom conftest import real\n"
        "def test_now(): assert real()\n"
        "def test_counter():\n"
        "    began = time.perf_counter(), time.monotonic(), time.time()\n    time.sleep(0.01)\n"
        "    assert began < (time.perf_counter(), time.monotonic(), time.time())\n"
        "def test_types(): assert type(__import__('datetime').datetime.now()).__module__ == 'datetime'\n",
        encoding="utf-8",
    )
    result = run_pytest(toy, *TOY, "test_own.py")
    assert outcomes(result) == "6 passed, 2 skipped", result.stdout


def test_a_fixture_that_freezes_time_changes_no_verdict(toy: Path) -> None:
    freezer = (
        "import freezegun, pytest\n@pytest.fixture(autouse=True)\ndef today():\n"
        "    with freezegun.freeze_time('2020-01-01') as frozen:\n        yield frozen\n"
    )
    conftest(toy, freezer)
    result = run_pytest(toy, *TOY)
    assert outcomes(result) == "3 passed, 2 skipped", result.stdout + result.stderr


def test_a_clock_can_be_stopped_and_started_again() -> None:
    clock = Clock(NOW)
    for day in range(3):
        clock.start().move_to(NOW + timedelta(days=day))
        assert datetime.now(UTC) == NOW + timedelta(days=day)
        clock.stop()
        assert datetime.now(UTC) > NOW + timedelta(days=100)
    assert api.freeze_factories == []


def test_freezes_that_an_implementation_leaves_end_with_the_clock_and_come_back_with_it() -> None:
    clock = Clock(NOW).start()
    left = freeze_time("2031-01-01")
    left.start()
    clock.stop()
    assert datetime.now(UTC).year not in (2025, 2031)
    assert type(datetime.now(UTC)) is datetime
    clock.start().show()
    assert datetime.now(UTC) == NOW
    left.stop()  # as its owner does before it freezes again
    clock.show()
    assert datetime.now(UTC) == NOW
    clock.stop()
    assert api.freeze_factories == []


def test_an_implementation_that_clears_freezeguns_stacks_gets_real_time_and_no_crash() -> None:
    for clear in (api.freeze_factories.clear, api.ignore_lists.clear, lambda: None):
        with frozen(NOW) as clock:
            clear()
            clock.move_to(NOW)
            assert datetime.now(UTC) == NOW
        assert type(datetime.now(UTC)) is datetime
        assert time.time() > NOW.timestamp() + 1e6
        assert (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets) == ([], [], [], [])


def test_a_module_that_is_loaded_or_changed_between_two_freezes_is_frozen_too() -> None:
    module = type(sys)("loaded_late")
    with frozen(NOW):
        pass
    sys.modules["loaded_late"] = module
    try:
        for name in ("first", "second"):
            setattr(module, name, time.time)
            with frozen(NOW):
                assert getattr(module, name)() == NOW.timestamp()
            assert getattr(module, name) is time.time
    finally:
        del sys.modules["loaded_late"]


# Tests that run more than once, and names


def test_a_test_that_runs_again_counts_once_and_by_its_last_attempt(toy: Path) -> None:
    conftest(
        toy,
        "import pytest\nfrom _pytest.runner import runtestprotocol\nfrom tests.toy import Toy\n"
        "collect, tries = Toy._attempt_collection, []\n"
        "def wobble(self, organization):\n"
        "    tries.append(1)\n"
        "    if len(tries) < 3: raise RuntimeError('wobble')\n"
        "    return collect(self, organization)\n"
        "Toy._attempt_collection = wobble\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    while True:\n"
        "        reports = runtestprotocol(item, nextitem=nextitem, log=False)\n"
        "        again = any(report.failed for report in reports)\n"
        "        for report in reports:\n"
        "            if report.failed: report.outcome = 'rerun'\n"
        "            item.ihook.pytest_runtest_logreport(report=report)\n"
        "        if not again: return True\n"
        "def pytest_report_teststatus(report):\n"
        "    return ('rerun', 'R', 'RERUN') if report.outcome == 'rerun' else None\n",
    )
    result = run_pytest(toy, *TOY)
    assert outcomes(result) == "3 passed, 2 skipped, 2 rerun", result.stdout
    assert "billing rules: 3 conforms, 0 deviates, 0 errored, 2 not applicable\n" in result.stdout


def test_a_repeated_test_has_its_scenario_and_counts_once(toy: Path) -> None:
    conftest(
        toy,
        "import pytest\n@pytest.fixture\ndef _number(request): return request.param\n"
        "@pytest.hookimpl(trylast=True)\ndef pytest_generate_tests(metafunc):\n"
        "    metafunc.fixturenames.append('_number')\n"
        "    metafunc.parametrize('_number', range(2), indirect=True, ids=lambda n: f'{n + 1}-2')\n",
    )
    result = run_pytest(toy, *TOY)
    assert outcomes(result) == "6 passed, 4 skipped", result.stdout
    assert "billing rules: 3 conforms, 0 deviates, 0 errored, 2 not applicable\n" in result.stdout


@pytest.mark.parametrize("pattern", ["check_*", "*"])
def test_python_functions_is_for_modules_of_python_alone(toy: Path, pattern: str) -> None:
    (toy / "pytest.ini").write_text(f"[pytest]\npython_functions = {pattern}\npython_classes = *\n", encoding="utf-8")
    assert outcomes(run_pytest(toy, *TOY)) == "3 passed, 2 skipped"


# How Python and pytest were started


def test_the_plugin_can_be_loaded_by_name_where_none_is_loaded_by_itself(toy: Path) -> None:
    result = run_pytest(toy, "-p", "billing_tck", *TOY, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert outcomes(result) == "3 passed, 2 skipped", result.stdout + result.stderr


def test_no_socket_is_opened_for_an_implementation_in_process(toy: Path) -> None:
    conftest(
        toy,
        "import socket\nclass Blocked(socket.socket):\n"
        "    def __new__(cls, *words, **more): raise RuntimeError('a socket')\n"
        "def pytest_runtest_setup(): socket.socket = Blocked\n",
    )
    result = run_pytest(toy, *TOY)
    assert outcomes(result) == "3 passed, 2 skipped", result.stdout


def test_a_server_and_forbidden_sockets_do_not_go_together(toy: Path) -> None:
    conftest(
        toy,
        "def pytest_addoption(parser):\n    parser.addoption('--disable-socket', action='store_true')\n"
        "    parser.addoption('--allow-hosts')\n",
    )
    words = ("--sut", "http://127.0.0.1:1/", "features", "--disable-socket")
    result = run_pytest(toy, *words)
    assert "--disable-socket forbids the connection to http://127.0.0.1:1/; add --allow-hosts" in result.stderr
    assert result.returncode == 4
    assert run_pytest(toy, *words, "--allow-hosts", "127.0.0.1", "--co").returncode == 0


def kit(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


def test_everything_works_without_docstrings_and_assertions(toy: Path) -> None:
    assert outcomes(run_pytest(toy, *TOY, env={"PYTHONOPTIMIZE": "2"})) == "3 passed, 2 skipped, 1 warning"
    run = kit(toy, "billing_tck", "run", "--clause", "BC-02", PYTHONOPTIMIZE="2")
    assert "nothing deviates" in run.stdout
    assert run.returncode == 0
    contract = kit(toy, "billing_tck", "contract", PYTHONOPTIMIZE="2")
    assert "descriptions are docstrings, which PYTHONOPTIMIZE=2 drops" in contract.stderr
    assert contract.returncode == 2


def test_a_kit_in_a_zip_archive_says_that_it_must_be_installed(tmp_path: Path) -> None:
    archive = tmp_path / "kit.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for package in (billing_tck, billing_reference):
            folder = Path(package.__path__[0])
            for path in sorted(folder.rglob("*.py")):
                file.write(path, str(Path(folder.name) / path.relative_to(folder)))
    for words in (("run",), ("guide",)):
        result = kit(tmp_path, "billing_tck", *words, PYTHONPATH=str(archive))
        assert result.stderr == (
            "error in the kit: billing-tck is imported from a zip archive, where its features cannot be read; "
            "install it with pip\n"
        )
        assert result.returncode == 4
    result = kit(tmp_path, "pytest", "--pyargs", "billing_tck", PYTHONPATH=str(archive))
    assert "ERROR: billing-tck is imported from a zip archive" in result.stderr
    assert result.returncode == 4


# `make neighbours` itself: what is not green there is red


ALONE = Outcome(
    {"core/trial.feature:1": frozenset({"conforms"}), "core/trial.feature:2": frozenset({"deviates"})},
    {"test_own.py::test_the_day_is_today": "passed", "test_own.py::test_time_passes": "passed"},
    ("1 conforms, 1 deviates",),
    (1,),
    "",
)
PLAIN = next(neighbour for neighbour in NEIGHBOURS if neighbour.distribution == "pytest-sugar")


def outcome(**changes: object) -> Outcome:
    fields = {"verdicts": ALONE.verdicts, "own": ALONE.own, "counted": ALONE.counted, "statuses": (1,), "output": ""}
    return Outcome(**{**fields, **changes})  # type: ignore[arg-type] # each test gives what the field holds


def test_a_run_that_says_the_same_is_green(tmp_path: Path) -> None:
    assert list(wrong_alone(ALONE)) == []
    assert list(wrong_beside(outcome(), ALONE, PLAIN, tmp_path)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdicts": {"core/trial.feature:1": frozenset({"conforms"})}}, "other verdicts: core/trial.feature:2"),
        ({"verdicts": {**ALONE.verdicts, "core/trial.feature:2": frozenset({"conforms"})}}, "other verdicts"),
        ({"counted": ("2 conforms, 0 deviates",)}, "counted"),
        ({"statuses": (0,)}, "exit status (0,), not 1"),
        ({"statuses": (3,)}, "exit status (3,), not 1"),
        ({"own": {**ALONE.own, "test_own.py::test_time_passes": "failed"}}, "own tests failed"),
        ({"own": {"test_own.py::test_time_passes": "passed"}}, "own tests that ran"),
    ],
)
def test_a_run_that_says_something_else_is_red(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    wrong = list(wrong_beside(outcome(**changes), ALONE, PLAIN, tmp_path))
    assert said in "; ".join(wrong)


def test_a_comparison_with_a_run_that_found_no_fault_is_red() -> None:
    wrong = list(wrong_alone(outcome(verdicts={"core/trial.feature:1": frozenset({"conforms"})}, statuses=(0,))))
    assert len(wrong) == 2


@pytest.mark.parametrize("name", [n.distribution for n in NEIGHBOURS if n.check])
def test_a_neighbour_that_wrote_nothing_is_red(tmp_path: Path, name: str) -> None:
    neighbour = next(n for n in NEIGHBOURS if n.distribution == name)
    assert list(wrong_beside(outcome(), ALONE, neighbour, tmp_path)) != []


def test_the_table_has_a_row_for_each_plugin_and_a_column_for_each_environment() -> None:
    environments = [Environment(Path(), "3.11", v, {"pytest-sugar": ("1.1", ())}) for v in ("lowest", "newest")]
    cells = [Cell("pytest-sugar", environments[0], ()), Cell("pytest-sugar", environments[1], ("broken",))]
    assert [line.split() for line in table(cells)] == [
        ["3.11", "lowest", "3.11", "newest"],
        ["pytest-sugar", "1.1", "green", "RED"],
    ]


def test_the_lowest_versions_are_those_of_pyproject() -> None:
    lowest = dict(requirement.split("==") for requirement in lowest_versions())
    assert {"freezegun", "pytest", "pytest-bdd"} <= set(lowest)
    assert all(version[0].isdigit() for version in lowest.values())
