"""The ledger: one world, changed by commands and by what falls due.

Each module adds one layer: who pays, debts, invoices, usage, commands, refusals, and the queue of due things on top.
"""

from __future__ import annotations

from billing_reference.ledger.ledger import Due, Ledger, Phase

__all__ = ["Due", "Ledger", "Phase"]
