"""`billing-tck faults`: list the deliberate mistakes that the reference can make; `--sut faulty:NAME` runs one."""

from __future__ import annotations

import argparse

from billing_tck.errors import UsageError
from billing_tck.reference.catalogue import FaultEntry, catalogue
from billing_tck.text.did_you_mean import did_you_mean, nearest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--family", action="append", default=[], metavar="F", help="only this rule family (repeatable)")


def main(args: argparse.Namespace) -> int:
    """Print the faults, each with its sentence and the clauses that it breaks."""
    known = catalogue()
    for name in args.names:
        if name not in {fault.name for fault in known}:
            near = nearest(name, [fault.name for fault in known])
            hint = f"nearest: {', '.join(near)}" if near else "list them with billing-tck faults"
            raise UsageError(f"fault {name!r} does not exist; {hint}")
    families = {fault.family for fault in known}
    for family in args.family:
        if family not in families:
            raise UsageError(f"family {family!r} has no faults; {did_you_mean(family, sorted(families))}")
    chosen = [
        fault
        for fault in known
        if (not args.names or fault.name in args.names) and (not args.family or fault.family in args.family)
    ]
    print("\n".join([*(line for fault in chosen for line in render(fault)), *_closing(chosen, known)]))
    return 0


def render(fault: FaultEntry) -> tuple[str, str]:
    """Return the two lines of a fault."""
    return f"{fault.name}  ({', '.join(fault.clauses)})", f"    {fault.sentence}"


def _closing(chosen: list[FaultEntry], known: tuple[FaultEntry, ...]) -> list[str]:
    if len(chosen) < len(known):
        return []
    return ["", f"{len(known)} faults; run one with billing-tck run --sut faulty:NAME"]
