"""Check that other tools read the kit's output: `python -m tests.editors`, or `make editors`.

The Cucumber language service (the one of the VS Code extension) must understand every step of the kit's features from
the glue file, and reject a misspelt one; Cucumber's own formatters must render messages.ndjson. Needs Node 20 and npm.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODULES = ROOT / ".editors"
COMMAND = Path(sys.executable).parent / "billing-tck"
FEATURES = sorted((ROOT / "features").rglob("*.feature"))


def run(words: Sequence[str | Path], cwd: Path = MODULES, statuses: Sequence[int] = (0,)) -> str:
    """Run a command and return its output; exit with its error where it failed."""
    result = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode not in statuses:
        raise SystemExit(f"make editors: {words[0]} failed with status {result.returncode}:\n{result.stderr[-2000:]}")
    return result.stdout


def install() -> None:
    """Install the packages, and put the scripts beside them."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        raise SystemExit(f"make editors: {' and '.join(missing)} not found; install Node.js 20 or later")
    MODULES.mkdir(exist_ok=True)
    for file in (*HERE.glob("*.mjs"), HERE / "package.json"):
        shutil.copy2(file, MODULES / file.name)
    run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"])


def problems_of_editors(answer: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with the language service's answers."""
    diagnostics, misspelt, completions = answer["diagnostics"], answer["misspelt"], answer["completions"]
    assert isinstance(diagnostics, dict)
    assert isinstance(misspelt, list)
    assert isinstance(completions, list)
    yield from (f"the glue file: {error}" for error in answer["errors"])  # type: ignore[attr-defined]
    for file, found in diagnostics.items():
        yield from (f"{file}:{one['line']}: {one['message']}" for one in found)
    if len(misspelt) != 1:
        yield f"a misspelt step has {len(misspelt)} diagnostics, expected 1"
    if not any("adds a card" in label for label in completions):
        yield f"'the organization adds' is not completed: {completions[:5]}"


def main() -> int:
    """Run the checks; 0 where nothing is wrong."""
    print("installing the Cucumber language service and formatters into .editors")
    install()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run([COMMAND, "steps", "--glue", folder / "glue.ts"], cwd=folder)
        answer = json.loads(run(["node", "language_service.mjs", folder / "glue.ts", *FEATURES]))
        problems = list(problems_of_editors(answer))
        print(f"language service: {len(answer['expressions'])} expressions, {len(FEATURES)} feature files, "
              f"{sum(map(len, answer['diagnostics'].values()))} diagnostics")  # fmt: skip
        run([COMMAND, "run", "--sut", "faulty:stop-after-21-days", "--family", "unpaid_invoices", "--report",
             folder / "report"], cwd=folder, statuses=(1,))  # fmt: skip
        summary = run(["node", "formatters.mjs", folder / "report" / "messages.ndjson", folder / "report.html"])
        failed = summary.count("expected every service of the organization is stopped")
        print(f"pretty-formatter: {len(summary.splitlines())} lines; html-formatter: "
              f"{(folder / 'report.html').stat().st_size:,} bytes")  # fmt: skip
        if not failed:
            problems.append("the pretty formatter does not show the deviations of messages.ndjson")
        if "stop-after-21-days" not in (folder / "report.html").read_text(encoding="utf-8"):
            problems.append("the HTML formatter's page does not name the implementation of messages.ndjson")
    for problem in problems:
        print(f"  {problem}")
    outcome = f"{len(problems)} problems" if problems else "the language service and both formatters agree"
    print(f"make editors: {outcome}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
