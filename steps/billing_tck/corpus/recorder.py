"""A driver that writes down what is called, as the commands of a history, with short labels for identifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from billing_tck.contract import Refused
from billing_tck.explorer.history import IDENTIFIERS, INSTANTS, Command
from billing_tck.explorer.runner import KIND_OF_RESULT, MADE
from billing_tck.steps.world import Caller

_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({"organization": ("Acme",), "user": ("Ada", "Bob")})
ORGANIZATION = "Acme"


class Recorder:
    """A driver with the same calls and outcomes; `before` and `after` hear of each command, reads left out.

    What `before` raises keeps the call from being made.
    """

    def __init__(
        self, driver: Caller, start: datetime, before: Callable[[Command], None], after: Callable[[Command], None]
    ) -> None:
        self._driver = driver
        self._before = before
        self._after = after
        self._now = start
        self._labels: dict[str, str] = {}
        self._made: dict[str, int] = {}
        driver.call("reset", {"now": start})

    def label(self, identifier: str) -> str:
        """Return the label of a thing. Raises KeyError for one that no call made."""
        return self._labels[identifier]

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        if method.startswith("get_"):
            return self._driver.call(method, params)
        made = MADE.get(method, ())
        if method == "link_subscription" and "organization" in params:
            made = ()
        command = Command(method, self._params(method, params), tuple(self._label(name) for name in made))
        self._before(command)
        for name in made:
            self._made[KIND_OF_RESULT[name]] = self._made.get(KIND_OF_RESULT[name], 0) + 1
        try:
            outcome = self._driver.call(method, params)
        except Refused:
            self._after(command)
            raise
        for name, label in zip(made, command.makes, strict=True):
            self._labels[str(getattr(outcome, name))] = label
        if command.wait is not None:
            self._now += command.wait
        self._after(command)
        return outcome

    def _params(self, method: str, params: Mapping[str, object]) -> tuple[tuple[str, object], ...]:
        if method == "pay_invoice":
            return (("organization", ORGANIZATION),)
        return tuple((name, self._value(name, value)) for name, value in params.items())

    def _value(self, name: str, value: object) -> object:
        if name in IDENTIFIERS:
            return self._labels[str(value)]
        return value - self._now if name in INSTANTS and isinstance(value, datetime) else value

    def _label(self, name: str) -> str:
        """Return the label of the next thing of a kind."""
        kind = KIND_OF_RESULT[name]
        place, names = self._made.get(kind, 0), _NAMES.get(kind, ())
        return names[place] if place < len(names) else f"{kind}-{place + 1}"
