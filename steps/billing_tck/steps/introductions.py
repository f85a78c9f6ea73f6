"""Problems that only running a scenario shows, above all names that no step before introduces."""

from __future__ import annotations

from collections.abc import Mapping

from billing_tck.contract.values import Marketplace, Offer
from billing_tck.errors import Diagnostic, KitError, Place, ScenarioError
from billing_tck.steps.aws_onboarding import account_on, developer, registers
from billing_tck.steps.card_billing import pays_by_card
from billing_tck.steps.marketplace import subscribes_and_links
from billing_tck.steps.organizations import creates_service
from billing_tck.steps.parameter_types import (
    ACCOUNTS,
    ADMINS,
    DEVELOPER,
    NEW_USER,
    ORGANIZATIONS,
    SERVICES,
    SUBSCRIPTIONS,
)
from billing_tck.steps.step_call import StepCall, call

_CREATES_SERVICE = call(creates_service, organization=ORGANIZATIONS[0])
_SUBSCRIBES = call(subscribes_and_links, organization=ORGANIZATIONS[0], offer=Offer.PAYG, marketplace=Marketplace.AWS)
INTRODUCED: Mapping[str, StepCall] = {
    ORGANIZATIONS[0]: call(pays_by_card, organization=ORGANIZATIONS[0]),
    ORGANIZATIONS[1]: call(pays_by_card, organization=ORGANIZATIONS[1]),
    SERVICES[0]: call(pays_by_card, organization=ORGANIZATIONS[0]),
    SERVICES[1]: _CREATES_SERVICE,
    SERVICES[2]: _CREATES_SERVICE,
    ADMINS[0]: call(pays_by_card, organization=ORGANIZATIONS[0]),
    ADMINS[1]: call(pays_by_card, organization=ORGANIZATIONS[1]),
    DEVELOPER: call(developer),
    NEW_USER: call(registers),
    ACCOUNTS[0]: call(account_on, account=ACCOUNTS[0], marketplace=Marketplace.AWS),
    ACCOUNTS[1]: call(account_on, account=ACCOUNTS[1], marketplace=Marketplace.AWS),
    SUBSCRIPTIONS[0]: _SUBSCRIBES,
    SUBSCRIPTIONS[1]: _SUBSCRIBES,
}
"""For each name that steps use, a step that introduces it."""


def problem_of(fault: KitError) -> Diagnostic:
    """Return the problem of a scenario that cannot be carried out; its line is 1 if none is known."""
    line = fault.place.line if fault.place is not None and fault.place.line is not None else 1
    if not isinstance(fault, ScenarioError):
        return Diagnostic(Place(line=line), fault.message, "This is an error of the kit itself")
    step = f"{fault.place.part}: " if fault.place is not None else ""
    begin = INTRODUCED.get(fault.name) if fault.name is not None else None
    return Diagnostic(
        Place(line=line), f"{step}{fault.message}", f"Such as: Given {begin.text}" if begin else fault.fix
    )
