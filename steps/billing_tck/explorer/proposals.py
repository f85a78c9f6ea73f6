"""One function for each method: a call of it that may come next, or None where nothing fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from billing_tck.contract.values import ZERO
from billing_tck.explorer.draft import (
    CENT,
    CREDIT_AMOUNTS,
    DAY,
    FAILING,
    HOUR,
    MOST_BOUGHT,
    MOST_ORGANIZATIONS,
    MOST_SERVICES,
    TIERS,
    Draft,
    facts,
)
from billing_tck.explorer.history import Command, command
from billing_tck.explorer.profiles import marketplaces
from billing_tck.explorer.runner import Play
from billing_tck.reference.oracle import Organization

THRESHOLD = Decimal("10000.00")  # BC-18
_BEHAVIOURS = ("approves", "approves", "approves", "limited", "declines", *FAILING)
_MEMORY = (8, 16, 64, 116, 120, 121, 124, 236, 240, 360)
_NEAR_THE_CAP = (120, 120, 121, 124)

WITHOUT_ORGANIZATION = frozenset(
    {
        "register_user",
        "verify_email",
        "sign_in",
        "provide_business_info",
        "open_marketplace_account",
        "subscribe",
        "link_subscription",
        "end_subscription",
    }
)
"""Methods that a history may call before it has an organization."""

Proposal = Callable[[Draft, Play], Command | None]


def _of_some_organization(method: str) -> Proposal:
    return lambda draft, play: command(method, organization=draft.some())


def _of_some_service(method: str) -> Proposal:
    def propose(draft: Draft, play: Play) -> Command | None:
        return command(method, service=draft.random.choice(draft.services)) if draft.services else None

    return propose


def _of_some_person(method: str) -> Proposal:
    def propose(draft: Draft, play: Play) -> Command | None:
        return command(method, user=draft.random.choice(draft.people)) if draft.people else None

    return propose


# Services and usage


def _create_service(draft: Draft, play: Play) -> Command | None:
    label = draft.some()
    owner = facts(play, label)
    if owner is None or len(owner.services) >= MOST_SERVICES:
        return None
    return command("create_service", (draft.new("service"),), organization=label)


def _scale_service(draft: Draft, play: Play) -> Command | None:
    if not draft.services:
        return None
    owner = facts(play, draft.first())
    near = owner is not None and play.comparator.oracle.restricted(owner) and draft.random.random() < 0.7
    gib = draft.random.choice(_NEAR_THE_CAP if near else _MEMORY)
    return command("scale_service", service=draft.random.choice(draft.services), replica_memory_gib=gib)


def _choose_tier(draft: Draft, play: Play) -> Command | None:
    return command("choose_tier", organization=draft.some(), tier=draft.random.choice(TIERS))


def _record_usage(draft: Draft, play: Play) -> Command | None:
    label = draft.some()
    owner = facts(play, label)
    if owner is None:
        return None
    amount = draft.price()
    share = draft.random.random()
    deciding = _deciding_amounts(draft, owner)
    if deciding and share < 0.4:
        amount = draft.random.choice(deciding)
    item = draft.random.choice(("storage", "transfer")) if draft.random.random() < 0.2 else None
    return command("record_usage", organization=label, amount=amount, item=item)


def _deciding_amounts(draft: Draft, owner: Organization) -> Sequence[Decimal]:
    """Return amounts that use up the trial's credits or grants, or reach the threshold; a cent less or more, too."""
    amounts: list[Decimal] = []
    trial = owner.trial
    if trial is not None and trial.ended_at is None:
        amounts += [trial.credits - trial.used] * 2
    left = [grant.left for grant in owner.grants if grant.left]
    amounts += left
    if len(left) > 1:
        amounts.append(sum(left, ZERO))
    if not draft.profile.small or draft.random.random() < 0.3:
        amounts.append(THRESHOLD - owner.owed)
    near = [amount + CENT * draft.random.choice((-1, 0, 0, 1, 4050)) for amount in amounts]
    return [amount for amount in near if amount > ZERO]


def _start_trial(draft: Draft, play: Play) -> Command | None:
    credit = draft.random.choice(CREDIT_AMOUNTS)
    return command("start_trial", organization=draft.some(), credits=credit)


# Cards


def _card(method: str) -> Proposal:
    def propose(draft: Draft, play: Play) -> Command | None:
        label = draft.some()
        owner = facts(play, label)
        if owner is None:
            return None
        fails = draft.profile.name == "debt" and not owner.open_invoices and draft.random.random() < 0.6
        behaviour = draft.random.choice(FAILING if fails else _BEHAVIOURS)
        credit = _available_credit(draft, owner) if behaviour == "limited" else None
        return command(method, organization=label, behaviour=behaviour, available_credit=credit)

    return propose


def _available_credit(draft: Draft, owner: Organization) -> Decimal:
    """Return all that is due, or far less."""
    opened = sum((invoice.amount for invoice in owner.open_invoices), ZERO)
    due = [amount for amount in (owner.owed, opened) if amount]
    return draft.random.choice((max(due), max(due) + 1, CENT * 50, CENT * 50)) if due else CENT


# Marketplaces


