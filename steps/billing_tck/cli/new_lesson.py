"""`billing-tck new-lesson`: write a notebook with exercises of a family, and its teacher's edition."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.spec.requirements import Family
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.steps.registry import load
from billing_tck.teaching.grading import Grader
from billing_tck.teaching.lesson import lesson
from billing_tck.teaching.solutions import exercises
from billing_tck.teaching.stories import STORIES
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.files import write_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("family", metavar="FAMILY", help=f"a rule family: {', '.join(map(str, STORIES))}")
    parser.add_argument(
        "--to", type=Path, default=Path(), metavar="DIR", help="the folder to write to (default: the current one)"
    )


def main(args: argparse.Namespace) -> int:
    """Write both editions and print how to open the lesson."""
    known = [str(family) for family in STORIES]
    if args.family not in known:
        raise UsageError(f"family {args.family!r} has no lesson; {did_you_mean(args.family, known)}")
    family = Family(args.family)
    paths = [args.to / f"lesson-{family}.ipynb", args.to / f"lesson-{family}-teacher.ipynb"]
    for path in paths:
        if path.exists():
            raise UsageError(f"{path} exists already, nothing was written; remove it or name another folder with --to")
    register = load_register(features_dir())
    grader = Grader(load_suite(), register, load())
    chosen = exercises(family, grader, register)
    try:
        args.to.mkdir(parents=True, exist_ok=True)
        for path, teacher in zip(paths, (False, True), strict=True):
            write_text(path, lesson(family, chosen, grader, teacher=teacher))
    except OSError as error:
        raise UsageError(f"cannot write to {args.to}: {error.strerror}; name another folder with --to") from None
    print(f"wrote {paths[0]}, with exercises on {', '.join(each.clause.id for each in chosen)}")
    print(f"wrote {paths[1]}, with the solutions")
    print(f"next: jupyter lab {shlex.quote(str(paths[0]))}")
    return 0
