"""`billing-tck steps`: list the step definitions, or write them as glue code for editors."""

from __future__ import annotations

import argparse
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.steps.examples import phrases
from billing_tck.steps.glue import typescript_glue
from billing_tck.steps.parameter_types import TYPES
from billing_tck.steps.registry import Vocabulary, load
from billing_tck.steps.suggestions import suggest
from billing_tck.text.files import write_text
from billing_tck.text.format import format_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="only step definitions with all of these words")
    parser.add_argument(
        "--glue",
        type=Path,
        metavar="FILE",
        help="write all step definitions as TypeScript to FILE, from which Cucumber editor extensions work",
    )


def main(args: argparse.Namespace) -> int:
    """Print the step definitions."""
    vocabulary = load()
    if args.glue is not None:
        return _write_glue(args.glue, vocabulary)
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


def _write_glue(file: Path, vocabulary: Vocabulary) -> int:
    try:
        write_text(file, typescript_glue(vocabulary, TYPES))
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}; name a file in an existing folder") from None
    print(f"wrote {format_count(len(vocabulary), 'step definition')} to {file}")
    print("in VS Code, the extension Cucumber (Cucumber.cucumber-official) reads it with this setting:")
    print(f'  "cucumber.glue": ["{file.as_posix()}"]')
    return 0
