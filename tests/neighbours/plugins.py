"""The neighbours: other plugins of pytest, each with what a user does with it and what must come of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Check = Callable[[Path, str], str | None]
"""What is wrong with the files that a run left in its folder, or with its output; None where nothing is."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A plugin by its distribution, with the options and the tests of a user who has it.

    `needs` are distributions that it does not load by itself; `runs` holds the options of each run, whose results
    together must be those of one run without neighbours.
    """

    distribution: str
    runs: tuple[tuple[str, ...], ...] = ((),)
    tests: str = ""
    conftest: str = ""
    needs: tuple[str, ...] = ()
    check: Check | None = None


def _html(folder: Path, output: str) -> str | None:
    del output
    text = (folder / "report.html").read_text(encoding="utf-8")
    return None if "unpaid_invoices.feature" in text else "report.html does not name the scenarios"


def _json_report(folder: Path, output: str) -> str | None:
    del output
    report = json.loads((folder / ".report.json").read_text(encoding="utf-8"))
    tests = [test for test in report["tests"] if test["outcome"] == "failed"]
    return None if tests else ".report.json has no failed scenario"


def _allure(folder: Path, output: str) -> str | None:
    del output
    results = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "allure").glob("*-result.json")]
    years = {int(result["start"]) // 1000 // 31_556_952 + 1970 for result in results}
    if not any(result["status"] == "failed" for result in results):
        return "no result of allure is failed"
    return "a result of allure has the time of a scenario" if min(years) < 2026 else None


def _cov(folder: Path, output: str) -> str | None:
    del folder
    return None if "TOTAL" in output else "no coverage was printed"


NEIGHBOURS = (
    Neighbour("pytest-xdist", (("-n", "2"),)),
    Neighbour("pytest-cov", (("--cov", "."),), check=_cov),
    Neighbour(
        "pytest-asyncio",
        (("-o", "asyncio_default_fixture_loop_scope=function"),),
        tests="import asyncio\n@pytest.mark.asyncio\nasync def test_timer():\n    await asyncio.sleep(0.001)\n",
    ),
    Neighbour(
        "pytest-mock",
        tests="def test_mock(mocker):\n    mocker.patch('time.time', return_value=5)\n    assert time.time() == 5\n",
    ),
    Neighbour("pytest-timeout", (("--timeout", "60"),)),
    Neighbour("pytest-randomly", (("-p", "randomly", "-p", "no:cacheprovider"),)),
    Neighbour(
        "pytest-rerunfailures",
        (("--reruns", "2"),),
        tests="TRIES = []\ndef test_wobbles():\n    TRIES.append(1)\n    assert len(TRIES) == 2\n",
    ),
    Neighbour("pytest-repeat", (("--count", "2"),)),
    Neighbour("pytest-html", (("--html", "report.html"),), needs=("pytest-metadata",), check=_html),
    Neighbour("pytest-sugar"),
    Neighbour("pytest-metadata", (("--metadata", "project", "billing"),)),
    Neighbour("pytest-json-report", (("--json-report",),), needs=("pytest-metadata",), check=_json_report),
    Neighbour(
        "pytest-freezer",
        tests="def test_freezer(freezer):\n    freezer.move_to('2020-02-29')\n    assert date.today().day == 29\n",
        conftest="@pytest.fixture(autouse=True)\ndef leap_day(request):\n"
        "    if '.feature' in request.node.nodeid:\n"
        "        request.getfixturevalue('freezer').move_to('2020-02-29')\n",
    ),
    Neighbour(
        "pytest-socket",
        (("--disable-socket",),),
        tests="import socket\ndef test_socket():\n    with pytest.warns(UserWarning), pytest.raises(RuntimeError):\n"
        "        socket.socket()\n",
    ),
    Neighbour("pytest-split", (("--splits", "2", "--group", "1"), ("--splits", "2", "--group", "2"))),
    Neighbour("pytest-instafail", (("--instafail",),)),
    Neighbour("pytest-order", tests="@pytest.mark.order(1)\ndef test_first():\n    pass\n"),
    Neighbour("pytest-benchmark", tests="def test_speed(benchmark):\n    benchmark(sum, range(10))\n"),
    Neighbour("allure-pytest", (("--alluredir", "allure"),), check=_allure),
    Neighbour(
        "time-machine",
        tests="def test_travel(time_machine):\n    time_machine.move_to('2020-02-29')\n"
        "    assert date.today().day == 29\n",
    ),
)

TOGETHER = Neighbour("all of them together", (("-o", "asyncio_default_fixture_loop_scope=function"),))
"""Every plugin at once, loaded as pytest loads them by itself."""
