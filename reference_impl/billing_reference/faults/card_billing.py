"""Faults of billing by card (BC-05, BC-10 to BC-22)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from billing_reference import card_billing
from billing_reference.card_billing import ONE_DAY, Cycle
from billing_reference.facts import Card, Charge, Usage
from billing_reference.faults.fault import Fault
from billing_reference.instants import start_of
from billing_reference.shell import Answer, Billing


class _CardForFirstToo(Billing):
    """Takes a card, and keeps it for the organization that was created first."""

    def add_card(self, *, organization: str, behaviour: str, available_credit: Decimal | None = None) -> Answer:
        first = next(iter(self.ledger.facts.organizations))
        super().add_card(organization=first, behaviour=behaviour, available_credit=available_credit)
        return super().add_card(organization=organization, behaviour=behaviour, available_credit=available_credit)


class _CyclesFromCreation(Billing):
    """Begins the first cycle on the day the organization was created."""

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        answer = super().choose_tier(organization=organization, tier=tier)
        owner = self._organization(organization)
        owner.tier_day = owner.created_at.date()
        return answer

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        answer = super().create_service(organization=organization, replica_memory_gib=replica_memory_gib)
        owner = self._organization(organization)
        owner.service_day = owner.created_at.date()
        return answer


class _CyclesFromLatestService(Billing):
    """Moves the cycle with each new service."""

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        answer = super().create_service(organization=organization, replica_memory_gib=replica_memory_gib)
        self._organization(organization).service_day = self.now.date()
        return answer


class _UsageOfAllTogether(Billing):
    """Adds the usage of all organizations up for the early charge."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        everybody = self.ledger.facts.organizations.values()
        total = sum((other.owed for other in everybody), Decimal(0)) + amount
        answer = super().record_usage(organization=organization, amount=amount, item=item)
        owner = self._organization(organization)
        if total >= card_billing.THRESHOLD and owner.uninvoiced and owner.owed < card_billing.THRESHOLD:
            cycle = self.ledger.cycle_at(owner, self.now.date())
            if cycle is not None:
                self.ledger._fall_due(owner, self.now, cycle, owner.owed)
        return answer


class _UsageNeverForgotten(Billing):
    """Keeps adding up over cycles what counts toward the early charge."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        owner = self._organization(organization)
        invoiced = sum((invoice.amount for invoice in owner.invoices), Decimal(0))
        answer = super().record_usage(organization=organization, amount=amount, item=item)
        if invoiced < card_billing.THRESHOLD <= invoiced + owner.owed and owner.uninvoiced:
            cycle = self.ledger.cycle_at(owner, self.now.date())
            if cycle is not None:
                self.ledger._fall_due(owner, self.now, cycle, owner.owed)
        return answer


class _FirstOrganizationPays(Billing):
    """Charges the card of the first organization for everyone's usage."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        del organization
        first = next(iter(self.ledger.facts.organizations))
        return super().record_usage(organization=first, amount=amount, item=item)


class _LastDayLost(Billing):
    """Loses usage of the last day of a cycle to the next one."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        owner, now = self._organization(organization), self.now
        cycle = self.ledger.cycle_at(owner, now.date())
        if cycle is not None and cycle.last_day == now.date() and owner.card is not None:
            owner.uninvoiced.append(Usage(start_of(cycle.last_day + ONE_DAY), item, amount))
            owner.uninvoiced.sort(key=lambda usage: usage.at, reverse=True)
            return {}
        return super().record_usage(organization=organization, amount=amount, item=item)


class _ChargesAtTarget(Billing):
    """Evaluates the cycle at the target of a jump alone: the invoice is of the cycle then."""

    def advance_to(self, *, now: datetime) -> Answer:
        for owner in self.ledger.facts.organizations.values():
            before = len(owner.invoices)
            self._settle(owner, now)
            cycle = self.ledger.cycle_at(owner, (now - ONE_DAY * 20).date())
            for invoice in owner.invoices[before:]:
                if cycle is not None:
                    invoice.first_day, invoice.last_day = cycle.first_day, cycle.last_day
        return {}


class _TierMustBeBasic(Billing):
    """Knows no tier but the first two."""

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        return super().choose_tier(organization=organization, tier="scale" if str(tier) == "enterprise" else tier)


class _ReadsCharge(Billing):
    """Invoices what is owed when someone looks."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        cycle = self.ledger.cycle_at(owner, self.now.date())
        if owner.uninvoiced and cycle is not None:
            self.ledger._fall_due(owner, self.now, cycle, owner.owed)
        return super().get_organization(organization=organization)


