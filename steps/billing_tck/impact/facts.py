"""What a customer notices of an organization: facts by kind, each with the words for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from billing_tck.contract.values import (
    ZERO,
    InvoiceState,
    MethodKind,
    OrganizationView,
    ReportKind,
    ServiceState,
    SubscriptionState,
    TrialState,
)
from billing_tck.impact.twin import Look
from billing_tck.text.format import format_day, format_instant, format_money


class Kind(StrEnum):
    """A kind of consequence, the most severe first."""

    DATA = "data lost"
    SERVICE = "service stopped or refused"
    MONEY = "money"
    DATES = "dates"
    REST = "the rest"


SEVERITY: Mapping[Kind, int] = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a customer notices; of two values the larger `harm` is the worse one for the customer.

    `when` is the word before the instant at which it came to be.
    """

    kind: Kind
    name: str
    value: object
    words: str
    harm: int = 0
    when: str = "from"


Facts = Mapping[str, Fact]

_SERVICE_HARM = {ServiceState.RUNNING: 0, ServiceState.STOPPED: 1, ServiceState.DELETED: 2}
_DOING = {
    "create_service": "creating a service",
    "start_service": "starting a service",
    "scale_service": "scaling a service",
    "delete_data": "deleting the data by hand",
}


def facts_of(look: Look) -> Facts:
    """Return all facts of a look by name."""
    found = [*_outcomes(look)]
    if look.view is not None:
        found += [*_state(look.view, lost=look.lost), *_money(look.view), *_reports(look.view), *_dates(look)]
    return {fact.name: fact for fact in found}


def _outcomes(look: Look) -> Iterator[Fact]:
    for method, refused in look.refused:
        doing = _DOING.get(method, method.replace("_", " "))
        said = f"{doing} is {'refused' if refused else 'accepted'}"
        yield Fact(Kind.SERVICE, f"outcome of {method}", refused, said, int(refused))


def _state(view: OrganizationView, *, lost: bool) -> Iterator[Fact]:
    yield Fact(Kind.DATA, "data", lost, "it loses its data" if lost else "it keeps its data", int(lost), "on")
    for number, service in enumerate(view.services, start=1):
        which = "its service" if len(view.services) == 1 else f"its service {number}"
        state = "is running" if service.state is ServiceState.RUNNING else f"is {service.state}"
        yield Fact(Kind.SERVICE, f"service {number}", service.state, f"{which} {state}", _SERVICE_HARM[service.state])
    restricted = "it is restricted" if view.restricted else "it is not restricted"
    yield Fact(Kind.SERVICE, "restricted", view.restricted, restricted, int(view.restricted))


def _money(view: OrganizationView) -> Iterator[Fact]:
    method = view.billing_method
    through = f" ({method.marketplace.upper()})" if method.marketplace else ""
    payer = "it has no billing method" if method.kind is MethodKind.NONE else f"it is billed by {method.kind}{through}"
    yield Fact(Kind.MONEY, "payer", (method.kind, method.marketplace), payer, int(method.kind is MethodKind.NONE))
    charged = sum((charge.amount for charge in view.charges if charge.succeeded), ZERO)
    paid = sum((invoice.amount for invoice in view.invoices if invoice.state is InvoiceState.PAID), ZERO)
    owed = sum((invoice.amount for invoice in view.invoices if invoice.state is InvoiceState.OPEN), ZERO)
    yield Fact(Kind.MONEY, "charged", charged, f"its card has paid {_amount(charged)}", 0, "on")
    yield Fact(
        Kind.MONEY,
        "paid",
        paid,
        f"invoices of {format_money(paid)} are paid" if paid else "no invoice is paid",
        0,
        "on",
    )
    yield Fact(Kind.MONEY, "owed", owed, f"it owes {_amount(owed)}", int(owed > ZERO))
    left = tuple((grant.amount, grant.expires_at, grant.left) for grant in view.credits)
    usable = [
        f"{format_money(grant.left)} until {format_day(_day(grant.expires_at))}" for grant in view.credits if grant.left
    ]
    said = f"credits of {' and '.join(usable)} are left" if usable else "it has no credits left"
    yield Fact(Kind.MONEY, "credits", left, said, int(bool(left) and not usable))


def _reports(view: OrganizationView) -> Iterator[Fact]:
    for kind in ReportKind:
        lines = [line for line in view.marketplace_reports if line.kind is kind]
        total = sum((line.amount for line in lines), ZERO)
        what = "usage" if kind is ReportKind.USAGE else "its commitment"
        said = f"{format_money(total) if total else 'nothing'} of {what} is reported to the marketplace"
        yield Fact(Kind.MONEY, f"reported {kind}", total, said, 0, "on")
        shown = tuple(sorted((line.item, line.amount) for line in lines))
        said = ", ".join(f"{item} {format_money(amount)}" for item, amount in shown)
        said = f"the lines to the marketplace are {said}" if said else "there are no lines to the marketplace"
        yield Fact(Kind.REST, f"lines of {kind}", shown, said)


def _dates(look: Look) -> Iterator[Fact]:
    view = look.view
    if view is None:
        return
    trial = view.trial
    if trial.state is not TrialState.NONE:
        over = trial.state is TrialState.OVER
        ended = f"its trial ended on {_said(trial.ended_at)}" if over else "its trial is active"
        yield Fact(Kind.DATES, "trial", (trial.state, trial.ended_at), ended, int(over))
    cycle = view.billing_cycle
    days = None if cycle is None else (cycle.first_day, cycle.last_day)
    said = "it has no billing cycle yet"
    if cycle is not None:
        said = f"its billing cycle is from {format_day(cycle.first_day)} to {format_day(cycle.last_day)}"
    yield Fact(Kind.DATES, "cycle", days, said)
    valid = [invoice for invoice in view.invoices if invoice.state is not InvoiceState.VOID]
    dates = tuple(invoice.issued_at for invoice in valid)
    issued = ", ".join(f"{format_money(invoice.amount)} on {_said(invoice.issued_at)}" for invoice in valid)
    yield Fact(Kind.DATES, "invoices", dates, f"invoices are issued: {issued}" if issued else "no invoice is issued")
    for held in look.subscriptions:
        over = held.state is SubscriptionState.ENDED
        said = "its subscription has ended" if over else "its subscription runs without an end"
        if not over and held.ends_at is not None:
            said = f"its subscription ends on {_said(held.ends_at)}"
        yield Fact(Kind.DATES, "subscription", (held.state, held.ends_at), said, int(over))


def _amount(amount: Decimal) -> str:
    return format_money(amount) if amount else "nothing"


def _day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def _said(instant: datetime | None) -> str:
    return "" if instant is None else format_instant(instant)
