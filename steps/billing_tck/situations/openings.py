"""The beginnings from which the search counts its depth: one for each stage of an organization's life.

A debt that runs takes six calls to reach, and the depth of a search that begins with nothing would be used up by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_OWES = ("create", "choose-tier", "card-fails", "create-service", "use-small", "wait-cycle")
_COMMITTED = ("create", "choose-tier", "sign-direct", "create-service", "use-small")

OPENINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nothing": (),
        "a trial is active": ("create", "choose-tier", "start-trial", "create-service"),
        "a trial ended without a billing method": (
            "create",
            "choose-tier",
            "start-trial",
            "create-service",
            "wait-to-deadline",
        ),
        "a card pays": ("create", "choose-tier", "card-pays", "create-service", "use-small"),
        "an invoice is unpaid": _OWES,
        "services are stopped for an unpaid invoice": (*_OWES, "wait-to-deadline"),
        "data is deleted for an unpaid invoice": (*_OWES, "wait-to-deadline", "wait-to-deadline"),
        "two invoices are unpaid": (*_OWES, "use-small", "wait-cycle"),
        "an unpaid invoice has an extension": (*_OWES, "extend"),
        "a marketplace pays": ("link-new-payg", "choose-tier", "create-service", "use-small"),
        "a subscription ended without a card": ("link-new-payg", "choose-tier", "create-service", "end-subscription"),
        "a free trial on the marketplace is linked": (
            *("create", "choose-tier", "card-pays", "link-free-trial", "create-service"),
        ),
        "a commitment is in force": _COMMITTED,
        "a commitment fell back on the card": (*_COMMITTED, "card-pays", "use-large", "wait-cycle"),
        "a commitment fell back on nothing": (*_COMMITTED, "use-large", "wait-cycle"),
        "a commitment on a marketplace is in force": (
            *("link-new-committed", "choose-tier", "sign-marketplace", "create-service", "use-small"),
        ),
        "a commitment on a marketplace expired": (
            *("link-new-committed", "choose-tier", "sign-marketplace", "create-service", "wait-to-deadline"),
        ),
    }
)
