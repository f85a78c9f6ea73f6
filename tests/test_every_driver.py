"""The same features give the same verdicts over every driver and for independent implementations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from billing_tck.connect import open_driver
from billing_tck.engine.runner import run
from billing_tck.spec.suite import load_suite
from billing_tck.steps.registry import load

JAVASCRIPT = Path(__file__).parent / "third_party" / "javascript" / "server.mjs"
SUITE, VOCABULARY = load_suite(), load()
SERVE = f"{sys.executable} -m billing_tck serve"


def verdicts(spec: str, every: int = 1) -> dict[str, str]:
    """The verdict of every N-th scenario, by its place and name."""
    with closing(open_driver(spec)) as driver:
        results = run(SUITE.scenarios[::every], driver, vocabulary=VOCABULARY)
        return {f"{r.place} {r.name}": r.verdict.word for r in results}


@contextmanager
def listening(*command: str) -> Iterator[str]:
    """A server of the contract on a free port; its address."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.removeprefix("listening on ").strip()
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("variant", "every"),
    [
        ("--fault stop-after-21-days", 5),
        pytest.param("", 1, marks=pytest.mark.slow),
        pytest.param("--fault stop-after-21-days", 1, marks=pytest.mark.slow),
        pytest.param("--reading deadline_instant=end_of_day", 1, marks=pytest.mark.slow),
    ],
)
def test_the_served_reference_gets_the_same_verdicts_as_in_process(variant: str, every: int) -> None:
    option, _, value = variant.partition(" ")
    spec = {"": "reference", "--fault": f"faulty:{value}", "--reading": f"reference:{value}"}[option]
    expected = verdicts(spec, every)
    assert ("deviates" in expected.values()) is (option == "--fault")
    assert verdicts(f"stdio:{SERVE} --stdio {variant}", every) == expected
    with listening(*SERVE.split(), "--http", "0", *variant.split()) as address:
        assert verdicts(address, every) == expected


@pytest.mark.node
def test_an_independent_implementation_in_another_language_conforms_over_stdio_and_http() -> None:
    over_stdio = verdicts(f"stdio:node {JAVASCRIPT} --stdio")
    assert set(over_stdio.values()) == {"conforms", "not_applicable"}
    assert list(over_stdio.values()).count("conforms") == list(verdicts("reference").values()).count("conforms")
    with listening("node", str(JAVASCRIPT), "--http", "0") as address:
        assert verdicts(address) == over_stdio


@pytest.mark.node
def test_an_implementation_without_commitments_conforms_and_those_scenarios_are_not_applicable() -> None:
    with closing(open_driver(f"stdio:node {JAVASCRIPT} --stdio --without commitments")) as driver:
        results = list(run(SUITE.scenarios, driver, vocabulary=VOCABULARY))
    assert {r.verdict.word for r in results} == {"conforms", "not_applicable"}
    commitments = {r.verdict.word for r in results if r.family == "commitments"}
    assert "not_applicable" in commitments


@pytest.mark.node
@pytest.mark.parametrize(
    ("broken", "clauses"),
    [
        ("stop-after-21-days", {"BC-29"}),
        ("cap-exclusive", {"BC-24"}),
        ("no-delete-of-services", {"BC-31"}),
        ("report-before-linking", {"AWS-16", "AWS-29"}),
        ("deletes-committed", {"BC-66"}),
        ("thirty-day-cycle", {"BC-39"}),
    ],
)
def test_one_broken_rule_of_it_is_named_by_its_clause(broken: str, clauses: set[str]) -> None:
    with closing(open_driver(f"stdio:node {JAVASCRIPT} --stdio --broken {broken}")) as driver:
        results = list(run(SUITE.scenarios, driver, vocabulary=VOCABULARY))
    red = [set(r.clauses) for r in results if r.verdict.word == "deviates"]
    assert any(clauses & named for named in red), red
