"""The choices of this service where the documents leave one, and the settings of the process."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Literal, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Readings:
    """A value for each knob; the defaults are those of the kit."""

    deadline_instant: Literal["at", "after", "end_of_day"] = "at"
    trial_exhausted: Literal["at_zero", "below_zero"] = "at_zero"
    trial_deletion_origin: Literal["actual_end", "nominal_end"] = "actual_end"
    no_method_create: Literal["refused", "accepted"] = "refused"
    cycle_anchor: Literal["both", "tier", "first_service"] = "both"
    month_end: Literal["clamp", "sticky", "rollover"] = "clamp"
    threshold_comparison: Literal["reaches", "exceeds"] = "reaches"
    threshold_rearm: Literal["repeats", "once_per_cycle"] = "repeats"
    card_replacement: Literal["collects_at_once", "waits"] = "collects_at_once"
    unpaid_clock: Literal["per_invoice", "until_all_paid"] = "per_invoice"
    extension_scope: Literal["deletion", "all_deadlines"] = "deletion"
    extension_end: Literal["deletes", "manual"] = "deletes"
    restart_after_payment: Literal["manual", "automatic"] = "manual"
    marketplace_end: Literal["restricts_at_end", "restricts_at_due", "stops_at_end"] = "restricts_at_end"
    report_lines: Literal["per_item", "per_hour"] = "per_item"
    usage_before_linking: Literal["stays_with_card", "moves_to_marketplace"] = "stays_with_card"
    credit_order: Literal["soonest_expiry", "oldest_grant"] = "soonest_expiry"
    commitment_expiry_fallback: Literal["same_marketplace", "card"] = "same_marketplace"
    commitment_protection: Literal["ever_committed", "fallback_debt", "while_in_force"] = "ever_committed"
    card_validity: Literal["on_file", "usable", "authorised"] = "on_file"
    no_method_service: Literal["after_lapse", "after_trial", "always"] = "after_lapse"
    refund_counts: Literal["counts", "does_not_count"] = "counts"
    arrears_cure: Literal["payment", "credits_pay", "method_lifts"] = "payment"
    credit_draw: Literal["at_usage", "at_period_end"] = "at_usage"
    commitment_end: Literal["restricts_at_due", "restricts_at_end"] = "restricts_at_due"
    commitment_term: Literal["runs_on", "ends_with_term"] = "runs_on"
    debt_after_deletion: Literal["stays", "written_off"] = "stays"
    fee_report: Literal["full_at_acceptance", "as_offered"] = "full_at_acceptance"


# What this house would choose for itself: sweeping at midnight suits the end of a day, one line an hour suits AWS.
HOUSE = Readings(
    deadline_instant="end_of_day",
    trial_exhausted="below_zero",
    trial_deletion_origin="nominal_end",
    no_method_create="accepted",
    cycle_anchor="tier",
    month_end="sticky",
    threshold_comparison="exceeds",
    threshold_rearm="once_per_cycle",
    card_replacement="waits",
    unpaid_clock="until_all_paid",
    extension_scope="all_deadlines",
    extension_end="manual",
    restart_after_payment="automatic",
    marketplace_end="stops_at_end",
    report_lines="per_hour",
    usage_before_linking="moves_to_marketplace",
    credit_order="oldest_grant",
    commitment_expiry_fallback="card",
    commitment_protection="fallback_debt",
    card_validity="authorised",
    no_method_service="always",
    refund_counts="does_not_count",
    arrears_cure="method_lifts",
    credit_draw="at_period_end",
    commitment_end="restricts_at_end",
    commitment_term="ends_with_term",
    debt_after_deletion="written_off",
    fee_report="as_offered",
)
NIGHTLY_JOB = time(2, 0)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says about this process."""

    database: str
    token: str | None  # None: every caller is let in
    nightly: bool
    readings: Readings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables BILLING_DATABASE, _TOKEN, _AUTH, _MODE and _READINGS."""
        token = environment.get("BILLING_TOKEN")
        if not token and environment.get("BILLING_AUTH") != "off":
            raise SystemExit("BILLING_TOKEN is not set: set it to the bearer token, or BILLING_AUTH=off to do without")
        return cls(
            database=environment.get("BILLING_DATABASE", "sqlite:///billing.sqlite"),
            token=None if environment.get("BILLING_AUTH") == "off" else token,
            nightly=choose("BILLING_MODE", environment.get("BILLING_MODE", "exact"), {"exact": False, "nightly": True}),
            readings=parse_readings(environment.get("BILLING_READINGS", "default")),
        )

    def horizon(self, now: datetime) -> datetime:
        """Return the instant up to which due things have been carried out at `now`."""
        if not self.nightly:
            return now
        tonight = datetime.combine(now.date(), NIGHTLY_JOB, now.tzinfo)
        return tonight if tonight <= now else tonight - timedelta(days=1)


def parse_readings(text: str) -> Readings:
    """Return readings by name, with exceptions: `house` or `default,month_end=rollover`."""
    name, *exceptions = text.split(",")
    named = choose("BILLING_READINGS", name, {"default": Readings(), "house": HOUSE})
    try:
        return TypeAdapter(Readings).validate_python(asdict(named) | dict(each.split("=") for each in exceptions))
    except ValueError as error:
        raise SystemExit(f"BILLING_READINGS={text}: {error}") from error


def choose(name: str, chosen: str, values: dict[str, T]) -> T:
    """Return what a word stands for."""
    if chosen not in values:
        raise SystemExit(f"{name}={chosen}: expected one of {', '.join(values)}")
    return values[chosen]
