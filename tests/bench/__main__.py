"""The benchmark in one run: the table, the goals, growth, and a chart."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .generate import STEPS, write_all
from .measure import CommandFailed, Measured, collected_in, interpreter_memory, measure_on_terminal
from .paired import ALL, ratio_of
from .rounds import one_round
from .runners import PYTEST_KIT, contenders, environment
from .table import Row, chart, goals, table

ROOT = Path(__file__).parent.parent.parent
TIME_LIMIT = 900


def main(argv: Sequence[str] | None = None) -> int:
    """0 where everything could be measured; goals that do not hold are output, and fail nothing: machines differ."""
    args = _arguments(argv)
    folder: Path = args.folder
    folder.mkdir(parents=True, exist_ok=True)
    tools = folder / "tools"
    listed = contenders(tools)
    runs: dict[str, list[Measured]] = {c.name: [] for c in listed if not c.missing}
    core: list[Measured] = []
    collected: list[float] = []
    through_pytest = next(contender for contender in listed if contender.name == PYTEST_KIT)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work"
        write_all(work, args.scenarios)
        for turn in range(args.rounds + 1):
            begun = f"round {turn} of {args.rounds}" if turn else "warming up"
            for name, run in one_round(
                listed, work, tools, args.scenarios, lambda name, begun=begun: _say(f"{begun}: {name}")
            ):
                if turn:
                    runs[name].append(run)
            _say(f"{begun}: the whole core")
            run = measure_on_terminal((sys.executable, "-m", "billing_tck", "run", "--core"), work, os.environ)
            seconds = collected_in(through_pytest.command, work / through_pytest.folder, environment(work, tools))
            if turn:
                core.append(run)
                collected.append(seconds)
    _say("")
    rows = {name: Row(name, tuple(measured)) for name, measured in runs.items()}
    missing = {contender.name: contender.missing for contender in listed if contender.missing}
    version = platform.python_version()
    head = f"{args.scenarios} scenarios of {STEPS} cheap steps, {args.rounds} rounds in turn, Python {version}"
    print(f"{head}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", "", sep="\n")
    print("\n".join(table(rows, missing, args.scenarios, STEPS)), "", sep="\n")
    ratios = {compared.name: ratio_of(compared, runs) for compared in ALL}
    print("ratios of paired rounds, with confidence")
    print(*(f"  {name:55} {ratio or 'not measured'}" for name, ratio in ratios.items()), "", sep="\n")
    reached = list(goals(rows, core, interpreter_memory(), collected))
    print("\n".join(map(str, reached)))
    (folder / "bench.svg").write_text(chart(rows, head))
    said = {
        "scenarios": args.scenarios,
        "steps": STEPS,
        "rounds": args.rounds,
        "contenders": {name: [run.as_json() for run in measured] for name, measured in runs.items()},
        "missing": missing,
        "ratios": {name: ratio and asdict(ratio) for name, ratio in ratios.items()},
        "core": [run.as_json() for run in core],
        "collected": collected,
        "goals": [{"goal": goal.sentence, "came": goal.came, "holds": goal.holds} for goal in reached],
    }
    (folder / "bench.json").write_text(json.dumps(said, indent=1) + "\n")
    if not args.no_growth:
        print("\nhow cost grows (linear or better: 1 and less)")
        sys.stdout.flush()
        # In a process of its own: this one stays small, as what it starts begins with its memory.
        subprocess.run([sys.executable, "-m", "tests.bench.growth"], cwd=ROOT, check=True, timeout=TIME_LIMIT)
    print(f"\nchart and figures: {folder / 'bench.svg'}, {folder / 'bench.json'}")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=6, metavar="N", help="rounds that count (default: 6)")
    parser.add_argument("--scenarios", type=int, default=300, metavar="N", help="scenarios (default: 300)")
    parser.add_argument("--folder", type=Path, default=ROOT / "report" / "bench", metavar="DIR", help="what is written")
    parser.add_argument("--no-growth", action="store_true", help="leave out how cost grows")
    return parser.parse_args(argv)


def _say(text: str) -> None:
    """Print the current activity on one line that is overwritten; nothing if the stream is not a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandFailed as failed:
        sys.exit(str(failed))
