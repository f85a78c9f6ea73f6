"""What a history is about: which commands are likely, how it waits, what it buys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

SHORTEST, LONGEST = 8, 44  # commands after the set-up
MARKETPLACES = ("aws", "gcp", "azure")

_NAMES = (
    "card",
    "debt",
    "trial",
    "beside",
    "marketplace",
    "aftermath",
    "commitment",
    "credits",
    "onboarding",
    "mixed",
)
_NEEDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "card": frozenset({"card"}),
        "debt": frozenset({"card"}),
        "trial": frozenset({"trial"}),
        "beside": frozenset({"trial"}),
        "commitment": frozenset({"commitment.direct", "commitment.marketplace"}),
        "credits": frozenset({"credits"}),
    }
)
_ON_A_MARKETPLACE = frozenset({"marketplace", "aftermath", "onboarding"})
_OFFERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"commitment": ("committed",), "aftermath": ("payg",), "beside": ("payg",)}
)
_ANY_OFFER = ("payg", "payg", "payg", "free_trial", "committed")

_EVERYWHERE = {
    "create_service": 2.0,
    "start_service": 2.5,
    "stop_service": 1.2,
    "scale_service": 2.0,
    "record_usage": 9.0,
    "choose_tier": 0.6,
}
_CARD = {"add_card": 1.5, "set_card_behaviour": 2.0, "attempt_collection": 2.5, "pay_invoice": 1.5}
_MARKET = {"open_marketplace_account": 1.0, "subscribe": 2.0, "link_subscription": 3.0, "end_subscription": 1.6}
_CREDITS = {"sign_commitment": 2.5, "grant_credits": 1.6}
_VENDOR = {"grant_extension": 1.2, "record_contact": 1.0, "delete_data": 0.5}
_PEOPLE = {
    "register_user": 2.0,
    "verify_email": 2.0,
    "sign_in": 2.5,
    "provide_business_info": 2.0,
    "add_member": 2.5,
}

WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "card": {**_EVERYWHERE, **_CARD, "record_usage": 14.0},
        "debt": {**_EVERYWHERE, **_CARD, **_VENDOR, "set_card_behaviour": 3.0},
        "trial": {**_EVERYWHERE, "start_trial": 6.0, "add_card": 0.5, "grant_credits": 0.3, "subscribe": 0.3}
        | {"link_subscription": 0.6, "open_marketplace_account": 0.3, "sign_commitment": 0.3},
        # a trial with another billing method
        "beside": {
            "create_service": 1.0,
            "start_service": 2.5,
            "record_usage": 5.0,
            "add_card": 1.5,
            "grant_credits": 2.0,
        }
        | {"open_marketplace_account": 2.0, "subscribe": 2.0, "link_subscription": 3.0, "end_subscription": 3.0}
        | {"sign_commitment": 1.0, "start_trial": 1.0},
        # the end of a subscription without a card on file
        "aftermath": {"create_service": 1.5, "start_service": 2.0, "record_usage": 4.0, "add_card": 1.0}
        | {"open_marketplace_account": 2.0, "subscribe": 2.5, "link_subscription": 3.5, "end_subscription": 4.0}
        | {"grant_extension": 2.0, "grant_credits": 0.7, "pay_invoice": 1.0, "scale_service": 1.0, "stop_service": 0.5},
        "marketplace": {**_EVERYWHERE, **_MARKET, "add_card": 0.6, "grant_credits": 0.2},
        "commitment": {**_EVERYWHERE, **_MARKET, **_CREDITS, **_VENDOR, "add_card": 0.7, "pay_invoice": 0.8}
        | {"attempt_collection": 0.8, "set_card_behaviour": 0.6},
        "credits": {**_EVERYWHERE, **_CREDITS, **_CARD, "grant_credits": 4.0},
        "onboarding": {
            **_MARKET,
            **_PEOPLE,
            "open_marketplace_account": 2.0,
            "record_usage": 2.0,
            "create_service": 1.0,
        }
        | {"choose_tier": 1.0, "add_card": 0.5},
        "mixed": {**_EVERYWHERE, **_CARD, **_MARKET, **_CREDITS, **_VENDOR, **_PEOPLE, "start_trial": 1.5},
    }
)
"""How likely each command is, by the name of the profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a history is about.

    `waiting` is the share of waits among its steps, `near` the share of waits that aim at a due time. Amounts of a
    `small` one stay far below the threshold of the early charge.
    """

    name: str
    commands: int
    waiting: float
    near: float
    organizations: int
    small: bool
    offer: str
    marketplace: str


def choose_profile(random: Random, capabilities: frozenset[str]) -> Profile:
    """Return a profile that an implementation with these capabilities can follow."""
    names = [name for name in _NAMES if not _NEEDS.get(name) or _NEEDS[name] & capabilities]
    markets = marketplaces(capabilities)
    if not markets:
        names = [name for name in names if name not in _ON_A_MARKETPLACE]
    name = random.choice(names)
    return Profile(
        name,
        random.randint(SHORTEST, LONGEST),
        random.choice((0.3, 0.45, 0.6)),
        random.choice((0.35, 0.7, 0.9)),
        2 if random.random() < 0.35 else 1,
        random.random() < 0.7,
        random.choice(_OFFERS.get(name, _ANY_OFFER)),
        random.choice(markets) if markets else "",
    )


def marketplaces(capabilities: frozenset[str]) -> list[str]:
    """Return the marketplaces that the capabilities name."""
    return [name for name in MARKETPLACES if f"marketplace.{name}" in capabilities]
