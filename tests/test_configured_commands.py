"""A `billing-tck.toml` that starts something is announced before it starts, and writes only into its own folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing_tck.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    return inside


def config(text: str) -> None:
    Path("billing-tck.toml").write_text(f"[run]\n{text}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("sut = \"stdio:sh -c 'touch STARTED'\"", ["starting the command sh -c 'touch STARTED'"]),
        ('sut = "STDIO: true"', ["starting the command true"]),
        ('sut = "python:mine:make"', ["importing the Python module mine:make"]),
        ('start = "sh serve.sh"', ["starting the server sh serve.sh"]),
        (
            'sut = "stdio:true"\ncwd = "sub"\n[run.env]\nPATH = "/x"\nLD_PRELOAD = "y"',
            [
                "starting the command true",
                "setting PATH, LD_PRELOAD in its environment",
                "starting it in the folder sub",
            ],
        ),
        ('sut = "stdio:\\u001b]0;x\\u0007"', ["starting the command \\x1b]0;x\\x07"]),
        ('sut = "reference"', []),
        ('sut = "http://127.0.0.1:1/"', []),
    ],
)
@pytest.mark.parametrize(
    "command",
    ["run", pytest.param("doctor", marks=pytest.mark.slow), pytest.param("explore", marks=pytest.mark.slow)],
)
def test_what_the_file_starts_is_said_first(
    command: str, text: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config(text)
    Path("sub").mkdir()
    words = {"run": ["--clause", "BC-02"], "doctor": [], "explore": ["--examples", "1"]}[command]
    main([command, *words])
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("billing-tck.toml: ")] == [
        f"billing-tck.toml: {line}" for line in lines
    ]
    assert said[: len(lines)] == [f"billing-tck.toml: {line}" for line in lines]


SEES_WHAT_IS_SAID = """
from pathlib import Path
Path("seen.txt").write_text(Path("said.txt").read_text())
from billing_reference import build
"""


def test_a_module_is_named_before_it_is_imported() -> None:
    config('sut = "python:sees_what_is_said:build"')
    Path("sees_what_is_said.py").write_text(SEES_WHAT_IS_SAID, encoding="utf-8")
    with Path("said.txt").open("w", encoding="utf-8") as said:
        subprocess.run([sys.executable, "-m", "billing_tck", "run", "--clause", "BC-26"], check=True, stderr=said)
    seen = Path("seen.txt").read_text(encoding="utf-8")
    assert seen == "billing-tck.toml: importing the Python module sees_what_is_said:build\n"


def test_what_the_command_line_starts_is_not_announced(capsys: pytest.CaptureFixture[str]) -> None:
    config('sut = "stdio:sh"')
    main(["run", "--clause", "BC-02", "--sut", "stdio:true"])
    assert "billing-tck.toml:" not in capsys.readouterr().err


def test_it_is_said_before_the_command_runs() -> None:
    config("sut = \"stdio:sh -c 'echo started >&2'\"")
    command = [sys.executable, "-m", "billing_tck", "run", "--clause", "BC-02"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert said.startswith("billing-tck.toml: starting the command sh -c 'echo started >&2'\n")


@pytest.mark.parametrize("key", ["report", "wire"])
@pytest.mark.parametrize(
    "path", ["../out", "/tmp/out-of-it", "a/../../out", "a/../out", "link/out", "link", "..", "~/../x/.."]
)
def test_an_output_of_the_file_stays_in_its_folder(key: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("link").symlink_to("..")
    config(f'{key} = "{path}"')
    before = sorted(os.walk(Path().resolve().parent))
    assert main(["run", "--clause", "BC-02"]) == 2
    assert "is outside the folder of the file, or leads through `..` or a link" in capsys.readouterr().err
    assert sorted(os.walk(Path().resolve().parent)) == before


def test_an_output_in_the_folder_of_the_file_is_written() -> None:
    config('report = "a/out"\nwire = "wire.ndjson"')
    assert main(["run", "--clause", "BC-02"]) == 0
    assert (Path("a") / "out" / "report.html").is_file()
    config(f'report = "{Path.cwd() / "b"}"')
    assert main(["run", "--clause", "BC-02"]) == 0
    assert (Path("b") / "report.html").is_file()


def test_the_command_line_may_write_elsewhere() -> None:
    config('report = "../out"')
    assert main(["run", "--clause", "BC-02", "--report", "../out"]) == 2  # the file is wrong all the same
    config("core = true")
    assert main(["run", "--clause", "BC-02", "--report", "../out"]) == 0


def test_a_file_elsewhere_writes_into_its_own_folder_only(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    (Path("sub") / "x.toml").write_text('[run]\nreport = "out"\n', encoding="utf-8")
    assert main(["run", "--clause", "BC-02", "--config", "sub/x.toml"]) == 2
    assert "Write a path in 'sub', or give --report on the command line" in capsys.readouterr().err
    (Path("sub") / "x.toml").write_text('[run]\nreport = "sub/out"\n', encoding="utf-8")
    assert main(["run", "--clause", "BC-02", "--config", "sub/x.toml"]) == 0
