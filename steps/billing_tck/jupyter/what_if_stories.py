"""The stories of "what if": for each family with choices its steps, ranges, and the clauses that may come to apply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from billing_tck.contract.values import ZERO, CardBehaviour, EndCause, Marketplace
from billing_tck.jupyter.relevant_clauses import (
    Evidence,
    begun,
    charged_at_cycle_end,
    charged_early,
    credits_over_on,
    deadline,
    ended_before,
    fell_back_to_card,
    first,
    seen,
)
from billing_tck.spec.requirements import Family
from billing_tck.steps.card_billing import adds_card, card_answers, collection_fails, pays_by_card
from billing_tck.steps.commitments import direct_commitment, marketplace_commitment
from billing_tck.steps.marketplace import pays_through, subscription_ends
from billing_tck.steps.organizations import uses
from billing_tck.steps.parameter_types import ORGANIZATIONS, CardResponse
from billing_tck.steps.registry import phrase
from billing_tck.steps.time_passing import it_is, wait_phrase
from billing_tck.steps.trial import on_trial
from billing_tck.steps.unpaid_invoices import collection_attempted, extension_granted
from billing_tck.timeline.model import LaneKind, PointKind

Choice = int | Decimal | str
Range = tuple[int, int, int] | tuple[Decimal, Decimal, Decimal] | list[str]
Story = Callable[..., str]

NO_CARD = "no card"
_CARDS = {
    "is approved": CardBehaviour.APPROVES,
    "is declined": CardBehaviour.DECLINES,
    "has expired": CardBehaviour.EXPIRED,
}
CARDS = list(_CARDS)
DIRECT = "directly"
_MARKETPLACES = {"AWS": Marketplace.AWS, "GCP": Marketplace.GCP, "Azure": Marketplace.AZURE}
_ENDINGS = {"cancelled": EndCause.CANCELLED, "not renewed": EndCause.NOT_RENEWED}
_CUSTOMER = ORGANIZATIONS[0]
_SUBSCRIPTION = "the subscription"
_BEGINS = datetime(2025, 1, 18, 9, tzinfo=UTC)
_FAILS = datetime(2025, 2, 18, 9, tzinfo=UTC)  # the day of the failed charge, at nine as phrases count


@dataclass(frozen=True, slots=True)
class FamilyStory:
    """A story with the range and the label of each choice, and the evidence that a clause has come to apply."""

    tell: Story
    choices: Mapping[str, Range]
    labels: Mapping[str, str]
    clauses: Mapping[str, Evidence]


def unpaid_invoice(
    *, amount: Decimal, paid_on_day: int, extension_until_day: int, second_amount: Decimal = ZERO
) -> str:
    """Return the story of a card that fails at the end of a cycle, paid that many days later, or never (day 0).

    An extension is granted three days after the failure, until a day counted from it (day 0: none is granted). A second
    amount is used the day after the failure, and is invoiced at the end of the next cycle.
    """
    givens = [
        phrase(pays_by_card, organization=_CUSTOMER),
        phrase(collection_fails, organization=_CUSTOMER, amount=amount),
    ]
    commands: list[tuple[int, list[str]]] = []
    if second_amount:
        commands.append((1, [_usage(second_amount)]))
    if extension_until_day:
        until = _FAILS + timedelta(days=max(extension_until_day, 4))
        commands.append((3, [phrase(extension_granted, organization=_CUSTOMER, until=until)]))
    if paid_on_day:
        approves = phrase(card_answers, organization=_CUSTOMER, card=CardResponse(CardBehaviour.APPROVES))
        commands.append((paid_on_day, [approves, phrase(collection_attempted, organization=_CUSTOMER)]))
    return _story(givens, commands, last_day=66)


def trial(*, granted: Decimal, usage: Decimal, usage_on_day: int, card_on_day: int, card: str) -> str:
    """Return the story of a trial: its credits, one usage, and a card that is added on a day, or never (day 0)."""
    givens = [phrase(on_trial, organization=_CUSTOMER, amount=granted)]
    commands = [(usage_on_day, [_usage(usage)])]
    if card_on_day:
        commands.append((card_on_day, [_card(card)]))
    return _story(givens, commands, last_day=66)


def card_billing(*, amount: Decimal, on_day: int, second_amount: Decimal, second_on_day: int) -> str:
    """Return the story of a customer that pays by card, with two usages on days of the first cycle."""
    givens = [phrase(pays_by_card, organization=_CUSTOMER)]
    commands = [(on_day, [_usage(amount)]), (second_on_day, [_usage(second_amount)])]
    return _story(givens, commands, last_day=33)


def marketplace(*, through: str, usage: Decimal, ends_on_day: int, ending: str, card: str) -> str:
    """Return the story of a subscription that ends on a day, or never (day 0), with or without a card on file."""
    givens = [phrase(pays_through, organization=_CUSTOMER, marketplace=_MARKETPLACES[through])]
    givens += [_card(card)] if card != NO_CARD else []
    commands = [(5, [_usage(usage)])]
    if ends_on_day:
        commands.append((ends_on_day, [phrase(subscription_ends, subscription=_SUBSCRIPTION, cause=_ENDINGS[ending])]))
    return _story(givens, commands, last_day=90)


def commitment(
    *, signed: str, granted: Decimal, expires_on_day: int, usage: Decimal, usage_on_day: int, card: str
) -> str:
    """Return the story of a commitment, signed directly or through a marketplace, with one usage on a day."""
    until = _BEGINS + timedelta(days=expires_on_day)
    if signed == DIRECT:
        givens = [phrase(direct_commitment, organization=_CUSTOMER, amount=granted, until=until)]
    else:
        through = _MARKETPLACES[signed]
        givens = [
            phrase(marketplace_commitment, organization=_CUSTOMER, amount=granted, until=until, marketplace=through)
        ]
    givens += [_card(card)] if card != NO_CARD else []
    return _story(givens, [(usage_on_day, [_usage(usage)])], last_day=130)


def _usage(amount: Decimal) -> str:
    return phrase(uses, organization=_CUSTOMER, amount=amount)


def _card(behaviour: str) -> str:
    return phrase(adds_card, organization=_CUSTOMER, card=CardResponse(_CARDS[behaviour]))


def _story(givens: Sequence[str], commands: Iterable[tuple[int, list[str]]], *, last_day: int) -> str:
    """Return Gherkin: what is given, then each command on its day, then the days up to the last."""
    whens: list[str] = []
    now = 0
    for day, steps in sorted(commands, key=lambda command: command[0]):
        whens += [wait_phrase(timedelta(days=day - now))] if day > now else []
        whens += steps
        now = day
    whens.append(wait_phrase(timedelta(days=max(last_day - now, 2))))
    return "\n".join(
        [*_with_keyword("Given", [phrase(it_is, instant=_BEGINS), *givens]), *_with_keyword("When", whens)]
    )


def _with_keyword(keyword: str, steps: list[str]) -> list[str]:
    return [f"{'And' if place else keyword} {step}" for place, step in enumerate(steps)]


_STOPPED, _DELETED = seen(LaneKind.SERVICE, "stopped"), seen(LaneKind.DATA, "deleted")
_RESTRICTED = seen(LaneKind.RESTRICTIONS, "restricted")

STORIES: Mapping[Family, FamilyStory] = {
    Family.TRIAL: FamilyStory(
        trial,
        {
            "granted": (Decimal(50), Decimal(1000), Decimal(300)),
            "usage": (Decimal(0), Decimal(1000), Decimal(310)),
            "usage_on_day": (1, 29, 10),
            "card_on_day": (0, 60, 0),
            "card": CARDS,
        },
        {
            "granted": "the trial's credits, in dollars",
            "usage": "used, in dollars",
            "usage_on_day": "used on day",
            "card_on_day": "card added on day (0: never)",
            "card": "the card",
        },
        {
            "BC-02": deadline("BC-02"),
            "BC-03": ended_before(LaneKind.TRIAL, "over", "BC-02"),
            "BC-05": seen(LaneKind.METHOD, "card"),
            "BC-08": _STOPPED,
            "BC-09": _DELETED,
        },
    ),
    Family.CARD_BILLING: FamilyStory(
        card_billing,
        {
            "amount": (Decimal(10), Decimal(20000), Decimal(6000)),
            "on_day": (1, 28, 9),
            "second_amount": (Decimal(10), Decimal(20000), Decimal(5000)),
            "second_on_day": (1, 28, 16),
        },
        {
            "amount": "used, in dollars",
            "on_day": "on day",
            "second_amount": "used again, in dollars",
            "second_on_day": "on day",
        },
        {"BC-15": seen(LaneKind.CYCLE), "BC-17": charged_at_cycle_end, "BC-18": charged_early},
    ),
    Family.UNPAID_INVOICES: FamilyStory(
        unpaid_invoice,
        {
            "amount": (Decimal(10), Decimal(5000), Decimal(120)),
            "paid_on_day": (0, 60, 20),
            "extension_until_day": (0, 60, 0),
            "second_amount": (Decimal(0), Decimal(5000), Decimal(0)),
        },
        {
            "amount": "the amount, in dollars",
            "paid_on_day": "paid on day (0: never)",
            "extension_until_day": "extension until day (0: none)",
            "second_amount": "a second invoice, in dollars",
        },
        {
            "BC-23": _RESTRICTED,
            "BC-29": _STOPPED,
            "BC-30": _DELETED,
            "BC-31": seen(LaneKind.SERVICE, "deleted"),
            "BC-32": begun("BC-32"),
        },
    ),
    Family.MARKETPLACE: FamilyStory(
        marketplace,
        {
            "through": list(_MARKETPLACES),
            "usage": (Decimal(0), Decimal(5000), Decimal(120)),
            "ends_on_day": (0, 60, 10),
            "ending": list(_ENDINGS),
            "card": [NO_CARD, *CARDS],
        },
        {
            "through": "the marketplace",
            "usage": "used on day 5, in dollars",
            "ends_on_day": "it ends on day (0: never)",
            "ending": "because it is",
            "card": "the card on file",
        },
        {
            "BC-36": first(PointKind.USAGE_REPORT),
            "BC-41": fell_back_to_card("cancelled"),
            "BC-42": fell_back_to_card("not renewed"),
            "BC-44": deadline("BC-44"),
            "BC-45": _STOPPED,
            "BC-46": _DELETED,
        },
    ),
    Family.COMMITMENTS: FamilyStory(
        commitment,
        {
            "signed": [DIRECT, *_MARKETPLACES],
            "granted": (Decimal(100), Decimal(5000), Decimal(500)),
            "expires_on_day": (20, 120, 59),
            "usage": (Decimal(0), Decimal(6000), Decimal(600)),
            "usage_on_day": (1, 90, 45),
            "card": [NO_CARD, *CARDS],
        },
        {
            "signed": "signed",
            "granted": "credits, in dollars",
            "expires_on_day": "they expire on day",
            "usage": "used, in dollars",
            "usage_on_day": "used on day",
            "card": "the card on file",
        },
        {
            "BC-51": first(PointKind.COMMITMENT_REPORT),
            "BC-55": deadline("BC-55"),
            "BC-58": credits_over_on("used up", through_marketplace=False),
            "BC-59": credits_over_on("expired", through_marketplace=False),
            "BC-60": first(PointKind.CHARGED, PointKind.FAILED),
            "BC-61": credits_over_on("used up", through_marketplace=True),
            "BC-63": deadline("BC-63"),
            "BC-64": deadline("BC-64"),
            "BC-66": deadline("BC-66"),
        },
    ),
}
