"""`billing-tck contract`: print the contract as a machine-readable document."""

from __future__ import annotations

import argparse
import json
import sys

from billing_tck.contract.openrpc import document
from billing_tck.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no arguments."""
    del parser


def main(args: argparse.Namespace) -> int:
    """Print the contract as an OpenRPC document with JSON Schemas."""
    del args
    if sys.flags.optimize >= 2:
        raise UsageError("its descriptions are docstrings, which PYTHONOPTIMIZE=2 drops; run without it")
    print(json.dumps(document(), indent=2))
    return 0
