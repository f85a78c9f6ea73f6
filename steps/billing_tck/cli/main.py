"""The command line: parse the arguments, run one command, and turn every exception into an exit status.

Each command is a module of `billing_tck.cli` and is imported when it is called, so that the start stays fast: this
module imports neither the parser of features nor the step definitions.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, Protocol, cast

from billing_tck.errors import IN_ARCHIVE, InvalidInput, KitError, NothingChecked, ScenarioError, UsageError
from billing_tck.gc_pause import gc_paused
from billing_tck.signals import ENDING
from billing_tck.text.did_you_mean import did_you_mean
from billing_tck.text.files import DISK_ERRORS
from billing_tck.text.format import format_count
from billing_tck.text.preview import brief
from billing_tck.text.sanitize import sanitize, sanitize_lines
from billing_tck.version import __version__

WRONG_USAGE, NO_JUDGEMENT, KIT_BROKEN, INTERRUPTED, PIPE_CLOSED = 2, 3, 4, 130, 141

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "run the scenarios against an implementation",
        "guide": "show how to connect an implementation, and the kit's other pages",
        "new-adapter": "write an adapter to start from, in a language of your choice",
        "notebooks": "write the kit's notebooks to a folder",
        "doctor": "check that an adapter implements the contract",
        "clauses": "list the clauses, and what covers each",
        "readings": "list the questions that the documents leave open, and their readings",
        "steps": "list the step definitions, with examples",
        "show": "show a scenario with its clauses, source and readings",
        "freeze": "show the baseline of scenarios that count, or write the next one",
        "compare": "compare reports: implementations by clause, and what changed",
        "verify": "check a report or a site for completeness and consistency",
        "explore": "play random histories, and write the first difference as a scenario",
        "infer": "find out which readings an implementation follows",
        "impact": "show what a reading changes for customers, the most severe first",
        "decisions": "show what is decided of the open questions, and what each choice does to customers",
        "check-trace": "judge a recorded history, or a log of your own, line by line",
        "faults": "list the deliberate mistakes that the reference can make",
        "site": "write the specification, and the verdicts of reports, as a static site",
        "coverage": "measure which situations the scenarios reach, of all that the reference can reach",
        "grade": "grade a learner's scenarios of a clause",
        "new-lesson": "write a notebook with exercises that grade themselves",
        "export": "write a notebook's prose and pictures without its code, as a page or a PDF",
        "prove": "test the kit itself: soundness, completeness, mutation of checks",
        "serve": "serve the reference over the contract",
        "contract": "print the contract as an OpenRPC document",
        "bridge": "serve a command over the contract: one run for each call",
    }
)
DEBUG = "--debug"
MOST_LINES = 200  # of a message
ALIASES: Mapping[str, str] = MappingProxyType({"phrases": "steps"})


class Subcommand(Protocol):
    """The interface of each module of `billing_tck.cli`."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        ...

    def main(self, args: argparse.Namespace) -> int:
        """Run the command and return the exit status."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; messages go to standard error, results to standard output."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = DEBUG in words
    if sys.stdout is None:
        _complain("billing-tck: standard output is closed, so that no result can be shown")
        return NO_JUDGEMENT
    if sys.stderr is None:  # closed: what would be printed there must not go to standard output
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends
    _escape_unprintable()
    try:
        status = _main([word for word in words if word != DEBUG], debug=debug)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _complain("interrupted")
        status = INTERRUPTED
    except BrokenPipeError:
        _discard_output()  # the reader went away, as in `billing-tck clauses | head`
        return PIPE_CLOSED
    except Exception as error:  # the outermost handler: every end has a documented status, and one line that says why
        if debug:
            _complain(sanitize_lines(traceback.format_exc()))
        status = _status_of(error)
    if argv is None:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)  # the process is ending: another one must not print a traceback
    return status


def _escape_unprintable() -> None:
    """Print what the encoding of the terminal lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _status_of(error: Exception) -> int:
    """Print why a command ended with an exception that it did not expect; return the exit status."""
    if isinstance(error, OSError) and (error.errno in DISK_ERRORS or error.errno == errno.EBADF):
        _discard_output()
        _complain(f"billing-tck: the output could not be written: {error.strerror}")
        return NO_JUDGEMENT
    if missing := _missing_file(error):
        _complain(f"billing-tck: error in the kit: its installation lacks {missing}; reinstall billing-tck")
        return KIT_BROKEN
    _complain(
        f"billing-tck: error in the kit: {brief(error)}; repeat the command with {DEBUG} for the traceback, and report "
        "it"
    )
    return KIT_BROKEN


