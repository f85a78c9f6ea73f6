"""`billing-tck contract`: print the contract as a machine-readable document."""

from __future__ import annotations

import argparse
import json

from billing_tck.contract.openrpc import document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no arguments."""
    del parser


def main(args: argparse.Namespace) -> int:
    """Print the contract as an OpenRPC document with JSON Schemas."""
    del args
    print(json.dumps(document(), indent=2))
    return 0
