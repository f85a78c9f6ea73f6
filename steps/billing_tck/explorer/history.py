"""What is done in a history: calls of the contract, with labels for identifiers and spans for instants.

A label is given by the call that makes a thing; where that call is taken out, the calls that speak of the thing fall
away with it, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

IDENTIFIERS = frozenset({"organization", "user", "service", "account", "subscription", "invoice"})
"""The parameters that hold an identifier."""

MOVES = frozenset({"reset", "advance_to"})
INSTANTS = frozenset({"now", "expires_at", "until"})


@dataclass(frozen=True, slots=True)
class Act:
    """One call: its method, its parameters, and the labels of what it makes.

    Identifiers are labels. Instants (`now` of `advance_to`, `expires_at`, `until`) are spans from that of the call.
    `pay_invoice` names an organization: its oldest open invoice is paid.
    """

    method: str
    params: tuple[tuple[str, object], ...] = ()
    makes: tuple[str, ...] = ()

    @property
    def named(self) -> Mapping[str, object]:
        """The parameters by name."""
        return dict(self.params)

    def labels(self) -> Iterator[str]:
        """The things that the call speaks of."""
        for name, value in self.params:
            if name in IDENTIFIERS:
                yield str(value)

    def with_param(self, name: str, value: object) -> Act:
        """The same call with another value of one parameter."""
        return Act(self.method, tuple((n, value if n == name else v) for n, v in self.params), self.makes)

    @property
    def wait(self) -> timedelta | None:
        """How long the clock moves on; None where it does not."""
        span = self.named.get("now")
        return span if self.method == "advance_to" and isinstance(span, timedelta) else None


def wait(span: timedelta) -> Act:
    """The clock moves on."""
    return Act("advance_to", (("now", span),))


def act(method: str, makes: tuple[str, ...] = (), **params: object) -> Act:
    """A call; parameters that are None are left out."""
    return Act(method, tuple((name, value) for name, value in params.items() if value is not None), makes)


@dataclass(frozen=True, slots=True)
class History:
    """Where the clock begins, and what is done from there on."""

    start: datetime
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One call as it was made, and what came of it, with labels for identifiers on both sides.

    `outcome` is the contract's value, or the exception `Refused`, `Unsupported`. `makes` are labels, in the order of
    the result's fields. `line` is where it stands in a file, where it comes from one.
    """

    at: datetime
    method: str
    params: Mapping[str, object]
    outcome: object
    makes: tuple[str, ...] = ()
    line: int = 0
