"""Rating usage, invoices and collection."""

from datetime import datetime, timedelta

from billing.dates import AFTER_TRIAL, DELETION, TRIAL, next_cycle, takes_effect
from billing.debts import RETRY, open_debt, settle_invoice, stop_services
from billing.methods import card_counts, configured, paying_subscription, usable_grants
from billing.readings import Readings
from billing.tables import Charge, Debt, Grant, Invoice, Organization, ReportLine, Subscription, Usage

THRESHOLD = 10_000_00  # BC-18


def rate(organization: Organization, usage: Usage, readings: Readings) -> None:
    """Find who pays for usage: credits, a subscription, the trial, or the customer directly."""
    usage.rated = True
    usage.subscription = paying_subscription(organization, usage.at, readings)
    usage.on_trial = organization.trial_runs
    if readings.credit_draw == "at_period_end" and usable_grants(organization, usage.at, readings):
        usage.drawn_later = True
        return
    rest = draw(organization, usage, usage.at, readings)
    bill(organization, usage, rest, usage.at, readings)
    if usage.owed:
        charge_early(organization, usage.at, readings)


def draw(organization: Organization, usage: Usage, at: datetime, readings: Readings) -> int:
    """Draw usage from the credits that could be used for it, and return what they do not cover (BC-55, BC-58)."""
    rest = usage.amount
    for grant in usable_grants(organization, usage.at, readings):
        drawn = min(grant.left, rest)
        grant.left -= drawn
        rest -= drawn
        if not grant.left:
            end_credits(organization, grant, at, readings)
    return rest


def bill(organization: Organization, usage: Usage, amount: int, at: datetime, readings: Readings) -> None:
    """Bill what credits do not cover to the subscription, the trial or the customer: whoever paid at its time."""
    if not amount:
        return
    if usage.subscription:
        report(organization, usage.subscription, ReportLine(at=at, item=usage.item, amount=amount), readings)
    elif usage.on_trial:
        organization.trial_used += amount
        left = organization.trial_credits - organization.trial_used
        if organization.trial_runs and (left < 0 or (left == 0 and readings.trial_exhausted == "at_zero")):  # BC-03
            end_trial(organization, at, readings, exhausted=True)
    else:
        usage.owed = amount


def draw_cycle(organization: Organization, at: datetime, readings: Readings) -> None:
    """Draw the usage of the cycle that is over from credits (BC-57)."""
    for usage in organization.usages:
        if usage.drawn_later:
            usage.drawn_later = False
            bill(organization, usage, draw(organization, usage, at, readings), at, readings)


def report(organization: Organization, subscription: Subscription, line: ReportLine, readings: Readings) -> None:
    """Report usage to a marketplace (BC-36)."""
    line.kind, line.subscription_id = "usage", subscription.id
    if readings.report_lines == "per_hour":
        line.at, line.item = line.at.replace(minute=0, second=0), "usage"
        for reported in organization.report_lines:
            if (reported.subscription_id, reported.at, reported.kind) == (line.subscription_id, line.at, line.kind):
                reported.amount += line.amount
                return
    organization.report_lines.append(line)


def charge_early(organization: Organization, at: datetime, readings: Readings) -> None:
    """Charge before the end of the cycle where enough is owed (BC-18)."""
    over = organization.uninvoiced - THRESHOLD
    reached = over > 0 or (over == 0 and readings.threshold_comparison == "reaches")
    again = organization.charged_early and readings.threshold_rearm == "once_per_cycle"
    if organization.cycle_first_day and reached and not again:
        organization.charged_early = True
        invoice_all(organization, at, readings)


def invoice_all(organization: Organization, at: datetime, readings: Readings) -> None:
    """Invoice what is owed, and collect it (BC-17)."""
    amount, first, following = organization.uninvoiced, organization.cycle_first_day, organization.cycle_next_day
    if not amount or first is None or following is None:
        return
    for usage in organization.usages:
        usage.owed = 0
    invoice = Invoice(
        issued_at=at, amount=amount, state="open", first_day=first, last_day=following - timedelta(days=1)
    )
    organization.invoices.append(invoice)
    if not collect(organization, invoice, at, readings):
        invoice.retry_at = at + RETRY
        open_debt(organization, Debt(invoice=invoice, since=at), readings)


