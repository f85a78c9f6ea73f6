"""Measure the kit's overhead over the bare round trips of a run, on standard streams and over HTTP.

    python -m tests.bench.roundtrips [--rounds N] [--command 'node server.mjs --stdio']

It records the calls of a whole run; a bare client sends the same bytes and only reads the answers. Both run in turn,
and the fastest round of each counts, because disturbances only add time. It also counts the calls that no scenario
needs: reads that repeat an earlier read with no command in between.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import http.client
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from billing_tck.connect import open_driver
from billing_tck.contract import READS
from billing_tck.drivers import Driver
from billing_tck.drivers.jsonrpc import request
from billing_tck.engine.runner import describe
from billing_tck.engine.runner import run as run_scenarios
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load

MOST = {"stdio": 1.2, "http": 1.4}  # times the bare round trips made with the same client: goals
REFERENCE = (sys.executable, "-m", "billing_tck", "serve")


@dataclass(slots=True)
class Recorder:
    """A driver that records the bytes of every call, and counts redundant reads."""

    driver: Driver
    sent: list[bytes] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0
    _known: set[tuple[str, str]] = field(default_factory=set)

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        self.sent.append(request(len(self.sent) + 1, method, params))
        if method in READS:
            key = (method, str(sorted(params.items())))
            self.repeated += key in self._known
            self._known.add(key)
        else:
            self._known.clear()
        try:
            return self.driver.call(method, params)
        except Exception:
            self.refused += 1
            raise


def main() -> int:
    """Print the figures; return 1 if the overhead exceeds the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="number of rounds (default: 5)")
    parser.add_argument("--command", help="an implementation on standard streams (default: the reference)")
    args = parser.parse_args()
    scenarios = load_suite().scenarios
    command = tuple(shlex.split(args.command)) if args.command else (*REFERENCE, "--stdio")
    shares = {
        "stdio": measured(
            "stdio", f"stdio:{shlex.join(command)}", scenarios, args.rounds, lambda sent: over_stdio(command, sent)
        )
    }
    if not args.command:
        with served() as url:
            host, port = url.removeprefix("http://").rstrip("/").split(":")
            shares["http"] = measured("http", url, scenarios, args.rounds, over_http(host, int(port)))
    for name, share in shares.items():
        verdict = "holds" if share <= MOST[name] else "does not hold"
        print(f"{name}: {share:.2f} times the bare round trips; the goal of {MOST[name]} {verdict}")
    return int(any(share > MOST[name] for name, share in shares.items()))


def measured(
    name: str, spec: str, scenarios: Sequence[Scenario], rounds: int, bare: Callable[[list[bytes]], tuple[float, int]]
) -> float:
    """Return the duration of a run as a multiple of the bare round trips."""
    recorder, _ = run(spec, scenarios)
    _, errors = bare(recorder.sent)
    if errors != recorder.refused:
        raise SystemExit(f"{name}: the replay got {errors} errors, the run {recorder.refused}; they must be equal")
    kit, alone = [], []
    for _ in range(rounds):
        kit.append(run(spec, scenarios, record=False)[1])
        alone.append(bare(recorder.sent)[0])
    calls = len(recorder.sent)
    share = min(kit) / min(alone)
    print(
        f"{name:6} {calls} calls for {len(scenarios)} scenarios, {recorder.repeated} of them redundant "
        f"reads\n       kit {min(kit):.3f} s ({min(kit) / calls * 1e6:.0f} µs a call), bare {min(alone):.3f} s "
        f"({min(alone) / calls * 1e6:.0f} µs a call): {share:.2f}; all rounds: "
        f"{', '.join(f'{k:.2f}/{b:.2f}' for k, b in zip(kit, alone, strict=True))}"
    )
    return share


def run(spec: str, scenarios: Sequence[Scenario], *, record: bool = True) -> tuple[Recorder, float]:
    """Run all scenarios; return the recorder and the seconds from the first scenario to the last verdict."""
    words = load()
    with open_driver(spec) as driver:
        recorder = Recorder(driver)
        caller = recorder if record else driver
        description = describe(caller)
        gc.collect()
        gc.freeze()  # as the command does
        begun = time.perf_counter()
        for _ in run_scenarios(scenarios, caller, vocabulary=words, description=description):
            pass
        return recorder, time.perf_counter() - begun


def over_stdio(command: Sequence[str], sent: Sequence[bytes]) -> tuple[float, int]:
    """Send the same calls with a bare client; return the seconds and the number of error responses."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        errors = 0
        begun = 0.0
        for number, line in enumerate(sent):
            if number == 1:  # the first call waits for the process to start
                begun = time.perf_counter()
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            errors += b'"error":' in process.stdout.readline()
        seconds = time.perf_counter() - begun
        process.stdin.close()
        process.wait(10)
    return seconds, errors


def over_http(host: str, port: int) -> Callable[[Sequence[bytes]], tuple[float, int]]:
    """The same over one kept connection of `http.client`, the client that the kit reads responses with."""

    def replay(sent: Sequence[bytes]) -> tuple[float, int]:
        errors = 0
        with contextlib.closing(http.client.HTTPConnection(host, port, timeout=10)) as connection:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begun = time.perf_counter()
            for body in sent:
                connection.request("POST", "/", body, {"Content-Type": "application/json"})
                errors += b'"error":' in connection.getresponse().read()
            return time.perf_counter() - begun, errors

    return replay


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the reference over HTTP on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        (*REFERENCE, "--http", str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if server.poll() is not None:
                    raise SystemExit("the reference could not be served")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


if __name__ == "__main__":
    raise SystemExit(main())
