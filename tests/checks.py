"""The checks of `make test`, run one after another; the last line is the summary."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parent.parent
# The test files that run with coverage, of the packages in `tool.coverage.run` of pyproject.toml. Tracing doubles the
# time of a test, so the others run without.
COVERED = tuple(
    f"tests/test_{name}.py"
    for name in (
        "aggregate",
        "baseline",
        "call_sentences",
        "compare",
        "contract_document",
        "contract_values",
        "coverage_matrix",
        "drivers_http",
        "drivers_in_process",
        "drivers_stdio",
        "engine",
        "features",
        "gherkin_cell",
        "glue",
        "isolated_child",
        "known_deviations",
        "lint",
        "messages",
        "redundant_reads",
        "report_html",
        "reports",
        "requirements",
        "runner",
        "serve",
        "suggestions",
        "sut",
        "terminal",
        "verdicts",
        "verify",
    )
)
FLOOR = 87  # per cent of lines and branches
PYTEST = (
    BIN / "pytest",
    "-q",
    "-n",
    "2",
    "--dist",
    "loadfile",
    "--no-loadscope-reorder",
    "-p",
    "no:cacheprovider",
    "-m",
    "not slow and not node",
)
CHECKS = (
    ("style", (BIN / "ruff", "check", "--quiet", ".")),
    ("format", (BIN / "ruff", "format", "--check", "--quiet", ".")),
    ("types", (BIN / "mypy",)),
    ("import layers", (BIN / "lint-imports", "--no-logo")),
    ("tests with coverage", (*PYTEST, *COVERED, "--cov", "--cov-report=term", f"--cov-fail-under={FLOOR}")),
    ("other tests", (*PYTEST, *(f"--ignore={file}" for file in COVERED))),
)


def main() -> int:
    """Run the checks; return 0 if all passed, else 1."""
    failed = []
    begun = time.monotonic()
    # Tests start the kit hundreds of times: without compiled modules each start would compile them again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, command in CHECKS:
        print(f"== {name}: {' '.join(Path(part).name if part is command[0] else str(part) for part in command)}")
        sys.stdout.flush()
        if subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
    seconds = time.monotonic() - begun
    if failed:
        print(f"make test: failed: {', '.join(failed)} ({seconds:.0f} s)")
        return 1
    print(f"make test: all {len(CHECKS)} checks passed ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
