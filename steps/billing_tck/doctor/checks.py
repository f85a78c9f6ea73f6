"""Checks of declarations, answers and refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from billing_tck.contract import ErrorKind, ImplementationError, Unsupported
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import CardBehaviour, Description, Marketplace, Offer, ServiceState
from billing_tck.doctor.cases import (
    CASES,
    DAY,
    LARGE_CREDITS,
    MORE_THAN_A_CYCLE,
    REQUIRES_ONE_OF,
    USAGE,
    Case,
    always,
    organization,
)
from billing_tck.doctor.session import DoctorSession, Stopped, format_call
from billing_tck.text.preview import preview

UNKNOWN_METHOD = "no_such_method_of_the_contract"


class NotDescribed(Exception):
    """The implementation does not describe itself, so nothing else is checked; `reached` says whether it answered."""

    def __init__(self, *, reached: bool) -> None:
        super().__init__()
        self.reached = reached


def describes_itself(session: DoctorSession) -> None:
    """Check that describe_implementation fits the contract and names existing capabilities, knobs and values."""
    outcome = session.ask("describe_implementation")
    call = format_call("describe_implementation", {})
    if isinstance(outcome, ImplementationError):
        session.failed(outcome, call)
        raise NotDescribed(reached=outcome.kind in (ErrorKind.INVALID, ErrorKind.MALFORMED))
    if isinstance(outcome, Exception):
        outcome = f"{type(outcome).__name__.lower()}: {outcome}"
        session.report(call, outcome, "implement it: it is the first call of every run, and required")
        raise NotDescribed(reached=True)
    description = session.description = cast("Description", outcome)
    for name in description.capabilities:
        if name not in CAPABILITIES:
            fix = f"use a name of the contract: {', '.join(CAPABILITIES)}"
            session.report(call, f"the capability {preview(name)}, which is not part of the contract", fix)
    for name, others in REQUIRES_ONE_OF.items():
        if session.has(name) and not any(session.has(other) for other in others):
            fix = f"declare {' or '.join(others)} too, or remove {name}"
            session.report(call, f"{name} without the marketplace that it needs", fix)
    if len(set(description.capabilities)) < len(description.capabilities):
        session.note(call, "a capability is listed twice", "list each capability once")
    _knows_its_readings(session, description, call)


def _knows_its_readings(session: DoctorSession, description: Description, call: str) -> None:
    knobs = {knob.name: [value.name for value in knob.values] for knob in session.register.knobs}
    for name, value in description.readings.items():
        if name not in knobs:
            fix = "use a name that `billing-tck readings` lists, or remove it"
            session.report(call, f"the reading {preview(name)}, which is not a knob", fix)
        elif value not in knobs[name]:
            fix = f"declare one of {', '.join(knobs[name])} (`billing-tck readings {name}` explains them)"
            session.report(call, f"{name} = {preview(value)}, which is not a value of the knob", fix)


def answers_plain_calls(session: DoctorSession) -> None:
    """Check that each required method, and each method of a declared capability, works in a simple case."""
    stopped = _case(session, (), always)
    for name, case in CASES.items():
        if session.has(name) and not (name in REQUIRES_ONE_OF and not any(map(session.has, REQUIRES_ONE_OF[name]))):
            stopped = _case(session, (name,), case) or stopped
    if stopped is not None:
        raise stopped


def _case(session: DoctorSession, about: tuple[str, ...], case: Case) -> Stopped | None:
    session.about = about
    try:
        session.fresh()
        case(session)
    except Stopped as stopped:
        return stopped
    finally:
        session.about = tuple(session.description.capabilities) if session.description else ()
    return None


def declares_what_it_answers(session: DoctorSession) -> None:
    """Check that methods of undeclared capabilities answer unsupported."""
    session.fresh()
    made, _ = organization(session)
    answered: dict[str, list[tuple[str, str]]] = {}
    for name in CASES:
        if session.has(name) or name not in PROBES:
            continue
        method, params = PROBES[name]
        sent = params(session, made)
        if sent is None:
            continue
        outcome = session.ask(method, **sent)
        if not isinstance(outcome, Unsupported):
            kind = "an error" if isinstance(outcome, ImplementationError) else "an answer"
            answered.setdefault(kind, []).append((name, method))
    for kind, calls in answered.items():
        session.note(
            ", ".join(dict.fromkeys(method for _, method in calls)),
            f"{kind}, although {', '.join(name for name, _ in calls)} is not declared; scenarios that need it are "
            "not applicable",
            "declare what the system supports, and answer unsupported for the rest",
        )


Params = Callable[[DoctorSession, str], dict[str, object] | None]


def _bought(offer: Offer) -> Params:
    def params(session: DoctorSession, made: str) -> dict[str, object] | None:
        if not session.marketplaces or (offer is Offer.FREE_TRIAL and "aws" not in session.marketplaces):
            return None
        marketplace = "aws" if offer is Offer.FREE_TRIAL else session.marketplaces[0]
        account = session.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
        return {"account": account, "offer": offer}

    return params


PROBES: Mapping[str, tuple[str, Params]] = MappingProxyType(
    {
        "trial": ("start_trial", lambda _, made: {"organization": made, "credits": LARGE_CREDITS}),
        "card": ("add_card", lambda _, made: {"organization": made, "behaviour": CardBehaviour.APPROVES}),
        "marketplace.aws": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.AWS}),
        "marketplace.gcp": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.GCP}),
        "marketplace.azure": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.AZURE}),
        "aws_free_trial": ("subscribe", _bought(Offer.FREE_TRIAL)),
        "commitment.marketplace": ("subscribe", _bought(Offer.COMMITTED)),
        "commitment.direct": (
            "sign_commitment",
            lambda session, made: {
                "organization": made,
                "credits": LARGE_CREDITS,
                "expires_at": session.now + 60 * DAY,
            },
        ),
        "credits": (
            "grant_credits",
            lambda session, made: {"organization": made, "amount": LARGE_CREDITS, "expires_at": session.now + 60 * DAY},
        ),
        "onboarding": ("register_user", lambda *_: {"email": "ada@example.com"}),
        "extension": ("grant_extension", lambda session, made: {"organization": made, "until": session.now + 60 * DAY}),
        "manual_deletion": ("record_contact", lambda _, made: {"organization": made}),
    }
)
"""The first call of each capability except pay_invoice, which needs an invoice."""


def unknown_methods_are_unsupported(session: DoctorSession) -> None:
    """Check that an unknown method is answered with -32601 on the wire."""
    if session.driver.in_process:
        raise Stopped("checked on the wire only")
    try:
        outcome: object = session.ask(UNKNOWN_METHOD)
    except KeyError:  # a result: the contract gives it no type
        outcome = "a result"
    if not isinstance(outcome, Unsupported):
        outcome = outcome if isinstance(outcome, str) else f"{type(outcome).__name__}: {outcome}"
        fix = "answer unknown methods with error code -32601, so that a later version of the contract "
        session.report(format_call(UNKNOWN_METHOD, {}), outcome, fix + "can add methods")


def refuses_in_the_contracts_words(session: DoctorSession) -> None:
    """Check that refusals have a reason of the contract; whether a refusal is due is checked by `billing-tck run`."""
    before = session.refusals
    session.fresh()
    made, service = organization(session)
    if session.has("card"):
        session.impl.add_card(organization=made, behaviour=CardBehaviour.DECLINES)
    session.impl.record_usage(organization=made, amount=USAGE)
    session.impl.stop_service(service=service)
    session.wait(MORE_THAN_A_CYCLE)
    restricted = session.impl.get_organization(organization=made).restricted
    if restricted:
        session.may_be_refused("start_service", service=service)
    if session.has("trial"):
        session.fresh()
        made, service = organization(session)
        session.impl.start_trial(organization=made, credits=LARGE_CREDITS)
        session.wait(33 * DAY)
        shown = session.impl.get_organization(organization=made).services
        if any(each.service == service and each.state is ServiceState.STOPPED for each in shown):
            session.may_be_refused("start_service", service=service)
    if session.has("onboarding"):
        user = session.impl.register_user(email="grace@example.com").user
        session.may_be_refused("sign_in", user=user)
        for marketplace in session.marketplaces[:1]:
            account = session.impl.open_marketplace_account(
                marketplace=Marketplace(marketplace), may_purchase=False
            ).account
            session.may_be_refused("subscribe", account=account, offer=Offer.PAYG)
    if session.refusals == before:
        session.note(
            "start_service of a stopped service, after non-payment or the end of a trial",
            "no call was refused" if restricted else "no call was refused, and no organization was restricted",
            "nothing, if the rules are not implemented yet; the form of a refusal was not checked, and whether one is "
            "due is checked by `billing-tck run`",
        )
