"""Every end of a command has a documented status and one line that says why, without a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_tck.cli import clauses
from billing_tck.cli.main import main

ROOT = Path(__file__).parent.parent


def raising(error: Exception) -> Callable[[object], int]:
    def run(_: object) -> int:
        raise error

    return run


def command(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "billing_tck", *words], stderr=subprocess.PIPE, text=True, check=False, **options
    )


def test_an_unforeseen_error_is_one_line_and_the_kit_s_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clauses, "main", raising(ZeroDivisionError("division\nby zero")))
    assert main(["clauses"]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("billing-tck: error in the kit: ZeroDivisionError: division by zero; repeat")
    assert main(["clauses", "--debug"]) == 4
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_cannot_be_written_is_no_judgement() -> None:
    with Path("/dev/full").open("w") as full:
        result = command("run", "--clause", "BC-02", stdout=full)
    assert result.returncode == 3
    assert result.stderr == "billing-tck: the output could not be written: No space left on device\n"


def test_a_closed_output_is_no_traceback() -> None:
    line = f"{sys.executable} -m billing_tck run --clause BC-02 >&-"
    result = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode in (0, 3)
    assert "Traceback" not in result.stderr


def test_the_reader_that_went_away_ends_with_141() -> None:
    line = f"{{ {sys.executable} -m billing_tck clauses; echo $? >&2; }} | true"
    result = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, check=False)
    assert result.stderr in ("141\n", "0\n")


def test_an_ascii_terminal_shows_foreign_names_escaped(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from billing_reference import build\n"
        "def make():\n"
        "    implementation = build(readings={}, fault=None, late=None)\n"
        "    describe = implementation.describe_implementation\n"
        "    implementation.describe_implementation = lambda: {**describe(), 'name': '\u65e5'}\n"
        "    return implementation\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(tmp_path)}
    words = ("run", "--clause", "BC-02", "--sut", "python:mine:make")
    result = command(*words, stdout=subprocess.PIPE, env=environment)
    assert result.returncode == 0, result.stderr
    assert "\\u65e5" in result.stdout


def test_a_folder_where_a_feature_is_expected_is_wrong_input(tmp_path: Path) -> None:
    (tmp_path / "core" / "trial.feature").mkdir(parents=True)
    (tmp_path / "core" / "card_billing.feature").write_text("Feature: empty\n", encoding="utf-8")
    result = command("run", "--features", str(tmp_path), stdout=subprocess.PIPE)
    assert result.returncode == 2
    assert "trial.feature" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("option", ["--timeout", "--reset-timeout", "--start-timeout", "--workers"])
@pytest.mark.parametrize("number", ["3000000", "1e400", "nan", "-1", "0", "x"])
def test_a_number_out_of_bounds_is_wrong_usage(option: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", option, number])
    assert ended.value.code == 2
    assert f"{option}: invalid positive number value: '{number}'" in capsys.readouterr().err


def test_statuses_of_errors_of_the_system(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(clauses, "main", raising(OSError(errno.EACCES, "Permission denied", "x")))
    assert main(["clauses"]) == 4
    assert "PermissionError" in capsys.readouterr().err
