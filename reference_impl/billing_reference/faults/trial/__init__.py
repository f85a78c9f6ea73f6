"""Faults of the trial (BC-01 to BC-09)."""

from __future__ import annotations

from billing_reference.faults.trial import lifetime, methods, values

MODULES = (values, methods, lifetime)
