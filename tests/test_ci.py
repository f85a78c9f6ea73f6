"""Runs in CI: annotations, the summary of a step, comparison with an earlier run, and the examples of the guide."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import billing_tck
from billing_tck.cli.main import main

DOCS = Path(billing_tck.__file__).parent / "docs"
SERVER = f"{sys.executable} -m billing_tck serve --http {{port}}"
FAULTY = "faulty:stop-after-21-days"


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path


def test_a_deviation_is_an_annotation_at_its_scenario(github: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--sut", FAULTY, "--clause", "BC-29", "--core"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    pattern = r"::error file=\S+unpaid_invoices\.feature,line=\d+,title=[^:]*BC-29[^:]* deviates::.+expected.+observed"
    errors = [line for line in lines if line.startswith("::error")]
    assert errors
    assert len(errors) <= 10
    for line in errors:
        assert re.match(pattern, line), line


def test_a_run_that_conforms_has_no_annotation_and_a_summary(github: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--clause", "BC-29", "--core"]) == 0
    assert "::" not in capsys.readouterr().out
    assert (github / "summary.md").read_text(encoding="utf-8").startswith("#")


def test_a_summary_is_appended_and_one_that_cannot_be_written_fails_nothing(
    github: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (github / "summary.md").write_text("before\n", encoding="utf-8")
    assert main(["run", "--clause", "BC-29", "--core"]) == 0
    assert (github / "summary.md").read_text(encoding="utf-8").startswith("before\n#")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(github / "absent" / "summary.md"))
    assert main(["run", "--clause", "BC-29", "--core"]) == 0
    assert "cannot write the summary of the step" in capsys.readouterr().err


def test_what_an_implementation_says_begins_no_command(github: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (github / "echoing.py").write_text(
        "from billing_reference import build\n"
        "def make():\n"
        "    implementation = build(readings={}, fault=None, late=None)\n"
        "    def start_trial(**_):\n"
        "        raise ValueError('x\\n::set-env name=PATH::y %0A::error::z')\n"
        "    implementation.start_trial = start_trial\n"
        "    return implementation\n",
        encoding="utf-8",
    )
    assert main(["run", "--sut", "python:echoing:make", "--clause", "BC-02"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("::")]
    assert not any(
        line.startswith("::") and not line.startswith(("::error file=", "::notice title=")) for line in lines
    )
    assert all("%0A::" not in line for line in lines if line.startswith("::error"))


def test_a_regression_fails_the_comparison_and_an_improvement_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from pathlib import Path\n"
        "from billing_reference import build\n"
        "def make():\n"
        "    fault = 'stop-after-21-days' if Path('broken').exists() else None\n"
        "    return build(readings={}, fault=fault, late=None)\n",
        encoding="utf-8",
    )
    words = ["run", "--sut", "python:mine:make", "--clause", "BC-29", "--report"]
    assert main([*words, "good"]) == 0
    (tmp_path / "broken").touch()
    assert main([*words, "bad"]) == 1
    capsys.readouterr()
    assert main(["compare", "good", "bad"]) == 0
    assert main(["compare", "good", "bad", "--fail-on-regression"]) == 1
    assert re.search(r"\d+ scenarios deviate or error that did not before", capsys.readouterr().err)
    assert main(["compare", "bad", "good", "--fail-on-regression"]) == 0  # the order is the one that is given


def commands() -> Iterator[tuple[str, str]]:
    """The commands of both examples, each with the name of its example."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (DOCS / "ci.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    workflow, job = (yaml.safe_load(block) for block in blocks)
    (steps,) = (job["steps"] for job in workflow["jobs"].values())
    yield from (("github", step["run"]) for step in steps if "run" in step)
    (gitlab,) = job.values()
    assert gitlab["artifacts"]["reports"]["junit"] == "report/junit.xml"
    yield from (("gitlab", line) for line in (*gitlab["script"], *gitlab["after_script"]))


@pytest.mark.parametrize("example", ["github", "gitlab"])
def test_the_commands_of_the_examples_run(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", "tok-4711")
    ran = [line for name, line in commands() if name == example]
    assert ran[0] == f"pip install billing-tck=={billing_tck.__version__}"
    assert main(["run", "--report", "baseline-report", "--clause", "BC-02"]) == 0
    (configuration,) = re.findall(r"^```toml\n(.*?)^```$", (DOCS / "ci.md").read_text(), re.DOTALL | re.MULTILINE)
    configuration = configuration.replace("node server.mjs --http {port}", SERVER)
    configuration = configuration.replace("[run]\n", "[run]\nclause = 'BC-02'\n")  # a part of the rules is enough here
    Path("billing-tck.toml").write_text(configuration, encoding="utf-8")
    for line in ran[1:]:
        words = shlex.split(line)
        assert words[0] == "billing-tck"
        assert main(words[1:]) == 0, line
    assert (tmp_path / "report" / "junit.xml").is_file()


@pytest.mark.slow
def test_the_comparison_decides_where_the_run_may_deviate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"^```sh\n(.*?)^```$", (DOCS / "ci.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for sut, before, status in ((FAULTY, FAULTY, 0), (FAULTY, "reference", 1), (f"{FAULTY},nonsense=1", FAULTY, 1)):
        assert main(["run", "--sut", before, "--clause", "BC-29", "--core", "--report", "baseline-report"]) in (0, 1)
        Path("billing-tck.toml").write_text(f"[run]\nsut = '{sut}'\nclause = 'BC-29'\ncore = true\n", encoding="utf-8")
        ran = subprocess.run(["sh", "-ec", lines], env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == status, ran


def test_the_page_on_connections_names_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    page = (DOCS / "connections.md").read_text(encoding="utf-8")
    page, _, under_pytest = page.rpartition("Under pytest")
    assert under_pytest
    written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    assert written - options == set()
    missing = {"--header", "--user", "--ca-file", "--wire", "--name", "--tag"} - written
    assert not missing
