"""What the calls of a history say about one organization, beside its view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from billing_tck.contract.values import CardBehaviour


@dataclass(frozen=True, slots=True)
class Commitment:
    """The grant of a commitment, as the view shows it among the credits."""

    amount: Decimal
    granted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What calls said about an organization: whether its card pays, its linked subscriptions, its commitments."""

    organization: str
    card_pays: bool = False
    subscriptions: tuple[str, ...] = ()
    commitments: tuple[Commitment, ...] = ()

    def after(self, method: str, params: Mapping[str, object], now: datetime) -> Facts:
        """Return the facts after a call that was done."""
        match method:
            case "add_card" | "set_card_behaviour":
                return replace(self, card_pays=params["behaviour"] == CardBehaviour.APPROVES)
            case "link_subscription":
                return replace(self, subscriptions=(*self.subscriptions, str(params["subscription"])))
            case "sign_commitment":
                credit, end = params["credits"], params["expires_at"]
                if not (isinstance(credit, Decimal) and isinstance(end, datetime)):
                    raise TypeError(f"expected an amount and an instant, got {credit!r} and {end!r}")
                return replace(self, commitments=(*self.commitments, Commitment(credit, now, end)))
        return self
