"""Methods of the contract: the description, and the clock."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select

from billing.desk import Answer, Desk
from billing.marketplaces import end_unlinked
from billing.readings import Settings
from billing.tables import Organization

CAPABILITIES = [
    *("trial", "card", "marketplace.aws", "marketplace.gcp", "marketplace.azure", "aws_free_trial"),
    *("commitment.direct", "commitment.marketplace", "credits"),
    *("onboarding", "extension", "pay_invoice", "manual_deletion"),
]


def describe(settings: Settings) -> Answer:
    """Say what this service is."""
    return {
        "name": "billing on PostgreSQL" if settings.database.startswith("postgresql") else "billing on SQLite",
        "version": "1",
        "contract": "1",
        "capabilities": CAPABILITIES,
        "readings": asdict(settings.readings),
        "settles_within": "PT24H" if settings.nightly else "PT0S",
    }


def advance_to(desk: Desk, now: datetime) -> Answer:
    """Move the clock, and carry out what is due: all of it, or what the nightly jobs up to now would have."""
    desk.clock.now = now
    horizon = desk.settings.horizon(now)
    due = select(Organization).where(Organization.clock_id == desk.clock.id, Organization.next_due_at <= horizon)
    for organization in desk.session.scalars(due.order_by(Organization.next_due_at)).all():
        desk.close(organization)
    end_unlinked(desk)
    return {}
