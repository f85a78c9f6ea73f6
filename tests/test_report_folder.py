"""A report folder belongs to one run, and holds nothing green of a run that did not finish."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_tck.cli.main import main
from billing_tck.contract.values import Description
from billing_tck.errors import UsageError
from billing_tck.results.header import Header, utc_now
from billing_tck.results.report_file import ReportWriter

HEADER = Header("reference", Description("x", "1", "1", (), {}, "PT0S"), "0", "everything", utc_now(), "0")
KILLED = """
import os, sys
from billing_reference import build
class Killed:
    def __init__(self):
        self.inner, self.calls = build(readings={}, fault=None, late=None), 0
    def __getattr__(self, name):
        def call(**arguments):
            self.calls += 1
            if self.calls == 50:
                os.kill(os.getppid(), 9)  # the kit
            return getattr(self.inner, name)(**arguments)
        return call
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_that_is_killed_leaves_nothing_green(folder: Path) -> None:
    assert main(["run", "--clause", "BC-02", "--report", "out"]) == 0
    assert "did not finish" not in (folder / "out" / "badge.svg").read_text(encoding="utf-8")
    (folder / "killed.py").write_text(KILLED, encoding="utf-8")
    command = [sys.executable, "-m", "billing_tck", "run", "--sut", "python:killed:Killed", "--report", "out"]
    result = subprocess.run(command, check=False, capture_output=True, env={**os.environ, "PYTHONPATH": str(folder)})
    assert result.returncode == -9
    badge = json.loads((folder / "out" / "badge.json").read_text(encoding="utf-8"))
    assert (badge["message"], badge["isError"]) == ("did not finish", True)
    junit = ElementTree.parse(folder / "out" / "junit.xml").getroot()
    assert (junit.get("tests"), junit.get("errors")) == ("1", "1")
    for name in ("summary.json", "summary.md", "report.html", "badge.svg"):
        assert "did not finish" in (folder / "out" / name).read_text(encoding="utf-8")
    assert not (folder / "out" / "messages.ndjson").exists()
    assert main(["verify", "out"]) == 1


def test_a_second_run_on_one_folder_is_refused_and_leaves_it_as_it_is(folder: Path) -> None:
    with ReportWriter(folder / "out", HEADER):
        before = (folder / "out" / "report.ndjson").read_bytes()
        with pytest.raises(UsageError, match="another run is writing"):
            ReportWriter(folder / "out", HEADER)
        assert main(["run", "--clause", "BC-02", "--report", "out"]) == 2
        assert (folder / "out" / "report.ndjson").read_bytes() == before
    assert main(["run", "--clause", "BC-02", "--report", "out"]) == 0


@pytest.mark.parametrize("name", ["report.ndjson", "report.html", "badge.svg"])
def test_a_link_is_not_followed(name: str, folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "precious").write_text("precious", encoding="utf-8")
    (folder / "out" / name).symlink_to(folder / "precious")
    assert main(["run", "--clause", "BC-02", "--report", "out"]) == 2
    assert (folder / "precious").read_text(encoding="utf-8") == "precious"
