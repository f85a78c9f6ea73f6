"""Faults of unpaid invoices (BC-11, BC-23 to BC-32)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from billing_reference import instants, unpaid_invoices
from billing_reference.facts import Charge, Debt, Invoice, Organization, Service
from billing_reference.faults.fault import Fault
from billing_reference.instants import DAY, Deadline, start_of
from billing_reference.settling import Due, Ledger, Turn
from billing_reference.shell import Answer, Billing
from billing_reference.trial import every_running
from billing_tck.contract import Refused


class _RestrictedWhenStopped(Billing):
    """Shows the restrictions from the stop on."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        stopped = owner.debt is not None and owner.debt.stopped
        return {**super().get_organization(organization=organization), "restricted": stopped}


class _PaymentClearsOthers(Billing):
    """Forgives the open invoices of every organization when one pays."""

    def attempt_collection(self, *, organization: str) -> Answer:
        answer = super().attempt_collection(organization=organization)
        if answer["collected"] is True and self._organization(organization).charges:
            for other in self.ledger.facts.organizations.values():
                for invoice in other.open_invoices:
                    invoice.state = "paid"
                self.ledger.cure(other)
        return answer


class _RestrictsEverybody(Billing):
    """Refuses every organization what one unpaid invoice forbids."""

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        if any(self.ledger.restricted(other) for other in self.ledger.facts.organizations.values()):
            raise Refused("unpaid_invoice")
        return super().create_service(organization=organization, replica_memory_gib=replica_memory_gib)


class _StopsEverybody(Billing):
    """Stops the services of every organization when one is stopped."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        everybody = self.ledger.facts.organizations.values()
        if any(owner.debt is not None and owner.debt.stopped for owner in everybody):
            for owner in everybody:
                for service in owner.services:
                    service.state = "stopped" if service.state == "running" else service.state
        return answer


class _DeletesEverybody(Billing):
    """Deletes the data of every organization when one is deleted."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        everybody = self.ledger.facts.organizations.values()
        if any(owner.debt is not None and owner.debt.deleted for owner in everybody):
            for owner in everybody:
                self.ledger.delete(owner, ())
        return answer


class _ClockFromLastPartPayment(Billing):
    """Counts the 14 and 30 days anew after each attempt."""

    def attempt_collection(self, *, organization: str) -> Answer:
        answer = super().attempt_collection(organization=organization)
        owner = self._organization(organization)
        for invoice in owner.open_invoices:
            invoice.failed_at = self.now
        if owner.debt is not None:
            owner.debt.since = self.now
        return answer


class _NewCardRestartsClock(Billing):
    """Counts the 14 and 30 days anew from when a card was put on file."""

    def add_card(self, *, organization: str, behaviour: str, available_credit: object = None) -> Answer:
        owner = self._organization(organization)
        for invoice in owner.open_invoices:
            invoice.failed_at = self.now
        if owner.debt is not None:
            owner.debt.since = self.now
        del available_credit
        return super().add_card(organization=organization, behaviour=behaviour)


