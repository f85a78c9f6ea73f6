"""`billing-tck serve`: serve the reference, or a faulty variant of it, over the contract until its input ends."""

from __future__ import annotations

import argparse

from billing_tck.errors import UsageError
from billing_tck.reference.catalogue import served
from billing_tck.server.jsonrpc_server import serve_http, serve_stdio

LATEST = "PT24H"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--stdio", action="store_true", help="on standard streams, one JSON-RPC object per line")
    way.add_argument("--http", type=int, metavar="PORT", help="on this port of 127.0.0.1 (0: any free port)")
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
        help="show effects late, as a system that settles in batches (without HOW: as late as the contract allows)",
    )


def main(args: argparse.Namespace) -> int:
    """Serve until the input ends or a signal comes."""
    readings: dict[str, str] = {}
    for word in args.reading:
        knob, equals, value = word.partition("=")
        if not (knob and equals and value):
            raise UsageError(f"--reading: expected KNOB=VALUE, got {word!r}; as in --reading deadline_instant=after")
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
