"""`billing-tck doctor`: check that an adapter implements the contract; it gives no verdict about rules.

0 nothing must be fixed · 1 something must be fixed · 2 wrong usage · 3 the implementation is not reachable
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from billing_tck.connect import open_driver
from billing_tck.doctor import Checked, Diagnosis, Finding, Weight, examine
from billing_tck.doctor.findings import lines_of, said_of
from billing_tck.errors import UsageError
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.sut import InvalidSutSpec
from billing_tck.text.sanitize import sanitize

FINE, MUST_BE_MENDED, UNREACHABLE = 0, 1, 3

HEADS = {Weight.MEND: "must be mended", Weight.FILL: "still to fill", Weight.NOTE: "note"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--sut",
        default="reference",
        metavar="SPEC",
        help="the implementation, as for billing-tck run (default: reference)",
    )
    parser.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds to wait for an answer (default: 10)"
    )


def main(args: argparse.Namespace) -> int:
    """Print each check as it is made, then each finding and a closing line; return the exit status."""
    register = load_register(features_dir())
    try:
        with open_driver(args.sut, timeout=args.timeout) as driver:
            print(f"the doctor looks at {sanitize(args.sut)}")
            diagnosis = examine(driver, register, timeout=args.timeout, on_check=_tell)
    except InvalidSutSpec as error:
        raise UsageError(str(error)) from None
    for number, finding in enumerate(diagnosis.findings, start=1):
        print("\n" + "\n".join(_told(finding, number)))
    print("\n" + sanitize(closing(diagnosis)))
    if not diagnosis.reached:
        return UNREACHABLE
    return MUST_BE_MENDED if diagnosis.mends else FINE


def _tell(checked: Checked) -> None:
    count = said_of(checked.findings, Weight.MEND)
    if count:
        said = f"{count} to mend"
    elif checked.stopped:
        said = "left off"
    else:
        said = "fine"
    why = f"  ({checked.stopped})" if checked.stopped else ""
    print(sanitize(f"  {said:<10}  {checked.name}{why}"))
    sys.stdout.flush()


def _told(finding: Finding, number: int) -> Iterator[str]:
    yield f"{number}. {HEADS[finding.weight]}"
    for line in lines_of(finding):
        yield f"   {sanitize(line)}"


def closing(diagnosis: Diagnosis) -> str:
    """Return the last line: what to do, and how long the calls took."""
    method, seconds = diagnosis.slowest
    calls = f"{diagnosis.calls} call{'s' * (diagnosis.calls != 1)}, the slowest {1000 * seconds:.1f} ms ({method})"
    description = diagnosis.description
    notes = said_of(diagnosis.findings, Weight.NOTE)
    noted = f" and {notes} note{'s' * (notes != 1)}" if notes else ""
    if not diagnosis.reached:
        return f"the doctor could not reach it; {calls}"
    if diagnosis.mends or description is None:
        thing = f"{diagnosis.mends} thing{'s' * (diagnosis.mends != 1)}"
        return f"{thing} must be mended{noted}; {calls}; no verdict about rules"
    declared = ", ".join(description.capabilities) if description.capabilities else "nothing"
    so_far = f" so far; still to fill: {', '.join(diagnosis.unfilled)}" if diagnosis.unfilled else ""
    said = f"{description.name} {description.version} speaks the contract{so_far}; it declares {declared}"
    return f"{said}{noted}; {calls}; no verdict about rules"
