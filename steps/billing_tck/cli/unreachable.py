"""Print why an implementation cannot be used."""

from __future__ import annotations

import sys

from billing_tck.reports.render import log_tail
from billing_tck.spec.applicability import UnreachableError
from billing_tck.text.sanitize import sanitize


def print_unreachable(sut: str, error: UnreachableError, purpose: str) -> None:
    """Print what is wrong, how to fix it where an HTTP status tells, and the end of the implementation's log."""
    lines = [f"no implementation to {purpose} ({sut}): {error}"]
    if error.status is not None:
        from billing_tck.doctor.advice import fix_for_status  # noqa: PLC0415 - only where it is needed

        lines.append(f"  fix: {fix_for_status(error.status)}")
    lines += [f"  its log: {line}" for line in log_tail(error.log)]
    print("\n".join(map(sanitize, lines)), file=sys.stderr)
