"""Lint: each check refuses one way to lose, empty or misread a scenario, with its place and a fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, read_files
from billing_tck.steps.lint import check, check_files
from billing_tck.steps.registry import AmbiguousStepError, Vocabulary, VocabularyError, load
from billing_tck.steps.world import World

from .toy import EDGE, FEATURE, register, vocabulary, write_features

FILE = "core/unpaid_invoices.feature"


def problems(folder: Path, words: Vocabulary | None = None) -> list[str]:
    return [str(problem) for problem in check(folder, register(), words or vocabulary())]


def test_a_sound_folder_passes(tmp_path: Path) -> None:
    assert problems(write_features(tmp_path, FEATURE, EDGE)) == []


def test_the_kits_own_features_pass() -> None:
    assert [str(problem) for problem in check(features_dir(), load_register(features_dir()), load())] == []


BREAKAGES = {
    "two scenarios of one name under different rules": (
        ("Scenario: A start is refused", "Scenario: <days> days after the failed charge, services are <services>"),
        (
            f"{FILE}:23: two scenarios are named '<days> days after the failed "
            "charge, services are <services>'; the other one is in line 10. Give each its own name: "
            "pytest-bdd would silently drop one of them."
        ),
    ),
    "a row whose name is another scenario's": (
        ("Scenario: A start is refused", "Scenario: 16 days after the failed charge, services are stopped"),
        (
            f"{FILE}:23: this scenario and the one in line 18 are both named '16 "
            "days after the failed charge, services are stopped'. Give each its own name."
        ),
    ),
    "two rows alike": (
        ("| 16   | stopped  |", "| 13   | running  |"),
        f"{FILE}:18: this row repeats the row in line 17. Remove one of them.",
    ),
    "a scenario without a name": (
        ("Scenario: A start is refused", "Scenario:"),
        (f"{FILE}:23: the scenario has no name. Give it a name that states the outcome."),
    ),
    "an empty scenario": (
        ("    @needs.extension\n", "    Scenario: Nothing at all\n\n    @needs.extension\n"),
        (f"{FILE}:28: 'Nothing at all' has no steps, and would always pass. Write its steps."),
    ),
    "a step whose first word is mistyped, which Gherkin takes for prose": (
        (
            "    Scenario: A start is refused\n",
            "    Scenario: A start is refused\n      Wen it is 1 March 2024\n",
        ),
        (f"{FILE}:24: 'Wen it is 1 March 2024' is not a step, and would be ignored; did you mean When?"),
    ),
    "prose where a step should be": (
        ("  Background:\n", "  Background:\n    it is 1 March 2024\n"),
        (
            f"{FILE}:5: 'it is 1 March 2024' is not a step, and would be ignored. "
            "Begin it with Given, When or Then, or with # for a comment."
        ),
    ),
    "a keyword that is mistyped, which Gherkin takes for prose": (
        ("  Rule: A stopped service", "  Rule: Late\n    Scenaro: hello\n\n  @BC-26\n  Rule: A stopped service"),
        (f"{FILE}:22: 'Scenaro: hello' is not a keyword, and would be ignored; did you mean Scenario:?"),
    ),
    "an outline without rows": (
        ("        | 13   | running  |\n        | 16   | stopped  |\n", ""),
        f"{FILE}:15: the Examples have no rows. Add a row, or remove them.",
    ),
    "no When": (
        (
            "      When a collection is attempted\n      And 16 days pass\n      Then a start of the "
            "service is refused\n\n",
            "      Then a start of the service is refused\n\n",
        ),
        (f"{FILE}:23: 'A start is refused' has no When. Write what happens: time that passes, or a request."),
    ),
    "no Then": (
        ("      And 16 days pass\n      Then a start of the service is refused\n\n", "      And 16 days pass\n\n"),
        (f"{FILE}:23: 'A start is refused' has no Then, and would always pass. Write what to check."),
    ),
    "a When that nothing looks at": (
        (
            "      Then every service is <services>\n",
            "      Then every service is <services>\n      When <days> days pass\n",
        ),
        (
            f"{FILE}:14: '<days> days after the failed charge, services are "
            "<services>' ends with 'When 13 days pass', and checks nothing after it. End with a Then."
        ),
    ),
    "a first step that is And": (
        ("    Given an organization with", "    * an organization with"),
        (
            f"{FILE}:5: '* an organization with a card that declines' comes before "
            "any Given, When or Then. Begin with one of these words."
        ),
    ),
    "an undefined step": (
        ("every service is <services>", "each service is <services>"),
        (f"{FILE}:13: no step definition matches 'Then each service is running'. Nearest: 'every service is <state>'."),
    ),
    "an undefined step that nothing resembles": (
        ("every service is <services>", "<services> xyzzy"),
        (
            f"{FILE}:13: no step definition matches 'Then running xyzzy'. "
            "`billing-tck steps` lists all step definitions."
        ),
    ),
    "a phrase of another kind": (
        ("Given a collection is attempted", "Then a collection is attempted"),
        (
            f"{FILE}:11: no step definition matches 'Then a collection is "
            "attempted'. It is defined as a Given and as a When; begin the line with Given or When. Nearest: "
            "'Given a collection is attempted'; 'When a collection is attempted'."
        ),
    ),
    "a column that is none": (
        ("When <days> days pass", "When <day> days pass"),
        (f"{FILE}:12: <day> is not a column of its Examples. Add the column to its Examples, or fix its name."),
    ),
    "a column in the name that is none": (
        ("services are <services>\n      Given", "services are <service>\n      Given"),
        (
            f"{FILE}:10: <service> in the name is not a column of its Examples. Add "
            "the column to its Examples, or fix its name."
        ),
    ),
    "an unused column": (
        (
            "| days | services |\n        | 13   | running  |\n        | 16   | stopped  |",
            "| days | services | why |\n| 13 | running | a |\n| 16 | stopped | b |",
        ),
        (f"{FILE}:16: the column 'why' is used neither in a step nor in the name. Use it as <why>, or remove it."),
    ),
    "an unknown tag": (
        ("@needs.extension", "@needs.extension @slow"),
        (
            f"{FILE}:28: unknown tag @slow. Tags are @unpaid_invoices, clause ids, "
            "@needs.CAPABILITY, @reading.KNOB.VALUE and @exact."
        ),
    ),
    "an unknown clause": (
        ("@BC-29", "@BC-92"),
        (f"{FILE}:7: clause BC-92 does not exist; did you mean BC-29, BC-28 or BC-26?"),
    ),
    "an excluded clause": (
        ("@BC-29", "@BC-28"),
        (f"{FILE}:7: clause BC-28 is excluded: it is a screen. Remove the tag, or the exclusion."),
    ),
    "a scenario without a clause": (
        ("  @BC-29\n", "\n"),
        (
            f"{FILE}:10: '<days> days after the failed charge, services are "
            "<services>' has no clause. Tag it, or its Rule, with the id of the clause that it tests, as "
            "@BC-29."
        ),
    ),
    "an unknown capability": (
        ("@needs.extension", "@needs.extensions"),
        (f"{FILE}:28: capability 'extensions' does not exist; did you mean extension?"),
    ),
    "a reading in the core": (
        ("@needs.extension", "@reading.deadline_instant.at"),
        (
            f"{FILE}:29: 'An extension changes nothing about it' tests the reading "
            "deadline_instant=at, but core scenarios hold under every reading. Move it to edge/, or "
            "remove the tag."
        ),
    ),
    "a feature that is not tagged as its file": (
        ("@unpaid_invoices\n", "@exact\n"),
        (f"{FILE}:2: the feature lacks the tag of its family, @unpaid_invoices. Add @unpaid_invoices."),
    ),
    "a table that the step does not read": (
        ("      When <days> days pass\n", "      When <days> days pass\n        | a |\n"),
        (f"{FILE}:12: 'When 13 days pass' takes no table, but one follows. Remove it."),
    ),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_breakage_is_refused_with_its_place_and_fix(tmp_path: Path, breakage: str) -> None:
    (old, new), said = BREAKAGES[breakage]
    assert old in FEATURE
    assert said in problems(write_features(tmp_path, FEATURE.replace(old, new)))


EDGES = {
    "an edge without a reading": (
        "@reading.deadline_instant.at ",
        "",
        (
            "edge/unpaid_invoices.feature:5: 'At the very instant services are stopped' is in edge/, but "
            "tests no reading. Tag it as @reading.KNOB.VALUE, or move it to core/."
        ),
    ),
    "an unknown knob": (
        "deadline_instant",
        "deadline_instance",
        ("edge/unpaid_invoices.feature:4: knob 'deadline_instance' does not exist; did you mean deadline_instant?"),
    ),
    "an unknown value": (
        "deadline_instant.at",
        "deadline_instant.noon",
        ("edge/unpaid_invoices.feature:4: knob deadline_instant has no reading 'noon'; expected one of at, after."),
    ),
}


@pytest.mark.parametrize("breakage", EDGES)
def test_a_broken_edge_is_refused(tmp_path: Path, breakage: str) -> None:
    old, new, said = EDGES[breakage]
    assert problems(write_features(tmp_path, FEATURE, EDGE.replace(old, new))) == [said]


def test_a_file_of_no_family_is_refused(tmp_path: Path) -> None:
    text = FEATURE.replace("@unpaid_invoices", "@billing")
    said = problems(write_features(tmp_path, text, name="billing"))
    assert said == [
        "core/billing.feature:1: rule family 'billing' does not exist. Name the file after one of trial, card_billing, "
        "unpaid_invoices, marketplace, aws_onboarding, commitments."
    ]


def test_a_file_without_a_scenario_is_refused(tmp_path: Path) -> None:
    said = problems(write_features(tmp_path, "@unpaid_invoices\nFeature: nothing yet\n"))
    assert said == [f"{FILE}:1: the file has no scenario. Write one, or remove the file."]


def test_broken_files_are_reported_along_with_everything_else(tmp_path: Path) -> None:
    write_features(tmp_path, FEATURE.replace("@BC-29", "@BC-92"))
    write_features(tmp_path, "Feature: x\n  Scenario: y\n    Given z\n    Guess\n", name="trial")
    said = problems(tmp_path)
    assert len(said) == 2
    assert said[0].startswith("core/trial.feature:4: invalid Gherkin")
    assert said[1].startswith(f"{FILE}:7: clause BC-92 does not exist")


def test_of_two_fitting_phrases_neither_wins(tmp_path: Path) -> None:
    words = vocabulary()

    @words.then("every {thing} is {state}")
    def things_are(world: World, thing: str, state: str) -> None:
        del world, thing, state

    with pytest.raises(AmbiguousStepError):
        words.find("then", "every service is stopped")
    said = problems(write_features(tmp_path), words)
    assert len(said) == 2
    assert said[0].startswith(
        f"{FILE}:13: several step definitions match 'Then every service is running': 'every service is {{state}}' ("
    )
    assert said[0].endswith("Change one of them.")
    assert "'every {thing} is {state}' (" in said[0]


def test_a_value_that_a_phrase_does_not_understand_is_refused(tmp_path: Path) -> None:
    def month(text: str) -> int:
        raise ValueError(f"{text} is no month")

    month.pattern = "[A-Z]+"  # type: ignore[attr-defined]
    words = Vocabulary({"Month": month})
    for definition in vocabulary():
        getattr(words, definition.kind)(definition.pattern)(definition.function)

    @words.when("it is {month:Month}")
    def it_is(world: World, month: int) -> None:
        del world, month

    said = problems(write_features(tmp_path, FEATURE.replace("When <days> days pass", "When it is MAY")), words)
    assert f"{FILE}:12: 'it is MAY' is not understood: MAY is no month. Correct the value." in said


def test_a_phrase_that_no_feature_of_the_kit_uses_is_refused(tmp_path: Path) -> None:
    words = vocabulary()

    @words.given("nobody says this")
    @words.when("nobody says this")
    def unused(world: World) -> None:
        del world

    files, _ = read_files(write_features(tmp_path))
    (said,) = check_files(files, register(), words, own=True)
    assert said.message == "no feature uses the step definition 'nobody says this'"
    assert said.place.file.endswith("tests/test_lint.py")
    assert check_files(files, register(), words, own=False) == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{days:d} days pass", "wants (world, days)"),
        ("{days:nonsense} days pass", "is broken"),
    ],
)
def test_a_definition_that_cannot_work_is_refused_at_its_place(pattern: str, said: str) -> None:
    def step(world: World, hours: int) -> None:
        del world, hours

    with pytest.raises(VocabularyError) as caught:
        Vocabulary().when(pattern)(step)
    assert said in str(caught.value)
    assert "tests/test_lint.py" in str(caught.value)


def test_an_async_definition_is_refused() -> None:
    async def step(world: World) -> None:
        del world

    with pytest.raises(VocabularyError, match="async or yields; a step is a plain function"):
        Vocabulary().when("it rains")(step)


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ("Then the organization can create a service\n      And the organization is not restricted", 10),
        ("Then the organization can create a service\n      When 2 days pass", 10),
        ("Then the organization cannot create a service\n      And the organization can create a service", None),
        ("Then the organization is not restricted\n      And the organization can create a service", None),
    ],
)
def test_in_the_kits_own_features_nothing_follows_a_check_that_creates_something(
    tmp_path: Path, steps: str, line: int | None
) -> None:
    """Such a check changes the world, and a later step might rely on that without saying so."""
    text = f"""\
@card_billing
Feature: Attempts

  @BC-29
  Rule: One

    Scenario: Two
      Given an organization that pays by card
      {steps}
"""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "card_billing.feature").write_text(text, "utf-8")
    files, broken = read_files(tmp_path)
    assert broken == []
    said = [
        str(problem) for problem in check_files(files, register(), load(), own=True) if "has changed" in str(problem)
    ]
    assert [output.split(":")[1] for output in said] == ([str(line)] if line else [])
    assert not [p for p in check_files(files, register(), load(), own=False) if "has changed" in str(p)]
