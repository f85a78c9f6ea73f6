"""`billing-tck phrases`: what a step may say, each phrase with an example."""

from __future__ import annotations

import argparse

from billing_tck.cli import UsageError
from billing_tck.vocabulary.registry import KINDS, load
from billing_tck.vocabulary.suggestions import examples, suggest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares which phrases to list."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="only phrases with all of these words")


def main(args: argparse.Namespace) -> int:
    """Prints the phrases."""
    vocabulary = load()
    kinds: dict[str, list[str]] = {}
    for definition in vocabulary:
        kinds.setdefault(definition.pattern, []).append(definition.kind)
    words = [word.lower() for word in args.words]
    count = 0
    for kind in KINDS:
        for pattern, found in kinds.items():
            sentence, others = examples(pattern, vocabulary)
            said = " ".join((*found, sentence, *others)).lower()
            if found[0] != kind or not all(word in said for word in words):
                continue
            count += 1
            print(f"{' or '.join(found).capitalize():<14}  {sentence}")
            if others:
                print(f"{'':<14}    also: {', '.join(others)}")
    if not count:
        near = suggest(None, " ".join(args.words), vocabulary)
        raise UsageError(f"no phrase has {' and '.join(map(repr, args.words))} in it. {near}")
    print(f"\n{count} phrase{'s' * (count != 1)}; And and But carry on with the word before them")
    return 0
