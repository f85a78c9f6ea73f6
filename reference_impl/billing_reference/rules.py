"""All rules in one frozen value: each field of each family is one replaceable piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from billing_reference.aws_onboarding import OnboardingRules
from billing_reference.card_billing import CardBillingRules
from billing_reference.commitments import CommitmentRules
from billing_reference.instants import Deadline, at_the_instant
from billing_reference.marketplace import MarketplaceRules
from billing_reference.trial import TrialRules
from billing_reference.unpaid_invoices import UnpaidInvoiceRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy: one value for each family, and how deadlines fall."""

    deadline: Deadline = at_the_instant
    trial: TrialRules = field(default_factory=TrialRules)
    card_billing: CardBillingRules = field(default_factory=CardBillingRules)
    unpaid_invoices: UnpaidInvoiceRules = field(default_factory=UnpaidInvoiceRules)
    marketplace: MarketplaceRules = field(default_factory=MarketplaceRules)
    aws_onboarding: OnboardingRules = field(default_factory=OnboardingRules)
    commitments: CommitmentRules = field(default_factory=CommitmentRules)

    def replaced(self, pieces: Mapping[str, object]) -> Rules:
        """The same rules with the named pieces in place: `{"trial.length": …}` or `{"deadline": …}`.

        Raises KeyError for a piece that does not exist.
        """
        rules = self
        for path, piece in pieces.items():
            family, _, name = path.rpartition(".")
            if family:
                owner = getattr(rules, family)
                if name not in {f.name for f in fields(owner)}:
                    raise KeyError(path)
                rules = _with(rules, family, _with(owner, name, piece))
            else:
                rules = _with(rules, name, piece)
        return rules


def _with(owner: Any, name: str, piece: object) -> Any:
    """The same value with one field replaced: what is put in place is the caller's to get right."""
    return replace(owner, **{name: piece})
