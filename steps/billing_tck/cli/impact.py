"""`billing-tck impact`: what a reading changes for customers, in words, the most severe first.

0 shown, also where the search found no difference · 1 `--rebuild` wrote other histories · 2 wrong usage
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from billing_tck.cli.rebuilding import replace_stored
from billing_tck.clock import real_monotonic
from billing_tck.errors import UsageError
from billing_tck.impact import stored
from billing_tck.impact.search import impact_of
from billing_tck.impact.wording import render_json, render_text
from billing_tck.reference.oracle import DEFAULTS
from billing_tck.reference.reading_option import parse_reading

CHANGED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--reading", action="append", default=[], metavar="KNOB=VALUE", help="the reading to look at (repeatable)"
    )
    parser.add_argument(
        "--base",
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help="what to compare with, where it is not the default (repeatable)",
    )
    parser.add_argument("--json", action="store_true", help="the consequences as JSON")
    parser.add_argument(
        "--rebuild", action="store_true", help="search again for every reading; write what was found where it differs"
    )


def main(args: argparse.Namespace) -> int:
    """Print what the readings change; return the exit status."""
    if args.rebuild:
        return _rebuild()
    if not args.reading:
        raise UsageError("name a reading: --reading marketplace_end=stops_at_end; `billing-tck readings` lists all")
    readings, base = parse_readings("--reading", args.reading), parse_readings("--base", args.base)
    whole = {**DEFAULTS, **base}
    if same := [f"{knob}={value}" for knob, value in readings.items() if whole[knob] == value]:
        where = "--base" if set(base) & {pair.partition("=")[0] for pair in same} else "the default"
        raise UsageError(f"--reading {same[0]}: it is {where} already; name another value, or another --base")
    impact = impact_of(readings, base)
    print(render_json(impact) if args.json else render_text(impact))
    return 0


def _rebuild() -> int:
    """Search again for every reading; write what was found if it differs from what is stored."""
    begun = real_monotonic()
    found = stored.build()
    seconds = real_monotonic() - begun
    if not replace_stored(found, stored.load, lambda: stored.save(found), stored.FILE):
        print(f"the stored consequences are the same ({seconds:.0f} s)")
        return 0
    print(f"written to {stored.FILE.name}: they were others before ({seconds:.0f} s)")
    return CHANGED


def parse_readings(option: str, words: Sequence[str]) -> dict[str, str]:
    """Return the readings that words of the form KNOB=VALUE name. Raises UsageError."""
    readings: dict[str, str] = {}
    for word in words:
        knob, value = parse_reading(option, word)
        if knob in readings:
            raise UsageError(f"{option} {word!r}: {knob} is given twice")
        readings[knob] = value
    return readings
