"""Produce the thirteen texts of the golden files, the same on every machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
COMMAND = Path(sys.executable).parent / "billing-tck"

BROKEN_FEATURES = {
    "core/unpaid_invoices.feature": """@unpaid_invoices @needs.card
Feature: Unpaid invoices

  @BC-92
  Rule: A clause that does not exist

    Scenario: A step that nobody defined
      Given an organisation that pays by card
      Then the organization is restricted

  @BC-29 @reading.unpaid_clok.per_invoice
  Rule: A reading that does not exist, and a scenario that checks nothing

    Scenario: Nothing is checked
      Given it is 18 January 2025
""",
    "core/trial.feature": "@trial\nFeature: The trial\n  Scenario: No Gherkin\n  Gvien it is 18 January 2025\n",
}


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BILLING_TCK", "GITHUB", "CI"))}
    return {**kept, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1", "TERM": "dumb"}


def _run(*words: str, folder: Path = ROOT) -> str:
    """Return what a command prints, and its exit status."""
    said = subprocess.run(
        [str(COMMAND), *words], cwd=folder, env=_environment(), capture_output=True, text=True, check=False, timeout=300
    )
    shown = f"$ billing-tck {' '.join(words)}\n{said.stdout}"
    if not said.stdout:  # what is refused is said on standard error
        shown += said.stderr
    return f"{shown}[exit status {said.returncode}]\n"


def _help() -> str:
    return _run("--help") + "\n" + _run("run", "--help")


def _a_run() -> str:
    return _run("run", "--family", "trial")


def _a_deviation() -> str:
    return _run("run", "--sut", "faulty:stop-after-21-days", "--clause", "BC-29", "--core")


def _doctor() -> str:
    return _run("doctor", "--sut", "reference")


def _clauses() -> str:
    return _run("clauses", "BC-29") + "\n" + _run("clauses")


def _readings() -> str:
    return _run("readings", "unpaid_clock") + "\n" + _run("readings")


def _compare() -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run("run", "--clause", "BC-29", "--report", str(folder / "before"))
        _run("run", "--sut", "faulty:stop-after-21-days", "--clause", "BC-29", "--report", str(folder / "after"))
        return _run("compare", "before", "after", folder=folder)


def _infer() -> str:
    return _run("infer", "--sut", "faulty:stop-after-21-days")


EXERCISE = """Given it is 18 January 2025
And an organization that pays by card
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When 16 days pass
Then the organization's services are stopped
"""


def _grade() -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mine.feature").write_text(EXERCISE, encoding="utf-8")
        return _run("grade", "mine.feature", "--clause", "BC-29", "--hints", "2", folder=Path(folder))


def _impact() -> str:
    return _run("impact", "--reading", "unpaid_clock=until_all_paid")


def _decisions() -> str:
    with tempfile.TemporaryDirectory() as name:
        example = _run("decisions", "--example", folder=Path(name))
        text = "\n".join(line for line in example.splitlines() if not line.startswith(("$", "[exit")))
        (Path(name) / "decisions.toml").write_text(text, encoding="utf-8")
        return example + "\n" + _run("decisions", folder=Path(name))


def _prove() -> str:
    return _run("prove", "--empty", "--workers", "1")


def _refused_features() -> str:
    with tempfile.TemporaryDirectory() as name:
        for file in ("clauses.toml", "readings.toml"):
            (Path(name) / "features").mkdir(exist_ok=True)
            shutil.copy(ROOT / "features" / file, Path(name) / "features" / file)
        for file, text in BROKEN_FEATURES.items():
            path = Path(name) / "features" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return _run("run", "--features", "features", folder=Path(name))


_NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "billing_tck")
for line in ("%scenario BC-29 --sut faulty:stop-after-21-days", "%clause BC-29"):
    print("In:", line)
    with capture_output() as captured:
        shell.run_cell(line)
    for output in captured.outputs:
        print(output.data["text/plain"])
    print(captured.stdout)
"""


def _notebook_cell() -> str:
    said = subprocess.run(
        [sys.executable, "-c", _NOTEBOOK], cwd=ROOT, env=_environment(), capture_output=True, text=True, check=True
    )
    return said.stdout


TEXTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "help": _help,
        "run": _a_run,
        "deviation": _a_deviation,
        "doctor": _doctor,
        "clauses": _clauses,
        "readings": _readings,
        "compare": _compare,
        "grade": _grade,
        "infer": _infer,
        "impact": _impact,
        "decisions": _decisions,
        "prove": _prove,
        "refused-features": _refused_features,
        "notebook-cell": _notebook_cell,
    }
)

_CHANGING = (
    (re.compile(r"\b\d+(?:\.\d+)? (s|ms|seconds?)\b"), r"N \1"),  # durations
    (
        re.compile(r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20(?:2[6-9]|3\d)(?: \d\d:\d\d)?"),
        "TODAY",
    ),
    (re.compile(r"\b20(?:2[6-9]|3\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "NOW"),
    (re.compile(re.escape(str(ROOT))), "CHECKOUT"),
)


def golden(name: str) -> str:
    """Return a text of `TEXTS` without what changes from run to run: durations, today's date, the checkout's path."""
    text = TEXTS[name]()
    for pattern, stands_for in _CHANGING:
        text = pattern.sub(stands_for, text)
    return text


def path_of(name: str) -> Path:
    """Return the golden file of a text."""
    return HERE / f"{name}.txt"