def _missing_file(error: Exception) -> str:
    """Return the file or module of the kit that is missing according to an error; an empty text where none is."""
    if isinstance(error, ModuleNotFoundError) and str(error.name).startswith(("billing_tck", "billing_reference")):
        return f"the module {error.name}"
    if isinstance(error, FileNotFoundError) and str(error.filename).startswith(str(Path(__file__).parent.parent)):
        return str(error.filename)
    return ""


def _complain(message: str) -> None:
    """Print a message to standard error, where there is one that can be written."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(message, file=sys.stderr, flush=True)


def _discard_output() -> None:
    """Let nothing that is still buffered for standard output fail when the process ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _main(words: list[str], *, debug: bool) -> int:
    if not Path(__file__).is_file():
        print(f"error in the kit: {IN_ARCHIVE}", file=sys.stderr)
        return KIT_BROKEN
    with gc_paused():  # a tenth of the time that the imports of a command take
        parser, args = _parse(words)
    args.debug = debug
    try:
        return _command(args.command).main(args)
    except UsageError as error:
        _say(f"{parser.prog} {args.command}: {error}")
        return WRONG_USAGE
    except InvalidInput as error:
        _say(str(error))
        _say(f"{format_count(len(error.diagnostics), 'error')} in {error.subject}; nothing was run")
        return WRONG_USAGE if error.always_given else _whose(args)
    except (ScenarioError, NothingChecked) as error:
        _say(f"error in the features: {error}")
        return _whose(args)
    except KitError as error:
        _say(f"error in the kit: {error}")
        return KIT_BROKEN


def _say(message: str) -> None:
    """Print a message, which may quote texts of files and of an implementation, to standard error."""
    print(sanitize_lines(message, MOST_LINES), file=sys.stderr)


def _whose(args: argparse.Namespace) -> int:
    """Return the status of broken features: the user's own are wrong input, those of the kit a broken kit."""
    return WRONG_USAGE if getattr(args, "features", None) is not None else KIT_BROKEN


def _parse(words: list[str]) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = _Parser(
        prog="billing-tck", description="A conformance test kit for cloud billing rules, on a virtual clock."
    )
    parser.add_argument(DEBUG, action="store_true", help="show the traceback of an error in the kit")
    parser.add_argument("--version", action="store_true", help="print the version of the kit")
    # With `prog` argparse formats no usage for it, for which it would import much.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog=parser.prog)
    first = next((n for n, word in enumerate(words) if not word.startswith("-")), None)
    wanted = None if first is None else ALIASES.get(words[first], words[first])
    if first is not None and wanted is not None:
        words = [*words[:first], wanted, *words[first + 1 :]]
        if wanted not in COMMANDS:
            parser.error(f"command {wanted!r} does not exist; {did_you_mean(wanted, COMMANDS)}")
    chosen = parser
    listed = {wanted: COMMANDS[wanted]} if wanted is not None and first == 0 else COMMANDS  # each takes a while
    for name, sentence in listed.items():
        command = commands.add_parser(name, help=sentence, description=f"{sentence[0].upper()}{sentence[1:]}.")
        if name == wanted:
            _command(name).add_arguments(command)
            chosen = command
    args, unknown = parser.parse_known_args(words)
    if unknown:
        chosen.error(f"unrecognized arguments: {' '.join(unknown)}{_hint(unknown[0], chosen)}")
    if args.version:
        print(__version__)
        raise SystemExit(0)
    if args.command is None:
        parser.error(f"name a command: {', '.join(COMMANDS)}. What each does: billing-tck --help")
    return parser, args


class _Parser(argparse.ArgumentParser):
    """A parser whose messages, which quote arguments, are safe to print."""

    def error(self, message: str) -> NoReturn:
        """See `ArgumentParser.error`."""
        super().error(sanitize(message))


def _hint(word: str, parser: argparse.ArgumentParser) -> str:
    """Return what an argument that a command does not take was meant to be."""
    from billing_tck.spec.requirements import Family  # noqa: PLC0415 - only wrong arguments pay for it

    options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", parser.format_help())
    if word.startswith("-"):
        return f"; {did_you_mean(word.partition('=')[0], options)}"
    return f"; write --family {word}" if word in set(Family) and "--family" in options else ""


def _command(name: str) -> Subcommand:
    return cast("Subcommand", importlib.import_module(f"billing_tck.cli.{name.replace('-', '_')}"))


if __name__ == "__main__":
    raise SystemExit(main())
