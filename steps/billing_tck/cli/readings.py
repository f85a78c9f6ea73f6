"""`billing-tck readings`: the choices that the documents leave open, and the values that can be declared."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence

from billing_tck.errors import UsageError
from billing_tck.spec.gherkin import Scenario, features_dir, load_suite
from billing_tck.spec.requirements import Knob, Register, load_register

WIDE = 110
MOST = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares which knobs to tell."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="tell these in full: a reading, one of its values, or a clause"
    )


def main(args: argparse.Namespace) -> int:
    """Prints the knobs."""
    register = load_register(features_dir())
    asked = list(dict.fromkeys(knob for name in args.names for knob in _asked(register, name)))
    if asked:
        scenarios = load_suite().scenarios
        print("\n\n".join("\n".join(in_full(knob, scenarios)) for knob in asked))
        return 0
    for knob in register.knobs:
        print(f"{knob.name}  {knob.question}")
        print(f"    {', '.join(value.name for value in knob.values)}  ({', '.join(knob.clauses)})")
    print(f"\n{len(register.knobs)} knobs; the first value of each is the reference's own")
    print("one in full: billing-tck readings NAME")
    return 0


def _asked(register: Register, name: str) -> Sequence[Knob]:
    """The knobs that a name speaks of: its own, that of a value, or those that bear on a clause."""
    for clause in register.clauses:
        if clause.id == name.upper():
            if bearing := register.bearing_on(clause):
                return bearing
            raise UsageError(f"no reading bears on {clause.id}")
    by_value = [knob for knob in register.knobs if name in {value.name for value in knob.values}]
    try:
        return by_value or [register.knob(name)]
    except KeyError as error:
        raise UsageError(str(error)) from None


def in_full(knob: Knob, scenarios: Sequence[Scenario] = ()) -> Iterator[str]:
    """A knob with its question, its values, the scenarios that test each, and the clauses that it bears on."""
    yield f"{knob.name}  {knob.question}"
    labels = {"clauses": ", ".join(knob.clauses), "in all": knob.scope or "", "the core": ""}
    labels["the core"] = f"stays clear of this: {knob.core_margin}" if knob.core_margin else ""
    width = max(len(name) for name in (*labels, *(value.name for value in knob.values)))
    for value in knob.values:
        default = " (the reference's own)" if value.name == knob.default else ""
        yield from _told(value.name, f"{value.meaning}{default}", width)
        # Of an outline one row is enough.
        testing = list({(s.file, s.definition): s for s in scenarios if (knob.name, value.name) in s.reading}.values())
        for scenario in testing[:MOST]:
            yield f"{' ' * (width + 6)}{scenario.place}  {scenario.name}"
        if len(testing) > MOST:
            yield f"{' ' * (width + 6)}and {len(testing) - MOST} more"
    for label, said in labels.items():
        if said:
            yield from _told(label, said, width)


def _told(label: str, said: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(said, WIDE, initial_indent=f"  {label:<{width}}  ", subsequent_indent=" " * (width + 4))
