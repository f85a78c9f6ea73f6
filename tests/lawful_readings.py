"""Readings under which the reference is played in tests: single values, several together, effects that show late."""

from __future__ import annotations

LAWFUL_READINGS = (
    "",
    "late",
    "late=morning",
    "deadline_instant=end_of_day,late",
    "deadline_instant=after,trial_exhausted=below_zero,month_end=rollover,cycle_anchor=tier,threshold_rearm=once_per_cycle",
    "marketplace_end=stops_at_end,unpaid_clock=until_all_paid,card_replacement=waits,restart_after_payment=automatic",
    "report_lines=per_hour,usage_before_linking=moves_to_marketplace,commitment_protection=fallback_debt",
)
