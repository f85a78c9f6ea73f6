"""Measure how many of the catalogue's faults the explorer finds in a given time per fault.

`python -m tests.bench.explorer [--seconds 60] [--seed 0] [--fault NAME …]` prints a line per fault and the share. It
measures processor time, which other processes change little.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time

from billing_tck.explorer.campaign import Outcome, explore
from billing_tck.reference.catalogue import catalogue


class _TimeUpError(Exception):
    """The seconds are over."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """One fault: after how many seconds, histories and commands it was found; `history` is None where it was not."""

    fault: str
    seconds: float
    history: int | None
    command_count: int

    def __str__(self) -> str:
        said = "NOT FOUND" if self.history is None else f"in history {self.history}"
        return f"{self.fault:<60} {self.seconds:6.1f} s  {self.command_count:>9,} commands  {said}"


def hunt(fault: str, *, seed: str, seconds: float) -> Hunt:
    """Explores one faulty reference."""
    begun = process_time()
    so_far = Outcome()

    def watch(outcome: Outcome) -> None:
        nonlocal so_far
        so_far = outcome
        if process_time() - begun > seconds:
            raise _TimeUpError

    try:
        explored = explore(f"faulty:{fault}", seed=seed, seconds=100 * seconds, on_progress=watch)
    except _TimeUpError:
        number = None if so_far.seen is None else so_far.seen.number  # seen, and it went on for one to be written down
        return Hunt(fault, process_time() - begun, number, so_far.command_count)
    number = explored.number if explored.finding is not None else None
    return Hunt(fault, process_time() - begun, number, explored.outcome.command_count)


def main(words: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    """0 where nine in ten are found."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.explorer", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="so long for each (default: 60)")
    parser.add_argument("--seed", default="0", metavar="S")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="only this one (repeatable)")
    args = parser.parse_args(words)
    hunts = []
    for name in args.fault or [fault.name for fault in catalogue()]:
        hunts.append(hunt(name, seed=args.seed, seconds=args.seconds))
        say(str(hunts[-1]))
        sys.stdout.flush()
    found = [h for h in hunts if h.history is not None]
    slow = sorted(h.seconds for h in found)
    median = slow[len(slow) // 2] if slow else 0.0
    say(f"{len(found)} of {len(hunts)} faults found in {args.seconds:g} s each, half of them within {median:.1f} s")
    return 0 if len(found) >= 0.9 * len(hunts) else 1


if __name__ == "__main__":
    sys.exit(main())
