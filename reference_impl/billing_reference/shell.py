"""The reference implementation: a thin shell of the contract around the policy.

It keeps organizations, reads the clock, refuses what the rules refuse, and lets the ledger catch up.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from billing_reference.facts import (
    Account,
    Card,
    Grant,
    Organization,
    Report,
    Service,
    Subscription,
    Trial,
    Usage,
    User,
)
from billing_reference.instants import aware
from billing_reference.rules import Rules
from billing_reference.settling import Facts, Ledger
from billing_reference.views import organization_view, subscription_view
from billing_tck.contract import Refused

T = TypeVar("T")
Clock = Callable[[], datetime]
Answer = dict[str, object]

CAPABILITIES = (
    "trial",
    "card",
    "marketplace.aws",
    "marketplace.gcp",
    "marketplace.azure",
    "aws_free_trial",
    "commitment.direct",
    "commitment.marketplace",
    "credits",
    "onboarding",
    "extension",
    "pay_invoice",
    "manual_deletion",
)


def system_clock() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


class Billing:
    """An implementation of the contract, in process.

    Commands take what CONTRACT calls their parameters, as keywords, and return plain dicts; `Refused` says no.
    """

    ledger_type: type[Ledger] = Ledger

    def __init__(self, rules: Rules, readings: Mapping[str, str], clock: Clock = system_clock) -> None:
        self.ledger = self.ledger_type(rules)
        self.readings = dict(readings)
        self.clock = clock
        self.settles = True

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.ledger.rules

    @property
    def now(self) -> datetime:
        """The present instant."""
        return aware(self.clock()).replace(microsecond=0)

    # The session

    def describe_implementation(self) -> Answer:
        """Who answers, what it can do, which readings it takes."""
        return {
            "name": "billing-reference",
            "version": "1",
            "contract": "1",
            "capabilities": list(CAPABILITIES),
            "readings": dict(self.readings),
            "settles_within": "PT0S",
        }

    def reset(self, *, now: datetime) -> Answer:
        """Forgets everything."""
        aware(now)
        self.ledger.facts = Facts()
        return {}

    def advance_to(self, *, now: datetime) -> Answer:
        """Everything that fell due up to and including now has happened."""
        instant = aware(now)
        for organization in self.ledger.facts.organizations.values():
            self._settle(organization, instant)
        return {}

    def _settle(self, organization: Organization, instant: datetime) -> None:
        if self.settles:
            self.ledger.settle(organization, instant)

    # People and organizations

    def register_user(self, *, email: str) -> Answer:
        """A person who has not verified the address yet (AWS-22)."""
        return {"user": self._new_user(email).id}

    def _new_user(self, email: str, *, complete: bool = False) -> User:
        user = User(self.ledger.new_id("user"), email, complete, complete, complete)
        self.ledger.facts.users[user.id] = user
        return user

    def verify_email(self, *, user: str) -> Answer:
        """The address is verified (AWS-22)."""
        self._user(user).verified = True
        return {}

    def sign_in(self, *, user: str) -> Answer:
        """A user signs in; refused until the address is verified (AWS-22)."""
        person = self._user(user)
        _refuse(self.rules.aws_onboarding.refuses_sign_in(person))
        person.signed_in = True
        return {}

    def provide_business_info(self, *, user: str) -> Answer:
        """A new user says what the business is (AWS-24)."""
        self._user(user).business_info = True
        return {}

    def create_organization(self, *, name: str) -> Answer:
        """A new organization and its admin."""
        admin = self._new_user(f"admin of {name}", complete=True)
        organization = self._new_organization(name, admin)
        return {"organization": organization.id, "admin": admin.id}

    def _new_organization(self, name: str, founder: User, role: str = "admin") -> Organization:
        organization = Organization(self.ledger.new_id("organization"), name, self.now, {founder.id: role})
        self.ledger.facts.organizations[organization.id] = organization
        return organization

    def add_member(self, *, organization: str, role: str) -> Answer:
        """A new member of an organization (AWS-04)."""
        member = self._new_user(f"{role} of {organization}", complete=True)
        self._organization(organization).members[member.id] = str(role)
        return {"user": member.id}

    def start_trial(self, *, organization: str, credits: Decimal) -> Answer:  # noqa: A002 - the contract's name
        """The 30-day trial begins now (BC-02)."""
        owner = self._organization(organization)
        if owner.trial is not None:
            raise Refused("other", "this organization has had its trial")
        owner.trial = Trial(self.rules.trial.starts(owner.created_at, self.now), credits)
        return {}

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        """The tier is chosen, or changed (BC-15, BC-16)."""
        owner = self._organization(organization)
        owner.tier = str(tier)
        if owner.tier_day is None or not self.rules.card_billing.keeps_first_day_on_tier_change:
            owner.tier_day = self.now.date()
        return {}

    # Services and usage

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        """A new service (BC-15); refused while unpaid (BC-27), and after a trial with nothing to pay by (BC-01)."""
        owner = self._organization(organization)
        unpaid, trial = self.rules.unpaid_invoices, self.rules.trial
        _refuse("unpaid_invoice" if unpaid.refuses_create(restricted=self.ledger.restricted(owner)) else None)
        _refuse("no_billing_method" if trial.refuses_create(lapsed=owner.trial_lapse is not None) else None)
        service = Service(self.ledger.new_id("service"), owner.id, replica_memory_gib)
        owner.services.append(service)
        self.ledger.facts.services[service.id] = service
        owner.data = "present"
        if owner.service_day is None:
            owner.service_day = self.now.date()
        return {"service": service.id}

    def start_service(self, *, service: str) -> Answer:
        """A stopped service runs again; refused while unpaid (BC-25, BC-26), after a trial with no method (BC-01)."""
        found = self._service(service)
        if found.state == "running":
            return {}
        owner = self._organization(found.organization)
        unpaid, trial = self.rules.unpaid_invoices, self.rules.trial
        _refuse("unpaid_invoice" if unpaid.refuses_start(restricted=self.ledger.restricted(owner)) else None)
        _refuse("no_billing_method" if trial.refuses_start(lapsed=owner.trial_lapse is not None) else None)
        found.state = "running"
        return {}

    def stop_service(self, *, service: str) -> Answer:
        """A running service is stopped by its owner."""
        self._service(service).state = "stopped"
        return {}

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Answer:
        """The memory of each replica changes; refused above the cap while unpaid (BC-24)."""
        found = self._service(service)
        if replica_memory_gib == found.replica_memory_gib:  # what changes nothing is done
            return {}
        owner = self._organization(found.organization)
        unpaid = self.rules.unpaid_invoices
        refused = unpaid.refuses_scaling(
            restricted=self.ledger.restricted(owner),
            gib=replica_memory_gib,
            cap=unpaid.memory_cap_gib,
            services=[other for other in owner.services if other is not found],
        )
        _refuse("memory_cap" if refused else None)
        found.replica_memory_gib = replica_memory_gib
        return {}

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        """Usage accrues now."""
        owner = self._organization(organization)
        self.ledger.use(owner, Usage(self.now, item, amount))
        return self._done(owner)

    # Cards and collection

    def add_card(self, *, organization: str, behaviour: str, available_credit: Decimal | None = None) -> Answer:
        """The card on file from now on (BC-05)."""
        owner = self._organization(organization)
        owner.card = Card(str(behaviour), available_credit)
        if self.rules.trial.ended_by_card and owner.trial is not None and owner.trial.ended_at is None:
            owner.trial.ended_at = self.now
        self.ledger.end_lapse(owner)
        if owner.open_invoices and self.rules.unpaid_invoices.collects_with_new_card:
            self.ledger.collect(owner, self.now)
        return self._method_configured(owner)

    def set_card_behaviour(
        self, *, organization: str, behaviour: str, available_credit: Decimal | None = None
    ) -> Answer:
        """What the card network answers from now on."""
        owner = self._organization(organization)
        if owner.card is None:
            raise Refused("other", "there is no card on file")
        owner.card = Card(str(behaviour), available_credit)
        return {}

    def attempt_collection(self, *, organization: str) -> Answer:
        """Tries every open invoice once (BC-28)."""
        owner = self._organization(organization)
        collected = self.ledger.collect(owner, self.now)
        self._done(owner)
        return {"collected": collected}

    def pay_invoice(self, *, invoice: str) -> Answer:
        """One invoice paid in full by other means."""
        if invoice not in self.ledger.facts.invoices:
            raise Refused("other", f"there is no invoice {invoice}")
        owner_id, found = self.ledger.facts.invoices[invoice]
        owner = self._organization(owner_id)
        if found.state == "open":
            found.state = "paid"
            self.ledger.cure(owner)
        return self._done(owner)

    # Marketplaces

    def open_marketplace_account(
        self, *, marketplace: str, may_purchase: bool = True, signed_in: bool = True
    ) -> Answer:
        """An account on a marketplace (AWS-02, AWS-03)."""
        account = Account(self.ledger.new_id("account"), str(marketplace), may_purchase, signed_in)
        self.ledger.facts.accounts[account.id] = account
        return {"account": account.id}

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        """A subscription is bought, and not linked yet (AWS-05, AWS-10, AWS-11, AWS-15)."""
        holder = _find(self.ledger.facts.accounts, account, "account")
        rules, now = self.rules.aws_onboarding, self.now
        running = [
            held
            for held in self.ledger.facts.subscriptions.values()
            if held.account == account and not self.ledger.subscription_ended(held, now)
        ]
        _refuse(rules.refuses_purchase(holder))
        _refuse(rules.refuses_second(holder, str(offer), running))
        _refuse(None if str(offer) in rules.offers else "other")
        _refuse("other" if rules.needs_purchase_order and purchase_order is None else None)
        bought = Subscription(
            self.ledger.new_id("subscription"), account, holder.marketplace, str(offer), now, purchase_order
        )
        self.ledger.facts.subscriptions[bought.id] = bought
        return {"subscription": bought.id}

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        """The set-up is completed: the organization is linked (AWS-04, AWS-06, AWS-17, AWS-26 to AWS-28)."""
        bought, person = self._subscription(subscription), self._user(user)
        rules, now = self.rules.aws_onboarding, self.now
        _refuse(rules.refuses_person(person))
        _refuse(rules.refuses_link(bought, ended=self.ledger.subscription_ended(bought, now)))
        if organization is not None and not rules.makes_new_organization_always:
            owner = self._organization(organization)
            _refuse(rules.refuses_organization(owner.members, user))
        else:
            owner = self._new_organization(f"organization of {subscription}", person, rules.new_organization_role)
        bought.organization, bought.linked_at = owner.id, now
        owner.subscriptions.append(bought)
        if self.rules.marketplace.restarts_cycle and owner.tier_day is not None:
            owner.tier_day = owner.service_day = now.date()
        if self.rules.marketplace.moves_uninvoiced and owner.card is not None:
            moved = [Report(bought.id, now, "usage", usage.item, usage.amount) for usage in owner.uninvoiced]
            owner.reports.extend(moved)
            owner.uninvoiced = []
        self.ledger.end_lapse(owner)
        self._method_configured(owner)
        return {"organization": owner.id}

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        """The subscription ends now, whatever the cause (BC-41, BC-42)."""
        bought, now = self._subscription(subscription), self.now
        if self.ledger.subscription_ended(bought, now):
            raise Refused("ended", "the subscription has ended")
        bought.ended_at = now
        if bought.organization is None:
            return {}
        owner = self._organization(bought.organization)
        if self.rules.marketplace.end_takes_card_away:
            owner.card = None
        self.ledger.lapse(owner, bought, now)
        return self._done(owner)

    # Contracts, credits, support

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Answer:
        """Credits by contract; through a marketplace they are reported there at once (BC-47 to BC-51)."""
        owner, rules, now = self._organization(organization), self.rules.commitments, self.now
        if subscription is not None:
            bought = self._subscription(subscription)
            if bought.offer != "committed" or bought.organization != owner.id:
                raise Refused("other", "the subscription is no commitment of this organization")
            amount = rules.reports_commitment(credits)
            if amount is not None:
                owner.reports.append(Report(subscription, now, "commitment", "commitment", amount))
        grant = self._grant(owner, credits, expires_at)
        grant.commitment, grant.subscription = True, subscription
        self._method_configured(owner)
        return {"commitment": grant.id}

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> Answer:
        """A refund or a top-up, beside what is there (BC-55, BC-67)."""
        owner = self._organization(organization)
        grant = self._grant(owner, amount, expires_at)
        self._method_configured(owner)
        return {"grant": grant.id}

    def _grant(self, owner: Organization, amount: Decimal, expires_at: datetime) -> Grant:
        rules = self.rules.commitments
        if not rules.keeps_earlier_grants:
            owner.grants.clear()
        usable = rules.granted_amount(amount)
        grant = Grant(self.ledger.new_id("grant"), usable, usable, self.now, aware(expires_at))
        owner.grants.append(grant)
        if rules.covers_earlier_usage:
            earlier, owner.uninvoiced = owner.uninvoiced, []
            for usage in earlier:
                self.ledger.use(owner, usage)
        return grant

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        """Deletion for unpaid invoices waits until then (BC-32); without effect while nothing is unpaid."""
        owner = self._organization(organization)
        if owner.debt is not None:
            owner.debt.extension_until = aware(until)
        return self._done(owner)

    def record_contact(self, *, organization: str) -> Answer:
        """The vendor has reached the customer (BC-65)."""
        self._organization(organization).contacts.append(self.now)
        return {}

    def delete_data(self, *, organization: str) -> Answer:
        """The vendor deletes by hand (BC-65)."""
        owner = self._organization(organization)
        since = self.ledger.rules.unpaid_invoices.clock_start(owner.debt, owner.open_invoices) if owner.debt else None
        _refuse(
            self.rules.commitments.refuses_deletion_by_hand(
                committed=bool(owner.commitments), contacts=owner.contacts, unpaid_since=since
            )
        )
        self.ledger.delete(owner, owner.services)
        return {}

    # What can be seen

    def get_organization(self, *, organization: str) -> Answer:
        """Everything that can be seen of an organization."""
        return organization_view(self.ledger, self._organization(organization), self.now)

    def get_subscription(self, *, subscription: str) -> Answer:
        """A marketplace subscription."""
        return subscription_view(self.ledger, self._subscription(subscription), self.now)

    # Helpers

    def _done(self, owner: Organization) -> Answer:
        """What a command made fall due at this instant happens now."""
        self._settle(owner, self.now)
        return {}

    def _method_configured(self, owner: Organization) -> Answer:
        """What the end of the trial began is over once there is a billing method again (BC-08, BC-09)."""
        if owner.trial_lapse is not None and any(self.ledger.configured(owner, self.now).values()):
            owner.trial_lapse = None
        return self._done(owner)

    def _organization(self, number: str) -> Organization:
        return _find(self.ledger.facts.organizations, number, "organization")

    def _user(self, number: str) -> User:
        return _find(self.ledger.facts.users, number, "user")

    def _subscription(self, number: str) -> Subscription:
        return _find(self.ledger.facts.subscriptions, number, "subscription")

    def _service(self, number: str) -> Service:
        service = _find(self.ledger.facts.services, number, "service")
        if service.state == "deleted":
            raise Refused("deleted", "the service was deleted")
        return service

    def snapshot(self) -> Facts:
        """A copy of all facts, for those who want to come back to it."""
        return copy.deepcopy(self.ledger.facts)


def _find(table: Mapping[str, T], number: str, kind: str) -> T:
    try:
        return table[number]
    except KeyError:
        raise Refused("other", f"there is no {kind} {number}") from None


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise Refused(reason, _WORDS.get(reason, ""))


_WORDS = {
    "unpaid_invoice": "an invoice is unpaid",
    "no_billing_method": "the trial is over and no billing method is configured",
    "memory_cap": "while an invoice is unpaid, a replica may not have so much memory",
    "not_admin": "only an admin of the organization may link it",
    "not_permitted": "this account has no right to purchase",
    "not_signed_in": "nobody is signed in",
    "not_verified": "the e-mail address is not verified",
    "no_business_info": "the business has not been described yet",
    "already_subscribed": "this account holds such a subscription already",
    "already_linked": "the subscription is linked already",
    "not_contacted": "the customer has not been contacted about the unpaid invoices",
    "ended": "the subscription has ended",
}
