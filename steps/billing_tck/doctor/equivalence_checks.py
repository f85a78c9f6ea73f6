"""Play one eventful history in jumps, in daily steps, and with reads on the way: the end state must be the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from billing_tck.contract.encode import encode
from billing_tck.contract.values import CardBehaviour
from billing_tck.contract.wire import Json
from billing_tck.doctor.cases import DAY, LARGE_CREDITS, USAGE, linked, organization
from billing_tck.doctor.session import DoctorSession
from billing_tck.text.preview import preview

LEGS = (3, 37, 40)  # days between one round of usage and the next: past the ends of two cycles, a stop and a deletion
READ_EVERY = 5  # days, where it is read on the way
SHOWN = 3  # differences of one comparison
READING = "read without effect: carry out what is due in advance_to, before it returns"

View = dict[str, Json]


def live(session: DoctorSession, *, step: timedelta | None = None, reading: bool = False) -> dict[str, View]:
    """Play the history and return the final views by the name of the organization, with identifiers replaced by names.

    `step` is how far the clock moves in one call; None: from one round of usage to the next.
    """
    session.fresh()
    organizations, subscriptions = _people(session)
    names = dict(_names(organizations, subscriptions))
    days = 0
    for leg in LEGS:
        for made in organizations.values():
            session.impl.record_usage(organization=made, amount=USAGE)
        end = session.now + leg * DAY
        while session.now < end:
            session.impl.advance_to(now=end if step is None else min(end, session.now + step))
            days += 1
            if reading and days % READ_EVERY == 0:
                for made in organizations.values():
                    session.impl.get_organization(organization=made)
    views: dict[str, Json] = {
        name: encode(session.impl.get_organization(organization=made)) for name, made in organizations.items()
    }
    for name, bought in subscriptions.items():
        views[f"the subscription of {name}"] = encode(session.impl.get_subscription(subscription=bought))
    return {name: view for name, shown in views.items() if isinstance(view := _plain(shown, names), dict)}


def _people(session: DoctorSession) -> tuple[dict[str, str], dict[str, str]]:
    """Create one organization for each declared way to pay; return them, and their subscriptions."""
    made = {"the organization without a billing method": organization(session, "No billing method")[0]}
    bought: dict[str, str] = {}
    if session.has("trial"):
        name = "the organization on trial"
        made[name] = organization(session, "Trial")[0]
        session.impl.start_trial(organization=made[name], credits=LARGE_CREDITS)
    if session.has("card"):
        for behaviour in (CardBehaviour.APPROVES, CardBehaviour.DECLINES):
            name = f"the organization whose card {behaviour}"
            made[name] = organization(session, f"Card {behaviour}")[0]
            session.impl.add_card(organization=made[name], behaviour=behaviour)
    if session.marketplaces:
        name = f"the organization billed through {session.marketplaces[0]}"
        made[name], bought[name] = linked(session, session.marketplaces[0])
    if session.has("credits"):
        name = "the organization with credits"
        made[name] = organization(session, "Credits")[0]
        for amount, days in ((Decimal("75.00"), 20), (Decimal("40.10"), 50), (Decimal("12.34"), 400)):
            session.impl.grant_credits(organization=made[name], amount=amount, expires_at=session.now + days * DAY)
    if session.has("commitment.direct"):
        name = "the organization with a contract"
        made[name] = organization(session, "Contract")[0]
        session.impl.sign_commitment(organization=made[name], credits=LARGE_CREDITS, expires_at=session.now + 50 * DAY)
    return made, bought


def _names(organizations: Mapping[str, str], subscriptions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, identifier in organizations.items():
        yield identifier, name
    for name, identifier in subscriptions.items():
        yield identifier, f"the subscription of {name}"


def _plain(value: Json, names: Mapping[str, str], field: str = "") -> Json:
    """Remove what may differ between sessions: identifiers, and the order of simultaneous entries."""
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
    """Return where two final states differ: whose view, which field, and both values."""
    found = []
    for name, view in one.items():
        for path, mine, yours in fields_of(view, other.get(name)):
            found.append((name, path, mine, yours))
    return found


def fields_of(one: Json, other: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Yield the fields in which two JSON values differ: the path, and both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name, value in one.items():
            yield from fields_of(value, other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, yours) in enumerate(zip(one, other, strict=True)):
            yield from fields_of(mine, yours, f"{path}[{number}]")
    elif one != other:
        yield path, one, other


def ends_alike_in_jumps_and_steps(session: DoctorSession) -> None:
    """Check that eighty days end in the same state in three jumps, in daily steps, and with reads on the way."""
    jumped = live(session)
    stepped = live(session, step=DAY)
    _alike(
        session,
        "advance_to in jumps of up to 40 days, and in daily steps",
        ("after the jumps", jumped),
        ("after daily steps", stepped),
        "carry out everything that falls due up to `now` in the order of the due times, and date each event by its "
        "due time: not once per call, and not at the instant of the call",
    )
    read = live(session, step=DAY, reading=True)
    _alike(
        session,
        "get_organization on the way",
        ("without reads", stepped),
        ("with reads", read),
        READING,
    )


def _alike(
    session: DoctorSession,
    call: str,
    one: tuple[str, Mapping[str, View]],
    other: tuple[str, Mapping[str, View]],
    fix: str,
) -> None:
    found = differences(one[1], other[1])
    if not found:
        return
    shown = [
        f"{who}: {path} is {preview(mine)} {one[0]}, {preview(yours)} {other[0]}" for who, path, mine, yours in found
    ]
    more = f"; and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    session.report(call, "; ".join(shown[:SHOWN]) + more, fix, key=call)


def orders_its_lists(session: DoctorSession) -> None:
    """Check that repeated events are listed in chronological order."""
    session.fresh()
    made, _ = organization(session)
    if session.has("card"):
        session.impl.add_card(organization=made, behaviour=CardBehaviour.DECLINES)
    subscriber = linked(session, session.marketplaces[0])[0] if session.marketplaces else None
    for number in range(4):
        session.impl.record_usage(organization=made, amount=USAGE + number)
        if session.has("credits"):
            session.impl.grant_credits(
                organization=made, amount=Decimal("0.01"), expires_at=session.now + (300 - number) * DAY
            )
        if session.has("manual_deletion"):
            session.impl.record_contact(organization=made)
        if subscriber is not None:
            session.impl.record_usage(organization=subscriber, amount=USAGE - number)
        session.wait(9 * DAY)
        if session.has("card"):
            session.impl.attempt_collection(organization=made)
    session.wait(31 * DAY)
    for each in (made, subscriber):
        if each is not None:
            session.impl.get_organization(organization=each)
