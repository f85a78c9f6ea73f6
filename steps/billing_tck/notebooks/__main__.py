"""`python -m billing_tck.notebooks`: writes the notebooks, or compares the stored ones with today's kit."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from billing_tck.notebooks.build import build, execute, names, written
from billing_tck.spec.gherkin import features_dir

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass
class Outcome:
    """One notebook: how long its kernel took, and what is wrong with it."""

    name: str
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Builds and runs the notebooks; 0, or 1 where one fails or differs from what is stored."""
    parser = argparse.ArgumentParser(prog="python -m billing_tck.notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these notebooks")
    parser.add_argument("--to", type=Path, default=None, metavar="DIR", help="where they are stored")
    parser.add_argument("--check", action="store_true", help="compare with what is stored, and write nothing")
    parser.add_argument("--plain", action="store_true", help="write them without running them")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="so many kernels at a time")
    args = parser.parse_args(argv)
    folder: Path = args.to or home()
    unknown = [name for name in args.names if name not in names()]
    if unknown:
        parser.error(f"there is no notebook {unknown[0]!r}; there are {', '.join(names())}")
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(args.at_once) as pool:
        outcomes = list(pool.map(lambda name: _one(name, folder, args), args.names or names()))
    if args.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    else:
        for outcome in outcomes:
            print(f"{outcome.name:<28} {outcome.seconds:5.1f} s  {'; '.join(outcome.problems) or 'as it should be'}")
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def home() -> Path:
    """Where notebooks are stored: beside the features of a checkout, else in the folder where one stands."""
    beside = features_dir().parent / "notebooks"
    return beside if (features_dir().parent / "pyproject.toml").is_file() else Path("notebooks")


def _one(name: str, folder: Path, args: argparse.Namespace) -> Outcome:
    outcome = Outcome(name)
    path = folder / f"{name}.ipynb"
    begun = perf_counter()
    try:
        notebook = build(name)
        if not args.plain:
            with tempfile.TemporaryDirectory() as clean:
                notebook = execute(notebook, Path(clean))
    except Exception as error:  # whatever a cell raised: it is told, and the other notebooks go on
        outcome.problems.append(f"{type(error).__name__}: {_short(str(error))}")
        return outcome
    outcome.seconds = round(perf_counter() - begun, 2)
    if not args.check:
        path.write_text(written(notebook), encoding="utf-8")
    elif not path.is_file():
        outcome.problems.append(f"{path.name} is not stored; write it with python -m billing_tck.notebooks")
    else:
        outcome.problems += differences(path, notebook)
    return outcome


def _short(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-3:])[:600]


def differences(path: Path, today: NotebookNode) -> list[str]:
    """Which cells of a stored notebook are not those of today."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    new = json.loads(written(today))
    if kept == new:
        return []
    old_cells = {cell["id"]: cell for cell in kept["cells"]}
    new_cells = {cell["id"]: cell for cell in new["cells"]}
    said = [f"the cell {name} is new" for name in new_cells if name not in old_cells]
    said += [f"the cell {name} is gone" for name in old_cells if name not in new_cells]
    for name, cell in new_cells.items():
        old = old_cells.get(name, cell)
        said += [f"the source of {name} is another"] if old["source"] != cell["source"] else []
        said += [f"the output of {name} is another"] if old.get("outputs") != cell.get("outputs") else []
    return said or ["its metadata or its order is another"]


if __name__ == "__main__":
    sys.exit(main())
