"""`billing-tck readings`: list the questions that the documents leave open, and the readings that can be declared."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence

from billing_tck.errors import UsageError
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Knob, Register
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite
from billing_tck.text.format import format_count

WIDE = 110
MOST = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="show these in full: a knob, one of its readings, or a clause"
    )


def main(args: argparse.Namespace) -> int:
    """Print the knobs."""
    register = load_register(features_dir())
    asked = list(dict.fromkeys(knob for name in args.names for knob in _asked(register, name)))
    if asked:
        scenarios = load_suite().scenarios
        print("\n\n".join("\n".join(in_full(knob, scenarios)) for knob in asked))
        return 0
    for knob in register.knobs:
        print(f"{knob.name}  {knob.question}")
        print(f"    {', '.join(value.name for value in knob.values)}  ({', '.join(knob.clauses)})")
    print(f"\n{format_count(len(register.knobs), 'knob')}; the first reading of each is the default of the reference")
    print("show one in full: billing-tck readings NAME")
    return 0


def _asked(register: Register, name: str) -> Sequence[Knob]:
    """Return the knobs of a name: the knob itself, the knob of a reading, or those that affect a clause."""
    for clause in register.clauses:
        if clause.id == name.upper():
            if bearing := register.bearing_on(clause):
                return bearing
            raise UsageError(f"no knob affects clause {clause.id}")
    by_value = [knob for knob in register.knobs if name in {value.name for value in knob.values}]
    try:
        return by_value or [register.knob(name)]
    except KeyError as error:
        raise UsageError(str(error)) from None


def in_full(knob: Knob, scenarios: Sequence[Scenario] = ()) -> Iterator[str]:
    """Return the lines of a knob: its question, its readings, the scenarios that test each, and its clauses."""
    yield f"{knob.name}  {knob.question}"
    labels = {"clauses": ", ".join(knob.clauses), "scope": knob.scope or "", "core": ""}
    labels["core"] = f"avoids this: {knob.core_margin}" if knob.core_margin else ""
    width = max(len(name) for name in (*labels, *(value.name for value in knob.values)))
    for value in knob.values:
        default = " (default)" if value.name == knob.default else ""
        yield from _wrapped(value.name, f"{value.meaning}{default}", width)
        # One row of an outline is enough.
        testing = list({(s.file, s.definition): s for s in scenarios if (knob.name, value.name) in s.reading}.values())
        for scenario in testing[:MOST]:
            yield f"{' ' * (width + 6)}{scenario.place}  {scenario.name}"
        if len(testing) > MOST:
            yield f"{' ' * (width + 6)}and {len(testing) - MOST} more"
    for label, said in labels.items():
        if said:
            yield from _wrapped(label, said, width)


def _wrapped(label: str, said: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(said, WIDE, initial_indent=f"  {label:<{width}}  ", subsequent_indent=" " * (width + 4))
