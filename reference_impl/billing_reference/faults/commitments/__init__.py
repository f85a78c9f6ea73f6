"""Faults of committed spend and credits (BC-07, BC-47 to BC-67)."""

from __future__ import annotations

from billing_reference.faults.commitments import contracts, ended, fall_back, protection, terms, unpaid

MODULES = (contracts, terms, fall_back, unpaid, ended, protection)
