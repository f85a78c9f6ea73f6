"""The first commands of a history: an organization, mostly with a tier, a service, and what the profile is about."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from billing_tck.explorer.draft import CREDIT_AMOUNTS, DAY, FAILING, TIERS, Draft
from billing_tck.explorer.history import Command, command, wait

_STARTS = (
    (2025, 1, 7),
    (2025, 1, 18),
    (2025, 1, 31),
    (2024, 1, 30),
    (2024, 2, 1),
    (2024, 2, 29),
    (2025, 2, 5),
    (2025, 3, 8),
    (2025, 3, 30),
    (2025, 5, 31),
    (2025, 8, 31),
    (2025, 10, 26),
    (2025, 11, 12),
    (2025, 12, 15),
    (2026, 12, 31),
)
_HOURS = (9, 9, 9, 0, 14, 23)
_LINKED_AT_FIRST = {"marketplace": 0.8, "commitment": 0.8, "aftermath": 1.0, "beside": 0.3}


def choose_start(random: Random) -> datetime:
    """Return the instant at which a history begins."""
    hour = random.choice(_HOURS)
    minute, second = (59, 59) if hour == 23 and random.random() < 0.5 else (0, 0)
    if random.random() < 0.5:
        return datetime(*random.choice(_STARTS), hour, minute, second, tzinfo=UTC)
    return datetime(2024, 1, 1, hour, minute, second, tzinfo=UTC) + DAY * random.randrange(1100)


def opening(draft: Draft) -> list[Command]:
    """Return the first commands of a history."""
    random, profile = draft.random, draft.profile
    if profile.name == "onboarding" and random.random() < 0.4:
        if "onboarding" in draft.capabilities and random.random() < 0.6:
            return _register_and_link(draft)
        return []
    commands: list[Command] = []
    for number in range(profile.organizations):
        organization = draft.new("organization")
        commands.append(command("create_organization", (organization, draft.new("user")), name=organization))
        commands += _tier_and_service(draft, organization, number)
        commands += _billing_methods(draft, organization, number)
    return commands


def _register_and_link(draft: Draft) -> list[Command]:
    """Return the way of a new customer: registered, verified, signed in, linked to a new organization."""
    person, account, bought = draft.new("user"), draft.new("account"), draft.new("subscription")
    draft.new("person")
    return [
        command("register_user", (person,), email="ada@example.com"),
        command("verify_email", user=person),
        command("sign_in", user=person),
        command("provide_business_info", user=person),
        command("open_marketplace_account", (account,), marketplace=draft.profile.marketplace),
        command("subscribe", (bought,), account=account, offer="payg"),
        command("link_subscription", (draft.new("organization"),), subscription=bought, user=person),
    ]


def _tier_and_service(draft: Draft, organization: str, number: int) -> list[Command]:
    random = draft.random
    tier = command("choose_tier", organization=organization, tier=random.choice(TIERS))
    service = command("create_service", (draft.new("service"),), organization=organization)
    if random.random() < 0.12:
        return []
    commands = [tier, service] if random.random() < 0.75 else [service, tier]
    if random.random() < 0.15:
        commands.insert(1, wait(DAY * random.choice((1, 3, 6))))
    if number == 0 and random.random() < 0.4:
        commands.append(command("create_service", (draft.new("service"),), organization=organization))
    if random.random() < 0.1:
        commands.insert(0, wait(DAY * random.choice((1, 2, 5))))
    return commands


def _billing_methods(draft: Draft, organization: str, number: int) -> list[Command]:
    random, profile = draft.random, draft.profile
    card = command("add_card", organization=organization, behaviour="approves")
    failing = random.choice(FAILING)
    commands: list[Command] = []
    if profile.name in {"card", "debt"} and random.random() < 0.9:
        commands.append(card)
        if profile.name == "debt":
            commands.append(command("record_usage", organization=organization, amount=draft.price()))
            if random.random() < 0.85:
                commands.append(command("set_card_behaviour", organization=organization, behaviour=failing))
    if profile.name in {"trial", "beside"} and random.random() < 0.9:
        commands.append(command("start_trial", organization=organization, credits=random.choice(CREDIT_AMOUNTS)))
    if profile.marketplace and random.random() < _LINKED_AT_FIRST.get(profile.name, 0.0):
        linked, with_card = _linked(draft, organization, number)
        commands = [*([card] if with_card else []), *commands, *linked]
    elif profile.name == "commitment" and random.random() < 0.9:
        commands.append(draft.commitment(organization, None))
        if random.random() < 0.35:
            behaviour = random.choice(("approves", failing))
            commands.append(command("add_card", organization=organization, behaviour=behaviour))
    if profile.name == "credits" and random.random() < 0.8:
        commands.append(card)
    return [chosen for chosen in commands if draft.is_supported(chosen)]


def _linked(draft: Draft, organization: str, number: int) -> tuple[list[Command], bool]:
    """Return the purchase and the link of a subscription, and whether a card is on file before."""
    random, profile = draft.random, draft.profile
    account, bought = draft.new("account"), draft.new("subscription")
    user = f"user-{number + 1}"
    commands = [
        command("open_marketplace_account", (account,), marketplace=profile.marketplace),
        command("subscribe", (bought,), account=account, offer=profile.offer),
        command("link_subscription", subscription=bought, user=user, organization=organization),
    ]
    with_card = random.random() < (0.9 if profile.offer == "free_trial" else 0.25) and profile.name != "aftermath"
    if profile.offer == "committed":
        commands.append(draft.commitment(organization, bought))
    return commands, with_card
