"""Accept the billing service as its owner would: two servers on two databases, one of which is killed in the middle."""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster import Missing, free_port, postgres
from sqlalchemy import create_engine, text

FOLDER = Path(__file__).parent
WAIT = 60  # seconds for a server to answer
KILL_AFTER = 20  # resets
DEVIATES, ERRORED = 1, 3  # exit statuses of billing-tck run


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service to accept: its database and how it is configured."""

    name: str
    mode: str
    readings: str
    database: str

    @property
    def title(self) -> str:
        """What the verdicts are headed with."""
        return f"{self.name} ({self.readings} readings, {self.mode})"


@dataclass(slots=True, eq=False)
class Server:
    """A server process of the service, which can be killed and started again on the same port."""

    candidate: Candidate
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/rpc"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {"AUTH": "off", "MODE": self.candidate.mode, "READINGS": self.candidate.readings}
        environment = {f"BILLING_{name}": value for name, value in settings.items()}
        command = [sys.executable, "-m", "uvicorn", "--factory", "billing.app:create_app", "--app-dir", str(FOLDER)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), "--log-level", "warning"],
                env={**os.environ, **environment, "BILLING_DATABASE": self.candidate.database},
                stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(self.answers, f"{self.candidate.title} does not answer; its log is {self.log}")

    def answers(self) -> bool:
        """Return whether it answers at all."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/openapi.json", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    def kill(self) -> None:
        """End it without a chance to clean up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def wait_for(condition: Callable[[], bool], complaint: str, seconds: float = WAIT) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.2)


@contextmanager
def running(candidate: Candidate, logs: Path) -> Iterator[Server]:
    """Run a server until the block ends."""
    server = Server(candidate, free_port(), logs / f"{candidate.name}.log")
    try:
        server.start()
        yield server
    finally:
        server.kill()


def kit(server: Server, report: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a run of the kit against a server."""
    known = FOLDER / "known_deviations" / f"{server.candidate.readings}.toml"
    command = [sys.executable, "-m", "billing_tck", "run", "--sut", server.url, "--report", str(report)]
    with report.with_suffix(".txt").open("wb") as output:
        return subprocess.Popen([*command, "--config", str(known), *arguments], stdout=output, cwd=report.parent)


def resets(candidate: Candidate) -> int:
    """Return how many resets a database has seen: each makes a clock."""
    engine = create_engine(candidate.database)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM test_clocks")).scalar_one())
    finally:
        engine.dispose()


def scenarios(report: Path, *verdicts: str) -> list[str]:
    """Return the scenarios with one of these verdicts."""
    lines = map(json.loads, (report / "report.ndjson").read_text().splitlines())
    return [f"{line['file']}:{line['line']}" for line in lines if line.get("verdict") in verdicts]


def accept(first: Server, second: Server, reports: Path, arguments: list[str]) -> list[str]:
    """Run the kit against both servers at once, kill the second in the middle, and return what went wrong."""
    runs = {server: kit(server, reports / server.candidate.name, *arguments) for server in (first, second)}
    done = runs[second].poll
    wait_for(lambda: done() is not None or resets(second.candidate) > KILL_AFTER, "the kit does not begin", 600)
    if done() is not None:
        print(f"{second.candidate.title}: the run ended before {KILL_AFTER} resets, so nothing was killed")
    else:
        second.kill()
        killed_at = time.monotonic()
        second.start()
        seconds = time.monotonic() - killed_at
        print(f"{second.candidate.title}: killed after {KILL_AFTER} resets, back in {seconds:.1f} s")
    statuses = {server: run.wait() for server, run in runs.items()}
    for server in runs:
        print(server.candidate.title)
        print((reports / f"{server.candidate.name}.txt").read_text())
    if statuses[second] == ERRORED:
        statuses[second] = run_again(second, reports)
    return [f"{server.candidate.title}: status {status}" for server, status in statuses.items() if status]


def run_again(server: Server, reports: Path) -> int:
    """Run again what does not conform after the kill: what met no server is judged, what deviates does so again."""
    report, again = reports / server.candidate.name, reports / f"{server.candidate.name}-again"
    met, deviating = scenarios(report, "errored"), scenarios(report, "deviates")
    status = kit(server, again, *(part for each in met + deviating for part in ("--scenario", each))).wait()
    print(f"{server.candidate.title}: {len(met)} scenarios met no server; run again:")
    print(again.with_suffix(".txt").read_text())
    return status if set(scenarios(again, "deviates")) - set(met) == set(deviating) else DEVIATES


def main() -> int:
    """Run the acceptance and say in one line how it went."""
    parser = argparse.ArgumentParser(prog="acceptance", description=__doc__)
    parser.add_argument("--sqlite", action="store_true", help="use SQLite where there is no PostgreSQL")
    parser.add_argument("--swap", action="store_true", help="give the nightly mode to the default readings")
    options, arguments = parser.parse_known_args()
    began = time.monotonic()
    modes = ("nightly", "exact") if options.swap else ("exact", "nightly")
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="billing-acceptance-")))
            names = ["first", "second"]
            if options.sqlite:
                databases = [f"sqlite:///{folder / name}.sqlite" for name in names]
            else:
                cluster = stack.enter_context(postgres(names))
                databases = [cluster.url(name) for name in names]
            candidates = map(Candidate, names, modes, ["default", "house"], databases)
            servers = [stack.enter_context(running(candidate, folder)) for candidate in candidates]
            wrong = accept(servers[0], servers[1], folder, arguments)
    except (Missing, TimeoutError) as error:
        print(f"make acceptance: {error}", file=sys.stderr)
        return ERRORED
    verdict = "; ".join(wrong) or "both services conform, but for their known deviations"
    print(f"make acceptance: {verdict} ({time.monotonic() - began:.0f} s)")
    return DEVIATES if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
