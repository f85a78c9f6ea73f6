"""The actions of the histories: those of the map, and some that only tell readings apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from billing_tck.situations.alphabet import ALPHABET, DAY, SECOND, Action, command, until, wait_to

_THE_31ST = datetime(2025, 1, 31, 10, tzinfo=UTC)


def _days(number: int) -> Action:
    return Action(f"{number} days pass", wait_to(lambda scene: scene.now + number * DAY))


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        **ALPHABET,
        "wait-second": Action("a second passes", wait_to(lambda scene: scene.now + SECOND)),
        "wait-3-days": _days(3),
        "wait-17-days": _days(17),
        "wait-23-days": _days(23),
        "wait-33-days": _days(33),
        "wait-93-days": _days(93),
        "wait-to-31st": Action("time passes to 31 January, 10:00", wait_to(lambda _: _THE_31ST)),
        "card-expired": Action("it adds a card that has expired", command("add_card", behaviour="expired")),
        "card-now-expired": Action(
            "its card has expired from now on", command("set_card_behaviour", behaviour="expired")
        ),
        "use-12000": Action("it uses $12,000", command("record_usage", amount=Decimal(12000))),
        "use-storage": Action("it uses $40 of storage", command("record_usage", amount=Decimal(40), item="storage")),
        "grant-long": Action(
            "it is granted credits of $120 for 200 days",
            until("grant_credits", "expires_at", timedelta(days=200), amount=Decimal(120)),
        ),
    }
)
"""The actions by name."""
