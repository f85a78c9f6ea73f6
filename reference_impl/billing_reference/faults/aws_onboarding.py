"""Faults of taking up pay-as-you-go through AWS Marketplace (AWS-01 to AWS-30)."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from billing_reference.facts import ZERO, Account, Organization, Report, Subscription, User
from billing_reference.faults.fault import Fault, kept_by
from billing_reference.instants import DAY
from billing_reference.settling import Ledger
from billing_reference.shell import Answer, Billing
from billing_tck.contract import Refused

# Purchases


class _SellsOnlyToRegistered(Billing):
    """Sells nothing as long as nobody has registered with the vendor."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        if not self.ledger.facts.users:
            raise Refused("not_permitted", "register with the vendor first")
        return super().subscribe(account=account, offer=offer, purchase_order=purchase_order)


def _only_signed_in(account: Account) -> str | None:
    return None if account.signed_in else "not_signed_in"


def _only_permitted(account: Account) -> str | None:
    return None if account.may_purchase else "not_permitted"


def _one_of_both(account: Account) -> str | None:
    return None if account.may_purchase or account.signed_in else "not_permitted"


class _FreeTrialForEverybody(Billing):
    """Checks the buyer's rights for the paid option only."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        holder = self.ledger.facts.accounts[account]
        known = holder.may_purchase, holder.signed_in
        if offer == "free_trial":
            holder.may_purchase = holder.signed_in = True
        try:
            return super().subscribe(account=account, offer=offer, purchase_order=purchase_order)
        finally:
            holder.may_purchase, holder.signed_in = known


def _never_a_second_refused(account: Account, offer: str, running: Sequence[Subscription]) -> str | None:
    return None


def _refused_beside_a_linked_one(account: Account, offer: str, running: Sequence[Subscription]) -> str | None:
    linked = [held for held in running if held.offer == "payg" and held.linked_at is not None]
    return "already_subscribed" if offer == "payg" and linked else None


def _refused_beside_an_unlinked_one(account: Account, offer: str, running: Sequence[Subscription]) -> str | None:
    waiting = [held for held in running if held.offer == "payg" and held.linked_at is None]
    return "already_subscribed" if offer == "payg" and waiting else None


class _OneForEachMarketplace(Billing):
    """Sells one pay-as-you-go subscription at a time to all accounts of AWS together."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        for held in self.ledger.facts.subscriptions.values():
            if offer == held.offer == "payg" and not self.ledger.subscription_ended(held, self.now):
                raise Refused("already_subscribed")
        return super().subscribe(account=account, offer=offer, purchase_order=purchase_order)


class _OneForEver(Billing):
    """Sells one pay-as-you-go subscription to an account, once."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        for held in self.ledger.facts.subscriptions.values():
            if held.account == account and offer == held.offer == "payg":
                raise Refused("already_subscribed")
        return super().subscribe(account=account, offer=offer, purchase_order=purchase_order)


class _RefusesPurchaseOrders(Billing):
    """Sells only without a purchase-order number."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        if purchase_order is not None:
            raise Refused("other", "no purchase orders here")
        return super().subscribe(account=account, offer=offer)


class _TrialSpoilsTheAccount(Billing):
    """Sells no paid option to an account that had the free trial."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        for held in self.ledger.facts.subscriptions.values():
            if held.account == account and held.offer == "free_trial" and offer == "payg":
                raise Refused("already_subscribed")
        return super().subscribe(account=account, offer=offer, purchase_order=purchase_order)


class _SellsPlainForTrial(Billing):
    """Books the free trial as plain pay-as-you-go."""

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Answer:
        sold = "payg" if offer == "free_trial" else offer
        return super().subscribe(account=account, offer=sold, purchase_order=purchase_order)


# The free trial


class _PlainEndsLikeTrial(Ledger):
    """Ends the plain option, too, after a year."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        return super().subscription_ended(subscription, at) or at >= subscription.bought_at + timedelta(days=365)


def _end_of_month_later(subscription: Subscription) -> datetime:
    """From where 30 days lead to the same day of the next month."""
    bought = subscription.bought_at
    return bought + (calendar.monthrange(bought.year, bought.month)[1] - 30) * DAY


def _from_the_link(subscription: Subscription) -> datetime:
    return subscription.linked_at or subscription.bought_at


class _UnlinkedTrialGoesOn(Ledger):
    """Ends a free trial only where it was linked."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        waits = subscription.offer == "free_trial" and subscription.organization is None
        return not waits and super().subscription_ended(subscription, at)


class _TrialTurnsIntoPaid(Billing):
    """Sells the paid option by itself to whose free trial is over, and links it."""

    def advance_to(self, *, now: datetime) -> Answer:
        answer = super().advance_to(now=now)
        facts = self.ledger.facts
        for held in list(facts.subscriptions.values()):
            followed = any(
                other.account == held.account and other is not held for other in facts.subscriptions.values()
            )
            if held.offer != "free_trial" or held.organization is None or followed:
                continue
            if self.ledger.subscription_ended(held, now):
                owner = facts.organizations[held.organization]
                paid = Subscription(self.ledger.new_id("subscription"), held.account, held.marketplace, "payg", now)
                paid.organization, paid.linked_at = owner.id, now
                facts.subscriptions[paid.id] = paid
                owner.subscriptions.append(paid)
        return answer


class _PaysOnAfterTrial(Ledger):
    """Goes on billing through a free trial that is over."""

    def linked_at(self, organization: Organization, at: datetime) -> Subscription | None:
        trials = [held for held in organization.subscriptions if held.offer == "free_trial"]
        return super().linked_at(organization, at) or (trials[-1] if trials else None)


class _FreeTrialChargesTheCard(Ledger):
    """Lets the card pay for what is used in the free trial."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        return None if found is not None and found.offer == "free_trial" else found


class _PaidAfterTrialEndsToo(Ledger):
    """Ends what was bought after a free trial 30 days after its purchase as well."""

    def subscription_ended(self, subscription: Subscription, at: datetime) -> bool:
        had_trial = any(
            held.account == subscription.account and held.offer == "free_trial"
            for held in self.facts.subscriptions.values()
        )
        return super().subscription_ended(subscription, at) or (had_trial and at >= subscription.bought_at + 30 * DAY)


class _OneLinkForEver(Billing):
    """Links no organization that was ever linked before."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        if organization is not None and self._organization(organization).subscriptions:
            raise Refused("already_linked")
        return super().link_subscription(subscription=subscription, user=user, organization=organization)


# The set-up


class _LinksAtPurchase(Billing):
    """Takes a purchase for the whole set-up."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        return {**shown, "state": "linked" if shown["state"] == "subscribed" else shown["state"]}


class _LinksByItself(Billing):
    """Takes the set-up for finished when a month has gone by since the purchase."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        old = self.now - self._subscription(subscription).bought_at >= 30 * DAY
        return {**shown, "state": "linked" if old and shown["state"] == "subscribed" else shown["state"]}


class _BillsBeforeTheLink(Ledger):
    """Reports usage under a subscription that nobody has linked yet."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        waiting = [held for held in self.facts.subscriptions.values() if held.organization is None]
        return found or (waiting[-1] if waiting else None)


class _BillsFromThePurchase(Billing):
    """Reports at the link what was used since the purchase."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        bought, owner = self._subscription(subscription), self._organization(str(answer["organization"]))
        since = [invoice.amount for invoice in owner.invoices if invoice.issued_at >= bought.bought_at]
        owner.reports.append(Report(bought.id, self.now, "usage", "compute", sum(since, ZERO)))
        return answer


class _SigningInSetsUp(Billing):
    """Takes the set-up for finished when the new user has said what the business is."""

    def provide_business_info(self, *, user: str) -> Answer:
        answer = super().provide_business_info(user=user)
        for held in self.ledger.facts.subscriptions.values():
            if held.organization is None and self._user(user).signed_in:
                super().link_subscription(subscription=held.id, user=user)
        return answer


# People


def _number(identifier: str) -> int:
    return int(identifier.rpartition("-")[2])


class _OnlyUsersFromBefore(Billing):
    """Links for nobody who registered after the purchase."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        if _number(user) > _number(subscription):
            raise Refused("not_permitted")
        return super().link_subscription(subscription=subscription, user=user, organization=organization)


class _InvitedUsersRegisterAnew(Billing):
    """Links for nobody whom an organization took in as a member."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        founders = {next(iter(found.members)) for found in self.ledger.facts.organizations.values() if found.members}
        if user not in founders and not self._user(user).email.endswith("example.com"):
            raise Refused("not_verified")
        return super().link_subscription(subscription=subscription, user=user, organization=organization)


class _UsersOfTwoWeeksRegisterAnew(Billing):
    """Links for nobody who founded an organization more than two weeks ago, and has not registered since."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        for found in self.ledger.facts.organizations.values():
            if next(iter(found.members)) == user and self.now - found.created_at > 14 * DAY:
                raise Refused("not_verified")
        return super().link_subscription(subscription=subscription, user=user, organization=organization)


def _anybody(user: User) -> str | None:
    return None


def _verified_is_enough(user: User) -> str | None:
    return None if user.verified else "not_verified"


class _SigningInVerifies(Billing):
    """Signs in whoever has registered."""

    def sign_in(self, *, user: str) -> Answer:
        self._user(user).verified = True
        return super().sign_in(user=user)


def _sign_in_needs_business_info(user: User) -> str | None:
    return None if user.verified and user.business_info else "not_verified"


def _sign_in_only_once(user: User) -> str | None:
    return None if user.verified and not user.signed_in else "not_verified"


class _BusinessInfoSignsOut(Billing):
    """Signs a user out who says what the business is."""

    def provide_business_info(self, *, user: str) -> Answer:
        self._user(user).signed_in = False
        return super().provide_business_info(user=user)


class _BusinessInfoSaidAgainIsGone(Billing):
    """Forgets what the business is when it is said again."""

    def provide_business_info(self, *, user: str) -> Answer:
        person = self._user(user)
        person.business_info = not person.business_info
        return {}


# The link


def _any_member(members: Mapping[str, str], user: str) -> str | None:
    return None if user in members else "not_admin"


def _any_but_developers(members: Mapping[str, str], user: str) -> str | None:
    return "not_admin" if members.get(user) == "developer" else None


def _only_who_founded_it(members: Mapping[str, str], user: str) -> str | None:
    return None if user == next(iter(members)) else "not_admin"


def _only_refused_after_the_end(subscription: Subscription, *, ended: bool) -> str | None:
    return "ended" if ended else None


class _MovesToNewOrganizations(Billing):
    """Links a linked subscription once more where the organization is new."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        if organization is None:
            self._subscription(subscription).organization = None
        return super().link_subscription(subscription=subscription, user=user, organization=organization)


class _TakesTheOrganizationOfItsMaker(Billing):
    """Makes no new organization for someone who administers one, but links that."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        owned = [found.id for found in self.ledger.facts.organizations.values() if found.members.get(user) == "admin"]
        chosen = organization if organization is not None or not owned else owned[0]
        return super().link_subscription(subscription=subscription, user=user, organization=chosen)


class _ShowsTheFirstOrganization(Billing):
    """Shows every subscription as linked to the organization that was linked first."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        linked = [held for held in self.ledger.facts.subscriptions.values() if held.linked_at is not None]
        first = min(linked, key=lambda held: _number(held.id), default=None)
        return {**shown, "organization": first.organization if first is not None else None}


class _LinkedWithTheFirstUsage(Billing):
    """Shows a subscription as linked only when something was reported under it."""

    def get_subscription(self, *, subscription: str) -> Answer:
        shown = super().get_subscription(subscription=subscription)
        owner = self._subscription(subscription).organization
        used = owner is not None and bool(self._organization(owner).reports)
        return {**shown, "state": "subscribed" if shown["state"] == "linked" and not used else shown["state"]}


# What is billed


def _only_above_the_threshold(amount: Decimal) -> Decimal:
    return amount if amount >= Decimal(10_000) else ZERO


def _fee(amount: Decimal) -> Decimal:
    return (amount * Decimal("0.03")).quantize(ZERO)


class _FromTheNextCycle(Ledger):
    """Bills through a subscription from the first cycle on that begins after the link."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        if found is None or found.linked_at is None or organization.card is None:
            return found
        cycle = self.cycle_at(organization, found.linked_at.date())
        return None if cycle is not None and at < cycle.end else found


class _ForSixtyDays(Ledger):
    """Bills through a subscription for 60 days from the link."""

    def paying_subscription(self, organization: Organization, at: datetime) -> Subscription | None:
        found = super().paying_subscription(organization, at)
        late = found is not None and found.linked_at is not None and at > found.linked_at + 60 * DAY
        return None if late else found


class _LinkStopsServices(Billing):
    """Stops the services of an organization that is linked, to start them anew under the subscription."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        for service in self._organization(str(answer["organization"])).services:
            service.state = "stopped"
        return answer


class _LinkLosesUninvoiced(Billing):
    """Forgets at the link what is not invoiced yet."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        self._organization(str(answer["organization"])).uninvoiced = []
        return answer


class _LinkReportsUninvoicedAsWell(Billing):
    """Reports at the link what is not invoiced yet, and charges it to the card as well."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        owner = self._organization(str(answer["organization"]))
        owner.reports.extend(Report(subscription, self.now, "usage", u.item, u.amount) for u in owner.uninvoiced)
        return answer


class _LinkRepeatsInvoices(Billing):
    """Opens the latest invoice once more when an organization that paid by card is linked."""

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Answer:
        answer = super().link_subscription(subscription=subscription, user=user, organization=organization)
        owner = self._organization(str(answer["organization"]))
        for invoice in owner.invoices[-1:]:
            self.ledger.charge(owner, invoice, self.now)
        return answer


class _ShowsTheCard(Billing):
    """Shows the card as the billing method where one is on file."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        if shown["card_on_file"]:
            shown["billing_method"] = {"kind": "card", "marketplace": None}
        return shown


class _ShowsNobody(Billing):
    """Shows nobody as paying where a marketplace does."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        method = shown["billing_method"]
        if isinstance(method, dict) and method["kind"] == "marketplace":
            shown["billing_method"] = {"kind": "none", "marketplace": None}
        return shown


class _ShowsWhatWasBought(Billing):
    """Shows AWS as the billing method as soon as a subscription was bought."""

    def get_organization(self, *, organization: str) -> Answer:
        shown = super().get_organization(organization=organization)
        if any(held.organization is None for held in self.ledger.facts.subscriptions.values()):
            shown["billing_method"] = {"kind": "marketplace", "marketplace": "aws"}
        return shown


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="sold-only-to-registered-customers",
        sentence="Nothing can be bought as long as nobody has registered with the vendor.",
        clauses=("AWS-01",),
        shell=_SellsOnlyToRegistered,
    ),
    Fault(
        name="purchase-rights-ignored",
        sentence="An account without the right to purchase can buy.",
        clauses=("AWS-02",),
        pieces={"aws_onboarding.refuses_purchase": _only_signed_in},
    ),
    Fault(
        name="free-trial-for-everybody",
        sentence="The right to purchase, and being signed in, are checked for the paid option only.",
        clauses=("AWS-02", "AWS-03"),
        shell=_FreeTrialForEverybody,
    ),
    Fault(
        name="buyer-need-not-be-signed-in",
        sentence="An account that is not signed in can buy.",
        clauses=("AWS-03",),
        pieces={"aws_onboarding.refuses_purchase": _only_permitted},
    ),
    Fault(
        name="right-or-sign-in-is-enough",
        sentence="An account can buy with the right to purchase or with being signed in, and needs not both.",
        clauses=("AWS-03", "AWS-02"),
        pieces={"aws_onboarding.refuses_purchase": _one_of_both},
    ),
    Fault(
        name="any-member-links",
        sentence="Every member of an organization can link it.",
        clauses=("AWS-04",),
        pieces={"aws_onboarding.refuses_organization": _any_member},
    ),
    Fault(
        name="outsiders-link",
        sentence="A developer of an organization cannot link it, but someone who is no member can.",
        clauses=("AWS-04",),
        pieces={"aws_onboarding.refuses_organization": _any_but_developers},
    ),
    Fault(
        name="only-the-founder-links",
        sentence="Of several admins of an organization only the first can link it.",
        clauses=("AWS-04",),
        pieces={"aws_onboarding.refuses_organization": _only_who_founded_it},
    ),
    Fault(
        name="second-subscription-sold",
        sentence="An account can buy a second pay-as-you-go subscription beside the first.",
        clauses=("AWS-05",),
        pieces={"aws_onboarding.refuses_second": _never_a_second_refused},
    ),
    Fault(
        name="second-sold-until-the-first-is-linked",
        sentence="An account can buy a second subscription as long as the first is not linked.",
        clauses=("AWS-05",),
        pieces={"aws_onboarding.refuses_second": _refused_beside_a_linked_one},
    ),
    Fault(
        name="second-sold-once-the-first-is-linked",
        sentence="An account can buy a second subscription as soon as the first is linked.",
        clauses=("AWS-05",),
        pieces={"aws_onboarding.refuses_second": _refused_beside_an_unlinked_one},
    ),
    Fault(
        name="one-subscription-for-all-accounts",
        sentence="An account cannot buy a subscription while another account has one.",
        clauses=("AWS-05",),
        shell=_OneForEachMarketplace,
    ),
    Fault(
        name="ended-subscription-counts",
        sentence="An account whose subscription has ended cannot buy another.",
        clauses=("AWS-05",),
        shell=_OneForEver,
    ),
    Fault(
        name="linked-twice",
        sentence="A subscription that is linked can be linked to another organization as well.",
        clauses=("AWS-06",),
        pieces={"aws_onboarding.refuses_link": _only_refused_after_the_end},
    ),
    Fault(
        name="moves-to-a-new-organization",
        sentence="A subscription that is linked can be moved to an organization made for it.",
        clauses=("AWS-06",),
        shell=_MovesToNewOrganizations,
    ),
    Fault(
        name="purchase-order-demanded",
        sentence="Nothing can be bought without a purchase-order number.",
        clauses=("AWS-10",),
        pieces={"aws_onboarding.needs_purchase_order": True},
    ),
    Fault(
        name="purchase-order-refused",
        sentence="Nothing can be bought with a purchase-order number.",
        clauses=("AWS-10",),
        shell=_RefusesPurchaseOrders,
    ),
    Fault(
        name="no-free-trial-on-offer",
        sentence="The listing has the paid option only.",
        clauses=("AWS-11", "AWS-12"),
        pieces={"aws_onboarding.offers": ("payg", "committed")},
    ),
    Fault(
        name="free-trial-booked-as-paid",
        sentence="Who takes the free trial is given the paid option.",
        clauses=("AWS-11", "AWS-12", "AWS-13"),
        shell=_SellsPlainForTrial,
    ),
    Fault(
        name="paid-option-ends-after-a-year",
        sentence="The plain pay-as-you-go subscription ends by itself after a year.",
        clauses=("AWS-11",),
        shell=kept_by(_PlainEndsLikeTrial),
    ),
    Fault(
        name="free-trial-of-four-weeks",
        sentence="The free trial is 28 days long.",
        clauses=("AWS-12",),
        pieces={"aws_onboarding.free_trial_length": 28 * DAY},
    ),
    Fault(
        name="free-trial-of-a-calendar-month",
        sentence="The free trial ends on the same day of the next month.",
        clauses=("AWS-12",),
        pieces={"aws_onboarding.free_trial_counts_from": _end_of_month_later},
    ),
    Fault(
        name="free-trial-counts-from-the-link",
        sentence="The 30 days of the free trial count from the link.",
        clauses=("AWS-12",),
        pieces={"aws_onboarding.free_trial_counts_from": _from_the_link},
    ),
    Fault(
        name="free-trial-charges-the-card",
        sentence="While the free trial runs the card pays.",
        clauses=("AWS-12",),
        shell=kept_by(_FreeTrialChargesTheCard),
    ),
    Fault(
        name="free-trial-never-ends",
        sentence="The free trial runs on after its 30 days.",
        clauses=("AWS-13", "AWS-12"),
        pieces={"aws_onboarding.free_trial_ends": False},
    ),
    Fault(
        name="unlinked-free-trial-goes-on",
        sentence="A free trial that was never linked does not end, and can be linked later.",
        clauses=("AWS-13",),
        shell=kept_by(_UnlinkedTrialGoesOn),
    ),
    Fault(
        name="billed-through-a-trial-that-is-over",
        sentence="The free trial ends, and usage is billed through it as before.",
        clauses=("AWS-13", "AWS-14"),
        shell=kept_by(_PaysOnAfterTrial),
    ),
    Fault(
        name="free-trial-turns-into-paid",
        sentence="When the free trial is over, the paid option is bought and linked by itself.",
        clauses=("AWS-14", "AWS-13"),
        shell=_TrialTurnsIntoPaid,
    ),
    Fault(
        name="no-paid-option-after-the-trial",
        sentence="An account that had the free trial cannot buy the paid option.",
        clauses=("AWS-14",),
        shell=_TrialSpoilsTheAccount,
    ),
    Fault(
        name="what-follows-the-trial-ends-too",
        sentence="What is bought after the free trial ends after 30 days as well.",
        clauses=("AWS-14",),
        shell=kept_by(_PaidAfterTrialEndsToo),
    ),
    Fault(
        name="linked-once-in-a-life",
        sentence="An organization that was linked before cannot be linked to another subscription.",
        clauses=("AWS-14",),
        shell=_OneLinkForEver,
    ),
    Fault(
        name="purchase-is-the-set-up",
        sentence="A subscription counts as linked when it is bought.",
        clauses=("AWS-15", "AWS-17"),
        shell=_LinksAtPurchase,
    ),
    Fault(
        name="set-up-finished-by-time",
        sentence="A subscription that nobody links counts as linked after a month.",
        clauses=("AWS-15",),
        shell=_LinksByItself,
    ),
    Fault(
        name="billed-before-the-link",
        sentence="Usage is reported under a subscription that nobody has linked yet.",
        clauses=("AWS-16",),
        shell=kept_by(_BillsBeforeTheLink),
    ),
    Fault(
        name="billed-from-the-purchase-on",
        sentence="What was used between the purchase and the link is reported at the link, though the card paid.",
        clauses=("AWS-16",),
        shell=_BillsFromThePurchase,
    ),
    Fault(
        name="business-info-finishes-the-set-up",
        sentence="The subscription is linked to a new organization as soon as the user says what the business is.",
        clauses=("AWS-17",),
        shell=_SigningInSetsUp,
    ),
    Fault(
        name="only-users-from-before-the-purchase",
        sentence="Who registers after the purchase cannot finish the set-up.",
        clauses=("AWS-18", "AWS-01"),
        shell=_OnlyUsersFromBefore,
    ),
    Fault(
        name="members-register-anew",
        sentence="A user who joined an organization later cannot finish the set-up without registering.",
        clauses=("AWS-18", "AWS-04"),
        shell=_InvitedUsersRegisterAnew,
    ),
    Fault(
        name="unverified-users-sign-in",
        sentence="Who registers can sign in without verifying the address.",
        clauses=("AWS-22",),
        shell=_SigningInVerifies,
    ),
    Fault(
        name="anybody-links",
        sentence="Who registers can finish the set-up without verifying the address or signing in.",
        clauses=("AWS-22", "AWS-26"),
        pieces={"aws_onboarding.refuses_person": _anybody},
    ),
    Fault(
        name="sign-in-waits-for-business-info",
        sentence="A verified address is not enough to sign in: the user first says what the business is.",
        clauses=("AWS-23", "AWS-22"),
        pieces={"aws_onboarding.refuses_sign_in": _sign_in_needs_business_info},
    ),
    Fault(
        name="second-sign-in-refused",
        sentence="Who has signed in once cannot sign in again.",
        clauses=("AWS-23",),
        pieces={"aws_onboarding.refuses_sign_in": _sign_in_only_once},
    ),
    Fault(
        name="business-info-signs-out",
        sentence="Who says what the business is has to sign in anew to go on.",
        clauses=("AWS-24", "AWS-18", "AWS-01"),
        shell=_BusinessInfoSignsOut,
    ),
    Fault(
        name="business-info-said-again-is-gone",
        sentence="What the business is, said a second time, is forgotten.",
        clauses=("AWS-24",),
        shell=_BusinessInfoSaidAgainIsGone,
    ),
    Fault(
        name="existing-users-register-anew",
        sentence="Who has been a user for two weeks cannot finish the set-up without registering anew.",
        clauses=("AWS-25",),
        shell=_UsersOfTwoWeeksRegisterAnew,
    ),
    Fault(
        name="verified-is-signed-in",
        sentence="A user whose address is verified can finish the set-up without signing in.",
        clauses=("AWS-26",),
        pieces={"aws_onboarding.refuses_person": _verified_is_enough},
    ),
    Fault(
        name="new-organization-without-admin",
        sentence="Who has a new organization made does not administer it.",
        clauses=("AWS-26",),
        pieces={"aws_onboarding.new_organization_role": "developer"},
    ),
    Fault(
        name="no-new-organization-for-an-admin",
        sentence="An admin who wants a new organization gets the present one linked.",
        clauses=("AWS-26",),
        shell=_TakesTheOrganizationOfItsMaker,
    ),
    Fault(
        name="always-a-new-organization",
        sentence="A new organization is made also where one that exists was chosen.",
        clauses=("AWS-27", "AWS-28"),
        pieces={"aws_onboarding.makes_new_organization_always": True},
    ),
    Fault(
        name="link-stops-services",
        sentence="The services of an organization that exists are stopped when it is linked.",
        clauses=("AWS-27",),
        shell=_LinkStopsServices,
    ),
    Fault(
        name="link-charges-the-last-invoice-again",
        sentence="The card is charged once more for the last invoice when an organization that paid by it is linked.",
        clauses=("AWS-27", "AWS-16"),
        shell=_LinkRepeatsInvoices,
    ),
    Fault(
        name="linked-to-the-first-organization",
        sentence="Every subscription shows the organization that was linked first.",
        clauses=("AWS-28",),
        shell=_ShowsTheFirstOrganization,
    ),
    Fault(
        name="linked-with-the-first-usage",
        sentence="A subscription shows as linked only when something was reported under it.",
        clauses=("AWS-28",),
        shell=_LinkedWithTheFirstUsage,
    ),
    Fault(
        name="only-compute-through-aws",
        sentence="Compute is billed through AWS, everything else directly.",
        clauses=("AWS-29",),
        pieces={"marketplace.covers": lambda usage: usage.item == "compute"},
    ),
    Fault(
        name="billed-twice",
        sentence="Usage is billed through AWS and owed directly as well.",
        clauses=("AWS-29",),
        pieces={"marketplace.owed_as_well": lambda amount: amount},
    ),
    Fault(
        name="marketplace-fee-owed-directly",
        sentence="Three percent of what is billed through AWS are owed directly on top.",
        clauses=("AWS-29",),
        pieces={"marketplace.owed_as_well": _fee},
    ),
    Fault(
        name="early-charge-beside-aws",
        sentence="Usage of 10,000 and more falls due as an early charge, though AWS bills it.",
        clauses=("AWS-29",),
        pieces={"marketplace.owed_as_well": _only_above_the_threshold},
    ),
    Fault(
        name="aws-bills-from-the-next-cycle",
        sentence="The card pays until the cycle of the link is over, and AWS only then.",
        clauses=("AWS-29", "AWS-30"),
        shell=kept_by(_FromTheNextCycle),
    ),
    Fault(
        name="aws-bills-for-sixty-days",
        sentence="AWS bills for 60 days from the link, and what is used later is owed directly.",
        clauses=("AWS-29",),
        shell=kept_by(_ForSixtyDays),
    ),
    Fault(
        name="usage-before-the-link-lost",
        sentence="Usage from before the link that is not invoiced yet is forgotten.",
        clauses=("AWS-27", "AWS-29"),
        shell=_LinkLosesUninvoiced,
    ),
    Fault(
        name="usage-before-the-link-billed-twice",
        sentence="Usage from before the link is reported to AWS and charged to the card.",
        clauses=("AWS-27", "AWS-29"),
        shell=_LinkReportsUninvoicedAsWell,
    ),
    Fault(
        name="card-shown-while-aws-bills",
        sentence="The billing method shows the card on file, though AWS bills.",
        clauses=("AWS-30",),
        shell=_ShowsTheCard,
    ),
    Fault(
        name="marketplace-shown-as-nobody",
        sentence="The billing method shows that nobody pays, though AWS bills.",
        clauses=("AWS-30",),
        shell=_ShowsNobody,
    ),
    Fault(
        name="aws-shown-before-the-link",
        sentence="The billing method shows AWS as soon as a subscription was bought.",
        clauses=("AWS-30", "AWS-16"),
        shell=_ShowsWhatWasBought,
    ),
)
