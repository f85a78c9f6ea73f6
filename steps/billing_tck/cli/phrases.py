"""`billing-tck phrases`: what a step may say, each phrase with an example."""

from __future__ import annotations

import argparse

from billing_tck.errors import UsageError
from billing_tck.steps.registry import load
from billing_tck.steps.suggestions import phrases, suggest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares which phrases to list."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="only phrases with all of these words")


def main(args: argparse.Namespace) -> int:
    """Prints the phrases."""
    vocabulary = load()
    found = phrases(vocabulary, args.words)
    if not found:
        near = suggest(None, " ".join(args.words), vocabulary)
        raise UsageError(f"no phrase has {' and '.join(map(repr, args.words))} in it. {near}")
    for phrase in found:
        print(f"{phrase.kind:<14}  {phrase.example}")
        if phrase.others:
            print(f"{'':<14}    also: {', '.join(phrase.others)}")
    print(f"\n{len(found)} phrase{'s' * (len(found) != 1)}; And and But carry on with the word before them")
    return 0
