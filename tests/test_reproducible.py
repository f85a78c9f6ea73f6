"""The same verdicts in any order, in parallel, in any time zone and on any day."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from billing_tck.clock import frozen
from billing_tck.connect import open_driver
from billing_tck.engine.runner import run
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load

GUILTY = "faulty:stop-after-21-days"
ZONES = ("Pacific/Apia", "America/St_Johns", "Asia/Kolkata")  # a day ahead of the other end, and half hours
SCENARIOS = load_suite().scenarios

ALONE = f"""
import json
from billing_tck.connect import open_driver
from billing_tck.engine.runner import run
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load

with open_driver({GUILTY!r}) as driver:
    results = run(load_suite().scenarios, driver, vocabulary=load())
    print(json.dumps({{r.place: r.verdict.word for r in results}}))
"""


def verdicts(scenarios: Iterable[Scenario] = SCENARIOS) -> dict[str, str]:
    with closing(open_driver(GUILTY)) as driver:
        return {r.place: r.verdict.word for r in run(scenarios, driver, vocabulary=load())}


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    found = verdicts()
    assert {"conforms", "deviates", "not_applicable"} == set(found.values())
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_any_order(expected: dict[str, str], seed: int) -> None:
    shuffled = list(SCENARIOS)
    random.Random(seed).shuffle(shuffled)
    assert verdicts(shuffled) == expected


def test_each_scenario_by_itself(expected: dict[str, str]) -> None:
    few = SCENARIOS[:: len(SCENARIOS) // 20]
    assert {place: word for scenario in few for place, word in verdicts([scenario]).items()} == {
        scenario.place: expected[scenario.place] for scenario in few
    }


@pytest.mark.parametrize("zone", ZONES)
def test_in_any_time_zone(expected: dict[str, str], zone: str) -> None:
    environment = {**os.environ, "TZ": zone}
    output = subprocess.run([sys.executable, "-c", ALONE], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(output.stdout) == expected


@pytest.mark.parametrize(
    "today", [datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_on_a_leap_day_and_at_the_turn_of_a_year(expected: dict[str, str], today: datetime) -> None:
    with frozen(today):
        assert verdicts() == expected


@pytest.mark.slow
def test_in_two_processes_of_pytest_and_in_random_order(expected: dict[str, str], tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    words = ["-n", "2", "-p", "randomly", "-p", "no:cacheprovider", "-q", f"--junitxml={junit}"]
    command = [sys.executable, "-m", "pytest", "--pyargs", "billing_tck", "--sut", GUILTY, *words]
    environment = {**os.environ, "TZ": ZONES[0]}
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=100)
    cases = ElementTree.parse(junit).getroot().iter("testcase")
    count = {"failure": 0, "skipped": 0, "error": 0, "passed": 0}
    for case in cases:
        count[next((child.tag for child in case if child.tag in count), "passed")] += 1
    words_expected = list(expected.values())
    assert count == {
        "failure": words_expected.count("deviates"),
        "skipped": words_expected.count("not_applicable"),
        "error": 0,
        "passed": words_expected.count("conforms"),
    }
