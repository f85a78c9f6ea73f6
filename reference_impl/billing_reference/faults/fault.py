"""How a fault is declared: a small subclass of a policy, of the ledger or of the service, or a wrong constant."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from billing_reference.build import Part
from billing_reference.policy import Policy
from billing_reference.service import BillingService
from billing_reference.state import Organization, Subscription
from billing_reference.time import Deadlines
from billing_reference.views import Answer

NO_READINGS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One deliberate mistake of an implementation.

    `clauses` are those that it violates; a scenario of at least one of them must detect it. `parts` replace parts of
    the reference. `declares` are readings that it declares besides the defaults, `does` those that it takes instead.
    """

    name: str
    sentence: str
    clauses: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    declares: Mapping[str, str] = field(default_factory=dict)
    does: Mapping[str, str] = field(default_factory=dict)
    family: str = ""  # where it is empty, the catalogue fills in the module that declares the fault


def fault(
    name: str,
    *clauses: str,
    declares: Mapping[str, str] = NO_READINGS,
    does: Mapping[str, str] = NO_READINGS,
    family: str = "",
    **constants: object,
) -> Callable[[Part], Fault]:
    """Declare the decorated subclass as a fault; its docstring is the fault's sentence.

    `constants` are further values of the policy that are wrong.
    """

    def declare(part: Part) -> Fault:
        return Fault(name, _sentence(part), clauses, (part, *_constants(name, constants)), declares, does, family)

    return declare


def constant(name: str, sentence: str, *clauses: str, **constants: object) -> Fault:
    """Declare a fault that has wrong values for constants of the policy."""
    return Fault(name, sentence, clauses, _constants(name, constants))


def _constants(name: str, values: Mapping[str, object]) -> tuple[Part, ...]:
    for value in values:
        if not hasattr(Policy, value):
            raise AttributeError(f"fault {name!r}: the policy has no constant {value}")
    return (type("Constants", (Deadlines,), dict(values)),) if values else ()


def misread(name: str, sentence: str, *clauses: str, **does: str) -> Fault:
    """Declare a fault that takes other readings than it declares."""
    return Fault(name, sentence, clauses, does=does)


View = Callable[[BillingService, Organization, Answer], Answer]
SubscriptionView = Callable[[BillingService, Subscription, Answer], Answer]


def shows(name: str, *clauses: str, family: str = "") -> Callable[[View], Fault]:
    """Declare a fault that only shows an organization wrongly: the decorated function returns the wrong fields."""

    def declare(view: View) -> Fault:
        class Shows(BillingService):
            def get_organization(self, *, organization: str) -> Answer:
                shown = super().get_organization(organization=organization)
                return {**shown, **view(self, self.organization(organization), shown)}

        return Fault(name, _sentence(view), clauses, (Shows,), family=family)

    return declare


def shows_subscription(name: str, *clauses: str, family: str = "") -> Callable[[SubscriptionView], Fault]:
    """Declare a fault that only shows a subscription wrongly: the decorated function returns the wrong fields."""

    def declare(view: SubscriptionView) -> Fault:
        class Shows(BillingService):
            def get_subscription(self, *, subscription: str) -> Answer:
                shown = super().get_subscription(subscription=subscription)
                return {**shown, **view(self, self.subscription(subscription), shown)}

        return Fault(name, _sentence(view), clauses, (Shows,), family=family)

    return declare


def _sentence(documented: object) -> str:
    return " ".join((inspect.getdoc(documented) or "").split())
