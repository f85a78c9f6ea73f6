"""A kit that is killed leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from billing_tck.clock import real_monotonic
from billing_tck.drivers.strays import descendants

SLOW = """
import os, time
from pathlib import Path
from billing_reference import build
class Slow:
    def __init__(self):
        self.inner = build(readings={}, fault=None, late=None)
        (Path(os.environ["PIDS"]) / str(os.getpid())).touch()
    def __getattr__(self, name):
        def call(**arguments):
            if name != "describe_implementation":
                time.sleep(0.2)
            return getattr(self.inner, name)(**arguments)
        return call
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:1]


def until(condition: object, seconds: float = 60.0) -> bool:
    end = real_monotonic() + seconds
    while real_monotonic() < end:
        with contextlib.suppress(OSError):
            if condition():
                return True
        threading.Event().wait(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_end_when_the_kit_is_killed(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    pids = tmp_path / "pids"
    pids.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PIDS": str(pids)}
    command = [sys.executable, "-m", "billing_tck", "run", "--sut", "python:slow:Slow", "--workers", "2"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as kit:
        assert until(lambda: len(list(pids.iterdir())) == 3)  # the kit describes it once, and each worker has its own
        below = {process.number for process in descendants(kit.pid)}
        kit.kill()
    assert len(below) >= 4  # two workers, and the process of each implementation
    assert until(lambda: not any(alive(pid) for pid in below), 20)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("number", "workers"),
    [
        (signal.SIGKILL, 2),
        pytest.param(signal.SIGTERM, 2, marks=pytest.mark.slow),
        (signal.SIGTERM, 1),
        pytest.param(signal.SIGHUP, 1, marks=pytest.mark.slow),
    ],
)
def test_the_servers_of_a_run_end_when_the_kit_is_ended(number: signal.Signals, workers: int, tmp_path: Path) -> None:
    server = f"{sys.executable} -m tests.implementations.guarded --port {{port}} --starts {tmp_path} --delay 0.05"
    command = [sys.executable, "-m", "billing_tck", "run", "--start", server, "--workers", str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}

    def started() -> set[int]:
        return {int(path.name.split()[1]) for path in tmp_path.glob("* started")}

    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, **streams) as kit:
        assert until(lambda: len(started()) == (3 if workers == 2 else 1))  # of two workers each has one of its own
        kit.send_signal(number)
        assert kit.wait(60) == (-number if number is signal.SIGKILL else 130)
    assert until(lambda: not any(alive(pid) for pid in started()), 20)
