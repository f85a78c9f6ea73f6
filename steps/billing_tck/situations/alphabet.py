"""The alphabet of actions: each command of the contract with representative parameters, and moves of the clock.

An action that the contract leaves open in a situation is not played there: a second trial, a second linked
subscription, a card that answers before there is one, a deletion by hand while nothing is unpaid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from billing_tck.contract.values import (
    ZERO,
    AccountRef,
    InvoiceState,
    Offer,
    OrganizationCreated,
    OrganizationRef,
    ServiceState,
    SubscriptionRef,
    SubscriptionState,
    TrialState,
    UserRef,
)
from billing_tck.situations.deadlines import cycle_end
from billing_tck.situations.facts import Facts
from billing_tck.situations.labels import DONE, ending_of, label_of_call, label_of_wait
from billing_tck.situations.scene import Scene, attempted, called, seen
from billing_tck.steps.world import Caller

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MOST_SERVICES = 2
_CREDITS, _SMALL, _LARGE = Decimal(1000), Decimal(120), Decimal(10000)

Params = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Taken:
    """An action that was played: the label of its call, how it ended, and the scene after it."""

    label: str
    ending: str
    scene: Scene


@dataclass(frozen=True, slots=True)
class Action:
    """An action: what it does, in words, and how it is played; `play` returns None where it is not possible."""

    words: str
    play: Callable[[Caller, Scene], Taken | None]


def make_call(driver: Caller, scene: Scene, method: str, params: Params, offer: str | None = None) -> Taken:
    """Make a call about the organization."""
    outcome = attempted(driver, method, params)
    facts = scene.facts
    if facts is not None and not isinstance(outcome, Exception):
        facts = facts.after(method, params, scene.now)
    label = label_of_call(method, params, offer)
    return Taken(label, ending_of(outcome), seen(driver, replace(scene, facts=facts)))


def command(method: str, **params: object) -> Callable[[Caller, Scene], Taken | None]:
    """Return how a call about the organization is made."""

    def play(driver: Caller, scene: Scene) -> Taken | None:
        if scene.facts is None:
            return None
        return make_call(driver, scene, method, {"organization": scene.organization, **params})

    return play


def until(method: str, name: str, span: timedelta, **params: object) -> Callable[[Caller, Scene], Taken | None]:
    """Make a call with an instant that is counted from now."""
    return lambda driver, scene: command(method, **params, **{name: scene.now + span})(driver, scene)


def _create_organization(driver: Caller, scene: Scene) -> Taken | None:
    if scene.facts is not None:
        return None
    made = called(driver, "create_organization", {"name": "Acme"}, OrganizationCreated)
    new = replace(scene, admin=made.admin, facts=Facts(made.organization))
    return Taken("create_organization", DONE, seen(driver, new))


def _use_rest(driver: Caller, scene: Scene) -> Taken | None:
    """Use exactly what is left of the trial's credits, or of all others."""
    if scene.view is None:
        return None
    trial = scene.view.trial
    left = trial.credits_left if trial.state is TrialState.ACTIVE else None
    amount = left or sum((grant.left for grant in scene.view.credits if grant.expires_at > scene.now), ZERO)
    return command("record_usage", amount=amount)(driver, scene) if amount else None


def _start_trial(driver: Caller, scene: Scene) -> Taken | None:
    if scene.view is None or scene.view.trial.state is not TrialState.NONE:
        return None
    return command("start_trial", credits=Decimal(300))(driver, scene)


def _create_service(driver: Caller, scene: Scene) -> Taken | None:
    if scene.view is None or len(scene.view.services) >= MOST_SERVICES:
        return None
    return command("create_service", replica_memory_gib=8)(driver, scene)


def _service(method: str, first: ServiceState, **params: object) -> Callable[[Caller, Scene], Taken | None]:
    """Make a call about a service: the first one in a state, or else the first one."""

    def play(driver: Caller, scene: Scene) -> Taken | None:
        if scene.view is None or not scene.view.services:
            return None
        services = scene.view.services
        chosen = next((one for one in services if one.state is first), services[0])
        return make_call(driver, scene, method, {"service": chosen.service, **params})

    return play