class _NothingDueIsInvoiced(Billing):
    """Makes an invoice at each end of a cycle, and tries the card for it, whatever is due."""

    def advance_to(self, *, now: datetime) -> Answer:
        for owner in self.ledger.facts.organizations.values():
            while not owner.uninvoiced and owner.card is not None:
                last = owner.invoices[-1].last_day + ONE_DAY if owner.invoices else owner.created_at.date()
                cycle = self.ledger.cycle_at(owner, last)
                if cycle is None or cycle.end > now:
                    break
                owner.uninvoiced = [Usage(cycle.end - ONE_DAY, "compute", Decimal("0.00"))]
                self._settle(owner, cycle.end)
            self._settle(owner, now)
        return {}


class _OnlyCompute(Billing):
    """Drops every item but compute."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        if item != "compute":
            return {}
        return super().record_usage(organization=organization, amount=amount, item=item)


class _TrialChargedToCard(Billing):
    """Charges a card that is put on file in the trial for what the trial covered."""

    def add_card(self, *, organization: str, behaviour: str, available_credit: Decimal | None = None) -> Answer:
        owner = self._organization(organization)
        if owner.trial is not None and owner.trial.ended_at is None and owner.trial.used:
            owner.uninvoiced.append(Usage(self.now, "compute", owner.trial.used))
        return super().add_card(organization=organization, behaviour=behaviour, available_credit=available_credit)


class _ShowsTrialAfterIt(Billing):
    """Shows the trial as what pays after it is over, where a card pays."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        owner = self._organization(organization)
        if owner.trial is not None and owner.card is not None and shown["billing_method"] == _BY_CARD:
            shown["billing_method"] = {"kind": "trial", "marketplace": None}
        return shown


class _CardShownOnceCharged(Billing):
    """Shows a card as on file only once it was charged."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        return {**shown, "card_on_file": bool(self._organization(organization).charges)}


class _NoBasicTier(Billing):
    """Takes the first tier for no tier: begins no cycle."""

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        answer = super().choose_tier(organization=organization, tier=tier)
        if str(tier) == "basic":
            self._organization(organization).tier_day = None
        return answer


class _ScaleIsBasic(Billing):
    """Takes the tier scale for the tier basic."""

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        return super().choose_tier(organization=organization, tier="basic" if str(tier) == "scale" else tier)


class _AuthorizesInAdvance(Billing):
    """Tries the card for nothing on the way, to see whether it is good for what is owed."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        for owner in self.ledger.facts.organizations.values():
            if owner.uninvoiced and owner.card is not None and not owner.charges:
                owner.charges.append(Charge(now, Decimal("0.00"), succeeded=False))
        return answer


class _EachUsageAfterAnEarlyCharge(Billing):
    """Charges each usage at once after an early charge, until the cycle ends."""

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        owner = self._organization(organization)
        cycle = self.ledger.cycle_at(owner, self.now.date())
        charged = cycle is not None and owner.early_charges.get(cycle.first_day, 0) > 0
        answer = super().record_usage(organization=organization, amount=amount, item=item)
        if charged and cycle is not None and owner.uninvoiced:
            self.ledger._fall_due(owner, self.now, cycle, owner.owed)
        return answer


_BY_CARD = {"kind": "card", "marketplace": None}


def _thirty_days(anchor: date, months: int) -> date:
    return anchor + timedelta(days=30 * months)


def _calendar_months(anchor: date, months: int) -> date:
    if months == 0:
        return anchor
    return card_billing.clamped(anchor, months).replace(day=1)


def _one_day_longer(anchor: date, months: int) -> date:
    return card_billing.clamped(anchor, months) + (ONE_DAY if months else timedelta(0))


def _leap_blind(anchor: date, months: int) -> date:
    start = card_billing.clamped(anchor, months)
    after_leap_day = start.month == 3 and start.year % 4 == 0 and months > 0
    return start - ONE_DAY if after_leap_day else start


def _same_year(anchor: date, months: int) -> date:
    start = card_billing.clamped(anchor, months)
    return start + timedelta(days=3) if start.year > anchor.year and start.month == 1 else start


def _at_start(cycle: Cycle) -> datetime:
    return start_of(cycle.first_day + timedelta(days=10))


def _ten_days_late(cycle: Cycle) -> datetime:
    return cycle.end + timedelta(days=10)


def _a_second_before(cycle: Cycle) -> datetime:
    return cycle.end - timedelta(seconds=1)


def _ignores(behaviour: str) -> object:
    def approves(card: Card, amount: Decimal) -> bool:
        return card.behaviour == behaviour or card_billing.approved(card, amount)

    return approves


def _limit_exclusive(card: Card, amount: Decimal) -> bool:
    if card.behaviour == "limited" and card.available_credit == amount:
        return False
    return card_billing.approved(card, amount)


def _whole_dollars(owed: Decimal) -> Decimal:
    return owed.quantize(Decimal(1), ROUND_DOWN).quantize(Decimal("0.01"))


