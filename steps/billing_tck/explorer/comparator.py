"""An answer beside the reference's: what differs, where the rules leave nothing open.

Observations are compared, not internals: identifiers by their labels, reports by their sums once they are due, charges
by what they collected. What is hidden in a situation, and why, stands with `_hidden`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from billing_tck.contract import Refused, Unsupported
from billing_tck.contract.values import (
    ZERO,
    BillingMethod,
    Collected,
    Credits,
    InvoiceState,
    Marketplace,
    MarketplaceReport,
    MethodKind,
    OrganizationView,
    ServiceState,
    SubscriptionState,
    SubscriptionView,
    TrialState,
)
from billing_tck.explorer.history import IDENTIFIERS, Answer
from billing_tck.reference.oracle import Oracle
from billing_tck.text.format import format_instant, format_money

DAY = timedelta(days=1)
NOT_YET = DAY  # before a deadline, where effects may show late
BY_NOW = 2 * DAY  # after it, and after a command
REPORTED = timedelta(hours=26)  # the hour of the usage, and a day; where effects are exact
REPORTED_LATE = 3 * DAY
RETRIED = 30 * DAY
PARTS = 100  # a card that covers no more than a hundredth is never paid off by parts

_PAYER, _CREDITS = 0, 7  # places among what a command can bring about

_NAMES_IT_ALL = frozenset({"create_service", "start_service", "stop_service", "scale_service", "choose_tier"})
"""Commands that bring about nothing but what they name."""

SOFT = ("uninvoiced", "unpaid_since", "extension_until")
"""Optional fields that no phrase tells: compared where shown, told only where nothing else differs."""

Shown = Mapping[tuple[str, str], object]
"""(field, what it is of) -> what is shown, as it is compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an implementation shows otherwise than the rules want.

    `field` is what is compared, `of` the label of what it belongs to, `organization` the label of its organization.
    """

    field: str
    of: str
    organization: str
    expected: object
    observed: object
    at: datetime
    method: str
    params: Mapping[str, object]
    line: int = 0

    @property
    def soft(self) -> bool:
        """Whether it is about an optional field that no phrase tells."""
        return self.field in SOFT

    @property
    def words(self) -> tuple[str, str]:
        """What was expected, and what was observed, in the words of the domain."""
        return say(self.field, self.of, self.expected), say(self.field, self.of, self.observed)


@dataclass(slots=True)
class Notes:
    """What the judge keeps of an organization beside the reference's facts."""

    overspent_at: datetime | None = None  # usage went beyond the trial's credits: who bears that is open
    by_hand: bool = False  # the vendor deleted: what becomes of the services is open
    gone: set[str] = field(default_factory=set)  # services whose data went with the trial: stopped, or deleted as well
    state_undefined: set[str] = field(
        default_factory=set
    )  # services created with no billing method: their state is open
    lapsed: bool = False  # the trial is over, and nothing pays
    stopped_by_owner: set[str] = field(default_factory=set)  # services that their owner stopped
    left: set[str] = field(default_factory=set)  # stopped by the trial's end before a method came: started again or not
    parts: bool = False  # a charge that the card covers in part: how much was collected is open
    moved: bool = False  # usage that was moved to a marketplace: how it is itemized is open
    cardless: bool = False  # something is owed, and not invoiced yet, that no card stood for when it was used
    owing: bool = False  # an invoice is open
    cleared: datetime | None = None  # when the last open invoice was paid
    disturbed: datetime | None = None  # the latest command that brought something about
    switched: datetime | None = None  # when a card came that pays from then on, and brought nothing else about
    spent: datetime | None = None  # the latest usage that took credits, and brought nothing else about


