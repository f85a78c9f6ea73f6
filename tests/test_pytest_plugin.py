"""The pytest plugin: `pytest --sut …` gives the same verdicts and does not disturb other tests."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_tck.cli.main import main
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir

from .pytest_runs import TOY, TOY_CONFTEST, another_toy, outcomes, run_pytest, write_toy
from .toy import FEATURE, write_features

SOMEBODY_ELSE = {
    "conftest.py": """
import pytest
from pytest_bdd import given, then

@pytest.fixture
def world():
    return "theirs"

@given("an organization with a card that declines")
def organization(world):
    assert world == "theirs"

@then("it is their own")
def theirs(world):
    assert world == "theirs"
""",
    "features/theirs.feature": """
@slow
Feature: Theirs
  Scenario: Their own
    Given an organization with a card that declines
    Then it is their own
""",
    "test_theirs.py": """
import sys
from pytest_bdd import scenarios
scenarios("features")

def test_nothing_of_the_kit_is_loaded():
    assert "billing_tck.pytest_plugin.plugin" in sys.modules
    loaded = {"billing_tck.pytest_plugin.collection", "billing_tck.engine.runner", "billing_tck.drivers", "freezegun"}
    assert not loaded & set(sys.modules)
""",
}


def verdicts_of_pytest(folder: Path, *words: str) -> dict[str, str]:
    """`file name:line` -> verdict, as the junit file of a pytest run has them."""
    report = folder / "pytest.xml"
    run_pytest(folder, f"--junitxml={report}", "-o", "junit_family=xunit1", *words)
    verdicts = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        properties = {p.get("name"): p.get("value") for p in case.iter("property")}
        place = "/".join(Path(str(case.get("file"))).parts[-2:])
        verdicts[f"{place}:{int(str(case.get('line'))) + 1}"] = str(properties["verdict"])
        assert float(str(case.get("time"))) < 60  # a frozen clock makes no durations
    return verdicts


def verdicts_of_the_engine(folder: Path, *words: str) -> dict[str, str]:
    main(["run", "--report", str(folder / "report"), *words])
    lines = (folder / "report" / "report.ndjson").read_text(encoding="utf-8").splitlines()
    scenarios = [line for line in map(json.loads, lines) if line["type"] == "scenario"]
    return {f"{line['file']}:{line['line']}": line["verdict"] for line in scenarios}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy(tmp_path)


def test_the_toys_scenarios_get_the_engines_verdicts(toy: Path) -> None:
    assert verdicts_of_pytest(toy, *TOY) == {
        "core/unpaid_invoices.feature:17": "conforms",
        "core/unpaid_invoices.feature:18": "conforms",
        "core/unpaid_invoices.feature:23": "conforms",
        "core/unpaid_invoices.feature:29": "not_applicable",
        "edge/unpaid_invoices.feature:5": "not_applicable",
    }


@pytest.mark.parametrize(
    "sut",
    [pytest.param("reference:deadline_instant=after", marks=pytest.mark.slow), "faulty:invoice-for-each-service"],
)
def test_the_kits_scenarios_get_the_same_verdicts_through_both_doors(
    tmp_path: Path, sut: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = verdicts_of_the_engine(tmp_path, "--sut", sut, "--features", str(features_dir() / "core"))
    pytest_bdd = verdicts_of_pytest(tmp_path, "--sut", sut, str(features_dir() / "core"))
    assert pytest_bdd == engine
    assert ("deviates" in engine.values()) == sut.startswith("faulty")


def test_a_deviation_is_reported_in_the_words_of_the_domain(toy: Path) -> None:
    another_toy(toy, stop_after=21)
    sentence = load_register(features_dir()).clause("BC-29").sentence
    result = run_pytest(toy, "--sut", "python:another_toy:in_process", "features", "-rN")
    assert (
        f"BC-29  {sentence}\n"
        "  core/unpaid_invoices.feature:18  16 days after the failed charge, services are stopped\n"
        "      (A clear day before, two clear days after)\n"
        "       7 Jan 2025 09:00  the organization is created, creates the service, "
        "puts a card on file (will be declined)\n"
        "                         collection is attempted for the organization\n"
        "      23 Jan 2025 09:00  16 days later\n"
        "    asked      23 Jan 2025 09:00, 'Then every service is stopped' (line 13)\n"
        "    expected   every service is stopped\n"
        "    observed   service: running\n"
        f"    again      billing-tck run --sut python:another_toy:in_process --features {toy / 'features'} "
        "--scenario core/unpaid_invoices.feature:18\n"
    ) in result.stdout
    assert "billing rules: 2 conforms, 1 deviates, 0 errored, 2 not applicable\n" in result.stdout
    assert outcomes(result) == "1 failed, 2 passed, 2 skipped"
    assert result.returncode == 1


def test_the_kit_runs_from_an_empty_folder(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--pyargs", "billing_tck", "--sut", "reference", "-m", "BC-02")
    assert result.returncode == 0, result.stdout
    assert " passed, " in outcomes(result)
    assert "billing rules: " in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-m", "BC-29"), "2 passed, 1 skipped, 2 deselected"),
        (("-m", "core and not BC-29"), "1 passed, 1 skipped, 3 deselected"),
        (("-k", "refused"), "1 passed, 4 deselected"),
        (("--strict-markers", "-W", "error"), "3 passed, 2 skipped"),
        (("-n", "2"), "3 passed, 2 skipped"),
    ],
)
def test_pytests_own_options_work(toy: Path, words: tuple[str, ...], said: str) -> None:
    result = run_pytest(toy, *TOY, *words)
    assert outcomes(result) == said, result.stdout
    assert result.returncode == 0


def test_what_failed_last_runs_again_alone(toy: Path) -> None:
    another_toy(toy, stop_after=9)
    words = ("--sut", "python:another_toy:in_process", "features", "--lf")
    assert outcomes(run_pytest(toy, *words)) == "1 failed, 2 passed, 2 skipped"
    assert outcomes(run_pytest(toy, *words)) == "1 failed"
    assert outcomes(run_pytest(toy, *words, "-x", "--co", "-q")) == "1 test collected"


def test_without_the_index_pytest_bdds_own_lookup_gives_the_same(toy: Path) -> None:
    conftest = (
        TOY_CONFTEST
        + "from billing_tck.pytest_plugin import collection\ncollection.index_step_lookup = lambda find: None\n"
    )
    (toy / "conftest.py").write_text(conftest, encoding="utf-8")
    assert outcomes(run_pytest(toy, *TOY)) == "3 passed, 2 skipped"


def test_a_broken_feature_is_a_collection_error(toy: Path) -> None:
    write_features(toy / "features", FEATURE.replace("@BC-29", "@BC-92"))
    result = run_pytest(toy, *TOY)
    assert "core/unpaid_invoices.feature:7: clause BC-92 does not exist; did you mean BC-" in result.stdout
    assert outcomes(result).endswith("1 error")
    assert result.returncode == 2


def test_a_scenario_that_pytest_bdd_loses_is_a_collection_error(toy: Path) -> None:
    lost = FEATURE.replace("Scenario: An extension changes nothing about it", "Scenario: A start is refused")
    write_features(toy / "features", lost)
    conftest = (
        TOY_CONFTEST
        + "from billing_tck.pytest_plugin import collection\ncollection.check_files = lambda *words, **more: []\n"
    )
    (toy / "conftest.py").write_text(conftest, encoding="utf-8")
    result = run_pytest(toy, *TOY)
    assert (
        "pytest-bdd has lost 1 of the scenarios:\ncore/unpaid_invoices.feature:23: A start is refused\n"
    ) in result.stdout
    assert result.returncode == 2


def test_a_wrong_sut_is_reported_before_anything_is_collected(toy: Path) -> None:
    result = run_pytest(toy, "--sut", "carrier-pigeon:grey", "features")
    assert "ERROR: --sut 'carrier-pigeon:grey': unknown kind of implementation 'carrier-pigeon'" in result.stderr
    assert result.returncode == 4


def test_an_implementation_that_cannot_be_reached_ends_the_run(toy: Path) -> None:
    result = run_pytest(toy, "--sut", "stdio:/no/such/program", "features")
    output = [line for line in result.stdout.splitlines() if "no implementation to run against" in line]
    assert output[-1].strip("! ").startswith("Interrupted")  # why the run ends
    assert "/no/such/program" in output[-1]
    assert len(output) <= 4  # not once for each scenario: the error, the summary (whole where CI is set), the end
    assert "1 error" in outcomes(result)
    assert result.returncode not in (0, 5)


def test_features_are_left_alone_where_no_implementation_is_named(toy: Path) -> None:
    assert run_pytest(toy, "features").returncode == 5


@pytest.fixture
def somebody_else(tmp_path: Path) -> Path:
    for name, content in SOMEBODY_ELSE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_features_of_somebody_else_run_as_ever(somebody_else: Path) -> None:
    result = run_pytest(somebody_else)
    assert outcomes(result).startswith("2 passed"), result.stdout


def test_features_of_somebody_else_run_as_ever_beside_the_kits(somebody_else: Path) -> None:
    words = (
        "--sut",
        "reference",
        "test_theirs.py",
        str(features_dir() / "core" / "trial.feature"),
        "-k",
        "own or lasts",
    )
    result = run_pytest(somebody_else, *words)
    assert "theirs" not in result.stdout.partition("short test summary")[2]
    assert " passed" in outcomes(result)
    assert "failed" not in outcomes(result)
