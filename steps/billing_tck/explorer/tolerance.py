"""What an implementation may show freely: the fields that the rules leave open in a situation."""

from __future__ import annotations

from datetime import datetime, time

from billing_tck.contract.values import OrganizationView
from billing_tck.explorer.difference import OPTIONAL_FIELDS
from billing_tck.explorer.mirror import BY_NOW, DAY, Mirror
from billing_tck.explorer.notes import Notes

ALL_FIELDS = frozenset(
    {
        "card",
        "billed",
        "trial",
        "trial_end",
        "trial_credits",
        "restricted",
        "service",
        "memory",
        "services",
        "data",
        "cycle",
        "invoices",
        "charged",
        "attempted",
        "tried_again",
        "tried_on",
        "credits",
        "fees",
        "usage",
        "item",
        "lines",
        "contacts",
        "tier",
        *OPTIONAL_FIELDS,
    }
)
_BEFORE_THE_STOP, _BEFORE_THE_DELETION = 12 * DAY, 29 * DAY
_OF_THE_TRIAL = frozenset({"trial", "trial_end", "trial_credits", "service", "data", "card", "cycle"})


def open_fields(mirror: Mirror, number: str, reference: OrganizationView) -> frozenset[str]:
    """Return the fields of an organization that are not compared as things stand."""
    if not mirror.quiet(number):
        return ALL_FIELDS - {"card"}
    notes = mirror.notes.get(number) or Notes()
    return frozenset(_by_rules(mirror, number, notes) | _late_effects(mirror, notes, reference))


def _by_rules(mirror: Mirror, number: str, notes: Notes) -> set[str]:
    organization, now = mirror.oracle.organization(number), mirror.oracle.now
    trial, lapse = organization.trial, organization.trial_lapse
    found: set[str] = set()
    if trial is not None and trial.ended_at is None and mirror.pays_beside_trial(organization):
        found.add("billed")  # who pays while a trial runs beside another method
    if notes.overspent_at is not None:  # who pays for usage beyond the trial's credits, and what follows from it
        found |= ALL_FIELDS - _OF_THE_TRIAL
        found |= {"service"} if now > notes.overspent_at + _BEFORE_THE_STOP else set()
        found |= {"data"} if now > notes.overspent_at + _BEFORE_THE_DELETION else set()
    if notes.deletion_open:
        found |= {"data", "service", "memory", "services"}
    if notes.by_hand:
        found |= {"service", "memory", "services"}
    if organization.pending:
        found.add("uninvoiced")  # whether it shows what credits will not cover
    if notes.parts:
        found |= {"charged", "attempted", "tried_on"}
    if notes.state_undefined and lapse is not None and lapse.deleted:
        found.add("data")
    return found


def _late_effects(mirror: Mirror, notes: Notes, reference: OrganizationView) -> set[str]:
    if not mirror.late:
        return set()
    now = mirror.oracle.now
    found: set[str] = set()
    if notes.switched is not None and now < notes.switched + BY_NOW:
        found.add("billed")
    if notes.spent is not None and now < notes.spent + BY_NOW:
        found.add("credits")
    if notes.used is not None and now < notes.used + BY_NOW:
        found |= {"uninvoiced", "trial_credits"}
    cycle = reference.billing_cycle
    if cycle is not None and now < datetime.combine(cycle.first_day, time(), now.tzinfo) + BY_NOW:
        found.add("cycle")
    return found