FAULTS: tuple[Fault, ...] = (
    Fault(
        "card-given-to-first-organization",
        "A card put on file goes to the organization that was created first as well.",
        ("BC-05",),
        shell=_CardForFirstToo,
    ),
    Fault(
        "trial-charged-to-card",
        "A card put on file in the trial is charged for what the trial covered.",
        ("BC-05",),
        shell=_TrialChargedToCard,
    ),
    Fault(
        "trial-shown-as-method-after-it",
        "After a trial, it is the trial and not the card that is shown as what pays.",
        ("BC-05",),
        shell=_ShowsTrialAfterIt,
    ),
    Fault(
        "card-shown-once-charged",
        "A card is shown as on file only once it was charged.",
        ("BC-05",),
        shell=_CardShownOnceCharged,
    ),
    Fault(
        "invoice-for-each-service",
        "Each service gets an invoice of its own.",
        ("BC-10",),
        {"card_billing.invoices_per_service": True},
    ),
    Fault(
        "first-organization-pays-for-all",
        "The usage of every organization is charged to the first.",
        ("BC-10",),
        shell=_FirstOrganizationPays,
    ),
    Fault(
        "only-compute-is-invoiced",
        "Usage of other items than compute is not invoiced.",
        ("BC-10",),
        shell=_OnlyCompute,
    ),
    Fault(
        "cents-dropped",
        "Invoices are for whole dollars; the cents are lost.",
        ("BC-10",),
        {"card_billing.invoice_amount": _whole_dollars},
    ),
    Fault(
        "charged-in-advance",
        "The card is charged ten days into the cycle.",
        ("BC-13",),
        {"card_billing.charge_due": _at_start},
    ),
    Fault(
        "reading-invoices",
        "Looking at an organization invoices what it owes.",
        ("BC-13",),
        shell=_ReadsCharge,
    ),
    Fault(
        "cycle-from-creation-of-organization",
        "The first cycle begins on the day the organization was created.",
        ("BC-15",),
        shell=_CyclesFromCreation,
    ),
    Fault(
        "cycle-moves-with-each-service",
        "Each new service moves the cycle.",
        ("BC-15",),
        shell=_CyclesFromLatestService,
    ),
    Fault(
        "cycle-moves-with-the-tier",
        "Another tier moves the cycle.",
        ("BC-15",),
        {"card_billing.keeps_first_day_on_tier_change": False},
    ),
    Fault(
        "cycle-on-the-tier-alone",
        "Declares that tier and service make the cycle, and begins it with the tier alone.",
        ("BC-15",),
        {"card_billing.anchor": card_billing.tier_day},
    ),
    Fault(
        "cycle-on-the-service-alone",
        "Declares that tier and service make the cycle, and begins it with the service alone.",
        ("BC-15",),
        {"card_billing.anchor": card_billing.service_day},
    ),
    Fault(
        "enterprise-unknown",
        "The tier enterprise is taken for scale.",
        ("BC-16",),
        shell=_TierMustBeBasic,
    ),
    Fault(
        "no-cycle-on-the-basic-tier",
        "An organization on the tier basic has no billing cycle.",
        ("BC-16",),
        shell=_NoBasicTier,
    ),
    Fault(
        "scale-taken-for-basic",
        "Who chooses the tier scale gets the tier basic.",
        ("BC-16",),
        shell=_ScaleIsBasic,
    ),
    Fault(
        "cycle-of-30-days",
        "A cycle lasts 30 days, whatever the month.",
        ("BC-39", "BC-15", "BC-17"),
        {"card_billing.cycle_start": _thirty_days},
    ),
    Fault(
        "cycle-of-the-calendar-month",
        "Cycles begin on the first of the month.",
        ("BC-15", "BC-17", "BC-39"),
        {"card_billing.cycle_start": _calendar_months},
    ),
    Fault(
        "cycle-a-day-too-long",
        "The next cycle begins a day after it should.",
        ("BC-15", "BC-17", "BC-39"),
        {"card_billing.cycle_start": _one_day_longer},
    ),
    Fault(
        "cycle-blind-to-leap-days",
        "In a leap year the cycle over the leap day is a day short.",
        ("BC-17", "BC-15"),
        {"card_billing.cycle_start": _leap_blind},
    ),
    Fault(
        "cycle-wrong-over-new-year",
        "The cycle over a year's end is three days too long.",
        ("BC-17", "BC-15"),
        {"card_billing.cycle_start": _same_year},
    ),
    Fault(
        "month-end-sticks",
        "Declares that a cycle comes back to its day after a short month, and stays on the earlier day.",
        ("BC-39",),
        {"card_billing.cycle_start": card_billing.sticky},
    ),
    Fault(
        "month-end-rolls-over",
        "Declares that a cycle is clamped to a short month, and rolls over into the next.",
        ("BC-39",),
        {"card_billing.cycle_start": card_billing.rolled_over},
    ),
    Fault(
        "charged-ten-days-late",
        "The card is charged ten days after the end of the cycle.",
        ("BC-17",),
        {"card_billing.charge_due": _ten_days_late},
    ),
    Fault(
        "card-tried-in-mid-cycle",
        "The card is tried for nothing in mid-cycle, to see whether it is good for what is owed.",
        ("BC-17",),
        shell=_AuthorizesInAdvance,
    ),
    Fault(
        "charged-a-second-early",
        "The card is charged in the last second of the cycle.",
        ("BC-17",),
        {"card_billing.charge_due": _a_second_before},
    ),
    Fault(
        "nothing-due-is-invoiced",
        "A cycle without usage makes an invoice of nothing.",
        ("BC-17",),
        {"card_billing.charges_nothing_due": True},
        shell=_NothingDueIsInvoiced,
    ),
    Fault(
        "last-day-belongs-to-next-cycle",
        "Usage on the last day of a cycle is invoiced with the next.",
        ("BC-17",),
        shell=_LastDayLost,
    ),
    Fault(
        "invoice-of-the-cycle-at-the-jump",
        "An invoice names the cycle in which the clock arrived, not the one that it is for.",
        ("BC-17",),
        shell=_ChargesAtTarget,
    ),
    Fault(
        "no-early-charge",
        "Nothing is charged before the end of the cycle, however much is used.",
        ("BC-18",),
        {"card_billing.threshold": Decimal("1e12")},
    ),
    Fault(
        "each-usage-charged-after-an-early-charge",
        "After an early charge, all usage of the cycle is charged at once.",
        ("BC-18",),
        shell=_EachUsageAfterAnEarlyCharge,
    ),
    Fault(
        "early-charge-at-1000",
        "The early charge comes at $1,000.",
        ("BC-18",),
        {"card_billing.threshold": Decimal("1000.00")},
    ),
    Fault(
        "early-charge-a-cent-below",
        "The early charge comes at $9,999.99.",
        ("BC-18",),
        {"card_billing.threshold": Decimal("9999.99")},
    ),
    Fault(
        "early-charge-from-a-dollar-more",
        "The early charge comes only above $10,001.",
        ("BC-18",),
        {"card_billing.threshold": Decimal("10001.00")},
    ),
    Fault(
        "early-charge-beyond-only",
        "Declares that the early charge is due at $10,000, and makes it only beyond.",
        ("BC-18",),
        {"card_billing.threshold_reached": card_billing.exceeds},
    ),
    Fault(
        "early-charge-of-the-threshold-alone",
        "The early charge takes $10,000 and leaves the rest.",
        ("BC-18",),
        {"card_billing.early_amount": lambda owed: card_billing.THRESHOLD},
    ),
    Fault(
        "early-charge-charged-again",
        "What was charged early is charged again at the end of the cycle.",
        ("BC-18",),
        {"card_billing.early_charge_settles": False, "card_billing.early_charge_armed": card_billing.once},
    ),
    Fault(
        "early-charge-restarts-cycle",
        "The early charge begins a new cycle.",
        ("BC-18",),
        {"card_billing.early_charge_restarts_cycle": True},
    ),
    Fault(
        "early-charge-once",
        "Declares that the early charge repeats, and makes it once in a cycle.",
        ("BC-18",),
        {"card_billing.early_charge_armed": card_billing.once},
    ),
    Fault(
        "early-charge-adds-up-organizations",
        "The usage of all organizations together counts toward the early charge.",
        ("BC-18",),
        shell=_UsageOfAllTogether,
    ),
    Fault(
        "early-charge-adds-up-cycles",
        "What earlier cycles invoiced counts toward the early charge.",
        ("BC-18",),
        shell=_UsageNeverForgotten,
    ),
    Fault(
        "invalid-card-pays",
        "A card that is invalid pays.",
        ("BC-20",),
        {"card_billing.approves": _ignores("invalid")},
    ),
    Fault(
        "declining-card-pays",
        "A card that the network declines pays.",
        ("BC-20", "BC-23"),
        {"card_billing.approves": _ignores("declines")},
    ),
    Fault(
        "expired-card-pays",
        "An expired card pays.",
        ("BC-21",),
        {"card_billing.approves": _ignores("expired")},
    ),
    Fault(
        "credit-limit-ignored",
        "A card pays more than its credit covers.",
        ("BC-22",),
        {"card_billing.approves": _ignores("limited")},
    ),
    Fault(
        "credit-limit-exclusive",
        "A card whose credit covers just the invoice does not pay it.",
        ("BC-22",),
        {"card_billing.approves": _limit_exclusive},
    ),
)
