"""A history: calls of the contract with labels for identifiers and spans for instants.

The call that makes a thing gives it its label. Removing that call removes the calls that use the label, and changes
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billing_tck.contract.values import MarketplaceReport, OrganizationView, Service, SubscriptionView

IDENTIFIERS = frozenset({"organization", "user", "service", "account", "subscription", "invoice"})
"""The parameters that hold an identifier."""

MOVES = frozenset({"reset", "advance_to"})
INSTANTS = frozenset({"now", "expires_at", "until"})


@dataclass(frozen=True, slots=True)
class Command:
    """One call: its method, its parameters, and the labels of what it makes.

    Identifiers are labels. Instants (`now` of `advance_to`, `expires_at`, `until`) are spans from that of the call.
    `pay_invoice` names an organization: its oldest open invoice is paid.
    """

    method: str
    params: tuple[tuple[str, object], ...] = ()
    makes: tuple[str, ...] = ()

    @property
    def named(self) -> Mapping[str, object]:
        """Return the parameters by name."""
        return dict(self.params)

    def labels(self) -> Iterator[str]:
        """Return the labels that the call uses."""
        for name, value in self.params:
            if name in IDENTIFIERS:
                yield str(value)

    def with_param(self, name: str, value: object) -> Command:
        """Return the same call with another value of one parameter."""
        return Command(self.method, tuple((n, value if n == name else v) for n, v in self.params), self.makes)

    @property
    def wait(self) -> timedelta | None:
        """Return how long the clock moves on, or None if the call is not `advance_to`."""
        span = self.named.get("now")
        return span if self.method == "advance_to" and isinstance(span, timedelta) else None


def wait(span: timedelta) -> Command:
    """Return a call that moves the clock on."""
    return Command("advance_to", (("now", span),))


def command(method: str, makes: tuple[str, ...] = (), **params: object) -> Command:
    """Return a call; parameters that are None are left out."""
    return Command(method, tuple((name, value) for name, value in params.items() if value is not None), makes)


@dataclass(frozen=True, slots=True)
class History:
    """The instant at which the clock begins, and the calls from there on."""

    start: datetime
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One call as it was made, and its outcome, with labels for identifiers.

    `outcome` is the contract's value, or the exception `Refused`, `Unsupported`. `makes` are labels, in the order of
    the result's fields. `line` is its line in the file that it was read from, if any.
    """

    at: datetime
    method: str
    params: Mapping[str, object]
    outcome: object
    makes: tuple[str, ...] = ()
    line: int = 0


LabelOf = Callable[[str, str], str]
"""The label of a thing, from its kind and identifier."""


def relabelled(outcome: object, label_of: LabelOf) -> object:
    """Return an outcome with labels in place of identifiers."""
    match outcome:
        case OrganizationView():
            return relabelled_organization(outcome, label_of)
        case SubscriptionView():
            return relabelled_subscription(outcome, label_of)
    return outcome


def relabelled_organization(view: OrganizationView, label_of: LabelOf) -> OrganizationView:
    """Return a view of an organization with labels in place of identifiers."""
    if not view.services and not view.marketplace_reports:
        return view
    services = tuple(
        Service(label_of("service", one.service), one.state, one.replica_memory_gib) for one in view.services
    )
    reports = tuple(
        MarketplaceReport(label_of("subscription", line.subscription), line.at, line.kind, line.item, line.amount)
        for line in view.marketplace_reports
    )
    return replace(view, services=services, marketplace_reports=reports)


def relabelled_subscription(view: SubscriptionView, label_of: LabelOf) -> SubscriptionView:
    """Return a view of a subscription with labels in place of identifiers."""
    if view.organization is None:
        return view
    return replace(view, organization=label_of("organization", view.organization))
