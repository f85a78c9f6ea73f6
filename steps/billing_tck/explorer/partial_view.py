"""Some of what an organization shows: states and sums, as a ledger or a dashboard exports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from billing_tck.contract.values import (
    ZERO,
    BillingMethod,
    DataState,
    InvoiceState,
    Marketplace,
    MethodKind,
    OrganizationView,
    ServiceState,
    Tier,
    TrialState,
)

Compared = Mapping[tuple[str, str], object]
"""What is compared of the reference's view, without what the rules leave open (`observation.observed_organization`)."""


class Payer(StrEnum):
    """Who pays, in one word."""

    NONE = "none"
    TRIAL = "trial"
    CARD = "card"
    CREDITS = "credits"
    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"

    @property
    def method(self) -> BillingMethod:
        """The billing method of the contract."""
        if self.value in set(Marketplace):
            return BillingMethod(MethodKind.MARKETPLACE, Marketplace(self.value))
        return BillingMethod(MethodKind(self.value), None)


@dataclass(frozen=True, slots=True)
class PartialView:
    """What a log shows of an organization: values of the contract's types, by the names of `FIELDS`."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a partial view: its type, the field that is compared, and how it follows from a whole view.

    `expected` returns None where it cannot be compared.
    """

    type: type
    compared: str
    expected: Callable[[OrganizationView, Compared], object | None]


def _services(view: OrganizationView, compared: Compared) -> ServiceState | None:
    """Return the state of all services, if they have the same and none is open."""
    states = [value for (name, _), value in compared.items() if name == "service"]
    state = view.services[0].state if view.services else None
    return state if len(states) == len(view.services) and set(states) == {state} else None


def _reported(view: OrganizationView, compared: Compared) -> Decimal | None:
    """Return the usage that is reported, once all of it is due."""
    sums = [value for (name, _), value in compared.items() if name == "usage"]
    return sum((one for one in sums if isinstance(one, Decimal)), ZERO) if sums else None


def _sum(view: OrganizationView, *states: InvoiceState) -> Decimal:
    return sum((invoice.amount for invoice in view.invoices if invoice.state in states), ZERO)


def _when_compared(name: str, value: Callable[[OrganizationView], object]) -> Field:
    kind = Decimal
    return Field(kind, name, lambda view, compared: value(view) if (name, "") in compared else None)


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "restricted": Field(bool, "restricted", lambda view, _: view.restricted),
        "card_on_file": Field(bool, "card", lambda view, _: view.card_on_file),
        "billed_by": Field(Payer, "billed", lambda _, compared: compared.get(("billed", ""))),
        "tier": Field(Tier, "tier", lambda view, _: view.tier),
        "trial": Field(TrialState, "trial", lambda view, _: view.trial.state),
        "trial_credits_left": _when_compared("trial_credits", lambda view: view.trial.credits_left),
        "services": Field(ServiceState, "service", _services),
        "data": Field(DataState, "data", lambda view, _: view.data),
        "owed": _when_compared("invoices", lambda view: _sum(view, InvoiceState.OPEN)),
        "invoiced": _when_compared("invoices", lambda view: _sum(view, InvoiceState.OPEN, InvoiceState.PAID)),
        "charged": _when_compared(
            "charged", lambda view: sum((charge.amount for charge in view.charges if charge.succeeded), ZERO)
        ),
        "credits_left": _when_compared("credits", lambda view: sum((grant.left for grant in view.credits), ZERO)),
        "reported": Field(Decimal, "usage", _reported),
    }
)
"""The fields of a partial view, by name; amounts are sums over the life of the organization."""


def observed_values(view: PartialView) -> dict[str, object]:
    """Return the values in the form that is compared."""
    return {name: value.method if isinstance(value, Payer) else value for name, value in view.values.items()}
