"""The start of the command loads only the modules that it needs, because it runs in loops."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Parsers of features and step definitions, the engine, the reports, and what is heavy in the standard library.
HEAVY = (
    "billing_reference",
    "billing_tck.drivers",
    "billing_tck.engine",
    "billing_tck.reports",
    "billing_tck.results",
    "billing_tck.spec",
    "billing_tck.steps",
    "asyncio",
    "freezegun",
    "gherkin",
    "http.client",
    "jinja2",
    "multiprocessing",
    "parse",
    "pytest",
    "pytest_bdd",
    "ssl",
    "unittest",
    "xml",
)


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("guide", "--path")])
def test_help_and_guide_load_no_parser_no_step_definitions_and_no_reports(words: tuple[str, ...]) -> None:
    script = (
        "import sys\nfrom billing_tck.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = ran.stderr.split()
    assert ran.stdout
    assert [name for name in loaded if any(name == heavy or name.startswith(f"{heavy}.") for heavy in HEAVY)] == []


def test_a_run_of_compiled_features_in_process_loads_no_parser_and_starts_no_process() -> None:
    script = (
        "import sys\nfrom billing_tck.cli.main import main\n"
        "main(['run', '--clause', 'BC-29', '--in-process'])\nprint(*sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    unneeded = {
        "asyncio",
        "dateutil.parser",
        "gherkin",
        "logging",
        "multiprocessing",
        "parse",
        "subprocess",
        "unittest",
    }
    assert unneeded & set(ran.stderr.split()) == set()


def test_a_run_in_process_loads_neither_pytest_nor_a_network_client() -> None:
    script = (
        "import sys\nfrom billing_tck.cli.main import main\n"
        "main(['run', '--clause', 'BC-29'])\nprint(*sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    assert {"pytest", "pytest_bdd", "http.client", "multiprocessing.pool"} & loaded == set()
