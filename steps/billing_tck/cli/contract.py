"""`billing-tck contract`: the contract for machines."""

from __future__ import annotations

import argparse
import json

from billing_tck.contract.openrpc import document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes nothing."""
    del parser


def main(args: argparse.Namespace) -> int:
    """Prints the contract as an OpenRPC document with JSON Schemas."""
    del args
    print(json.dumps(document(), indent=2))
    return 0
