"""Mutate the code that decides verdicts, and list the mutants that its tests do not notice.

    python -m tests.mutation [--sample N] [--seed S] [TARGET …]

Every target of `targets.toml` is a module with the tests that are responsible for it. The checkout is copied, and
cosmic-ray tests each mutant there. A survivor is either explained in `explained.toml` or makes the command fail.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.commands import execute, init
from cosmic_ray.config import ConfigDict
from cosmic_ray.modules import find_modules
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkResult

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    """A module to mutate, and the test files that must notice."""

    module: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: where it is, and the lines that it replaced and put in place."""

    module: str
    definition: str
    line: int
    removed: str
    added: str


def targets() -> list[Target]:
    """Return the targets of `targets.toml`."""
    content = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
    return [Target(str(row["module"]), tuple(row["tests"])) for row in content["target"]]


def explained() -> dict[tuple[str, str, str], str]:
    """Return the reason for each survivor that is equivalent or deliberately not tested."""
    content = tomllib.loads((HERE / "explained.toml").read_text(encoding="utf-8"))
    return {(row["module"], row["removed"], row["added"]): row["reason"] for row in content.get("mutant", [])}


def copy_of_checkout(folder: Path) -> Path:
    """Copy the tracked files of the checkout, so that mutants never touch it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target)
    return folder


def survivors(target: Target, sample: int | None, seed: int) -> tuple[int, list[Survivor]]:
    """Return how many mutants of a target were tested, and those that survived."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folder = copy_of_checkout(Path(name))
        os.chdir(folder)
        os.environ["PYTHONPATH"] = os.pathsep.join(str(folder / root) for root in ("steps", "reference_impl"))
        command = f"{sys.executable} -m pytest -x -q -n0 -p no:cacheprovider -p no:randomly {' '.join(target.tests)}"
        clean = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if clean.returncode:
            raise SystemExit(f"{target.module}: its tests fail without a mutant:\n{clean.stdout[-2000:]}")
        with use_db(str(folder / "mutation.sqlite"), WorkDB.Mode.create) as work:
            init(list(find_modules([folder / target.module])), work, {})
            _choose(work, sample, seed)
            execute(work, ConfigDict({"test-command": command, "timeout": TIMEOUT, "distributor": {"name": "local"}}))
            found = list(_survived(work, target.module))
            return sum(result.worker_outcome is WorkerOutcome.NORMAL for _, result in work.results), found


def _choose(work: WorkDB, sample: int | None, seed: int) -> None:
    """Skip mutants that change nothing, and all but a random sample of the rest."""
    items = sorted(work.work_items, key=lambda item: str(item.mutations))  # job ids differ from run to run
    # Annotations are never evaluated, and `|` stands hardly anywhere else.
    jobs = [item.job_id for item in items if "BinaryOperator_BitOr" not in item.mutations[0].operator_name]
    chosen = set(jobs if sample is None or sample >= len(jobs) else random.Random(seed).sample(jobs, sample))
    for item in items:
        if item.job_id not in chosen:
            work.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))


def _survived(work: WorkDB, module: str) -> Iterator[Survivor]:
    places = {item.job_id: item.mutations[0] for item in work.work_items}
    for job, result in work.results:
        if result.worker_outcome is WorkerOutcome.NORMAL and not result.is_killed:
            lines = [line for line in (result.diff or "").splitlines() if not line.startswith(("---", "+++"))]
            removed = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
            added = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
            place = places[job]
            yield Survivor(module, place.definition_name or "", place.start_pos[0], removed, added)


def main(words: Sequence[str]) -> int:
    """Run the mutants; 1 where one survived that is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("target", nargs="*", help="part of a module's name (default: every target)")
    parser.add_argument("--sample", type=int, metavar="N", help="test N mutants of each target (default: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which sample (default: 1)")
    asked = parser.parse_args(words)
    known, unexplained, tested = explained(), 0, 0
    for target in targets():
        if asked.target and not any(part in target.module for part in asked.target):
            continue
        count, found = survivors(target, asked.sample, asked.seed)
        tested += count
        print(f"{target.module}: {count} mutants, {len(found)} survived", flush=True)
        for one in found:
            reason = known.get((one.module, one.removed, one.added))
            unexplained += reason is None
            print(f"  line {one.line}, {one.definition or 'module'}: {reason or 'NOT EXPLAINED'}")
            print(f"    - {one.removed}\n    + {one.added}")
    print(f"mutation: {tested} mutants tested, {unexplained} survivors not explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
