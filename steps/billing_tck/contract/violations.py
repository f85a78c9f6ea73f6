"""Violations of the contract: everything in a value that does not fit its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SHOWN = 5  # violations of one answer in a message


class ViolationKind(StrEnum):
    """What is wrong with a value, as far as advice depends on it."""

    MONEY = "money"
    INSTANT = "instant"
    DAY = "day"
    MISSING = "missing"  # a required field
    CONTRADICTION = "contradiction"  # fields that exclude each other
    REASON = "reason"  # of a refusal
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Violation:
    """One part of an answer that does not fit the contract: its path, what was received, what was expected."""

    field: str
    received: str
    expected: str
    kind: ViolationKind = ViolationKind.OTHER

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.received}"


class ContractViolation(ValueError):
    """A value that does not fit the contract; `violations` are all the places where it does not."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(violations)
        self.violations = tuple(violations)

    def __str__(self) -> str:
        shown = "; ".join(str(violation) for violation in self.violations[:SHOWN])
        more = len(self.violations) - SHOWN
        return f"{shown}; and {more} more" if more > 0 else shown