def _set_card(behaviour: str) -> Callable[[Caller, Scene], Taken | None]:
    def play(driver: Caller, scene: Scene) -> Taken | None:
        if scene.view is None or not scene.view.card_on_file:
            return None
        return command("set_card_behaviour", behaviour=behaviour)(driver, scene)

    return play


def _pay_invoice(driver: Caller, scene: Scene) -> Taken | None:
    if scene.view is None:
        return None
    unpaid = [invoice.invoice for invoice in scene.view.invoices if invoice.state is InvoiceState.OPEN]
    return make_call(driver, scene, "pay_invoice", {"invoice": unpaid[0]}) if unpaid else None


def buy(driver: Caller, offer: Offer) -> str:
    """Buy a subscription on a new AWS account; return its identifier."""
    account = called(driver, "open_marketplace_account", {"marketplace": "aws"}, AccountRef).account
    bought = called(driver, "subscribe", {"account": account, "offer": offer.value}, SubscriptionRef)
    return bought.subscription


def _link(offer: Offer, role: str = "") -> Callable[[Caller, Scene], Taken | None]:
    """Link the organization, by its admin or by another member."""

    def play(driver: Caller, scene: Scene) -> Taken | None:
        if scene.facts is None or any(one.state is SubscriptionState.LINKED for one in scene.subscriptions):
            return None
        user = scene.admin
        if role:
            user = called(driver, "add_member", {"organization": scene.organization, "role": role}, UserRef).user
        params = {"subscription": buy(driver, offer), "user": user, "organization": scene.organization}
        return make_call(driver, scene, "link_subscription", params, offer)

    return play


def _link_new(offer: Offer) -> Callable[[Caller, Scene], Taken | None]:
    """Link a new organization, by a user who completes the registration first."""

    def play(driver: Caller, scene: Scene) -> Taken | None:
        if scene.facts is not None:
            return None
        user = called(driver, "register_user", {"email": "ada@example.com"}, UserRef).user
        for method in ("verify_email", "sign_in", "provide_business_info"):
            driver.call(method, {"user": user})
        params: Params = {"subscription": buy(driver, offer), "user": user}
        made = called(driver, "link_subscription", params, OrganizationRef).organization
        new = replace(scene, admin=user, facts=Facts(made).after("link_subscription", params, scene.now))
        return Taken(label_of_call("link_subscription", params, offer), DONE, seen(driver, new))

    return play


def _of_linked(method: str, offer: Offer | None, **params: object) -> Callable[[Caller, Scene], Taken | None]:
    """Make a call about the subscription that is linked."""

    def play(driver: Caller, scene: Scene) -> Taken | None:
        if scene.facts is None:
            return None
        for number, view in zip(scene.facts.subscriptions, scene.subscriptions, strict=True):
            if view.state is SubscriptionState.LINKED and offer in (None, view.offer):
                return make_call(driver, scene, method, {"subscription": number, **params})
        return None

    return play


def _sign_on_marketplace(driver: Caller, scene: Scene) -> Taken | None:
    params = {"organization": scene.organization, "credits": _CREDITS, "expires_at": scene.now + 90 * DAY}
    return _of_linked("sign_commitment", Offer.COMMITTED, **params)(driver, scene)


def _delete_data(driver: Caller, scene: Scene) -> Taken | None:
    return command("delete_data")(driver, scene) if scene.view is not None and scene.view.restricted else None


def wait_to(target_of: Callable[[Scene], datetime | None]) -> Callable[[Caller, Scene], Taken | None]:
    """Return how the clock is moved to an instant that depends on the scene."""

    def play(driver: Caller, scene: Scene) -> Taken | None:
        target = target_of(scene)
        if scene.view is None or target is None or target <= scene.now:
            return None
        label = label_of_wait(scene.view, scene.deadlines, scene.now, target)
        driver.call("advance_to", {"now": target})
        return Taken(label, DONE, seen(driver, replace(scene, now=target)))

    return play


def _deadline(number: int, beyond: timedelta) -> Callable[[Scene], datetime | None]:
    """Return the instant of the n-th deadline ahead, or one so long after it."""

    def target(scene: Scene) -> datetime | None:
        ahead = list(dict.fromkeys(at for at, _ in scene.deadlines if at > scene.now))
        return ahead[number] + beyond if len(ahead) > number else None

    return target


def _cycle_end(scene: Scene) -> datetime | None:
    return None if scene.view is None else cycle_end(scene.view)


