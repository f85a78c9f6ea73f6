"""The tables. Money is in cents; instants are in UTC."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, ForeignKey, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Instant(TypeDecorator[datetime]):
    """A timestamp with time zone; SQLite, which has none, keeps UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC, whatever zone the connection has."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """What all tables share."""

    type_annotation_map = {datetime: Instant}  # noqa: RUF012 - SQLAlchemy's own way to say it
    id: Mapped[int] = mapped_column(primary_key=True)

    def __init__(self, **columns: Any) -> None:
        """Fill in the columns' defaults at once: SQLAlchemy alone does so when it writes the row."""
        defaults = {each.key: each.default.arg for each in self.__table__.columns if each.default is not None}
        for name, value in {**defaults, **columns}.items():
            setattr(self, name, value)


def owner(table: str) -> Any:
    """Return a column that refers to another table."""
    return mapped_column(ForeignKey(f"{table}.id"), index=True)


class TestClock(Table):
    """A simulated clock. `reset` makes a new one, and whatever hangs on an earlier one is out of sight."""

    __tablename__ = "test_clocks"
    now: Mapped[datetime]


class User(Table):
    """A person."""

    __tablename__ = "users"
    clock_id: Mapped[int] = owner("test_clocks")
    email: Mapped[str]
    verified: Mapped[bool] = mapped_column(default=False)
    signed_in: Mapped[bool] = mapped_column(default=False)
    business_info: Mapped[bool] = mapped_column(default=False)


class Member(Table):
    """The role of a user in an organization."""

    __tablename__ = "members"
    organization_id: Mapped[int] = owner("organizations")
    user_id: Mapped[int] = owner("users")
    role: Mapped[str]


class Service(Table):
    """A database service."""

    __tablename__ = "services"
    organization_id: Mapped[int] = owner("organizations")
    organization: Mapped["Organization"] = relationship(back_populates="services")
    state: Mapped[str] = mapped_column(default="running")
    memory: Mapped[int]
    stopped_for_debt: Mapped[bool] = mapped_column(default=False)


class Card(Table):
    """The card on file, and what the card network answers."""

    __tablename__ = "cards"
    organization_id: Mapped[int] = owner("organizations")
    behaviour: Mapped[str]
    available: Mapped[int | None]

    def approves(self, amount: int) -> bool:
        """Return whether a charge of this amount succeeds."""
        return self.behaviour == "approves" or (self.behaviour == "limited" and amount <= (self.available or 0))


class Usage(Table):
    """Priced usage. It is rated in the order of time: only then is it known who pays."""

    __tablename__ = "usages"
    organization_id: Mapped[int] = owner("organizations")
    at: Mapped[datetime]
    item: Mapped[str]
    amount: Mapped[int]
    rated: Mapped[bool] = mapped_column(default=False)
    drawn_later: Mapped[bool] = mapped_column(default=False)  # from credits, at the end of the cycle
    subscription_id: Mapped[int | None] = owner("subscriptions")
    subscription: Mapped["Subscription | None"] = relationship()  # pays for what the credits do not cover
    on_trial: Mapped[bool] = mapped_column(default=False)  # the trial pays for it
    owed: Mapped[int] = mapped_column(default=0)  # directly, and not invoiced yet


class Invoice(Table):
    """What an organization owes directly for a cycle, or for an early charge in it."""

    __tablename__ = "invoices"
    organization_id: Mapped[int] = owner("organizations")
    organization: Mapped["Organization"] = relationship(back_populates="invoices")
    issued_at: Mapped[datetime]
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(default="open")
    first_day: Mapped[date]
    last_day: Mapped[date]
    retry_at: Mapped[datetime | None]


class Debt(Table):
    """A running clock of 14 and 30 days: for an invoice, or for the end of a subscription or contract (no invoice)."""

    __tablename__ = "debts"
    organization_id: Mapped[int] = owner("organizations")
    invoice_id: Mapped[int | None] = owner("invoices")
    invoice: Mapped[Invoice | None] = relationship()
    of_commitment: Mapped[bool] = mapped_column(default=False)  # without an invoice: what ended was a commitment
    since: Mapped[datetime]
    protected: Mapped[bool] = mapped_column(default=False)  # BC-66 under `fallback_debt`
    stopped: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)
    cleared_at: Mapped[datetime | None]


class Charge(Table):
    """An attempt on a card."""

    __tablename__ = "charges"
    organization_id: Mapped[int] = owner("organizations")
    at: Mapped[datetime]
    amount: Mapped[int]
    succeeded: Mapped[bool]


