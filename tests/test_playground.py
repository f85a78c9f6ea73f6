"""The playground of a site: what its worker answers, and the folder of its runtime.

`python -m tests.browser.playground` uses it in a browser.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from billing_tck.cli.main import main
from billing_tck.errors import UsageError
from billing_tck.site import links
from billing_tck.site.playground import bundle
from billing_tck.site.playground.answers import MOST_SCENARIOS, answer
from billing_tck.site.playground.kit import Kit, load_kit
from billing_tck.site.playground.npm import install_pyodide, pyodide_version
from billing_tck.site.playground.runtime import ABOUT, FILES, FOLDER, assets, read_runtime, source_digest, write_about

from .made_folders import damage

STEPS = """\
  Given it is 18 January 2025
  And an organization that pays by card
  And the organization creates a service
  Given the organization uses $120.00 and its card is declined at the end of the billing cycle
  When 13 days pass
"""
RUNNING = f"@BC-29\nScenario: 13 days\n{STEPS}  Then the organization's services are running"
STOPPED = RUNNING.replace("are running", "are stopped")
CAUGHT = "stop-after-7-days"


@cache
def kit() -> Kit:
    return load_kit()


def ask(kind: str, text: str, **more: object) -> Any:
    return json.loads(answer(kit(), json.dumps({"ask": kind, "text": text, **more})))


def only_run(text: str, **more: object) -> Any:
    (one,) = ask("run", text, **more)["runs"]
    return one


def test_a_run_has_the_verdict_each_step_the_clauses_and_the_timeline() -> None:
    run = only_run(RUNNING)
    assert (run["verdict"], run["name"]) == ("conforms", "13 days")
    assert [step["outcome"] for step in run["steps"]] == ["done"] * 5 + ["holds"]
    assert [clause["id"] for clause in run["clauses"]] == ["BC-29"]
    assert "deviation" not in run
    assert str(run["timeline"]).count("<svg") == 3
    assert "18 Jan 2025" in str(run["story"])


def test_a_deviation_says_what_was_expected_and_observed_and_where() -> None:
    run = only_run(STOPPED)
    assert run["verdict"] == "deviates"
    assert run["deviation"] == {
        "asked": "3 Mar 2025 00:00",
        "step": "Then the organization's services are stopped",
        "line": "8",
        "expected": "every service of the organization is stopped",
        "observed": "the service running, the other service running",
    }
    assert run["rules"][0].startswith("The reference keeps the rules")
    assert "BC-29" in run["rules"][1]
    assert run["steps"][-1] == {
        "text": "Then the organization's services are stopped",
        "line": 8,
        "outcome": "fails",
    }


def test_a_mistake_of_the_implementation_deviates() -> None:
    answered = ask("run", RUNNING, fault=CAUGHT)
    assert answered["sut"] == f"faulty:{CAUGHT}"
    run = only_run(RUNNING, fault=CAUGHT)
    assert run["verdict"] == "deviates"
    assert "rules" not in run


def test_a_scenario_of_a_reading_runs_under_it_alone() -> None:
    scenario = next(one for one in kit().suite.scenarios if one.part == "edge" and len(one.reading) == 1)
    ((knob, value),) = scenario.reading
    text = "\n".join([" ".join(f"@{tag}" for tag in scenario.tags), "Scenario: edge", *map(str, scenario.steps)])
    values = next(one for one in kit().register.knobs if one.name == knob).values
    other = next(one.name for one in values if one.name != value)
    assert ask("choices", text)["choices"]["readings"] == {knob: value}
    assert only_run(text, readings={knob: value})["verdict"] == "conforms"
    skipped = only_run(text, readings={knob: other})
    assert skipped["verdict"] == "not applicable"
    assert skipped["missing"] == [f"reading {knob}={value} ({other})"]


def test_choices_that_bear_on_the_clauses_come_first() -> None:
    found = ask("choices", RUNNING, clause="BC-30")["choices"]
    assert found["clauses"] == ["BC-29", "BC-30"]
    for kind in ("knobs", "faults"):
        bears = [one["bears"] for one in found[kind]]
        assert bears == sorted(bears, reverse=True)
        assert 0 < sum(bears) < len(bears)
    assert {one["name"] for one in found["knobs"]} == {knob.name for knob in kit().register.knobs}
    assert CAUGHT in {one["name"] for one in found["faults"] if one["bears"]}


def test_what_cannot_be_run_is_refused_with_its_line() -> None:
    (problem,) = ask("run", "Given an organization that pays by card\nWhen 3 days passs")["problems"]
    assert problem["line"] == 2
    assert "3 days pass" in problem["suggestions"]


def test_a_scenario_that_cannot_be_carried_out_is_refused_with_its_line() -> None:
    (problem,) = ask("run", RUNNING.replace("When 13 days pass", "When it is 1 January 2025"))["problems"]
    assert problem["line"] == 7
    assert "cannot go back" in problem["message"]
    assert problem["fix"]


def test_a_step_that_is_like_none_leads_to_the_list_of_the_panel() -> None:
    (problem,) = ask("run", "Xyzzy qwrtp")["problems"]
    assert "%phrases" not in json.dumps(problem)


def test_a_scenario_without_a_then_checks_nothing() -> None:
    assert only_run("Given an organization that pays by card")["verdict"] == "nothing checked"


def test_a_scenario_that_refuses_the_reference_has_no_points() -> None:
    assert ask("grade", STOPPED, clause="BC-29")["grade"]["score"] == 0


@pytest.mark.slow
def test_a_grade_has_points_and_more_hints_on_request() -> None:
    few, many = (ask("grade", RUNNING, clause="BC-29", hints=hints)["grade"] for hints in (1, 3))
    assert 0 < few["score"] == many["score"] < few["of"] == 100
    assert len(many["lines"]) > len(few["lines"])


@pytest.mark.parametrize(
    ("request_text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "needs 'ask' and 'text'"),
        ('{"ask": "run"}', "needs 'ask' and 'text'"),
        ('{"ask": "run", "text": 1}', "text: expected str, got int"),
        ('{"ask": "run", "text": "", "readings": {"a": 1}}', "readings: expected"),
        ('{"ask": "shell", "text": ""}', "expected choices, run or grade"),
        ('{"ask": "run", "text": "", "fault": "x,decisions=/etc/passwd"}', "there is no fault"),
        ('{"ask": "run", "text": "", "readings": {"decisions": "x"}}', "there is no such question"),
        ('{"ask": "run", "text": "", "readings": {"unpaid_clock": "x"}}', "it has per_invoice"),
        ('{"ask": "grade", "text": "", "clause": "BC-999"}', "no clause BC-999"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(request_text: str, said: str) -> None:
    assert said in json.loads(answer(kit(), request_text))["error"]


def test_more_scenarios_than_can_be_shown_are_refused() -> None:
    rows = "".join(f"| {number} |\n" for number in range(MOST_SCENARIOS + 1))
    text = f"Scenario Outline: x\n{STEPS.replace('13', '<days>')}Examples:\n| days |\n{rows}"
    assert f"at most {MOST_SCENARIOS}" in str(ask("run", text)["error"])


def test_a_name_cannot_become_markup_or_control_characters() -> None:
    run = only_run(RUNNING.replace("13 days\n", "<img src=x onerror=alert(1)>\x1b[31m\n", 1))
    assert "<img" not in str(run["timeline"])
    assert "\x1b" not in json.dumps(run, ensure_ascii=False)


# The runtime


def made(folder: Path) -> Path:
    """Write a runtime that holds nothing that can run."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(name.encode())
    write_about(folder)
    return folder


