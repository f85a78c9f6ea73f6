"""What is compared, and one difference between what is expected and what is observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

OPTIONAL_FIELDS = ("uninvoiced", "unpaid_since", "extension_until")
"""Fields that an implementation need not show and no step checks: reported only where nothing else differs."""

Observation = Mapping[tuple[str, str], object]
"""(field, label of what it belongs to) -> the value that is compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an implementation shows and the rules do not allow.

    `field` is what is compared, `of` the label of what it belongs to, `organization` the label of its organization.
    """

    field: str
    of: str
    organization: str
    expected: object
    observed: object
    at: datetime
    method: str
    params: Mapping[str, object]
    line: int = 0

    @property
    def optional(self) -> bool:
        """Whether it is about an optional field."""
        return self.field in OPTIONAL_FIELDS


@dataclass(frozen=True, slots=True)
class InvoiceShown:
    """An invoice as it is compared; `days` are those of its cycle, or None where they are open."""

    issued_at: datetime
    amount: Decimal
    paid: bool
    days: tuple[date, date] | None


@dataclass(frozen=True, slots=True)
class TriedOn:
    """Whether a card was tried after the last open invoice was paid."""

    since: datetime
    tried: bool


@dataclass(frozen=True, slots=True)
class PartialFee:
    """A fee that is reported in parts: whether what is reported is more than nothing and within the limit."""

    limit: Decimal
    within: bool


def differ_in_dates_only(expected: object, observed: object) -> bool:
    """Return whether two lists of invoices differ in nothing but their dates."""
    if not (isinstance(expected, tuple) and isinstance(observed, tuple)) or len(expected) != len(observed):
        return False
    pairs = list(zip(expected, observed, strict=True))
    return all(
        isinstance(one, InvoiceShown)
        and isinstance(other, InvoiceShown)
        and replace(one, issued_at=other.issued_at) == other
        for one, other in pairs
    )