class Judge:
    """One world of the reference, and what an implementation may show beside it.

    `readings` are the values of knobs, `settles` how late an effect may show.
    """

    def __init__(self, readings: Mapping[str, str], settles: timedelta) -> None:
        self.oracle = Oracle(readings)
        self.late = bool(settles)
        self.ours: dict[str, str] = {}
        self.notes: dict[str, Notes] = {}
        self.labels: dict[str, str] = {}  # ours -> label
        self.invoices: dict[str, tuple[str, int]] = {}  # theirs -> label of the organization, place among its invoices
        self.wanted = 0
        """Tells apart what the rules wanted of the answers so far."""
        self.compared = False
        """Whether the latest answer was compared, and not only looked at while effects may not show yet."""
        self.idle = False
        """Whether the latest command changes nothing, as things stood."""

    # What the judge is asked

    def number(self, label: object) -> str:
        """The reference's identifier of a thing. KeyError for one that was never made."""
        return self.ours[str(label)]

    def take(self, answer: Answer) -> tuple[Difference, ...]:
        """The reference does the same; what differs in the answer. Reads are compared, commands by their outcome."""
        self.compared = answer.method not in {"describe_implementation", "reset", "advance_to"}
        match answer.method:
            case "describe_implementation":
                return ()
            case "reset":
                self.oracle.reset(answer.at)
                self.ours.clear()
                self.labels.clear()
                self.notes.clear()
                self.invoices.clear()
                return ()
            case "advance_to":
                self.oracle.advance_to(answer.at)
                self._after_advance()
                return ()
            case "get_organization":
                return self._see_organization(answer)
            case "get_subscription":
                return self._see_subscription(answer)
            case _:
                return self._command(answer)

    # Commands

    def _command(self, answer: Answer) -> tuple[Difference, ...]:
        params = self._translated(answer)
        owner = self.owner_of(answer)
        notes = self._notes(owner)
        watched = self.late and answer.method not in _NAMES_IT_ALL
        before = self._effects(owner) if watched else ()
        if notes is not None:
            self._before_command(answer, notes, str(owner))
        result: Mapping[str, object] | None = None
        expected = "done"
        self.idle = self._changes_nothing(answer.method, params)
        try:
            result = self.oracle.call(answer.method, params)
        except Refused:
            expected = "refused"
        if result is not None:
            self._make(answer, result)
            if notes is not None:
                self._after_command(answer, notes, result)
        self._want((expected, result.get("collected") if result is not None else None))
        observed = _outcome(answer.outcome)
        if watched and notes is not None:
            self._note_effects(answer, notes, before, self._effects(owner))
        differences = []
        if observed != expected:
            differences.append(self._differs(answer, "outcome", answer.method, expected, observed, owner))
        elif result is not None and isinstance(answer.outcome, Collected):
            shown, wanted = answer.outcome.collected, result["collected"]
            if shown != wanted:
                differences.append(self._differs(answer, "collected", str(owner), wanted, shown, owner))
        return tuple(differences)

    def _changes_nothing(self, method: str, params: Mapping[str, object]) -> bool:
        """Whether a command asks for what is so already."""
        match method:
            case "start_service" | "stop_service" | "scale_service":
                every = (held for owner in self.oracle.organizations().values() for held in owner.services)
                service = next(held for held in every if held.id == params["service"])
                if method == "scale_service":
                    return service.replica_memory_gib == params["replica_memory_gib"]
                return service.state == ("running" if method == "start_service" else "stopped")
            case "pay_invoice":
                every_one = (one for owner in self.oracle.organizations().values() for one in owner.invoices)
                return next(one for one in every_one if one.id == params["invoice"]).state != "open"
            case "verify_email" | "sign_in" | "provide_business_info":
                place = ("verify_email", "sign_in", "provide_business_info").index(method)
                return self.oracle.user(str(params["user"]))[place]
        return False

    def _translated(self, answer: Answer) -> dict[str, object]:
        params: dict[str, object] = {}
        for name, value in answer.params.items():
            if name == "invoice":
                label, place = self.invoices[str(value)]
                params[name] = self.oracle.organization(self.ours[label]).invoices[place].id
            else:
                params[name] = self.ours[str(value)] if name in IDENTIFIERS else value
        return params

    def owner_of(self, answer: Answer) -> str | None:
        """The label of the organization that a call is about, as far as there is one."""
        named = answer.params
        if "organization" in named:
            return str(named["organization"])
        number: str | None = None
        if "service" in named:
            service = self.ours.get(str(named["service"]))
            for organization in self.oracle.organizations().values():
                if any(held.id == service for held in organization.services):
                    number = organization.id
        elif "invoice" in named and str(named["invoice"]) in self.invoices:
            return self.invoices[str(named["invoice"])][0]
        elif "subscription" in named and str(named["subscription"]) in self.ours:
            number = self.oracle.subscription(self.ours[str(named["subscription"])]).organization
        return self.labels.get(number or "")

    def _notes(self, owner: str | None) -> Notes | None:
        number = self.ours.get(owner or "")
        return None if number is None else self.notes.setdefault(number, Notes())

    def _make(self, answer: Answer, result: Mapping[str, object]) -> None:
        for label, number in zip(answer.makes, result.values(), strict=False):
            self.ours[label] = str(number)
            self.labels[str(number)] = label

    def _before_command(self, answer: Answer, notes: Notes, owner: str) -> None:
        organization = self.oracle.organization(self.ours[owner])
        notes.owing = bool(organization.open_invoices)
        notes.lapsed = organization.trial_lapse is not None
        notes.cardless &= bool(organization.uninvoiced)
        trial = organization.trial
        amount = answer.params.get("amount")
        if (
            answer.method == "record_usage"
            and trial is not None
            and trial.ended_at is None
            and not any(self.oracle.configured(organization).values())
            and isinstance(amount, Decimal)
            and amount > trial.credits - trial.used
        ):
            notes.overspent_at = answer.at
        if answer.method == "link_subscription" and organization.uninvoiced:
            notes.moved = True

    def _after_command(self, answer: Answer, notes: Notes, result: Mapping[str, object]) -> None:
        if answer.method == "delete_data":
            notes.by_hand = True
        owner = self.oracle.organization(self.ours[str(self.owner_of(answer))])
        if answer.method == "create_service" and owner.trial_lapse is not None:
            notes.state_undefined.add(str(result["service"]))
        if answer.method in {"start_service", "stop_service"}:
            service = self.ours[str(answer.params["service"])]
            notes.left.discard(service)
            if answer.method == "start_service":
                notes.state_undefined.discard(service)
                notes.stopped_by_owner.discard(service)
            else:
                notes.stopped_by_owner.add(service)
        if notes.lapsed and owner.trial_lapse is None:
            stopped = {service.id for service in owner.services if service.state == "stopped"}
            notes.left |= stopped - notes.stopped_by_owner - notes.state_undefined
        notes.cardless |= answer.method == "record_usage" and owner.card is None and bool(owner.uninvoiced)
        if notes.owing and not owner.open_invoices:
            notes.cleared = answer.at
        card = owner.card
        if card is not None and card.behaviour == "limited":
            due = [invoice.amount for invoice in owner.open_invoices] + [owner.owed]
            notes.parts |= any(amount > (card.available_credit or ZERO) for amount in due)

    def _after_advance(self) -> None:
        for number, organization in self.oracle.organizations().items():
            lapse = organization.trial_lapse
            if lapse is not None and lapse.deleted:
                notes = self.notes.setdefault(number, Notes())
                notes.gone |= {service.id for service in organization.services}

    @staticmethod
    def _note_effects(answer: Answer, notes: Notes, before: tuple[object, ...], after: tuple[object, ...]) -> None:
        """A command brought something about: more than that a new card pays from then on, or that usage took credits.

        These two are looked at later, and keep nothing else from being judged.
        """
        changed = [place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
        if changed == [_PAYER] and answer.method == "add_card" and not notes.lapsed:
            notes.switched = answer.at
        elif changed == [_CREDITS] and answer.method == "record_usage":
            notes.spent = answer.at
        elif changed:
            notes.disturbed = answer.at

    def _effects(self, owner: str | None) -> tuple[object, ...]:
        """What a command can bring about beyond what it names, to see whether it did."""
        number = self.ours.get(owner or "")
        if number is None:
            return ()
        organization = self.oracle.organization(number)
        shown = self.oracle.see_organization(number)
        return (
            shown.billing_method,
            shown.restricted,
            shown.trial.state,
            shown.data,
            [service.state for service in organization.services],
            [(invoice.amount, invoice.state) for invoice in organization.invoices],
            len(organization.charges),
            [grant.left for grant in organization.grants],
            organization.debt and organization.debt.extension_until,
        )

    def _want(self, what: tuple[object, ...]) -> None:
        self.wanted = hash((self.wanted, what))

    def billed_lately(self, label: str) -> bool:
        """Whether a charge fell due that may not have shown yet: it may have taken in what was used since."""
        invoices = self.oracle.organization(self.number(label)).invoices
        return bool(invoices) and self.oracle.now < invoices[-1].issued_at + BY_NOW

    def disturb(self, label: str) -> None:
        """What an organization shows is not compared until two days from now."""
        notes = self._notes(label)
        if notes is not None and self.late:
            notes.disturbed = self.oracle.now

    # Views

    def quiet(self, number: str) -> bool:
        """Whether nothing fell due lately, falls due soon, or was just commanded; always so where effects are exact."""
        if not self.late:
            return True
        now, organization = self.oracle.now, self.oracle.organization(number)
        fell_due, notes = self.oracle.fell_due.get(number), self.notes.get(number)
        next_due = self.oracle.shows_next(organization)
        disturbed = notes.disturbed if notes is not None else None
        return (
            (fell_due is None or now >= fell_due + BY_NOW)
            and (disturbed is None or now >= disturbed + BY_NOW)
            and (next_due is None or now <= next_due - NOT_YET)
        )

    def _see_organization(self, answer: Answer) -> tuple[Difference, ...]:
        label = str(answer.params["organization"])
        if not isinstance(answer.outcome, OrganizationView):
            observed = _outcome(answer.outcome)
            return (self._differs(answer, "outcome", answer.method, "shown", observed, label),)
        theirs = answer.outcome
        standing = [invoice for invoice in theirs.invoices if invoice.state is not InvoiceState.VOID]
        for place, invoice in enumerate(standing):
            self.invoices[invoice.invoice] = (label, place)
        number = self.ours[label]
        ours = self.oracle.see_organization(number)
        wanted = dict(self._shown(number, ours, ours, ours=True))
        shown = dict(self._shown(number, theirs, ours, ours=False))
        self.compared = self.quiet(number)
        self._want(tuple(wanted.items()))
        return self._compared(answer, label, wanted, shown)

    def _compared(self, answer: Answer, label: str, expected: Shown, observed: Shown) -> tuple[Difference, ...]:
        found = [
            self._differs(answer, key[0], key[1] or label, expected.get(key), observed.get(key), label)
            for key in [*expected, *(key for key in observed if key not in expected)]
            if expected.get(key) != observed.get(key)
        ]
        return tuple(sorted(found, key=lambda difference: difference.soft))

    def _see_subscription(self, answer: Answer) -> tuple[Difference, ...]:
        label = str(answer.params["subscription"])
        if not isinstance(answer.outcome, SubscriptionView):
            return (self._differs(answer, "outcome", answer.method, "shown", _outcome(answer.outcome), None),)
        theirs, number = answer.outcome, self.ours[label]
        ours, bought = self.oracle.see_subscription(number), self.oracle.subscription(number)
        owner = bought.organization
        near = owner is not None and not self.quiet(owner)
        end = self.oracle.free_trial_end(bought)
        if self.late and end is not None and bought.ended_at is None:
            near |= end - NOT_YET < self.oracle.now < end + BY_NOW
        expected: dict[tuple[str, str], object] = {("sub_offer", ""): ours.offer}
        observed: dict[tuple[str, str], object] = {("sub_offer", ""): theirs.offer}
        self.compared = not near
        if not near:
            expected |= {("sub_state", ""): ours.state}
            observed |= {("sub_state", ""): theirs.state}
            if ours.state is not SubscriptionState.ENDED:
                expected |= {("sub_organization", ""): self.labels.get(ours.organization or "")}
                observed |= {("sub_organization", ""): theirs.organization}
            # Whether `ends_at` of a free trial is the instant itself or where its end takes effect is open.
            plain = self.oracle.readings["deadline_instant"] == "at" or end is None or bought.ended_at is not None
            if plain:
                expected |= {("sub_ends", ""): ours.ends_at}
                observed |= {("sub_ends", ""): theirs.ends_at}
        if theirs.marketplace is not None:
            expected |= {("sub_marketplace", ""): ours.marketplace}
            observed |= {("sub_marketplace", ""): theirs.marketplace}
        self._want(tuple(expected.items()))
        owner_label = self.labels.get(owner or "")
        found = self._compared(answer, label, expected, observed)
        return tuple(
            Difference(d.field, d.of, owner_label or "", d.expected, d.observed, d.at, d.method, d.params, d.line)
            for d in found
        )

    @staticmethod
    def _turned(reference: OrganizationView, now: datetime) -> bool:
        """Whether the cycle is a new one, which a sweep may not have shown yet."""
        cycle = reference.billing_cycle
        return cycle is not None and now < datetime.combine(cycle.first_day, time(), now.tzinfo) + BY_NOW

    def _hidden(self, number: str, reference: OrganizationView) -> frozenset[str]:
        """The fields that the rules leave open in the situation of an organization."""
        organization, notes = self.oracle.organization(number), self.notes.get(number) or Notes()
        now = self.oracle.now
        hidden: set[str] = set()
        if not self.quiet(number):
            return ALL_FIELDS - {"card"}
        trial = organization.trial
        if trial is not None and trial.ended_at is None and any(self.oracle.configured(organization).values()):
            hidden.add("billed")  # who pays while a trial runs beside another method
        if self.late and notes.switched is not None and now < notes.switched + BY_NOW:
            hidden.add("billed")
        if self.late and notes.spent is not None and now < notes.spent + BY_NOW:
            hidden.add("credits")
        if self.late and self._turned(reference, now):
            hidden.add("cycle")
        if notes.overspent_at is not None:
            hidden |= ALL_FIELDS - {"trial", "trial_end", "trial_credits", "service", "data", "card", "cycle"}
            if now > notes.overspent_at + 12 * DAY:
                hidden.add("service")
            if now > notes.overspent_at + 29 * DAY:
                hidden.add("data")
        if notes.by_hand:
            hidden |= {"service", "memory", "services"}
        if notes.parts:
            hidden |= {"charged", "attempted", "tried_on"}
        if notes.state_undefined and organization.trial_lapse is not None and organization.trial_lapse.deleted:
            hidden.add("data")
        return frozenset(hidden)

    def _shown(
        self, number: str, view: OrganizationView, reference: OrganizationView, *, ours: bool
    ) -> Iterator[tuple[tuple[str, str], object]]:
        hidden = self._hidden(number, reference)
        for key, value in self._all_shown(number, view, reference, ours=ours):
            if key[0] not in hidden:
                yield key, value

    def _all_shown(
        self, number: str, view: OrganizationView, reference: OrganizationView, *, ours: bool
    ) -> Iterator[tuple[tuple[str, str], object]]:
        yield ("card", ""), view.card_on_file
        method = view.billing_method
        yield ("billed", ""), BillingMethod(method.kind, _through(method))
        trial = view.trial
        yield ("trial", ""), trial.state
        if TrialState.OVER in (trial.state, reference.trial.state):
            yield ("trial_end", ""), trial.ended_at
        if reference.trial.state is TrialState.ACTIVE or reference.trial.credits_left == ZERO:
            yield ("trial_credits", ""), trial.credits_left  # whether unused ones stay in sight afterwards is open
        cycle = view.billing_cycle
        yield ("cycle", ""), None if cycle is None else (cycle.first_day, cycle.last_day)
        yield from self._money(number, view, reference)
        yield from self._reports(number, view, ours=ours)
        yield ("restricted", ""), view.restricted
        yield from self._services(number, view, ours=ours)
        yield ("data", ""), view.data
        yield ("contacts", ""), view.contacts
        if view.tier is not None:
            yield ("tier", ""), view.tier
        elif not ours:
            yield ("tier", ""), reference.tier
        for name in SOFT:
            expected = getattr(reference, name)
            shown = getattr(view, name)
            yield (name, ""), expected if shown is None or expected is None else shown

    def _services(self, number: str, view: OrganizationView, *, ours: bool) -> Iterator[tuple[tuple[str, str], object]]:
        notes = self.notes.get(number) or Notes()
        held = self.oracle.organization(number).services
        seen = {service.service: service for service in view.services}
        known = set()
        for service in held:
            label = self.labels.get(service.id, service.id)
            found = seen.get(service.id if ours else label)
            known.add(service.id if ours else label)
            state = ServiceState.DELETED if found is None else found.state
            if service.id in notes.gone and state is ServiceState.DELETED:
                state = ServiceState.STOPPED
            if service.id not in notes.state_undefined and (service.id not in notes.left or service.state == "deleted"):
                yield ("service", label), state
            if found is not None and service.state != "deleted" and service.id not in notes.gone:
                yield ("memory", label), found.replica_memory_gib
        strangers = [s for s in view.services if s.service not in known and s.state is not ServiceState.DELETED]
        yield ("services", ""), len(held) + len(strangers)

    def _money(
        self, number: str, view: OrganizationView, reference: OrganizationView
    ) -> Iterator[tuple[tuple[str, str], object]]:
        standing = [invoice for invoice in view.invoices if invoice.state is not InvoiceState.VOID]
        plain = _whole_cycles(reference)
        yield (
            ("invoices", ""),
            tuple(
                InvoiceShown(
                    invoice.issued_at,
                    invoice.amount,
                    invoice.state is InvoiceState.PAID,
                    (invoice.first_day, invoice.last_day) if place < len(plain) and plain[place] else None,
                )
                for place, invoice in enumerate(standing)
            ),
        )
        yield ("charged", ""), sum((charge.amount for charge in view.charges if charge.succeeded), ZERO)
        organization = self.oracle.organization(number)
        if organization.card is None or not any(invoice.failed_at for invoice in organization.invoices):
            yield ("attempted", ""), bool(view.charges)  # own retries are nobody's business
        again = self._tried_again(number, view, reference)
        if again is not None:
            yield ("tried_again", ""), again
        notes = self.notes.get(number) or Notes()
        if notes.cleared is not None and not organization.open_invoices:
            since = notes.cleared
            if not any(charge.at > since for charge in reference.charges):
                yield ("tried_on", ""), TriedOn(since, any(charge.at > since for charge in view.charges))
        yield (
            ("credits", ""),
            tuple(sorted((g for g in view.credits if g.expires_at > self.oracle.now), key=_by_term)),
        )

    def _tried_again(self, number: str, view: OrganizationView, reference: OrganizationView) -> bool | None:
        """Whether what a card did not pay was tried again within 30 days; None where that is not to be seen yet."""
        organization, now = self.oracle.organization(number), self.oracle.now
        elsewhere = any(value for method, value in self.oracle.configured(organization).items() if method != "card")
        if elsewhere or organization.grants or organization.subscriptions:
            return None  # a retry goes to the configured method
        for invoice in reference.invoices:
            since = invoice.issued_at
            failed = any(charge.at == since and not charge.succeeded for charge in reference.charges)
            if failed and invoice.state is InvoiceState.OPEN and now >= since + RETRIED + BY_NOW:
                return any(since < charge.at <= since + RETRIED for charge in view.charges)
        return None

    def _reports(self, number: str, view: OrganizationView, *, ours: bool) -> Iterator[tuple[tuple[str, str], object]]:
        organization = self.oracle.organization(number)
        notes = self.notes.get(number) or Notes()
        named = {s.id: self.labels.get(s.id, s.id) for s in organization.subscriptions}
        unpriced = {s.id for s in organization.subscriptions if s.offer == "free_trial"}
        label = named if ours else {}  # theirs go by labels already
        hidden = unpriced if ours else {named[subscription] for subscription in unpriced}
        lines = [line for line in view.marketplace_reports if line.subscription not in hidden]
        fees = [line for line in lines if line.kind == "commitment"]
        yield from _sums("fees", fees, label)
        cutoff = self.oracle.now - (REPORTED_LATE if self.late else REPORTED)
        pending = [m for m in organization.metered if m.subscription not in unpriced]
        recent = [
            r for r in organization.reports if r.kind == "usage" and r.at > cutoff and r.subscription not in unpriced
        ]
        if pending or recent:
            return  # some of it may be reported already, and need not be
        usage = [line for line in lines if line.kind == "usage"]
        yield from _sums("usage", usage, label)
        if notes.moved:
            return
        for item in sorted({line.item for line in usage}):
            yield ("item", item), sum((line.amount for line in usage if line.item == item), ZERO)
        if self.oracle.readings["report_lines"] == "per_hour":
            yield ("lines", ""), len(usage)

    def _differs(  # noqa: PLR0917 - the fields of a difference
        self, answer: Answer, name: str, of: str, expected: object, observed: object, owner: str | None
    ) -> Difference:
        return Difference(
            name, of, owner or "", expected, observed, answer.at, answer.method, answer.params, answer.line
        )


@dataclass(frozen=True, slots=True)
class InvoiceShown:
    """An invoice as it is compared; `days` are those of its cycle, where they are not left open."""

    issued_at: datetime
    amount: Decimal
    paid: bool
    days: tuple[date, date] | None


@dataclass(frozen=True, slots=True)
class TriedOn:
    """Whether a card was tried on after the last open invoice was paid."""

    since: datetime
    tried: bool


ALL_FIELDS = frozenset(
    {
        "card",
        "billed",
        "trial",
        "trial_end",
        "trial_credits",
        "restricted",
        "service",
        "memory",
        "services",
        "data",
        "cycle",
        "invoices",
        "charged",
        "attempted",
        "tried_again",
        "tried_on",
        "credits",
        "fees",
        "usage",
        "item",
        "lines",
        "contacts",
        "tier",
        *SOFT,
    }
)


def _outcome(outcome: object) -> str:
    if isinstance(outcome, Refused):
        return "refused"
    return "unsupported" if isinstance(outcome, Unsupported) else "done"


def _through(method: BillingMethod) -> Marketplace | None:
    return method.marketplace if method.kind is MethodKind.MARKETPLACE else None


def _by_term(grant: Credits) -> tuple[datetime, datetime, Decimal, Decimal]:
    return grant.granted_at, grant.expires_at, grant.amount, grant.left


def _whole_cycles(reference: OrganizationView) -> list[bool]:
    """For each invoice, whether it is for a whole cycle: the days of an early one and of the next are open."""
    whole: list[bool] = []
    after_early = False
    for invoice in reference.invoices:
        at_the_end = invoice.issued_at.date() == invoice.last_day + DAY and invoice.issued_at.hour == 0
        whole.append(at_the_end and not after_early)
        after_early = not at_the_end
    return whole


def _sums(
    name: str, lines: list[MarketplaceReport], label: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], object]]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        of = label.get(line.subscription, line.subscription)
        sums[of] = sums.get(of, ZERO) + line.amount
    for of, amount in sorted(sums.items()):
        yield (name, of), amount


