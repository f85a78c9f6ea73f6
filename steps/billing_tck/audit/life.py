"""The life of one customer as a recorded history: what the log does not name is created, bought or chosen for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from billing_tck.audit.histories import Line
from billing_tck.audit.mapping import Event, Mapped
from billing_tck.contract import VERSION, Refused
from billing_tck.contract.values import Collected, Description, Marketplace, Nothing
from billing_tck.explorer.history import Answer
from billing_tck.explorer.history_check import LeftOut
from billing_tck.explorer.partial_view import PartialView
from billing_tck.explorer.recorded_history import RecordedHistory

_ADMIN, _DONE = "the admin", Nothing()
_NOTHING: Mapping[str, object] = MappingProxyType({})


def life_of(customer: str, lines: Iterable[Line], mapped: Mapped) -> tuple[RecordedHistory, list[LeftOut]]:
    """Return the history of a customer, and the lines that name something that no line before it made."""
    life = _Life(customer)
    for line in lines:
        life.add(line, mapped.events[line.event])
    log = mapped.log
    description = Description("the log", "", VERSION, (), dict(mapped.readings), log.settles_within)
    return RecordedHistory(tuple(life.answers), description), life.left_out


class _Life:
    """The history so far."""

    def __init__(self, customer: str) -> None:
        self.answers: list[Answer] = []
        self.left_out: list[LeftOut] = []
        self._customer = customer
        self._now: datetime | None = None
        self._services: set[str] = set()
        self._bought = 0
        self._linked = ""

    def add(self, line: Line, event: Event) -> None:
        """Add the calls that a line stands for."""
        first = self._now is None
        if line.at != self._now:
            self._answer(line, "reset" if first else "advance_to")
            self._now = line.at
        if first:
            name = str(line.values.get("name", self._customer)) if event.call == "create_organization" else ""
            made = (self._customer, _ADMIN)
            self._answer(line, "create_organization", {"name": name or self._customer}, makes=made)
        if event.call is None:
            self._answer(line, "get_organization", {"organization": self._customer}, PartialView(line.values))
        elif event.call != "create_organization":
            self._call(line, event.call)
        elif not first:
            self._leave_out(line, "the organization exists already; its first line creates it")

    def _call(self, line: Line, method: str) -> None:
        outcome: object = Refused("other", "") if line.refused else _DONE
        params = dict(line.values)
        makes: tuple[str, ...] = ()
        match method:
            case "create_service":
                makes = (self._service(line, params),)
            case "start_service" | "stop_service" | "scale_service":
                params["service"] = label = f"service {params.get('service', '')}"
                if label not in self._services:
                    self._leave_out(line, f"no line before created the {label}")
                    return
            case "link_subscription":
                params = self._buy(line, params)
            case "end_subscription":
                if not self._linked:
                    self._leave_out(line, "no line before linked a subscription")
                    return
                params["subscription"] = self._linked
            case "sign_commitment" if params.pop("subscription", "") and self._linked:
                params["subscription"] = self._linked
            case "attempt_collection" if line.collected is not None:
                outcome = Collected(line.collected)
        if method not in {"start_service", "stop_service", "scale_service", "end_subscription"}:
            params["organization"] = self._customer
        self._answer(line, method, params, outcome, makes)

    def _service(self, line: Line, params: dict[str, object]) -> str:
        """Return the label of a service that is created."""
        label = f"service {params.pop('service', len(self._services) + 1)}"
        if not line.refused:
            self._services.add(label)
        return label

    def _buy(self, line: Line, params: dict[str, object]) -> dict[str, object]:
        """Buy the subscription that is linked; return the parameters of the link."""
        self._bought += 1
        account, subscription = f"account {self._bought}", f"subscription {self._bought}"
        marketplace = params.get("marketplace", Marketplace.AWS)
        self._answer(line, "open_marketplace_account", {"marketplace": marketplace}, makes=(account,))
        bought = {"account": account, "offer": params["offer"]} if "offer" in params else {"account": account}
        self._answer(line, "subscribe", bought, makes=(subscription,))
        if not line.refused:
            self._linked = subscription
        return {"subscription": subscription, "user": _ADMIN}

    def _answer(
        self,
        line: Line,
        method: str,
        params: Mapping[str, object] = _NOTHING,
        outcome: object = _DONE,
        makes: tuple[str, ...] = (),
    ) -> None:
        made = () if isinstance(outcome, Refused) else makes
        self.answers.append(Answer(line.at, method, params, outcome, made, line.number))

    def _leave_out(self, line: Line, why: str) -> None:
        self.left_out.append(LeftOut(line.number, "", why))
