"""prove --since: what did not change is not played again, and comes to the same result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.errors import UsageError
from billing_tck.selftest import known_results
from billing_tck.selftest.known_results import KnownResults, load_results
from billing_tck.selftest.tasks import ScenarioFailure, Task, TaskResult, TaskRun
from billing_tck.spec.suite import features_dir, load_suite

SCENARIOS = load_suite().scenarios[:4]
TASK = Task("fault", "f", (TaskRun("faulty:f", (0, 1)), TaskRun("faulty:f,x=y", (2,))))
FAILURE = ScenarioFailure(1, "deviates", SCENARIOS[1].line + 3, "expected a; observed b")
RESULT = TaskResult("fault", "f", (0,), (FAILURE,))  # the scenario 2 is not applicable
FEATURE = "\n\n".join((features_dir() / "core" / "trial.feature").read_text(encoding="utf-8").split("\n\n")[:5]) + "\n"


def stored(path: Path) -> KnownResults:
    known = KnownResults(SCENARIOS)
    known.add(TASK, RESULT)
    known.save(path)
    return known


def test_what_is_known_is_not_played_again_wherever_the_scenario_is_written(tmp_path: Path) -> None:
    stored(tmp_path / "known.json")
    moved = [replace(scenario, line=scenario.line + 7) for scenario in SCENARIOS]
    known = load_results(tmp_path / "known.json", moved)
    rest, result = known.rest_of(TASK)
    assert rest.runs == ()
    assert result.conforming == (0,)
    assert result.failed == (replace(FAILURE, line=FAILURE.line + 7),)
    assert (known.reused, known.played) == (3, 0)


def test_a_changed_scenario_and_another_spec_are_played(tmp_path: Path) -> None:
    stored(tmp_path / "known.json")
    changed = [replace(SCENARIOS[0], name="another"), *SCENARIOS[1:]]
    known = load_results(tmp_path / "known.json", changed)
    rest, result = known.rest_of(replace(TASK, runs=(*TASK.runs, TaskRun("faulty:g", (3,)))))
    assert rest.runs == (TaskRun("faulty:f", (0,)), TaskRun("faulty:g", (3,)))
    assert (result.conforming, result.failed) == ((), (FAILURE,))


@pytest.mark.parametrize(("part", "played"), [("base", True), ("faults", True), ("", False)])
def test_other_code_plays_again(part: str, played: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / "known.json")
    digests = known_results._digests()
    monkeypatch.setattr(known_results, "_digests", lambda: digests | ({part: "another"} if part else {}))
    rest, _ = load_results(tmp_path / "known.json", SCENARIOS).rest_of(TASK)
    assert bool(rest.runs) is played


def test_other_faults_change_nothing_for_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Task("reading", "reference", (TaskRun("reference", (0,)),))
    known = KnownResults(SCENARIOS)
    known.add(reading, TaskResult("reading", "reference", (0,), ()))
    known.save(tmp_path / "known.json")
    digests = known_results._digests()
    monkeypatch.setattr(known_results, "_digests", lambda: digests | {"faults": "another"})
    assert load_results(tmp_path / "known.json", SCENARIOS).rest_of(reading)[0].runs == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "code": 3, "results": {}}', "\0"])
def test_another_file_is_wrong_usage(text: str, tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="--since"):
        load_results(tmp_path / "known.json", SCENARIOS)


def test_damaged_results_are_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    stored(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    for damage in ("x", [], [1, 2], None, {"faulty:f": 3}, {"faulty:f": {"mark": ["deviates", "x", ""]}}):
        path.write_text(json.dumps(content | {"results": damage}), encoding="utf-8")
        with pytest.raises(UsageError, match="is damaged"):
            load_results(path, SCENARIOS)


def test_the_command_plays_a_changed_feature_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    features = tmp_path / "features" / "core"
    features.mkdir(parents=True)
    (features / "trial.feature").write_text(FEATURE, encoding="utf-8")
    words = ["prove", "--empty", "--features", str(features.parent), "--since", str(tmp_path / "known.json")]
    words += ["--workers", "1"]
    status = main(words)
    first = capsys.readouterr()
    assert ": 0 of " in first.err
    assert main(words) == status
    again = capsys.readouterr()
    (said,) = [line for line in again.err.splitlines() if "since " in line]
    known, of = said.split(": ")[1].split(" results")[0].split(" of ")
    assert known == of
    assert [line for line in again.out.splitlines() if " s" not in line] == [
        line for line in first.out.splitlines() if " s" not in line
    ]
    (features / "trial.feature").write_text(FEATURE.replace("| 9 January 2025 ", "| 11 January 2025"), encoding="utf-8")
    main(words)
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "since " in line]
    known, of = said.split(": ")[1].split(" results")[0].split(" of ")
    assert 0 < int(known.replace(",", "")) < int(of.replace(",", ""))
