"""The readings: for each knob its values, and the pieces of the rules that each value puts in place."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from billing_reference import card_billing, commitments, instants, marketplace, trial, unpaid_invoices
from billing_reference.rules import Rules

Pieces = Mapping[str, object]


class UnknownReading(ValueError):
    """A knob or a value that does not exist; the message names the nearest."""


PIECES: Mapping[str, Mapping[str, Pieces]] = {
    "deadline_instant": {
        "at": {"deadline": instants.at_the_instant},
        "after": {"deadline": instants.just_after},
        "end_of_day": {"deadline": instants.end_of_its_day},
    },
    "trial_exhausted": {
        "at_zero": {"trial.used_up": trial.used_up_at_zero},
        "below_zero": {"trial.used_up": trial.used_up_below_zero},
    },
    "trial_deletion_origin": {
        "actual_end": {"trial.deletion_origin": trial.from_actual_end},
        "nominal_end": {"trial.deletion_origin": trial.from_nominal_end},
    },
    "no_method_create": {
        "refused": {"trial.refuses_create": trial.refused},
        "accepted": {"trial.refuses_create": trial.accepted},
    },
    "cycle_anchor": {
        "both": {"card_billing.anchor": card_billing.later_of_both},
        "tier": {"card_billing.anchor": card_billing.tier_day},
        "first_service": {"card_billing.anchor": card_billing.service_day},
    },
    "month_end": {
        "clamp": {"card_billing.cycle_start": card_billing.clamped},
        "sticky": {"card_billing.cycle_start": card_billing.sticky},
        "rollover": {"card_billing.cycle_start": card_billing.rolled_over},
    },
    "threshold_comparison": {
        "reaches": {"card_billing.threshold_reached": card_billing.reaches},
        "exceeds": {"card_billing.threshold_reached": card_billing.exceeds},
    },
    "threshold_rearm": {
        "repeats": {"card_billing.early_charge_armed": card_billing.each_time},
        "once_per_cycle": {"card_billing.early_charge_armed": card_billing.once},
    },
    "card_replacement": {
        "collects_at_once": {"unpaid_invoices.collects_with_new_card": True},
        "waits": {"unpaid_invoices.collects_with_new_card": False},
    },
    "unpaid_clock": {
        "per_invoice": {"unpaid_invoices.clock_start": unpaid_invoices.oldest_unpaid},
        "until_all_paid": {"unpaid_invoices.clock_start": unpaid_invoices.first_failure},
    },
    "extension_scope": {
        "deletion": {"unpaid_invoices.stop_put_off": unpaid_invoices.stop_not_put_off},
        "all_deadlines": {"unpaid_invoices.stop_put_off": unpaid_invoices.stop_put_off},
    },
    "extension_end": {
        "deletes": {"unpaid_invoices.delete_put_off": unpaid_invoices.deleted_when_extension_ends},
        "manual": {"unpaid_invoices.delete_put_off": unpaid_invoices.never_once_extended},
    },
    "restart_after_payment": {
        "manual": {"unpaid_invoices.restarts_when_cured": False},
        "automatic": {"unpaid_invoices.restarts_when_cured": True},
    },
    "marketplace_end": {
        consequence.value: {"marketplace.end_consequence": consequence} for consequence in marketplace.EndConsequence
    },
    "report_lines": {
        "per_item": {"marketplace.report_lines": marketplace.line_per_item},
        "per_hour": {"marketplace.report_lines": marketplace.line_per_hour},
    },
    "usage_before_linking": {
        "stays_with_card": {"marketplace.moves_uninvoiced": False},
        "moves_to_marketplace": {"marketplace.moves_uninvoiced": True},
    },
    "credit_order": {
        "soonest_expiry": {"commitments.order": commitments.soonest_expiry},
        "oldest_grant": {"commitments.order": commitments.oldest_grant},
    },
    "commitment_expiry_fallback": {
        "same_marketplace": {"commitments.subscription_pays_after_expiry": commitments.same_marketplace_after_expiry},
        "card": {"commitments.subscription_pays_after_expiry": commitments.card_after_expiry},
    },
    "commitment_protection": {
        "ever_committed": {"commitments.protects": commitments.ever_committed},
        "fallback_debt": {"commitments.protects": commitments.fall_back_debt},
    },
}

READINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({knob: tuple(values) for knob, values in PIECES.items()})
DEFAULTS: Mapping[str, str] = MappingProxyType({knob: values[0] for knob, values in READINGS.items()})


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def complete(readings: Mapping[str, str]) -> dict[str, str]:
    """A value for every knob, the default where nothing is said. Raises UnknownReading."""
    for knob, value in readings.items():
        if knob not in READINGS:
            known = tuple(READINGS)
            raise UnknownReading(f"no knob is called {knob!r}: {_nearest(knob, known)}Known: {', '.join(known)}")
        if value not in READINGS[knob]:
            known = READINGS[knob]
            raise UnknownReading(f"{knob} has no value {value!r}: {_nearest(value, known)}Known: {', '.join(known)}")
    return {**DEFAULTS, **readings}


def rules_under(readings: Mapping[str, str]) -> Rules:
    """The rules under these readings. Raises UnknownReading."""
    pieces: dict[str, object] = {}
    for knob, value in complete(readings).items():
        pieces |= PIECES[knob][value]
    return Rules().replaced(pieces)
