"""Faults that are one wrong value: of a constant of the policy, or of a reading."""

from __future__ import annotations

from decimal import Decimal

from billing_reference.faults.fault import constant, misread

CONSTANTS = (
    constant(
        "no-early-charge",
        "Nothing is charged before the end of the cycle, however much is used.",
        "BC-18",
        EARLY_CHARGE_THRESHOLD=Decimal("1e12"),
    ),
    constant(
        "early-charge-at-1000", "The early charge comes at $1,000.", "BC-18", EARLY_CHARGE_THRESHOLD=Decimal(1000)
    ),
    constant(
        "early-charge-a-cent-below",
        "The early charge comes at $9,999.99.",
        "BC-18",
        EARLY_CHARGE_THRESHOLD=Decimal("9999.99"),
    ),
    constant(
        "early-charge-from-a-dollar-more",
        "The early charge comes at $10,001.",
        "BC-18",
        EARLY_CHARGE_THRESHOLD=Decimal(10001),
    ),
)
MISREAD = (
    misread(
        "cycle-on-the-tier-alone",
        "Declares that tier and service begin the cycle, and begins it with the tier alone.",
        "BC-15",
        cycle_anchor="tier",
    ),
    misread(
        "cycle-on-the-service-alone",
        "Declares that tier and service begin the cycle, and begins it with the service alone.",
        "BC-15",
        cycle_anchor="first_service",
    ),
    misread(
        "month-end-sticks",
        "Declares that a cycle returns to its day after a short month, and stays on the earlier day.",
        "BC-39",
        month_end="sticky",
    ),
    misread(
        "month-end-rolls-over",
        "Declares that a cycle is clamped to a short month, and rolls over into the next.",
        "BC-39",
        month_end="rollover",
    ),
    misread(
        "early-charge-beyond-only",
        "Declares that the early charge is due at $10,000, and makes it only beyond.",
        "BC-18",
        threshold_comparison="exceeds",
    ),
    misread(
        "early-charge-once",
        "Declares that the early charge repeats, and makes it once in a cycle.",
        "BC-18",
        threshold_rearm="once_per_cycle",
    ),
)
