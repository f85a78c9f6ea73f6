"""Runs of the kit: started beside the servers, with their verdicts, calls and processor time."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from servers import FOLDER, Candidate


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended; `cpu` is the processor time of the kit, its workers and the servers that it started."""

    status: int
    folder: Path
    seconds: float
    cpu: float
    calls: int
    waited: float  # seconds, for answers

    @property
    def printed(self) -> str:
        """What the run printed."""
        return (self.folder / "printed.txt").read_text()

    def scenarios(self, *verdicts: str) -> list[str]:
        """Return the scenarios with one of these verdicts."""
        report = self.folder / "report" / "report.ndjson"
        lines = map(json.loads, report.read_text().splitlines()) if report.exists() else []
        return [f"{line['file']}:{line['line']}" for line in lines if line.get("verdict") in verdicts]

    def count(self, verdict: str) -> int:
        """Return the number of scenarios with a verdict."""
        return len(self.scenarios(verdict))

    def __str__(self) -> str:
        counted = ", ".join(f"{self.count(word)} {word}" for word in ("conforms", "deviates", "errored"))
        each = 1000 * self.waited / self.calls if self.calls else 0
        return (
            f"{counted} in {self.seconds:.0f} s; {self.calls:,} calls of {each:.1f} ms on average; CPU {self.cpu:.1f} s"
        )


@dataclass(slots=True)
class Run:
    """A run of the kit that has been started."""

    folder: Path
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)
    result: Result | None = None

    @classmethod
    def start(cls, candidate: Candidate, folder: Path, *arguments: str) -> "Run":
        """Start a run, with the token in its environment."""
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", "billing_tck", "run", "--config", str(FOLDER / "billing-tck.toml")]
        command += ["--report", str(folder / "report"), "--wire", str(folder / "calls.ndjson"), *arguments]
        with (folder / "printed.txt").open("wb") as printed:
            process = subprocess.Popen(
                command, stdout=printed, stderr=subprocess.STDOUT, cwd=folder,
                env={**os.environ, "BILLING_TOKEN": candidate.token},
            )  # fmt: skip
        return cls(folder, process)

    def is_over(self) -> bool:
        """Return whether it has ended."""
        if self.result is None:
            number, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if number:
                self._end(status, usage.ru_utime + usage.ru_stime)
        return self.result is not None

    def wait(self) -> Result:
        """Wait for its end."""
        while self.result is None and not self.is_over():
            time.sleep(0.1)
        assert self.result is not None
        return self.result

    def stop(self) -> None:
        """End it if it still runs."""
        if not self.is_over():
            self.process.terminate()
            self.wait()

    def _end(self, status: int, cpu: float) -> None:
        self.process.returncode = os.waitstatus_to_exitcode(status)
        calls = self.folder / "calls.ndjson"  # missing where the run did not begin
        lines = calls.read_text().splitlines() if calls.exists() else []
        seconds = [json.loads(line)["seconds"] for line in lines]
        elapsed = time.monotonic() - self.began
        self.result = Result(self.process.returncode, self.folder, elapsed, cpu, len(seconds), sum(seconds))