class _PartPaymentCures(Billing):
    """Lifts the restrictions when any part of the amount was collected."""

    def attempt_collection(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        if owner.card is not None and owner.card.behaviour == "limited" and owner.card.available_credit:
            for invoice in owner.open_invoices:
                invoice.state = "paid"
        return super().attempt_collection(organization=organization)


class _CollectionAlwaysSucceeds(Billing):
    """Answers that everything was collected, whatever is due."""

    def attempt_collection(self, *, organization: str) -> Answer:
        super().attempt_collection(organization=organization)
        return {"collected": True}


class _PaidByTransferStaysRestricted(Billing):
    """Forgets to lift the restrictions after a bank transfer."""

    def pay_invoice(self, *, invoice: str) -> Answer:
        owner_id, found = self.ledger.facts.invoices[invoice]
        found.state = "void"
        owner = self._organization(owner_id)
        owner.invoices.append(
            Invoice(self.ledger.new_id("invoice"), found.issued_at, found.amount, found.first_day, found.last_day)
        )
        return {}


class _TransferChargesCard(Billing):
    """Charges the card as well when an invoice is paid by bank transfer."""

    def pay_invoice(self, *, invoice: str) -> Answer:
        owner_id, found = self.ledger.facts.invoices[invoice]
        owner = self._organization(owner_id)
        if owner.card is not None:
            owner.card.behaviour = "approves"
        self.ledger.charge(owner, found, self.now)
        return super().pay_invoice(invoice=invoice)


class _EvaluatesAtTarget(Billing):
    """Looks at debts at the target of a jump alone, a failure being dated when it was noticed."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        for owner in self.ledger.facts.organizations.values():
            debt = owner.debt
            if debt is not None and not debt.stopped:
                debt.since = max(debt.since, now - 2 * DAY)
                for invoice in owner.open_invoices:
                    invoice.failed_at = debt.since
        return answer


class _ChargesWhenTheJumpEnds(Ledger):
    """Makes the charge of a cycle when the jump that passes over its end has ended."""

    def settle(self, organization: Organization, now: datetime) -> None:
        while True:
            due = min(self._due(organization), key=lambda d: (d.at, d.turn), default=None)
            if due is None or due.at > now:
                return
            due.happen(now if due.turn is Turn.CYCLE_END else due.at)


class _ChargeDatedByTheJump(Billing):
    """Keeps such a ledger."""

    ledger_type = _ChargesWhenTheJumpEnds


class _NoStopWhileRestricted(Billing):
    """Refuses every command about services while an invoice is unpaid, also the stop."""

    def stop_service(self, *, service: str) -> Answer:
        if self.ledger.restricted(self._organization(self._service(service).organization)):
            raise Refused("unpaid_invoice", "restricted")
        return super().stop_service(service=service)


class _NoSecondStart(Billing):
    """Refuses to start a service while an invoice is unpaid, also one that runs."""

    def start_service(self, *, service: str) -> Answer:
        if self.ledger.restricted(self._organization(self._service(service).organization)):
            raise Refused("unpaid_invoice", "restricted")
        return super().start_service(service=service)


class _StopsOnce(Billing):
    """Stops services for the first debt alone."""

    def advance_to(self, *, now: datetime) -> Answer:
        for owner in self.ledger.facts.organizations.values():
            if owner.debt is not None and len([i for i in owner.invoices if i.state == "paid"]) > 0:
                owner.debt.stopped = True
        return super().advance_to(now=now)


class _ExtensionForAll(Billing):
    """Grants an extension to every organization in debt."""

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        self._organization(organization)
        for owner in self.ledger.facts.organizations.values():
            super().grant_extension(organization=owner.id, until=until)
        return {}


class _FirstExtensionStays(Billing):
    """Keeps the first extension when another is granted."""

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        owner = self._organization(organization)
        if owner.debt is not None and owner.debt.extension_until is not None:
            return {}
        return super().grant_extension(organization=organization, until=until)


class _ExtensionPays(Billing):
    """Lifts the restrictions when an extension is granted."""

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        answer = super().grant_extension(organization=organization, until=until)
        owner = self._organization(organization)
        for invoice in owner.open_invoices:
            invoice.state = "void"
        return answer


class _ExtensionKeptForLater(Billing):
    """Keeps an extension that was granted while nothing was unpaid, for the next debt."""

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        owner = self._organization(organization)
        if owner.debt is None:
            _KEPT[id(owner)] = until
        return super().grant_extension(organization=organization, until=until)

    def _settle(self, organization: Organization, instant: datetime) -> None:
        kept = _KEPT.get(id(organization))
        if kept is not None:
            step = organization.created_at
            while step < instant:
                step = min(instant, step + DAY)
                super()._settle(organization, step)
                if organization.debt is not None and organization.debt.extension_until is None:
                    organization.debt.extension_until = kept
        super()._settle(organization, instant)

    def reset(self, *, now: datetime) -> Answer:
        _KEPT.clear()
        return super().reset(now=now)


_KEPT: dict[int, datetime] = {}


class _ExtensionOutlivesDebt(Billing):
    """Keeps an extension when the debt that it was granted for is paid."""

    def attempt_collection(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        kept = owner.debt.extension_until if owner.debt is not None else None
        answer = super().attempt_collection(organization=organization)
        if kept is not None and owner.debt is None:
            owner.created_at = kept  # a field that nobody else looks at any more
        return answer

    def _settle(self, organization: Organization, instant: datetime) -> None:
        step = instant - 32 * DAY
        while step < instant:
            step = min(instant, step + DAY)
            super()._settle(organization, step)
            if organization.debt is not None and organization.created_at > organization.debt.since:
                organization.debt.extension_until = organization.created_at


class _RestartsAll(Billing):
    """Starts every stopped service after payment, also those that their owner stopped."""

    def attempt_collection(self, *, organization: str) -> Answer:
        owner = self._organization(organization)
        in_debt = owner.debt is not None
        answer = super().attempt_collection(organization=organization)
        if in_debt and owner.debt is None:
            for service in owner.services:
                service.state = "running" if service.state == "stopped" else service.state
        return answer


class _DeletedStart(Billing):
    """Lets deleted services start again once the debt is paid."""

    def start_service(self, *, service: str) -> Answer:
        found = self.ledger.facts.services[service]
        if found.state == "deleted" and not self.ledger.restricted(self._organization(found.organization)):
            found.state = "stopped"
        return super().start_service(service=service)


class _DebtForgivenAtDeletion(Billing):
    """Forgets what is owed once the data is deleted."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        for owner in self.ledger.facts.organizations.values():
            if owner.debt is not None and owner.debt.deleted:
                for invoice in owner.open_invoices:
                    invoice.state = "void"
        return answer


class _NewServiceStarts(Billing):
    """Refuses to start old services while unpaid, and forgets those of the last cycle."""

    def start_service(self, *, service: str) -> Answer:
        found = self._service(service)
        owner = self._organization(found.organization)
        if found is owner.services[-1] and len(owner.services) > 2 and self.ledger.restricted(owner):
            found.state = "running"
            return {}
        return super().start_service(service=service)


class _RestrictedAfterCollection(Billing):
    """Goes on showing the restrictions for a week after a collection paid what was due."""

    _collected: MappingProxyType[str, datetime] = MappingProxyType({})

    def attempt_collection(self, *, organization: str) -> Answer:
        in_debt = self._organization(organization).debt is not None
        answer = super().attempt_collection(organization=organization)
        if in_debt and answer["collected"] is True:
            self._collected = MappingProxyType({**self._collected, organization: self.now})
        return answer

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        since = self._collected.get(organization)
        return {**shown, "restricted": True} if since is not None and self.now < since + 7 * DAY else shown

    def reset(self, *, now: datetime) -> Answer:
        self._collected = MappingProxyType({})
        return super().reset(now=now)


class _DeniesCollecting(Billing):
    """Answers after an attempt at one invoice that not everything was collected."""

    def attempt_collection(self, *, organization: str) -> Answer:
        count = len(self._organization(organization).open_invoices)
        answer = super().attempt_collection(organization=organization)
        return {"collected": False} if self.denies(count) else answer

    def denies(self, count: int) -> bool:
        """Whether an attempt at so many invoices is denied."""
        return count == 1


class _DeniesCollectingSeveral(_DeniesCollecting):
    """Answers after an attempt at several invoices that not everything was collected."""

    def denies(self, count: int) -> bool:
        return count > 1


class _InvoicesWait(Ledger):
    """Makes no invoice for a cycle as long as an earlier one is unpaid."""

    def _due_charge(self, organization: Organization) -> Iterator[Due]:
        if not organization.open_invoices:
            yield from super()._due_charge(organization)


class _NextInvoiceWaits(Billing):
    """Keeps such a ledger."""

    ledger_type = _InvoicesWait


class _CappedUntilFirstPayment(Billing):
    """Holds everyone to the cap who never paid an invoice."""

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Answer:
        owner = self._organization(self._service(service).organization)
        paid = any(invoice.state == "paid" for invoice in owner.invoices)
        if not paid and replica_memory_gib > unpaid_invoices.MEMORY_CAP_GIB:
            raise Refused("memory_cap")
        return super().scale_service(service=service, replica_memory_gib=replica_memory_gib)


class _StartNeedsGoodCard(Billing):
    """Refuses to start a service as soon as something is owed that the card would not pay."""

    def start_service(self, *, service: str) -> Answer:
        owner = self._organization(self._service(service).organization)
        if owner.uninvoiced and owner.card is not None and owner.card.behaviour != "approves":
            raise Refused("unpaid_invoice")
        return super().start_service(service=service)


class _CreateNeedsGoodCard(Billing):
    """Refuses to create a service as soon as something is owed that the card would not pay."""

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        owner = self._organization(organization)
        if owner.uninvoiced and owner.card is not None and owner.card.behaviour != "approves":
            raise Refused("unpaid_invoice")
        return super().create_service(organization=organization, replica_memory_gib=replica_memory_gib)


class _RetriesWhatIsPaid(Billing):
    """Goes on trying an invoice that failed once after it was paid."""

    def advance_to(self, *, now: datetime) -> Answer:
        before = {owner.id: len(owner.charges) for owner in self.ledger.facts.organizations.values()}
        answer = super().advance_to(now=now)
        for owner in self.ledger.facts.organizations.values():
            quiet = len(owner.charges) == before[owner.id] and owner.charges and owner.charges[-1].at < now - 9 * DAY
            for invoice in owner.invoices if quiet and owner.card is not None else ():
                if invoice.state == "paid" and invoice.failed_at is not None:
                    owner.charges.append(Charge(now, invoice.amount, succeeded=False))
        return answer


class _StoppedStarts(Billing):
    """Starts while unpaid what the debt had stopped."""

    def start_service(self, *, service: str) -> Answer:
        found = self._service(service)
        debt = self._organization(found.organization).debt
        if debt is not None and debt.stopped and found.id in debt.found_running:
            found.state = "running"
            return {}
        return super().start_service(service=service)


class _SecondDebtShorter(Ledger):
    """Gives who paid late once half the time with the next debt."""

    def stop_due(self, organization: Organization, debt: Debt) -> datetime:
        return super().stop_due(organization, debt) - (7 * DAY if _paid_late(organization) else 0 * DAY)


class _ShorterStop(Billing):
    """Keeps such a ledger."""

    ledger_type = _SecondDebtShorter


class _SecondDeletionSooner(Ledger):
    """Deletes sooner for a second debt."""

    def delete_due(self, organization: Organization, debt: Debt) -> datetime | None:
        due = super().delete_due(organization, debt)
        return due - 8 * DAY if due is not None and _paid_late(organization) else due


class _SoonerDeletion(Billing):
    """Keeps such a ledger."""

    ledger_type = _SecondDeletionSooner


class _CreatesAfterDeletion(Billing):
    """Lets services be created again once everything was deleted, paid or not."""

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        owner = self._organization(organization)
        if owner.debt is not None and owner.debt.deleted:
            held, owner.invoices = owner.invoices, []
            try:
                return super().create_service(organization=organization, replica_memory_gib=replica_memory_gib)
            finally:
                owner.invoices = held
        return super().create_service(organization=organization, replica_memory_gib=replica_memory_gib)


class _ExtensionStarts(Billing):
    """Starts what the debt had stopped when an extension is granted."""

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        answer = super().grant_extension(organization=organization, until=until)
        for service in self._organization(organization).services:
            service.state = "running" if service.state == "stopped" else service.state
        return answer


def _paid_late(organization: Organization) -> bool:
    return any(invoice.state == "paid" and invoice.failed_at is not None for invoice in organization.invoices)


def _grandfathered(*, restricted: bool, gib: int, cap: int, services: Sequence[Service]) -> bool:
    return restricted and gib > cap and not any(service.replica_memory_gib > cap for service in services)


def _from_first_day(debt: Debt, invoices: Sequence[Invoice]) -> datetime:
    early = [i for i in invoices if i.failed_at is not None and i.failed_at.date() <= i.last_day]
    return min((start_of(i.first_day) for i in early), default=unpaid_invoices.oldest_unpaid(debt, invoices))


def _after_two_weeks_of_debt(open_invoices: Sequence[Invoice], lapse_since: datetime | None) -> bool:
    return len(open_invoices) > 1 or lapse_since is not None


def _total_memory(*, restricted: bool, gib: int, cap: int, services: Sequence[Service]) -> bool:
    return restricted and gib + sum(s.replica_memory_gib for s in services if s.state != "deleted") > cap


def _cap_exclusive(*, restricted: bool, gib: int, cap: int, services: Sequence[Service]) -> bool:
    del services
    return restricted and gib >= cap


def _cap_always(*, restricted: bool, gib: int, cap: int, services: Sequence[Service]) -> bool:
    del restricted, services
    return gib > cap


def _all_scaling(*, restricted: bool, gib: int, cap: int, services: Sequence[Service]) -> bool:
    del gib, cap, services
    return restricted


def _never(*, restricted: bool) -> bool:
    del restricted
    return False


def _newest(debt: Debt, invoices: Sequence[Invoice]) -> datetime:
    return max((i.failed_at for i in invoices if i.failed_at is not None), default=debt.since)


def _from_cycle_start(due: datetime) -> datetime:
    return due - 31 * DAY


def _from_next_midnight(due: datetime) -> datetime:
    return start_of(due.date()) + 2 * DAY


def _calendar_month(start: datetime, after: timedelta, falls: Deadline) -> datetime:
    if after != unpaid_invoices.DELETE_AFTER:
        return falls(start, after)
    year, month = start.year + start.month // 12, start.month % 12 + 1
    return falls(start.replace(year=year, month=month, day=min(start.day, 28)), timedelta(0))


def _oldest_only(services: Sequence[Service]) -> Sequence[Service]:
    return every_running(services)[:1]


def _stopped_only(services: Sequence[Service]) -> Sequence[Service]:
    return [service for service in services if service.state == "stopped"][:1]


def _hastened(delete: datetime, extension: datetime | None) -> datetime | None:
    return delete if extension is None else extension


def _ignored(delete: datetime, extension: datetime | None) -> datetime | None:
    del extension
    return delete


def _added(delete: datetime, extension: datetime | None) -> datetime | None:
    return delete if extension is None else delete + 10 * DAY


def _second_late(start: datetime, after: timedelta, falls: Deadline) -> datetime:
    return falls(start, after) + instants.SECOND


def _working_days(start: datetime, after: timedelta, falls: Deadline) -> datetime:
    return falls(start, after + (6 * DAY if after == unpaid_invoices.STOP_AFTER else 0 * DAY))


def _twelve_hours_early_each_week(start: datetime, after: timedelta, falls: Deadline) -> datetime:
    return falls(start_of(start.date()), after)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "new-card-does-not-cure",
        "A new card that pays leaves the organization restricted.",
        ("BC-11",),
        {"unpaid_invoices.cured": lambda open_invoices, lapse_since: False},
    ),
    Fault(
        "restricted-only-with-two-invoices",
        "The restrictions begin with the second unpaid invoice.",
        ("BC-23",),
        {"unpaid_invoices.restricted": _after_two_weeks_of_debt},
    ),
    Fault(
        "restriction-after-14-days",
        "The restrictions begin when the services stop, not at once.",
        ("BC-23",),
        shell=_RestrictedWhenStopped,
    ),
    Fault(
        "part-payment-cures",
        "A part of the amount is taken for the whole.",
        ("BC-23",),
        shell=_PartPaymentCures,
    ),
    Fault(
        "transfer-does-not-cure",
        "A bank transfer leaves the invoice open.",
        ("BC-23",),
        shell=_PaidByTransferStaysRestricted,
    ),
    Fault(
        "transfer-charges-card-too",
        "A bank transfer is charged to the card as well.",
        ("BC-23",),
        shell=_TransferChargesCard,
    ),
    Fault(
        "payment-clears-every-organization",
        "One organization's payment pays everybody's invoices.",
        ("BC-23",),
        shell=_PaymentClearsOthers,
    ),
    Fault(
        "one-debt-restricts-everybody",
        "One organization's unpaid invoice restricts all others.",
        ("BC-23",),
        shell=_RestrictsEverybody,
    ),
    Fault(
        "restricted-for-a-week-after-collection",
        "The restrictions are lifted a week after a collection paid everything.",
        ("BC-23",),
        shell=_RestrictedAfterCollection,
    ),
    Fault(
        "collection-of-one-invoice-denied",
        "An attempt that collects the one open invoice answers that not everything was collected.",
        ("BC-23",),
        shell=_DeniesCollecting,
    ),
    Fault(
        "collection-of-several-invoices-denied",
        "An attempt that collects several open invoices answers that not everything was collected.",
        ("BC-23",),
        shell=_DeniesCollectingSeveral,
    ),
    Fault(
        "next-invoice-waits-for-payment",
        "While an invoice is unpaid, the next cycle is not invoiced.",
        ("BC-23",),
        shell=_NextInvoiceWaits,
    ),
    Fault(
        "cap-until-first-payment",
        "The 120 GiB are the limit until an organization has paid its first invoice.",
        ("BC-24",),
        shell=_CappedUntilFirstPayment,
    ),
    Fault(
        "cap-lifted-by-a-large-service",
        "Who has a service above 120 GiB already may have more of them while unpaid.",
        ("BC-24",),
        {"unpaid_invoices.refuses_scaling": _grandfathered},
    ),
    Fault(
        "start-needs-a-good-card",
        "Services are refused their start as soon as something is owed that the card would not pay.",
        ("BC-25", "BC-26"),
        shell=_StartNeedsGoodCard,
    ),
    Fault(
        "create-needs-a-good-card",
        "Creating is refused as soon as something is owed that the card would not pay.",
        ("BC-27",),
        shell=_CreateNeedsGoodCard,
    ),
    Fault(
        "retries-what-is-paid",
        "An invoice that failed once is tried on after it was paid.",
        ("BC-28",),
        shell=_RetriesWhatIsPaid,
    ),
    Fault(
        "stopped-by-debt-starts",
        "What the debt stopped can be started while unpaid; what its owner stopped cannot.",
        ("BC-29",),
        shell=_StoppedStarts,
    ),
    Fault(
        "second-debt-stops-after-7-days",
        "Who paid late once has 7 days with the next unpaid invoice.",
        ("BC-29",),
        shell=_ShorterStop,
    ),
    Fault(
        "second-debt-deletes-after-22-days",
        "Who paid late once has 22 days until the deletion with the next unpaid invoice.",
        ("BC-30",),
        shell=_SoonerDeletion,
    ),
    Fault(
        "early-charge-counted-from-cycle-start",
        "The days of an early charge that failed are counted from the first day of its cycle.",
        ("BC-29",),
        {"unpaid_invoices.clock_start": _from_first_day},
    ),
    Fault(
        "create-allowed-after-deletion",
        "Services are created again once everything was deleted, although the invoice is unpaid.",
        ("BC-30",),
        shell=_CreatesAfterDeletion,
    ),
    Fault(
        "extension-starts-services",
        "An extension starts what the debt had stopped.",
        ("BC-32",),
        shell=_ExtensionStarts,
    ),
    Fault(
        "cap-of-236",
        "While unpaid, a replica may have up to 236 GiB.",
        ("BC-24",),
        {"unpaid_invoices.memory_cap_gib": 236},
    ),
    Fault(
        "cap-exclusive",
        "While unpaid, 120 GiB are refused already.",
        ("BC-24",),
        {"unpaid_invoices.refuses_scaling": _cap_exclusive},
    ),
    Fault(
        "cap-on-total-memory",
        "The 120 GiB are counted over all services.",
        ("BC-24",),
        {"unpaid_invoices.refuses_scaling": _total_memory},
    ),
    Fault(
        "cap-always",
        "Nobody may have more than 120 GiB, paid or not.",
        ("BC-24", "BC-23"),
        {"unpaid_invoices.refuses_scaling": _cap_always},
    ),
    Fault(
        "all-scaling-refused",
        "While unpaid, no scaling is allowed at all.",
        ("BC-24",),
        {"unpaid_invoices.refuses_scaling": _all_scaling},
    ),
    Fault(
        "start-allowed-while-unpaid",
        "Stopped services start while an invoice is unpaid.",
        ("BC-25", "BC-26"),
        {"unpaid_invoices.refuses_start": _never},
    ),
    Fault(
        "new-service-starts-while-unpaid",
        "The newest service starts while an invoice is unpaid.",
        ("BC-26",),
        shell=_NewServiceStarts,
    ),
    Fault(
        "create-allowed-while-unpaid",
        "Services are created while an invoice is unpaid.",
        ("BC-27",),
        {"unpaid_invoices.refuses_create": _never},
    ),
    Fault(
        "create-refused-always",
        "Creating a service is refused whether anything is unpaid or not.",
        ("BC-27",),
        {"unpaid_invoices.refuses_create": lambda restricted: True},
    ),
    Fault(
        "no-retries",
        "A failed charge is never tried again.",
        ("BC-28",),
        {"unpaid_invoices.retry_days": ()},
    ),
    Fault(
        "retries-after-day-30",
        "The first retry comes on day 31.",
        ("BC-28",),
        {"unpaid_invoices.retry_days": (31, 35)},
    ),
    Fault(
        "retries-never-collect",
        "An attempt tries nothing.",
        ("BC-28", "BC-11"),
        {"unpaid_invoices.retries_with": lambda invoices: ()},
    ),
    Fault(
        "retries-newest-only",
        "An attempt tries the newest invoice alone.",
        ("BC-23",),
        {"unpaid_invoices.retries_with": lambda invoices: invoices[-1:]},
    ),
    Fault(
        "new-card-waits",
        "Declares that a new card is charged at once, and waits for the next attempt.",
        ("BC-28",),
        {"unpaid_invoices.collects_with_new_card": False},
    ),
    Fault(
        "collected-although-not",
        "An attempt answers that everything was collected, whatever is due.",
        ("BC-23",),
        shell=_CollectionAlwaysSucceeds,
    ),
    Fault(
        "stop-after-21-days",
        "Services stop 21 days after the failure.",
        ("BC-29",),
        {"unpaid_invoices.stop_after": 21 * DAY},
    ),
    Fault(
        "stop-after-7-days",
        "Services stop 7 days after the failure.",
        ("BC-29",),
        {"unpaid_invoices.stop_after": 7 * DAY},
    ),
    Fault(
        "stop-after-14-working-days",
        "The 14 days are working days.",
        ("BC-29",),
        {"unpaid_invoices.stop_deadline": _working_days},
    ),
    Fault(
        "stop-a-second-late",
        "Declares that deadlines fall at the instant, and stops services a second later.",
        ("BC-29",),
        {"unpaid_invoices.stop_deadline": _second_late},
    ),
    Fault(
        "stop-at-midnight-before",
        "The 14 days are counted from midnight of the day of the failure.",
        ("BC-29",),
        {"unpaid_invoices.stop_deadline": _twelve_hours_early_each_week},
    ),
    Fault(
        "stop-counted-from-cycle-start",
        "The days are counted from the start of the cycle.",
        ("BC-29", "BC-30"),
        {"unpaid_invoices.failed_at": _from_cycle_start},
    ),
    Fault(
        "clock-starts-two-days-late",
        "The days are counted from two days after the failure.",
        ("BC-29", "BC-30"),
        {"unpaid_invoices.failed_at": _from_next_midnight},
    ),
    Fault(
        "stop-counted-from-newest-invoice",
        "A later unpaid invoice puts the stop off.",
        ("BC-29",),
        {"unpaid_invoices.clock_start": _newest},
    ),
    Fault(
        "clock-until-all-paid",
        "Declares that each invoice has its own days, and counts from the first failure.",
        ("BC-29",),
        {"unpaid_invoices.clock_start": unpaid_invoices.first_failure},
    ),
    Fault(
        "stop-counted-from-last-attempt",
        "Each attempt begins the days anew.",
        ("BC-29",),
        shell=_ClockFromLastPartPayment,
    ),
    Fault(
        "new-card-restarts-clock",
        "A new card begins the days anew.",
        ("BC-29",),
        shell=_NewCardRestartsClock,
    ),
    Fault(
        "failure-dated-when-noticed",
        "The days are counted from when a jump of the clock noticed the failure.",
        ("BC-29",),
        shell=_EvaluatesAtTarget,
    ),
    Fault(
        "charge-dated-by-the-jump",
        "A charge that a jump of the clock passes over is made, and fails, when the jump has ended.",
        ("BC-29", "BC-30"),
        shell=_ChargeDatedByTheJump,
    ),
    Fault(
        "stop-refused-while-restricted",
        "Who is restricted cannot stop services either.",
        ("BC-25",),
        shell=_NoStopWhileRestricted,
    ),
    Fault(
        "start-of-what-runs-refused",
        "While an invoice is unpaid, to start a service that runs already is refused as well.",
        ("BC-25",),
        shell=_NoSecondStart,
    ),
    Fault(
        "stop-of-one-service",
        "Only the oldest service stops.",
        ("BC-29",),
        {"unpaid_invoices.stopped": _oldest_only},
    ),
    Fault(
        "stop-of-everybody",
        "One organization's debt stops everybody's services.",
        ("BC-29",),
        shell=_StopsEverybody,
    ),
    Fault(
        "stop-only-once",
        "Services stop for the first debt, never for a later one.",
        ("BC-29",),
        shell=_StopsOnce,
    ),
    Fault(
        "old-clock-reused",
        "A new failure after a payment goes on with the days of the old one.",
        ("BC-29", "BC-30"),
        {
            "unpaid_invoices.forgets_debt_when_cured": False,
            "unpaid_invoices.clock_start": unpaid_invoices.first_failure,
        },
    ),
    Fault(
        "restarts-by-itself",
        "Declares that stopped services wait for someone, and starts them after payment.",
        ("BC-29",),
        {"unpaid_invoices.restarts_when_cured": True},
    ),
    Fault(
        "deletion-after-20-days",
        "Everything is deleted after 20 days.",
        ("BC-30", "BC-31"),
        {"unpaid_invoices.delete_after": 20 * DAY},
    ),
    Fault(
        "deletion-after-44-days",
        "The 30 days are counted from the stop.",
        ("BC-30", "BC-31"),
        {"unpaid_invoices.delete_after": 44 * DAY},
    ),
    Fault(
        "deletion-after-a-calendar-month",
        "The 30 days are taken for a calendar month.",
        ("BC-30",),
        {"unpaid_invoices.delete_deadline": _calendar_month},
    ),
    Fault(
        "deletion-a-second-late",
        "Declares that deadlines fall at the instant, and deletes a second later.",
        ("BC-30", "BC-31"),
        {"unpaid_invoices.delete_deadline": _second_late},
    ),
    Fault(
        "data-never-deleted",
        "Services are deleted, the data stays.",
        ("BC-30",),
        {"unpaid_invoices.deletes_data": False},
    ),
    Fault(
        "services-never-deleted",
        "The data is deleted, the services stay.",
        ("BC-31",),
        {"unpaid_invoices.deleted": lambda services: ()},
    ),
    Fault(
        "one-service-deleted",
        "Only one service is deleted.",
        ("BC-31",),
        {"unpaid_invoices.deleted": _stopped_only},
    ),
    Fault(
        "deletion-of-everybody",
        "One organization's deletion takes everybody's data.",
        ("BC-30",),
        shell=_DeletesEverybody,
    ),
    Fault(
        "deleted-services-start",
        "Deleted services start again once the debt is paid.",
        ("BC-31",),
        shell=_DeletedStart,
    ),
    Fault(
        "debt-forgiven-at-deletion",
        "What is owed is forgotten once the data is deleted.",
        ("BC-30",),
        shell=_DebtForgivenAtDeletion,
    ),
    Fault(
        "extension-ignored",
        "An extension changes nothing.",
        ("BC-32",),
        {"unpaid_invoices.delete_put_off": _ignored},
    ),
    Fault(
        "extension-of-ten-days",
        "An extension puts the deletion off by ten days, whatever was granted.",
        ("BC-32",),
        {"unpaid_invoices.delete_put_off": _added},
    ),
    Fault(
        "extension-hastens-deletion",
        "An extension that ends before day 30 brings the deletion forward.",
        ("BC-32",),
        {"unpaid_invoices.delete_put_off": _hastened},
    ),
    Fault(
        "extension-for-everybody",
        "An extension is granted to every organization in debt.",
        ("BC-32",),
        shell=_ExtensionForAll,
    ),
    Fault(
        "first-extension-stays",
        "A later extension does not take the place of the first.",
        ("BC-32",),
        shell=_FirstExtensionStays,
    ),
    Fault(
        "extension-lifts-restrictions",
        "An extension lifts the restrictions.",
        ("BC-32",),
        shell=_ExtensionPays,
    ),
    Fault(
        "extension-kept-for-later",
        "An extension granted while nothing is unpaid is kept for the next debt.",
        ("BC-32",),
        shell=_ExtensionKeptForLater,
    ),
    Fault(
        "extension-outlives-debt",
        "An extension goes on after the debt that it was granted for is paid.",
        ("BC-32",),
        shell=_ExtensionOutlivesDebt,
    ),
    Fault(
        "extension-puts-off-stop",
        "Declares that an extension leaves the stop where it is, and puts it off.",
        ("BC-32",),
        {"unpaid_invoices.stop_put_off": unpaid_invoices.stop_put_off},
    ),
    Fault(
        "extension-end-deletes-nothing",
        "Declares that data is deleted when an extension ends, and keeps it.",
        ("BC-32",),
        {"unpaid_invoices.delete_put_off": unpaid_invoices.never_once_extended},
    ),
)
