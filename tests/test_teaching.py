"""Exercises: the score of a learner's scenarios, hints that name no fault, and lessons with their editions."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from billing_tck.cli.main import main
from billing_tck.jupyter import points, session
from billing_tck.spec.requirements import Clause, Family
from billing_tck.teaching.feedback import feedback
from billing_tck.teaching.grading import FULL, Grade, Grader
from billing_tck.teaching.lesson import lesson
from billing_tck.teaching.solutions import exercises, faults_of
from billing_tck.teaching.stories import STORIES

KIT = session()
GRADER = Grader(KIT.suite, KIT.register, KIT.vocabulary)
UNPAID = """Given it is 18 January 2025
And an organization that pays by card
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When {days} days pass
Then the organization's services are {state}
"""


def graded(text: str, clause: str = "BC-29") -> Grade:
    return GRADER.grade(KIT.gherkin(text), KIT.register.clause(clause))


def said(grade: Grade, hints: int = 3) -> str:
    return "\n".join(feedback(grade, {knob.name: knob for knob in KIT.register.knobs}, hints))


def test_a_scenario_is_scored_by_the_faults_that_it_catches() -> None:
    one = graded(UNPAID.format(days=16, state="stopped"))
    both = graded(
        f"Scenario: early\n{UNPAID.format(days=13, state='running')}\n"
        f"Scenario: late\n{UNPAID.format(days=16, state='stopped')}"
    )
    assert 0 < one.score < both.score < FULL
    assert {fault.name for fault in one.caught} < {fault.name for fault in both.caught}
    assert "every lawful reading conforms" in said(both)


def test_a_scenario_that_refuses_the_reference_gets_nothing() -> None:
    grade = graded(UNPAID.format(days=16, state="running"))
    assert grade.score == 0
    assert "the reference keeps the rules, and is refused: Then the organization's services are running" in said(grade)


def test_a_scenario_that_refuses_a_lawful_reading_loses_points() -> None:
    exact = "When it is 4 March 2025 at 00:00"
    fair, unfair = (graded(UNPAID.format(days=days, state="stopped")) for days in (16, 15))
    unfair = graded(UNPAID.replace("When {days} days pass", exact).format(state="stopped"))
    assert len(unfair.unfair) > len(fair.unfair) == 0
    assert len(unfair.caught) >= len(fair.caught)
    assert "lawful readings are refused, which costs points" in said(unfair) or "reading" in said(unfair)
    assert "deadline_instant=" in said(unfair)


def test_a_scenario_that_checks_nothing_gets_nothing() -> None:
    grade = graded("Given an organization that pays by card\nWhen 3 days pass")
    assert grade.score == 0
    assert "checks nothing: end it with a Then" in said(grade)


def test_hints_say_more_at_each_degree_and_never_name_a_fault() -> None:
    grade = graded(UNPAID.format(days=16, state="stopped"))
    texts = [said(grade, hints) for hints in (1, 2, 3)]
    assert [text.count("hint:") for text in texts][:2] == [1, 2]
    assert texts[0] in texts[1]
    assert texts[1] in texts[2]
    assert len(grade.escaped) > 1
    for escaped in grade.escaped:
        assert escaped.fault.name not in texts[2]
        assert escaped.fault.sentence not in texts[2]


@pytest.mark.parametrize("clause", ["BC-03", "BC-24", "BC-42", "AWS-03", "BC-50", "BC-13"])
def test_the_scenarios_of_the_kit_get_the_full_score(clause: str) -> None:
    found = KIT.register.clause(clause)
    begun = process_time()
    grade = GRADER.grade(GRADER.own_scenarios(found), found)
    assert grade.score == FULL, said(grade)
    assert grade.faults > 1
    assert process_time() - begun < 20


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("clause", [one for one in KIT.register.clauses if one.testable], ids=lambda one: one.id)
def test_every_testable_clause_can_be_an_exercise(clause: Clause) -> None:
    assert GRADER.grade(GRADER.own_scenarios(clause), clause).score == FULL


@pytest.mark.slow
@pytest.mark.parametrize("family", [Family.TRIAL, Family.COMMITMENTS])
def test_a_lesson_has_blank_cells_and_the_teachers_edition_the_solutions(family: Family) -> None:
    chosen = exercises(family, GRADER, KIT.register)
    assert len(chosen) == 3
    learner, teacher = (json.loads(lesson(family, chosen, GRADER, teacher=edition)) for edition in (False, True))
    blank = [cell for cell in learner["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    solved = [cell for cell in teacher["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    assert [cell["id"] for cell in blank] == [cell["id"] for cell in solved]
    for exercise, empty, full in zip(chosen, blank, solved, strict=True):
        _, _, body = "".join(empty["source"]).partition("\n")
        assert "Then " not in body.replace("# Then …", "")
        _, _, body = "".join(full["source"]).partition("\n")
        assert body.startswith("### BEGIN SOLUTION\n")
        assert body.endswith("### END SOLUTION")
        assert GRADER.grade(KIT.gherkin(body), exercise.clause).score == FULL
    for notebook in (learner, teacher):
        ids = [cell["metadata"]["nbgrader"]["grade_id"] for cell in notebook["cells"] if cell["metadata"]]
        assert len(ids) == len(set(ids))
        marked = [
            c["metadata"]["nbgrader"] for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade")
        ]
        assert [one["points"] for one in marked] == [10, 10, 10]
        assert all(one["locked"] and one["schema_version"] == 3 and not one["solution"] for one in marked)
    counted = [faults_of(exercise, GRADER) for exercise in chosen]
    assert [len(faults) for faults in counted] == [exercise.faults for exercise in chosen]
    names = [fault.name for faults in counted for fault in faults]
    assert not [name for name in names if f"`{name}`" in json.dumps(learner)]
    assert [name for name in names if f"`{name}`" in json.dumps(teacher)] == names


def test_every_family_has_a_story() -> None:
    assert set(STORIES) == set(Family) - {Family.GENERAL}


def test_the_command_grades_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.feature"
    path.write_text(UNPAID.format(days=16, state="stopped"), encoding="utf-8")
    assert main(["grade", str(path), "--clause", "bc-29", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["clause"] == "BC-29"
    assert 0 < found["score"] < 100
    assert found["faults"]["caught"] < found["faults"]["of"]
    assert found["readings"]["refused"] == []


@pytest.mark.parametrize(
    ("text", "clause", "problem"),
    [
        ("Given gibberish", "BC-29", "mine.feature:1: no step definition matches 'Given gibberish'"),
        (UNPAID.format(days=16, state="stopped"), "BC-99", "clause 'BC-99' does not exist"),
        (UNPAID.format(days=16, state="stopped"), "BC-69", "BC-69 cannot be tested by a scenario"),
    ],
)
def test_what_cannot_be_graded_is_refused(
    text: str, clause: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.feature"
    path.write_text(text, encoding="utf-8")
    assert main(["grade", str(path), "--clause", clause]) == 2
    assert problem in capsys.readouterr().err


def test_the_command_writes_a_lesson_and_overwrites_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-lesson", "trial", "--to", str(tmp_path / "class")]) == 0
    assert {path.name for path in (tmp_path / "class").iterdir()} == {
        "lesson-trial.ipynb",
        "lesson-trial-teacher.ipynb",
    }
    assert main(["new-lesson", "trial", "--to", str(tmp_path / "class")]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["new-lesson", "trail"]) == 2
    assert "family 'trail' has no lesson; did you mean trial" in capsys.readouterr().err


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    kept = sys.modules["__main__"]
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "billing_tck")
    yield made
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = kept


def test_an_exercise_in_a_notebook_shows_its_score_and_says_more_at_each_attempt(shell: InteractiveShell) -> None:
    cell = f"%%exercise BC-29\n{UNPAID.format(days=16, state='stopped')}"
    assert points("BC-29", of=10) == 0
    texts = []
    for _ in range(2):
        with capture_output() as captured:
            assert shell.run_cell(cell).success
        (shown,) = captured.outputs
        texts.append(shown.data["text/plain"])
        assert "of 100 points" in shown.data["text/html"]
    assert [text.count("hint:") for text in texts] == [1, 2]
    assert 0 < points("BC-29", of=10) < 10
    with capture_output() as captured:
        assert shell.run_cell("%%exercise BC-29\n").success
    assert "the cell is empty" in captured.outputs[0].data["text/plain"]
