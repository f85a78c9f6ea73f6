"""What is owed directly: it accrues, becomes an invoice when it falls due, and is charged to the card."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.ledger.debts import Debts
from billing_reference.policy.card_billing import Cycle
from billing_reference.state import Charge, Invoice, Organization, Usage


class Invoices(Debts):
    """Amounts owed, invoices and charges of organizations."""

    def owe(self, organization: Organization, usage: Usage) -> None:
        """Add usage to what is owed directly; charge early if it reaches the threshold (BC-13, BC-18)."""
        organization.uninvoiced.append(usage)
        cycle = self.cycle_at(organization, usage.at.date())
        if cycle is None or not self.policy.early_charge_due(organization.owed):
            return
        earlier = organization.early_charges.get(cycle.first_day, 0)
        if self.policy.early_charge_repeats(earlier):
            organization.early_charges[cycle.first_day] = earlier + 1
            self.charge_early(organization, usage.at, cycle)

    def charge_early(self, organization: Organization, at: datetime, cycle: Cycle) -> None:
        """Charge everything that is owed before the cycle ends (BC-18)."""
        self.invoice(organization, at, cycle)

    def invoice(self, organization: Organization, due: datetime, cycle: Cycle) -> None:
        """Invoice everything that is owed; nothing owed makes no invoice (BC-10, BC-17)."""
        amount = organization.owed
        organization.uninvoiced = []
        if amount:
            self.open_invoice(organization, due, cycle, amount)

    def open_invoice(self, organization: Organization, due: datetime, cycle: Cycle, amount: Decimal) -> None:
        """Issue an invoice and charge it to the card at once (BC-17, BC-23)."""
        number = f"{organization.id}-invoice-{len(organization.invoices) + 1}"
        invoice = Invoice(number, due, amount, cycle.first_day, cycle.last_day)
        organization.invoices.append(invoice)
        self.state.invoices[number] = (organization.id, invoice)
        if not self.charge(organization, invoice, due):
            self.charge_failed(organization, invoice, due)

    def charge(self, organization: Organization, invoice: Invoice, at: datetime) -> bool:
        """Try the card on file for the whole invoice; without a card nothing is charged (BC-22)."""
        if organization.card is None:
            return False
        succeeded = self.policy.card_approves(organization.card, invoice.amount)
        organization.charges.append(Charge(at, invoice.amount, succeeded))
        if succeeded:
            invoice.state = "paid"
        return succeeded

    def charge_failed(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        """Open a debt with an invoice that could not be collected in full (BC-23)."""
        invoice.failed_at = at
        self.open_debt(organization, at)

    def collect(self, organization: Organization, at: datetime) -> bool:
        """Try every open invoice once; return whether nothing is due any more (BC-28)."""
        for invoice in organization.open_invoices:
            self.charge(organization, invoice, at)
        self.clear_debt(organization)
        return not organization.open_invoices

    def retry(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        """Try one open invoice automatically (BC-28)."""
        invoice.retries += 1
        if self.charge(organization, invoice, at):
            self.clear_debt(organization)

    def pay(self, organization: Organization, invoice: Invoice, at: datetime) -> None:
        """Mark an invoice as paid by other means; nothing happens if it is not open."""
        if invoice.state == "open":
            invoice.state = "paid"
            self.clear_debt(organization)
