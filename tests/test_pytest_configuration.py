"""Which implementation pytest runs against, where that is configured, and that its output is true to the verdicts."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import billing_tck
from billing_tck.contract import ErrorKind
from billing_tck.engine.silence import SKIPPED
from billing_tck.spec.suite import features_dir

from .pytest_runs import REPOSITORY, TOY, another_toy, outcomes, run_pytest, write_toy

pytestmark = pytest.mark.timeout(400)  # several runs of pytest in a test, also on a busy machine

SUT = "python:tests.toy:in_process"
SINCE = "since = 2026-01-05"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy(tmp_path)


def configure(folder: Path, text: str) -> None:
    (folder / "billing-tck.toml").write_text(text, encoding="utf-8")


def ini(folder: Path, text: str) -> None:
    (folder / "pytest.ini").write_text(f"[pytest]\n{text}\n", encoding="utf-8")


def header(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in result.stdout.splitlines() if line.startswith("billing-tck: ")]
    return re.sub(r"^billing-tck: [\d.]+, implementation: ", "", "\n".join(lines))


# Where the implementation is configured


def test_an_unknown_value_of_a_knob_errors_the_scenarios_of_the_knob_alone(toy: Path) -> None:
    source = (REPOSITORY / "tests" / "toy.py").read_text(encoding="utf-8")
    unknown = source.replace("toy = Toy()", 'toy = Toy(readings={"deadline_instant": "noon"})')
    (toy / "another_toy.py").write_text(unknown, encoding="utf-8")
    result = run_pytest(toy, "--sut", "python:another_toy:in_process", "features")
    assert outcomes(result) == "3 passed, 1 skipped, 1 error"
    assert "the declared reading deadline_instant=noon is not valid; expected one of at, after" in result.stdout


def test_the_configuration_names_the_implementation(toy: Path) -> None:
    another_toy(toy, stop_after=21)
    configure(toy, '[run]\nsut = "python:another_toy:in_process"\nfeatures = "features"\ntimeout = 3\n')
    result = run_pytest(toy, "features")
    assert header(result) == "python:another_toy:in_process (billing-tck.toml)\nbilling-tck: timeout: 3 s"
    assert outcomes(result) == "1 failed, 2 passed, 2 skipped"
    again = next(line for line in result.stdout.splitlines() if line.split()[:1] == ["again"])
    features = shlex.quote(str(toy / "features"))
    assert again.split(maxsplit=1)[1] == (  # the time-out is read from the file again
        f"billing-tck run --sut python:another_toy:in_process --features {features} "
        "--scenario core/unpaid_invoices.feature:18"
    )


@pytest.mark.slow
def test_an_option_wins_over_the_ini_file_and_that_over_the_configuration(toy: Path) -> None:
    configure(toy, '[run]\nsut = "reference"\n')
    ini(toy, f"billing_tck_sut = {SUT}\nbilling_tck_timeout = 4")
    one = "features/core/unpaid_invoices.feature"
    result = run_pytest(toy, one)
    assert header(result) == f"{SUT} (billing_tck_sut in pytest.ini)\nbilling-tck: timeout: 4 s"
    assert outcomes(result) == "3 passed, 1 skipped"
    result = run_pytest(toy, one, "--sut", "python:tests.toy:nothing_there")
    assert "--sut 'python:tests.toy:nothing_there': tests.toy has no 'nothing_there'" in result.stderr
    result = run_pytest(toy, *TOY, "--sut-timeout", "5", "-q")
    assert f"\nimplementation: {SUT} (--sut)\n" in result.stdout  # where no header is printed
    assert header(run_pytest(toy, *TOY, "--sut-timeout", "5", "--co")).endswith("\nbilling-tck: timeout: 5 s")


def test_without_any_configuration_the_header_says_that_the_reference_is_the_default(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--pyargs", "billing_tck", "--co")
    assert header(result) == "reference (the default: no --sut is given)"


@pytest.mark.slow
def test_the_kits_package_stands_for_the_features_and_the_selection_of_the_configuration(toy: Path) -> None:
    configure(toy, f'[run]\nsut = "{SUT}"\nfeatures = "features"\nclause = "BC-26"\n')
    result = run_pytest(toy, "--pyargs", "billing_tck")
    assert header(result).endswith("\nbilling-tck: selection: clause BC-26")
    assert outcomes(result) == "1 passed, 1 skipped", result.stdout
    selected = run_pytest(toy, "--pyargs", "billing_tck", "-m", "BC-29")
    assert outcomes(selected) == "2 passed, 1 skipped, 2 deselected"  # the command line wins, as in `run`


@pytest.mark.slow
def test_a_configuration_that_is_not_read_is_not_ignored_in_silence(tmp_path: Path) -> None:
    configure(tmp_path, '[run]\nsut = "stdio:node server.mjs"\n')
    folder = tmp_path / "below"
    folder.mkdir()
    result = run_pytest(folder, "--pyargs", "billing_tck")
    file = tmp_path / "billing-tck.toml"
    assert f"{file} names the implementation 'stdio:node server.mjs', but is not read from {folder}" in result.stderr
    assert result.returncode == 4
    for words in (("--sut", "reference"), ("--sut-config", str(file), "--sut", "reference")):
        chosen = run_pytest(folder, "--pyargs", "billing_tck", *words, "--co", "-q")
        assert chosen.returncode == 0
    read = run_pytest(folder, "--pyargs", "billing_tck", "--sut-config", str(file), "--co")
    assert header(read) == f"stdio:node server.mjs ({file})"


@pytest.mark.slow
def test_a_broken_configuration_ends_runs_of_features_alone(toy: Path) -> None:
    configure(toy, "[run]\nsutt = 3\n")
    (toy / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    assert outcomes(run_pytest(toy, "test_own.py")) == "1 passed"
    result = run_pytest(toy, *TOY)
    assert "billing-tck.toml:2" in result.stderr
    assert result.returncode == 4


def test_one_server_is_not_for_several_workers(toy: Path) -> None:
    result = run_pytest(toy, "--sut", "http://127.0.0.1:1/", "features", "-n", "2")
    assert "-n 2 is for implementations that the kit starts itself; one over http has one clock" in result.stderr
    assert result.returncode == 4


# Known deviations


def test_a_known_deviation_does_not_fail_the_run(toy: Path) -> None:
    another_toy(toy, stop_after=21)
    configure(toy, f'[[known_deviation]]\nclause = "BC-29"\nreason = "a week late: issue 123"\n{SINCE}\n')
    result = run_pytest(toy, "--sut", "python:another_toy:in_process", "features", "-rx")
    assert outcomes(result) == "2 passed, 2 skipped, 1 xfailed"
    assert "known deviation: a week late: issue 123 (since 5 Jan 2026; billing-tck.toml:1)" in result.stdout
    assert "billing rules: 2 conforms, 1 deviates (1 known), 0 errored, 2 not applicable\n" in result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.slow
def test_an_entry_that_no_longer_deviates_fails_the_run(toy: Path, workers: tuple[str, ...]) -> None:
    configure(toy, f'[[known_deviation]]\nclause = "BC-29"\nreason = "a week late"\n{SINCE}\n')
    result = run_pytest(toy, *TOY, *workers)
    assert outcomes(result) == "3 passed, 2 skipped"
    assert "out of date: billing-tck.toml:1: BC-29 no longer deviates: none of its 3 scenarios does" in result.stdout
    assert result.returncode == 1


def test_an_entry_that_has_expired_excuses_nothing(toy: Path) -> None:
    another_toy(toy, stop_after=21)
    configure(
        toy,
        f'[[known_deviation]]\nscenario = "core/unpaid_invoices.feature:18"\nreason = "late"\n{SINCE}\n'
        "until = 2026-01-06\n",
    )
    result = run_pytest(toy, "--sut", "python:another_toy:in_process", "features")
    assert outcomes(result) == "1 failed, 2 passed, 2 skipped"
    assert "core/unpaid_invoices.feature:18 expired on 6 Jan 2026" in result.stdout


# Node ids


@pytest.mark.slow
def test_a_node_id_can_be_an_argument(tmp_path: Path) -> None:
    file = "billing_tck/core/unpaid_invoices.feature"
    listed = run_pytest(tmp_path, file, "-m", "BC-29", "--co", "-q").stdout.splitlines()
    ids = [line for line in listed if line.startswith(f"{file}::test_")]
    assert len(ids) > 2
    assert "[" in ids[0]  # a row of an outline
    assert outcomes(run_pytest(tmp_path, "--pyargs", ids[0])) == "1 passed"
    outline = ids[0].partition("[")[0]
    rows = sum(one.startswith(f"{outline}[") for one in ids)
    assert outcomes(run_pytest(tmp_path, outline, "-n", "2")) == f"{rows} passed"


@pytest.mark.slow
def test_node_ids_of_all_features_begin_with_the_packages_name(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--pyargs", "billing_tck", "-m", "BC-29", "--co", "-q")
    ids = [line for line in result.stdout.splitlines() if "::" in line]
    assert len(ids) > 10
    assert [one for one in ids if not re.match(r"billing_tck/(core|edge)/\w+\.feature::test_", one)] == []


def test_a_node_id_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "billing_tck/core/trial.feature::test_of_nothing")
    assert "ERROR: not found: billing_tck/core/trial.feature::test_of_nothing" in result.stderr
    assert result.returncode == 4


@pytest.mark.slow
def test_the_features_of_a_checkout_run_without_plugins_for_development(tmp_path: Path) -> None:
    without = [word for name in ("timeout", "xdist", "xdist.looponfail", "randomly") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", *without, "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, str(features_dir() / "core" / "trial.feature")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert re.fullmatch(r"\d+ passed", outcomes(result)), result.stdout + result.stderr
    assert "features/core/trial.feature ....." in result.stdout


# Verdicts


def crashing(folder: Path) -> Path:
    """A toy whose collection of invoices crashes: `--sut python:crashes:Crashes`."""
    source = (REPOSITORY / "tests" / "toy.py").read_text(encoding="utf-8")
    made = source + "\n\nclass Crashes:\n    def __init__(self):\n        self.toy = in_process()\n"
    made += "    def __getattr__(self, name):\n"
    made += "        if name == 'attempt_collection':\n            raise RuntimeError('no answer')\n"
    made += "        return getattr(self.toy, name)\n"
    (folder / "crashes.py").write_text(made, encoding="utf-8")
    return folder


def test_an_errored_scenario_is_an_error_and_not_a_failure(toy: Path) -> None:
    crashing(toy)
    words = ("--sut", "python:crashes:Crashes", "features", "--junitxml", "pytest.xml", "-rE")
    result = run_pytest(toy, *words)
    assert outcomes(result) == "2 skipped, 3 errors"
    assert result.stdout.count("\nERROR features/core/unpaid_invoices.feature::") == 3
    assert "billing rules: 0 conforms, 0 deviates, 3 errored, 2 not applicable\n" in result.stdout
    suite = next(ElementTree.parse(toy / "pytest.xml").getroot().iter("testsuite"))
    assert (suite.get("errors"), suite.get("failures")) == ("3", "0")
    assert len(list(suite.iter("error"))) == 3
    assert not list(suite.iter("failure"))
    assert result.returncode == 1


def test_a_run_in_which_nothing_applies_is_not_green(toy: Path) -> None:
    result = run_pytest(toy, "--sut", SUT, "features/edge")
    assert outcomes(result) == "1 skipped"
    assert "nothing was checked: no scenario applies to this implementation" in result.stdout
    assert result.returncode == 5


def test_an_implementation_that_declares_something_unknown_is_not_run(toy: Path) -> None:
    source = (REPOSITORY / "tests" / "toy.py").read_text(encoding="utf-8")
    changed = source.replace("toy = Toy()", 'toy = Toy(capabilities=("cardd",))')
    assert changed != source
    (toy / "unknown.py").write_text(changed, encoding="utf-8")
    result = run_pytest(toy, "--sut", "python:unknown:in_process", "features")
    assert "the declared capability 'cardd' is not part of the contract; did you mean card" in result.stdout
    assert result.returncode not in (0, 5)


@pytest.mark.slow
def test_an_implementation_that_does_not_answer_is_not_asked_for_ever(tmp_path: Path) -> None:
    (tmp_path / "silent.py").write_text(
        "import time\nfrom billing_reference import build\nfrom datetime import UTC, datetime\n"
        "class Silent:\n"
        "    def describe_implementation(self):\n"
        "        reference = build(readings={}, fault=None, late=None, clock=lambda: datetime.now(UTC))\n"
        "        return reference.describe_implementation()\n"
        "    def reset(self, *, now):\n        time.sleep(60)\n",
        encoding="utf-8",
    )
    words = ("--sut", "python:silent:Silent", "--sut-timeout", "0.1", "-m", "BC-02 and core")
    result = run_pytest(tmp_path, "--pyargs", "billing_tck", *words)
    asked, not_asked = result.stdout.count("no answer within 0.1 s"), result.stdout.count(SKIPPED[ErrorKind.TIMEOUT])
    assert asked == not_asked > 0  # five each, in as many places
    assert outcomes(result).endswith("10 errors")


def test_the_debugger_stops_in_the_failing_step(toy: Path) -> None:
    another_toy(toy, stop_after=21)
    words = ("--sut", "python:another_toy:in_process", "features", "--pdb", "-k", "16")
    result = run_pytest(toy, *words, text="p 'checks so far', world.checks\np sorted(world.names)\nq\n")
    assert "('checks so far', 1)" in result.stdout
    assert "['the admin', 'the organization', 'the service']\n" in result.stdout
    assert re.search(r"> .*/tests/toy\.py\(\d+\)\w+\(\)", result.stdout), result.stdout


# Servers


@pytest.mark.slow
def test_each_worker_starts_a_server_that_knows_its_number(tmp_path: Path) -> None:
    server = f"{sys.executable} -m tests.implementations.guarded --port {{port}} --starts {tmp_path}"
    configure(tmp_path, f"[run]\nstart = '{server}'\nclause = 'BC-02'\ncore = true\n")
    result = run_pytest(tmp_path, "--pyargs", "billing_tck", "-n", "2", env={"PYTHONPATH": str(REPOSITORY)})
    assert result.returncode == 0, result.stdout
    assert sorted(path.name.split()[0] for path in tmp_path.glob("* started")) == ["1", "2"]


@pytest.mark.slow
def test_each_worker_may_have_a_server_of_its_own(toy: Path) -> None:
    servers = ("--sut", "http://127.0.0.1:1/", "--sut", "http://127.0.0.1:2/")
    result = run_pytest(toy, *servers, "features", "-n", "2", "-rE")
    assert "127.0.0.1:1" in result.stdout
    assert "127.0.0.1:2" in result.stdout
    assert "no implementation to run against" in result.stdout
    assert result.returncode not in (0, 4, 5)
    result = run_pytest(toy, *servers, "features", "-n", "3")
    assert "-n 3 is for implementations that the kit starts itself" in result.stderr
    result = run_pytest(toy, "--sut", "reference", *servers, "features")
    assert "several --sut are for URLs, one for each worker" in result.stderr
    assert result.returncode == 4


# The page of the guide


@pytest.mark.slow
def test_the_page_on_pytest_shows_what_pytest_prints(tmp_path: Path) -> None:
    page = (Path(billing_tck.__file__).parent / "docs" / "pytest.md").read_text(encoding="utf-8")
    tools = Path(sys.executable).parent
    commands = [c for block in re.findall(r"^```console\n(.*?)^```$", page, re.M | re.S) for c in block.split("$ ")[1:]]
    for text in commands:
        command, _, shown = text.partition("\n")
        words = shlex.split(command)
        ran = subprocess.run(
            [str(tools / words[0]), *words[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        pieces = [re.escape(piece) for piece in shown.strip().split("[...]")]
        assert re.fullmatch(".*".join(pieces), ran.stdout.strip(), re.S), ran.stdout + ran.stderr
    assert len(commands) == 2


def test_the_page_on_pytest_names_options_that_exist(tmp_path: Path) -> None:
    page = (Path(billing_tck.__file__).parent / "docs" / "pytest.md").read_text(encoding="utf-8")
    known = run_pytest(tmp_path, "--help").stdout
    elsewhere = {"--count", "--reruns", "--disable-socket", "--allow-hosts", "--example"}  # of other plugins, commands
    written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) - elsewhere
    assert {option for option in written if option not in known} == set()
    assert {"--sut", "--sut-config", "--sut-timeout"} <= written
    for name in re.findall(r"billing_tck_\w+", page):
        assert f"{name} (string)" in known
