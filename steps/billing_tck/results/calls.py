"""The calls of a scenario, and the dated sentences that describe them: one template for each method of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from billing_tck.contract import READS, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import CardBehaviour
from billing_tck.text.format import format_duration, format_instant, format_value

Naming = Mapping[tuple[str, str], str]
"""(kind of object, identifier) -> its name in the scenario."""


class Entry(NamedTuple):
    """One call: the instant of the clock, the method, its parameters and its outcome.

    `outcome` is the returned value, or the exception: `Refused`, `Unsupported` or `ImplementationError`.
    For a call that moves the clock, `at` is the instant after the move.
    """

    at: datetime
    method: str
    params: Mapping[str, object]
    outcome: object


SENTENCES: Mapping[str, str] = {
    "describe_implementation": "the implementation describes itself",
    "reset": "the implementation is reset",
    "register_user": "a user registers as {email}",
    "verify_email": "the address of {user} is verified",
    "sign_in": "{user} signs in",
    "provide_business_info": "{user} gives the business information",
    "create_organization": "{organization} is created",
    "add_member": "{user} joins {organization} as {role}",
    "start_trial": "the trial of {organization} begins, with credits of {credits}",
    "choose_tier": "{organization} chooses the tier {tier}",
    "create_service": "{organization} creates {service}[ ({replica_memory_gib} GiB a replica)]",
    "start_service": "{service} is started",
    "stop_service": "{service} is stopped",
    "scale_service": "{service} is scaled to {replica_memory_gib} GiB a replica",
    "record_usage": "usage of {amount} by {organization}[ ({item})]",
    "add_card": "{organization} puts a card on file ({behaviour}[ {available_credit}])",
    "set_card_behaviour": "the card of {organization} {behaviour}[ {available_credit}]",
    "attempt_collection": "collection is attempted for {organization}",
    "pay_invoice": "{invoice} is paid in full by other means",
    "open_marketplace_account": "{account} is opened on {marketplace}",
    "subscribe": "{account} buys {subscription} ({offer}[, purchase order {purchase_order}])",
    "link_subscription": "{user} links {subscription} to {organization}",
    "end_subscription": "{subscription} ends ({cause})",
    "sign_commitment": "{organization} signs a commitment of {credits}, until {expires_at}[, under {subscription}]",
    "grant_credits": "{organization} is granted credits of {amount}, until {expires_at}",
    "grant_extension": "{organization} is granted an extension until {until}",
    "record_contact": "the vendor contacts {organization}",
    "delete_data": "the vendor deletes the data of {organization}",
    "get_organization": "{organization} is read",
    "get_subscription": "{subscription} is read",
}
"""A field is a parameter or a field of the result. A part in brackets is left out if one of its fields is unknown."""

CARD_PHRASES: Mapping[CardBehaviour, str] = {
    CardBehaviour.APPROVES: "will be approved",
    CardBehaviour.DECLINES: "will be declined",
    CardBehaviour.EXPIRED: "has expired",
    CardBehaviour.INVALID: "is invalid",
    CardBehaviour.LIMITED: "covers up to",
}
"""The card's behaviour, as steps and sentences state it; `covers up to` comes before the available credit."""

OBJECTS = frozenset({"organization", "user", "service", "invoice", "account", "subscription", "commitment", "grant"})
KIND_OF_FIELD = {"admin": "user"}
_LONGEST = 100
FEW_STEPS = 4
"""Up to this number of equal moves of the clock are listed; more become one line."""


