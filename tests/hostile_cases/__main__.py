"""Run the cases, and print a table: case, status, seconds, what was left behind, and whether that is as documented.

    python -m tests.hostile_cases [TEXT …]     only cases whose kind or name contains one of the texts

Of each: the status is one of the documented ones, nothing looks like a traceback, the output is bounded and carries no
escapes and no commands of CI systems, and no process and no temporary file is left.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from billing_tck.signals import ENDING
from tests.hostile_cases.case import Case
from tests.hostile_cases.cases import all_cases

ROOT = Path(__file__).parent.parent.parent
LONGEST = 400_000  # bytes of output
MARK = "TCK_HOSTILE_CASE"
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae")
TRACEBACK = re.compile(rb"^Traceback", re.MULTILINE)  # not one that is quoted from the log of an implementation
COMMAND = re.compile(rb"^(::|##vso\[|##\[)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; `problems` are the ways in which it is not as documented."""

    case: Case
    status: int
    seconds: float
    left: tuple[str, ...]
    problems: tuple[str, ...]

    def __str__(self) -> str:
        left = ", ".join(self.left) or "-"
        state = "; ".join(self.problems) or "as documented"
        return f"{self.case.kind:24} {self.case.name:44.44} {self.status:5} {self.seconds:7.1f} s  left {left}  {state}"


def run(case: Case) -> Outcome:
    """Run a case in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="tck-case-") as name:
        folder, temporary = Path(name, "work"), Path(name, "tmp")
        folder.mkdir()
        temporary.mkdir()
        for path, content in case.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(
                content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
            )
        if case.prepare is not None:
            case.prepare(folder)
        mark = uuid.uuid4().hex
        begun = time.monotonic()
        status, output = _execute(case, folder, {"TMPDIR": str(temporary), MARK: mark})
        seconds = time.monotonic() - begun
        left = (*_processes(mark), *(path.name for path in temporary.iterdir()))
        problems = list(_problems(case, status, output, seconds, left))
        if case.report and status in (0, 1, 3):
            verified, said = _execute(Case("", "", ("verify", "out"), ()), folder, {})
            if verified != 0:
                problems.append(f"verify ends with {verified}: {said[-200:]!r}")
        return Outcome(case, status, seconds, left, tuple(problems))


def _execute(case: Case, folder: Path, more: dict[str, str]) -> tuple[int, bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **case.env, **more}
    command = [sys.executable, "-m", "billing_tck", *case.words]
    if case.output == "closed":
        command = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command]
    elif case.output == "reader":
        command = ["/bin/sh", "-c", '"$@" | head -c 10; exit 0', "sh", *command]
    stdout = open("/dev/full", "wb") if case.output == "full" else subprocess.PIPE  # noqa: PTH123, SIM115
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if case.output != "full" else subprocess.PIPE,
        start_new_session=True,
    )
    if case.after is not None:
        number, seconds = case.after
        _await_handlers(process)
        time.sleep(seconds)
        process.send_signal(number)
    try:
        printed, errors = process.communicate(timeout=case.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return 999, b"".join(part or b"" for part in process.communicate())
    return process.returncode, (printed or b"") + (errors or b"")


def _await_handlers(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process catches signals: on a busy machine the start of Python alone takes seconds."""
    caught = sum(1 << (number - 1) for number in ENDING)
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        mask = re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)
        if mask is not None and int(mask[1], 16) & caught == caught:
            return
        time.sleep(0.01)


def _problems(case: Case, status: int, output: bytes, seconds: float, left: tuple[str, ...]) -> list[str]:
    found = []
    if status == 999:
        found.append(f"no end within {case.seconds:g} s")
    elif status not in case.statuses:
        found.append(f"status {status} instead of {' or '.join(map(str, case.statuses))}: {output[-300:]!r}")
    if TRACEBACK.search(output):
        found.append(f"a traceback: {output[-400:]!r}")
    if len(output) > LONGEST:
        found.append(f"{len(output)} bytes of output")
    if match := CONTROL.search(output):
        found.append(f"a control character: {output[max(0, match.start() - 40) : match.start() + 10]!r}")
    if match := COMMAND.search(output):
        found.append(f"a command of a CI system: {output[match.start() : match.start() + 40]!r}")
    return found + (["left behind"] if left else [])


def _processes(mark: str) -> tuple[str, ...]:
    """Return the processes that have the mark of a case, once those that are ending have had two seconds."""
    for _ in range(20):
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:60])
            except OSError:
                continue
        if not found:
            return ()
        time.sleep(0.1)
    return tuple(found)


def main() -> int:
    """Run the cases that are asked for, and print the table; return how many are not as documented."""
    wanted = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGHUP):  # ignored in the background and under nohup; a case inherits that
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    cases = [case for case in all_cases() if not wanted or any(text in f"{case.kind} {case.name}" for text in wanted)]
    bad = 0
    with ThreadPoolExecutor(2) as pool:
        for outcome in pool.map(run, cases):
            print(outcome, flush=True)
            bad += bool(outcome.problems)
    print(f"{len(cases)} cases, {bad} not as documented")
    return min(bad, 1)


if __name__ == "__main__":
    raise SystemExit(main())
