"""The reference in step with an implementation: the same commands, labels both ways, and notes about what is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from billing_tck.contract.values import ZERO, OrganizationView, SubscriptionView
from billing_tck.explorer.history import IDENTIFIERS, Answer, relabelled_organization, relabelled_subscription
from billing_tck.explorer.notes import Notes
from billing_tck.reference.oracle import Oracle, Organization

DAY = timedelta(days=1)
NOT_YET = DAY  # before a deadline, where effects may show late
BY_NOW = 2 * DAY  # after it, and after a command
TRIAL_DELETION = 14 * DAY  # BC-09

_OF_CARDS = frozenset({"add_card", "set_card_behaviour"})
_PAYER, _CREDITS = 0, 7  # places among the effects of a command
_NO_OTHER_EFFECTS = frozenset({"create_service", "start_service", "stop_service", "scale_service", "choose_tier"})
"""Commands that change nothing but what they name."""


class Mirror:
    """The reference beside an implementation.

    `readings` are the values of knobs, `settles` how late an effect may show. `ours` maps labels to the reference's
    identifiers and `labels` those to labels; `invoices` maps the implementation's to the label of the organization and
    the place among its invoices.
    """

    def __init__(self, readings: Mapping[str, str], settles: timedelta) -> None:
        self.oracle = Oracle(readings)
        self.late = bool(settles)
        self.ours: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.notes: dict[str, Notes] = {}
        self.invoices: dict[str, tuple[str, int]] = {}
        self._views: dict[str, OrganizationView] = {}

    def number(self, label: object) -> str:
        """Return the reference's identifier of a thing. Raises KeyError for one that was never made."""
        return self.ours[str(label)]

    def organization(self, label: object) -> Organization:
        """Return the reference's state of an organization. Raises KeyError."""
        return self.oracle.organization(self.ours[str(label)])

    def owner_of(self, named: Mapping[str, object]) -> str | None:
        """Return the label of the organization that a call is about, or None."""
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

    def pays_by_card(self, organization: Organization) -> bool:
        """Return whether a card is on file that counts as a billing method."""
        return self.oracle.configured(organization)["card"]

    def pays_beside_trial(self, organization: Organization) -> bool:
        """Return whether anything but a trial could pay; credits pay whether or not they count as a method."""
        if any(self.oracle.configured(organization).values()):
            return True
        return any(grant.left and grant.expires_at > self.oracle.now for grant in organization.grants)

    def owes_for_usage(self, organization: Organization) -> Decimal:
        """Return what the customer owes for usage and no invoice shows yet, also what credits will not cover."""
        return organization.owed + self.oracle.undrawn(organization)

    def invoices_of(self, label: str) -> list[str]:
        """Return the reference's identifiers of the invoices of an organization that were not withdrawn."""
        return [invoice.id for invoice in self.organization(label).invoices if invoice.state != "void"]

    def notes_of(self, label: str | None) -> Notes | None:
        """Return the notes about an organization, or None if it was never made."""
        number = self.ours.get(label or "")
        return None if number is None else self.notes.setdefault(number, Notes())

    def oldest_open(self, label: str) -> str | None:
        """Return a name for the oldest open invoice of an organization, or None; for histories that show no invoice."""
        opened, valid = self.organization(label).open_invoices, self.invoices_of(label)
        place = next((place for place, number in enumerate(valid) if opened and number == opened[0].id), None)
        if place is None:
            return None
        name = f"{label}: invoice {place + 1}"
        self.invoices[name] = (label, place)
        return name

    def view(self, number: str) -> OrganizationView:
        """Return what the reference shows of an organization, with labels for identifiers."""
        if number not in self._views:
            self._views[number] = relabelled_organization(self.oracle.see_organization(number), self._label)
        return self._views[number]

    def subscription_view(self, number: str) -> SubscriptionView:
        """Return what the reference shows of a subscription, with labels for identifiers."""
        return relabelled_subscription(self.oracle.see_subscription(number), self._label)

    def _label(self, kind: str, number: str) -> str:
        del kind  # the reference's identifiers are unique
        return self.labels.get(number, number)

    # Commands

    def reset(self, now: datetime) -> None:
        """Forget everything."""
        self.oracle.reset(now)
        self._views.clear()
        self.ours.clear()
        self.labels.clear()
        self.notes.clear()
        self.invoices.clear()

    def advance_to(self, now: datetime) -> None:
        """Move the clock, and note what the end of a trial leaves open."""
        pending = {number: one.deletion_after_trial for number, one in self.oracle.organizations().items()}
        self.oracle.advance_to(now)
        self._views.clear()
        for number, organization in self.oracle.organizations().items():
            lapse = organization.trial_lapse or pending[number]
            if lapse is None:
                continue
            notes = self.notes.setdefault(number, Notes())
            if lapse is organization.trial_lapse and lapse.deleted:
                notes.deleted_with_trial |= {service.id for service in organization.services}
            without_method = not any(self.oracle.configured(organization).values())
            had_a_method = bool(organization.commitments) or organization.trial_lapse is None
            if had_a_method and without_method and now >= lapse.ended_at + TRIAL_DELETION:
                notes.deletion_open = True

    def call(self, answer: Answer) -> Mapping[str, object]:
        """Do the command of an answer, and note what it leaves open. Raises Refused."""
        params, owner = self._translated(answer), self.owner_of(answer.params)
        notes = self.notes_of(owner)
        watched = self.late and answer.method not in _NO_OTHER_EFFECTS
        before = self._effects(owner) if watched else ()
        if notes is not None:
            self._before_command(answer, notes, str(owner))
        self._views.clear()
        try:
            result = self.oracle.call(answer.method, params)
            for label, number in zip(answer.makes, result.values(), strict=False):
                self.ours[label] = str(number)
                self.labels[str(number)] = label
            if notes is not None:
                self._after_command(answer, notes, result)
        finally:
            if watched and notes is not None:
                _note_effects(answer, notes, before, self._effects(owner))
        return result

    def changes_nothing(self, answer: Answer) -> bool:
        """Return whether a command asks for what is the case already."""
        params = self._translated(answer)
        match answer.method:
            case "start_service" | "stop_service" | "scale_service":
                every = (held for owner in self.oracle.organizations().values() for held in owner.services)
                service = next(held for held in every if held.id == params["service"])
                if answer.method == "scale_service":
                    return service.replica_memory_gib == params["replica_memory_gib"]
                return service.state == ("running" if answer.method == "start_service" else "stopped")
            case "pay_invoice":
                invoices = (one for owner in self.oracle.organizations().values() for one in owner.invoices)
                return next(one for one in invoices if one.id == params["invoice"]).state != "open"
            case "verify_email" | "sign_in" | "provide_business_info":
                place = ("verify_email", "sign_in", "provide_business_info").index(answer.method)
                return self.oracle.user(str(params["user"]))[place]
        return False

    def _translated(self, answer: Answer) -> dict[str, object]:
        params: dict[str, object] = {}
        for name, value in answer.params.items():
            if name == "invoice":
                label, place = self.invoices[str(value)]
                params[name] = self.invoices_of(label)[place]
            else:
                params[name] = self.ours[str(value)] if name in IDENTIFIERS else value
        return params

    def _before_command(self, answer: Answer, notes: Notes, owner: str) -> None:
        organization = self.organization(owner)
        notes.owing = bool(organization.open_invoices)
        notes.lapsed = organization.trial_lapse is not None
        notes.cardless &= bool(self.owes_for_usage(organization))
        if answer.method == "record_usage" and self._overspends(organization, answer.params.get("amount")):
            notes.overspent_at = answer.at
        if answer.method == "link_subscription" and organization.uninvoiced:
            notes.moved = True

    def _overspends(self, organization: Organization, amount: object) -> bool:
        """Return whether usage goes beyond the credits of a trial that is the only billing method."""
        trial = organization.trial
        if trial is None or trial.ended_at is not None or self.pays_beside_trial(organization):
            return False
        return isinstance(amount, Decimal) and amount > trial.credits - trial.used

    def _after_command(self, answer: Answer, notes: Notes, result: Mapping[str, object]) -> None:
        owner = self.organization(self.owner_of(answer.params))
        notes.by_hand |= answer.method == "delete_data"
        notes.used = answer.at if answer.method == "record_usage" else notes.used
        if answer.method == "create_service" and owner.trial_lapse is not None:
            notes.state_undefined.add(str(result["service"]))
        self._note_services(answer, notes, owner)
        owed = self.owes_for_usage(owner)
        notes.cardless |= answer.method == "record_usage" and not self.pays_by_card(owner) and bool(owed)
        if notes.owing and not owner.open_invoices:
            notes.cleared = answer.at
        card = owner.card
        if card is not None and card.behaviour == "limited":
            due = [invoice.amount for invoice in owner.open_invoices] + [owed]
            notes.parts |= any(amount > (card.available_credit or ZERO) for amount in due)

    def _note_services(self, answer: Answer, notes: Notes, owner: Organization) -> None:
        if answer.method in {"start_service", "stop_service"}:
            service = self.ours[str(answer.params["service"])]
            notes.stopped_by_trial.discard(service)
            if answer.method == "start_service":
                notes.state_undefined.discard(service)
                notes.stopped_by_owner.discard(service)
            else:
                notes.stopped_by_owner.add(service)
        if notes.lapsed and owner.trial_lapse is None:
            stopped = {service.id for service in owner.services if service.state == "stopped"}
            notes.stopped_by_trial |= stopped - notes.stopped_by_owner - notes.state_undefined

    def _effects(self, owner: str | None) -> tuple[object, ...]:
        """Return what a command may change beyond what it names."""
        number = self.ours.get(owner or "")
        if number is None:
            return ()
        organization = self.oracle.organization(number)
        shown = self.view(number)
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

    # Late effects

    def quiet(self, number: str) -> bool:
        """Return whether nothing was due or commanded lately, nor is due soon; always so where effects are exact."""
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

    def billed_lately(self, label: str) -> bool:
        """Return whether a charge was due that may not show yet: it may include usage since then."""
        invoices = self.organization(label).invoices
        return bool(invoices) and self.oracle.now < invoices[-1].issued_at + BY_NOW

    def disturb(self, label: str) -> None:
        """Compare nothing that an organization shows for two days."""
        notes = self.notes_of(label)
        if notes is not None and self.late:
            notes.disturbed = self.oracle.now


def _note_effects(answer: Answer, notes: Notes, before: tuple[object, ...], after: tuple[object, ...]) -> None:
    """Note that a command had an effect that may show late.

    A new card that pays from now on, and usage that takes credits, hide only the field that they change.
    """
    changed = [place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
    if changed == [_PAYER] and answer.method in _OF_CARDS and not notes.lapsed:
        notes.switched = answer.at
    elif changed == [_CREDITS] and answer.method == "record_usage":
        notes.spent = answer.at
    elif changed:
        notes.disturbed = answer.at
