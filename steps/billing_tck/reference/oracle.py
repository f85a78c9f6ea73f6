"""The reference as an oracle: under any readings, on a clock that is set, with what fell due and what will.

The explorer and `check-trace` ask it what the rules require.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import cast

from billing_reference import READINGS, build
from billing_reference.build import assemble
from billing_reference.ledger import Phase
from billing_reference.state import ZERO, Organization, Subscription
from billing_tck.contract import METHODS, READS, ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.decode import decode_changes, decode_result
from billing_tck.contract.values import OrganizationView, SubscriptionView
from billing_tck.drivers.base import Closing
from billing_tck.sut import Faulty, Reference

KNOBS: Mapping[str, tuple[str, ...]] = READINGS
"""Every knob with its values, the default first."""

DEFAULTS: Mapping[str, str] = MappingProxyType({knob: values[0] for knob, values in KNOBS.items()})
"""The default of every knob."""

_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_UNSEEN = frozenset({Phase.RETRY, Phase.REPORT})  # the documents set no schedule of retries; reports have own margins


class Oracle:
    """The reference under `readings`, with the facts that the comparator and the trace judge need."""

    def __init__(self, readings: Mapping[str, str]) -> None:
        self.now = _EPOCH
        self.readings = {**DEFAULTS, **readings}
        self._billing = assemble(readings, lambda: self.now)
        self._views = _Views()
        self.fell_due: dict[str, datetime] = {}
        """For each organization the latest instant at which a visible effect fell due."""

    def reset(self, now: datetime) -> None:
        """Forget everything."""
        self.now = now
        self._billing.reset(now=now)
        self.fell_due = {}

    def advance_to(self, now: datetime) -> None:
        """Move the clock, and record for each organization when the latest visible effect fell due."""
        before, self.now = self.now, now
        ledger = self._billing.ledger
        for number, organization in ledger.state.organizations.items():
            passed = [at for at in ledger.silent_ends(organization) if before < at <= now]
            passed += [due.at for due in ledger.settle(organization, now) if due.phase not in _UNSEEN]
            if passed:
                self.fell_due[number] = max(passed)

    def call(self, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        """Execute a command. Raises Refused if the rules refuse it."""
        arguments = {name: value.value if isinstance(value, Enum) else value for name, value in params.items()}
        return cast("Mapping[str, object]", getattr(self._billing, method)(**arguments))

    def see_organization(self, number: str) -> OrganizationView:
        """Return the view of an organization that the rules require."""
        raw = self._billing.get_organization(organization=number)
        return cast("OrganizationView", self._views.decoded("get_organization", (number,), raw))

    def see_subscription(self, number: str) -> SubscriptionView:
        """Return the view of a subscription that the rules require."""
        raw = self._billing.get_subscription(subscription=number)
        return cast("SubscriptionView", self._views.decoded("get_subscription", (number,), raw))

    # Facts that views do not show

    def organization(self, number: str) -> Organization:
        """Return the state of an organization, which the caller must not change."""
        return self._billing.ledger.state.organizations[number]

    def organizations(self) -> Mapping[str, Organization]:
        """Return all organizations by number."""
        return self._billing.ledger.state.organizations

    def subscription(self, number: str) -> Subscription:
        """Return the state of a subscription, which the caller must not change."""
        return self._billing.ledger.state.subscriptions[number]

    def held(self, account: str) -> list[Subscription]:
        """Return the subscriptions of an account that have not ended."""
        ledger = self._billing.ledger
        return [
            held
            for held in ledger.state.subscriptions.values()
            if held.account == account and not ledger.subscription_ended(held, self.now)
        ]

    def marketplace_of(self, account: str) -> str:
        """Return the marketplace of an account."""
        return self._billing.ledger.state.accounts[account].marketplace

    def ended(self, subscription: Subscription) -> bool:
        """Return whether a subscription has ended."""
        return self._billing.ledger.subscription_ended(subscription, self.now)

    def restricted(self, organization: Organization) -> bool:
        """Return whether the restrictions are in force now."""
        return self._billing.ledger.restricted(organization)

    def configured(self, organization: Organization) -> Mapping[str, bool]:
        """Return which billing methods are configured now: card, subscription, credits."""
        return self._billing.ledger.methods(organization, self.now)._asdict()

    def payer(self, organization: Organization) -> Subscription | None:
        """Return the subscription that pays for usage once no credits are left."""
        return self._billing.ledger.paying_subscription(organization, self.now)

    def linked(self, organization: Organization) -> Subscription | None:
        """Return the linked subscription that has not ended."""
        return self._billing.ledger.linked_subscription(organization, self.now)

    def unspent(self, organization: Organization, subscription: str) -> Decimal:
        """Return the usable rest of the credits that a subscription's commitment granted."""
        usable = self._billing.ledger.credits_at(organization, self.now)
        return sum((grant.left for grant in usable if grant.subscription == subscription), ZERO)

    def undrawn(self, organization: Organization) -> Decimal:
        """What the customer will owe for usage that credits pay at the end of the cycle, beyond what they cover."""
        ledger = self._billing.ledger
        left = {grant.id: grant.left for grant in organization.grants}
        owed = ZERO
        for pending in organization.pending:
            rest = pending.usage.amount
            for grant in ledger.credits_at(organization, pending.usage.at):
                drawn = min(left[grant.id], rest)
                left[grant.id] -= drawn
                rest -= drawn
            owed += rest if pending.subscription is None and not pending.trial else ZERO
        return owed

    def unpaid_since(self, organization: Organization) -> datetime | None:
        """Return the start of the oldest running clock of unpaid invoices."""
        return self._billing.ledger.unpaid_since(organization)

    def user(self, number: str) -> tuple[bool, bool, bool]:
        """Return whether a user is verified, is signed in, and has given business information."""
        person = self._billing.ledger.state.users[number]
        return person.verified, person.signed_in, person.business_info

    def covers(self, organization: Organization, amount: Decimal) -> bool:
        """Return whether the card on file would pay an amount."""
        policy = self._billing.ledger.policy
        return organization.card is not None and policy.card_approves(organization.card, amount)

    def free_trial_end(self, subscription: Subscription) -> datetime | None:
        """Return when the term of a free marketplace trial ends; None for other offers."""
        return self._billing.ledger.policy.free_trial_end(subscription)

    def upcoming(self, organization: Organization) -> list[datetime]:
        """Return the instants at which something will fall due, including the end of the cycle."""
        cycle = self._billing.ledger.cycle_at(organization, self.now.date())
        ends = [cycle.end] if cycle is not None else []
        ledger = self._billing.ledger
        pending = [due.at for due in ledger.due(organization)]
        return sorted({at for at in [*ends, *pending, *ledger.silent_ends(organization)] if at > self.now})

    def shows_next(self, organization: Organization) -> datetime | None:
        """Return the next instant with a visible effect; cycles without usage and retries have none."""
        ledger = self._billing.ledger
        pending = [due.at for due in ledger.due(organization) if due.phase not in _UNSEEN]
        return min((at for at in [*pending, *ledger.silent_ends(organization)] if at > self.now), default=None)


