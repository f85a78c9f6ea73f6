"""Faults that are one wrong value: of a constant of the policy, or of a reading."""

from __future__ import annotations

from billing_reference.faults.fault import constant, misread
from billing_reference.time import DAY

CONSTANTS = (
    constant("cap-of-236", "While unpaid, a replica may have up to 236 GiB.", "BC-24", MEMORY_CAP_GIB=236),
    constant("no-retries", "A failed charge is never retried.", "BC-28", RETRY_DAYS=()),
    constant(
        "retries-go-on-after-day-30",
        "An unpaid invoice is retried after day 30 as well.",
        "BC-28",
        RETRY_DAYS=(5, 10, 15, 20, 25, 40, 50),
    ),
    constant("retries-after-day-30", "The first retry comes on day 31.", "BC-28", RETRY_DAYS=(31, 35)),
    constant("stop-after-21-days", "Services stop 21 days after the failure.", "BC-29", STOP_AFTER=21 * DAY),
    constant("stop-after-15-days", "Services stop 15 days after the failure.", "BC-29", STOP_AFTER=15 * DAY),
    constant("stop-after-7-days", "Services stop 7 days after the failure.", "BC-29", STOP_AFTER=7 * DAY),
    constant("stop-after-14-working-days", "The 14 days are working days.", "BC-29", STOP_AFTER=20 * DAY),
    constant("deletion-after-20-days", "Everything is deleted after 20 days.", "BC-30", "BC-31", DELETE_AFTER=20 * DAY),
    constant(
        "deletion-after-44-days", "The 30 days are counted from the stop.", "BC-30", "BC-31", DELETE_AFTER=44 * DAY
    ),
)
MISREAD = (
    misread(
        "new-card-waits",
        "Declares that a new card is charged at once, and waits for the next attempt.",
        "BC-28",
        card_replacement="waits",
    ),
    misread(
        "clock-until-all-paid",
        "Declares that each invoice has its own days, and counts from the first failure.",
        "BC-29",
        unpaid_clock="until_all_paid",
    ),
    misread(
        "restarts-by-itself",
        "Declares that stopped services stay stopped after payment, and starts them.",
        "BC-29",
        restart_after_payment="automatic",
    ),
    misread(
        "extension-puts-off-stop",
        "Declares that an extension leaves the stop where it is, and puts it off.",
        "BC-32",
        extension_scope="all_deadlines",
    ),
    misread(
        "extension-end-deletes-nothing",
        "Declares that data is deleted when an extension ends, and keeps it.",
        "BC-32",
        extension_end="manual",
    ),
)
