"""`billing-tck infer`: find out which readings an implementation follows, by short histories that tell them apart.

0 inferred · 1 a declared reading is not what is done, or something fits no value · 2 wrong usage ·
3 not reachable, or no answer to compare
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from billing_tck.cli.connection_options import add_target_arguments, announce, target_of
from billing_tck.cli.rebuilding import replace_stored
from billing_tck.cli.unreachable import print_unreachable
from billing_tck.clock import real_monotonic
from billing_tck.connect import open_unfrozen
from billing_tck.errors import UsageError
from billing_tck.inference.findings import Inferred
from billing_tck.inference.infer import infer
from billing_tck.inference.tables import FILE, build_tables, load_tables, save_tables
from billing_tck.inference.wording import render_json, render_text
from billing_tck.spec.applicability import UnreachableError
from billing_tck.sut import InvalidSutSpec
from billing_tck.text.sanitize import sanitize_lines

DIFFERS, UNREACHABLE = 1, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    parser.add_argument(
        "--rebuild", action="store_true", help="measure again what each history tells; write it where it differs"
    )
    add_target_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Infer, print what was inferred, and return the exit status."""
    if args.rebuild:
        return _rebuild()
    sut, connection = target_of(args)
    announce(connection, [sut])
    begun = real_monotonic()
    try:
        with closing(open_unfrozen(sut, connection=connection)) as driver, closing(InferenceProgress()) as progress:
            inferred = infer(driver, progress.show)
    except InvalidSutSpec as error:
        raise UsageError(str(error)) from None
    except UnreachableError as error:
        print_unreachable(sut, error, "infer the readings of")
        return UNREACHABLE
    if args.json:
        print(render_json(inferred))
    else:
        print(sanitize_lines(render_text(inferred, real_monotonic() - begun)))
    return status_of(inferred)


class InferenceProgress:
    """A progress line, on a terminal only."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()

    def show(self, histories: int, still_open: int) -> None:
        """Show how much was played."""
        if self._tty:
            sys.stderr.write(f"\r\x1b[K{histories} histories, {still_open} knobs open")
            sys.stderr.flush()

    def close(self) -> None:
        """Remove the line."""
        if self._tty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def status_of(inferred: Inferred) -> int:
    """Return the exit status."""
    if inferred.failures:
        return UNREACHABLE
    return DIFFERS if inferred.differing or inferred.misfits else 0


def _rebuild() -> int:
    """Measure the tables again; write them if they differ from the stored ones."""
    begun = real_monotonic()
    tables = build_tables()
    seconds = real_monotonic() - begun
    if not replace_stored(tables, load_tables, lambda: save_tables(tables), FILE):
        print(f"the stored tables are the same ({seconds:.0f} s)")
        return 0
    print(f"written to {FILE.name}: they were others before ({seconds:.0f} s)", file=sys.stderr)
    return DIFFERS
