"""One eventful history, lived in one jump, in small steps, and under the eyes of a reader: it ends in one world."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from billing_tck.contract.encode import encode
from billing_tck.contract.values import CardBehaviour
from billing_tck.contract.wire import Json
from billing_tck.doctor.cases import DAY, PLENTY, USAGE, linked, organization
from billing_tck.doctor.session import Examination
from billing_tck.text.preview import preview

LEGS = (3, 37, 40)  # days between one round of usage and the next: past the ends of two cycles, a stop and a deletion
READ_EVERY = 5  # days, where it is read on the way
SHOWN = 3  # differences of one comparison
READING = "let reading change nothing: what is due is carried out in advance_to, before it returns"

View = dict[str, Json]


def live(ex: Examination, *, step: timedelta | None = None, reading: bool = False) -> dict[str, View]:
    """The views at the end, by the name of the organization; identifiers are replaced by what they stand for.

    `step` is how far the clock moves at once; None: from one round of usage to the next.
    """
    ex.fresh()
    organizations, subscriptions = _people(ex)
    names = dict(_names(organizations, subscriptions))
    days = 0
    for leg in LEGS:
        for made in organizations.values():
            ex.impl.record_usage(organization=made, amount=USAGE)
        end = ex.now + leg * DAY
        while ex.now < end:
            ex.impl.advance_to(now=end if step is None else min(end, ex.now + step))
            days += 1
            if reading and days % READ_EVERY == 0:
                for made in organizations.values():
                    ex.impl.get_organization(organization=made)
    views: dict[str, Json] = {
        name: encode(ex.impl.get_organization(organization=made)) for name, made in organizations.items()
    }
    for name, bought in subscriptions.items():
        views[f"the subscription of {name}"] = encode(ex.impl.get_subscription(subscription=bought))
    return {name: view for name, shown in views.items() if isinstance(view := _plain(shown, names), dict)}


def _people(ex: Examination) -> tuple[dict[str, str], dict[str, str]]:
    """One organization for each way to pay that is declared; and the subscriptions."""
    made = {"the one that nobody pays for": organization(ex, "Nobody")[0]}
    bought: dict[str, str] = {}
    if ex.has("trial"):
        name = "the one on trial"
        made[name] = organization(ex, "Trial")[0]
        ex.impl.start_trial(organization=made[name], credits=PLENTY)
    if ex.has("card"):
        for behaviour in (CardBehaviour.APPROVES, CardBehaviour.DECLINES):
            name = f"the one whose card {behaviour}"
            made[name] = organization(ex, f"Card {behaviour}")[0]
            ex.impl.add_card(organization=made[name], behaviour=behaviour)
    if ex.marketplaces:
        name = f"the one that is billed through {ex.marketplaces[0]}"
        made[name], bought[name] = linked(ex, ex.marketplaces[0])
    if ex.has("credits"):
        name = "the one with credits"
        made[name] = organization(ex, "Credits")[0]
        for amount, days in ((Decimal("75.00"), 20), (Decimal("40.10"), 50), (Decimal("12.34"), 400)):
            ex.impl.grant_credits(organization=made[name], amount=amount, expires_at=ex.now + days * DAY)
    if ex.has("commitment.direct"):
        name = "the one with a contract"
        made[name] = organization(ex, "Contract")[0]
        ex.impl.sign_commitment(organization=made[name], credits=PLENTY, expires_at=ex.now + 50 * DAY)
    return made, bought


def _names(organizations: Mapping[str, str], subscriptions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, identifier in organizations.items():
        yield identifier, name
    for name, identifier in subscriptions.items():
        yield identifier, f"the subscription of {name}"


def _plain(value: Json, names: Mapping[str, str], field: str = "") -> Json:
    """A view without what may differ between sessions: identifiers, and the order of what is simultaneous."""
    match value:
        case dict():
            return {name: _plain(inner, names, name) for name, inner in value.items()}
        case list():
            return sorted((_plain(inner, names) for inner in value), key=_sorted_by)
        case str() if field in ("organization", "subscription"):
            return names.get(value, "another")
        case str() if field in ("service", "invoice"):
            return field
    return value


def _sorted_by(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def differences(one: Mapping[str, View], other: Mapping[str, View]) -> list[tuple[str, str, Json, Json]]:
    """Where two ends of the history differ: whose view, which field, and both values."""
    found = []
    for name, view in one.items():
        for path, mine, yours in fields_of(view, other.get(name)):
            found.append((name, path, mine, yours))
    return found


def fields_of(one: Json, other: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """The fields in which two JSON values differ: the path, and both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name, value in one.items():
            yield from fields_of(value, other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, yours) in enumerate(zip(one, other, strict=True)):
            yield from fields_of(mine, yours, f"{path}[{number}]")
    elif one != other:
        yield path, one, other


def ends_alike_in_jumps_and_steps(ex: Examination) -> None:
    """Eighty days in three jumps, and day by day: the same world. And the same where it is read on the way."""
    jumped = live(ex)
    stepped = live(ex, step=DAY)
    _alike(
        ex,
        "advance_to in jumps of up to 40 days, and day by day",
        ("after the jumps", jumped),
        ("day by day", stepped),
        "carry out everything that falls due up to `now` in the order of its due times, each dated and followed up "
        "from there: not once for each call, and not as of the instant at which the call arrives",
    )
    read = live(ex, step=DAY, reading=True)
    _alike(
        ex,
        "get_organization on the way, and not",
        ("unread", stepped),
        ("read on the way", read),
        READING,
    )


def _alike(
    ex: Examination, called: str, one: tuple[str, Mapping[str, View]], other: tuple[str, Mapping[str, View]], mend: str
) -> None:
    found = differences(one[1], other[1])
    if not found:
        return
    shown = [
        f"{who}: {path} is {preview(mine)} {one[0]}, {preview(yours)} {other[0]}" for who, path, mine, yours in found
    ]
    more = f"; and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    ex.mend(called, "; ".join(shown[:SHOWN]) + more, mend, key=called)


def orders_its_lists(ex: Examination) -> None:
    """What happens again and again is listed in order of time."""
    ex.fresh()
    made, _ = organization(ex)
    if ex.has("card"):
        ex.impl.add_card(organization=made, behaviour=CardBehaviour.DECLINES)
    subscriber = linked(ex, ex.marketplaces[0])[0] if ex.marketplaces else None
    for number in range(4):
        ex.impl.record_usage(organization=made, amount=USAGE + number)
        if ex.has("credits"):
            ex.impl.grant_credits(organization=made, amount=Decimal("0.01"), expires_at=ex.now + (300 - number) * DAY)
        if ex.has("manual_deletion"):
            ex.impl.record_contact(organization=made)
        if subscriber is not None:
            ex.impl.record_usage(organization=subscriber, amount=USAGE - number)
        ex.wait(9 * DAY)
        if ex.has("card"):
            ex.impl.attempt_collection(organization=made)
    ex.wait(31 * DAY)
    for each in (made, subscriber):
        if each is not None:
            ex.impl.get_organization(organization=each)
