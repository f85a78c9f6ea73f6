"""Faults that are one wrong value: of a constant of the policy, or of a reading."""

from __future__ import annotations

from billing_reference.faults.fault import constant
from billing_reference.time import DAY

CONSTANTS = (constant("reported-once-a-week", "Usage is reported a week late.", "BC-36", REPORT_AFTER=7 * DAY),)
