"""`billing-tck new-adapter`: write an adapter to start from."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from billing_tck.adapters import LANGUAGES, AdapterError, write
from billing_tck.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    known = "; ".join(f"{language.name} ({language.way})" for language in LANGUAGES.values())
    parser.add_argument("language", metavar="LANGUAGE", help=known)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or an empty folder")
    parser.add_argument(
        "--example", action="store_true", help="a small billing system with a trial, filled in, to read and to run"
    )


def main(args: argparse.Namespace) -> int:
    """Write the adapter; print its files and the next commands."""
    try:
        written = write(args.language, args.folder, example=args.example)
    except AdapterError as error:
        raise UsageError(str(error)) from None
    language = LANGUAGES[args.language]
    files = ", ".join(path.name for path in written)
    print(f"wrote an adapter in {language.name} ({language.way}) to {args.folder}: {files}")
    print("next:")
    for command in (f"cd {shlex.quote(str(args.folder))}", *language.commands):
        print(f"  {command}")
    return 0
