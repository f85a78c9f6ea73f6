"""What the doctor finds, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How severe a finding is."""

    MEND = "mend"  # it does not follow the contract: verdicts would be errors, or mean nothing
    FILL = "fill"  # a method that every implementation has in the end, and that is unsupported so far
    NOTE = "note"  # worth knowing; nothing is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: the call, its outcome, and how to fix it; `log` is the end of the error stream."""

    weight: Weight
    called: str
    came: str
    mend: str
    log: tuple[str, ...] = ()


def said_of(findings: Iterable[Finding], weight: Weight) -> int:
    """Return how many findings have a weight."""
    return sum(finding.weight is weight for finding in findings)


def lines_of(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding."""
    yield f"called   {finding.called}"
    yield f"came     {finding.came}"
    yield f"mend     {finding.mend}"
    for line in finding.log:
        yield f"its log  {line}"
