"""`billing-tck serve`: the reference, or a faulty variant of it, behind the contract, until its input ends."""

from __future__ import annotations

import argparse

from billing_tck.errors import UsageError
from billing_tck.reference.catalogue import served
from billing_tck.server.jsonrpc_server import serve_http, serve_stdio

LATEST = "PT24H"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the way to serve, and what."""
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--stdio", action="store_true", help="on standard streams, one JSON-RPC object a line")
    way.add_argument("--http", type=int, metavar="PORT", help="on this port of 127.0.0.1 (0: any free one)")
    parser.add_argument("--fault", metavar="NAME", help="with this deliberate mistake (see billing-tck faults)")
    parser.add_argument(
        "--reading",
        action="append",
        default=[],
        metavar="KNOB=VALUE",
        help="under this reading (see billing-tck readings; repeatable)",
    )
    parser.add_argument(
        "--late",
        nargs="?",
        const=LATEST,
        metavar="HOW",
        help="effects show late, as in a system that sweeps in batches (without HOW: as late as the contract allows)",
    )


def main(args: argparse.Namespace) -> int:
    """Serves until nobody asks any more."""
    readings: dict[str, str] = {}
    for word in args.reading:
        knob, equals, value = word.partition("=")
        if not (knob and equals and value):
            raise UsageError(f"--reading {word!r} is no KNOB=VALUE; write it as in --reading deadline_instant=after")
        if knob in readings:
            raise UsageError(f"--reading {knob} is given twice")
        readings[knob] = value
    try:
        implementation, set_clock = served(readings=readings, fault=args.fault, late=args.late)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if args.stdio:
        serve_stdio(implementation, set_clock)
    else:
        try:
            serve_http(implementation, set_clock, args.http)
        except OSError as error:
            raise UsageError(str(error)) from None
    return 0
