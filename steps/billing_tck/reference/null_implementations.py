"""Null implementations: they implement no rule and store nothing, but they answer every call.

    nothing         every answer is an empty object
    refuses         every request is refused
    accepts         every request succeeds, nothing is stored, and every organization is empty
    yes-PAYER-LIFE  every request succeeds, and every view is the same plausible organization
    no-PAYER-LIFE   the same, but every request that some rule can forbid is refused

None of them may conform to a clause. Each can be run with `--sut`: `--sut empty:yes-card-running`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

from billing_tck.contract import METHODS, Refused
from billing_tck.contract.capabilities import CAPABILITIES

Answer = dict[str, object]

_ALWAYS_ANSWERED = frozenset({"describe_implementation", "reset", "advance_to"})
_FORBIDDABLE = frozenset(
    {"start_service", "scale_service", "sign_in", "subscribe", "link_subscription", "delete_data", "attempt_collection"}
)
_NAMES = {
    "user": "user-1",
    "organization": "organization-1",
    "admin": "user-1",
    "service": "service-1",
    "account": "account-1",
    "subscription": "subscription-1",
    "commitment": "commitment-1",
    "grant": "grant-1",
}
_START, _END = datetime(2025, 1, 18, 9, tzinfo=UTC), datetime(2026, 1, 18, 9, tzinfo=UTC)
_PAYERS: Mapping[str, tuple[str, str | None]] = {
    "nobody": ("none", None),
    "trial": ("trial", None),
    "card": ("card", None),
    "credits": ("credits", None),
    "aws": ("marketplace", "aws"),
    "gcp": ("marketplace", "gcp"),
    "azure": ("marketplace", "azure"),
}
_LIVES = ("running", "restricted", "stopped", "deleted")


@dataclass(frozen=True, slots=True)
class NullImplementation:
    """A null implementation: its name, and a sentence about what it does."""

    name: str
    sentence: str

    @property
    def spec(self) -> str:
        """Its `--sut` value."""
        return f"empty:{self.name}"


class StubImplementation:
    """An object with the contract's methods, each answered by one function of the name and the parameters."""

    def __init__(self, answer: Callable[[str, Mapping[str, object]], Answer]) -> None:
        self._answer = answer

    def describe_implementation(self) -> Answer:
        """Declare every capability."""
        return {
            "name": "empty",
            "version": "0",
            "contract": "1",
            "capabilities": list(CAPABILITIES),
            "readings": {},
            "settles_within": "PT0S",
        }

    def __getattr__(self, method: str) -> Callable[..., Answer]:
        if method not in METHODS:
            raise AttributeError(method)
        return lambda **params: self._answer(method, params)


def empties() -> tuple[NullImplementation, ...]:
    """Return all null implementations."""
    return tuple(_empties())


def _empties() -> Iterator[NullImplementation]:
    yield NullImplementation("nothing", "Answers every call with nothing.")
    yield NullImplementation("refuses", "Refuses everything.")
    yield NullImplementation("accepts", "Accepts everything and remembers nothing.")
    for word, payer, life in product(("yes", "no"), _PAYERS, _LIVES):
        does = "Accepts every request" if word == "yes" else "Refuses every request that a rule can forbid"
        paid = {"nobody": "without a payer", "trial": "on trial"}.get(payer, f"paid by {payer}")
        yield NullImplementation(f"{word}-{payer}-{life}", f"{does}, and always shows a {life} organization {paid}.")


def make(name: str) -> Callable[[], object]:
    """Return the factory of a null implementation. Raises ValueError if the name is unknown."""
    if name not in {empty.name for empty in empties()}:
        raise ValueError(
            f"null implementation {name!r} does not exist; choose one of {', '.join(e.name for e in empties())}"
        )
    if name in _PLAIN:
        return lambda: StubImplementation(_PLAIN[name])
    word, payer, life = name.split("-")
    view = organization(payer, life)
    refused = _FORBIDDABLE if word == "no" else frozenset[str]()
    return lambda: StubImplementation(lambda method, _: _constant(method, view, refused))


def _nothing(method: str, params: Mapping[str, object]) -> Answer:
    del method, params
    return {}


def _refuses(method: str, params: Mapping[str, object]) -> Answer:
    del params
    if method in _ALWAYS_ANSWERED:
        return {}
    raise Refused("other", "no")


def _accepts(method: str, params: Mapping[str, object]) -> Answer:
    del params
    view = organization("nobody", "running") | {"services": [], "data": "none", "billing_cycle": None, "tier": None}
    return _constant(method, view, frozenset())


_PLAIN: Mapping[str, Callable[[str, Mapping[str, object]], Answer]] = {
    "nothing": _nothing,
    "refuses": _refuses,
    "accepts": _accepts,
}


def _constant(method: str, view: Answer, refused: frozenset[str]) -> Answer:
    if method in refused:
        raise Refused("other", "no")
    if method == "get_organization":
        return view
    if method == "get_subscription":
        return {
            "offer": "payg",
            "state": "linked",
            "organization": _NAMES["organization"],
            "ends_at": None,
            "marketplace": "aws",
        }
    if method == "attempt_collection":
        return {"collected": True}
    return {field: _NAMES[field] for field in getattr(METHODS[method].result, "__slots__", ()) if field in _NAMES}


def organization(payer: str, life: str) -> Answer:
    """Return a plausible organization, the same for every call."""
    kind, marketplace = _PAYERS[payer]
    running, owing = life in {"running", "restricted"}, life != "running"
    trial: Answer = {"state": "none", "started_at": None, "ended_at": None, "credits_left": None}
    if payer == "trial":
        trial = {"state": "active", "started_at": _START, "ended_at": None, "credits_left": Decimal("300.00")}
    elif payer == "nobody" and owing:
        trial = {"state": "over", "started_at": _START, "ended_at": _START, "credits_left": Decimal("0.00")}
    credits_left = Decimal("75.00") if payer == "credits" else Decimal("0.00")
    days = {"first_day": _START.date(), "last_day": datetime(2025, 2, 17, tzinfo=UTC).date()}
    amount = Decimal("120.00")
    return {
        "billing_method": {"kind": kind, "marketplace": marketplace},
        "card_on_file": payer == "card",
        "trial": trial,
        "billing_cycle": days,
        "restricted": owing,
        "services": [
            {
                "service": _NAMES["service"],
                "state": "running" if running else life,
                "replica_memory_gib": 120 if owing else 8,
            }
        ],
        "data": "deleted" if life == "deleted" else "present",
        "invoices": [
            {
                "invoice": "invoice-1",
                "issued_at": _START,
                "amount": amount,
                "state": "open" if owing else "paid",
                **days,
            }
        ],
        "charges": [{"at": _START, "amount": amount, "succeeded": not owing}] if payer == "card" else [],
        "credits": [
            {"amount": Decimal("75.00"), "left": credits_left, "granted_at": _START, "expires_at": _END},
        ],
        "marketplace_reports": [
            {
                "subscription": _NAMES["subscription"],
                "at": _START,
                "kind": "usage",
                "item": "compute",
                "amount": amount,
            }
        ]
        if marketplace
        else [],
        "contacts": [],
        "tier": "scale",
    }
