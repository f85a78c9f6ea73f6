"""Faults of unpaid invoices (BC-11, BC-23 to BC-32)."""

from __future__ import annotations

from billing_reference.faults.unpaid_invoices import deadlines, extensions, restrictions, services, values

MODULES = (values, restrictions, services, deadlines, extensions)
