"""`billing-tck bridge`: run a command for each call of the contract (see `billing_tck.server.command_bridge`)."""

from __future__ import annotations

import argparse

from billing_tck.server.command_bridge import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command."""
    parser.add_argument("words", nargs="+", metavar="COMMAND", help="the command, after --; METHOD comes behind it")


def main(args: argparse.Namespace) -> int:
    """Serves on standard streams until the input ends."""
    serve(args.words)
    return 0
