"""Faults that are one wrong value: of a constant of the policy, or of a reading."""

from __future__ import annotations

from billing_reference.faults.fault import constant, misread
from billing_reference.time import DAY, NO_TIME

CONSTANTS = (
    constant("trial-of-14-days", "The trial lasts 14 days.", "BC-02", TRIAL_LENGTH=14 * DAY),
    constant("trial-of-33-days", "The trial lasts 33 days.", "BC-02", "BC-08", TRIAL_LENGTH=33 * DAY),
    constant(
        "no-deletion-after-trial",
        "The data of a trial with no billing method afterwards is never deleted.",
        "BC-09",
        DELETION_AFTER_TRIAL=36500 * DAY,
    ),
    constant(
        "deletion-30-days-after-trial",
        "The data is deleted 30 days after the trial, as for an unpaid invoice.",
        "BC-09",
        DELETION_AFTER_TRIAL=30 * DAY,
    ),
    constant(
        "deletion-at-once-after-trial",
        "The data is deleted when the trial ends.",
        "BC-09",
        "BC-08",
        DELETION_AFTER_TRIAL=NO_TIME,
    ),
    constant(
        "deletion-ten-working-days-after-trial",
        "The two weeks are counted as ten days.",
        "BC-09",
        DELETION_AFTER_TRIAL=10 * DAY,
    ),
)
MISREAD = (
    misread(
        "create-allowed-after-trial",
        "Declares that creating a service after the trial is refused, and accepts it.",
        "BC-01",
        no_method_create="accepted",
    ),
    misread(
        "trial-exhausted-only-below-zero",
        "Declares that the trial is used up at zero, and ends it only beyond.",
        "BC-03",
        trial_exhausted="below_zero",
    ),
    misread(
        "deletion-from-nominal-end",
        "Declares that the two weeks run from the actual end, and counts them from the thirtieth day.",
        "BC-09",
        trial_deletion_origin="nominal_end",
    ),
)
