"""`make neighbours`: the kit's plugin beside others, at the lowest and the newest versions of what it depends on.

Prints a table of plugins, Pythons and versions. 0 everything is green, 1 something is red, 3 something is missing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .environments import FOLDER, Environment, SetupError, build_wheel, make, pythons
from .judgement import wrong_alone, wrong_beside
from .plugins import NEIGHBOURS, TOGETHER, Neighbour
from .project import Outcome, run_project


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: a row beside an environment, and what is wrong there."""

    row: str
    environment: Environment
    wrong: tuple[str, ...]


def main() -> int:
    """Run everything and print the table; return the exit status."""
    parser = argparse.ArgumentParser(prog="make neighbours", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only these plugins (repeatable)")
    parser.add_argument("--python", action="append", default=[], metavar="3.N", help="only these Pythons (repeatable)")
    args = parser.parse_args()
    began = time.monotonic()
    neighbours = [n for n in NEIGHBOURS if not args.only or n.distribution in args.only]
    try:
        environments = _environments(args.python)
    except SetupError as error:
        print(f"make neighbours: {error}", file=sys.stderr)
        return 3
    FOLDER.mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=FOLDER))
    try:
        cells = [cell for environment in environments for cell in _cells(environment, neighbours, scratch)]
    finally:
        shutil.rmtree(scratch)
    print("\n".join(table(cells)))
    return _closing(cells, environments, time.monotonic() - began)


def _environments(only: Sequence[str]) -> list[Environment]:
    found = {minor: path for minor, path in pythons().items() if not only or minor in only}
    if not found:
        raise SetupError(f"no Python to run with: {', '.join(only) or 'none from 3.11 on'}")
    said = f"Python {', '.join(found)}" + (": the only one on this machine" if len(found) == 1 and not only else "")
    print(f"make neighbours: {said}", flush=True)
    wheel = build_wheel()
    names = [neighbour.distribution for neighbour in NEIGHBOURS]
    wanted = [(minor, path, versions) for minor, path in found.items() for versions in ("lowest", "newest")]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda one: make(one[1], one[0], one[2], wheel, names), wanted))
    print(f"make neighbours: {len(made)} environments are ready", flush=True)
    return made


def _cells(environment: Environment, neighbours: Sequence[Neighbour], scratch: Path) -> Iterator[Cell]:
    """Yield the cells of one environment: the run alone, one beside each neighbour, and one beside all of them."""
    folder = scratch / environment.name.replace(" ", "-")
    alone = run_project(environment.python, folder / "alone", (), None)
    wrong = tuple(wrong_alone(alone))
    yield Cell("alone", environment, wrong)
    _show(environment, "alone", wrong, alone)
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(lambda one: _beside(environment, one, alone, folder), [*neighbours, TOGETHER])


def _beside(environment: Environment, neighbour: Neighbour, alone: Outcome, folder: Path) -> Cell:
    row = neighbour.distribution
    project = folder / row.replace(" ", "-")
    outcome = run_project(environment.python, project, _plugins(environment, neighbour), neighbour)
    wrong = tuple(wrong_beside(outcome, alone, neighbour, project))
    _show(environment, row, wrong, outcome)
    return Cell(row, environment, wrong)


def _plugins(environment: Environment, neighbour: Neighbour) -> tuple[str, ...] | None:
    """Return the plugins to load by name; None stands for all that are installed."""
    if neighbour is TOGETHER:
        return None
    return tuple(
        plugin for name in (*neighbour.needs, neighbour.distribution) for plugin in environment.installed[name][1]
    )


def _show(environment: Environment, row: str, wrong: Sequence[str], outcome: Outcome) -> None:
    if wrong:
        print(f"red: {row}, Python {environment.name}: {'; '.join(wrong)}", flush=True)
        print("\n".join(f"    {line}" for line in outcome.output.splitlines()[-25:]), flush=True)


def table(cells: Sequence[Cell]) -> list[str]:
    """Return the table: a row for each plugin, a column for each Python and set of versions."""
    rows = list(dict.fromkeys(cell.row for cell in cells))
    columns = list(dict.fromkeys(cell.environment.name for cell in cells))
    said = {(cell.row, cell.environment.name): "green" if not cell.wrong else "RED" for cell in cells}
    versions: dict[str, dict[str, None]] = {}
    for cell in cells:
        if cell.row in cell.environment.installed:
            versions.setdefault(cell.row, {})[cell.environment.installed[cell.row][0]] = None
    names = {row: f"{row} {', '.join(versions.get(row, {}))}".strip() for row in rows}
    wide = max(map(len, names.values()))
    lines = ["  ".join([" " * wide, *(f"{column:>11}" for column in columns)])]
    for row in rows:
        lines.append("  ".join([f"{names[row]:<{wide}}", *(f"{said.get((row, c), '-'):>11}" for c in columns)]))
    return lines


def _closing(cells: Sequence[Cell], environments: Sequence[Environment], seconds: float) -> int:
    red = sum(bool(cell.wrong) for cell in cells)
    count = f"{len(cells)} runs in {len(environments)} environments"
    if red:
        print(f"make neighbours: {red} of {count} are red ({seconds:.0f} s)")
        return 1
    print(f"make neighbours: all {count} are green ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
