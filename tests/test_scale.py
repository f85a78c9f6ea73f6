"""The expensive parts of reading large and broken files are bounded. Calls are counted: machines may be busy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.results.verdicts import Deviation
from billing_tck.spec.gherkin import FeatureFile, InvalidFeatures
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps import checked_suite as compiling
from billing_tck.steps import suggestions
from billing_tck.steps.checked_suite import checked_suite
from billing_tck.steps.lint import MOST, definitions, structure
from billing_tck.steps.registry import UndefinedStepError, Vocabulary, load
from billing_tck.steps.world import World

from .toy import Toy


def written(folder: Path, scenarios: list[str]) -> Path:
    path = folder / "core" / "trial.feature"
    path.parent.mkdir(parents=True)
    path.write_text("@trial\nFeature: large\n" + "\n".join(scenarios), encoding="utf-8")
    return folder


def scenario(number: int, given: str, prose: str = "") -> str:
    return (
        f"\n  @BC-02 @needs.trial\n  Scenario: number {number}\n{prose}    Given {given}\n"
        "    When 3 days pass\n    Then the organization's trial is active\n"
    )


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, calls: Counter[str]) -> None:
    original: Callable[..., object] = getattr(owner, name)

    def call(*arguments: object, **named: object) -> object:
        calls[name] += 1
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, call)


TRIAL = "an organization with an active trial and $300.00 of trial credits"


def problems(folder: Path) -> tuple[object, ...]:
    with pytest.raises(InvalidFeatures) as raised:
        checked_suite(folder, load_register(features_dir()), load())
    return raised.value.diagnostics


def test_unknown_phrases_are_searched_for_a_bounded_number_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    counted(monkeypatch, suggestions.Suggester, "suggest", calls)
    counted(monkeypatch, Vocabulary, "nearest", calls)
    monkeypatch.setattr(definitions, "MOST_SUGGESTED", 3)
    found = problems(written(tmp_path, [scenario(n, f"a phrase of number {n % 20}") for n in range(200)]))
    assert len(found) == 200
    assert calls == {"suggest": 3}


def test_a_bounded_number_of_problems_is_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, [scenario(n, "the same phrase") for n in range(MOST + 500)])
    assert len(problems(folder)) == MOST
    assert main(["run", "--features", str(folder), "--list"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) < MOST
    assert said[-1] == "1,000 errors in the features; nothing was run"


def test_a_file_is_read_once_for_all_of_its_descriptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()
    counted(monkeypatch, structure, "read_text", calls)
    problems(written(tmp_path, [scenario(n, TRIAL, "    prose\n") for n in range(50)]))
    assert calls == {"read_text": 1}


def test_the_trees_of_files_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    original = compiling.suite_of

    def suite_of(root: Path, files: list[FeatureFile]) -> object:
        kept.extend(file.tree for file in files)
        return original(root, files)

    monkeypatch.setattr(compiling, "suite_of", suite_of)
    folder = written(tmp_path, [scenario(n, TRIAL) for n in range(3)])
    suite = checked_suite(folder, load_register(features_dir()), load())
    assert (len(suite.scenarios), kept) == (3, [{}])


def test_the_phrases_near_an_undefined_step_are_searched_when_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()
    counted(monkeypatch, Vocabulary, "nearest", calls)
    with pytest.raises(UndefinedStepError) as raised:
        load().find("given", "an organisation with an active trial and $300.00 of trial credit")
    assert calls == {}
    assert "nearest: " in str(raised.value)


def test_what_was_observed_of_a_large_organization_is_told_in_short() -> None:
    toy = Toy()
    with pytest.raises(Deviation) as raised:
        World(toy, toy.description).expect(False, "x" * 10**6, "y" * 10**6)
    assert (len(raised.value.expected), len(raised.value.observed)) == (2_000, 2_000)


def test_equal_texts_of_steps_are_kept_once(tmp_path: Path) -> None:
    folder = written(tmp_path, [scenario(n, TRIAL) for n in range(3)])
    first, *others = (s.steps for s in load_suite(folder).scenarios)
    assert all(step.text is other.text for steps in others for step, other in zip(first, steps, strict=True))
