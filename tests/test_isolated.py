"""Implementations in Python have a process of their own: whatever they do to it, no verdict is lost or made green."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from billing_tck.drivers.strays import descendants

from .test_orphans import alive, until

ROOT = Path(__file__).parent.parent
REST = [
    ("python", signal.SIGHUP),
    ("python", signal.SIGINT),
    ("stdio", signal.SIGHUP),
    ("stdio", signal.SIGINT),
    ("stdio", signal.SIGTERM),
]
MODULE = "python:tests.implementations.hostile"


class Result(NamedTuple):
    """What came of eight scenarios."""

    verdicts: Mapping[str, int]
    messages: list[str]
    seconds: float
    left: list[int]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    command = [sys.executable, "-m", "tests.implementations.hostile"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return {name: Result(**result) for name, result in json.loads(done.stdout).items()}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exits", r"EarlyEnd: it called os._exit\(0\), which ends the process \(tests/implementations/hostile.py:"),
        ("exits_in_c", r"the implementation ended its process \(status 0\)"),
        ("exits_in_a_thread", r"the implementation ended its process \(status 3\)"),
        ("is_replaced", r"EarlyEnd: it called os.execv\('/bin/true'\)"),
        ("raises_system_exit", "SystemExit: 0"),
        ("raises_keyboard_interrupt", "KeyboardInterrupt"),
        ("interrupts_itself", "was ended by SIGINT"),
        ("terminates_itself", "was ended by SIGTERM"),
        ("crashes_in_c", "was ended by SIGSEGV"),
        ("hangs_and_catches_everything", r"no answer within 0\.3 s, and the call could not be interrupted"),
        ("hangs_with_its_own_alarm", r"no answer within 0\.3 s, and the call could not be interrupted"),
        ("uses_up_memory", "MemoryError"),
        ("closes_files", "closed files of its process that the kit uses"),
        ("closes_standard_streams", "Bad file descriptor"),
    ],
)
def test_a_process_that_cannot_go_on_is_errored_and_the_next_scenario_has_a_new_one(
    results: dict[str, Result], name: str, message: str
) -> None:
    result = results[name]
    assert sum(result.verdicts.values()) == 8
    assert set(result.verdicts) == {"conforms", "errored"}
    assert result.verdicts["errored"] <= 2
    assert all(re.search(message, text) for text in result.messages), result.messages
    assert result.left == []


@pytest.mark.parametrize(
    "name",
    [
        "changes_folder",
        "starts_threads",
        "forks",
        "forks_into_its_own_session",
        "starts_a_process_in_its_own_session",
        "changes_time",
        "prints_a_lot",
        "ignores_signals",
        "own_text",
        "raises_what_does_not_pickle",
    ],
)
def test_what_harms_only_its_own_process_changes_no_verdict_and_leaves_nothing(
    results: dict[str, Result], name: str
) -> None:
    result = results[name]
    expected = {"conforms": 7, "deviates": 1} if name == "raises_what_does_not_pickle" else {"conforms": 8}
    assert result.verdicts == expected, result.messages
    assert result.left == []


def test_a_result_that_never_ends_is_read_within_the_time_limit(results: dict[str, Result]) -> None:
    result = results["endless_result"]
    assert result.verdicts == {"errored": 8}
    assert "get_organization: no answer within 0.3 s" in result.messages[0]


def test_an_implementation_that_ends_the_freeze_is_told_so(results: dict[str, Result]) -> None:
    result = results["ends_the_freeze"]
    assert result.verdicts == {"conforms": 7, "errored": 1}
    assert "it has ended the freeze of the clock" in result.messages[0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exits_in_the_factory", "the factory raised EarlyEnd: it called os._exit(0)"),
        ("hangs_in_the_factory", "no answer within 0.3 s, and the call could not be interrupted"),
    ],
)
def test_without_an_implementation_there_is_no_verdict(results: dict[str, Result], name: str, message: str) -> None:
    assert results[name].verdicts == {"unreachable": 1}
    assert message in results[name].messages[0]


def test_every_hostile_implementation_is_judged_here(results: dict[str, Result]) -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in results if f'"{name}"' not in source and name != "changes_decimals"] == []


# The command line and pytest


def kit(*words: str, module: str = "python", folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *(["billing_tck"] if module == "python" else [module]), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)


@pytest.mark.parametrize(
    "more",
    [
        (),
        pytest.param(("--in-process",), marks=pytest.mark.slow),
        ("--workers", "2"),
        pytest.param(("--wire", "wire.jsonl"), marks=pytest.mark.slow),
    ],
)
def test_a_run_never_ends_green_because_its_implementation_ended(tmp_path: Path, more: tuple[str, ...]) -> None:
    done = kit("run", "--sut", f"{MODULE}:exits", "--family", "trial", *more, folder=tmp_path)
    assert done.returncode == 3
    assert "it called os._exit(0)" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Errored in ")


NOTES_ITS_START = """
import os
from pathlib import Path
(Path(os.environ["PIDS"]) / str(os.getpid())).touch()
from billing_reference import build
"""


@pytest.mark.parametrize(
    ("more", "status", "started"),
    [
        (("--clause", "BC-26"), 0, {1}),
        (("--features", "absent"), 2, {0, 1}),  # its process may be ended before it has imported anything
        (("--clause", "BC-26", "--list"), 0, {0}),
    ],
)
def test_the_implementation_starts_while_the_features_are_read(
    more: tuple[str, ...], status: int, started: set[int], tmp_path: Path
) -> None:
    (tmp_path / "notes_its_start.py").write_text(NOTES_ITS_START)
    (tmp_path / "pids").mkdir()
    done = kit("run", "--sut", "python:notes_its_start:build", *more, folder=tmp_path, PIDS=str(tmp_path / "pids"))
    assert done.returncode == status, done.stderr
    processes = [int(path.name) for path in (tmp_path / "pids").iterdir()]
    assert len(processes) in started
    assert until(lambda: not any(map(alive, processes)))


def test_a_text_that_is_known_is_not_matched_again_in_its_process(tmp_path: Path) -> None:
    program = (
        "import sys; from billing_tck.steps.registry import Vocabulary; from billing_tck.cli.main import main\n"
        "Vocabulary._search = lambda self, kind, text: 1 / 0\n"
        "sys.exit(main())"
    )
    words = ["run", "--sut", "python:billing_reference:build", "--clause", "BC-26"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Conforms" in done.stdout


@pytest.mark.parametrize("command", [("doctor",), pytest.param(("explore", "--examples", "3"), marks=pytest.mark.slow)])
def test_no_command_ends_green_because_its_implementation_ended(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = kit(*command, "--sut", f"{MODULE}:exits_in_c", folder=tmp_path)
    assert done.returncode in (1, 3)
    assert "the implementation ended its process (status 0)" in done.stdout + done.stderr


def test_pytest_does_not_end_green_because_an_implementation_ended_it(tmp_path: Path) -> None:
    done = kit(
        *("-p", "no:cacheprovider", "-q", "--pyargs", "billing_tck", "-m", "BC-02", "--sut", f"{MODULE}:exits"),
        module="pytest",
        folder=tmp_path,
    )
    assert done.returncode != 0
    assert "it called os._exit(0)" in done.stdout


def test_what_an_implementation_prints_is_shown_with_its_scenario(tmp_path: Path) -> None:
    (tmp_path / "talks.py").write_text(
        "from tests.implementations.hostile import Wrapped\n"
        "def talks():\n"
        "    def before(number, name):\n"
        "        print('call', number, name)\n"
        "        if number == 12: raise RuntimeError('no')\n"
        "    return Wrapped(before)\n"
    )
    done = kit("run", "--sut", "python:talks:talks", "--clause", "BC-02", "--report", "out", folder=tmp_path)
    assert done.returncode == 3
    rows = [json.loads(line) for line in (tmp_path / "out" / "report.ndjson").read_text(encoding="utf-8").splitlines()]
    logs = [row["log"] for row in rows if row.get("log")]
    assert logs
    assert logs[0][-1].startswith("call 12 ")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("sut", "end"),
    [
        ("python", signal.SIGKILL),
        ("stdio", signal.SIGKILL),
        ("python", signal.SIGTERM),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in REST),
    ],
)
def test_a_kit_that_is_ended_leaves_nothing_behind(tmp_path: Path, end: signal.Signals, sut: str) -> None:
    (tmp_path / "leaves.py").write_text(
        "import subprocess, sys, time\n"
        "from tests.implementations.hostile import Wrapped\n"
        "def leaves():\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "    return Wrapped(lambda number, name: time.sleep(0.05))\n"
        "if __name__ == '__main__':\n"
        "    leaves()\n"
        "    while True: time.sleep(1)\n"
    )
    spec = "python:leaves:leaves" if sut == "python" else f"stdio:{sys.executable} leaves.py"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "billing_tck", "run", "--sut", spec]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert until(lambda: any("time.sleep(600)" in words(each.number) for each in descendants(process.pid)))
        below = {each.number for each in descendants(process.pid)}
        process.send_signal(end)
        output = process.communicate(timeout=60)[0]
    if end is not signal.SIGKILL:
        assert process.returncode == 130
        assert "interrupted" in output
    assert until(lambda: not any(alive(number) for number in below), 20)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["leaves.py"]


def words(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
