"""The histories that tell readings apart, each a row of actions; what each one tells is measured, not written here.

A service is created by an organization with a method, and debts are made with a card that worked before, so that other
readings do not hide what is asked. Three days pass after each effect, so that late implementations show it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CARD = ("create", "card-pays", "choose-tier", "create-service")
_FAILS = (*_CARD, "use-small", "card-now-fails", "wait-cycle")
_DEBT = (*_FAILS, "wait-3-days")
_TRIAL = ("create", "start-trial", "wait-3-days", "choose-tier", "create-service")
_PAYG = ("create", "link-payg", "wait-3-days", "choose-tier", "create-service")
_DIRECT = ("create", "sign-direct", "wait-3-days", "choose-tier", "create-service")
_COMMITTED = ("create", "card-pays", "link-committed", "wait-3-days", "sign-marketplace", "wait-3-days")
_FELL_BACK = (*_CARD, "sign-direct", "wait-3-days", "use-large", "wait-3-days", "card-now-fails", "wait-cycle")

HISTORIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "trial-ends": ("create", "start-trial", "wait-to-deadline", "wait-second"),
        "credits-expire": ("create", "grant-credits", "wait-to-deadline", "wait-second"),
        "debt-stops": (*_DEBT, "wait-to-deadline", "wait-second"),
        "trial-used-up": (*_TRIAL, "use-rest", "wait-3-days", "wait-17-days", "wait-33-days"),
        "trial-overspent": (*_TRIAL, "use-small", "use-small", "use-small", "wait-17-days"),
        "creates-after-trial": (*_TRIAL, "wait-33-days", "create-service"),
        "starts-without-method": ("create", "choose-tier", "create-service", "stop-service", "start-service"),
        "refund-during-trial": (*_TRIAL, "grant-credits", "wait-33-days"),
        "refund-expires-after-trial": (
            *_TRIAL,
            "stop-service",
            "grant-credits",
            "wait-33-days",
            "wait-33-days",
            "start-service",
            "create-service",
        ),
        "payg-ends-after-trial": (
            *_TRIAL,
            "stop-service",
            "link-payg",
            "wait-33-days",
            "end-subscription",
            "wait-3-days",
            "start-service",
        ),
        "committed-ends-after-trial": (
            *_TRIAL,
            "stop-service",
            "link-committed",
            "wait-33-days",
            "end-subscription",
            "wait-3-days",
            "start-service",
        ),
        "card-expires-after-trial": (
            *_TRIAL,
            "stop-service",
            "card-pays",
            "wait-33-days",
            "card-now-expired",
            "wait-3-days",
            "start-service",
        ),
        "refund-beside-payg-after-trial": (
            *_TRIAL,
            "stop-service",
            "link-payg",
            "wait-33-days",
            "grant-credits",
            "wait-3-days",
            "end-subscription",
            "wait-3-days",
            "start-service",
        ),
        "cards": ("create", "card-expired", "wait-3-days", "card-fails", "wait-3-days"),
        "tier-first": ("create", "card-pays", "choose-tier", "wait-3-days", "create-service", "wait-3-days"),
        "service-first": ("create", "card-pays", "create-service", "wait-3-days", "choose-tier", "wait-3-days"),
        "cycle-from-31st": (
            "create",
            "card-pays",
            "wait-to-31st",
            "choose-tier",
            "create-service",
            "wait-3-days",
            "wait-33-days",
        ),
        "threshold": (
            *_CARD,
            "use-large",
            "wait-3-days",
            "use-large",
            "wait-3-days",
            "use-large",
            "wait-3-days",
            "use-large",
            "wait-3-days",
        ),
        "card-replaced": (*_DEBT, "card-pays"),
        "oldest-paid": (
            *_CARD,
            "wait-23-days",
            "card-now-fails",
            "use-12000",
            "wait-3-days",
            "use-small",
            "wait-cycle",
            "wait-3-days",
            "pay",
            "wait-3-days",
            "wait-3-days",
        ),
        "extension-ends": (*_DEBT, "extend", "wait-17-days", "wait-33-days"),
        "paid-after-stop": (*_FAILS, "wait-17-days", "pay", "wait-3-days"),
        "collected-after-stop": (*_FAILS, "wait-17-days", "card-now-pays", "collect", "wait-3-days"),
        "debt-deletes": (*_FAILS, "wait-33-days"),
        "cured": (*_DEBT, "grant-credits", "wait-3-days"),
        "cured-by-link": (*_DEBT, "link-payg", "wait-3-days"),
        "cured-by-signing": (*_DEBT, "sign-direct", "wait-3-days"),
        "payg-ends": (*_PAYG, "end-subscription", "wait-3-days"),
        "items-reported": (*_PAYG, "use-small", "use-storage", "wait-3-days", "wait-3-days"),
        "linked-in-mid-cycle": (*_CARD, "use-small", "wait-3-days", "link-payg", "wait-3-days"),
        "two-grants": (
            *_CARD,
            "grant-long",
            "wait-3-days",
            "grant-credits",
            "wait-3-days",
            "use-small",
            "wait-3-days",
            "wait-cycle",
            "wait-3-days",
        ),
        "commitment-expires": (*_COMMITTED, "wait-93-days"),
        "commitment-used-up": (*_DIRECT, "use-rest", "wait-3-days", "wait-cycle", "wait-3-days"),
        "committed-ends": (
            "create",
            "link-committed",
            "wait-3-days",
            "end-subscription",
            "wait-3-days",
        ),
        "protected-in-force": (*_FELL_BACK, "wait-3-days", "wait-93-days"),
        "protected-later-debt": (
            *_CARD,
            "sign-direct",
            "wait-3-days",
            "use-large",
            "wait-3-days",
            "wait-cycle",
            "wait-3-days",
            "card-now-fails",
            "use-small",
            "wait-3-days",
            "wait-cycle",
            "wait-3-days",
            "pay",
            "wait-3-days",
            "use-small",
            "wait-3-days",
            "wait-cycle",
            "wait-33-days",
        ),
    }
)
"""The histories by name."""
