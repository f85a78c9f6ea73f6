"""Findings of the doctor, and their lines on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How severe a finding is."""

    ERROR = "error"  # it violates the contract: verdicts would be errors, or meaningless
    TODO = "to do"  # a method that every implementation needs is still unsupported
    NOTE = "note"  # information; nothing is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: the call, its outcome, and how to fix it; `log` is the end of the error stream."""

    severity: Severity
    call: str
    outcome: str
    fix: str
    log: tuple[str, ...] = ()


def count_of(findings: Iterable[Finding], severity: Severity) -> int:
    """Return how many findings have a severity."""
    return sum(finding.severity is severity for finding in findings)


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding."""
    yield f"call     {finding.call}"
    yield f"outcome  {finding.outcome}"
    yield f"fix      {finding.fix}"
    for line in finding.log:
        yield f"log      {line}"
