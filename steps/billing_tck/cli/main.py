"""The command line: `billing-tck run` and its sisters.

Each command is a module of `billing_tck.cli` and is imported when it is called: a conformance check is run in
loops, and must be there at once.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import re
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, cast

from billing_tck.errors import KitError, ScenarioError, UsageError
from billing_tck.spec.baseline import SetError
from billing_tck.spec.gherkin import FeaturesError
from billing_tck.spec.requirements import Family, RegisterError
from billing_tck.version import __version__

WRONG_USAGE, KIT_BROKEN, INTERRUPTED, PIPE_CLOSED = 2, 4, 130, 141

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "runs the scenarios against an implementation",
        "guide": "shows how to plug in an implementation, and the kit's other pages",
        "new-adapter": "writes an adapter to begin with, in a language of your choice",
        "notebooks": "writes the kit's notebooks to a folder",
        "doctor": "looks whether an adapter speaks the contract, before any verdict",
        "clauses": "lists the clauses, and what covers each",
        "freeze": "tells the frozen set of scenarios that count, or makes the next one",
        "readings": "lists the choices that the documents leave open",
        "phrases": "lists what a step of a scenario may say, with examples",
        "compare": "holds reports against each other: implementations by clauses, and what changed",
        "verify": "tells whether a report is whole and says what its lines say",
        "explore": "plays random lawful histories, and writes the first difference down as a scenario",
        "check-trace": "judges a recorded history, line by line",
        "faults": "lists the deliberate mistakes that the reference can make",
        "prove": "shows that the kit judges rightly",
        "serve": "puts the reference behind the contract",
        "contract": "prints the contract as an OpenRPC document",
        "bridge": "puts a command behind the contract: one run for each call",
    }
)


class Command(Protocol):
    """What each module of `billing_tck.cli` has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares what the command takes."""
        ...

    def main(self, args: argparse.Namespace) -> int:
        """Does it; the exit status."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status. Messages go to standard error, what was asked for to standard output."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _main(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on, as in `billing-tck clauses | head`; what is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    if argv is None and status == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends now: pressed again, Ctrl-C has nothing left to stop
    return status


def _main(words: list[str]) -> int:
    parser, args = _parse(words)
    try:
        return _command(args.command).main(args)
    except UsageError as error:
        print(f"{parser.prog} {args.command}: {error}", file=sys.stderr)
        return WRONG_USAGE
    except FeaturesError as error:
        count = len(error.problems)
        print(error, file=sys.stderr)
        print(f"the features are broken in {count} place{'s' * (count != 1)}; nothing was run", file=sys.stderr)
        return KIT_BROKEN
    except ScenarioError as error:
        print(f"the features are broken: {error}", file=sys.stderr)
        return KIT_BROKEN
    except (RegisterError, SetError, KitError) as error:
        print(f"the kit is broken: {error}", file=sys.stderr)
        return KIT_BROKEN


def _parse(words: list[str]) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(
        prog="billing-tck",
        description="A conformance test kit for cloud billing rules, on a clock that nobody has to wait for.",
    )
    parser.add_argument("--version", action="store_true", help="the version of the kit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    wanted = next((word for word in words if not word.startswith("-")), None)
    if wanted is not None and wanted not in COMMANDS:
        parser.error(f"there is no command {wanted!r}; {_nearest(wanted, COMMANDS)}")
    asked = parser
    for name, sentence in COMMANDS.items():
        sub = commands.add_parser(name, help=sentence, description=f"{sentence[0].upper()}{sentence[1:]}.")
        if name == wanted:
            _command(name).add_arguments(sub)
            asked = sub
    args, strange = parser.parse_known_args(words)
    if strange:
        options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", asked.format_help())
        hint = f"; {_nearest(strange[0], options)}" if strange[0].startswith("-") else ""
        hint = f"; say --family {strange[0]}" if strange[0] in set(Family) and "--family" in options else hint
        asked.error(f"it does not take {' '.join(strange)}{hint}")
    if args.version:
        print(__version__)
        raise SystemExit(0)
    if args.command is None:
        parser.error(f"say what to do: {', '.join(COMMANDS)}. What each does: billing-tck --help")
    return parser, args


def _nearest(word: str, known: Iterable[str]) -> str:
    """What comes nearest to a word, or all that there is."""
    there = list(dict.fromkeys(known))
    near = difflib.get_close_matches(word.partition("=")[0], there, 3, 0.5)
    return f"nearest: {', '.join(near)}" if near else f"it knows {', '.join(there)}"


def _command(name: str) -> Command:
    return cast("Command", importlib.import_module(f"billing_tck.cli.{name.replace('-', '_')}"))


if __name__ == "__main__":
    raise SystemExit(main())
