"""Express one command of a history as a step: a table of the contract's methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from billing_tck.contract.values import CardBehaviour
from billing_tck.explorer.history import IDENTIFIERS, INSTANTS, Command
from billing_tck.explorer.scenario_names import NotExpressible, ObjectNames
from billing_tck.spec.gherkin import Kind
from billing_tck.steps import (
    aws_onboarding,
    card_billing,
    commitments,
    marketplace,
    organization_state,
    organizations,
    time_passing,
    trial,
    unpaid_invoices,
)
from billing_tck.steps.parameter_types import (
    ACCOUNTS,
    ADMINS,
    DEVELOPER,
    NEW_USER,
    ORGANIZATIONS,
    SUBSCRIPTIONS,
    CardResponse,
)
from billing_tck.steps.registry import StepArgumentError, phrase

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a scenario.

    `kind` is None where the step may be a Given as well as a When. `method` is the method of the contract if the step
    is one command, and empty if it is several. `waits` says that the step moves the clock.
    """

    kind: Kind | None
    text: str
    method: str = ""
    waits: bool = False


@dataclass(slots=True)
class Context:
    """Where a history stands: the clock, and the names of what was made."""

    now: datetime
    names: ObjectNames = field(default_factory=ObjectNames)

    def value(self, command: Command, parameter: str) -> object:
        """Return a parameter as steps take it: a name for a label, an instant for a span. Raises NotExpressible."""
        value = command.named[parameter]
        if parameter == "service":
            return self.names.service(value)
        if parameter in IDENTIFIERS:
            return self.names.of(value)
        return self.now + value if parameter in INSTANTS and isinstance(value, timedelta) else value


def render(function: Callable[..., None], **arguments: object) -> str:
    """Return the text of a step. Raises NotExpressible where a value has no words."""
    try:
        return phrase(function, **arguments)
    except StepArgumentError as error:
        raise NotExpressible(str(error)) from None


LineOf = Callable[[Context, Command, bool], Line]


# Methods with one step each


def _does(step: Callable[..., None], *same: str, kind: Kind | None = None, **renamed: str) -> LineOf:
    """Return the function for a step that does a command; `renamed` are the step's names for parameters."""
    arguments = {**dict(zip(same, same, strict=True)), **renamed}

    def line(context: Context, command: Command, refused: bool) -> Line:
        del refused
        return Line(kind, render(step, **{name: context.value(command, of) for name, of in arguments.items()}))

    return line


def _judges(step: Callable[..., None], *same: str, **renamed: str) -> LineOf:
    """Return the function for a step that does a command and checks whether it is refused."""
    arguments = {**dict(zip(same, same, strict=True)), **renamed}

    def line(context: Context, command: Command, refused: bool) -> Line:
        values = {name: context.value(command, of) for name, of in arguments.items()}
        return Line("then", render(step, **values, can=not refused))

    return line


def _by_new_user(step: Callable[..., None], judged: Callable[..., None] | None = None) -> LineOf:
    """Return the function for a step that the new user does; `judged` is the one that checks a refusal."""

    def line(context: Context, command: Command, refused: bool) -> Line:
        name = context.names.of(command.named["user"])
        if name != NEW_USER:
            raise NotExpressible(f"no step calls {command.method} for {name}")
        if refused and judged is not None:
            return Line("then", render(judged, can=False))
        return Line(None, render(step))

    return line


# Methods with several steps


def _advance(context: Context, command: Command, refused: bool) -> Line:
    del refused
    span = command.wait or timedelta()
    context.now += span
    text = render(time_passing.it_is, instant=context.now) if span % DAY else time_passing.wait_phrase(span)
    return Line(None, text, waits=True)


def _create_organization(context: Context, command: Command, refused: bool) -> Line:
    del refused
    name = context.names.give_organization(command.makes[0], command.makes[1] if len(command.makes) > 1 else None)
    return Line("given", render(organizations.bare_organization, organization=name))


def _create_service(context: Context, command: Command, refused: bool) -> Line:
    owner = context.value(command, "organization")
    if refused:
        return Line("then", render(organization_state.can_create, organization=owner, can=False))
    context.names.give_service(command.makes[0], str(command.named["organization"]))
    return Line(None, render(organizations.creates_service, organization=owner))


def _start_service(context: Context, command: Command, refused: bool) -> Line:
    if refused:
        return _judges(organization_state.can_be_started, "service")(context, command, refused)
    return _does(organizations.organization_starts, "service")(context, command, refused)


def _record_usage(context: Context, command: Command, refused: bool) -> Line:
    if "item" in command.named:
        return _does(organizations.uses_item, "organization", "amount", "item")(context, command, refused)
    return _does(organizations.uses, "organization", "amount")(context, command, refused)


def _with_card(step: Callable[..., None]) -> LineOf:
    def line(context: Context, command: Command, refused: bool) -> Line:
        del refused
        credit = command.named.get("available_credit")
        card = CardResponse(
            CardBehaviour(str(command.named["behaviour"])), credit if isinstance(credit, Decimal) else None
        )
        return Line(None, render(step, organization=context.value(command, "organization"), card=card))

    return line


