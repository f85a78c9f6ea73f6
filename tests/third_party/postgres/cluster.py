"""A PostgreSQL of its own on loopback: data in a temporary folder, a free port, ended with the block."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

WAIT = 60  # seconds for PostgreSQL to answer


class Missing(Exception):
    """A tool is not installed."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where PostgreSQL answers, and as whom."""

    port: int
    user: str
    password: str

    def url(self, database: str, scheme: str = "postgresql+psycopg") -> str:
        """Return the address of a database."""
        return f"{scheme}://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect to a database, without a transaction."""
        return psycopg.connect(self.url(database, "postgresql"), autocommit=True)


def tool(name: str) -> str:
    """Return the path of a program of PostgreSQL; Debian keeps them outside the search path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
    if found is None:
        raise Missing(f"{name} was not found; install the Debian package postgresql: apt-get install postgresql")
    return found


def unprivileged() -> dict[str, Any]:
    """Return how to start a process of PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {each.pw_name for each in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(databases: list[str]) -> Iterator[Cluster]:
    """Run PostgreSQL, with these databases, until the block ends."""
    initdb, server, owner = tool("initdb"), tool("postgres"), unprivileged()
    with TemporaryDirectory(prefix="billing-postgres-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        cluster = Cluster(free_port(), "billing", secrets.token_urlsafe(16))
        password_file = folder / "password"
        password_file.write_text(cluster.password)
        for path in (folder, password_file):
            if owner:
                os.chown(path, owner["user"], owner["group"])
        command = [initdb, "-D", str(folder / "data"), "-U", cluster.user, "-A", "scram-sha-256"]
        command += ["--pwfile", str(password_file), "-E", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)
        # What a crash of the machine could lose does not matter here, so nothing waits for the disk.
        options = {"listen_addresses": "127.0.0.1", "port": cluster.port, "unix_socket_directories": "", "fsync": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([server, "-D", folder / "data", *settings], cwd=folder, stderr=log, **owner)
        try:
            wait_until_ready(cluster, process, folder / "log")
            with cluster.connect("postgres") as connection:
                for database in databases:
                    connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))
            yield cluster
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait()


def wait_until_ready(cluster: Cluster, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until PostgreSQL answers."""
    deadline = time.monotonic() + WAIT
    while True:
        try:
            cluster.connect("postgres").close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Missing(f"PostgreSQL does not answer: {error}\n{log.read_text()}") from error
            time.sleep(0.2)
        else:
            return