def describe_calls(entries: Sequence[Entry], names: Naming, *, reads: bool = False) -> tuple[tuple[datetime, str], ...]:
    """Return the entries as (instant, sentence); calls about one subject at one instant share a sentence.

    Calls that only read are left out unless `reads`, and so is the first reset.
    """
    lines: list[tuple[datetime, str]] = []
    before: datetime | None = None
    speaking_of = ""
    steps: list[datetime] = []  # equal moves of the clock with no other call in between
    for entry in entries:
        if entry.method == "advance_to" and before is not None and not isinstance(entry.outcome, Exception):
            regular = not steps or entry.at - steps[-1] == steps[-1] - steps[-2]
            steps = [*steps, entry.at] if steps and regular else [before, entry.at]
            if len(steps) > FEW_STEPS:
                del lines[1 - FEW_STEPS if len(steps) == FEW_STEPS + 1 else -1 :]
                lines.append((entry.at, _many_steps(steps)))
                before = entry.at
                continue
        elif entry.method not in READS:
            steps = []
        first_reset = entry.method == "reset" and before is None
        happened = entry.method not in READS and not first_reset
        if happened or reads or isinstance(entry.outcome, Exception):
            subject, sentence = _sentence(entry, names, before)
            at, last = lines[-1] if lines else (None, "")
            joined = f"{last}, {sentence.removeprefix(subject).lstrip()}"
            if subject and subject == speaking_of and at == entry.at and len(joined) <= _LONGEST:
                lines[-1] = (entry.at, joined)
            else:
                lines.append((entry.at, sentence))
            speaking_of = subject
        before = entry.at
    return tuple(lines)


def _many_steps(steps: Sequence[datetime]) -> str:
    whole, each = format_duration(steps[-1] - steps[0]), format_duration(steps[1] - steps[0])
    return f"{whole} later, in {len(steps) - 1} steps of {each}"


def render(lines: Iterable[tuple[datetime, str]]) -> list[str]:
    """Return lines of (instant, sentence) as text, with the instants in a column; an instant is printed once."""
    dated = [(format_instant(at), sentence) for at, sentence in lines]
    width = max((len(at) for at, _ in dated), default=0)
    text, last = [], ""
    for at, sentence in dated:
        text.append(f"{at if at != last else '':>{width}}  {sentence}")
        last = at
    return text


def _sentence(entry: Entry, names: Naming, before: datetime | None) -> tuple[str, str]:
    """Return the subject of the sentence, empty if it does not begin with one, and the sentence."""
    subject = ""
    if entry.method == "advance_to":
        sentence = f"{format_duration(entry.at - (before or entry.at))} later"
    else:
        template, fields = SENTENCES[entry.method], _fields(entry, names)
        sentence = _fill(template, fields)
        if template.startswith("{"):
            subject = fields.get(_names_in(template)[0], "")
    match entry.outcome:
        case Refused():
            return subject, f"{sentence}: refused ({entry.outcome.reason})"
        case Unsupported():
            return subject, f"{sentence}: unsupported"
        case ImplementationError():
            return subject, f"{sentence}: no answer ({entry.outcome.kind})"
        case _:
            return subject, sentence


def _fields(entry: Entry, names: Naming) -> dict[str, str]:
    given: dict[str, object] = dict(entry.params)
    if not isinstance(entry.outcome, Exception):
        for field in getattr(entry.outcome, "__slots__", ()):
            given.setdefault(field, getattr(entry.outcome, field))
    formatted = {}
    for field, value in given.items():
        kind = KIND_OF_FIELD.get(field, field)
        if kind in OBJECTS and isinstance(value, str):
            formatted[field] = names.get((kind, value)) or f"{kind} {value}"
        elif field == "behaviour" and isinstance(value, str) and value in set(CardBehaviour):
            formatted[field] = CARD_PHRASES[CardBehaviour(value)]
        elif value is not None:
            formatted[field] = format_value(value)
    if entry.method == "create_organization" and "organization" not in formatted:
        formatted["organization"] = f"an organization {formatted.get('name', '')}".rstrip()
    return formatted


def _fill(template: str, fields: Mapping[str, str]) -> str:
    """Return the template with its fields filled in; drop a part in brackets if one of its fields is unknown."""
    text = ""
    rest = template
    while "[" in rest:
        head, _, tail = rest.partition("[")
        optional, _, rest = tail.partition("]")
        text += _put(head, fields)
        known = all(name in fields for name in _names_in(optional))
        text += _put(optional, fields) if known else ""
    return text + _put(rest, fields)


def _put(part: str, fields: Mapping[str, str]) -> str:
    return part.format_map({name: fields.get(name) or _unnamed(name) for name in _names_in(part)})


def _unnamed(field: str) -> str:
    return f"{'an' if field[0] in 'aeiou' else 'a'} {field}"


def _names_in(part: str) -> list[str]:
    return [piece.partition("}")[0] for piece in part.split("{")[1:]]
