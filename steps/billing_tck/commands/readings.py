"""`billing-tck readings`: the choices that the documents leave open, and the values that can be declared."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

from billing_tck.cli import UsageError
from billing_tck.features import features_dir
from billing_tck.register import Knob, load_register


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares which knobs to tell."""
    parser.add_argument("knobs", nargs="*", metavar="KNOB", help="tell these in full")


def main(args: argparse.Namespace) -> int:
    """Prints the knobs."""
    register = load_register(features_dir())
    try:
        asked = [register.knob(name) for name in args.knobs]
    except KeyError as error:
        raise UsageError(str(error)) from None
    if asked:
        print("\n\n".join("\n".join(in_full(knob)) for knob in asked))
        return 0
    width = max(len(knob.name) for knob in register.knobs)
    for knob in register.knobs:
        print(f"{knob.name:<{width}}  {', '.join(value.name for value in knob.values)}")
    print(f"\n{len(register.knobs)} knobs; the first value of each is the reference's own")
    return 0


def in_full(knob: Knob) -> Iterator[str]:
    """A knob with its question, its values and the clauses that it bears on."""
    yield f"{knob.name}  {knob.question}"
    width = max(len(value.name) for value in knob.values)
    for value in knob.values:
        default = " (the reference's own)" if value.name == knob.default else ""
        yield f"  {value.name:<{width}}  {value.meaning}{default}"
    labels = {"clauses": ", ".join(knob.clauses), "in all": knob.scope or "", "the core": ""}
    labels["the core"] = f"stays clear of this: {knob.core_margin}" if knob.core_margin else ""
    for label, said in labels.items():
        if said:
            yield from textwrap.wrap(
                said, 110, initial_indent=f"  {label:<{width}}  ", subsequent_indent=" " * (width + 4)
            )
