"""Accept the billing service as its owner would: two databases, two workers, a token, and servers that are killed."""

import argparse
import resource
import secrets
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster import Missing, postgres
from kit import Result, Run
from servers import FOLDER, WAIT, Candidate, Server, running, wait_for

CONFORMS, DEVIATES, ERRORED = 0, 1, 3  # exit statuses of billing-tck run
KILL_AFTER = 20  # resets of the server that is killed
LOST = 1  # scenarios that a restart may cost: the one that is interrupted


class Rejected(Exception):
    """The acceptance did not go as it must."""


@dataclass(slots=True)
class Acceptance:
    """The runs so far, and where their files are."""

    folder: Path
    databases: tuple[str, ...]
    arguments: list[str]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    results: list[Result] = field(default_factory=list)
    with_servers: list[Result] = field(default_factory=list)  # runs that started the servers

    def candidate(self, mode: str, readings: str) -> Candidate:
        """Return a service to accept."""
        return Candidate(mode, readings, self.databases, self.token)

    @contextmanager
    def run(self, candidate: Candidate, name: str, *arguments: str) -> Iterator[Run]:
        """Start a run of the kit, which has ended when the block has."""
        run = Run.start(candidate, self.folder / name, *arguments)
        try:
            yield run
            (self.with_servers if "--start" in arguments else self.results).append(run.wait())
        finally:
            run.stop()

    def check(self, title: str, result: Result, expected: int, *, holds: bool = True) -> None:
        """Print how a run ended. Raises Rejected where that is not what must be."""
        print(f"{title}: {result}", flush=True)
        if result.status != expected or not holds:
            raise Rejected(f"{title}: status {result.status}, expected {expected}\n{result.printed}")

    def summary(self, seconds: float) -> str:
        """Return the time, the calls and the kit's share of the processor time, once everything has ended."""
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = sum(result.cpu for result in self.results)
        total = usage.ru_utime + usage.ru_stime - sum(result.cpu for result in self.with_servers)
        calls = sum(result.calls for result in (*self.results, *self.with_servers))
        share = f"the kit's own CPU {100 * own / total:.0f}% ({own:.0f} s of {total:.0f} s, without the last run)"
        return f"{seconds:.0f} s, {calls:,} calls, {share}"


def accept(acceptance: Acceptance, exact: Candidate, nightly: Candidate) -> None:
    """Run the kit in every mode, and kill servers on the way."""
    with running(exact, acceptance.folder) as servers:
        with acceptance.run(exact, "exact", *suts(servers), *acceptance.arguments) as run:
            pass
        acceptance.check(exact.title, run.wait(), CONFORMS)
    with running(nightly, acceptance.folder) as servers:
        restart_in_the_middle(acceptance, nightly, servers)
        leave_in_the_middle(acceptance, nightly, servers)
    let_the_kit_start(acceptance, exact)


def suts(servers: list[Server]) -> list[str]:
    """Return the options for a worker of the kit for each server."""
    return [*(word for server in servers for word in ("--sut", server.url)), "--workers", str(len(servers))]


def restart_in_the_middle(acceptance: Acceptance, candidate: Candidate, servers: list[Server]) -> None:
    """Kill a server and start it again: the kit waits for it, and runs again what met no server."""
    patient = ("--reset-timeout", str(WAIT))  # however long the start takes on a busy machine
    with acceptance.run(candidate, "restarted", *suts(servers), *patient, *acceptance.arguments) as run:
        killed = kill(servers[1], run)
        servers[1].start()
        print(
            f"{candidate.title}: a server was killed, and is back after {time.monotonic() - killed:.1f} s", flush=True
        )
    result = run.wait()
    lost = result.scenarios("errored")
    expected = ERRORED if lost else CONFORMS
    acceptance.check(candidate.title, result, expected, holds=len(lost) <= LOST)
    if lost:
        only = [word for scenario in lost for word in ("--scenario", scenario)]
        with acceptance.run(candidate, "again", "--sut", servers[0].url, *only) as run:
            pass
        acceptance.check("what the killed server left, again", run.wait(), CONFORMS)


def leave_in_the_middle(acceptance: Acceptance, candidate: Candidate, servers: list[Server]) -> None:
    """Kill a server for good: the verdicts so far are kept, the rest is errored, and the status says so."""
    options = ["--sut", servers[0].url, "--reset-timeout", "2", *acceptance.arguments]
    with acceptance.run(candidate, "gone", *options) as run:
        kill(servers[0], run)
    result = run.wait()
    kept = result.count("conforms") >= KILL_AFTER // 2 and not result.count("deviates")
    says = "cannot reach" in result.printed
    acceptance.check("a server that is gone", result, ERRORED, holds=kept and says)


def kill(server: Server, run: Run) -> float:
    """Kill a server once it has had some calls; return when that was."""
    enough = server.resets() + KILL_AFTER
    wait_for(lambda: run.is_over() or server.resets() > enough, lambda: "the kit does not begin", 600)
    if run.is_over():
        raise Rejected(f"the run ended before {KILL_AFTER} resets, so that no server was killed\n{run.wait().printed}")
    server.kill()
    return time.monotonic()


def let_the_kit_start(acceptance: Acceptance, candidate: Candidate) -> None:
    """Let the kit start the servers itself, each worker its own, with a database of its own."""
    serve = shlex.join([sys.executable, str(FOLDER / "serve.py"), "{port}", *candidate.databases])
    options = ["--sut", "http://127.0.0.1:{port}/rpc", "--workers", "2", "--start", serve, "--health", "/health"]
    with acceptance.run(candidate, "started", *options, "--family", "trial") as run:
        pass
    acceptance.check("servers that the kit starts", run.wait(), CONFORMS)


def main() -> int:
    """Run the acceptance, and say in one line how it went."""
    parser = argparse.ArgumentParser(prog="acceptance", description=__doc__)
    parser.add_argument("--sqlite", action="store_true", help="use SQLite where there is no PostgreSQL")
    parser.add_argument("--swap", action="store_true", help="give the nightly mode to the default readings")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep reports, recordings and logs in a new folder")
    options, arguments = parser.parse_known_args()
    readings = ("house", "default") if options.swap else ("default", "house")
    began = time.monotonic()
    status, said, summary = CONFORMS, "both modes conform, and servers that were killed are reported", ""
    try:
        with ExitStack() as stack:
            folder = options.keep or Path(stack.enter_context(TemporaryDirectory(prefix="billing-acceptance-")))
            databases = stack.enter_context(databases_in(folder.resolve(), sqlite=options.sqlite))
            acceptance = Acceptance(folder.resolve(), databases, arguments)
            accept(acceptance, acceptance.candidate("exact", readings[0]), acceptance.candidate("nightly", readings[1]))
        summary = f"; {acceptance.summary(time.monotonic() - began)}"
    except Rejected as rejected:
        status, said = DEVIATES, str(rejected)
    except (Missing, TimeoutError) as error:
        status, said = ERRORED, str(error)
    print(f"make acceptance: {said}{summary}")
    return status


@contextmanager
def databases_in(folder: Path, *, sqlite: bool) -> Iterator[tuple[str, ...]]:
    """Provide two databases until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["first", "second"]
    if sqlite:
        yield tuple(f"sqlite:///{folder / name}.sqlite" for name in names)
    else:
        with postgres(names) as cluster:
            yield tuple(map(cluster.url, names))


if __name__ == "__main__":
    raise SystemExit(main())
