"""`billing-tck impact`: what a reading changes for customers, in words, the most severe first.

0 shown, also where the search found no difference · 2 wrong usage
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from billing_tck.errors import UsageError
from billing_tck.impact.search import impact_of
from billing_tck.impact.wording import render_json, render_text
from billing_tck.reference.oracle import KNOBS
from billing_tck.text.did_you_mean import did_you_mean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--reading", action="append", required=True, metavar="KNOB=VALUE", help="the reading to look at (repeatable)"
    )
    parser.add_argument(
        "--base",
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help="what to compare with, where it is not the default (repeatable)",
    )
    parser.add_argument("--json", action="store_true", help="the consequences as JSON")


def main(args: argparse.Namespace) -> int:
    """Print what the readings change; return the exit status."""
    readings, base = parse_readings("--reading", args.reading), parse_readings("--base", args.base)
    whole = {knob: values[0] for knob, values in KNOBS.items()} | base
    if same := [f"{knob}={value}" for knob, value in readings.items() if whole[knob] == value]:
        where = "--base" if set(base) & {pair.partition("=")[0] for pair in same} else "the default"
        raise UsageError(f"--reading {same[0]}: it is {where} already; name another value, or another --base")
    impact = impact_of(readings, base)
    print(render_json(impact) if args.json else render_text(impact))
    return 0


def parse_readings(option: str, words: Sequence[str]) -> dict[str, str]:
    """Return the readings that words of the form KNOB=VALUE name. Raises UsageError."""
    readings: dict[str, str] = {}
    for word in words:
        knob, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{option} {word!r}: expected KNOB=VALUE, as marketplace_end=stops_at_end")
        if knob not in KNOBS:
            raise UsageError(f"{option} {word!r}: knob {knob!r} does not exist; {did_you_mean(knob, KNOBS)}")
        if value not in KNOBS[knob]:
            raise UsageError(f"{option} {word!r}: {knob} has no value {value!r}; {did_you_mean(value, KNOBS[knob])}")
        if knob in readings:
            raise UsageError(f"{option} {word!r}: {knob} is given twice")
        readings[knob] = value
    return readings
