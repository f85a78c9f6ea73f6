"""Features are parsed and checked once: what is compiled is what they say, and any change of them is seen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from billing_tck.cli.main import main
from billing_tck.connect import open_driver
from billing_tck.connection import Connection
from billing_tck.engine import parallel
from billing_tck.engine.executors import ThisProcess, WorkerPool
from billing_tck.engine.parallel import run_parallel
from billing_tck.engine.runner import describe
from billing_tck.spec.baseline import FILE
from billing_tck.spec.compiled import Matched, pack, unpack
from billing_tck.spec.gherkin import InvalidFeatures
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps import checked_suite as compiling
from billing_tck.steps import lint
from billing_tck.steps.checked_suite import OWN, checked_suite
from billing_tck.steps.registry import AmbiguousStepError, Definition, Vocabulary, load
from billing_tck.steps.world import World
from billing_tck.text import cache
from billing_tck.text.cache import cache_folder, prune, read_cached, write_cached

FEATURE = """\
@trial
Feature: Trials

  @BC-02 @needs.trial
  Rule: A trial lasts 30 days

    Scenario: It has not ended
      Given it is 7 January 2025
      And an organization with an active trial and $300.00 of trial credits
      When 29 days pass
      Then the organization's trial is active
"""
REGISTER = load_register(features_dir())
P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one feature, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "f" / "core").mkdir(parents=True)
    (tmp_path / "f" / "core" / "trial.feature").write_text(FEATURE, encoding="utf-8")
    return tmp_path / "f"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are parsed, in order."""
    found: list[str] = []
    read_file = lint.read_file

    def reads(path: Path, root: Path) -> object:
        found.append(path.name)
        return read_file(path, root)

    monkeypatch.setattr(lint, "read_file", reads)
    return found


def stored() -> list[Path]:
    return sorted(cache_folder().glob("features-*.json"))


def test_what_is_compiled_is_what_the_features_say() -> None:
    scenarios = load_suite().scenarios
    compiled = unpack(pack("a key", scenarios, lambda step: Matched(f"like {step.text}", [step.line, "x"])))
    assert compiled.key == "a key"
    assert compiled.scenarios == tuple(replace(scenario, outside_baseline=False) for scenario in scenarios)
    texts = {(step.kind, step.text) for scenario in scenarios for step in scenario.steps}
    assert compiled.matched == {(kind, text): Matched(f"like {text}", [0, "x"]) for kind, text in texts}
    assert compiled.fingerprints == tuple(scenario.fingerprint for scenario in scenarios)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format":3}', '{"format":3,"key":"","patterns":[],"steps":[],"scenarios":[[1]]}']
)
def test_another_text_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(text)


def test_unchanged_features_are_parsed_once(features: Path, parsed: list[str]) -> None:
    first = checked_suite(features, REGISTER, load())
    assert parsed == ["trial.feature"]
    assert checked_suite(features, REGISTER, load()) == first
    assert parsed == ["trial.feature"]
    assert checked_suite(features, REGISTER, load(), cached=False) == first
    assert parsed == ["trial.feature"] * 2


def test_the_features_of_the_kit_are_not_parsed(features: Path, parsed: list[str]) -> None:
    assert checked_suite(None, REGISTER, load()) == load_suite()
    assert parsed == []
    assert stored() == []
    assert (features_dir() / OWN).is_file()


