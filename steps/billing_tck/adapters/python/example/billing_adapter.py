"""A tiny billing system with a trial, and its adapter in one: everything that an adapter has to show, in small.

It knows trials, services and billing cycles. Usage beyond the trial is taken and not invoiced yet: that would be the
next family. A method that is missing here is unsupported.
"""

from __future__ import annotations

import itertools
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing_tck.contract import Refused

Result = dict[str, object]

TRIAL = timedelta(days=30)
DELETION = timedelta(days=14)  # after the end of the trial


@dataclass
class Service:
    """A service; GiB per replica."""

    name: str
    gib: int
    state: str = "running"


@dataclass
class Organization:
    """What is known of an organization. Everything that is derived from time is derived from these dates."""

    tier: str | None = None
    tier_chosen: date | None = None
    first_service: date | None = None
    services: list[Service] = field(default_factory=list)
    data: str = "none"
    trial_began: datetime | None = None
    trial_ended: datetime | None = None
    credits_left: Decimal = Decimal(0)

    @property
    def on_trial(self) -> bool:
        """Whether the trial runs."""
        return self.trial_began is not None and self.trial_ended is None

    def catch_up(self, now: datetime) -> None:
        """What fell due up to and including `now`, in the order of the due times, each as of its own."""
        if self.trial_began is not None and self.trial_ended is None and self.trial_began + TRIAL <= now:
            self.end_trial(self.trial_began + TRIAL)
        if self.trial_ended is not None and self.trial_ended + DELETION <= now and self.data == "present":
            self.data = "deleted"
            for service in self.services:
                service.state = "deleted"

    def end_trial(self, due: datetime) -> None:
        """The trial is over, and nothing pays."""
        self.trial_ended = due
        for service in self.services:
            service.state = "stopped"

    def cycle(self, today: date) -> Result | None:
        """The current cycle: months from the day on which both the tier is chosen and a service is there."""
        if self.tier_chosen is None or self.first_service is None:
            return None
        anchor = max(self.tier_chosen, self.first_service)
        number = next(n for n in itertools.count(1) if months_later(anchor, n) > today)
        last_day = months_later(anchor, number) - timedelta(days=1)
        return {"first_day": months_later(anchor, number - 1), "last_day": last_day}


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class Adapter:
    """The contract's methods."""

    def describe_implementation(self) -> Result:
        """Who answers."""
        return {
            "name": "tiny billing (python)",
            "version": "1",
            "contract": "1",
            "capabilities": ["trial"],
            "readings": {
                "deadline_instant": "at",
                "trial_exhausted": "at_zero",
                "trial_deletion_origin": "actual_end",
                "no_method_create": "refused",
                "cycle_anchor": "both",
                "month_end": "clamp",
            },
            "settles_within": "PT0S",
        }

    def reset(self, *, now: datetime) -> Result:
        """Nothing is there any more. (`now` is what the frozen clock reads.)"""
        self.organizations: dict[str, Organization] = {}
        self.services: dict[str, tuple[Organization, Service]] = {}
        self.numbers = itertools.count(1)
        return {}

    def advance_to(self, *, now: datetime) -> Result:
        """Everything that is due happens."""
        for organization in self.organizations.values():
            organization.catch_up(now)
        return {}

    def create_organization(self, *, name: str) -> Result:
        """A new one; this system has no use for the name."""
        identifier = f"O-{next(self.numbers)}"
        self.organizations[identifier] = Organization()
        return {"organization": identifier, "admin": f"U-{next(self.numbers)}"}

    def start_trial(self, *, organization: str, credits: Decimal) -> Result:  # noqa: A002 - the contract's name
        """The trial begins now."""
        its = self.organizations[organization]
        its.trial_began, its.trial_ended, its.credits_left = datetime.now(UTC), None, credits
        return {}

    def choose_tier(self, *, organization: str, tier: str) -> Result:
        """Chosen, or changed; the cycle keeps the day of the first choice."""
        its = self.organizations[organization]
        its.tier, its.tier_chosen = tier, its.tier_chosen or datetime.now(UTC).date()
        return {}

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Result:
        """A new one runs at once."""
        its = self.organizations[organization]
        if its.trial_ended is not None:
            raise Refused("no_billing_method", "the trial is over, and nothing pays")
        service = Service(f"S-{next(self.numbers)}", replica_memory_gib)
        its.services.append(service)
        its.first_service, its.data = its.first_service or datetime.now(UTC).date(), "present"
        self.services[service.name] = its, service
        return {"service": service.name}

    def start_service(self, *, service: str) -> Result:
        """Runs again, unless nothing pays."""
        owner, its = self._alive(service)
        if owner.trial_ended is not None:
            raise Refused("no_billing_method", "the trial is over, and nothing pays")
        its.state = "running"
        return {}

    def stop_service(self, *, service: str) -> Result:
        """Stopped by its owner."""
        self._alive(service)[1].state = "stopped"
        return {}

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Result:
        """So many GiB from now on."""
        self._alive(service)[1].gib = replica_memory_gib
        return {}

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Result:
        """The trial pays while it runs; when nothing is left of its credits, it is over."""
        its = self.organizations[organization]
        if its.on_trial:
            its.credits_left = max(Decimal(0), its.credits_left - amount)
            if its.credits_left == 0:
                its.end_trial(datetime.now(UTC))
        return {}

    def get_organization(self, *, organization: str) -> Result:
        """Everything that can be seen; reading changes nothing."""
        its = self.organizations[organization]
        state = "active" if its.on_trial else "over" if its.trial_ended else "none"
        return {
            "billing_method": {"kind": "trial" if its.on_trial else "none", "marketplace": None},
            "card_on_file": False,
            "trial": {
                "state": state,
                "started_at": its.trial_began,
                "ended_at": its.trial_ended,
                "credits_left": None if its.trial_began is None else its.credits_left,
            },
            "billing_cycle": its.cycle(datetime.now(UTC).date()),
            "restricted": False,
            "services": [{"service": s.name, "state": s.state, "replica_memory_gib": s.gib} for s in its.services],
            "data": its.data,
            "tier": its.tier,
            **{name: [] for name in ("invoices", "charges", "credits", "marketplace_reports", "contacts")},
        }

    def _alive(self, service: str) -> tuple[Organization, Service]:
        owner, its = self.services[service]
        if its.state == "deleted":
            raise Refused("deleted", "the service is deleted")
        return owner, its
