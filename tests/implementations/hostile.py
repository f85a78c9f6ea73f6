"""Implementations in Python that do to their process what an implementation may do; each stands on the reference.

Run as a program, it runs a few scenarios against each and prints the results as JSON, so that one start serves all:

    {"exits": {"verdicts": {"conforms": 12, "errored": 8}, "messages": ["crashed: …"], "seconds": 0.4, "left": []}, …}
"""

from __future__ import annotations

import contextlib
import ctypes
import decimal
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from billing_reference import build
from billing_tck.clock import real_perf_counter
from billing_tck.connect import open_driver
from billing_tck.connection import Connection, Processes, Timeouts
from billing_tck.contract import ImplementationError, Refused
from billing_tck.drivers.strays import descendants
from billing_tck.engine.isolated_run import run_on
from billing_tck.engine.runner import describe
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.registry import load

AT = 30  # the call at which most of them misbehave
HOSTILE: dict[str, Callable[[], object]] = {}


class Wrapped:
    """The reference, with something that is done before each call, and something that is done to each result."""

    def __init__(self, before: Callable[[int, str], None] | None = None, after: object = None) -> None:
        self.inner = build(readings={}, fault=None, late=None, clock=lambda: datetime.now(UTC))
        self.before, self.after, self.calls = before, after, 0

    def __getattr__(self, name: str) -> object:
        method = getattr(self.inner, name)

        def call(**arguments: object) -> object:
            self.calls += 1
            if self.before is not None:
                self.before(self.calls, name)
            result = method(**arguments)
            return self.after(name, result) if callable(self.after) else result

        return call


def hostile(action: Callable[[], object]) -> Callable[[], Wrapped]:
    """Return, and register, the factory of an implementation that carries out an action at one call."""

    def factory() -> Wrapped:
        return Wrapped(lambda number, _: action() if number == AT else None)

    HOSTILE[action.__name__] = factory
    return factory


@hostile
def exits() -> None:
    os._exit(0)


@hostile
def exits_in_c() -> None:
    ctypes.CDLL(None)._exit(0)


@hostile
def exits_in_a_thread() -> None:
    threading.Thread(target=os._exit, args=(0,)).start()
    time.sleep(1)


@hostile
def is_replaced() -> None:
    os.execv("/bin/true", ["true"])


@hostile
def raises_system_exit() -> None:
    sys.exit(0)


@hostile
def raises_keyboard_interrupt() -> None:
    raise KeyboardInterrupt


@hostile
def interrupts_itself() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)


@hostile
def terminates_itself() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@hostile
def crashes_in_c() -> None:
    ctypes.string_at(0)


@hostile
def hangs_and_catches_everything() -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue


@hostile
def hangs_with_its_own_alarm() -> None:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    while True:
        time.sleep(0)


@hostile
def uses_up_memory() -> None:
    bytearray(64 << 30)


@hostile
def closes_files() -> None:
    os.closerange(3, 1000)


@hostile
def raises_what_does_not_pickle() -> None:
    class Local(Refused):
        """A class that the kit cannot import."""

    raise Local("other", "not today")


@hostile
def ends_the_freeze() -> None:
    from freezegun import api  # noqa: PLC0415 - an implementation need not use it

    api.freeze_factories.clear()


@hostile
def changes_folder() -> None:
    os.chdir("/")


@hostile
def changes_decimals() -> None:
    decimal.getcontext().prec = 3
    decimal.getcontext().rounding = decimal.ROUND_UP


@hostile
def closes_standard_streams() -> None:
    os.closerange(0, 3)
    print("nobody reads this", flush=True)


@hostile
def starts_threads() -> None:
    for _ in range(20):
        threading.Thread(target=time.sleep, args=(600,)).start()


@hostile
def forks() -> None:
    os.fork()


@hostile
def forks_into_its_own_session() -> None:
    if os.fork() == 0:
        os.setsid()
        while True:
            signal.pause()


@hostile
def starts_a_process_in_its_own_session() -> None:
    subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)


@hostile
def changes_time() -> None:
    time.monotonic = time.time = time.perf_counter = lambda: 0.0


@hostile
def prints_a_lot() -> None:
    for _ in range(3000):
        print("::error::printed\x1b]0;title\x07" + "x" * 1000)


@hostile
def ignores_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


class Endless(Mapping[str, object]):
    """A result that never ends while it is read."""

    def __getitem__(self, key: str) -> object:
        while True:
            try:
                time.sleep(1)
            except Exception:
                continue

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Text(str):
    """A text that the kit cannot import."""

    __slots__ = ()


def endless_result() -> Wrapped:
    return Wrapped(after=lambda name, result: Endless() if name == "get_organization" else result)


def exits_in_the_factory() -> None:
    os._exit(0)


def hangs_in_the_factory() -> None:
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(1)


def own_text() -> Wrapped:
    return Wrapped(after=lambda name, result: result | {"name": Text("own")} if isinstance(result, dict) else result)


HOSTILE |= {made.__name__: made for made in (endless_result, exits_in_the_factory, hangs_in_the_factory, own_text)}


def main() -> None:
    """Run some scenarios against each implementation, and print what came of it."""
    suite = checked_suite(None, load_register(features_dir()), load())
    scenarios = [scenario for scenario in suite.scenarios if scenario.family == "trial" and scenario.part == "core"][:8]
    results = {}
    for name in sys.argv[1:] or HOSTILE:
        begun = real_perf_counter()
        verdicts: Counter[str] = Counter()
        messages: list[str] = []
        seconds = 0.3 if "hangs" in name or "endless" in name else 20  # the others answer, on a busy machine later
        connection = Connection(Timeouts(seconds, start=max(2, seconds)), processes=Processes(isolated=True))
        try:
            with open_driver(f"python:tests.implementations.hostile:{name}", connection=connection) as driver:
                for record in run_on(scenarios, driver, load(), describe(driver)):
                    verdicts[record.verdict.word] += 1
                    messages += [record.message] if record.message else []
        except (UnreachableError, ImplementationError) as error:
            verdicts["unreachable"] += 1
            messages.append(str(error))
        left = [process.number for process in descendants(os.getpid())]
        took = round(real_perf_counter() - begun, 2)
        results[name] = {"verdicts": verdicts, "messages": messages[:3], "seconds": took, "left": left}
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
