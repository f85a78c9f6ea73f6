"""Faults of billing through a marketplace (BC-06, BC-33 to BC-46)."""

from __future__ import annotations

from billing_reference.faults.marketplace import billing, end_with_card, end_without_card, values

MODULES = (values, billing, end_with_card, end_without_card)
