"""`billing-tck show`: print scenarios as they are written, with their clauses, sources and readings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.spec.gherkin import Scenario, Step, Suite
from billing_tck.spec.requirements import Register, UnknownClause
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.selection import Selection, select
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.text.sanitize import sanitize


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "scenario", nargs="+", metavar="SCENARIO", help="the name of a scenario, file:line, or the id of a clause"
    )
    parser.add_argument("--features", type=Path, metavar="DIR", help="a features folder, instead of the kit's")


def main(args: argparse.Namespace) -> int:
    """Print the scenarios."""
    suite = load_suite(args.features)
    own = (suite.folder / "clauses.toml").is_file()
    register = load_register(suite.folder if own else features_dir())
    found = {scenario.place: scenario for text in args.scenario for scenario in _named(text, suite, register)}
    print("\n\n".join("\n".join(map(sanitize, render(scenario, register))) for scenario in found.values()))
    return 0


def _named(text: str, suite: Suite, register: Register) -> Sequence[Scenario]:
    try:
        clause = register.clause(text.upper())
    except UnknownClause:
        return select(suite, Selection(scenarios=(text,)))
    found = select(suite, Selection(clauses=(clause.id,)), clauses=[clause.id])
    if not found:
        reason = f"it is excluded: {clause.excluded}" if clause.excluded else "none has been written yet"
        raise UsageError(f"clause {clause.id} has no scenario; {reason}")
    return found


def render(scenario: Scenario, register: Register) -> Iterator[str]:
    """Return the lines of one scenario."""
    yield f"{scenario.place}  {scenario.name}"
    if scenario.example:
        yield f"  ({scenario.example})"
    for step in scenario.steps:
        yield from _step(step)
    yield ""
    documents = {document.file: document.title for document in register.documents}
    for clause in register.clauses:
        if clause.id in scenario.clauses:
            yield f"  clause    {clause.id}  {clause.sentence}"
            yield f"  source    {documents[clause.source]}, line {clause.line} ({clause.source})"
    questions = {knob.name: knob for knob in register.knobs}
    for name, value in scenario.reading:
        knob = questions.get(name)
        meaning = next((v.meaning for v in knob.values if v.name == value), "") if knob else ""
        yield f"  reading   {name}={value}" + (f": {meaning}" if meaning else "")
    if not scenario.reading:
        yield "  reading   none: it holds under every reading"
    if scenario.needs:
        yield f"  needs     {', '.join(sorted(scenario.needs))}"
    if scenario.outside_baseline:
        yield "  baseline  outside: it runs, but does not count until the next baseline"


def _step(step: Step) -> Iterator[str]:
    yield f"    {step}"
    for row in step.table or ():
        yield f"      | {' | '.join(row)} |"
    if step.docstring is not None:
        yield from ('      """', *(f"      {line}" for line in step.docstring.splitlines()), '      """')