def _open_account(draft: Draft, play: Play) -> Command | None:
    random, profile = draft.random, draft.profile
    markets = marketplaces(draft.capabilities)
    if len(draft.accounts) >= MOST_BOUGHT or not markets:
        return None
    share = random.random() if profile.name in {"onboarding", "mixed"} else 1.0
    return command(
        "open_marketplace_account",
        (draft.new("account"),),
        marketplace=profile.marketplace if random.random() < 0.6 else random.choice(markets),
        may_purchase=False if share < 0.12 else None,
        signed_in=False if 0.12 <= share < 0.24 else None,
    )


def _subscribe(draft: Draft, play: Play) -> Command | None:
    random = draft.random
    if not draft.accounts or len(draft.bought) >= MOST_BOUGHT:
        return None
    offer = draft.profile.offer if random.random() < 0.6 else random.choice(("payg", "free_trial", "committed"))
    order = "PO-4711" if random.random() < 0.1 else None
    account = random.choice(list(draft.accounts))
    return command("subscribe", (draft.new("subscription"),), account=account, offer=offer, purchase_order=order)


def _link_subscription(draft: Draft, play: Play) -> Command | None:
    random, bought = draft.random, draft.known_subscriptions(play)
    if not bought:
        return None
    people = [admin for _, admin in draft.organizations]
    if draft.people and random.random() < 0.5:
        people = list(draft.people)
    if not people:
        return None
    subscription, user = random.choice(bought), random.choice(people)
    organization = draft.some() if draft.organizations else ""
    if random.random() < 0.4:
        user = next((admin for label, admin in draft.organizations if label == organization), user)
    oracle = play.comparator.oracle
    taken = oracle.subscription(play.comparator.ours[subscription]).organization is not None
    room = len(draft.organizations) < MOST_ORGANIZATIONS
    if not draft.organizations or (random.random() < 0.2 and (taken or room)):
        return command("link_subscription", (draft.new("organization"),), subscription=subscription, user=user)
    return command("link_subscription", subscription=subscription, user=user, organization=organization)


def _end_subscription(draft: Draft, play: Play) -> Command | None:
    bought = draft.known_subscriptions(play)
    if not bought:
        return None
    subscription, oracle = draft.random.choice(bought), play.comparator.oracle
    if oracle.ended(oracle.subscription(play.comparator.ours[subscription])):
        return None
    cause = draft.random.choice(("cancelled", "not_renewed"))
    return command("end_subscription", subscription=subscription, cause=cause)


# Contracts, credits, support


def _sign_commitment(draft: Draft, play: Play) -> Command | None:
    label = draft.some()
    place = [known for known, _ in draft.organizations].index(label)
    bought = list(draft.bought)
    # Steps name the first subscription after the first organization, and the second one after the second.
    own = bought[place] if place < len(bought) else None
    return draft.commitment(label, own if own is not None and draft.random.random() < 0.6 else None)


def _grant_credits(draft: Draft, play: Play) -> Command | None:
    amount = draft.random.choice(CREDIT_AMOUNTS)
    return command("grant_credits", organization=draft.some(), amount=amount, expires_at=draft.term())


def _grant_extension(draft: Draft, play: Play) -> Command | None:
    random, label = draft.random, draft.some()
    days = random.choice((2, 5, 10, 20, 25, 40, 45, 60, 80, 100, 150))
    return command("grant_extension", organization=label, until=DAY * days + HOUR * random.choice((0, 0, 3)))


# People


def _register_user(draft: Draft, play: Play) -> Command | None:
    if draft.made.get("person"):
        return None
    draft.new("person")
    return command("register_user", (draft.new("user"),), email="ada@example.com")


def _add_member(draft: Draft, play: Play) -> Command | None:
    if draft.made.get("member"):
        return None
    draft.new("member")
    role = draft.random.choice(("admin", "developer"))
    return command("add_member", (draft.new("user"),), organization=draft.first(), role=role)


PROPOSALS: Mapping[str, Proposal] = MappingProxyType(
    {
        "create_service": _create_service,
        "start_service": _of_some_service("start_service"),
        "stop_service": _of_some_service("stop_service"),
        "scale_service": _scale_service,
        "record_usage": _record_usage,
        "choose_tier": _choose_tier,
        "start_trial": _start_trial,
        "add_card": _card("add_card"),
        "set_card_behaviour": _card("set_card_behaviour"),
        "attempt_collection": _of_some_organization("attempt_collection"),
        "pay_invoice": _of_some_organization("pay_invoice"),
        "open_marketplace_account": _open_account,
        "subscribe": _subscribe,
        "link_subscription": _link_subscription,
        "end_subscription": _end_subscription,
        "sign_commitment": _sign_commitment,
        "grant_credits": _grant_credits,
        "grant_extension": _grant_extension,
        "record_contact": _of_some_organization("record_contact"),
        "delete_data": _of_some_organization("delete_data"),
        "register_user": _register_user,
        "verify_email": _of_some_person("verify_email"),
        "sign_in": _of_some_person("sign_in"),
        "provide_business_info": _of_some_person("provide_business_info"),
        "add_member": _add_member,
    }
)
