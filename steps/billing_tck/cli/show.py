"""`billing-tck show`: print scenarios as they are written, with their clauses, sources and readings.

`corpus:17` is a history of the corpus, which is printed as a scenario.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.results.corpus_result import CORPUS
from billing_tck.spec.gherkin import Scenario, Step, Suite
from billing_tck.spec.requirements import Register, UnknownClause
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.selection import Selection, select
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.text.preview import shorten
from billing_tck.text.sanitize import sanitize


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "scenario",
        nargs="+",
        metavar="SCENARIO",
        help="the name of a scenario, file:line, the id of a clause, or a history of the corpus, as corpus:17",
    )
    parser.add_argument("--features", type=Path, metavar="DIR", help="a features folder, instead of the kit's")


def main(args: argparse.Namespace) -> int:
    """Print the scenarios."""
    histories = [text for text in args.scenario if text.startswith(f"{CORPUS}:")]
    shown = ["\n".join(map(sanitize, _history(text))) for text in histories]
    asked = [text for text in args.scenario if text not in histories]
    print("\n\n".join([*shown, *_scenarios(args.features, asked)]))
    return 0


def _scenarios(features: Path | None, asked: Sequence[str]) -> Iterator[str]:
    """Yield the text of each scenario."""
    if not asked:
        return
    suite = load_suite(features)
    own = (suite.folder / "clauses.toml").is_file()
    register = load_register(suite.folder if own else features_dir())
    found = {scenario.place: scenario for text in asked for scenario in _named(text, suite, register)}
    for scenario in found.values():
        yield "\n".join(map(sanitize, render(scenario, register)))


def _history(text: str) -> Sequence[str]:
    from billing_tck.corpus.corpus_file import call_lines, history_number, load_corpus  # noqa: PLC0415 - only for the corpus
    from billing_tck.corpus.gherkin import render_history  # noqa: PLC0415
    from billing_tck.explorer.scenario_names import NotExpressible  # noqa: PLC0415

    number = history_number(text.partition(":")[2])
    corpus = load_corpus(numbers=() if number is None else (number,))
    found = corpus.histories
    if not found:
        raise UsageError(f"{shorten(text, 40)!r} does not exist; the corpus has histories 1 to {corpus.head.histories}")
    try:
        return render_history(found[0])
    except NotExpressible as missing:
        return [f"{found[0].place} has no words as a scenario: {missing}", *call_lines(found[0])]


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
    for clause in register.clauses:
        if clause.id in scenario.clauses:
            yield f"  clause    {clause.id}  {clause.sentence}"
            yield f"  source    {register.place(clause)}"
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
