"""`billing-tck grade`: grade a learner's scenarios of a clause."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.spec.requirements import Clause, Register, UnknownClause
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load
from billing_tck.teaching.feedback import MOST_HINTS, feedback
from billing_tck.teaching.files import read_scenarios
from billing_tck.teaching.grading import FULL, Grade, Grader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a feature, or steps alone as in a notebook's cell")
    parser.add_argument("--clause", required=True, metavar="ID", help="the clause that the scenarios are to test")
    parser.add_argument(
        "--hints",
        type=int,
        choices=range(1, MOST_HINTS + 1),
        default=1,
        metavar="N",
        help="how much to say of the faults that got away: 1 how many, 2 what they concern, 3 where they show",
    )
    parser.add_argument("--json", action="store_true", help="print the grade as JSON")


def main(args: argparse.Namespace) -> int:
    """Print the grade; 0 for the full score, else 1."""
    register, vocabulary = load_register(features_dir()), load()
    clause = testable(args.clause, register)
    written = read_scenarios(args.file, vocabulary)
    grade = Grader(load_suite(), register, vocabulary).grade(written, clause)
    if args.json:
        print(json.dumps(as_json(grade), indent=2))
    else:
        knobs = {knob.name: knob for knob in register.knobs}
        print("\n".join(feedback(grade, knobs, args.hints, written)))
    return 0 if grade.score == FULL else 1


def testable(name: str, register: Register) -> Clause:
    """Return a clause that scenarios can test. Raises UsageError for any other."""
    try:
        clause = register.clause(name.upper())
    except UnknownClause as error:
        near = f"; nearest: {', '.join(error.nearest)}" if error.nearest else ""
        raise UsageError(f"clause {name!r} does not exist{near}; list them with billing-tck clauses") from None
    if not clause.testable:
        raise UsageError(f"clause {clause.id} cannot be tested by a scenario: {clause.excluded}; choose another")
    return clause


def as_json(grade: Grade) -> dict[str, object]:
    """Return a grade for machines; it does not name the faults that got away."""
    return {
        "clause": grade.clause.id,
        "score": grade.score,
        "of": FULL,
        "reference_conforms": not grade.reference,
        "faults": {"caught": len(grade.caught), "of": grade.faults},
        "readings": {"refused": sorted({failed.sut for failed in grade.unfair}), "of": grade.readings},
        "checks_nothing": list(grade.idle),
    }