# In words


def say(name: str, of: str, value: object) -> str:  # noqa: PLR0911, PLR0912 - one line for each field
    """What is shown of a field, in the words of the domain."""
    match name, value:
        case "outcome", _:
            return f"{of.replace('_', ' ')}: {value}"
        case "collected", bool():
            return "everything due was collected" if value else "not everything due was collected"
        case "card", bool():
            return "a card on file" if value else "no card on file"
        case "billed", BillingMethod():
            through = f" through {value.marketplace}" if value.marketplace else ""
            return f"billed by {value.kind}{through}"
        case "restricted", bool():
            return "restricted" if value else "not restricted"
        case "service", _:
            return f"{of}: {value}"
        case "memory", _:
            return f"{of}: {value} GiB per replica"
        case "services", int():
            return f"{value} service{'s' * (value != 1)}"
        case "data", _:
            return f"data {value}"
        case "trial", _:
            return f"trial {value}"
        case (("trial_end" | "sub_ends" | "unpaid_since" | "extension_until"), datetime()):
            return f"{_PLAIN[name]} {format_instant(value)}"
        case "cycle", (first, last):
            return f"a billing cycle from {_say_day(first)} to {_say_day(last)}"
        case "invoices", tuple():
            return "; ".join(_say_invoice(invoice) for invoice in value) or "no invoice"
        case "credits", tuple():
            return (
                ", ".join(
                    f"{format_money(g.left)} of {format_money(g.amount)} until {format_instant(g.expires_at)}"
                    for g in value
                )
                or "no credits"
            )
        case "attempted", bool():
            return "a charge was attempted" if value else "no charge was attempted"
        case "tried_again", bool():
            return "the card was tried again within 30 days" if value else "the card was not tried again within 30 days"
        case "tried_on", TriedOn():
            return f"the card was {'' if value.tried else 'not '}tried after {format_instant(value.since)}"
        case "contacts", tuple():
            return "contacts: " + (", ".join(format_instant(at) for at in value) or "none")
        case _, Decimal():
            return f"{_PLAIN.get(name, name)} {format_money(value)}" + (f" ({of})" if name in _OF else "")
        case _, None:
            return f"{_PLAIN.get(name, name).rstrip(':')}: nothing"
    return f"{_PLAIN.get(name, name)} {value}"


