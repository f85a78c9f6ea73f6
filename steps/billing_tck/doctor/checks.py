"""The checks of what is declared, what is answered, and how it is refused; each a small named function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from billing_tck.contract import ErrorKind, ImplementationError, Unsupported
from billing_tck.contract.capabilities import CAPABILITIES
from billing_tck.contract.values import CardBehaviour, Description, Marketplace, Offer, ServiceState
from billing_tck.doctor.cases import AFTER_A_CYCLE, BESIDE, CASES, DAY, PLENTY, USAGE, Case, always, organization
from billing_tck.doctor.session import Examination, Stopped, spoken
from billing_tck.text.preview import preview

UNKNOWN_METHOD = "no_such_method_of_the_contract"


class Unspeakable(Exception):
    """It does not describe itself: there is nothing more to examine. `reached`: there was an answer at all."""

    def __init__(self, *, reached: bool) -> None:
        super().__init__()
        self.reached = reached


def describes_itself(ex: Examination) -> None:
    """describe_implementation fits the contract and names capabilities, knobs and values that exist."""
    outcome = ex.ask("describe_implementation")
    called = spoken("describe_implementation", {})
    if isinstance(outcome, ImplementationError):
        ex.failed(outcome, called)
        raise Unspeakable(reached=outcome.kind in (ErrorKind.INVALID, ErrorKind.MALFORMED))
    if isinstance(outcome, Exception):
        came = f"{type(outcome).__name__.lower()}: {outcome}"
        ex.mend(called, came, "answer it: it is the first call of all, and every implementation describes itself")
        raise Unspeakable(reached=True)
    description = ex.description = cast("Description", outcome)
    for name in description.capabilities:
        if name not in CAPABILITIES:
            mend = f"write it as the contract does; it knows {', '.join(CAPABILITIES)}"
            ex.mend(called, f"the capability {preview(name)}, which the contract does not know", mend)
    for name, others in BESIDE.items():
        if ex.has(name) and not any(ex.has(other) for other in others):
            mend = f"declare {' or '.join(others)} too, or leave {name} out"
            ex.mend(called, f"{name}, which stands beside a marketplace that is not declared", mend)
    if len(set(description.capabilities)) < len(description.capabilities):
        ex.note(called, "a capability twice", "list each once")
    _knows_its_readings(ex, description, called)


def _knows_its_readings(ex: Examination, description: Description, called: str) -> None:
    knobs = {knob.name: [value.name for value in knob.values] for knob in ex.register.knobs}
    for name, value in description.readings.items():
        if name not in knobs:
            mend = "write it as `billing-tck readings` lists it, or leave it out"
            ex.mend(called, f"the reading {preview(name)}, which is no knob", mend)
        elif value not in knobs[name]:
            mend = f"declare one of {', '.join(knobs[name])} (`billing-tck readings {name}` says what they mean)"
            ex.mend(called, f"{name} = {preview(value)}, which is none of the knob's values", mend)


def answers_plain_calls(ex: Examination) -> None:
    """Each method that is always there, or that a declared capability brings, is done in a plain case."""
    stopped = _case(ex, (), always)
    for name, case in CASES.items():
        if ex.has(name) and not (name in BESIDE and not any(map(ex.has, BESIDE[name]))):
            stopped = _case(ex, (name,), case) or stopped
    if stopped is not None:
        raise stopped


def _case(ex: Examination, about: tuple[str, ...], case: Case) -> Stopped | None:
    ex.about = about
    try:
        ex.fresh()
        case(ex)
    except Stopped as stopped:
        return stopped
    finally:
        ex.about = tuple(ex.description.capabilities) if ex.description else ()
    return None


def declares_what_it_answers(ex: Examination) -> None:
    """What is not declared answers unsupported."""
    ex.fresh()
    made, _ = organization(ex)
    answered: dict[str, list[tuple[str, str]]] = {}
    for name in CASES:
        if ex.has(name) or name not in PROBES:
            continue
        method, params = PROBES[name]
        sent = params(ex, made)
        if sent is None:
            continue
        outcome = ex.ask(method, **sent)
        if not isinstance(outcome, Unsupported):
            kind = "an error" if isinstance(outcome, ImplementationError) else "an answer"
            answered.setdefault(kind, []).append((name, method))
    for kind, calls in answered.items():
        ex.note(
            ", ".join(dict.fromkeys(method for _, method in calls)),
            f"{kind}, although {', '.join(name for name, _ in calls)} is not declared; scenarios that need it are not "
            "applicable, and never passed",
            "declare what is meant to be there, and let the rest answer unsupported",
        )


Params = Callable[[Examination, str], dict[str, object] | None]


def _bought(offer: Offer) -> Params:
    def params(ex: Examination, made: str) -> dict[str, object] | None:
        if not ex.marketplaces or (offer is Offer.FREE_TRIAL and "aws" not in ex.marketplaces):
            return None
        marketplace = "aws" if offer is Offer.FREE_TRIAL else ex.marketplaces[0]
        account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace)).account
        return {"account": account, "offer": offer}

    return params


PROBES: Mapping[str, tuple[str, Params]] = MappingProxyType(
    {
        "trial": ("start_trial", lambda _, made: {"organization": made, "credits": PLENTY}),
        "card": ("add_card", lambda _, made: {"organization": made, "behaviour": CardBehaviour.APPROVES}),
        "marketplace.aws": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.AWS}),
        "marketplace.gcp": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.GCP}),
        "marketplace.azure": ("open_marketplace_account", lambda *_: {"marketplace": Marketplace.AZURE}),
        "aws_free_trial": ("subscribe", _bought(Offer.FREE_TRIAL)),
        "commitment.marketplace": ("subscribe", _bought(Offer.COMMITTED)),
        "commitment.direct": (
            "sign_commitment",
            lambda ex, made: {"organization": made, "credits": PLENTY, "expires_at": ex.now + 60 * DAY},
        ),
        "credits": (
            "grant_credits",
            lambda ex, made: {"organization": made, "amount": PLENTY, "expires_at": ex.now + 60 * DAY},
        ),
        "onboarding": ("register_user", lambda *_: {"email": "ada@example.com"}),
        "extension": ("grant_extension", lambda ex, made: {"organization": made, "until": ex.now + 60 * DAY}),
        "manual_deletion": ("record_contact", lambda _, made: {"organization": made}),
    }
)
"""The first call of each capability but pay_invoice, which needs an invoice."""


def knows_what_it_has_not(ex: Examination) -> None:
    """A method that the contract does not know is answered with -32601 on the wire."""
    if ex.driver.in_process:
        raise Stopped("it is asked on the wire alone")
    try:
        outcome: object = ex.ask(UNKNOWN_METHOD)
    except KeyError:  # a result, of which the kit cannot know the type
        outcome = "a result"
    if not isinstance(outcome, Unsupported):
        came = outcome if isinstance(outcome, str) else f"{type(outcome).__name__}: {outcome}"
        mend = "answer a method that you do not have with error code -32601, so that a later version of the contract "
        ex.mend(spoken(UNKNOWN_METHOD, {}), came, mend + "may ask for more than you know")


def refuses_in_the_contracts_words(ex: Examination) -> None:
    """A refusal is a refusal, with a reason that the contract knows; whether it is due is for the run to say."""
    before = ex.refusals
    ex.fresh()
    made, service = organization(ex)
    if ex.has("card"):
        ex.impl.add_card(organization=made, behaviour=CardBehaviour.DECLINES)
    ex.impl.record_usage(organization=made, amount=USAGE)
    ex.impl.stop_service(service=service)
    ex.wait(AFTER_A_CYCLE)
    restricted = ex.impl.get_organization(organization=made).restricted
    if restricted:
        ex.may_be_refused("start_service", service=service)
    if ex.has("trial"):
        ex.fresh()
        made, service = organization(ex)
        ex.impl.start_trial(organization=made, credits=PLENTY)
        ex.wait(33 * DAY)
        shown = ex.impl.get_organization(organization=made).services
        if any(each.service == service and each.state is ServiceState.STOPPED for each in shown):
            ex.may_be_refused("start_service", service=service)
    if ex.has("onboarding"):
        user = ex.impl.register_user(email="grace@example.com").user
        ex.may_be_refused("sign_in", user=user)
        for marketplace in ex.marketplaces[:1]:
            account = ex.impl.open_marketplace_account(marketplace=Marketplace(marketplace), may_purchase=False).account
            ex.may_be_refused("subscribe", account=account, offer=Offer.PAYG)
    if ex.refusals == before:
        ex.note(
            "start_service of a stopped service, where something is unpaid or a trial is over",
            "no refusal anywhere" if restricted else "no refusal anywhere, and no organization that is restricted",
            "nothing, if the rules are still to be filled: the form of a refusal could not be looked at, and whether "
            "one is due is for `billing-tck run` to say",
        )
