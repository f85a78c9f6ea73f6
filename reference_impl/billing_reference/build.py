"""Put an implementation together: the policy, the ledger and the service, with the pieces of readings and faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from billing_reference.ledger import Ledger
from billing_reference.policy import Policy
from billing_reference.readings import complete, pieces_of
from billing_reference.service import BillingService
from billing_reference.session import Clock
from billing_reference.time import Deadlines

T = TypeVar("T")
Part = type[Deadlines] | type[Ledger] | type[BillingService]
"""A piece of an implementation: a subclass of a policy, of the ledger or of the service that overrides methods."""


def assemble(
    declared: Mapping[str, str], clock: Clock, *, parts: Iterable[Part] = (), done: Mapping[str, str] | None = None
) -> BillingService:
    """Return an implementation that declares these readings.

    `parts` replace methods of the reference; `done` are readings that it takes although it declares others.
    """
    parts = tuple(parts)
    declared = complete(declared)
    policy = compose(Policy, [*parts, *pieces_of({**declared, **(done or {})})], Deadlines)()
    ledger = compose(Ledger, parts, Ledger)(policy)
    return compose(BillingService, parts, BillingService)(ledger, declared, clock)


def compose(base: type[T], pieces: Iterable[type], kind: type) -> type[T]:
    """Return a subclass of `base` with the pieces of one kind in place; an earlier piece overrides a later one."""
    chosen = tuple(piece for piece in pieces if issubclass(piece, kind))
    if not chosen:
        return base
    made = type(base.__name__, (*chosen, base), {})
    if not issubclass(made, base):  # pragma: no cover - it is among the bases
        raise TypeError(f"{made} is not a subclass of {base}")
    return made
