"""Faults of cards, invoices and charges (BC-05, BC-10 to BC-13, BC-17, BC-20 to BC-22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from billing_reference.faults.fault import Fault, fault, shows
from billing_reference.ledger import Due, Ledger
from billing_reference.policy.card_billing import ONE_DAY, CardBillingPolicy, Cycle
from billing_reference.service import BillingService
from billing_reference.state import ZERO, Card, Charge, Organization, Usage
from billing_reference.time import HOUR, SECOND, start_of
from billing_reference.views import Answer

# Cards


@fault("card-given-to-first-organization", "BC-05")
class CardForFirstToo(Ledger):
    """A card is put on file for the organization that was created first as well."""

    def put_card(self, organization: Organization, card: Card, at: datetime) -> None:
        first = next(iter(self.state.organizations.values()))
        super().put_card(first, replace(card), at)
        super().put_card(organization, card, at)


@fault("trial-charged-to-card", "BC-05")
class TrialChargedToCard(Ledger):
    """A card put on file in the trial is charged for the usage that the trial covered."""

    def put_card(self, organization: Organization, card: Card, at: datetime) -> None:
        trial = organization.trial
        if trial is not None and trial.ended_at is None and trial.used:
            organization.uninvoiced.append(Usage(at, "compute", trial.used))
        super().put_card(organization, card, at)


@shows("trial-shown-as-method-after-it", "BC-05")
def trial_after_it(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """After a trial, the trial and not the card is shown as the billing method."""
    by_card = shown["billing_method"] == {"kind": "card", "marketplace": None}
    if organization.trial is None or organization.card is None or not by_card:
        return {}
    return {"billing_method": {"kind": "trial", "marketplace": None}}


@shows("card-shown-once-charged", "BC-05")
def card_once_charged(service: BillingService, organization: Organization, shown: Answer) -> Answer:
    """A card is shown as on file only once it has been charged."""
    return {"card_on_file": bool(organization.charges)}


def card_pays(name: str, sentence: str, *clauses: str, behaviour: str) -> Fault:
    """Declare a fault that lets a card pay which the network refuses."""

    class Pays(CardBillingPolicy):
        def card_approves(self, card: Card, amount: Decimal) -> bool:
            return card.behaviour == behaviour or super().card_approves(card, amount)

    return Fault(name, sentence, clauses, (Pays,))


CARDS = (
    card_pays("invalid-card-pays", "An invalid card pays.", "BC-20", behaviour="invalid"),
    card_pays("declining-card-pays", "A card that the network declines pays.", "BC-20", "BC-23", behaviour="declines"),
    card_pays("expired-card-pays", "An expired card pays.", "BC-21", behaviour="expired"),
    card_pays("credit-limit-ignored", "A card pays more than its credit covers.", "BC-22", behaviour="limited"),
)


@fault("credit-limit-exclusive", "BC-22")
class LimitExclusive(CardBillingPolicy):
    """A card whose credit covers exactly the invoice does not pay it."""

    def card_approves(self, card: Card, amount: Decimal) -> bool:
        exactly = card.behaviour == "limited" and card.available_credit == amount
        return not exactly and super().card_approves(card, amount)


# Invoices


@fault("invoice-for-each-service", "BC-10")
class InvoiceForEachService(Ledger):
    """Each service gets an invoice of its own."""

    def open_invoice(self, organization: Organization, due: datetime, cycle: Cycle, amount: Decimal) -> None:
        others = max(0, len(organization.services) - 1)
        share = (amount / (others + 1)).quantize(ZERO)
        for part in (*[share] * others, amount - share * others):
            super().open_invoice(organization, due, cycle, part)


@fault("first-organization-pays-for-all", "BC-10")
class FirstOrganizationPays(Ledger):
    """The usage of every organization is charged to the first."""

    def use(self, organization: Organization, usage: Usage) -> None:
        super().use(next(iter(self.state.organizations.values())), usage)


@fault("only-compute-is-invoiced", "BC-10")
class OnlyCompute(Ledger):
    """Usage of other items than compute is not invoiced."""

    def use(self, organization: Organization, usage: Usage) -> None:
        if usage.item == "compute":
            super().use(organization, usage)


@fault("cents-dropped", "BC-10")
class CentsDropped(Ledger):
    """Invoices are for whole dollars; the cents are lost."""

    def open_invoice(self, organization: Organization, due: datetime, cycle: Cycle, amount: Decimal) -> None:
        super().open_invoice(organization, due, cycle, amount.quantize(Decimal(1), ROUND_DOWN).quantize(ZERO))


@fault("charged-in-advance", "BC-13")
class ChargedInAdvance(CardBillingPolicy):
    """The card is charged ten days into the cycle."""

    def charge_due(self, cycle: Cycle) -> datetime:
        return start_of(cycle.first_day + 10 * ONE_DAY)


@fault("reading-invoices", "BC-13")
class ReadingInvoices(BillingService):
    """Reading the state of an organization invoices what it owes."""

    def get_organization(self, *, organization: str) -> Answer:
        owner = self.organization(organization)
        cycle = self.ledger.cycle_at(owner, self.now.date())
        if owner.uninvoiced and cycle is not None:
            self.ledger.invoice(owner, self.now, cycle)
        return super().get_organization(organization=organization)


@fault("charged-ten-days-late", "BC-17")
class ChargedTenDaysLate(CardBillingPolicy):
    """The card is charged ten days after the end of the cycle."""

    def charge_due(self, cycle: Cycle) -> datetime:
        return cycle.end + 10 * ONE_DAY


@fault("charged-a-second-early", "BC-17")
class ChargedASecondEarly(CardBillingPolicy):
    """The card is charged in the last second of the cycle."""

    def charge_due(self, cycle: Cycle) -> datetime:
        return cycle.end - SECOND


@fault("card-tried-in-mid-cycle", "BC-17")
class CardTriedInMidCycle(BillingService):
    """The card is tried for nothing in mid-cycle, to see whether it would pay what is owed."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        for owner in self.ledger.state.organizations.values():
            if owner.uninvoiced and owner.card is not None and not owner.charges:
                owner.charges.append(Charge(now, ZERO, succeeded=False))
        return answer


