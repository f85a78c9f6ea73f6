"""`billing-tck faults`: the deliberate mistakes that the reference can make, each with `--sut faulty:NAME`."""

from __future__ import annotations

import argparse
import difflib

from billing_tck.errors import UsageError
from billing_tck.reference.catalogue import FaultEntry, catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares which faults to tell."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--family", action="append", default=[], metavar="F", help="only this rule family (repeatable)")


def main(args: argparse.Namespace) -> int:
    """Prints the faults, each with its sentence and the clauses that it breaks."""
    known = catalogue()
    for name in args.names:
        if name not in {fault.name for fault in known}:
            near = difflib.get_close_matches(name, [fault.name for fault in known], 3, 0.5)
            hint = f"nearest: {', '.join(near)}" if near else "see billing-tck faults"
            raise UsageError(f"there is no fault {name!r}; {hint}")
    families = {fault.family for fault in known}
    for family in args.family:
        if family not in families:
            raise UsageError(f"there is no family {family!r} of faults; known: {', '.join(sorted(families))}")
    chosen = [
        fault
        for fault in known
        if (not args.names or fault.name in args.names) and (not args.family or fault.family in args.family)
    ]
    print("\n".join([*(line for fault in chosen for line in told(fault)), *_closing(chosen, known)]))
    return 0


def told(fault: FaultEntry) -> tuple[str, str]:
    """A fault in two lines."""
    return f"{fault.name}  ({', '.join(fault.clauses)})", f"    {fault.sentence}"


def _closing(chosen: list[FaultEntry], known: tuple[FaultEntry, ...]) -> list[str]:
    if len(chosen) < len(known):
        return []
    return ["", f"{len(known)} faults; run one with billing-tck run --sut faulty:NAME"]
