"""Fail when the kit has become slower, measured against bare calls in the same run and never by absolute time.

    python -m tests.bench.check [--rounds N] [--scenarios N] [--store]

It runs what needs nothing but Python, in turn, and compares each ratio with the stored one (`stored.json`, with the
machine and the date of its measurement). A ratio whose median is 1.3 times the stored one, and whose least round is
above it, is a failure: status 1. `--store` stores what it measures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from .generate import write_all
from .measure import CommandFailed, Measured
from .paired import GUARDED, Ratio, ratio_of
from .rounds import one_round
from .runners import in_python

STORED = Path(__file__).parent / "stored.json"
WORSE = 1.3


def measured(rounds: int, scenarios: int) -> dict[str, Ratio]:
    """Return the guarded ratios by name. Raises CommandFailed."""
    wanted = {name for compared in GUARDED for name in (compared.one, compared.other)}
    some = [contender for contender in in_python() if contender.name in wanted]
    runs: dict[str, list[Measured]] = {contender.name: [] for contender in some}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary, "work")
        write_all(work, scenarios)
        for turn in range(rounds + 1):
            for name, run in one_round(some, work, Path(temporary), scenarios):
                if turn:  # the first round warms up
                    runs[name].append(run)
    found = {compared.name: ratio_of(compared, runs) for compared in GUARDED}
    return {name: ratio for name, ratio in found.items() if ratio is not None}


def worse(ratios: Mapping[str, Ratio], stored: Mapping[str, float]) -> list[str]:
    """Return the names of the ratios that are worse than the stored ones allow."""
    return [
        name
        for name, ratio in ratios.items()
        if name in stored and ratio.median > WORSE * stored[name] and ratio.low > stored[name]
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.check", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, metavar="N", help="rounds that count (default: 6)")
    parser.add_argument("--scenarios", type=int, default=100, metavar="N", help="scenarios (default: 100)")
    parser.add_argument("--store", action="store_true", help="store the ratios, with the machine and the date")
    args = parser.parse_args(argv)
    ratios = measured(args.rounds, args.scenarios)
    content = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {"ratios": {}}
    stored = {name: float(ratio["median"]) for name, ratio in content["ratios"].items()}
    for name, ratio in ratios.items():
        print(f"{name:55} {ratio}; stored {stored.get(name, float('nan')):.2f}")
    if args.store:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        new = {
            "machine": machine,
            "python": platform.python_version(),
            "on": datetime.now(UTC).date().isoformat(),
            "scenarios": args.scenarios,
            "ratios": {name: asdict(ratio) for name, ratio in ratios.items()},
        }
        STORED.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
        print(f"stored in {STORED.name}")
        return 0
    slower = worse(ratios, stored)
    print(f"bench check: {'slower: ' + '; '.join(slower) if slower else 'no ratio is 1.3 times the stored one'}")
    return 1 if slower else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandFailed as failed:
        sys.exit(str(failed))
