"""Measure how much faster `--workers 2` is than one, for an implementation that takes 5 ms a call.

    python -m tests.bench.workers [--rounds N]

It runs the core against the reference behind a pause, as whole commands, in turn.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

LEAST = 1.8  # times as fast on two cores: the goal
CONTENDERS = Path(__file__).parent / "contenders"
COMMAND = (sys.executable, "-m", "billing_tck", "run", "--sut", "python:slow_reference:build", "--core", "--workers")


def seconds(workers: int) -> float:
    """Return the duration of a whole run."""
    begun = time.monotonic()
    subprocess.run(
        [*COMMAND, str(workers)],
        env={**os.environ, "PYTHONPATH": str(CONTENDERS)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - begun


def main() -> int:
    """Print the ratio of each round; return 1 where the goal does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2, help="number of rounds (default: 2)")
    rounds = [(seconds(1), seconds(2)) for _ in range(parser.parse_args().rounds)]
    ratios = sorted(one / two for one, two in rounds)
    print(f"--workers: {', '.join(f'{one:.1f} s with one, {two:.1f} s with two' for one, two in rounds)}")
    ratio = median(ratios)
    verdict = "holds" if ratio >= LEAST else "does not hold"
    print(
        f"--workers 2 is {ratio:.2f} times as fast ({ratios[0]:.2f} to {ratios[-1]:.2f}); the goal of {LEAST} {verdict}"
    )
    return int(ratio < LEAST)


if __name__ == "__main__":
    sys.exit(main())
