"""The readings: one table from each value of each knob to the piece of the policy that states it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from billing_reference.policy import card_billing, commitments, marketplace, trial, unpaid_invoices
from billing_reference.time import AfterTheInstant, Deadlines, EndOfDay


@dataclass(frozen=True, slots=True)
class Knob:
    """A question that the documents leave open: the clauses that it bears on, and the piece of each value.

    The first value is the default. Its piece is None, because the policy itself states it.
    """

    clauses: tuple[str, ...]
    values: Mapping[str, type[Deadlines] | None]

    @property
    def family(self) -> str:
        """The rule family whose module states the values; `general` if it is none of them."""
        module = next(piece.__module__ for piece in self.values.values() if piece is not None)
        return module.rpartition(".")[2] if ".policy." in module else "general"


KNOBS: Mapping[str, Knob] = {
    "deadline_instant": Knob(
        ("BC-29", "BC-02", "BC-08", "BC-09", "BC-30", "BC-31"),
        {"at": None, "after": AfterTheInstant, "end_of_day": EndOfDay},
    ),
    "trial_exhausted": Knob(("BC-03",), {"at_zero": None, "below_zero": trial.UsedUpBelowZero}),
    "trial_deletion_origin": Knob(("BC-09",), {"actual_end": None, "nominal_end": trial.DeletionFromNominalEnd}),
    "no_method_create": Knob(("BC-01",), {"refused": None, "accepted": trial.CreateWithoutMethod}),
    "cycle_anchor": Knob(
        ("BC-15",),
        {"both": None, "tier": card_billing.AnchorOnTier, "first_service": card_billing.AnchorOnFirstService},
    ),
    "month_end": Knob(
        ("BC-39",),
        {"clamp": None, "sticky": card_billing.StickyMonthEnd, "rollover": card_billing.RolloverMonthEnd},
    ),
    "threshold_comparison": Knob(("BC-18",), {"reaches": None, "exceeds": card_billing.EarlyChargeBeyondThreshold}),
    "threshold_rearm": Knob(("BC-18",), {"repeats": None, "once_per_cycle": card_billing.EarlyChargeOncePerCycle}),
    "card_replacement": Knob(("BC-28",), {"collects_at_once": None, "waits": unpaid_invoices.CardWaitsForNextAttempt}),
    "unpaid_clock": Knob(("BC-29",), {"per_invoice": None, "until_all_paid": unpaid_invoices.OneClockUntilAllPaid}),
    "extension_scope": Knob(("BC-32",), {"deletion": None, "all_deadlines": unpaid_invoices.ExtensionOfAllDeadlines}),
    "extension_end": Knob(("BC-32",), {"deletes": None, "manual": unpaid_invoices.ManualDeletionAfterExtension}),
    "restart_after_payment": Knob(("BC-29",), {"manual": None, "automatic": unpaid_invoices.RestartAfterPayment}),
    "marketplace_end": Knob(
        ("BC-44", "BC-45", "BC-46"),
        {
            "restricts_at_end": None,
            "restricts_at_due": marketplace.EndRestrictsAtDue,
            "stops_at_end": marketplace.EndStopsAtEnd,
        },
    ),
    "report_lines": Knob(("BC-36",), {"per_item": None, "per_hour": marketplace.ReportLinePerHour}),
    "usage_before_linking": Knob(
        ("AWS-29",), {"stays_with_card": None, "moves_to_marketplace": marketplace.LinkMovesUninvoiced}
    ),
    "credit_order": Knob(("BC-55",), {"soonest_expiry": None, "oldest_grant": commitments.OldestGrantFirst}),
    "commitment_expiry_fallback": Knob(("BC-61",), {"same_marketplace": None, "card": commitments.CardFollowsExpiry}),
    "commitment_protection": Knob(
        ("BC-66",),
        {
            "ever_committed": None,
            "fallback_debt": commitments.FallbackDebtProtected,
            "while_in_force": commitments.ProtectedWhileInForce,
        },
    ),
    "card_validity": Knob(
        ("BC-20", "BC-21", "BC-22"),
        {"on_file": None, "usable": card_billing.UsableCardCounts, "authorised": card_billing.AuthorisedCardCounts},
    ),
    "no_method_service": Knob(
        ("BC-01",),
        {"after_lapse": None, "after_trial": trial.MethodNeededAfterTrial, "always": trial.MethodAlwaysNeeded},
    ),
    "refund_counts": Knob(("BC-01", "BC-08"), {"counts": None, "does_not_count": trial.RefundsDoNotCount}),
    "arrears_cure": Knob(
        ("BC-11",),
        {
            "payment": None,
            "credits_pay": unpaid_invoices.CreditsPayArrears,
            "method_lifts": unpaid_invoices.MethodLiftsArrears,
        },
    ),
    "credit_draw": Knob(("BC-56", "BC-57"), {"at_usage": None, "at_period_end": commitments.DrawnAtPeriodEnd}),
    "commitment_end": Knob(
        ("BC-63",), {"restricts_at_due": None, "restricts_at_end": commitments.CommitmentEndRestricts}
    ),
    "commitment_term": Knob(("BC-62",), {"runs_on": None, "ends_with_term": commitments.TermEndsSubscription}),
    "debt_after_deletion": Knob(("BC-30",), {"stays": None, "written_off": unpaid_invoices.DeletionWritesOff}),
    "fee_report": Knob(("BC-51",), {"full_at_acceptance": None, "as_offered": commitments.FeeInParts}),
}

READINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({name: tuple(knob.values) for name, knob in KNOBS.items()})
DEFAULTS: Mapping[str, str] = MappingProxyType({knob: values[0] for knob, values in READINGS.items()})


class UnknownReading(ValueError):
    """A knob or a value that does not exist; the message names the nearest."""


def complete(readings: Mapping[str, str]) -> dict[str, str]:
    """Return a value for every knob, the default where nothing is said. Raises UnknownReading."""
    for knob, value in readings.items():
        if knob not in READINGS:
            raise UnknownReading(f"knob {knob!r} does not exist; {_known(knob, READINGS)}")
        if value not in READINGS[knob]:
            raise UnknownReading(f"{knob} has no value {value!r}; {_known(value, READINGS[knob])}")
    return {**DEFAULTS, **readings}


def _known(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known := tuple(known), n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"Known: {', '.join(known)}"


def pieces_of(readings: Mapping[str, str]) -> list[type[Deadlines]]:
    """Return the pieces that these readings put in place of the defaults."""
    return [piece for knob, value in readings.items() if (piece := KNOBS[knob].values[value]) is not None]