@fault("nothing-due-is-invoiced", "BC-17")
class NothingDueIsInvoiced(Ledger):
    """A cycle without usage makes an invoice of nothing."""

    def invoice(self, organization: Organization, due: datetime, cycle: Cycle) -> None:
        amount, organization.uninvoiced = organization.owed, []
        self.open_invoice(organization, due, cycle, amount)

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        while not organization.uninvoiced and organization.card is not None:
            invoiced = organization.invoices[-1].last_day + ONE_DAY if organization.invoices else None
            cycle = self.cycle_at(organization, invoiced or organization.created_at.date())
            if cycle is None or cycle.end > now:
                break
            organization.uninvoiced = [Usage(cycle.end - ONE_DAY, "compute", ZERO)]
            super().settle(organization, cycle.end)
        return super().settle(organization, now)


@fault("last-day-belongs-to-next-cycle", "BC-17")
class LastDayInTheNextCycle(Ledger):
    """Usage on the last day of a cycle is invoiced with the next."""

    def use(self, organization: Organization, usage: Usage) -> None:
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is None or cycle.last_day != usage.at.date() or organization.card is None:
            super().use(organization, usage)
            return
        organization.uninvoiced.append(replace(usage, at=start_of(cycle.last_day + ONE_DAY)))
        organization.uninvoiced.sort(key=lambda usage: usage.at, reverse=True)


@fault("invoice-of-the-cycle-at-the-jump", "BC-17")
class InvoiceOfTheCycleAtTheJump(Ledger):
    """An invoice names the cycle in which the clock arrived, not the one that it is for."""

    def settle(self, organization: Organization, now: datetime) -> list[Due]:
        before = len(organization.invoices)
        applied = super().settle(organization, now)
        cycle = self.cycle_at(organization, (now - 20 * ONE_DAY).date())
        for invoice in organization.invoices[before:]:
            invoice.first_day, invoice.last_day = cycle or (invoice.first_day, invoice.last_day)
        return applied


@fault("invoice-dated-by-the-job", "BC-17")
class InvoiceDatedByTheJob(Ledger):
    """An invoice is issued, and its charge dated, two hours after the end of the cycle, when the job runs."""

    def open_invoice(self, organization: Organization, due: datetime, cycle: Cycle, amount: Decimal) -> None:
        super().open_invoice(organization, due + 2 * HOUR, cycle, amount)
