"""`billing-tck export`: a notebook's prose and pictures without its code, as one page or one PDF.

0 written · 2 it is not a notebook or has no outputs, the file cannot be written, or there is no Chromium ·
3 the browser did not print
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.export.notebook import read_notebook
from billing_tck.export.pdf import PrintError, find_chromium, print_pdf
from billing_tck.text.files import open_output
from billing_tck.text.format import format_count
from billing_tck.text.sanitize import sanitize

NOT_PRINTED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="a notebook that was run and saved")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="the file to write (default: the notebook's name with .html or .pdf)",
    )
    parser.add_argument("--pdf", action="store_true", help="print the page to a PDF, with Chromium")


def main(args: argparse.Namespace) -> int:
    """Write the page or the PDF and print where."""
    notebook = read_notebook(args.notebook)
    target: Path = args.output or args.notebook.with_suffix(".pdf" if args.pdf else ".html")
    if _same(target, args.notebook):
        raise UsageError(f"{sanitize(str(target))} is the notebook itself; name another file with --output")
    chromium = find_chromium() if args.pdf else ""
    try:
        from billing_tck.export.page import render_html  # noqa: PLC0415 - needs what only the extra installs
    except ModuleNotFoundError as error:
        if error.name != "mistune":
            raise
        raise UsageError(
            "exports need the package mistune; install it with pip install 'billing-tck[notebooks]'"
        ) from None
    content = render_html(notebook, args.notebook.parent)
    if notebook.failures:
        print(f"{format_count(notebook.failures, 'cell')} ended with an error, which is exported, too", file=sys.stderr)
    try:
        written = print_pdf(chromium, content) if args.pdf else content.encode("utf-8", "backslashreplace")
        with open_output(target) as file:
            file.write(written)
    except PrintError as error:
        print(f"billing-tck export: {sanitize(str(error))}", file=sys.stderr)
        return NOT_PRINTED
    except OSError as error:
        raise UsageError(f"cannot write {sanitize(str(target))}: {error.strerror}") from None
    print(f"wrote {sanitize(str(target))}")
    return 0


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
