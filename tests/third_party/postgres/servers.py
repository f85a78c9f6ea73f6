"""Processes of the service: started on a free port, killed, and started again."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster import free_port
from sqlalchemy import create_engine, text

FOLDER = Path(__file__).parent
WAIT = 60  # seconds for a server to answer
UVICORN = (sys.executable, "-m", "uvicorn", "--factory", "billing.app:create_app", "--app-dir", str(FOLDER))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service to accept: how it is configured, with a database for each worker of the kit."""

    mode: str
    readings: str
    databases: tuple[str, ...]
    token: str

    @property
    def title(self) -> str:
        """The heading of its verdicts."""
        return f"{self.mode}, {self.readings} readings"

    def environment(self, database: str) -> dict[str, str]:
        """Return the environment of a process."""
        own = {"MODE": self.mode, "READINGS": self.readings, "TOKEN": self.token, "DATABASE": database}
        return {**os.environ, **{f"BILLING_{name}": value for name, value in own.items()}}


@dataclass(slots=True, eq=False)
class Server:
    """A server process, which can be killed and started again on the same port."""

    candidate: Candidate
    database: str
    log: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its endpoint."""
        return f"http://127.0.0.1:{self.port}/rpc"

    def start(self) -> None:
        """Start it, and wait until it is healthy."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*UVICORN, "--port", str(self.port), "--log-level", "warning"],
                env=self.candidate.environment(self.database), stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(self.is_healthy, lambda: f"the server does not answer:\n{self.log.read_text()}")

    def is_healthy(self) -> bool:
        """Return whether it answers, and reaches its database."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    def resets(self) -> int:
        """Return how many resets its database has seen: each makes a clock."""
        engine = create_engine(self.database)
        try:
            with engine.connect() as connection:
                return int(connection.execute(text("SELECT count(*) FROM test_clocks")).scalar_one())
        finally:
            engine.dispose()

    def kill(self) -> None:
        """End it without a chance to clean up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def wait_for(condition: Callable[[], bool], complaint: Callable[[], str], seconds: float = WAIT) -> None:
    """Wait until a condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint())
        time.sleep(0.2)


@contextmanager
def running(candidate: Candidate, folder: Path) -> Iterator[list[Server]]:
    """Run a server for each database until the block ends."""
    servers = [
        Server(candidate, database, folder / f"server-{number}.log", free_port())
        for number, database in enumerate(candidate.databases, 1)
    ]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.kill()
