"""`billing-tck bridge`: run a command for each call of the contract (see `billing_tck.server.command_bridge`)."""

from __future__ import annotations

import argparse

from billing_tck.server.command_bridge import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="COMMAND",
        help="the command, after --; the method's name is appended",
    )


def main(args: argparse.Namespace) -> int:
    """Serve on standard streams until the input ends."""
    serve(args.words)
    return 0
