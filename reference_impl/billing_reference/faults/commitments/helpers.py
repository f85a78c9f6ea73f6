"""What several faults of commitments need."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from billing_reference.state import (
    ZERO,
    Organization,
)
from billing_reference.time import DAY

YEAR = 365 * DAY


def used_up(organization: Organization) -> bool:
    """Return whether an organization had commitments, and has used all their credits."""
    return bool(organization.commitments) and all(grant.left <= ZERO for grant in organization.commitments)


def whole_dollars(amount: Decimal) -> Decimal:
    """Return an amount without its cents."""
    return amount.quantize(Decimal(1), ROUND_DOWN).quantize(ZERO)