def collect(organization: Organization, invoice: Invoice, at: datetime, readings: Readings) -> bool:
    """Charge the card on file, and return whether the full amount came."""
    if organization.card is None:
        return False
    succeeded = organization.card.approves(invoice.amount)
    organization.charges.append(Charge(at=at, amount=invoice.amount, succeeded=succeeded))
    if succeeded:
        settle_invoice(organization, invoice, at, readings)
    return succeeded


def retry(organization: Organization, invoice: Invoice, at: datetime, readings: Readings) -> None:
    """Try an unpaid invoice again, for 30 days (BC-28)."""
    if not collect(organization, invoice, at, readings):
        invoice.retry_at = at + RETRY if at + RETRY <= invoice.issued_at + DELETION else None


def end_cycle(organization: Organization, at: datetime, readings: Readings) -> None:
    """Invoice the cycle that is over, and begin the next."""
    draw_cycle(organization, at, readings)
    invoice_all(organization, at, readings)
    if organization.anchor and organization.cycle_next_day:
        organization.cycle_number += 1
        organization.cycle_first_day = organization.cycle_next_day
        organization.cycle_next_day = next_cycle(
            organization.anchor, organization.cycle_next_day, organization.cycle_number, readings
        )
    organization.charged_early = False
    for grant in organization.grants:  # the rest of a fee (BC-52)
        if grant.fee_unreported and grant.subscription:
            report_fee(organization, grant.subscription, at, grant.fee_unreported)
            grant.fee_unreported = 0


def report_fee(organization: Organization, subscription: Subscription, at: datetime, amount: int) -> None:
    """Report the fee of a commitment, or a part of it (BC-51)."""
    line = ReportLine(subscription_id=subscription.id, at=at, kind="commitment", item="commitment", amount=amount)
    organization.report_lines.append(line)


def end_trial(organization: Organization, at: datetime, readings: Readings, *, exhausted: bool = False) -> None:
    """End the trial; without a billing method, services stop (BC-08) and data is deleted later (BC-09)."""
    if organization.trial_started_at is None:
        return
    organization.trial_ended_at = at
    if configured(organization, at, readings):
        return
    organization.lapsed = True
    stop_services(organization, for_debt=False)
    origin = organization.trial_started_at + TRIAL
    if exhausted and readings.trial_deletion_origin == "actual_end":
        origin = at
    organization.trial_deletion_at = takes_effect(origin + AFTER_TRIAL, readings)


def delete_after_trial(organization: Organization, at: datetime, readings: Readings) -> None:
    """Delete the data if there is still no billing method (BC-09)."""
    organization.trial_deletion_at = None
    if not configured(organization, at, readings) and organization.data == "present":
        organization.data = "deleted"


def end_subscription(subscription: Subscription, at: datetime, readings: Readings) -> None:
    """End a subscription; where nothing else pays, the end may restrict (BC-41, BC-44, BC-63)."""
    subscription.ended, subscription.ends_at = True, at
    if subscription.organization is None:
        return
    restricts = readings.marketplace_end != "restricts_at_due"
    if subscription.offer == "committed":
        restrict_at_end(subscription.organization, at, readings)
    elif subscription.offer == "payg" and restricts and not anything_pays(subscription.organization, at, readings):
        open_debt(subscription.organization, Debt(since=at), readings)


def end_credits(organization: Organization, grant: Grant, at: datetime, readings: Readings) -> None:
    """Carry out what the end of credits leads to: that of a direct contract may restrict (BC-63)."""
    if grant.ended:
        return
    grant.ended = True
    if grant.committed and (grant.subscription is None or grant.subscription.ended):
        restrict_at_end(organization, at, readings)


def restrict_at_end(organization: Organization, at: datetime, readings: Readings) -> None:
    """Begin restrictions at the end of a commitment, if nothing else pays (BC-63)."""
    restricts = readings.commitment_end == "restricts_at_end" and not anything_pays(organization, at, readings)
    if restricts and all(each.invoice for each in organization.open_debts):
        open_debt(organization, Debt(of_commitment=True, since=at), readings)


def anything_pays(organization: Organization, at: datetime, readings: Readings) -> bool:
    """Return whether something pays from now on; credits do, whether or not they count as a billing method."""
    return bool(
        organization.linked
        or organization.trial_runs
        or usable_grants(organization, at, readings)
        or card_counts(organization.card, readings)
    )
