"""An adapter in Python: what the conformance kit calls, in process.

    billing-tck doctor --sut python:billing_adapter:Adapter

Fill the methods one after the other; README.md names a good order. A method that raises Unsupported is one that this
system does not have (yet). What is asked for and refused raises Refused("unpaid_invoice", "words for people").

In process: instants are aware datetimes in UTC, money is Decimal, days are dates. The kit freezes the clock, so that
`datetime.now(UTC)` reads what the last `reset` or `advance_to` said.

It is one long file because the contract has 31 methods and this is the one file to copy and fill.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing_tck.contract import Unsupported  # and Refused, as soon as something is refused

Result = dict[str, object]


class Adapter:
    """The contract's methods, for the system that you want to test."""

    # The session

    def describe_implementation(self) -> Result:
        """Who answers, and what it can do.

        The kit asks this first. List a capability when all of its methods are filled; list a reading (see
        `billing-tck readings`) when you know which value you took.
        """
        return {
            "name": "my billing",
            "version": "0",
            "contract": "1",
            "capabilities": [],
            "readings": {},
            "settles_within": "PT0S",  # how late an effect may show after its due time; at most "PT24H"
        }

    def reset(self, *, now: datetime) -> Result:
        """Forgets everything; the clock reads `now`, which may be earlier than before.

        Returns {}.
        """
        return {}

    def advance_to(self, *, now: datetime) -> Result:
        """Moves the clock to `now`, the same instant or a later one.

        Before it returns, everything that fell due up to and including `now` has happened, in the order of the
        due times, each thing dated by its own due time. Returns {}.
        """
        return {}

    # People and organizations

    def register_user(self, *, email: str) -> Result:
        """A person who has not verified the address yet.

        Returns {user}. Capability: onboarding.
        """
        raise Unsupported

    def verify_email(self, *, user: str) -> Result:
        """The address is verified.

        Again: done, changes nothing. Returns {}. Capability: onboarding.
        """
        raise Unsupported

    def sign_in(self, *, user: str) -> Result:
        """The user signs in.

        Refused (not_verified) until the address is verified. Returns {}. Capability: onboarding.
        """
        raise Unsupported

    def provide_business_info(self, *, user: str) -> Result:
        """A new user says what the business is.

        Returns {}. Capability: onboarding.
        """
        raise Unsupported

    def create_organization(self, *, name: str) -> Result:
        """A new organization, and a user who administers it.

        That user is verified, signed in, and has given business information. Two organizations may have one
        name. Returns {organization, admin}.
        """
        raise Unsupported

    def add_member(self, *, organization: str, role: str) -> Result:
        """A new user in the organization, whose `role` is admin or developer.

        Verified, signed in, business information given. Returns {user}. Capability: onboarding.
        """
        raise Unsupported

    def start_trial(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
    ) -> Result:
        """The 30-day trial begins now, with `credits` dollars to use.

        Returns {}. Capability: trial.
        """
        raise Unsupported

    def choose_tier(self, *, organization: str, tier: str) -> Result:
        """`tier` is basic, scale or enterprise; chosen for the first time, or changed.

        Returns {}.
        """
        raise Unsupported

    # Services and usage

    def create_service(self, *, organization: str, replica_memory_gib: int = 8) -> Result:
        """A new service: it runs, and holds data from now on.

        Refused while an invoice is unpaid (unpaid_invoice), and when a trial has ended and nothing pays
        (no_billing_method). Returns {service}.
        """
        raise Unsupported

    def start_service(self, *, service: str) -> Result:
        """A stopped service runs again.

        Running already: done. Refused when it is deleted (deleted), while an invoice is unpaid
        (unpaid_invoice), or when a trial has ended and nothing pays (no_billing_method). Returns {}.
        """
        raise Unsupported

    def stop_service(self, *, service: str) -> Result:
        """A running service is stopped by its owner.

        Stopped already: done. Deleted: refused (deleted). Returns {}.
        """
        raise Unsupported

    def scale_service(self, *, service: str, replica_memory_gib: int) -> Result:
        """Each replica has so many GiB from now on.

        Refused when it is deleted (deleted), or beyond the limit while an invoice is unpaid (memory_cap).
        Returns {}.
        """
        raise Unsupported

    def record_usage(self, *, organization: str, amount: Decimal, item: str = "compute") -> Result:
        """Usage that is priced already accrues at this instant, whatever state the services are in.

        Never refused. Returns {}.
        """
        raise Unsupported

    # Cards and collection

    def add_card(self, *, organization: str, behaviour: str, available_credit: Decimal | None = None) -> Result:
        """The card on file from now on, in place of any earlier one.

        Never refused. `behaviour` is what the card network will answer: approves, declines, expired, invalid,
        or limited (approves up to `available_credit` a charge). Returns {}. Capability: card.
        """
        raise Unsupported

    def set_card_behaviour(
        self,
        *,
        organization: str,
        behaviour: str,
        available_credit: Decimal | None = None,
    ) -> Result:
        """What the card network answers from now on.

        Charges nothing by itself. Returns {}. Capability: card.
        """
        raise Unsupported

    def attempt_collection(self, *, organization: str) -> Result:
        """Tries every open invoice once by the configured method.

        Returns {collected}: true when nothing is due any more. Capability: card.
        """
        raise Unsupported

    def pay_invoice(self, *, invoice: str) -> Result:
        """This one invoice is paid in full by other means, as by bank transfer.

        Paid already: done. Returns {}. Capability: pay_invoice.
        """
        raise Unsupported

    # Marketplaces

    def open_marketplace_account(
        self,
        *,
        marketplace: str,
        may_purchase: bool = True,
        signed_in: bool = True,
    ) -> Result:
        """An account on `marketplace` (aws, gcp or azure).

        May its user purchase there? Is the user signed in there? Returns {account}. Capability:
        marketplace.aws, marketplace.gcp, marketplace.azure; onboarding where a flag is false.
        """
        raise Unsupported

    def subscribe(self, *, account: str, offer: str, purchase_order: str | None = None) -> Result:
        """An `offer` is bought, and not linked yet: payg, free_trial or committed.

        Refused when the account may not purchase (not_permitted) or is not signed in (not_signed_in), and for a
        second payg on one AWS account while the first has not ended (already_subscribed). Returns
        {subscription}. Capability: with payg the marketplace's; with free_trial aws_free_trial; with committed
        commitment.marketplace.
        """
        raise Unsupported

    def link_subscription(self, *, subscription: str, user: str, organization: str | None = None) -> Result:
        """The user completes the set-up.

        Without `organization` a new one is made, which the user administers. Refused when the user is not
        verified or not signed in, when it is linked already (already_linked) or has ended (ended), and when the
        user is no admin of the organization (not_admin). Returns {organization}. Capability: the marketplace's.
        """
        raise Unsupported

    def end_subscription(self, *, subscription: str, cause: str) -> Result:
        """The subscription ends now; `cause` is cancelled or not_renewed.

        Ended already: refused (ended). Returns {}. Capability: the marketplace's.
        """
        raise Unsupported

    # Contracts, credits, support

    def sign_commitment(
        self,
        *,
        organization: str,
        credits: Decimal,  # noqa: A002 - the contract's name
        expires_at: datetime,
        subscription: str | None = None,
    ) -> Result:
        """Committed spend: credits are granted now, to be used until `expires_at`.

        With a `subscription` (committed, and linked) it is a marketplace commitment and is reported there at
        once; without one it is a contract with the vendor. Returns {commitment}. Capability: commitment.direct;
        with a subscription commitment.marketplace.
        """
        raise Unsupported

    def grant_credits(self, *, organization: str, amount: Decimal, expires_at: datetime) -> Result:
        """A refund or a top-up, beside what is there.

        Returns {grant}. Capability: credits.
        """
        raise Unsupported

    def grant_extension(self, *, organization: str, until: datetime) -> Result:
        """Deletion for unpaid invoices waits until `until`, where that is later than its own day.

        Returns {}. Capability: extension.
        """
        raise Unsupported

    def record_contact(self, *, organization: str) -> Result:
        """The vendor has reached the customer about unpaid invoices.

        Returns {}. Capability: manual_deletion.
        """
        raise Unsupported

    def delete_data(self, *, organization: str) -> Result:
        """The vendor deletes by hand.

        Refused (not_contacted) for an organization that ever had a commitment and was not reached since its
        oldest unpaid invoice failed. Returns {}. Capability: manual_deletion.
        """
        raise Unsupported

    # What can be seen

    def get_organization(self, *, organization: str) -> Result:
        """Everything that can be seen of an organization.

        Reading changes nothing. The implementers' guide explains each field.
        """
        # A view to begin with:
        #
        # return {
        #     "billing_method": {"kind": "none", "marketplace": None},  # what pays now
        #     "card_on_file": False,
        #     "trial": {"state": "none", "started_at": None, "ended_at": None, "credits_left": None},
        #     "billing_cycle": None,  # or {"first_day": date, "last_day": date}
        #     "restricted": False,
        #     "services": [],  # {"service": str, "state": "running", "replica_memory_gib": 8}
        #     "data": "none",  # "present" once there was a service, "deleted" after a deletion
        #     "invoices": [],  # {"invoice": str, "issued_at": datetime, "amount": Decimal, "state": "open",
        #     #                   "first_day": date, "last_day": date}
        #     "charges": [],  # {"at": datetime, "amount": Decimal, "succeeded": bool}
        #     "credits": [],  # {"amount": Decimal, "left": Decimal, "granted_at": datetime, "expires_at": datetime}
        #     "marketplace_reports": [],  # {"subscription": str, "at": datetime, "kind": "usage", "item": str,
        #     #                              "amount": Decimal}
        #     "contacts": [],  # datetimes
        # }
        raise Unsupported

    def get_subscription(self, *, subscription: str) -> Result:
        """`state` is subscribed, linked or ended; `ends_at` is null while no end is known.

        Returns {offer, state, organization, ends_at}. Capability: the marketplace's.
        """
        raise Unsupported
