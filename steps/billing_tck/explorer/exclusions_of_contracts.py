"""Why calls about subscriptions, commitments, credits and support are not tested: one function for each method."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from billing_tck.explorer.exclusions_of_services import DELETION_OPEN, OVERSPENT, is_overspent
from billing_tck.explorer.mirror import Mirror
from billing_tck.explorer.notes import Notes
from billing_tck.reference.oracle import Organization

FREE_TRIAL_END = "what the end of a free trial means for an organization without another method is open"


# Marketplaces


def subscribe(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A purchase."""
    account = mirror.number(params["account"])
    held, marketplace = mirror.oracle.held(account), mirror.oracle.marketplace_of(account)
    if params["offer"] == "free_trial" and marketplace != "aws":
        return "a free trial exists on AWS only"
    if not held:
        return None
    if marketplace == "aws" and params["offer"] == "payg" and all(one.offer == "payg" for one in held):
        return None  # refused
    return "several subscriptions of one account are open"


def link_subscription(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A link."""
    bought = mirror.oracle.subscription(mirror.number(params["subscription"]))
    verified, signed_in, described = mirror.oracle.user(mirror.number(params["user"]))
    if verified and signed_in and not described:
        return "linking without business information is open"
    if not (verified and signed_in) or mirror.oracle.ended(bought) or bought.organization is not None:
        return None  # refused
    if "organization" not in params:
        return None
    organization = mirror.organization(params["organization"])
    if organization.members.get(mirror.number(params["user"])) != "admin":
        return None  # refused
    return _link_to(mirror, organization, bought.offer)


def _link_to(mirror: Mirror, organization: Organization, offer: str) -> str | None:
    notes = mirror.notes.get(organization.id) or Notes()
    if notes.overspent_at is not None:
        return OVERSPENT
    if mirror.oracle.linked(organization) is not None:
        return "an organization with two subscriptions is open"
    if organization.open_invoices and "arrears_cure" not in mirror.oracle.readings:
        return "linking while an invoice is open is open"
    if mirror.owes_for_usage(organization) and (not mirror.pays_by_card(organization) or notes.cardless):
        return "linking with usage that no method covered is open"
    moves = mirror.oracle.readings["usage_before_linking"] == "moves_to_marketplace"
    if moves and mirror.oracle.undrawn(organization):
        return "whether linking moves usage that credits have yet to pay is open"
    return FREE_TRIAL_END if offer == "free_trial" and not mirror.pays_by_card(organization) else None


def end_subscription(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """The end of a subscription."""
    bought = mirror.oracle.subscription(mirror.number(params["subscription"]))
    if bought.organization is None or mirror.oracle.ended(bought):
        return None
    organization = mirror.oracle.organization(bought.organization)
    if bought.offer == "free_trial" and not mirror.pays_by_card(organization):
        return FREE_TRIAL_END
    if bought.offer != "committed":
        return None
    if mirror.oracle.unspent(organization, bought.id):
        return "credits whose subscription ends before they expire are open"
    if mirror.oracle.readings["commitment_protection"] == "fallback_debt" and organization.fall_backs_judged:
        return "whether the end of its subscription is another fall-back from a commitment is open"
    return None


# Contracts, credits, support


def sign_commitment(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A commitment."""
    organization = mirror.organization(params["organization"])
    owes = organization.debt is not None or mirror.owes_for_usage(organization)
    protects_one = mirror.oracle.readings["commitment_protection"] == "fallback_debt"
    if protects_one and (organization.commitments or owes):
        return "which debt is protected, of several commitments or beside an older debt, is open"
    if "subscription" in params:
        why = _through_subscription(mirror, organization, mirror.number(params["subscription"]))
        if why is not None:
            return why
    return grant_credits(mirror, params)


def _through_subscription(mirror: Mirror, organization: Organization, number: str) -> str | None:
    bought = mirror.oracle.subscription(number)
    if bought.organization != organization.id or bought.offer != "committed":
        return "a commitment through another organization's subscription is not tested"
    if mirror.oracle.ended(bought):
        return "a commitment through a subscription that has ended is open"
    if any(grant.subscription == number and grant.expires_at <= mirror.oracle.now for grant in organization.grants):
        return "a second commitment after the first has expired is open"
    return None


def grant_credits(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """Credits."""
    organization, expires = mirror.organization(params["organization"]), params["expires_at"]
    if not isinstance(expires, datetime) or expires <= mirror.oracle.now:
        return "credits that have already expired are not tested"
    if is_overspent(mirror, params["organization"]):
        return OVERSPENT
    for grant in organization.grants:
        if grant.expires_at == expires or grant.granted_at == mirror.oracle.now:
            return "which of two equal grants is used first is open"
    return None


def grant_extension(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """An extension."""
    organization, until = mirror.organization(params["organization"]), params["until"]
    if is_overspent(mirror, params["organization"]):
        return OVERSPENT
    if not isinstance(until, datetime) or until <= mirror.oracle.now:
        return "an extension that has already ended is not tested"
    if organization.debt is not None and organization.data == "deleted":
        return "an extension after the deletion is open"
    current = organization.debt.extension_until if organization.debt is not None else None
    if current is not None and until < current:
        return "whether an extension replaces one that ends later is open"
    return None


def record_contact(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A contact."""
    since = mirror.oracle.unpaid_since(mirror.organization(params["organization"]))
    return "a contact at the instant of the failure is open" if since == mirror.oracle.now else None


def delete_data(mirror: Mirror, params: Mapping[str, object]) -> str | None:
    """A deletion by hand."""
    organization = mirror.organization(params["organization"])
    if is_overspent(mirror, params["organization"]):
        return OVERSPENT
    if (mirror.notes.get(organization.id) or Notes()).deletion_open:
        return DELETION_OPEN
    if not organization.open_invoices:
        return "a deletion by hand where nothing is unpaid is open"
    return None if organization.data == "present" else "a second deletion by hand is not tested"
