"""Express a difference as checks: Then steps that distinguish the expected from the observed state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from billing_tck.contract.values import ZERO, BillingMethod, Credits, ServiceState
from billing_tck.explorer.comparator import Comparator
from billing_tck.explorer.difference import Difference, InvoiceShown, PartialFee, TriedOn
from billing_tck.explorer.runner import Played
from billing_tck.explorer.scenario_commands import can_link, render
from billing_tck.explorer.scenario_names import NotExpressible
from billing_tck.explorer.scenario_steps import Scene, scene_of
from billing_tck.steps import (
    aws_onboarding,
    card_billing,
    commitments,
    marketplace,
    organization_state,
    trial,
    unpaid_invoices,
)
from billing_tck.steps.parameter_types import ORGANIZATIONS, SUBSCRIPTIONS, PaidBy

RETRIED = timedelta(days=30)
_SAME_WORDS = frozenset({"tried_again", "tried_on", "card"})  # their checks have no words for the observed value


def is_expressible(played: Played) -> bool:
    """Return whether steps express the history and a check shows one of its differences."""
    try:
        scene = scene_of(played)
    except NotExpressible:
        return False
    return any(_tells_apart(difference, scene) for difference in played.differences if not difference.optional)


def _tells_apart(difference: Difference, scene: Scene) -> bool:
    if difference.field == "outcome":
        return True
    found = list(checks(difference, scene))
    if not found or difference.field in _SAME_WORDS:
        return bool(found)
    return set(found) != set(checks(replace(difference, expected=difference.observed), scene))


def checks(difference: Difference, scene: Scene) -> Iterator[str]:
    """Yield the checks that may show a difference, the closest first."""
    check = _CHECKS.get(difference.field)
    if check is None:
        return
    try:
        yield from check(difference, scene, scene.names.spoken.get(difference.organization, ""))
    except NotExpressible:
        return


def closing_check(difference: Difference, scene: Scene, comparator: Comparator) -> str:
    """Return a check that holds at the end, whatever the scenario is about."""
    names = scene.names
    label = difference.organization if difference.organization in names.spoken else ""
    label = label or next((known for known, name in names.spoken.items() if name == ORGANIZATIONS[0]), "")
    if label and label in comparator.ours:
        restricted = comparator.oracle.restricted(comparator.oracle.organization(comparator.ours[label]))
        return render(organization_state.is_restricted, organization=names.of(label), has=restricted)
    for label, name in names.spoken.items():
        if name == SUBSCRIPTIONS[0] and label in comparator.ours:
            state = comparator.oracle.see_subscription(comparator.ours[label]).state
            return render(aws_onboarding.subscription_is, subscription=name, state=state)
    return render(organization_state.is_restricted, organization=ORGANIZATIONS[0], has=False)


# One function for each field


def _outcome(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    if difference.expected != "done":
        return
    names, params = scene.names, difference.params
    match difference.method:
        case "create_service":
            yield render(organization_state.can_create, organization=owner, can=True)
        case "start_service":
            yield render(organization_state.can_be_started, service=names.service(params["service"]), can=True)
        case "subscribe":
            account = names.of(params["account"])
            yield render(aws_onboarding.can_subscribe, account=account, offer=params["offer"], can=True)
        case "link_subscription":
            target = owner if "organization" in params else None
            yield can_link(names.of(params["user"]), names.of(params["subscription"]), target, can=True)
        case "sign_in":
            yield render(aws_onboarding.can_sign_in, can=True)


def _collected(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene, owner
    yield render(unpaid_invoices.everything_collected, has=bool(difference.expected))


def _card(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if difference.expected:
        yield render(card_billing.has_card, organization=owner)


def _billed(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if isinstance(difference.expected, BillingMethod):
        paid_by = PaidBy(difference.expected.kind, difference.expected.marketplace)
        yield render(organization_state.is_billed, organization=owner, paid_by=paid_by)


def _service(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    if owner == ORGANIZATIONS[0]:
        service = scene.names.service(difference.of)
        yield render(organization_state.service_is, service=service, state=difference.expected)
    yield render(organization_state.services_are, organization=owner, state=difference.expected)
    if difference.expected != ServiceState.RUNNING:
        yield render(organization_state.no_service_runs, organization=owner)


def _cycle(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if isinstance(difference.expected, tuple):
        first, last = difference.expected
        yield render(organization_state.cycle_is, organization=owner, first=first, last=last)


def _contacts(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if difference.expected:
        yield render(commitments.was_contacted, organization=owner)


def _attempted(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if not difference.expected:
        yield render(card_billing.no_charge, organization=owner)


def _tried_again(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del difference, scene
    yield render(unpaid_invoices.tried_again, organization=owner, span=RETRIED)


def _tried_on(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if isinstance(difference.expected, TriedOn):
        yield render(unpaid_invoices.not_tried_after, organization=owner, instant=difference.expected.since)


def _invoices(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if not isinstance(difference.expected, tuple):
        return
    invoices = [invoice for invoice in difference.expected if isinstance(invoice, InvoiceShown)]
    if not invoices:
        yield render(card_billing.no_invoice, organization=owner)
    total = sum((invoice.amount for invoice in invoices), ZERO)
    opened = sum((invoice.amount for invoice in invoices if not invoice.paid), ZERO)
    yield render(card_billing.invoiced, organization=owner, amount=total)
    yield render(card_billing.owes, organization=owner, amount=opened)
    for invoice in invoices:
        if invoice.days is not None:
            first, last = invoice.days
            yield render(card_billing.invoice_for, organization=owner, amount=invoice.amount, first=first, last=last)


def _credits(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if not isinstance(difference.expected, tuple):
        return
    grants = [grant for grant in difference.expected if isinstance(grant, Credits)]
    total = sum((grant.left for grant in grants), ZERO)
    yield render(commitments.credits_left, organization=owner, amount=total)
    for grant in grants:
        yield render(commitments.grant_left, organization=owner, amount=grant.left, until=grant.expires_at)


def _fees(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    if isinstance(difference.expected, PartialFee):
        return  # no step checks a range
    if isinstance(difference.expected, Decimal):
        yield render(commitments.commitment_reported, organization=owner, amount=difference.expected)
    else:
        yield render(commitments.no_commitment_reported, organization=owner)


def _usage(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    bought = scene.names.of(difference.of)
    amount = difference.expected if isinstance(difference.expected, Decimal) else ZERO
    if difference.expected is None:
        yield render(marketplace.nothing_reported, organization=owner)
    yield render(marketplace.usage_reported_under, organization=owner, amount=amount, subscription=bought)


def _item(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
    del scene
    amount = difference.expected if isinstance(difference.expected, Decimal) else ZERO
    yield render(marketplace.item_reported, organization=owner, amount=amount, item=difference.of)


def _shows(step: Callable[..., None], argument: str, kind: type) -> Callable[[Difference, Scene, str], Iterator[str]]:
    """Return the function for a check of an organization with one value."""

    def check(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
        del scene
        if isinstance(difference.expected, kind):
            yield render(step, organization=owner, **{argument: difference.expected})

    return check


def _subscription(
    step: Callable[..., None], argument: str, kind: type
) -> Callable[[Difference, Scene, str], Iterator[str]]:
    """Return the function for a check of a subscription with one value."""

    def check(difference: Difference, scene: Scene, owner: str) -> Iterator[str]:
        del owner
        value = difference.expected
        if isinstance(value, kind):
            shown = scene.names.of(value) if argument == "organization" else value
            yield render(step, subscription=scene.names.of(difference.of), **{argument: shown})

    return check


_CHECKS: Mapping[str, Callable[[Difference, Scene, str], Iterator[str]]] = MappingProxyType(
    {
        "outcome": _outcome,
        "collected": _collected,
        "card": _card,
        "billed": _billed,
        "trial": _shows(trial.trial_is, "state", str),
        "trial_end": _shows(trial.trial_ended, "instant", datetime),
        "trial_credits": _shows(trial.trial_credits, "amount", Decimal),
        "restricted": _shows(organization_state.is_restricted, "has", bool),
        "service": _service,
        "data": _shows(organization_state.data_is, "state", str),
        "cycle": _cycle,
        "tier": _shows(card_billing.has_tier, "tier", str),
        "contacts": _contacts,
        "invoices": _invoices,
        "charged": _shows(card_billing.charged, "amount", Decimal),
        "attempted": _attempted,
        "tried_again": _tried_again,
        "tried_on": _tried_on,
        "credits": _credits,
        "fees": _fees,
        "usage": _usage,
        "item": _item,
        "lines": _shows(marketplace.lines_reported, "count", int),
        "sub_state": _subscription(aws_onboarding.subscription_is, "state", str),
        "sub_offer": _subscription(aws_onboarding.subscription_of_offer, "offer", str),
        "sub_organization": _subscription(aws_onboarding.subscription_linked_to, "organization", str),
        "sub_ends": _subscription(aws_onboarding.subscription_to_end, "instant", datetime),
    }
)
