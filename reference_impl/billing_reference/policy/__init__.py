"""The policy: what the documents say, as pure functions beside their clause ids.

One module for each rule family, in the order of the documents. A policy is a class without state: its constants are the
numbers of the documents, its methods take facts and an instant and return a stage, a deadline or a decision. The class
states the default readings; a small subclass beside it states each other reading.
"""

from __future__ import annotations

from billing_reference.policy.aws_onboarding import AwsOnboardingPolicy
from billing_reference.policy.card_billing import CardBillingPolicy
from billing_reference.policy.commitments import CommitmentPolicy
from billing_reference.policy.marketplace import MarketplacePolicy
from billing_reference.policy.trial import TrialPolicy
from billing_reference.policy.unpaid_invoices import UnpaidInvoicePolicy

__all__ = ["Policy"]


class Policy(
    TrialPolicy, CardBillingPolicy, UnpaidInvoicePolicy, MarketplacePolicy, CommitmentPolicy, AwsOnboardingPolicy
):
    """All rule families under the default readings."""
