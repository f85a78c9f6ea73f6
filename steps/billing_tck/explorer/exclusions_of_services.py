"""Why calls about trials, services, usage and cards are not tested: one function for each method, None where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing_tck.contract.values import ZERO
from billing_tck.explorer.mirror import Mirror
from billing_tck.explorer.notes import Notes
from billing_tck.reference.oracle import Organization

CAP = 120  # GiB per replica
PARTS = 100  # a card that covers no more than a hundredth is never paid off by parts
OVERSPENT = "who pays for usage beyond a trial's credits is open"
DELETION_OPEN = (
    "whether the end of a trial deletes the data of an organization that had a commitment, or a billing method that "
    "came and went within the two weeks, is open"
)


def is_overspent(mirror: Mirror, label: object) -> bool:
    """Return whether the usage of an organization went beyond its trial's credits."""
    notes = mirror.notes.get(mirror.ours.get(str(label), ""))
    return notes is not None and notes.overspent_at is not None


# Trial and usage


def start_trial(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A trial."""
    organization, amount = mirror.organization(params["organization"]), params["credits"]
    if organization.trial is not None:
        return "a second trial is open"
    if organization.invoices or organization.debt is not None or mirror.owes_for_usage(organization):
        return "a trial of an organization that owes already is open"
    return None if isinstance(amount, Decimal) and amount > ZERO else "a trial without credits is open"


def record_usage(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """Usage."""
    organization, amount = mirror.organization(params["organization"]), params["amount"]
    trial, card = organization.trial, organization.card
    if organization.tier_day is None or organization.service_day is None:
        return "who pays for usage before the first cycle is open"
    if is_overspent(mirror, params["organization"]):
        return OVERSPENT
    if trial is not None and trial.ended_at is None and mirror.pays_beside_trial(organization):
        return "who pays while a trial runs beside another method is open"
    if not isinstance(amount, Decimal) or amount <= ZERO:
        return "usage of nothing is not tested"
    if card is not None and card.behaviour == "limited":
        return _covered_in_part(mirror, organization, card.available_credit or ZERO, amount)
    return None


# Services


def create_service(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A new service."""
    organization = mirror.organization(params["organization"])
    if mirror.oracle.readings["no_method_create"] == "accepted" and is_overspent(mirror, params["organization"]):
        return OVERSPENT
    lapse = organization.trial_lapse
    if (mirror.notes.get(organization.id) or Notes()).deletion_open:
        return DELETION_OPEN
    if lapse is not None and lapse.deleted:
        return "creating a service after a trial whose data was deleted is open"
    return _without_method(mirror, organization)


def _without_method(mirror: Mirror, organization: Organization) -> str | None:
    """Exclude services of an organization without a method after a trial that ended with one.

    The knob `no_method_service` decides whether they are refused; without it, that is open.
    """
    trial = organization.trial
    if "no_method_service" in mirror.oracle.readings or trial is None or trial.ended_at is None:
        return None
    if organization.trial_lapse is not None or any(mirror.oracle.configured(organization).values()):
        return None
    return "whether services are refused without a method after a trial that ended with one is open"


@dataclass(frozen=True, slots=True)
class _Service:
    """A service with its organization and the notes about what is open."""

    organization: Organization
    number: str
    state: str
    memory: int
    notes: Notes


def _service_of(mirror: Mirror, params: Mapping[str, object]) -> _Service | str:
    """Return a service, or why nothing about it is tested."""
    number = mirror.number(params["service"])
    for key, organization in mirror.oracle.organizations().items():
        for service in organization.services:
            if service.id != number:
                continue
            notes = mirror.notes.get(key) or Notes()
            if notes.deletion_open:
                return DELETION_OPEN
            if number in notes.deleted_with_trial or notes.by_hand:
                return "whether a service outlives its data is open"
            if number in notes.state_undefined:
                return "the state of a service that was created without a method is open"
            return _Service(organization, number, service.state, service.replica_memory_gib, notes)
    return "the service belongs to no organization"


def _stopped_by_trial(mirror: Mirror, service: _Service, *, scaled: bool = False) -> str | None:
    """Exclude a service that the end of the trial stopped before a method came: it may run again or not."""
    if service.number not in service.notes.stopped_by_trial or service.state == "deleted":
        return None
    if not scaled and not mirror.oracle.restricted(service.organization):
        return None
    return "whether stopped services start when a method comes after the trial is open"


def start_service(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """The start of a service."""
    service = _service_of(mirror, params)
    if isinstance(service, str):
        return service
    stopped_by_trial = _stopped_by_trial(mirror, service)
    if stopped_by_trial is not None or service.state == "running":
        return stopped_by_trial
    return _without_method(mirror, service.organization)


def stop_service(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """The stop of a service."""
    service = _service_of(mirror, params)
    if isinstance(service, str):
        return service
    organization = service.organization
    if service.state == "deleted":
        return None
    if service.state == "stopped" and (mirror.oracle.restricted(organization) or organization.trial_lapse is not None):
        return "stopping a service that was stopped for want of payment is open"
    return _stopped_by_trial(mirror, service)


def scale_service(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """Another size of a service."""
    service = _service_of(mirror, params)
    if isinstance(service, str):
        return service
    stopped_by_trial = _stopped_by_trial(mirror, service, scaled=True)
    if stopped_by_trial is not None:
        return stopped_by_trial
    if service.state == "stopped":
        return "scaling a stopped service is open"
    if mirror.oracle.restricted(service.organization) and service.memory > CAP:
        return "scaling down from above the cap while restricted is open"
    return None


# Cards and collection


def _covered_in_part(mirror: Mirror, organization: Organization, credit: Decimal, more: Decimal = ZERO) -> str | None:
    """Exclude a limited card that covers more than a hundredth of what is due, and less than all of it."""
    opened = [invoice.amount for invoice in organization.open_invoices]
    due = [amount for amount in (*opened, sum(opened, ZERO), mirror.owes_for_usage(organization) + more) if amount]
    if all(amount <= credit for amount in due) or all(amount >= PARTS * credit for amount in due):
        return None
    return "how much a card collects that covers a part of what is due is open"


def add_card(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A card."""
    if is_overspent(mirror, params["organization"]):
        return OVERSPENT
    credit = params.get("available_credit")
    if params.get("behaviour") != "limited":
        return None
    if not isinstance(credit, Decimal):
        return "a limited card without a limit is not tested"
    return _covered_in_part(mirror, mirror.organization(params["organization"]), credit)


def set_card_behaviour(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """Another behaviour of the card on file."""
    if mirror.organization(params["organization"]).card is None:
        return "there is no card on file"
    return add_card(mirror, params)


def attempt_collection(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A collection."""
    organization = mirror.organization(params["organization"])
    configured = mirror.oracle.configured(organization)
    if organization.open_invoices and (configured["credits"] or configured["subscription"]):
        return "which of several methods pays an open invoice is open"
    return None
