"""A lesson of a family as a notebook: a story, cells to fill, hints, solutions and a score; and a teacher's edition.

The cells have the metadata of nbgrader: it takes the solutions out of the teacher's edition, and adds the points up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from platform import python_version

from billing_tck.spec.requirements import Family
from billing_tck.teaching.grading import Grader
from billing_tck.teaching.solutions import Exercise, faults_of
from billing_tck.teaching.stories import STORIES

POINTS = 10
_SCHEMA = 3
JsonObject = dict[str, object]


def lesson(family: Family, exercises: Sequence[Exercise], grader: Grader, *, teacher: bool) -> str:
    """Return the notebook's file."""
    cells = [*_cells(family, exercises, grader, teacher=teacher)]
    notebook: JsonObject = {
        "cells": cells,
        "metadata": notebook_metadata(python_version()),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def notebook_metadata(version: str) -> JsonObject:
    """Return what JupyterLab writes under a version of Python: a notebook with less is changed as it is opened."""
    return {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {
            "codemirror_mode": {"name": "ipython", "version": 3},
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "nbconvert_exporter": "python",
            "pygments_lexer": "ipython3",
            "version": version,
        },
    }


def _cells(family: Family, exercises: Sequence[Exercise], grader: Grader, *, teacher: bool) -> Iterator[JsonObject]:
    title = str(family).replace("_", " ")
    edition = "\n\n*Teacher's edition: with the solutions, and the faults that they catch.*" if teacher else ""
    yield _markdown("story", f"# A lesson: {title}\n\n{STORIES[family]}{edition}\n\n{_HOW}")
    yield _code("load", "%load_ext billing_tck\nfrom billing_tck.jupyter import points", locked=True)
    for number, exercise in enumerate(exercises, 1):
        clause = exercise.clause
        name = clause.id.lower()
        yield _markdown(f"{name}-task", _task(number, exercise))
        yield _code(f"{name}-solution", _solution(exercise, teacher=teacher), solution=True)
        yield _code(f"{name}-score", f'points("{clause.id}", of={POINTS})', locked=True, grade=True)
        if teacher:
            said = "\n".join(f"* {fault.sentence} (`{fault.name}`)" for fault in faults_of(exercise, grader))
            yield _markdown(f"{name}-faults", f"The faults of {clause.id}:\n\n{said}")
        else:
            yield _markdown(f"{name}-answer", _folded("A solution", f"```gherkin\n{exercise.solved}\n```"))


_HOW = (
    "In each exercise you write a scenario that tests one rule. It is run against implementations that break the rule, "
    "each in its own way, against the reference, which keeps it, and against every lawful reading of the documents. "
    "You get points for each broken one that you catch, and lose some where you refuse a lawful one. Each time you run "
    "a cell again, its hints say more. `%phrases` lists the steps, Tab completes them."
)


def _task(number: int, exercise: Exercise) -> str:
    clause = exercise.clause
    scenarios = len(exercise.solution)
    size = (
        "One scenario is enough"
        if scenarios == 1
        else f"{scenarios} scenarios are enough (`Scenario: a name` begins each)"
    )
    steps = [step.text for step in exercise.solution[0].steps if step.kind == "when"]
    hints = _folded("A hint", f"Something has to happen first: {'; '.join(steps) or 'nothing but what is given'}.")
    return (
        f"## Exercise {number}: {clause.id}\n\n> {clause.sentence}\n\n"
        f"{exercise.faults} implementations break this rule. {size}.\n\n{hints}"
    ).replace("$", r"\$")


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _solution(exercise: Exercise, *, teacher: bool) -> str:
    written = f"### BEGIN SOLUTION\n{exercise.solved}\n### END SOLUTION" if teacher else exercise.begun
    return f"%%exercise {exercise.clause.id}\n{written}"


def _markdown(name: str, text: str) -> JsonObject:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(name: str, text: str, *, locked: bool = False, solution: bool = False, grade: bool = False) -> JsonObject:
    nbgrader: JsonObject = {
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": _SCHEMA,
        "solution": solution,
        "task": False,
    }
    if grade:
        nbgrader["points"] = POINTS
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {"nbgrader": nbgrader},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }
