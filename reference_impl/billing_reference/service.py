"""The contract: each method finds what it is about, refuses what the rules refuse, and asks the ledger to act."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_reference.session import Session, find, refuse
from billing_reference.state import Account, Card, Subscription, Usage
from billing_reference.time import aware
from billing_reference.views import Answer, organization_view, subscription_view
from billing_tck.contract import Refused


class BillingService(Session):
    """An implementation of the contract, in process.

    Commands take the parameters of the contract as keywords and return plain dicts; they raise `Refused`.
    """

    # People and organizations

    def register_user(self, *, email: str) -> Answer:
        """Register a person whose address is not verified yet (AWS-22)."""
        return {"user": self.ledger.new_user(email).id}

    def verify_email(self, *, user: str) -> Answer:
        """Verify the address (AWS-22)."""
        self.user(user).verified = True
        return {}

    def sign_in(self, *, user: str) -> Answer:
        """Sign a user in (AWS-22, AWS-23)."""
        person = self.user(user)
        refuse(self.ledger.sign_in_refused(person))
        person.signed_in = True
        return {}

    def provide_business_info(self, *, user: str) -> Answer:
        """Record business information of a user (AWS-24)."""
        self.user(user).business_info = True
        return {}

    def create_organization(self, *, name: str) -> Answer:
        """Create an organization and its admin."""
        admin = self.ledger.new_user(f"admin of {name}", complete=True)
        organization = self.ledger.new_organization(name, admin, self.now)
        return {"organization": organization.id, "admin": admin.id}

    def add_member(self, *, organization: str, role: str) -> Answer:
        """Add a member to an organization (AWS-04)."""
        member = self.ledger.new_user(f"{role} of {organization}", complete=True)
        self.organization(organization).members[member.id] = str(role)
        return {"user": member.id}

    def start_trial(self, *, organization: str, credits: Decimal) -> Answer:  # noqa: A002 - the contract's name
        """Begin the 30-day trial now (BC-02)."""
        owner = self.organization(organization)
        if owner.trial is not None:
            raise Refused("other", "this organization has had its trial")
        self.ledger.start_trial(owner, credits, self.now)
        return {}

    def choose_tier(self, *, organization: str, tier: str) -> Answer:
        """Choose or change the tier (BC-15, BC-16)."""
        self.ledger.choose_tier(self.organization(organization), str(tier), self.now)
        return {}

    # Services and usage

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Answer:
        """Create a running service (BC-01, BC-15, BC-27)."""
        owner, now = self.organization(organization), self.now
        refuse(self.ledger.create_refused(owner, now))
        return {"service": self.ledger.create_service(owner, replica_memory_gib, now).id}

    def start_service(self, *, service: str) -> Answer:
        """Start a stopped service (BC-01, BC-25, BC-26)."""
        found = self.service(service)
        if found.state != "running":
            refuse(self.ledger.start_refused(self.organization(found.organization), found, self.now))
            found.state = "running"
        return {}

    def stop_service(self, *, service: str) -> Answer:
        """Stop a service at its owner's request."""
        self.service(service).state = "stopped"
        return {}

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Answer:
        """Change the memory of each replica (BC-24)."""
        found = self.service(service)
        if found.replica_memory_gib != replica_memory_gib:
            owner = self.organization(found.organization)
            refuse(self.ledger.scaling_refused(owner, found, replica_memory_gib))
            found.replica_memory_gib = replica_memory_gib
        return {}

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Answer:
        """Accrue priced usage now (BC-13)."""
        owner, now = self.organization(organization), self.now
        self.ledger.use(owner, Usage(now, item, amount))
        return self.settle(owner, now)

    # Cards and collection

    def add_card(self, *, organization: str, behaviour: str, available_credit: Decimal | None = None) -> Answer:
        """Put a card on file in place of any earlier one (BC-05)."""
        owner, now = self.organization(organization), self.now
        self.ledger.put_card(owner, Card(str(behaviour), available_credit), now)
        return self.settle(owner, now)

    def set_card_behaviour(
        self, *, organization: str, behaviour: str, available_credit: Decimal | None = None
    ) -> Answer:
        """Set what the card network answers from now on."""
        owner = self.organization(organization)
        if owner.card is None:
            raise Refused("other", "there is no card on file")
        now = self.now
        self.ledger.change_card(owner, Card(str(behaviour), available_credit), now)
        return self.settle(owner, now)

    def attempt_collection(self, *, organization: str) -> Answer:
        """Try every open invoice once (BC-28)."""
        owner, now = self.organization(organization), self.now
        collected = self.ledger.collect(owner, now)
        self.settle(owner, now)
        return {"collected": collected}

    def pay_invoice(self, *, invoice: str) -> Answer:
        """Pay one invoice in full by other means."""
        if invoice not in self.ledger.state.invoices:
            raise Refused("other", f"there is no invoice {invoice}")
        owner_id, found = self.ledger.state.invoices[invoice]
        owner, now = self.organization(owner_id), self.now
        self.ledger.pay(owner, found, now)
        return self.settle(owner, now)

    # Marketplaces

    def open_marketplace_account(
        self, *, marketplace: str, may_purchase: bool = True, signed_in: bool = True
    ) -> Answer:
        """Open an account on a marketplace (AWS-02, AWS-03)."""
        state = self.ledger.state
        account = Account(state.new_id("account"), str(marketplace), may_purchase, signed_in)
        state.accounts[account.id] = account
        return {"account": account.id}

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        """Buy a subscription; it is not linked yet (AWS-05, AWS-10, AWS-11, AWS-15)."""
        state, now = self.ledger.state, self.now
        buyer = find(state.accounts, account, "account")
        refuse(self.ledger.purchase_refused(buyer, str(offer), purchase_order, now))
        bought = Subscription(state.new_id("subscription"), account, buyer.marketplace, str(offer), now, purchase_order)
        state.subscriptions[bought.id] = bought
        return {"subscription": bought.id}

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        """Complete the set-up: link an organization, or a new one (AWS-04, AWS-06, AWS-17, AWS-26 to AWS-28)."""
        bought, person, now = self.subscription(subscription), self.user(user), self.now
        owner = None if organization is None else self.organization(organization)
        refuse(self.ledger.link_refused(bought, person, owner, now))
        if owner is None:
            owner = self.ledger.new_organization(f"organization of {subscription}", person, now)
        self.ledger.link(owner, bought, now)
        self.settle(owner, now)
        return {"organization": owner.id}

    def end_subscription(self, *, subscription: str, cause: str) -> Answer:
        """End a subscription now, whatever the cause (BC-41, BC-42)."""
        bought, now = self.subscription(subscription), self.now
        refuse("ended" if self.ledger.subscription_ended(bought, now) else None)
        self.ledger.end_subscription(bought, str(cause), now)
        return {} if bought.organization is None else self.settle(self.organization(bought.organization), now)

    # Contracts, credits, support

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Answer:
        """Sign a commitment, direct or through a marketplace (BC-47 to BC-51)."""
        owner, now = self.organization(organization), self.now
        bought = None if subscription is None else self.subscription(subscription)
        refuse(self.ledger.commitment_refused(owner, bought, now))
        grant = self.ledger.commit(owner, credits, aware(expires_at), bought, now)
        self.settle(owner, now)
        return {"commitment": grant.id}

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> Answer:
        """Grant a refund or a top-up (BC-55, BC-67)."""
        owner, now = self.organization(organization), self.now
        grant = self.ledger.refund(owner, amount, aware(expires_at), now)
        self.settle(owner, now)
        return {"grant": grant.id}

    def grant_extension(self, *, organization: str, until: datetime) -> Answer:
        """Put off the deletion for unpaid invoices (BC-32)."""
        owner, now = self.organization(organization), self.now
        self.ledger.extend(owner, aware(until))
        return self.settle(owner, now)

    def record_contact(self, *, organization: str) -> Answer:
        """Record that the vendor has reached the customer (BC-65)."""
        self.organization(organization).contacts.append(self.now)
        return {}

    def delete_data(self, *, organization: str) -> Answer:
        """Delete by hand (BC-65)."""
        owner, now = self.organization(organization), self.now
        refuse(self.ledger.deletion_refused(owner, now))
        self.ledger.delete_by_hand(owner, now)
        return {}

    # Views

    def get_organization(self, *, organization: str) -> Answer:
        """Return everything that can be seen of an organization."""
        return organization_view(self.ledger, self.organization(organization), self.now)

    def get_subscription(self, *, subscription: str) -> Answer:
        """Return a marketplace subscription."""
        return subscription_view(self.ledger, self.subscription(subscription), self.now)
