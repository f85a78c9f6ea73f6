"""A case: what is done, and the statuses that the documentation gives for it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONFORMS, DEVIATES, USAGE, ERRORED, INTERRUPTED, PIPE = 0, 1, 2, 3, 130, 141
SOME = ("--clause", "BC-02")
MARKUP = "\x1b]0;title\x07::error::x ##vso[a]b <script>alert(1)</script> \u202e"


@dataclass(frozen=True, slots=True)
class Case:
    """A command in a folder of its own, and how it may end.

    `files` are written there first, and `prepare` does what they cannot; `output` is where standard output goes: a
    pipe, `full`, `closed`, or a pipe whose `reader` is gone. `after` is a signal, and the seconds until it is
    sent to the kit alone, from when the kit catches signals. `report` says that `verify` must accept the folder `out`
    afterwards.
    """

    kind: str
    name: str
    words: tuple[str, ...]
    statuses: tuple[int, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    prepare: Callable[[Path], object] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    output: str = "pipe"
    after: tuple[signal.Signals, float] | None = None
    report: bool = False
    seconds: float = 60.0


def run_words(*words: str, report: bool = False) -> tuple[str, ...]:
    """Return the words of a run, which writes a report to `out` if asked."""
    return ("run", *words, *(("--report", "out") if report else ()))


def stdio(name: str) -> str:
    """Return the spec of an implementation of `wire`."""
    return f"stdio:{sys.executable} -m tests.hostile_cases.wire {name}"
