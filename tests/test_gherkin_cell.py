"""The Gherkin of a cell: what it may be, and what is said about what it may not be."""

from __future__ import annotations

import pytest

from billing_tck.errors import KitError, Place, ScenarioError
from billing_tck.steps.begun_values import begun
from billing_tck.steps.gherkin_cell import CELL, CellError, read_cell
from billing_tck.steps.introductions import INTRODUCED, problem_of
from billing_tck.steps.registry import load

VOCABULARY = load()
STEPS = """Given an organization that pays by card
When 3 days pass
Then the organization is not restricted
"""
SCENARIO = f"Scenario: One\n{STEPS}"


def problems(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(CellError) as caught:
        read_cell(text, VOCABULARY)
    return [(one.place.line, f"{one.message}. {one.fix}") for one in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "names", "line"),
    [
        (STEPS, [CELL], 1),
        (f"\n\n{STEPS}", [CELL], 3),
        (SCENARIO, ["One"], 2),
        (SCENARIO + SCENARIO.replace("One", "Two"), ["One", "Two"], 2),
        (f"Feature: x\n{SCENARIO}", ["One"], 3),
        (f"# a comment\n@BC-23\n{SCENARIO}", ["One"], 4),
        (
            "Scenario Outline: After <days>\n"
            + STEPS.replace("3 days", "<days>")
            + "Examples:\n| days |\n| 2 days |\n| 4 days |\n",
            ["After 2 days", "After 4 days"],
            2,
        ),
    ],
)
def test_a_cell_is_steps_scenarios_or_a_feature(text: str, names: list[str], line: int) -> None:
    found = read_cell(text, VOCABULARY)
    assert [scenario.name for scenario in found] == names
    assert found[0].steps[0].line == line
    assert {scenario.file for scenario in found} == {CELL}


def test_a_cell_may_be_in_another_language_of_gherkin() -> None:
    german = "# language: de\nAngenommen an organization that pays by card\nWenn 3 days pass\n"
    (found,) = read_cell(german + "Dann the organization is not restricted\n", VOCABULARY)
    assert [step.line for step in found.steps] == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the cell is empty"),
        ("Scenario: One\n", 1, "'One' has no steps"),
        ("# language: xx\n" + STEPS, 1, "Gherkin has no language 'xx'"),
        ("# language: de\n" + STEPS, 2, "not a line of Gherkin in German"),
        ("Given an organization that pays by cash\n", 1, "no step definition matches"),
        ("And 3 days pass\n", 1, "follows no Given, When or Then"),
        (STEPS.replace("3 days", "<days>"), 2, "<days> is not a column of its Examples"),
        ("given an organization that pays by card\n" + STEPS, 1, "Keywords begin with a capital"),
        ("Gven an organization that pays by card\n" + STEPS, 1, "Write 'Given an organization that pays by card'"),
        ("Given\n" + STEPS, 1, "Write a phrase after Given"),
        ("an organization that pays by card\n" + STEPS, 1, "Begin it with Given"),
        ("Senario: One\n" + STEPS, 1, "Write 'Scenario: One'"),
        ("What happens here?\n" + STEPS, 1, "A line begins with Given, When, Then, And or But"),
        ("Scenario Outline: x\n" + STEPS + "Examples:\n| a |\n| 1 | 2 |\n", 7, "inconsistent cell count"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_the_fix(text: str, line: int, said: str) -> None:
    found = problems(text)
    assert any(at == line and said in message for at, message in found), found


def test_the_nearest_steps_are_on_lines_of_their_own() -> None:
    with pytest.raises(CellError) as caught:
        read_cell(STEPS.replace("is not restricted", "is not restrictd"), VOCABULARY)
    first, *others = str(caught.value).splitlines()
    assert first.startswith("line 3: no step definition matches")
    assert "    the organization is not restricted" in "\n".join(others)


def test_lines_of_a_quoted_text_are_not_steps() -> None:
    quoted = STEPS.replace("card\n", 'card\n"""\nanything at all\n"""\n', 1)
    assert [step.line for step in read_cell(quoted, VOCABULARY)[0].steps] == [1, 5, 6]


@pytest.mark.parametrize("name", INTRODUCED)
def test_a_name_that_is_not_introduced_gets_a_step_that_introduces_it(name: str) -> None:
    place = Place("cell", 3, "When it is used")
    problem = problem_of(ScenarioError(f"{name} is not introduced", "Introduce it", name, place))
    assert (problem.place.line, problem.fix) == (3, f"Such as: Given {INTRODUCED[name].text}")
    assert problem.message.startswith("When it is used: ")


def test_an_error_of_the_kit_says_so() -> None:
    problem = problem_of(KitError("it broke"))
    assert (problem.place.line, problem.fix) == (1, "This is an error of the kit itself")


@pytest.mark.parametrize(
    ("type_", "typed", "values"),
    [
        ("Money", "$120", ("$120.00",)),
        ("Money", "$120.5", ("$120.50",)),
        ("Money", "120", ()),
        ("Span", "1 d", ("1 day",)),
        ("Span", "17 da", ("17 days",)),
        ("Day", "18 Jan", ("18 January 2025",)),
        ("Instant", "3 Ju", ("3 June 2025", "3 July 2025")),
        ("Gib", "64", ("64 GiB",)),
        ("Gib", "x", ()),
        ("Tier", "b", ()),
    ],
)
def test_values_that_are_begun_are_completed(type_: str, typed: str, values: tuple[str, ...]) -> None:
    assert set(begun(type_, typed)) == set(values)
