"""Measure a command as a process: its duration, the time of its first verdict, and its memory."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MEBI = 1 << 20


class CommandFailed(Exception):
    """A command that ended otherwise than it should; ends with what it said."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command; seconds, and memory in bytes.

    `first` is from the start to the end of the first scenario's last call, `alone` from the first call of all to the
    last one, `grown` what the memory grew by between those two; None where the command notes nothing.
    """

    wall: float
    cpu: float
    memory: int
    first: float | None = None
    alone: float | None = None
    grown: int | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """For the file."""
        return asdict(self)


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str], *, calls: int) -> Measured:
    """Runs a command once. Raises CommandFailed where it does not end with 0, or made other than `calls` calls."""
    with tempfile.TemporaryDirectory() as kept:
        notes, said = Path(kept) / "notes.json", Path(kept) / "said.txt"
        with said.open("wb") as output:
            begun = time.monotonic()
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, "BENCH_NOTES": str(notes), "BENCH_CALLS": str(calls)},
                stdout=output,
                stderr=output,
            )
            wall, cpu, memory = _wait(process, begun)
        tail = "\n".join(said.read_text(errors="replace").splitlines()[-30:])
        if process.returncode:
            raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{tail}")
        noted = json.loads(notes.read_text()) if notes.exists() else {}
        if noted.get("calls") != calls:
            raise CommandFailed(f"{' '.join(command)} made {noted.get('calls')} calls, not {calls}:\n{tail}")
        return Measured(
            wall,
            cpu,
            memory,
            first=noted["first_scenario"] - begun,
            alone=noted["last"] - noted["first"],
            grown=noted["memory_last"] - noted["memory_first"],
        )


def measure_on_terminal(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Runs a command once as from a terminal; `first` is when its progress is first to be seen there."""
    seen: list[float] = []
    mine, its = pty.openpty()

    def read() -> None:
        while True:
            try:
                piece = os.read(mine, 4096)
            except OSError:
                return
            if not piece:
                return
            seen.append(time.monotonic())

    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=its)
    os.close(its)
    reader = threading.Thread(target=read)
    reader.start()
    wall, cpu, memory = _wait(process, begun)
    reader.join()
    os.close(mine)
    if process.returncode or not seen:
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}, and showed {len(seen)} pieces")
    return Measured(wall, cpu, memory, first=seen[0] - begun)


def interpreter_memory() -> int:
    """Return the bytes that Python alone takes at most; 0 where the system does not say.

    What `wait4` says of a process includes the memory of the one that started it, which is larger than that.
    """
    code = "print(open('/proc/self/status').read())"
    status = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def collected_in(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Return the seconds that pytest takes to collect, as it says. Raises CommandFailed."""
    ran = subprocess.run(
        [*command, "--collect-only"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    found = re.search(r"collected in ([0-9.]+)s", ran.stdout)
    if found is None:
        raise CommandFailed(f"{' '.join(command)} collected nothing:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return float(found[1])


def _wait(process: subprocess.Popen[bytes], begun: float) -> tuple[float, float, int]:
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit
