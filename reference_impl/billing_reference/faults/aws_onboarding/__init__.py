"""Faults of taking up pay as you go through AWS Marketplace (AWS-01 to AWS-30)."""

from __future__ import annotations

from billing_reference.faults.aws_onboarding import billing, linking, purchases, values

MODULES = (values, purchases, linking, billing)
