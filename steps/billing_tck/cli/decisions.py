"""`billing-tck decisions`: what is decided of the open questions, what is open, and what each choice does to customers.

0 shown · 1 the implementation declares or does something else than is decided · 2 wrong usage, or a wrong file ·
3 the implementation cannot be reached, or gave no answer to compare
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from billing_tck.cli.connection_options import add_connection_arguments, announce, connection_of
from billing_tck.cli.unreachable import print_unreachable
from billing_tck.connect import open_unfrozen
from billing_tck.decisions.markdown import render_markdown
from billing_tck.decisions.overview import overview_of
from billing_tck.decisions.page import render_html
from billing_tck.decisions.text import render_json, render_text
from billing_tck.decisions_file import EXAMPLE, FILE, read_decisions
from billing_tck.errors import UsageError
from billing_tck.inference.findings import Inferred
from billing_tck.inference.infer import infer
from billing_tck.reference.oracle import KNOBS
from billing_tck.spec.applicability import UnreachableError
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.sut import InvalidSutSpec
from billing_tck.text.files import write_text
from billing_tck.text.sanitize import sanitize, sanitize_lines

DIFFERS, UNREACHABLE = 1, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--file", type=Path, metavar="FILE", help=f"the decisions (default: {FILE})")
    parser.add_argument("--sut", metavar="SPEC", help="also what this implementation declares and does")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write all of it as a page")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write all of it as Markdown")
    parser.add_argument("--json", action="store_true", help="all of it as JSON")
    parser.add_argument("--example", action="store_true", help="print a file to start from")
    add_connection_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Print the decisions, write what was asked for, and return the exit status."""
    if args.example:
        print(EXAMPLE, end="")
        return 0
    path = args.file or Path(FILE)
    if args.file is None and not path.exists():
        raise UsageError(
            f"there is no {FILE} here; name one with --file, or begin one: billing-tck decisions --example"
        )
    decisions = read_decisions(path, KNOBS)
    inferred: Inferred | None = None
    if args.sut:
        try:
            inferred = _inferred(args)
        except InvalidSutSpec as error:
            raise UsageError(str(error)) from None
        except UnreachableError as error:
            print_unreachable(args.sut, error, "compare with the decisions")
            return UNREACHABLE
    overview = overview_of(load_register(features_dir()).knobs, str(path), decisions, args.sut or "", inferred)
    for target, render in ((args.html, render_html), (args.markdown, render_markdown)):
        if target is not None:
            _write(target, render(overview))
    print(render_json(overview) if args.json else sanitize_lines(render_text(overview)))
    if inferred is not None and inferred.failures:
        return UNREACHABLE
    return DIFFERS if overview.differing else 0


def _inferred(args: argparse.Namespace) -> Inferred:
    connection = connection_of(args)
    announce(connection, [args.sut])
    with closing(open_unfrozen(args.sut, connection=connection)) as driver:
        return infer(driver)


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise UsageError(f"cannot write to {sanitize(str(path))}: {error.strerror}") from None
