"""Which transitions of the map the corpus leads to on the reference, and which of them are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing_tck.connect import open_unfrozen
from billing_tck.contract import Refused
from billing_tck.contract.values import InvoiceState, OrganizationView
from billing_tck.corpus.corpus_file import Numbered
from billing_tck.explorer.history import IDENTIFIERS, INSTANTS, Command, History
from billing_tck.explorer.runner import MADE
from billing_tck.situations.observer import Observer
from billing_tck.situations.search import Transition


@dataclass(frozen=True, slots=True)
class CorpusReach:
    """The transitions that the histories lead to; `compared` are those before the first call with an open outcome."""

    every: frozenset[Transition]
    compared: frozenset[Transition]


def reach_of(histories: Iterable[Numbered]) -> CorpusReach:
    """Play histories on the reference under its default readings; return the transitions that they lead to."""
    every: set[Transition] = set()
    compared: set[Transition] = set()
    for numbered, steps in steps_of(histories):
        for place, transitions in enumerate(steps):
            every.update(transitions)
            if numbered.open_from is None or place < numbered.open_from:
                compared.update(transitions)
    return CorpusReach(frozenset(every), frozenset(compared))


def steps_of(histories: Iterable[Numbered]) -> Iterator[tuple[Numbered, list[list[Transition]]]]:
    """Play histories on the reference; yield each with the transitions of each of its commands."""
    with closing(open_unfrozen("reference")) as driver:
        observer = Observer(driver)
        for numbered in histories:
            yield numbered, list(_played(observer, numbered.history))


def _played(observer: Observer, history: History) -> Iterable[list[Transition]]:
    """Play a history; yield the transitions of each command."""
    now, numbers = history.start, dict[str, str]()
    observer.call("reset", {"now": now})
    observer.forget()
    for command in history.commands:
        now += command.wait or timedelta()
        with suppress(Refused):
            outcome = observer.call(command.method, _sent(observer, command, numbers, now))
            for label, name in zip(command.makes, MADE.get(command.method, ()), strict=False):
                numbers[label] = str(getattr(outcome, name))
        yield observer.forget()


def _sent(observer: Observer, command: Command, numbers: Mapping[str, str], now: datetime) -> dict[str, object]:
    """Return the parameters of a call, with identifiers and instants."""
    if command.method == "advance_to":
        return {"now": now}
    params = {name: numbers[str(value)] if name in IDENTIFIERS else value for name, value in command.params}
    if command.method == "pay_invoice":
        return {"invoice": _oldest(observer.call("get_organization", params))}
    return {
        name: now + value if name in INSTANTS and isinstance(value, timedelta) else value
        for name, value in params.items()
    }


def _oldest(view: object) -> str:
    """Return the oldest open invoice. Raises LookupError where there is none."""
    opened = (
        [one for one in view.invoices if one.state is InvoiceState.OPEN] if isinstance(view, OrganizationView) else []
    )
    if not opened:
        raise LookupError("the corpus pays an invoice that is not open; rebuild it")
    return min(opened, key=lambda invoice: invoice.issued_at).invoice