class Grant(Table):
    """Credits: of a commitment, or a refund."""

    __tablename__ = "grants"
    organization_id: Mapped[int] = owner("organizations")
    subscription_id: Mapped[int | None] = owner("subscriptions")
    subscription: Mapped["Subscription | None"] = relationship()
    committed: Mapped[bool]
    amount: Mapped[int]
    left: Mapped[int]
    fee_unreported: Mapped[int] = mapped_column(default=0)
    ended: Mapped[bool] = mapped_column(default=False)  # what its end leads to has been carried out
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class MarketplaceAccount(Table):
    """A customer's account at a cloud marketplace."""

    __tablename__ = "marketplace_accounts"
    clock_id: Mapped[int] = owner("test_clocks")
    marketplace: Mapped[str]
    may_purchase: Mapped[bool]
    signed_in: Mapped[bool]
    subscriptions: Mapped[list["Subscription"]] = relationship(back_populates="account")


class Subscription(Table):
    """A subscription bought at a marketplace; linked once it has an organization."""

    __tablename__ = "subscriptions"
    clock_id: Mapped[int] = owner("test_clocks")
    account_id: Mapped[int] = owner("marketplace_accounts")
    account: Mapped[MarketplaceAccount] = relationship(back_populates="subscriptions")
    organization_id: Mapped[int | None] = owner("organizations")
    organization: Mapped["Organization | None"] = relationship(back_populates="subscriptions")
    offer: Mapped[str]
    purchase_order: Mapped[str | None]
    ends_at: Mapped[datetime | None]
    ended: Mapped[bool] = mapped_column(default=False)


class ReportLine(Table):
    """A line reported to a marketplace."""

    __tablename__ = "report_lines"
    organization_id: Mapped[int] = owner("organizations")
    subscription_id: Mapped[int] = owner("subscriptions")
    at: Mapped[datetime]
    kind: Mapped[str]
    item: Mapped[str]
    amount: Mapped[int]


class Contact(Table):
    """The vendor has reached the customer about unpaid invoices."""

    __tablename__ = "contacts"
    organization_id: Mapped[int] = owner("organizations")
    at: Mapped[datetime]


class Organization(Table):
    """A customer. `next_due_at` is when something falls due; it is kept up to date with every change."""

    __tablename__ = "organizations"
    clock_id: Mapped[int] = owner("test_clocks")
    name: Mapped[str]
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    tier: Mapped[str | None]
    tier_day: Mapped[date | None]
    service_day: Mapped[date | None]
    anchor: Mapped[date | None]
    cycle_number: Mapped[int] = mapped_column(default=0)
    cycle_first_day: Mapped[date | None]
    cycle_next_day: Mapped[date | None]
    charged_early: Mapped[bool] = mapped_column(default=False)
    trial_started_at: Mapped[datetime | None]
    trial_ended_at: Mapped[datetime | None]
    trial_credits: Mapped[int] = mapped_column(default=0)
    trial_used: Mapped[int] = mapped_column(default=0)
    trial_deletion_at: Mapped[datetime | None]
    lapsed: Mapped[bool] = mapped_column(default=False)  # the trial ended without a method, and none came since
    fell_back: Mapped[bool] = mapped_column(default=False)  # BC-66: the debt after the last commitment has been met
    extension_until: Mapped[datetime | None]
    data: Mapped[str] = mapped_column(default="none")

    services: Mapped[list[Service]] = relationship(order_by=Service.id, back_populates="organization")
    cards: Mapped[list[Card]] = relationship(order_by=Card.id)
    usages: Mapped[list[Usage]] = relationship(order_by=Usage.id)
    invoices: Mapped[list[Invoice]] = relationship(order_by=Invoice.id, back_populates="organization")
    debts: Mapped[list[Debt]] = relationship(order_by=Debt.id)
    charges: Mapped[list[Charge]] = relationship(order_by=Charge.id)
    grants: Mapped[list[Grant]] = relationship(order_by=Grant.id)
    subscriptions: Mapped[list[Subscription]] = relationship(order_by=Subscription.id, back_populates="organization")
    report_lines: Mapped[list[ReportLine]] = relationship(order_by=ReportLine.id)
    contacts: Mapped[list[Contact]] = relationship(order_by=Contact.id)

    @property
    def card(self) -> Card | None:
        """The card on file: the last one that was added."""
        return self.cards[-1] if self.cards else None

    @property
    def trial_runs(self) -> bool:
        """Whether the trial has begun and not ended."""
        return self.trial_started_at is not None and self.trial_ended_at is None

    @property
    def linked(self) -> list[Subscription]:
        """The linked subscriptions that have not ended."""
        return [each for each in self.subscriptions if not each.ended]

    @property
    def open_invoices(self) -> list[Invoice]:
        """The invoices that nobody has paid."""
        return [each for each in self.invoices if each.state == "open"]

    @property
    def open_debts(self) -> list[Debt]:
        """The clocks that run. There are restrictions while there is one."""
        return [each for each in self.debts if each.cleared_at is None]

    @property
    def uninvoiced(self) -> int:
        """What is owed directly and not invoiced."""
        return sum(each.owed for each in self.usages)