def _say_invoice(invoice: object) -> str:
    if not isinstance(invoice, InvoiceShown):
        return str(invoice)
    days = f", for {_say_day(invoice.days[0])} to {_say_day(invoice.days[1])}" if invoice.days else ""
    state = "paid" if invoice.paid else "open"
    return f"an invoice of {format_money(invoice.amount)}, {state}, dated {format_instant(invoice.issued_at)}{days}"


def _say_day(day: object) -> str:
    """A day as instants are told, without the time."""
    return format_instant(datetime.combine(day, time(), UTC)).rsplit(" ", 1)[0] if isinstance(day, date) else str(day)


_OF = frozenset({"usage", "fees", "item"})
_PLAIN = {
    "trial_end": "trial ended",
    "trial_credits": "of the trial's credits left:",
    "sub_ends": "an end on",
    "sub_state": "subscription",
    "sub_offer": "offer",
    "sub_organization": "linked to",
    "sub_marketplace": "on",
    "unpaid_since": "unpaid since",
    "extension_until": "an extension until",
    "uninvoiced": "not invoiced yet:",
    "charged": "charged",
    "usage": "usage reported:",
    "fees": "commitment reported:",
    "item": "usage of the item reported:",
    "lines": "lines of usage:",
    "cycle": "billing cycle",
    "tier": "tier",
}
