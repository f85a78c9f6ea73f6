"""`billing-tck steps`: list the step definitions, each with an example."""

from __future__ import annotations

import argparse

from billing_tck.errors import UsageError
from billing_tck.steps.registry import load
from billing_tck.steps.suggestions import phrases, suggest
from billing_tck.text.format import format_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="only step definitions with all of these words")


def main(args: argparse.Namespace) -> int:
    """Print the step definitions."""
    vocabulary = load()
    found = phrases(vocabulary, args.words)
    if not found:
        suggestion = suggest(None, " ".join(args.words), vocabulary)
        hint = "; ".join(suggestion.sentences)
        words = " and ".join(map(repr, args.words))
        raise UsageError(f"no step definition has {words}" + (f"; nearest: {hint}" if hint else ""))
    for phrase in found:
        print(f"{phrase.kind:<14}  {phrase.example}")
        if phrase.others:
            print(f"{'':<14}    also: {', '.join(phrase.others)}")
    print(f"\n{format_count(len(found), 'step definition')}; And and But continue with the keyword before them")
    return 0