def test_a_runtime_becomes_files_of_the_site(tmp_path: Path) -> None:
    found = read_runtime(made(tmp_path / "runtime"))
    assert {f"{FOLDER}/runtime/{name}" for name in FILES} | assets().keys() == found.keys()
    assert links.PLAYGROUND in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("missing", "is not a runtime"),
        ("not JSON", "is not JSON"),
        ("a list", "is not a JSON object"),
        ("another version", "another version of the kit"),
        ("no digests", "does not list the files"),
        ("a changed file", "snapshot.bin was changed"),
        ("a missing file", "snapshot.bin cannot be read"),
    ],
)
def test_a_runtime_that_does_not_fit_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, said: str
) -> None:
    folder = made(tmp_path / "runtime")
    about = folder / ABOUT
    match change:
        case "no digests":
            about.write_text(json.dumps({"source": source_digest(), "pyodide": pyodide_version()}))
        case "a changed file":
            (folder / "snapshot.bin").write_bytes(b"x")
        case "a missing file":
            (folder / "snapshot.bin").unlink()
        case _:
            damage(about, change, source_digest())
    assert main(["site", str(tmp_path / "site"), "--runtime", str(folder)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_the_stage_has_the_kit_its_features_and_what_they_need(tmp_path: Path) -> None:
    bundle.write_stage(tmp_path / "stage")
    found = {path.relative_to(tmp_path / "stage").as_posix() for path in (tmp_path / "stage").rglob("*.*")}
    assert {"prepare.py", "parse/__init__.py", "typing_extensions.py"} <= found
    compiled = "billing_tck/features/compiled.cache"
    assert {compiled, "billing_tck/features/clauses.toml"} <= found
    assert {"billing_tck/site/playground/answers.py", "gherkin/gherkin-languages.json"} <= found
    assert any(name.startswith("billing_reference/") for name in found)
    assert not [name for name in found - {compiled} if not name.endswith((".py", ".json", ".toml", ".feature"))]


def test_without_node_a_runtime_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bundle.main([str(tmp_path / "runtime")]) == 2
    assert "npm not found" in capsys.readouterr().err


def test_every_package_that_npm_installs_has_a_digest_and_pyodide_the_version_that_is_named() -> None:
    folder = Path(bundle.__file__).parent
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages["node_modules/pyodide"]["version"] == pyodide_version()
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())


def test_what_npm_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "npm").write_text('#!/bin/sh\ntest "$1" = ci && echo "npm error code EINTEGRITY" >&2\nexit 1\n')
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UsageError, match=r"npm ended with status 1:\nnpm error code EINTEGRITY"):
        install_pyodide(tmp_path)
    assert json.loads((tmp_path / "package-lock.json").read_text())["packages"]


def test_a_folder_with_other_files_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("npm", "node"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="holds files that are not of a runtime"):
        bundle.make_runtime(tmp_path)


def test_scripts_name_no_address_elsewhere() -> None:
    for name, content in assets().items():
        assert not re.findall(rb"https?:|//[\w-]+\.\w", content), name