def _sign_commitment(context: Context, command: Command, refused: bool) -> Line:
    step: Callable[..., None] = commitments.signs_directly
    if "subscription" in command.named:
        own = marketplace.subscription_for(str(context.value(command, "organization")))
        if context.value(command, "subscription") != own:
            raise NotExpressible(f"a private offer on another subscription than {own}")
        step = commitments.signs_through_subscription
    return _does(step, "organization", amount="credits", until="expires_at")(context, command, refused)


def _open_account(context: Context, command: Command, refused: bool) -> Line:
    del refused
    step: Callable[..., None] = aws_onboarding.account_on
    if command.named.get("may_purchase") is False:
        step = aws_onboarding.account_without_right
    elif command.named.get("signed_in") is False:
        step = aws_onboarding.account_signed_out
    account = context.names.give("account", command.makes[0], ACCOUNTS)
    return Line("given", render(step, account=account, marketplace=command.named["marketplace"]))


def _subscribe(context: Context, command: Command, refused: bool) -> Line:
    if refused:
        return _judges(aws_onboarding.can_subscribe, "account", "offer")(context, command, refused)
    context.names.give("subscription", command.makes[0], SUBSCRIPTIONS)
    if "purchase_order" in command.named:
        step = _does(aws_onboarding.subscribes_with_order, "account", "offer", order="purchase_order")
        return step(context, command, refused)
    return _does(aws_onboarding.subscribes, "account", "offer")(context, command, refused)


def _link_subscription(context: Context, command: Command, refused: bool) -> Line:
    names = context.names
    person, bought = names.of(command.named["user"]), names.of(command.named["subscription"])
    organization = names.of(command.named["organization"]) if "organization" in command.named else None
    if refused:
        return Line("then", can_link(person, bought, organization, can=False))
    if organization is None:  # the new organization takes the name of the one before
        names.counts |= {"organization": max(1, names.counts.get("organization", 0)), "admin": 1}
        names.take(command.makes[0], ORGANIZATIONS[0])
        names.take(str(command.named["user"]), ADMINS[0])
    target = organization or aws_onboarding.NEW_ORGANIZATION
    return Line(None, render(aws_onboarding.links, person=person, subscription=bought, organization=target))


def can_link(person: str, subscription: str, organization: str | None, *, can: bool) -> str:
    """Return the step that checks whether a link is refused; None stands for a new organization."""
    if organization is None:
        return render(aws_onboarding.can_link_new, person=person, subscription=subscription, can=can)
    return render(aws_onboarding.can_link, person=person, subscription=subscription, organization=organization, can=can)


def _register_user(context: Context, command: Command, refused: bool) -> Line:
    del refused
    context.names.give("person", command.makes[0], (NEW_USER,))
    return Line(None, render(aws_onboarding.registers))


def _add_member(context: Context, command: Command, refused: bool) -> Line:
    del refused
    if context.value(command, "organization") != ORGANIZATIONS[0]:
        raise NotExpressible("no step adds a member to the other organization")
    if command.named["role"] == "developer":
        context.names.spoken[command.makes[0]] = DEVELOPER
        return Line("given", render(aws_onboarding.developer))
    context.names.take(command.makes[0], ADMINS[0])
    return Line("given", render(aws_onboarding.second_admin))


LINES: Mapping[str, LineOf] = MappingProxyType(
    {
        "advance_to": _advance,
        "create_organization": _create_organization,
        "create_service": _create_service,
        "start_service": _start_service,
        "stop_service": _does(organizations.organization_stops, "service"),
        "scale_service": _judges(organization_state.can_be_scaled, "service", gib="replica_memory_gib"),
        "choose_tier": _does(organizations.chooses_tier, "organization", "tier"),
        "record_usage": _record_usage,
        "start_trial": _does(trial.starts_trial, "organization", amount="credits"),
        "add_card": _with_card(card_billing.adds_card),
        "set_card_behaviour": _with_card(card_billing.card_answers),
        "attempt_collection": _does(unpaid_invoices.collection_attempted, "organization"),
        "pay_invoice": _does(unpaid_invoices.oldest_paid, "organization"),
        "grant_extension": _does(unpaid_invoices.extension_granted, "organization", "until"),
        "record_contact": _does(commitments.is_contacted, "organization"),
        "delete_data": _judges(commitments.can_delete_by_hand, "organization"),
        "grant_credits": _does(commitments.is_granted, "organization", "amount", until="expires_at"),
        "sign_commitment": _sign_commitment,
        "open_marketplace_account": _open_account,
        "subscribe": _subscribe,
        "link_subscription": _link_subscription,
        "end_subscription": _does(marketplace.subscription_ends, "subscription", "cause"),
        "register_user": _register_user,
        "verify_email": _by_new_user(aws_onboarding.verifies),
        "sign_in": _by_new_user(aws_onboarding.signs_in, aws_onboarding.can_sign_in),
        "provide_business_info": _by_new_user(aws_onboarding.gives_business_info),
        "add_member": _add_member,
    }
)
