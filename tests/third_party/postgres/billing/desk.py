"""What a method of the contract works with: a session, the clock and the readings; and the contract's value types."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, PlainValidator
from sqlalchemy.orm import Session

from billing.due import settle
from billing.readings import Readings, Settings
from billing.tables import Organization, Service, Table, TestClock

Row = TypeVar("Row", bound=Table)


class Refused(Exception):
    """The rules say no."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unknown(Exception):
    """An identifier that was never given out."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The context of one request, which is one transaction."""

    session: Session
    settings: Settings
    clock: TestClock

    @property
    def now(self) -> datetime:
        """The simulated instant."""
        return self.clock.now

    @property
    def readings(self) -> Readings:
        """The readings of this process."""
        return self.settings.readings

    def find(self, table: type[Row], key: int) -> Row:
        """Return a row by its key."""
        row = self.session.get(table, key)
        if row is None:
            raise Unknown(f"{table.__tablename__}: there is no {key}")
        return row

    def add(self, row: Row) -> Row:
        """Insert a row, so that it has a key."""
        self.session.add(row)
        self.session.flush()
        return row

    def organization(self, key: int) -> Organization:
        """Return an organization as the last sweep left it."""
        return self.find(Organization, key)

    def settled(self, key: int) -> Organization:
        """Return an organization after what is due now: before anything that changes who pays."""
        organization = self.organization(key)
        settle(organization, self.now, self.readings)
        return organization

    def service(self, key: int) -> Service:
        """Return a service."""
        return self.find(Service, key)

    def close(self, organization: Organization) -> None:
        """Carry out what a change made due, up to the horizon, and note what falls due next."""
        settle(organization, self.settings.horizon(self.now), self.readings)


def format_instant(at: datetime | None) -> str | None:
    """Return an instant as it goes over the wire."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def format_money(cents: int) -> str:
    """Return an amount as it goes over the wire."""
    return f"{cents // 100}.{cents % 100:02}"


def parse_money(text: object) -> int:
    """Return an amount in cents."""
    cents = Decimal(str(text)) * 100
    if cents < 0 or cents != int(cents):
        raise ValueError(f"expected an amount of dollars with two decimals, got {text!r}")
    return int(cents)


def parse_key(prefix: str) -> Callable[[object], int]:
    """Return a parser of identifiers such as `org-12`."""

    def parse(text: object) -> int:
        kind, _, number = str(text).rpartition("-")
        if kind != prefix or not number.isdecimal():
            raise ValueError(f"expected an identifier like {prefix}-1, got {text!r}")
        return int(number)

    return parse


Answer = dict[str, Any]
Money = Annotated[int, PlainValidator(parse_money)]
OrganizationKey = Annotated[int, BeforeValidator(parse_key("org"))]
UserKey = Annotated[int, BeforeValidator(parse_key("user"))]
ServiceKey = Annotated[int, BeforeValidator(parse_key("svc"))]
AccountKey = Annotated[int, BeforeValidator(parse_key("account"))]
SubscriptionKey = Annotated[int, BeforeValidator(parse_key("sub"))]
InvoiceKey = Annotated[int, BeforeValidator(parse_key("inv"))]