ALPHABET: Mapping[str, Action] = MappingProxyType(
    {
        "create": Action("an organization is created", _create_organization),
        "link-new-payg": Action("a new organization is linked to a pay-as-you-go subscription", _link_new(Offer.PAYG)),
        "link-new-free-trial": Action(
            "a new organization is linked to a free trial on the marketplace", _link_new(Offer.FREE_TRIAL)
        ),
        "link-new-committed": Action(
            "a new organization is linked to a committed subscription", _link_new(Offer.COMMITTED)
        ),
        "start-trial": Action("a trial with credits of $300 begins", _start_trial),
        "choose-tier": Action("it chooses the tier scale", command("choose_tier", tier="scale")),
        "create-service": Action("it creates a service", _create_service),
        "start-service": Action("it starts a service", _service("start_service", ServiceState.STOPPED)),
        "stop-service": Action("it stops a service", _service("stop_service", ServiceState.RUNNING)),
        "scale-within": Action(
            "it scales a service to 64 GiB",
            _service("scale_service", ServiceState.RUNNING, replica_memory_gib=64),
        ),
        "scale-above": Action(
            "it scales a service to 124 GiB",
            _service("scale_service", ServiceState.RUNNING, replica_memory_gib=124),
        ),
        "use-small": Action("it uses $120", command("record_usage", amount=_SMALL)),
        "use-large": Action("it uses $10,000", command("record_usage", amount=_LARGE)),
        "use-rest": Action("it uses exactly what is left of its credits", _use_rest),
        "card-pays": Action("it adds a card that pays", command("add_card", behaviour="approves")),
        "card-fails": Action("it adds a card that is declined", command("add_card", behaviour="declines")),
        "card-now-pays": Action("its card pays from now on", _set_card("approves")),
        "card-now-fails": Action("its card is declined from now on", _set_card("declines")),
        "collect": Action("collection is attempted", command("attempt_collection")),
        "pay": Action("its oldest open invoice is paid", _pay_invoice),
        "link-payg": Action("its admin links a pay-as-you-go subscription", _link(Offer.PAYG)),
        "link-free-trial": Action("its admin links a free trial on the marketplace", _link(Offer.FREE_TRIAL)),
        "link-committed": Action("its admin links a committed subscription", _link(Offer.COMMITTED)),
        "link-by-developer": Action(
            "a developer tries to link a pay-as-you-go subscription", _link(Offer.PAYG, "developer")
        ),
        "end-subscription": Action("its subscription ends", _of_linked("end_subscription", None, cause="cancelled")),
        "sign-direct": Action(
            "it signs a commitment of $1,000 for 90 days",
            until("sign_commitment", "expires_at", 90 * DAY, credits=_CREDITS),
        ),
        "sign-marketplace": Action(
            "it signs a commitment of $1,000 for 90 days through its subscription", _sign_on_marketplace
        ),
        "grant-credits": Action(
            "it is granted credits of $120 for 60 days",
            until("grant_credits", "expires_at", 60 * DAY, amount=_SMALL),
        ),
        "extend": Action("it is granted an extension of 45 days", until("grant_extension", "until", 45 * DAY)),
        "contact": Action("the vendor contacts it", command("record_contact")),
        "delete": Action("the vendor deletes its data by hand", _delete_data),
        "wait-second-before": Action(
            "time passes to a second before the next deadline", wait_to(_deadline(0, -SECOND))
        ),
        "wait-to-deadline": Action("time passes to the next deadline", wait_to(_deadline(0, timedelta()))),
        "wait-past-deadline": Action("time passes to a day after the next deadline", wait_to(_deadline(0, DAY))),
        "wait-past-second": Action("time passes to a day after the deadline after that", wait_to(_deadline(1, DAY))),
        "wait-day": Action("a day passes", wait_to(lambda scene: scene.now + DAY)),
        "wait-46-days": Action("46 days pass", wait_to(lambda scene: scene.now + 46 * DAY)),
        "wait-cycle": Action("time passes to the end of the billing cycle", wait_to(_cycle_end)),
        "wait-long": Action("100 days pass", wait_to(lambda scene: scene.now + 100 * DAY)),
    }
)
"""The actions by name, in the order in which the search plays them."""