def test_texts_are_not_matched_again(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = load()
    steps = checked_suite(features, REGISTER, vocabulary).scenarios[0].steps
    matches = [vocabulary.find(step.kind or "given", step.text) for step in steps]
    vocabulary._found.clear()
    checked_suite(features, REGISTER, vocabulary)
    monkeypatch.setattr(Definition, "match", lambda self, text: pytest.fail(text))
    assert [vocabulary.find(step.kind or "given", step.text) for step in steps] == matches


class _NewProcess(ThisProcess):
    """Runs a task with a vocabulary that expects nothing, as in a process that was just started."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        vocabulary = load()
        expected = vocabulary._expected
        vocabulary.expect({})
        vocabulary._found.clear()
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            vocabulary.expect(expected)


def test_texts_are_not_matched_again_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = checked_suite(None, REGISTER, load()).scenarios[:9]
    monkeypatch.setattr(parallel, "workers", lambda count, cluster: nullcontext(WorkerPool(_NewProcess(), count)))
    monkeypatch.setattr(Definition, "match", lambda self, text: pytest.fail(text))
    with open_driver("reference") as driver:
        description = describe(driver)
    records = list(run_parallel(scenarios, ("reference",), Connection(), description, count=2))
    assert len(records) == len(scenarios)
    assert {record.verdict.word for record in records} <= {"conforms", "not_applicable"}


def test_what_is_compiled_of_the_features_of_the_kit_is_what_matching_gives() -> None:
    vocabulary = load()
    compiled = unpack(read_cached(features_dir() / OWN) or "")
    for (kind, text), (pattern, values) in compiled.matched.items():
        (definition,) = [d for d in vocabulary if (d.kind, d.pattern) == (kind, pattern)]
        assert values is not None
        assert definition.form.read(values) == definition.match(text)


def number_and_word(world: World, n: object, word: str) -> None:
    raise AssertionError(world, n, word)


def test_a_text_whose_values_have_no_form_in_json_is_matched(features: Path) -> None:
    def vocabulary() -> Vocabulary:
        found = Vocabulary(load().types)
        for definition in load():
            found._define(definition.kind, definition.pattern)(definition.function)
        found.when("the number {n:g} is {word}")(number_and_word)
        return found

    path = features / "core" / "trial.feature"
    path.write_text(FEATURE.replace("When 29", "When the number 1.5 is odd\n      And 29"), encoding="utf-8")
    checked_suite(features, REGISTER, vocabulary())
    again = vocabulary()
    checked_suite(features, REGISTER, again)
    assert stored()
    assert again._expected["when", "the number 1.5 is odd"].values is None
    assert again.find("when", "the number 1.5 is odd").arguments == {"n": 1.5, "word": "odd"}


def test_a_definition_that_comes_later_is_tried(features: Path) -> None:
    vocabulary = Vocabulary(load().types)
    for definition in load():
        vocabulary._define(definition.kind, definition.pattern)(definition.function)
    checked_suite(features, REGISTER, vocabulary)
    checked_suite(features, REGISTER, vocabulary)
    vocabulary.when("29 days {verb}")(time_goes)
    with pytest.raises(AmbiguousStepError):
        vocabulary.find("when", "29 days pass")


def time_goes(world: World, verb: str) -> None:
    raise AssertionError(world, verb)


def test_a_damaged_file_of_the_kit_is_not_believed(
    features: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = features / OWN
    whole = (features_dir() / OWN).read_bytes()
    damaged.write_bytes(whole.replace(b"29 days pass", b"28 days pass"))
    monkeypatch.setattr(compiling, "OWN", str(damaged))
    assert checked_suite(None, REGISTER, load()) == load_suite()
    assert len(parsed) > 1


def test_a_changed_feature_is_parsed_and_checked(features: Path, parsed: list[str]) -> None:
    checked_suite(features, REGISTER, load())
    path = features / "core" / "trial.feature"
    path.write_text(FEATURE.replace("29 days", "28 days"), encoding="utf-8")
    (scenario,) = checked_suite(features, REGISTER, load()).scenarios
    assert scenario.steps[-2].text == "28 days pass"
    path.write_text(FEATURE.replace("days pass", "days go by"), encoding="utf-8")
    with pytest.raises(InvalidFeatures):
        checked_suite(features, REGISTER, load())
    assert parsed == ["trial.feature"] * 3


def test_features_with_an_error_are_not_kept(features: Path) -> None:
    (features / "core" / "trial.feature").write_text(FEATURE.replace("@BC-02", "@BC-999"), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(InvalidFeatures, match="BC-999"):
            checked_suite(features, REGISTER, load())
    assert stored() == []


def test_other_step_definitions_and_requirements_check_again(features: Path, parsed: list[str]) -> None:
    checked_suite(features, REGISTER, load())
    with pytest.raises(InvalidFeatures):
        checked_suite(features, REGISTER, Vocabulary())
    with pytest.raises(InvalidFeatures):
        checked_suite(features, replace(REGISTER, clauses=REGISTER.clauses[:1]), load())
    assert parsed == ["trial.feature"] * 3


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff\xfe", b"{}", b"0\n{}"])
def test_a_damaged_file_is_replaced(damage: bytes, features: Path, parsed: list[str]) -> None:
    before = checked_suite(features, REGISTER, load())
    (path,) = stored()
    whole = path.read_bytes()
    for broken in (damage, whole[:-1], whole.replace(b"29 days", b"28 days")):
        path.write_bytes(broken)
        assert checked_suite(features, REGISTER, load()) == before
        assert path.read_bytes() == whole
    assert len(parsed) == 4


def test_a_baseline_that_comes_later_is_followed(features: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not checked_suite(features, REGISTER, load()).scenarios[0].outside_baseline
    assert main(["freeze", "first", "--features", str(features)]) == 0
    path = features / "core" / "trial.feature"
    path.write_text(FEATURE.replace("It has not ended", "It has another name"), encoding="utf-8")
    for _ in range(2):
        assert checked_suite(features, REGISTER, load()).scenarios[0].outside_baseline
    (features / FILE).unlink()
    assert not checked_suite(features, REGISTER, load()).scenarios[0].outside_baseline


def test_a_cache_that_cannot_be_written_is_no_error(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = features.parent / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert len(checked_suite(features, REGISTER, load()).scenarios) == 1


def test_the_oldest_files_of_a_cache_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 2)
    for number in range(4):
        path = tmp_path / f"features-{number}.json"
        write_cached(path, str(number))
        subprocess.run(["touch", "-d", f"2025-01-0{number + 1}", str(path)], check=True)
    (tmp_path / "last-failed-0.json").write_text("")
    prune(tmp_path, "features-*.json")
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "features-2.json",
        "features-3.json",
        "last-failed-0.json",
    ]
    assert read_cached(tmp_path / "features-3.json") == "3"


@pytest.mark.parametrize("more", [[], ["--no-cache"]])
def test_a_run_of_checked_features_needs_no_parser(more: list[str]) -> None:
    script = (
        "import sys\nfrom billing_tck.cli.main import main\n"
        f"status = main(['run', '--clause', 'BC-02', '--in-process', *{more!r}])\n"
        "print(*sys.modules, file=sys.stderr)\nsys.exit(status)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ("gherkin.parser" in ran.stderr.split()) is bool(more)
