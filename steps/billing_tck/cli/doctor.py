"""`billing-tck doctor`: check that an adapter implements the contract, not whether it keeps the rules.

0 no errors · 1 errors · 2 wrong usage · 3 the implementation is not reachable
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

from billing_tck.cli.connection_options import add_target_arguments, announce, target_of
from billing_tck.connect import open_driver
from billing_tck.connection import Timeouts
from billing_tck.doctor import CheckResult, Diagnosis, Finding, Severity, examine
from billing_tck.doctor.findings import count_of, finding_lines
from billing_tck.errors import UsageError
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir
from billing_tck.sut import InvalidSutSpec
from billing_tck.text.sanitize import sanitize

OK, ERRORS, UNREACHABLE = 0, 1, 3
PATIENCE = 3  # times the limit of a run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_target_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Print each check, then each finding and a closing line; return the exit status."""
    register = load_register(features_dir())
    try:
        sut, connection = target_of(args)
        with open_driver(sut, connection=replace(connection, timeouts=_patient(connection.timeouts))) as driver:
            announce(connection, [sut])
            print(f"checking {sanitize(sut)}")
            diagnosis = examine(driver, register, timeouts=connection.timeouts, on_check=_print_result)
    except InvalidSutSpec as error:
        raise UsageError(str(error)) from None
    for number, finding in enumerate(diagnosis.findings, start=1):
        print("\n" + "\n".join(_finding_block(finding, number)))
    print("\n" + sanitize(closing(diagnosis)))
    if not diagnosis.reached:
        return UNREACHABLE
    return ERRORS if diagnosis.errors else OK


def _patient(timeouts: Timeouts) -> Timeouts:
    """Return longer limits, so that a call that is too slow for a run shows how long it takes."""
    reset, advance_to = timeouts.of("reset"), timeouts.of("advance_to")
    return replace(timeouts, call=PATIENCE * timeouts.call, reset=PATIENCE * reset, advance_to=PATIENCE * advance_to)


def _print_result(result: CheckResult) -> None:
    count = count_of(result.findings, Severity.ERROR)
    status = _plural(count, "error") if count else "skipped" if result.stopped else "ok"
    reason = f"  ({result.stopped})" if result.stopped else ""
    print(sanitize(f"  {status:<10}  {result.name}{reason}"))
    sys.stdout.flush()


def _finding_block(finding: Finding, number: int) -> Iterator[str]:
    yield f"{number}. {finding.severity}"
    for line in finding_lines(finding):
        yield f"   {sanitize(line)}"


def closing(diagnosis: Diagnosis) -> str:
    """Return the last line: the result, and how long the calls took."""
    method, seconds = diagnosis.slowest
    slowest = f", the slowest {1000 * seconds:.1f} ms ({method})" if method else ""
    calls = f"{_plural(diagnosis.calls, 'call')}{slowest}"
    description = diagnosis.description
    notes = count_of(diagnosis.findings, Severity.NOTE)
    noted = f", {_plural(notes, 'note')}" if notes else ""
    if not diagnosis.reached:
        return f"the implementation is not reachable; {calls}"
    if diagnosis.errors or description is None:
        return f"{_plural(diagnosis.errors, 'error')}{noted}; {calls}; rules were not checked"
    declared = ", ".join(description.capabilities) if description.capabilities else "no capabilities"
    missing = f" in part; to do: {', '.join(diagnosis.unsupported)}" if diagnosis.unsupported else ""
    text = f"{description.name} {description.version} implements the contract{missing}; it declares {declared}"
    return f"{text}{noted}; {calls}; rules were not checked"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
