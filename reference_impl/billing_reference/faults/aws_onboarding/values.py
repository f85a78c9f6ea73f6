"""Faults that are one wrong value: of a constant of the policy, or of a reading."""

from __future__ import annotations

from billing_reference.faults.fault import constant
from billing_reference.time import DAY

CONSTANTS = (
    constant(
        "no-free-trial-on-offer",
        "The listing has the paid option only.",
        "AWS-11",
        "AWS-12",
        OFFERS=("payg", "committed"),
    ),
    constant("free-trial-of-four-weeks", "The free trial is 28 days long.", "AWS-12", FREE_TRIAL_LENGTH=28 * DAY),
)
