"""Runs on a Dask cluster: a scheduler and two workers on this machine give the same result as a local run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import as_completed
from pathlib import Path

import pytest

from billing_tck.engine.executors import ClusterError, is_cancelled, workers

pytestmark = pytest.mark.slow  # a scheduler and workers are started for each test

MORTAL = """\
import os, signal
from pathlib import Path
from billing_reference import build as reference

class Mortal:
    '''The reference; the first of all processes that gets into the middle of its work is killed there.'''

    def __init__(self):
        self.calls, self.it = 0, reference()

    def __getattr__(self, name):
        self.calls += 1
        if self.calls == 200:
            try:
                Path(os.environ["GRAVE"]).open("x").write(str(os.getppid()))  # the worker
            except FileExistsError:
                pass
            else:
                os.kill(os.getppid(), signal.SIGKILL)
        return getattr(self.it, name)

def build():
    return Mortal()
"""


class Cluster:
    """A scheduler and two workers, without anybody who would start them again."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.processes: list[subprocess.Popen[str]] = []
        self.workers: list[subprocess.Popen[str]] = []
        self.address = ""

    def start(self) -> None:
        scheduler = self._begin("scheduler", "--port", "0")
        self.address = self._wait(scheduler, "Scheduler at:").split()[-1]
        self.workers = [self._begin("worker", self.address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
        for worker in self.workers:
            self._wait(worker, "Registered to:")

    def _begin(self, what: str, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "dask", what, *options, "--host", "127.0.0.1", "--no-dashboard"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=self._environment)
        self.processes.append(process)
        return process

    def _wait(self, process: subprocess.Popen[str], until: str) -> str:
        assert process.stderr is not None
        for line in process.stderr:
            if until in line:
                return line
        raise AssertionError(f"{process.args!r} ended before it said {until!r}")

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where `python:mortal:build` is to be found, and where the process that died is noted."""
    (tmp_path / "mortal.py").write_text(MORTAL)
    ours = {"PYTHONPATH": str(tmp_path), "GRAVE": str(tmp_path / "grave"), "DASK_TEMPORARY_DIRECTORY": str(tmp_path)}
    return {**os.environ, **ours}


@pytest.fixture
def cluster(environment: dict[str, str]) -> Iterator[Cluster]:
    cluster = Cluster(environment)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def run(*options: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return kit("run", *options, environment=environment)


def kit(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "billing_tck", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)


def verdicts(folder: Path) -> dict[str, tuple[str, int]]:
    rows = [json.loads(line) for line in (folder / "report.ndjson").read_text().splitlines()]
    assert rows[-1]["type"] == "footer"
    return {f"{r['file']}:{r['line']}": (r["verdict"], r["checks"]) for r in rows if r["type"] == "scenario"}


def test_a_worker_that_is_killed_in_the_middle_costs_nothing_but_time(
    cluster: Cluster, environment: dict[str, str], tmp_path: Path
) -> None:
    there, here, grave = tmp_path / "there", tmp_path / "here", tmp_path / "grave"
    sut = ("--core", "--sut", "python:mortal:build")
    said = run(*sut, "--cluster", cluster.address, "--report", str(there), environment=environment)
    assert said.returncode == 0, said.stderr
    (dead,) = [worker for worker in cluster.workers if worker.pid == int(grave.read_text())]
    assert dead.wait() == -signal.SIGKILL
    assert run(*sut, "--report", str(here), environment=environment).returncode == 0
    assert verdicts(there) == verdicts(here)
    assert len(verdicts(here)) > 100


def test_a_fault_is_reported_from_a_cluster_as_from_here(cluster: Cluster, environment: dict[str, str]) -> None:
    family = ("--family", "trial", "--sut", "faulty:start-allowed-after-trial")
    there = run(*family, "--cluster", cluster.address, environment=environment)
    here = run(*family, environment=environment)
    assert there.returncode == here.returncode == 1, there.stderr
    assert without_time(there.stdout) == without_time(here.stdout)


def test_the_explorer_finds_at_a_cluster_what_it_finds_here(
    cluster: Cluster, environment: dict[str, str], tmp_path: Path
) -> None:
    words = (
        "explore",
        "--sut",
        "faulty:start-allowed-after-trial",
        "--examples",
        "400",
        "--out",
        str(tmp_path / "out"),
    )
    there = kit(*words, "--cluster", cluster.address, environment=environment)
    here = kit(*words, environment=environment)
    assert there.returncode == here.returncode == 1, there.stderr
    (first, *found), (_, *as_here) = there.stdout.splitlines(), here.stdout.splitlines()
    assert first.startswith("a difference in history ")
    assert found == as_here


def without_time(text: str) -> list[str]:
    *lines, last = text.splitlines()
    return [*lines, last.rpartition(". ")[0]]


def test_a_cluster_that_is_not_there_is_reported_within_the_time_for_it(environment: dict[str, str]) -> None:
    words = (
        "from billing_tck.cli import main; from billing_tck.engine import executors; "
        "executors.CONNECT_TIMEOUT = 1; raise SystemExit(main.main())"
    )
    command = [sys.executable, "-c", words, "run", "--cluster", "tcp://127.0.0.1:9"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)
    assert said.returncode == 2, said.stderr
    assert "no cluster answers at 'tcp://127.0.0.1:9'" in said.stderr
    assert "Traceback" not in said.stderr


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'billing-tck\[cluster\]'"), workers(2, "tcp://127.0.0.1:9"):
        pass


def test_processes_of_this_machine_are_the_same_kind_of_crew() -> None:
    with workers(2) as crew:
        futures = [crew.executor.submit(divmod, number, 7) for number in range(20)]
        assert sorted(future.result() for future in as_completed(futures)) == sorted(divmod(n, 7) for n in range(20))
    assert crew.size == 2
    assert not is_cancelled()
