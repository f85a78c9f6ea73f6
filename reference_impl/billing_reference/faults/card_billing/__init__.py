"""Faults of billing by card (BC-05, BC-10 to BC-22)."""

from __future__ import annotations

from billing_reference.faults.card_billing import charges, cycles, values

MODULES = (values, charges, cycles)