class _Views:
    """The views of the reference, which makes each of new objects. What is as it was is not decoded again."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, ...], tuple[object, object]] = {}

    def decoded(self, method: str, of: tuple[object, ...], raw: object) -> object:
        """Return the result of a method that reads. Raises ImplementationError where it does not fit."""
        view = self._changed(self._seen.get((method, *of)), raw)
        if view is None:
            view = decode_result(METHODS[method], raw, wire=False)
        self._seen[method, *of] = (raw, view)
        return view

    def _changed(self, seen: tuple[object, object] | None, raw: object) -> object | None:
        """Return the view that was seen with what changed since, or None where it has to be decoded as a whole."""
        match seen:
            case (dict(before), OrganizationView() | SubscriptionView() as view) if isinstance(raw, dict):
                if before.keys() != raw.keys():
                    return None
                changes = {name: value for name, value in raw.items() if before[name] != value}
                try:
                    return decode_changes(view, changes) if changes else view
                except (KeyError, ValueError):
                    return None
        return None


class VirtualClockDriver(Closing):
    """The reference or a faulty variant on a virtual clock: the same answers as on the frozen clock, in less time."""

    in_process = True

    def __init__(self, spec: str, factory: Callable[[Callable[[], datetime]], object]) -> None:
        self.spec = spec
        self._factory = factory
        self._now = _EPOCH
        self._implementation: object = None
        self._views = _Views()

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        if self._implementation is None:
            self._implementation = self._factory(lambda: self._now)
        if method in {"reset", "advance_to"}:
            self._now = cast("datetime", params["now"])
        arguments = {name: value.value if isinstance(value, Enum) else value for name, value in params.items()}
        try:
            raw = getattr(self._implementation, method)(**arguments)
        except (Refused, Unsupported):
            raise
        except Exception as error:
            self._implementation = None
            problem = f"{type(error).__name__}: {error}"
            raise ImplementationError(ErrorKind.CRASHED, problem, method=method) from error
        if method in READS:
            return self._views.decoded(method, tuple(params.values()), raw)
        return decode_result(METHODS[method], raw, wire=False)

    def close(self) -> None:
        """Forgets the implementation."""
        self._implementation = None


def virtual_clock_driver(spec: str, sut: Reference | Faulty) -> VirtualClockDriver:
    """Return a driver of the reference, or of a faulty variant, on a virtual clock. `sut` is known to be valid."""
    fault = sut.name if isinstance(sut, Faulty) else None

    def factory(clock: Callable[[], datetime]) -> object:
        return build(readings=dict(sut.readings), fault=fault, late=sut.late, clock=clock)

    return VirtualClockDriver(spec, factory)


__all__ = ["KNOBS", "Oracle", "Organization", "VirtualClockDriver", "virtual_clock_driver"]
